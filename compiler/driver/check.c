/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's operators and, where these let them be seen, its forms, all in one go; then the spike
 * graph as compile makes it without calibration, with windows from interval bounds, and what the
 * chip says of it.
 */
#include "check.h"

#include "ir_to_ir.h"
#include "model.h"
#include "spike_to_plan.h"

typedef struct {
    const char *model;
    TtfsBudget budget;
    TtfsIr imported, net, canonical;
    TtfsSpike spike;
    TtfsCheck *out;
} State;

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

static bool canonical(State *c, const TtfsCompileOptions *asked, TtfsDiag *diag) {
    TtfsModelOptions all = ttfs_model_options(asked, &c->budget);
    all.keep_refused = true;
    bool ok = ttfs_model_import(c->model, &all, &c->imported, diag);
    if (!c->imported.output.i) return false;
    /* the forms as well, where the operators let them be seen */
    bool forms = ttfs_ir_drop_tail(&c->imported, &c->net, c->model, diag) &&
                 ttfs_ir_canonical(&c->net, &c->canonical, c->model, diag);
    return ok && forms;
}

static bool spike(State *c, TtfsJob *job, TtfsDiag *diag) {
    TtfsCalib none = {0};
    TtfsQuantReport report = {0};
    TtfsDiag own = {0};
    ttfs_calib_init(&none, &c->canonical);
    bool ok =
        ttfs_ir_to_spike(&c->canonical, &none, &job->spike, c->model, &c->spike, &report, &own);
    take_errors(diag, &own);
    ttfs_arena_free(&report.arena);
    ttfs_calib_free(&none);
    return ok;
}

static bool plan(State *c, TtfsSchedule schedule) {
    TtfsPlan plan = {0};
    TtfsDiag own = {0};
    bool ok = ttfs_spike_to_plan(&c->spike, &c->out->chip, schedule, c->model, &plan, &own);
    take_errors(&c->out->chip_diag, &own);
    ttfs_plan_free(&plan);
    return ok;
}

bool ttfs_check(TtfsJob *job, TtfsCheck *out, TtfsDiag *diag) {
    State c = {.model = job->options->model, .out = out};
    *out = (TtfsCheck){.chip = job->chip};
    out->supported = canonical(&c, job->options, diag) && spike(&c, job, diag);
    out->fits = out->supported && plan(&c, job->schedule);
    ttfs_spike_free(&c.spike);
    ttfs_ir_free(&c.canonical);
    ttfs_ir_free(&c.net);
    ttfs_ir_free(&c.imported);
    return out->supported;
}

void ttfs_check_free(TtfsCheck *c) {
    ttfs_diag_free(&c->chip_diag);
}
