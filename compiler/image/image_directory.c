/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as text: slots, then populations with their one connection. Numbers that the
 * memories hold (weights, thresholds, ramps) are not in it. Doubles are hexadecimal, so that they
 * come back bit for bit.
 */
#include "image_inside.h"

static const char *const pop_word[] = {"input", "relu", "pool", "readout"};
static const char *const conn_word[] = {"dense", "conv", "pool"};

static void print_pop(const TtfsImagePop *p, uint32_t id, TtfsBuf *out) {
    ttfs_buf_printf(out, "pop %u %s ", id, pop_word[p->kind]);
    ttfs_buf_quoted(out, p->name);
    ttfs_buf_printf(out, " shape %u %u %u ticks %u start %u rate %u scale %a offset %a\n", p->c,
                    p->h, p->w, p->ticks, p->start, p->rate_ppm, p->scale, p->offset);
    if (p->src == 0) return;
    ttfs_buf_printf(out, "from %u %s bits %u kernel %u %u stride %u %u dilation %u %u", p->src,
                    conn_word[p->conn_kind], p->weight_bits, p->kernel[0], p->kernel[1],
                    p->stride[0], p->stride[1], p->dilation[0], p->dilation[1]);
    ttfs_buf_printf(out, " pad %u %u %u %u\n", p->pad[0], p->pad[1], p->pad[2], p->pad[3]);
}

void ttfs_image_print_directory(const TtfsImage *img, TtfsBuf *out) {
    ttfs_buf_printf(out, "slots %u\n", img->slots);
    for (uint32_t s = 0; s < img->slots; s++)
        ttfs_buf_printf(out, "slot %u pop %u\n", s, img->slot_pop[s]);
    ttfs_buf_printf(out, "pops %u\n", img->pops.len);
    for (uint32_t i = 0; i < img->pops.len; i++) print_pop(&img->pops.at[i], i + 1, out);
}

static bool lex_kind(TtfsLex *l, const char *const *words, uint32_t n, uint32_t *out) {
    for (uint32_t i = 0; i < n; i++)
        if (ttfs_lex_accept(l, words[i])) {
            *out = i;
            return !l->failed;
        }
    return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "a kind expected: %s, %s, %s ...", words[0], words[1],
                         words[2]);
}

static bool lex_index(TtfsLex *l, const char *key, uint32_t want) {
    uint32_t v;
    if (!ttfs_lex_key_u32(l, key, UINT32_MAX, &v)) return false;
    return v == want || ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s %u expected, found %u", key, want, v);
}

static bool lex_list(TtfsLex *l, const char *key, uint32_t *out, uint32_t n) {
    if (!ttfs_lex_expect(l, key)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!ttfs_lex_u32(l, UINT32_MAX, &out[i])) return false;
    return true;
}

static bool lex_connection(TtfsLex *l, TtfsImagePop *p) {
    return ttfs_lex_key_u32(l, "from", UINT32_MAX, &p->src) &&
           lex_kind(l, conn_word, 3, &p->conn_kind) && lex_list(l, "bits", &p->weight_bits, 1) &&
           lex_list(l, "kernel", p->kernel, 2) && lex_list(l, "stride", p->stride, 2) &&
           lex_list(l, "dilation", p->dilation, 2) && lex_list(l, "pad", p->pad, 4) &&
           ttfs_lex_eol(l);
}

static bool lex_pop(TtfsLex *l, TtfsArena *a, uint32_t id, TtfsImagePop *p) {
    uint32_t shape[3];
    if (!lex_index(l, "pop", id) || !lex_kind(l, pop_word, 4, &p->kind) ||
        !ttfs_lex_string(l, a, &p->name) || !lex_list(l, "shape", shape, 3) ||
        !lex_list(l, "ticks", &p->ticks, 1) || !lex_list(l, "start", &p->start, 1) ||
        !lex_list(l, "rate", &p->rate_ppm, 1) || !ttfs_lex_expect(l, "scale") ||
        !ttfs_lex_f64(l, &p->scale) || !ttfs_lex_expect(l, "offset") ||
        !ttfs_lex_f64(l, &p->offset) || !ttfs_lex_eol(l))
        return false;
    p->c = shape[0];
    p->h = shape[1];
    p->w = shape[2];
    return p->kind == 0 || lex_connection(l, p);
}

bool ttfs_image_lex_directory(TtfsImage *img, TtfsLex *l) {
    uint32_t n;
    if (!ttfs_lex_key_u32(l, "slots", img->chip.slots, &img->slots) || !ttfs_lex_eol(l))
        return false;
    img->slot_pop = TTFS_ARRAY(&img->arena, uint32_t, img->slots);
    for (uint32_t s = 0; s < img->slots; s++)
        if (!lex_index(l, "slot", s) ||
            !ttfs_lex_key_u32(l, "pop", UINT32_MAX, &img->slot_pop[s]) || !ttfs_lex_eol(l))
            return false;
    if (!ttfs_lex_key_u32(l, "pops", img->chip.slots, &n) || !ttfs_lex_eol(l)) return false;
    for (uint32_t i = 0; i < n; i++) {
        TtfsImagePop p = {0};
        if (!lex_pop(l, &img->arena, i + 1, &p)) return false;
        *TTFS_PUSH(&img->arena, img->pops) = p;
    }
    return true;
}
