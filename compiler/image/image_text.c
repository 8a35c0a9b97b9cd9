/* SPDX-License-Identifier: Apache-2.0
 *
 * The disassembly: the chip, the directory, then per core the descriptors by field name and the
 * weight rows as bytes in hexadecimal, parameter rows with the thresholds and ramps they hold as a
 * comment before them. Reading it gives the same image.
 */
#include "image_inside.h"

#include <inttypes.h>

/* Which group's parameters start at a weight row. */
typedef struct {
    uint32_t slot, group; /* slot + 1; 0 = none do */
} ParamStart;

/* Finds the parameter rows that the descriptors name; those that lie outside are left out. */
static ParamStart *find_params(const TtfsImage *img, uint32_t core, TtfsArena *scratch) {
    const TtfsCoreImage *c = &img->cores[core];
    ParamStart *at = TTFS_ARRAY(scratch, ParamStart, c->rows);
    uint32_t each = ttfs_chip_threshold_rows(&img->chip) + ttfs_chip_ramp_rows(&img->chip);
    for (uint32_t s = 0; s < c->slots; s++) {
        TtfsDescriptor d;
        if (!ttfs_descriptor_unpack(c->descriptors + (size_t)s * TTFS_DESC_WORDS, &d) || d.op != 1)
            continue;
        for (uint32_t g = 0; g < (uint32_t)d.groups; g++) {
            uint64_t row = (uint64_t)d.param_base + (uint64_t)g * each;
            if (row + each > c->rows) break;
            at[row] = (ParamStart){s + 1, g};
        }
    }
    return at;
}

static void print_params(const TtfsImage *img, uint32_t core, uint32_t row, ParamStart at,
                         TtfsBuf *out) {
    uint32_t thresholds = ttfs_chip_threshold_rows(&img->chip);
    uint32_t ramps = ttfs_chip_ramp_rows(&img->chip);
    ttfs_buf_printf(out, "# slot %u group %u start", at.slot - 1, at.group);
    for (uint32_t lane = 0; lane < img->chip.lanes; lane++)
        ttfs_buf_printf(out, " %" PRId64, ttfs_image_slices(img, core, row, thresholds, lane));
    ttfs_buf_puts(out, " ramp");
    for (uint32_t lane = 0; lane < img->chip.lanes; lane++)
        ttfs_buf_printf(out, " %" PRId64,
                        ttfs_image_slices(img, core, row + thresholds, ramps, lane));
    ttfs_buf_puts(out, "\n");
}

static void print_core(const TtfsImage *img, uint32_t core, TtfsBuf *out) {
    const TtfsCoreImage *c = &img->cores[core];
    TtfsArena scratch = {0};
    ParamStart *params = find_params(img, core, &scratch);
    ttfs_buf_printf(out, "core %u rows %u\n", core, c->rows);
    for (uint32_t s = 0; s < c->slots; s++) {
        TtfsDescriptor d;
        ttfs_descriptor_unpack(c->descriptors + (size_t)s * TTFS_DESC_WORDS, &d);
        ttfs_buf_printf(out, "slot %u ", s);
        ttfs_descriptor_print(&d, out);
        ttfs_buf_puts(out, "\n");
    }
    for (uint32_t r = 0; r < c->rows; r++) {
        if (params[r].slot) print_params(img, core, r, params[r], out);
        ttfs_buf_printf(out, "row %u ", r);
        ttfs_buf_hex(out, c->weights + (size_t)r * c->row_bytes, c->row_bytes);
    }
    ttfs_arena_free(&scratch);
}

void ttfs_image_print(const TtfsImage *img, TtfsBuf *out) {
    ttfs_buf_puts(out, "ttfs-image 1\nchip ");
    ttfs_chip_print(&img->chip, out);
    ttfs_image_print_directory(img, out);
    for (uint32_t c = 0; c < img->chip.cores; c++) print_core(img, c, out);
    ttfs_buf_puts(out, "end\n");
}

static bool read_number(TtfsLex *l, const char *key, uint32_t want) {
    uint32_t v;
    if (!ttfs_lex_key_u32(l, key, UINT32_MAX, &v)) return false;
    return v == want || ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s %u expected, found %u", key, want, v);
}

static bool read_descriptor(TtfsCoreImage *core, uint32_t slot, TtfsLex *l) {
    TtfsDescriptor d;
    const char *bad = "";
    if (!read_number(l, "slot", slot) || !ttfs_descriptor_lex(&d, l)) return false;
    return ttfs_descriptor_pack(&d, core->descriptors + (size_t)slot * TTFS_DESC_WORDS, &bad) ||
           ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%s does not fit its field", bad);
}

static bool read_core(TtfsImage *img, uint32_t index, TtfsLex *l) {
    TtfsCoreImage *core = &img->cores[index];
    *core = (TtfsCoreImage){.slots = img->slots,
                            .row_bytes = (img->chip.lanes * img->chip.weight_bits + 7) / 8};
    if (!read_number(l, "core", index) ||
        !ttfs_lex_key_u32(l, "rows", img->chip.weight_rows, &core->rows) || !ttfs_lex_eol(l))
        return false;
    if ((uint64_t)core->rows * core->row_bytes > (uint64_t)(l->end - l->at))
        return ttfs_lex_fail(l, TTFS_TEXT_RANGE, "%u rows do not stand in this text", core->rows);
    core->descriptors = TTFS_ARRAY(&img->arena, uint32_t, (size_t)img->slots * TTFS_DESC_WORDS);
    core->weights = TTFS_ARRAY(&img->arena, unsigned char, (size_t)core->rows * core->row_bytes);
    for (uint32_t s = 0; s < img->slots; s++)
        if (!read_descriptor(core, s, l)) return false;
    for (uint32_t r = 0; r < core->rows; r++)
        if (!read_number(l, "row", r) ||
            !ttfs_lex_hex_bytes(l, core->weights + (size_t)r * core->row_bytes, core->row_bytes) ||
            !ttfs_lex_eol(l))
            return false;
    return true;
}

bool ttfs_image_read(TtfsImage *img, const char *file, const void *text, size_t n, TtfsDiag *diag) {
    *img = (TtfsImage){0};
    TtfsLex l;
    ttfs_lex_init(&l, file, text, n, diag);
    if (!read_number(&l, "ttfs-image", 1) || !ttfs_lex_eol(&l) || !ttfs_lex_expect(&l, "chip") ||
        !ttfs_chip_lex(&img->chip, &l, &img->arena) || !ttfs_image_lex_directory(img, &l))
        return false;
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, img->chip.cores);
    for (uint32_t c = 0; c < img->chip.cores; c++)
        if (!read_core(img, c, &l)) return false;
    if (!ttfs_lex_expect(&l, "end") || !ttfs_lex_eol(&l)) return false;
    if (l.kind != TTFS_TOK_END) return ttfs_lex_fail(&l, TTFS_TEXT_SYNTAX, "text follows the end");
    return ttfs_image_check(img, file, diag);
}
