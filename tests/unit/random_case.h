/* SPDX-License-Identifier: Apache-2.0
 *
 * Random canonical networks of both kinds: made in that form, and rewritten into it from networks
 * with all operations. Include after cmocka.h.
 */
#ifndef RANDOM_CASE_H
#define RANDOM_CASE_H

#include "ir_to_ir.h"
#include "random_canonical.h"
#include "random_net.h"

enum { MOST_INPUT = 256 };

/* What a rewritten network is made from; all zeros for one made in canonical form. */
typedef struct {
    TtfsArena data;
    TtfsIr ir;
} RandomSource;

/* False when the rewriting refuses the network: its output does not depend on the input. */
static inline bool random_case(Canon *k, RandomSource *s, uint64_t seed) {
    *s = (RandomSource){0};
    if (seed % 2) {
        random_canonical(k, seed);
        return true;
    }
    *k = (Canon){.r = ttfs_rng(seed), .lo = seed % 3 ? 0 : -1, .hi = 1};
    s->ir = random_net(&s->data, seed, (RandomNetOptions){.layers = 12});
    return ttfs_ir_canonical(&s->ir, &k->ir, "net", &k->diag) &&
           ttfs_ir_check(&k->ir, "net", &k->diag);
}

static inline void random_case_free(Canon *k, RandomSource *s) {
    canon_free(k);
    ttfs_ir_free(&s->ir);
    ttfs_arena_free(&s->data);
}

#endif
