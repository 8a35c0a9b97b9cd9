/* SPDX-License-Identifier: Apache-2.0
 *
 * Random networks for tests of the exact engine.
 */
#ifndef EXACT_CASE_H
#define EXACT_CASE_H

#include "exact.h"
#include "random_case.h"

enum { SAMPLES = 2 };

/* A random network with its windows set by the samples it will see. */
typedef struct {
    Canon k;
    RandomSource source;
    TtfsNet net;
    TtfsExactTops tops;
    float x[SAMPLES][MOST_INPUT];
} Case;

static inline bool open_case(Case *c, uint64_t seed) {
    if (!random_case(&c->k, &c->source, seed)) {
        random_case_free(&c->k, &c->source);
        return false;
    }
    if (!ttfs_net_of(&c->k.ir, "net", &c->net, &c->k.diag))
        fail_msg("seed %d: %s", (int)seed, c->k.diag.messages.at[0].what);
    c->tops = ttfs_exact_tops(&c->net, (double)c->k.lo, (double)c->k.hi, &c->k.ir.arena);
    TtfsReference *r = ttfs_reference_open(&c->net);
    for (int i = 0; i < SAMPLES; i++) {
        canon_sample(&c->k, c->x[i]);
        ttfs_reference_run(r, c->x[i]);
        ttfs_exact_tops_add(&c->tops, &c->net, r);
    }
    ttfs_reference_close(r);
    return true;
}

static inline void close_case(Case *c) {
    ttfs_net_free(&c->net);
    random_case_free(&c->k, &c->source);
}

#endif
