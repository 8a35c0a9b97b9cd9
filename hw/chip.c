/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip: its table of keys (chip.def, worked by keys.c), what keys must say together, derived
 * numbers. The descriptors are in descriptor.c. Invariant: a chip that ttfs_chip_check accepts can
 * be configured over its port (every word of its memories has an address) and every id and address
 * fits its descriptor field.
 */
#include "chip.h"

#include <stddef.h>

static const TtfsKey rows[] = {
#define TTFS_CHIP_GROUP(path, doc) {TTFS_KEY_GROUP, path, 0, 0, 0, 0, "", doc},
#define TTFS_CHIP_KEY(KIND, member, path, least, most, fallback, unit, VERILOG, doc)               \
    {TTFS_KEY_##KIND, path, offsetof(TtfsChip, member), least, most, fallback, VERILOG, doc},
#include "chip.def"
#undef TTFS_CHIP_GROUP
#undef TTFS_CHIP_KEY
};
const TtfsKeys ttfs_chip_keys = {rows, sizeof rows / sizeof *rows, "hw/chip.schema.json"};

uint32_t ttfs_chip_max_ticks(const TtfsChip *c) {
    return (1u << c->tick_bits) - 1;
}

uint32_t ttfs_chip_threshold_rows(const TtfsChip *c) {
    return (c->acc_bits + c->weight_bits - 1) / c->weight_bits;
}

uint32_t ttfs_chip_ramp_rows(const TtfsChip *c) {
    return (c->slope_bits + c->weight_bits - 1) / c->weight_bits;
}

uint32_t ttfs_chip_row_chunks(const TtfsChip *c) {
    return (c->lanes * c->weight_bits + 31) / 32;
}

uint32_t ttfs_chip_chunk_bits(const TtfsChip *c) {
    uint32_t bits = 0;
    while ((1u << bits) < ttfs_chip_row_chunks(c)) bits++;
    return bits;
}

static bool relations_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    bool ok = true;
    if (c->slope_bits % c->weight_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "slope_bits"), TTFS_CHIP_VALUE,
                        "%u is not a multiple of weight_bits = %u", c->slope_bits, c->weight_bits);
    if (c->acc_bits % c->weight_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "acc_bits"), TTFS_CHIP_VALUE,
                        "%u is not a multiple of weight_bits = %u", c->acc_bits, c->weight_bits);
    if (c->slope_bits > c->acc_bits)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "slope_bits"), TTFS_CHIP_VALUE,
                        "%u is more than acc_bits = %u", c->slope_bits, c->acc_bits);
    uint32_t id_bits = c->c_bits + c->y_bits + c->x_bits;
    if (id_bits > 24)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "c_bits"), TTFS_CHIP_VALUE,
                        "c_bits + y_bits + x_bits = %u, at most 24 expected", id_bits);
    if (c->lanes > 1u << (id_bits - 1))
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "lanes"), TTFS_CHIP_VALUE,
                        "%u lanes with ids of %u bits, at most %u expected", c->lanes, id_bits,
                        1u << (id_bits - 1));
    uint32_t chunk_bits = ttfs_chip_chunk_bits(c);
    if (c->weight_rows > (1u << 21 >> chunk_bits))
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "weight_rows"), TTFS_CHIP_VALUE,
                        "%u rows of %u chunks have no address on the configuration port, at most "
                        "%u rows expected",
                        c->weight_rows, ttfs_chip_row_chunks(c), 1u << 21 >> chunk_bits);
    return ok;
}

bool ttfs_chip_check(const TtfsChip *chip, const char *file, TtfsDiag *diag) {
    return ttfs_keys_check(&ttfs_chip_keys, chip, file, diag) && relations_ok(chip, file, diag);
}

bool ttfs_chip_read(TtfsChip *chip, const char *file, const void *text, size_t n, TtfsArena *a,
                    TtfsDiag *diag) {
    *chip = (TtfsChip){0};
    return ttfs_keys_read(&ttfs_chip_keys, chip, file, text, n, a, diag) &&
           relations_ok(chip, file, diag);
}

void ttfs_chip_print(const TtfsChip *chip, TtfsBuf *out) {
    ttfs_keys_print(&ttfs_chip_keys, chip, out);
}

void ttfs_chip_json(const TtfsChip *chip, const char *key, TtfsJson *j) {
    ttfs_keys_json(&ttfs_chip_keys, chip, key, j);
}

/* The end of the JSON object that starts at `p`: behind the brace that closes it, NULL when none
 * does. Braces inside strings do not count. */
static const char *object_end(const char *p, const char *end) {
    uint32_t depth = 0;
    bool string = false;
    for (; p < end; p++) {
        if (string) {
            if (*p == '\\' && p + 1 < end)
                p++;
            else if (*p == '"')
                string = false;
            continue;
        }
        string = *p == '"';
        depth += *p == '{';
        if (*p == '}' && --depth == 0) return p + 1;
    }
    return NULL;
}

bool ttfs_chip_lex(TtfsChip *chip, TtfsLex *l, TtfsArena *a) {
    if (!ttfs_lex_is(l, "{")) return ttfs_lex_expect(l, "{");
    const char *start = l->text, *end = object_end(start, l->end);
    if (!end) return ttfs_lex_fail(l, TTFS_TEXT_SYNTAX, "the chip's description does not end");
    if (!ttfs_chip_read(chip, l->file, start, (size_t)(end - start), a, l->diag)) {
        l->failed = true;
        l->kind = TTFS_TOK_END;
        l->at = l->end;
        return false;
    }
    for (const char *p = start; p < end; p++) {
        if (*p != '\n') continue;
        l->line++;
        l->line_start = p + 1;
    }
    l->at = end;
    l->kind = TTFS_TOK_PUNCT;
    ttfs_lex_next(l);
    return ttfs_lex_eol(l);
}
