/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of ttfs synth in lines.
 */
#include "synth_report.h"

#include <inttypes.h>
#include <math.h>

static void share(const char *what, uint64_t n, uint64_t of, TtfsBuf *out) {
    ttfs_buf_printf(out, "%-20s%" PRIu64 " of %" PRIu64 " (%.0f %%)\n", what, n, of,
                    of ? 100.0 * (double)n / (double)of : 0.0);
}

/* What an estimate says of the device, in one line more. */
static void tell_excess(const TtfsSynthesis *s, TtfsBuf *out) {
    const TtfsDevice *d = &s->device;
    const struct {
        const char *name;
        bool over;
    } parts[] = {{"LUTs", s->luts > d->luts},
                 {"flip-flops", s->ffs > d->ffs},
                 {"RAM blocks", s->ram > (uint64_t)d->ram[0].count + d->ram[1].count}};
    const char *gap = "does not fit        ";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].over) continue;
        ttfs_buf_printf(out, "%s%s", gap, parts[i].name);
        gap = ", ";
    }
    if (*gap == ',')
        ttfs_buf_printf(out, ": ttfs compile --fit %s makes a chip for the device\n", d->name);
}

static void tell_pll(const TtfsSynthesis *s, TtfsBuf *out) {
    const TtfsPll *p = &s->pll;
    TtfsPll faster;
    if (p->mhz > 0)
        ttfs_buf_printf(out,
                        "%-20s%g MHz of the board's %g; VCO %g MHz; divisors %" PRIu32 ", %" PRIu32
                        ", %" PRIu32 "\n",
                        "PLL", p->mhz, s->device.clock_mhz, p->vco_mhz, p->reference, p->feedback,
                        p->output);
    else if (s->meets_clock && ttfs_pll(&s->device, floor(s->fmax_mhz), &faster) &&
             faster.mhz > s->clock_mhz + 1)
        ttfs_buf_printf(out, "%-20sa PLL makes a faster clock of it: --clock %.0f\n", "",
                        floor(s->fmax_mhz));
}

/* What each seed reaches by nextpnr alone, in order. */
static void tell_seeds(const TtfsSynthesis *s, TtfsBuf *out) {
    if (!s->seeds) return;
    ttfs_buf_printf(out, "%-20s%" PRIu32 " is the fastest of", "seed", s->seed);
    for (uint32_t i = 0; i < s->seeds; i++)
        if (s->seed_mhz[i] > 0)
            ttfs_buf_printf(out, "%s %.1f", i ? "," : "", s->seed_mhz[i]);
        else
            ttfs_buf_printf(out, "%s failed", i ? "," : "");
    ttfs_buf_puts(out, " MHz\n");
}

void ttfs_synth_text(const TtfsSynthesis *s, TtfsBuf *out) {
    const TtfsDevice *d = &s->device;
    ttfs_buf_printf(out, "%s (%s)%s\n", d->name, d->part,
                    s->estimated && d->flow.yosys
                        ? ", estimated before synthesis: the chip behind the board top"
                    : s->estimated ? ", estimated before synthesis: the chip without a board top"
                    : s->project   ? ", mapped by Yosys, not placed: the chip without a board top"
                                   : ", the chip behind the board top");
    bool placed = s->cells > 0;
    if (placed) share("logic cells", s->cells, d->luts, out);
    share("LUTs", s->luts, d->luts, out);
    share("flip-flops", s->ffs, d->ffs, out);
    share("RAM blocks", s->ram, (uint64_t)d->ram[0].count + d->ram[1].count, out);
    if (s->estimated) tell_excess(s, out);
    if (placed)
        ttfs_buf_printf(out, "%-20s%.1f MHz at most, %s %.1f MHz\n", "clock", s->fmax_mhz,
                        s->meets_clock ? "meets" : "does not meet", s->clock_mhz);
    else if (s->fmax_mhz > 0)
        ttfs_buf_printf(out, "%-20sabout %.0f MHz at most\n", "clock", s->fmax_mhz);
    tell_seeds(s, out);
    tell_pll(s, out);
    ttfs_buf_printf(out, "%-20s%.1f us expected at %.1f MHz, without the host's transfers\n",
                    "a sample", s->core_us, s->clock_mhz);
    if (s->project)
        ttfs_buf_printf(out, "written: %s, for vivado -mode batch -source\n", s->project);
    if (s->bitstream) ttfs_buf_printf(out, "written: %s\n", s->bitstream);
}
