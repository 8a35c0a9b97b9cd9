/* SPDX-License-Identifier: Apache-2.0
 *
 * A refusal taken at its word: the chip with all that its messages ask for, no more. Include after
 * cmocka.h.
 */
#ifndef RAISE_CHIP_H
#define RAISE_CHIP_H

#include <stddef.h>
#include <string.h>

#include "chip.h"
#include "diag.h"

/* What messages call a number of the chip. Ids are counted, the chip has their bits. */
static const struct {
    const char *limit;
    size_t at;
    bool bits;
} raisable[] = {
    {"words of activations on a core", offsetof(TtfsChip, act_words), false},
    {"weight rows on a core", offsetof(TtfsChip, weight_rows), false},
    {"weight rows a group", offsetof(TtfsChip, weight_rows), false},
    {"parameter words on a core", offsetof(TtfsChip, param_words), false},
    {"program words on a core", offsetof(TtfsChip, program_words), false},
    {"buffers on a core", offsetof(TtfsChip, buffers), false},
    {"words of the table of rows", offsetof(TtfsChip, table_words), false},
    {"words of the table of columns", offsetof(TtfsChip, table_words), false},
    {"flows", offsetof(TtfsChip, flows), false},
    {"sources of a layer", offsetof(TtfsChip, segments), false},
    {"weight bits", offsetof(TtfsChip, weight_bits), false},
    {"bits of potential", offsetof(TtfsChip, acc_bits), false},
    {"bits of slope", offsetof(TtfsChip, slope_bits), false},
    {"bits of ramp", offsetof(TtfsChip, ramp_bits), false},
    {"channel ids", offsetof(TtfsChip, c_bits), true},
    {"row ids", offsetof(TtfsChip, y_bits), true},
    {"column ids", offsetof(TtfsChip, x_bits), true},
    {"ticks of a window", offsetof(TtfsChip, value_bits), true},
};

static inline uint32_t bits_of(uint64_t n) {
    uint32_t bits = 0;
    while (n >> bits) bits++;
    return bits;
}

/* A limit is one that the chip has, and is passed. */
static inline void raise_number(TtfsChip *c, const TtfsMessage *m) {
    const TtfsExcess *e = &m->figures;
    if (e->needed <= e->available) fail_msg("%s: refused for nothing", m->what);
    for (size_t i = 0; i < sizeof raisable / sizeof *raisable; i++) {
        if (strcmp(raisable[i].limit, e->limit) != 0) continue;
        uint32_t *have = (uint32_t *)(void *)((char *)c + raisable[i].at);
        bool ticks = raisable[i].at == offsetof(TtfsChip, value_bits);
        uint64_t need = raisable[i].bits ? bits_of(e->needed - !ticks) : e->needed;
        if (need > *have) *have = (uint32_t)need;
        return;
    }
    fail_msg("%s: no number of a chip", m->what);
}

/* What has no number is a feature that the chip must not have yet. */
static inline void raise_feature(TtfsChip *c, const TtfsMessage *m) {
    bool conv = strstr(m->what, "the chip has channels alone"), pool = strstr(m->what, " pool, ");
    bool classes = strstr(m->what, "biases that depend on the position");
    if (!(conv && !c->conv) && !(pool && !c->pool) && !(classes && !c->classes))
        fail_msg("%s: not so", m->what);
    c->conv = c->conv || conv;
    c->pool = c->pool || pool;
    c->classes = c->classes || classes;
}

/* What keys say together is kept: the wider of two that are tied is made wide enough. */
static inline void keep_order(TtfsChip *c) {
    const uint32_t within[] = {c->slope_bits, c->value_bits, c->ramp_bits + 1};
    if (c->slope_bits < c->weight_bits) c->slope_bits = c->weight_bits;
    for (int i = 0; i < 3; i++)
        if (c->acc_bits < within[i]) c->acc_bits = within[i];
    if (ttfs_chip_cores(c) == 1 && c->flows < c->buffers) c->flows = c->buffers;
    c->conv = c->conv || c->pool || c->classes;
}

static inline void raise_chip(TtfsChip *c, const TtfsDiag *refusal) {
    for (uint32_t i = 0; i < refusal->messages.len; i++) {
        const TtfsMessage *m = &refusal->messages.at[i];
        if (m->severity != TTFS_ERROR) continue;
        if (m->figures.limit)
            raise_number(c, m);
        else
            raise_feature(c, m);
    }
    keep_order(c);
}

#endif
