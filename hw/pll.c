/* SPDX-License-Identifier: Apache-2.0
 *
 * All settings of a PLL that its family allows are tried. In: a device with a flow and the clock
 * that is wished; out: divisors. The limits and the formulas are those of devices.def; icepll keeps
 * to them too.
 */
#include "pll.h"

#include <math.h>

typedef struct {
    double pfd_least, pfd_most, vco_least, vco_most, least, most;
    uint32_t references, feedbacks, outputs;
    bool inside; /* the VCO is fed back; outputs are powers of two */
} Limits;

static const Limits limits[TTFS_FAMILIES] = {
#define TTFS_PLL(FAMILY, pfd0, pfd1, vco0, vco1, out0, out1, references, feedbacks, outputs,       \
                 inside)                                                                           \
    [TTFS_FAMILY_##                                                                                \
        FAMILY] = {pfd0, pfd1, vco0, vco1, out0, out1, references, feedbacks, outputs, inside},
#include "devices.def"
};

static const double hair = 1e-9;

static bool within(double v, double least, double most) {
    return v >= least - hair && v <= most + hair;
}

/* What these divisors make of the oscillator, and whether the family allows it. */
static bool makes(const Limits *l, double oscillator, TtfsPll *p) {
    double fed = p->feedback;
    p->detector_mhz = oscillator / p->reference;
    p->vco_mhz = p->detector_mhz * fed * (l->inside ? 1 : p->output);
    p->mhz = p->vco_mhz / p->output;
    return within(p->detector_mhz, l->pfd_least, l->pfd_most) &&
           within(p->vco_mhz, l->vco_least, l->vco_most) && within(p->mhz, l->least, l->most);
}

static bool is_better(const TtfsPll *p, const TtfsPll *best) {
    if (fabs(p->mhz - best->mhz) > hair) return p->mhz > best->mhz;
    if (p->reference != best->reference) return p->reference < best->reference;
    return p->vco_mhz > best->vco_mhz;
}

static uint32_t next_output(const Limits *l, uint32_t output) {
    return l->inside ? 2 * output : output + 1;
}

static bool is_slower(const TtfsPll *p, const TtfsPll *best) {
    return !(best->mhz > 0) || p->mhz < best->mhz;
}

/* Of the settings whose clock is not above `mhz` the one that no other is `before`. */
static bool choose(const TtfsDevice *d, double mhz,
                   bool (*before)(const TtfsPll *p, const TtfsPll *best), TtfsPll *pll) {
    const Limits *l = &limits[d->family];
    *pll = (TtfsPll){0};
    if (!d->flow.pll) return false;
    for (uint32_t r = 1; r <= l->references; r++)
        for (uint32_t f = 1; f <= l->feedbacks; f++)
            for (uint32_t o = l->inside ? 2 : 1; o <= l->outputs; o = next_output(l, o)) {
                TtfsPll p = {.reference = r, .feedback = f, .output = o};
                if (makes(l, d->clock_mhz, &p) && p.mhz <= mhz + hair && before(&p, pll)) *pll = p;
            }
    return pll->mhz > 0;
}

TtfsPllRange ttfs_pll_range(const TtfsDevice *d) {
    double most = limits[d->family].most;
    TtfsPll slowest;
    bool any = choose(d, most, is_slower, &slowest);
    return any ? (TtfsPllRange){slowest.mhz, most} : (TtfsPllRange){0, 0};
}

bool ttfs_pll(const TtfsDevice *d, double mhz, TtfsPll *pll) {
    return choose(d, mhz, is_better, pll);
}
