/* SPDX-License-Identifier: Apache-2.0
 *
 * The obstacles of a model; the figures of a compilation.
 */
#include "compile_report.h"

#include "json.h"
#include "report_json.h"
#include "schedule.h"

/* All that stands in the way, once each: the errors. A node's operator is the model's own. */
static void obstacles_json(const TtfsDiag *diag, TtfsJson *j) {
    ttfs_json_array(j, "obstacles");
    for (uint32_t i = 0; i < diag->messages.len; i++) {
        const TtfsMessage *m = &diag->messages.at[i];
        if (m->severity != TTFS_ERROR) continue;
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "node", *m->node ? m->node : m->where);
        ttfs_json_string(j, "op", m->op);
        ttfs_json_string(j, "reason", m->what);
        ttfs_json_string(j, "advice", m->advice);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
}

static void figure(TtfsJson *j, const char *key, const TtfsExcess *f, uint64_t n) {
    if (f->limit)
        ttfs_json_number(j, key, (double)n);
    else
        ttfs_json_null(j, key);
}

/* A limit without figures is one of kind, in words. */
static void chip_json(const TtfsCheck *c, TtfsJson *j) {
    ttfs_json_object(j, "chip");
    ttfs_json_string(j, "name", c->chip.name);
    ttfs_json_bool(j, "fits", c->fits);
    ttfs_json_array(j, "obstacles");
    for (uint32_t i = 0; i < c->chip_diag.messages.len; i++) {
        const TtfsMessage *m = &c->chip_diag.messages.at[i];
        const TtfsExcess *f = &m->figures;
        ttfs_json_object(j, NULL);
        ttfs_json_string(j, "layer", *m->node ? m->node : m->where);
        ttfs_json_string(j, "limit", f->limit ? f->limit : m->what);
        figure(j, "needed", f, f->needed);
        figure(j, "available", f, f->available);
        ttfs_json_string(j, "advice", m->advice);
        ttfs_json_end(j);
    }
    ttfs_json_end(j);
    ttfs_json_end(j);
}

void ttfs_check_json(const TtfsCheck *c, const TtfsDiag *diag, TtfsBuf *out) {
    TtfsJson j = {.out = out};
    ttfs_json_object(&j, NULL);
    ttfs_json_bool(&j, "supported", c->supported);
    obstacles_json(diag, &j);
    chip_json(c, &j);
    ttfs_json_end(&j);
}

static const char *plural(uint32_t n) {
    return n == 1 ? "" : "s";
}

static void chip_text(const TtfsCheck *c, TtfsBuf *out) {
    uint32_t n = c->chip_diag.errors;
    ttfs_buf_puts(out, "chip ");
    ttfs_buf_shown(out, c->chip.name);
    if (c->fits)
        ttfs_buf_puts(out, ": it fits\n");
    else
        ttfs_buf_printf(out, ": it does not fit: %u obstacle%s\n", n, plural(n));
    for (uint32_t i = 0; i < c->chip_diag.messages.len; i++) {
        const TtfsMessage *m = &c->chip_diag.messages.at[i];
        ttfs_buf_puts(out, "  ");
        ttfs_buf_shown(out, *m->node ? m->node : "the network");
        ttfs_buf_puts(out, ": ");
        ttfs_buf_shown(out, m->what);
        ttfs_buf_printf(out, ": %s\n", m->advice);
    }
}

void ttfs_check_text(const char *model, const TtfsCheck *c, const TtfsDiag *diag, TtfsBuf *out) {
    ttfs_buf_shown(out, model);
    if (!c->supported) {
        ttfs_buf_printf(out, " cannot be compiled: %u obstacle%s\n", diag->errors,
                        plural(diag->errors));
        return;
    }
    ttfs_buf_puts(out, " can be compiled\n");
    chip_text(c, out);
}

static void schedule_json(const TtfsPipeline *f, TtfsJson *j) {
    if (ttfs_pipeline_has(f, TTFS_STEP_PLAN)) {
        ttfs_json_schedule(j, &f->plan, &f->spike);
        return;
    }
    ttfs_json_null(j, "schedule");
    ttfs_json_null(j, "turns");
    ttfs_json_null(j, "early");
}

void ttfs_compile_json(const TtfsPipeline *f, double seconds, TtfsBuf *out) {
    TtfsJson document = {.out = out}, *j = &document;
    const TtfsSpike *s = &f->spike;
    size_t bytes = 0;
    if (ttfs_pipeline_has(f, TTFS_STEP_IMAGE)) {
        TtfsBuf b = {0};
        ttfs_image_pack(&f->image, &b);
        bytes = b.len;
        ttfs_buf_free(&b);
    }
    uint64_t layers = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) layers += s->pops.at[i].kind != TTFS_POP_INPUT;
    ttfs_json_object(j, NULL);
    ttfs_json_number(j, "layers", (double)layers);
    ttfs_json_number(j, "populations", s->pops.len);
    ttfs_json_number(j, "neurons", (double)ttfs_spike_neurons(s));
    ttfs_json_number(j, "synapses", (double)ttfs_spike_synapses(s));
    ttfs_json_number(j, "parameters", (double)ttfs_spike_parameters(s));
    if (ttfs_pipeline_has(f, TTFS_STEP_SPIKE)) ttfs_json_windows(j, &f->windows);
    ttfs_json_number(j, "cores", ttfs_chip_cores(&f->plan.chip));
    schedule_json(f, j);
    ttfs_json_number(j, "slots", f->plan.slots.len);
    ttfs_json_number(j, "worst_cycles", (double)f->plan.worst_cycles);
    ttfs_json_number(j, "expected_cycles", (double)f->plan.expected_cycles);
    ttfs_json_number(j, "image_bytes", (double)bytes);
    if (f->frontier) ttfs_target_json(j, "target", f->frontier);
    ttfs_json_number(j, "seconds", seconds);
    ttfs_json_number(j, "peak_bytes", (double)ttfs_peak_bytes());
    ttfs_json_end(j);
}

static void plan_text(const TtfsPlan *p, const TtfsSpike *s, TtfsBuf *out) {
    uint32_t cores = ttfs_chip_cores(&p->chip), turns = ttfs_plan_turns(p, s);
    ttfs_buf_printf(out,
                    "chip %s: %u core%s, %u slot%s, %llu cycles a sample expected, at most %llu\n",
                    p->chip.name, cores, plural(cores), p->slots.len, plural(p->slots.len),
                    (unsigned long long)p->expected_cycles, (unsigned long long)p->worst_cycles);
    ttfs_buf_printf(out, "schedule %s: results after %u turn%s, at most %llu cycles\n",
                    ttfs_schedule_names[ttfs_schedule_of(p, s)], turns, plural(turns),
                    (unsigned long long)ttfs_plan_latency(p, s, p->worst_cycles));
}

void ttfs_compile_text(const TtfsPipeline *f, const char *folder, double seconds, TtfsBuf *out) {
    const TtfsSpike *s = &f->spike;
    const char *gap = "";
    if (ttfs_pipeline_has(f, TTFS_STEP_SPIKE))
        ttfs_buf_printf(out, "%u populations, %llu neurons, %llu synapses, %llu parameters\n",
                        s->pops.len, (unsigned long long)ttfs_spike_neurons(s),
                        (unsigned long long)ttfs_spike_synapses(s),
                        (unsigned long long)ttfs_spike_parameters(s));
    if (ttfs_pipeline_has(f, TTFS_STEP_PLAN)) plan_text(&f->plan, s, out);
    ttfs_buf_printf(out, "steps:");
    for (uint32_t i = 0; i < f->times.len; i++, gap = ",")
        ttfs_buf_printf(out, "%s %s %.2f s", gap, f->times.at[i].name, f->times.at[i].seconds);
    ttfs_buf_printf(out, "\nwritten: ");
    ttfs_buf_name(out, folder, 0);
    ttfs_buf_printf(out, " (%.2f s in all)\n", seconds);
}
