/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plan promises: cycles, slots, what lies on which core and how full that is.
 */
#include "page_inside.h"

#include "plan_traffic.h"
#include "schedule.h"

/* When and where each population is computed. */
static void placed(TtfsBuf *b, const TtfsOut *o) {
    TtfsArena scratch = {0};
    const TtfsPlaced *at = ttfs_placed(&o->plan, &o->spike, &scratch);
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>population</th><th>slot</th><th>stage</th>"
                     "<th>cores</th><th>tasks</th></tr>");
    for (uint32_t i = 0; i < o->spike.pops.len; i++) {
        ttfs_buf_puts(b, "<tr><td>");
        ttfs_html(b, o->spike.pops.at[i].name);
        ttfs_buf_printf(b, "</td><td>%u</td><td>%u</td><td>%u</td><td>%u</td></tr>",
                        at[i].when.slot, at[i].when.stage, at[i].cores, at[i].tasks);
    }
    ttfs_buf_puts(b, "</table></div>");
    ttfs_arena_free(&scratch);
}

/* The slots of a turn; one slot says no more than the turn. */
static void slots(TtfsBuf *b, const TtfsPlan *p) {
    double all = p->worst_cycles ? (double)p->worst_cycles : 1;
    if (p->slots.len == 1) return;
    ttfs_buf_puts(b, "<div class=\"wide\"><table><tr><th>slot</th><th>cycles at most</th>"
                     "<th>expected</th><th>share</th></tr>");
    for (uint32_t i = 0; i < p->slots.len; i++) {
        const TtfsSlot *s = &p->slots.at[i];
        ttfs_buf_printf(b, "<tr><td>%u</td><td>%llu</td><td>%llu</td><td>", i,
                        (unsigned long long)s->worst_cycles,
                        (unsigned long long)s->expected_cycles);
        ttfs_html_bar(b, (double)s->worst_cycles / all, "#8250df");
        ttfs_buf_puts(b, "</td></tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

/* What the schedule means for a sample. */
static void turns(TtfsBuf *b, const TtfsOut *o) {
    static const char *const means[TTFS_SCHEDULES] = {
        [TTFS_SCHEDULE_LATENCY] = "a sample is through before the next one comes",
        [TTFS_SCHEDULE_OVERLAP] = "a sample comes in while the one before is computed",
        [TTFS_SCHEDULE_PIPELINE] = "all layers work at once, each on another sample"};
    const TtfsPlan *p = &o->plan;
    TtfsSchedule schedule = ttfs_schedule_of(p, &o->spike);
    uint64_t n = ttfs_plan_turns(p, &o->spike);
    uint64_t worst = ttfs_plan_latency(p, &o->spike, p->worst_cycles);
    ttfs_buf_printf(b, "<p>Schedule <b>%s</b>: %s%s. ", ttfs_schedule_names[schedule],
                    means[schedule], p->early ? "; cores may be a turn ahead of one another" : "");
    ttfs_buf_printf(
        b,
        "Results are there after %llu turn%s, at most %llu cycles (%.1f &micro;s) after "
        "the sample's start.</p>",
        (unsigned long long)n, n == 1 ? "" : "s", (unsigned long long)worst,
        (double)worst / p->chip.clock_mhz);
}

/* What the calibrated rates make of lanes and links. */
static void traffic(TtfsBuf *b, const TtfsOut *o) {
    TtfsTraffic t = ttfs_plan_traffic(&o->plan, &o->spike);
    ttfs_buf_printf(b, "<p>Lanes are expected to add a weight in %.1f %% of their cycles.",
                    t.lane_use_ppm * 1e-4);
    if (t.hops)
        ttfs_buf_printf(b,
                        " %llu values and sums a sample take %llu hops from core to core, %llu if "
                        "tasks lay on the cores row by row; the busiest link takes %llu of them.",
                        (unsigned long long)t.flits, (unsigned long long)t.hops,
                        (unsigned long long)t.row_hops, (unsigned long long)t.busiest);
    ttfs_buf_puts(b, "</p>");
}

static void schedule(TtfsBuf *b, const TtfsOut *o) {
    const TtfsPlan *p = &o->plan;
    ttfs_buf_printf(b,
                    "<h2>Schedule</h2><p>A turn takes at most <b>%llu</b> cycles, proven before "
                    "anything runs; %llu are expected with the "
                    "rates of calibration. At %g MHz: %.1f &micro;s and %.1f &micro;s.</p>",
                    (unsigned long long)p->worst_cycles, (unsigned long long)p->expected_cycles,
                    p->chip.clock_mhz, (double)p->worst_cycles / p->chip.clock_mhz,
                    (double)p->expected_cycles / p->chip.clock_mhz);
    turns(b, o);
    traffic(b, o);
    slots(b, p);
    placed(b, o);
}

static void use(TtfsBuf *b, uint64_t used, uint32_t available) {
    ttfs_buf_printf(b, "<td>%llu of %u ", (unsigned long long)used, available);
    ttfs_html_bar(b, available ? (double)used / (double)available : 0, "#1a7f37");
    ttfs_buf_puts(b, "</td>");
}

static void fit(TtfsBuf *b, const TtfsOut *o) {
    const TtfsPlan *p = &o->plan;
    uint32_t cores = ttfs_chip_cores(&p->chip);
    ttfs_buf_printf(
        b,
        "<h2>Fit on chip %s</h2><p class=\"key\">%u core%s of %u lanes, %u-bit weights, %u-bit "
        "accumulators</p><div class=\"wide\"><table class=\"fit\">"
        "<tr><th>core</th><th>activation words</th><th>weight rows</th><th>parameter words</th>"
        "<th>program words</th><th>buffers</th></tr>",
        p->chip.name, cores, cores == 1 ? "" : "s", p->chip.lanes, p->chip.weight_bits,
        p->chip.acc_bits);
    for (uint32_t c = 0; c < cores; c++) {
        const TtfsUse *u = &p->use[c];
        ttfs_buf_printf(b, "<tr><td>%u</td>", c);
        use(b, u->act_words, p->chip.act_words);
        use(b, u->weight_rows, p->chip.weight_rows);
        use(b, u->param_words, p->chip.param_words);
        use(b, u->program_words, p->chip.program_words);
        use(b, u->buffers, p->chip.buffers);
        ttfs_buf_puts(b, "</tr>");
    }
    ttfs_buf_puts(b, "</table></div>");
}

void ttfs_page_plan(TtfsBuf *b, const TtfsPage *p) {
    if (p->out->has_plan) {
        schedule(b, p->out);
        fit(b, p->out);
    } else {
        ttfs_buf_puts(b,
                      "<h2>Schedule</h2><p>No chip: the compilation stopped before the plan.</p>");
    }
}
