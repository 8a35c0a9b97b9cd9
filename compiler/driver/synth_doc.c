/* SPDX-License-Identifier: Apache-2.0
 *
 * What ttfs synth says of an FPGA, as JSON.
 */
#include "json.h"
#include "synth.h"

/* A number that tools alone know. */
static void add_known(TtfsJson *j, const char *key, bool known, double v) {
    if (known)
        ttfs_json_number(j, key, v);
    else
        ttfs_json_null(j, key);
}

/* Divisors of the PLL that makes the clock. */
static void add_pll(TtfsJson *j, const TtfsSynthesis *s) {
    if (!(s->pll.mhz > 0)) return;
    ttfs_json_object(j, "pll");
    ttfs_json_string(j, "cell", s->device.flow.pll);
    ttfs_json_number(j, "oscillator_mhz", s->device.clock_mhz);
    ttfs_json_number(j, "vco_mhz", s->pll.vco_mhz);
    ttfs_json_number(j, "reference", s->pll.reference);
    ttfs_json_number(j, "feedback", s->pll.feedback);
    ttfs_json_number(j, "output", s->pll.output);
    ttfs_json_end(j);
}

/* What each seed's place and route reach, by nextpnr, and the one that was kept. */
static void add_seeds(TtfsJson *j, const TtfsSynthesis *s) {
    if (!s->seeds) return;
    ttfs_json_number(j, "seed", s->seed);
    ttfs_json_array(j, "seeds_mhz");
    for (uint32_t i = 0; i < s->seeds; i++) add_known(j, NULL, s->seed_mhz[i] > 0, s->seed_mhz[i]);
    ttfs_json_end(j);
}

void ttfs_synth_json(const TtfsSynthesis *s, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    bool known = s->cells > 0; /* it was placed */
    ttfs_json_object(j, NULL);
    ttfs_json_string(j, "device", s->device.name);
    ttfs_json_bool(j, "estimated", s->estimated);
    ttfs_json_number(j, "lut", (double)s->luts);
    ttfs_json_number(j, "ff", (double)s->ffs);
    ttfs_json_number(j, "ram", (double)s->ram);
    ttfs_json_number(j, "dsp", (double)s->dsps);
    add_known(j, "logic_cells", known, (double)s->cells);
    add_known(j, "pins", known, s->pins);
    add_known(j, "fmax_mhz", s->fmax_mhz > 0, s->fmax_mhz);
    ttfs_json_number(j, "clock_mhz", s->clock_mhz);
    add_seeds(j, s);
    add_pll(j, s);
    if (known)
        ttfs_json_bool(j, "meets_clock", s->meets_clock);
    else
        ttfs_json_null(j, "meets_clock");
    if (s->bitstream)
        ttfs_json_string(j, "bitstream", s->bitstream);
    else
        ttfs_json_null(j, "bitstream");
    if (s->project) ttfs_json_string(j, "project", s->project);
    ttfs_json_number(j, "core_us", s->core_us);
    ttfs_json_end(j);
}
