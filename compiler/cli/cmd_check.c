/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs check: two verdicts, whether the network has a spike graph and whether that fits a chip. The
 * graph is made as compile makes it without calibration: default ticks and weight bits, windows
 * from interval bounds. Each verdict lists everything that stands in its way.
 */
#include "commands.h"
#include "ir_to_ir.h"
#include "job.h"
#include "onnx_to_ir.h"
#include "shipped.h"
#include "spike_to_plan.h"

#include <stdio.h>

typedef struct {
    const char *model;
    TtfsBudget budget;
    TtfsIr imported, net, canonical;
    TtfsSpike spike;
    TtfsChip chip;
    bool supported, fits;
    TtfsDiag chip_diag; /* what the chip does not take */
} Check;

/* The errors of a list that was made beside; what was assumed on the way is compile's to say. */
static void take_errors(TtfsDiag *diag, TtfsDiag *own) {
    for (uint32_t i = 0; i < own->messages.len; i++) {
        const TtfsMessage *m = &own->messages.at[i];
        if (m->severity == TTFS_ERROR)
            ttfs_error_figures(diag, TTFS_AT_OP(m->file, m->node, m->op), m->code, m->figures,
                               m->advice, "%s", m->what);
    }
    ttfs_diag_free(own);
}

static bool canonical(Check *c, uint64_t memory, TtfsDiag *diag) {
    TtfsOnnxOptions all = {.keep_refused = true, .budget = &c->budget, .memory = memory};
    bool ok = ttfs_onnx_import(c->model, &all, &c->imported, diag);
    if (!c->imported.output.i) return false;
    /* the forms as well, where the operators let them be seen */
    bool forms = ttfs_ir_drop_tail(&c->imported, &c->net, c->model, diag) &&
                 ttfs_ir_canonical(&c->net, &c->canonical, c->model, diag);
    return ok && forms;
}

static bool spike(Check *c, const TtfsOptions *o, TtfsDiag *diag) {
    TtfsJob job;
    bool ranged;
    float lo, hi;
    TtfsCalib none = {0};
    TtfsQuantReport report = {0};
    TtfsDiag own = {0};
    ttfs_job_init(&job, c->model);
    if (!ttfs_option_range(o, TTFS_OPT_INPUT_RANGE, &lo, &hi, &ranged, diag)) return false;
    if (ranged) ttfs_job_range(&job, lo, hi);
    ttfs_calib_init(&none, &c->canonical);
    bool ok =
        ttfs_ir_to_spike(&c->canonical, &none, &job.spike, c->model, &c->spike, &report, &own);
    take_errors(diag, &own);
    ttfs_arena_free(&report.arena);
    ttfs_calib_free(&none);
    return ok;
}

static bool plan(Check *c) {
    TtfsPlan plan = {0};
    TtfsDiag own = {0};
    bool ok = ttfs_spike_to_plan(&c->spike, &c->chip, c->model, &plan, &own);
    take_errors(&c->chip_diag, &own);
    ttfs_plan_free(&plan);
    return ok;
}

/* All that stands in the way, once each. A node's operator is the model's own. */
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

static void figure(TtfsJson *j, const char *key, const TtfsFigures *f, uint64_t n) {
    if (f->limit)
        ttfs_json_number(j, key, (double)n);
    else
        ttfs_json_null(j, key);
}

/* A limit without figures is one of kind, in words. */
static void chip_json(const Check *c, TtfsJson *j) {
    ttfs_json_object(j, "chip");
    ttfs_json_string(j, "name", c->chip.name);
    ttfs_json_bool(j, "fits", c->fits);
    ttfs_json_array(j, "obstacles");
    for (uint32_t i = 0; i < c->chip_diag.messages.len; i++) {
        const TtfsMessage *m = &c->chip_diag.messages.at[i];
        const TtfsFigures *f = &m->figures;
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

static void print_json(const Check *c, const TtfsDiag *diag) {
    TtfsBuf b = {0};
    TtfsJson j = {.out = &b};
    ttfs_json_object(&j, NULL);
    ttfs_json_bool(&j, "supported", c->supported);
    obstacles_json(diag, &j);
    chip_json(c, &j);
    ttfs_json_end(&j);
    ttfs_json_emit(&b);
}

static const char *plural(uint32_t n) {
    return n == 1 ? "" : "s";
}

static void print_verdicts(const Check *c, bool chip_given, const TtfsDiag *diag) {
    ttfs_print_name(c->model, 0);
    if (!c->supported) {
        printf(" cannot be compiled: %u obstacle%s\n", diag->errors, plural(diag->errors));
        return;
    }
    uint32_t n = c->chip_diag.errors;
    printf(" can be compiled\nchip ");
    ttfs_print_name(c->chip.name, 0);
    if (c->fits)
        printf(": it fits\n");
    else
        printf(": it does not fit: %u obstacle%s\n", n, plural(n));
    for (uint32_t i = 0; !chip_given && i < c->chip_diag.messages.len; i++) {
        const TtfsMessage *m = &c->chip_diag.messages.at[i];
        printf("  ");
        ttfs_print_name(*m->node ? m->node : "the network", 0);
        printf(": %s: %s\n", m->what, m->advice);
    }
}

static void close_check(Check *c) {
    ttfs_diag_free(&c->chip_diag);
    ttfs_spike_free(&c->spike);
    ttfs_ir_free(&c->canonical);
    ttfs_ir_free(&c->net);
    ttfs_ir_free(&c->imported);
}

int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    Check c = {.model = o->operand};
    const char *chip = o->value[TTFS_OPT_CHIP];
    uint64_t memory;
    if (!ttfs_option_size(o, TTFS_OPT_MEMORY, &memory, diag) ||
        !ttfs_chip_load(&c.chip, chip ? chip : "one", a, diag))
        return 1;
    c.supported = canonical(&c, memory, diag) && spike(&c, o, diag);
    c.fits = c.supported && plan(&c);
    if (o->value[TTFS_OPT_JSON]) {
        print_json(&c, diag);
    } else if (ttfs_talks(o)) {
        print_verdicts(&c, chip != NULL, diag);
    }
    if (chip) ttfs_diag_append(diag, &c.chip_diag); /* asked for: errors like any other */
    bool ok = c.supported && (c.fits || !chip);
    close_check(&c);
    return ok ? 0 : 1;
}
