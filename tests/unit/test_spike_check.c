/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of the spike graph sees every broken invariant: one change to a sound random graph at
 * a time, each in several graphs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "random_spike.h"

static uint32_t too_much[] = {TTFS_MAX_RATE_PARTS + 1, TTFS_RATE_ONE};

/* Breaks one thing of a sound graph: 1 when `mutation` changed it, 0 when the graph has no place
 * for it, -1 past the last. */
static int mutate(TtfsSpike *s, int mutation) {
    TtfsPopulation *in = &s->pops.at[0], *last = &s->pops.at[s->pops.len - 1];
    TtfsConnection *c = &s->conns.at[s->conns.len - 1];
    switch (mutation) {
    case 0:
        s->latency++;
        return 1;
    case 1:
        last->start++;
        return 1;
    case 2:
        in->ticks = 0;
        return 1;
    case 3:
        in->ticks = TTFS_MAX_TICKS + 1;
        return 1;
    case 4:
        in->scale = 0;
        return 1;
    case 5:
        in->scale = NAN;
        return 1;
    case 6:
        in->scale = 1e-310;
        return 1;
    case 7:
        in->offset = INFINITY;
        return 1;
    case 8:
        in->rate_ppm = 1000001;
        return 1;
    case 9:
        in->name = last->name;
        return 1;
    case 10:
        in->name = "";
        return 1;
    case 11:
        in->name = NULL;
        return 1;
    case 12:
        in->c = 0;
        return 1;
    case 13:
        in->h = 0;
        return 1;
    case 14:
        in->w = 1u << 31;
        return 1;
    case 15:
        last->bias = NULL;
        return 1;
    case 16:
        last->ramp = last->bias;
        return 1;
    case 17:
        last->ticks = 1;
        return 1;
    case 18:
        last->conn_first++;
        return 1;
    case 19:
        last->conn_count--;
        return 1;
    case 20:
        last->kind = TTFS_POP_POOL;
        return 1;
    case 21:
        last->kind = TTFS_POP_INPUT;
        return 1;
    case 22:
        s->input.i = 0;
        return 1;
    case 23:
        s->readout.i = s->pops.len + 1;
        return 1;
    case 24:
        c->src.i = 0;
        return 1;
    case 25:
        c->src = c->dst;
        return 1;
    case 26:
        c->dst.i--;
        return 1;
    case 27:
        c->weight_bits = 1;
        return 1;
    case 28:
        c->weight_bits = 17;
        return 1;
    case 29:
        c->weight_count++;
        return 1;
    case 30:
        c->weights = NULL;
        return 1;
    case 31:
        c->kind = TTFS_CONN_POOL;
        return 1;
    case 32:
        s->conns.len--;
        return 1;
    case 33:
        s->pops.len = 0;
        return 1;
    case 34:
        last->h = 2;
        return 1;
    case 35:
        last->bias_count++;
        return 1;
    case 36:
        in->bias_count = 1;
        return 1;
    case 37:
        c->src_ch_first++;
        return 1;
    case 38:
        c->src_channels = 0;
        return 1;
    case 39:
        c->src_channels = UINT32_MAX;
        return 1;
    case 40:
        c->group = 0;
        return 1;
    case 41:
        c->group = 2;
        return 1;
    case 42:
        c->shared = s->conns.len;
        return 1;
    case 43:
        c->shared = s->conns.len + 1;
        return 1;
    case 44:
        c->kind = TTFS_CONN_MINPOOL;
        return 1;
    case 45:
        s->order[1] = 3;
        return 1;
    case 46:
        s->order[1] = s->order[0];
        return 1;
    case 47:
        in->rates = (TtfsRates){.rows = in->h + 1, .cols = 1};
        return 1;
    case 48:
        in->rates = (TtfsRates){.rows = 1};
        return 1;
    case 49:
        in->rates = (TtfsRates){1, 1, too_much, 0, 0};
        return 1;
    case 50:
        in->rates = (TtfsRates){1, 1, too_much + 1, 0, TTFS_MAX_RATE_PARTS + 1};
        return 1;
    default:
        return -1;
    }
}

static void checker_sees_mutations(void **state) {
    (void)state;
    for (int m = 0;; m++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            TtfsSpike s;
            TtfsDiag diag = {0};
            random_spike(&s, seed);
            assert_true(ttfs_spike_check(&s, "m", &diag));
            int done = mutate(&s, m);
            if (done > 0 && ttfs_spike_check(&s, "m", &diag)) fail_msg("mutation %d passed", m);
            ttfs_spike_free(&s);
            ttfs_diag_free(&diag);
            if (done < 0) return;
        }
    }
}

/* Changes a field of a pool or convolution; sound graphs that have none are skipped. */
static void checker_sees_geometry(void **state) {
    (void)state;
    uint32_t seen = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        TtfsSpike s;
        TtfsDiag diag = {0};
        random_spike(&s, seed);
        for (uint32_t i = 0; i < s.conns.len; i++) {
            TtfsConnection *c = &s.conns.at[i], kept = *c;
            if (c->kind == TTFS_CONN_DENSE) continue;
            TtfsPopulation *dst = ttfs_spike_pop(&s, c->dst), was = *dst;
            dst->h++;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *dst = was;
            c->stride[1] = 0;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *c = kept;
            c->kernel[0] = UINT32_MAX;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *c = kept;
            c->dilation[0] = 0;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *c = kept;
            c->src_channels++;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *c = kept;
            c->group = c->src_channels + 1;
            assert_false(ttfs_spike_check(&s, NULL, &diag));
            *c = kept;
            if (ttfs_conn_is_pool(c)) {
                dst->scale *= 2;
                assert_false(ttfs_spike_check(&s, NULL, &diag));
            } else if (dst->ramp) {
                dst->ramp[0] = 0;
                assert_false(ttfs_spike_check(&s, NULL, &diag));
            }
            seen++;
            break;
        }
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
    assert_true(seen > 50);
}

/* A population may have as many neurons as there may be, in whatever shape, and not one more. */
static void checker_counts_neurons(void **state) {
    (void)state;
    enum { MOST = TTFS_MAX_NEURONS, TWICE = 2 * MOST };
    static const uint32_t shape[][3] = {{MOST, 1, 1}, {1, MOST, 1}, {1, 1, MOST}, {MOST / 4, 2, 2}};
    static const uint32_t beyond[][3] = {{MOST + 1, 1, 1},
                                         {1, MOST + 1, 1},
                                         {1, 1, MOST + 1},
                                         {MOST / 4, 2, 3},
                                         {TWICE, TWICE, TWICE}};
    for (int i = 0; i < 9; i++) {
        TtfsSpike s;
        TtfsDiag diag = {0};
        random_spike(&s, 1);
        const uint32_t *m = i < 4 ? shape[i] : beyond[i - 4];
        s.pops.at[0].c = m[0], s.pops.at[0].h = m[1], s.pops.at[0].w = m[2];
        assert_false(ttfs_spike_check(&s, NULL, &diag)); /* what reads it is another size */
        assert_int_equal(diag.errors_of[TTFS_LIMIT] > 0, i >= 4);
        ttfs_spike_free(&s);
        ttfs_diag_free(&diag);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checker_sees_mutations),
        cmocka_unit_test(checker_sees_geometry),
        cmocka_unit_test(checker_counts_neurons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
