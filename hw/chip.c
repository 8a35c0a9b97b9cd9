/* SPDX-License-Identifier: Apache-2.0
 *
 * The chip: its table of keys (chip.def, worked by keys.c), what keys must say together, derived
 * numbers and memories (memories.def). The records are in records.c. Invariant: a chip that
 * ttfs_chip_check accepts can be configured over its port (every word of its memories has an
 * address) and every id and address fits the field of a record.
 */
#include "chip.h"

#include <stddef.h>
#include <stdlib.h>

static const TtfsKey rows[] = {
#define TTFS_CHIP_GROUP(path, doc) {TTFS_KEY_GROUP, path, 0, 0, 0, 0, "", doc},
#define TTFS_CHIP_KEY(KIND, member, path, least, most, fallback, unit, VERILOG, doc)               \
    {TTFS_KEY_##KIND, path, offsetof(TtfsChip, member), least, most, fallback, VERILOG, doc},
#include "chip.def"
#undef TTFS_CHIP_GROUP
#undef TTFS_CHIP_KEY
};
const TtfsKeys ttfs_chip_keys = {rows, sizeof rows / sizeof *rows, "hw/chip.schema.json"};

uint32_t ttfs_chip_cores(const TtfsChip *c) {
    return c->cores_x * c->cores_y;
}

uint32_t ttfs_chip_max_ticks(const TtfsChip *c) {
    return (1u << c->value_bits) - 1;
}

uint32_t ttfs_chip_elements(const TtfsChip *c) {
    return c->act_words * TTFS_WORD_ELEMENTS;
}

uint32_t ttfs_chip_bits_for(uint32_t n) {
    uint32_t bits = 1;
    while (bits < 32 && n > 1u << bits) bits++;
    return bits;
}

uint32_t ttfs_chip_element_bits(const TtfsChip *c) {
    return ttfs_chip_bits_for(c->act_words) + ttfs_chip_bits_for(TTFS_WORD_ELEMENTS);
}

uint32_t ttfs_chip_bank_words(uint32_t act_words) {
    uint32_t all = 1u << ttfs_chip_bits_for(act_words);
    return act_words * UINT64_C(4) > all * UINT64_C(3) ? all : all / 2;
}

uint32_t ttfs_chip_bank_bits(const TtfsChip *c) {
    return ttfs_chip_bits_for(ttfs_chip_bank_words(c->act_words)) +
           ttfs_chip_bits_for(TTFS_WORD_ELEMENTS);
}

uint32_t ttfs_chip_flit_value_bits(const TtfsChip *c) {
    return ttfs_chip_cores(c) > 1 ? c->value_bits : c->acc_bits;
}

uint32_t ttfs_chip_turn_bits(const TtfsChip *c) {
    return ttfs_chip_cores(c) > 1;
}

uint32_t ttfs_chip_flit_bits(const TtfsChip *c) {
    return ttfs_chip_bits_for(c->flows) + ttfs_chip_turn_bits(c) + c->y_bits + c->x_bits +
           c->c_bits + ttfs_chip_flit_value_bits(c);
}

uint32_t ttfs_chip_sum_flits(const TtfsChip *c) {
    uint32_t bits = ttfs_chip_flit_value_bits(c);
    return (c->acc_bits + bits - 1) / bits;
}

uint32_t ttfs_chip_hash(const TtfsChip *c) {
    TtfsBuf text = {0};
    char hex[65];
    for (size_t i = 0; i < ttfs_chip_keys.len; i++)
        if (*rows[i].verilog)
            ttfs_buf_printf(&text, "%s=%.0f\n", rows[i].verilog, ttfs_key_get(&rows[i], c));
    ttfs_sha256_of(text.text, text.len, hex);
    ttfs_buf_free(&text);
    hex[8] = 0;
    return (uint32_t)strtoul(hex, NULL, 16);
}

TtfsMemShape ttfs_chip_memory(const TtfsChip *chip, TtfsMem m) {
    TtfsMemShape shape = {0};
    switch (m) {
#define TTFS_MEMORY(NAME, name, number, rows, bits, doc)                                           \
    case TTFS_MEM_##NAME:                                                                          \
        shape = (TtfsMemShape){#name, number, rows, bits, 0, 0};                                   \
        break;
#include "memories.def"
    case TTFS_MEMS:
        break;
    }
    shape.chunks = (shape.bits + 31) / 32;
    while (1u << shape.chunk_bits < shape.chunks) shape.chunk_bits++;
    return shape;
}

uint32_t ttfs_chip_address(uint32_t core, uint32_t memory, uint32_t word) {
    return core << (TTFS_CONFIG_WORD_BITS + 4) | memory << TTFS_CONFIG_WORD_BITS | word;
}

uint32_t ttfs_chip_register(uint32_t word) {
    return ttfs_chip_address(0, TTFS_CHIP_REGISTERS, word);
}

uint32_t ttfs_chip_counter(uint32_t core, uint32_t counter) {
    return ttfs_chip_address(core, 0, 1 + counter); /* behind the core's errors */
}

void ttfs_chip_errors(uint32_t flags, TtfsBuf *out) {
    static const struct {
        uint32_t bit;
        const char *text;
    } errors[] = {
#define TTFS_ERROR(NAME, bit, doc) {1u << bit, #NAME " (" doc ")"},
#define TTFS_BOARD_ERROR           TTFS_ERROR
#include "memories.def"
    };
    const char *gap = "";
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (!(flags & errors[i].bit)) continue;
        ttfs_buf_printf(out, "%s%s", gap, errors[i].text);
        gap = ", ";
    }
}

static bool at_most(uint32_t value, const char *key, uint32_t most, const char *other,
                    const char *file, TtfsDiag *diag) {
    return value <= most || ttfs_error(diag, TTFS_AT_NODE(file, key), TTFS_CHIP_VALUE,
                                       "%u is more than %s = %u", value, other, most);
}

static bool needs_conv(bool feature, const char *key, const TtfsChip *c, const char *file,
                       TtfsDiag *diag) {
    return !feature || c->conv ||
           ttfs_error(diag, TTFS_AT_NODE(file, key), TTFS_CHIP_VALUE,
                      "true, but conv is false: populations without rows and columns have none");
}

static bool widths_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    bool ok = at_most(c->weight_bits, "weight_bits", c->slope_bits, "slope_bits", file, diag);
    ok = at_most(c->slope_bits, "slope_bits", c->acc_bits, "acc_bits", file, diag) && ok;
    ok = at_most(c->value_bits, "value_bits", c->acc_bits, "acc_bits", file, diag) && ok;
    return at_most(c->ramp_bits, "ramp_bits", c->acc_bits - 1, "acc_bits - 1", file, diag) && ok;
}

/* Every word of a memory has an address on the configuration port. */
static bool addresses_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    TtfsMemShape w = ttfs_chip_memory(c, TTFS_MEM_WEIGHTS);
    uint32_t most = 1u << TTFS_CONFIG_WORD_BITS >> w.chunk_bits;
    return w.rows <= most ||
           ttfs_error(diag, TTFS_AT_NODE(file, "weight_rows"), TTFS_CHIP_VALUE,
                      "%u rows of %u chunks have no address on the configuration port, at most "
                      "%u rows expected",
                      w.rows, w.chunks, most);
}

static bool flits_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    uint32_t bits = ttfs_chip_flit_bits(c);
    bool ok = ttfs_chip_cores(c) > 1 ||
              at_most(c->buffers, "buffers", c->flows, "flows", file, diag);
    if (bits > TTFS_FLIT_MOST)
        ok = ttfs_error(diag, TTFS_AT_NODE(file, "c_bits"), TTFS_CHIP_VALUE,
                        "a flit of flow, y_bits, x_bits, c_bits and value has %u bits, at most %u "
                        "expected",
                        bits, TTFS_FLIT_MOST);
    return ok;
}

static bool relations_ok(const TtfsChip *c, const char *file, TtfsDiag *diag) {
    bool ok = widths_ok(c, file, diag);
    ok = addresses_ok(c, file, diag) && ok;
    ok = flits_ok(c, file, diag) && ok;
    ok = needs_conv(c->pool, "pool", c, file, diag) && ok;
    return needs_conv(c->classes, "classes", c, file, diag) && ok;
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
