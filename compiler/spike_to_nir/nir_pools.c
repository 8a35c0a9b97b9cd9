/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools, which NIR does not have, as exact sums of rectifiers: max(a, b) = b + relu(a - b), min(a,
 * b) = b - relu(b - a). A convolution picks each tap of the patch; from tap to tap a rectifier
 * carries the extreme so far,
 *
 *     max: F_i = IF(P_(i-1) + F_(i-1) - P_i),   the pool is P_k + F_k
 *     min: F_i = IF(P_i - P_(i-1) + F_(i-1)),   the pool is P_k - F_k
 *
 * In a rate simulation the differences are of rates, which is what a rate code can do.
 */
#include "nir_maker.h"

typedef struct {
    NirMaker *m;
    const TtfsConnection *c;
    const char *pool, *from; /* names: of the pool, of its source */
    bool min;
    uint64_t dim[3]; /* of what a tap picks */
    NirPatch patch;
    NirConv conv;
    TtfsArena scratch;
    float *weights; /* of `conv`: 0 but for the tap that is picked */
} Pool;

static void open_pool(Pool *p, const TtfsPopulation *dst) {
    ttfs_nir_patch(p->c, &p->patch);
    p->conv = ttfs_nir_patch_conv(ttfs_spike_pop(p->m->spike, p->c->src), dst, p->c, &p->patch);
    ttfs_nir_put_shape(dst, false, p->dim);
    uint64_t taps = (uint64_t)p->conv.kernel[0] * p->conv.kernel[1];
    p->weights = TTFS_ARRAY(&p->scratch, float, taps * p->conv.out * p->conv.in);
    p->conv.weights = p->weights;
    p->conv.bias = TTFS_ARRAY(&p->scratch, float, dst->c);
}

/* The weight of a tap, from each channel of the pool's to its own. */
static void fill(Pool *p, uint64_t tap, float weight) {
    const NirConv *c = &p->conv;
    uint64_t taps = (uint64_t)c->kernel[0] * c->kernel[1];
    for (uint32_t o = 0; o < c->out; o++)
        p->weights[((uint64_t)o * c->in + p->c->src_ch_first + o) * taps + tap] = weight;
}

/* The values of one tap, a convolution that picks it. */
static const char *pick(Pool *p, uint32_t ky, uint32_t kx) {
    NirConv *c = &p->conv;
    uint64_t tap = (uint64_t)(ky + p->patch.before[0]) * c->kernel[1] + kx + p->patch.before[1];
    const char *name = ttfs_nir_put_name(p->m, p->pool, "tap");
    fill(p, tap, 1);
    ttfs_nir_put_conv(p->m, name, c);
    fill(p, tap, 0);
    ttfs_nir_put_edge(p->m, p->from, name);
    return name;
}

static const char *negative(Pool *p, const char *of) {
    const char *name = ttfs_nir_put_name(p->m, of, "minus");
    ttfs_nir_put_scale(p->m, name, 3, p->dim, -1);
    ttfs_nir_put_edge(p->m, of, name);
    return name;
}

/* F_i, of the tap before, this tap and F_(i-1), NULL of the second. */
static const char *carry(Pool *p, const char *before, const char *tap, const char *carried) {
    const char *name = ttfs_nir_put_name(p->m, p->pool, "larger");
    ttfs_nir_put_if(p->m, name, 3, p->dim, 1);
    ttfs_nir_put_edge(p->m, p->min ? tap : before, name);
    ttfs_nir_put_edge(p->m, negative(p, p->min ? before : tap), name);
    if (carried) ttfs_nir_put_edge(p->m, carried, name);
    return name;
}

void ttfs_nir_put_pool(NirMaker *m, const TtfsPopulation *dst, const TtfsConnection *c,
                       const char *name) {
    Pool p = {.m = m,
              .c = c,
              .pool = name,
              .from = m->value[c->src.i - 1].name,
              .min = c->kind == TTFS_CONN_MINPOOL};
    const char *before = NULL, *carried = NULL;
    open_pool(&p, dst);
    for (uint32_t i = 0; i < c->kernel[0] * c->kernel[1]; i++) {
        const char *tap = pick(&p, i / c->kernel[1], i % c->kernel[1]);
        if (before) carried = carry(&p, before, tap, carried);
        before = tap;
    }
    ttfs_nir_put_scale(m, name, 3, p.dim, 1);
    ttfs_nir_put_edge(m, before, name);
    if (carried) ttfs_nir_put_edge(m, p.min ? negative(&p, carried) : carried, name);
    ttfs_arena_free(&p.scratch);
}
