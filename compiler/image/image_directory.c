/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory as text: flows, then populations (when they are computed, what they are) with
 * their connections. Numbers that the memories hold (weights, biases, ramps) are not in it. Doubles
 * are hexadecimal, so that they come back bit for bit. Counts are taken only as far as lines follow
 * that bear them out.
 */
#include "image_inside.h"

static const char *const pop_word[] = {"input", "relu", "pool", "readout"};
static const char *const conn_word[] = {"dense", "conv", "pool", "minpool"};

static void print_conn(const TtfsImageConn *c, TtfsBuf *out) {
    ttfs_buf_printf(out, "from %u %s bits %u kernel %u %u stride %u %u dilation %u %u", c->src,
                    conn_word[c->kind], c->weight_bits, c->kernel[0], c->kernel[1], c->stride[0],
                    c->stride[1], c->dilation[0], c->dilation[1]);
    ttfs_buf_printf(out, " pad %u %u %u %u channels %u %u group %u shared %u\n", c->pad[0],
                    c->pad[1], c->pad[2], c->pad[3], c->src_ch_first, c->src_channels, c->group,
                    c->shared);
}

static void print_pop(const TtfsImage *img, uint32_t id, TtfsBuf *out) {
    const TtfsImagePop *p = &img->pops.at[id - 1];
    ttfs_buf_printf(out, "pop %u %s ", id, pop_word[p->kind]);
    ttfs_buf_quoted(out, p->name);
    ttfs_buf_printf(out, " shape %u %u %u ticks %u start %u rate %u scale %a offset %a", p->c, p->h,
                    p->w, p->ticks, p->start, p->rate_ppm, p->scale, p->offset);
    ttfs_buf_printf(out, " biases %u connections %u slot %u stage %u\n", p->bias_count,
                    p->conn_count, p->slot, p->stage);
    for (uint32_t i = 0; i < p->conn_count; i++) print_conn(&img->conns.at[p->conn_first + i], out);
}

void ttfs_image_print_directory(const TtfsImage *img, TtfsBuf *out) {
    ttfs_buf_printf(out, "slots %u early %d\n", img->slots, img->early);
    ttfs_buf_printf(out, "flows %u input %u\n", img->flows, img->input_flow);
    for (uint32_t f = 0; f < img->flows; f++)
        ttfs_buf_printf(out, "flow %u pop %u\n", f, img->flow_pop[f]);
    ttfs_buf_printf(out, "pops %u\n", img->pops.len);
    for (uint32_t i = 0; i < img->pops.len; i++) print_pop(img, i + 1, out);
}

static bool lex_kind(TtfsLex *l, const char *const words[4], uint32_t *out) {
    for (uint32_t i = 0; i < 4; i++)
        if (ttfs_lex_accept(l, words[i])) {
            *out = i;
            return !l->failed;
        }
    return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "a kind expected: %s, %s, %s, %s", words[0], words[1],
                         words[2], words[3]);
}

bool ttfs_image_lex_index(TtfsLex *l, const char *key, uint32_t want) {
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

static bool lex_real(TtfsLex *l, const char *key, double *out) {
    return ttfs_lex_expect(l, key) && ttfs_lex_f64(l, out);
}

static bool lex_conn(TtfsLex *l, TtfsImageConn *c) {
    uint32_t channels[2];
    if (!ttfs_lex_key_u32(l, "from", UINT32_MAX, &c->src) || !lex_kind(l, conn_word, &c->kind) ||
        !lex_list(l, "bits", &c->weight_bits, 1) || !lex_list(l, "kernel", c->kernel, 2) ||
        !lex_list(l, "stride", c->stride, 2) || !lex_list(l, "dilation", c->dilation, 2) ||
        !lex_list(l, "pad", c->pad, 4) || !lex_list(l, "channels", channels, 2) ||
        !lex_list(l, "group", &c->group, 1) || !lex_list(l, "shared", &c->shared, 1))
        return false;
    c->src_ch_first = channels[0];
    c->src_channels = channels[1];
    return ttfs_lex_eol(l);
}

static bool lex_pop(TtfsLex *l, TtfsArena *a, uint32_t id, TtfsImagePop *p) {
    uint32_t shape[3];
    if (!ttfs_image_lex_index(l, "pop", id) || !lex_kind(l, pop_word, &p->kind) ||
        !ttfs_lex_string(l, a, &p->name) || !lex_list(l, "shape", shape, 3) ||
        !lex_list(l, "ticks", &p->ticks, 1) || !lex_list(l, "start", &p->start, 1) ||
        !lex_list(l, "rate", &p->rate_ppm, 1) || !lex_real(l, "scale", &p->scale) ||
        !lex_real(l, "offset", &p->offset) || !lex_list(l, "biases", &p->bias_count, 1) ||
        !lex_list(l, "connections", &p->conn_count, 1) || !lex_list(l, "slot", &p->slot, 1) ||
        !lex_list(l, "stage", &p->stage, 1))
        return false;
    p->c = shape[0];
    p->h = shape[1];
    p->w = shape[2];
    return ttfs_lex_eol(l);
}

static bool lex_pops(TtfsImage *img, TtfsLex *l, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        TtfsImagePop p = {.conn_first = img->conns.len};
        if (!lex_pop(l, &img->arena, i + 1, &p)) return false;
        for (uint32_t k = 0; k < p.conn_count; k++) {
            TtfsImageConn c = {0};
            if (!lex_conn(l, &c)) return false;
            *TTFS_PUSH(&img->arena, img->conns) = c;
        }
        *TTFS_PUSH(&img->arena, img->pops) = p;
    }
    return true;
}

/* A line `flow NUMBER pop ID` each. A line has more bytes than a number of it here. */
static bool lex_flows(TtfsImage *img, TtfsLex *l) {
    if (img->flows > (size_t)(l->end - l->at))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%u lines 'flow' do not stand in this text",
                             img->flows);
    img->flow_pop = TTFS_ARRAY(&img->arena, uint32_t, img->flows);
    for (uint32_t i = 0; i < img->flows; i++)
        if (!ttfs_image_lex_index(l, "flow", i) ||
            !ttfs_lex_key_u32(l, "pop", UINT32_MAX, &img->flow_pop[i]) || !ttfs_lex_eol(l))
            return false;
    return true;
}

static bool lex_slots(TtfsImage *img, TtfsLex *l) {
    uint32_t early;
    if (!ttfs_lex_key_u32(l, "slots", TTFS_IMAGE_SLOTS, &img->slots) ||
        !ttfs_lex_key_u32(l, "early", 1, &early))
        return false;
    img->early = early;
    return ttfs_lex_eol(l);
}

bool ttfs_image_lex_directory(TtfsImage *img, TtfsLex *l) {
    uint32_t n;
    return lex_slots(img, l) && ttfs_lex_key_u32(l, "flows", img->chip.flows, &img->flows) &&
           ttfs_lex_key_u32(l, "input", UINT32_MAX, &img->input_flow) && ttfs_lex_eol(l) &&
           lex_flows(img, l) && ttfs_lex_key_u32(l, "pops", UINT16_MAX + 1, &n) &&
           ttfs_lex_eol(l) && lex_pops(img, l, n);
}
