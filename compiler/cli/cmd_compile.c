/* SPDX-License-Identifier: Apache-2.0
 *
 * ttfs check and ttfs compile.
 */
#include "commands.h"
#include "flow.h"
#include "ir_to_ir.h"
#include "onnx_to_ir.h"
#include "report_json.h"

#include <stdio.h>
#include <string.h>

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

static void print_verdict(bool ok, const TtfsDiag *diag) {
    TtfsBuf b = {0};
    TtfsJson j = {.out = &b};
    ttfs_json_object(&j, NULL);
    ttfs_json_bool(&j, "supported", ok);
    obstacles_json(diag, &j);
    ttfs_json_end(&j);
    ttfs_json_emit(&b);
}

int ttfs_cmd_check(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    TtfsIr imported = {0}, net = {0}, canonical = {0};
    TtfsBudget budget;
    TtfsOnnxOptions all = {.keep_refused = true, .budget = &budget};
    bool ok = ttfs_option_size(o, TTFS_OPT_MEMORY, &all.memory, diag) &&
              ttfs_onnx_import(o->operand, &all, &imported, diag);
    if (imported.output.i) { /* the forms as well, where the operators let them be seen */
        bool forms = ttfs_ir_drop_tail(&imported, &net, o->operand, diag) &&
                     ttfs_ir_canonical(&net, &canonical, o->operand, diag);
        ok = ok && forms;
    }
    if (o->value[TTFS_OPT_JSON]) {
        print_verdict(ok, diag);
    } else {
        const char *file = ttfs_shown(a, o->operand);
        if (ttfs_talks(o) && ok) printf("%s can be compiled\n", file);
        if (ttfs_talks(o) && !ok)
            printf("%s cannot be compiled: %u obstacle%s\n", file, diag->errors,
                   diag->errors == 1 ? "" : "s");
    }
    ttfs_ir_free(&canonical);
    ttfs_ir_free(&net);
    ttfs_ir_free(&imported);
    return ok ? 0 : 1;
}

static void print_json(const TtfsFlow *f, double seconds) {
    TtfsBuf text = {0};
    TtfsJson document = {.out = &text}, *j = &document;
    const TtfsSpike *s = &f->spike;
    size_t bytes = 0;
    if (f->steps_done > 4) {
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
    ttfs_json_number(j, "cores", f->plan.chip.cores);
    ttfs_json_number(j, "slots", f->plan.slots.len);
    ttfs_json_number(j, "worst_cycles", (double)f->plan.worst_cycles);
    ttfs_json_number(j, "expected_cycles", (double)f->plan.expected_cycles);
    ttfs_json_number(j, "image_bytes", (double)bytes);
    ttfs_json_number(j, "seconds", seconds);
    ttfs_json_number(j, "peak_bytes", (double)ttfs_peak_bytes());
    ttfs_json_end(j);
    ttfs_json_emit(&text);
}

static void print_summary(const TtfsFlow *f, const char *out, double seconds) {
    const TtfsSpike *s = &f->spike;
    const char *gap = "";
    if (f->steps_done > 2)
        printf("%u populations, %llu neurons, %llu synapses, %llu parameters\n", s->pops.len,
               (unsigned long long)ttfs_spike_neurons(s),
               (unsigned long long)ttfs_spike_synapses(s),
               (unsigned long long)ttfs_spike_parameters(s));
    if (f->steps_done > 3)
        printf("chip %s: %u core%s, %u slots, %llu cycles a sample expected, at most %llu\n",
               f->plan.chip.name, f->plan.chip.cores, f->plan.chip.cores == 1 ? "" : "s",
               f->plan.slots.len, (unsigned long long)f->plan.expected_cycles,
               (unsigned long long)f->plan.worst_cycles);
    printf("steps:");
    for (uint32_t i = 0; i < f->times.len; i++, gap = ",")
        printf("%s %s %.2f s", gap, f->times.at[i].name, f->times.at[i].seconds);
    printf("\nwritten: ");
    ttfs_print_name(out, 0);
    printf(" (%.2f s in all)\n", seconds);
}

int ttfs_cmd_compile(TtfsOptions *o, TtfsArena *a, TtfsDiag *diag) {
    const char *out = o->value[TTFS_OPT_OUTPUT];
    uint32_t last = 5, dump = UINT32_MAX;
    TtfsJob job;
    TtfsProgressLine line = {0};
    TtfsFlow f = {0};
    TtfsBuf text = {0};
    double start = ttfs_now();
    if (!out || !*out)
        return ttfs_error(diag, TTFS_AT_FILE("--output"), TTFS_OPTION_VALUE,
                          "compile needs -o OUT"),
               2;
    bool ok = ttfs_option_word(o, TTFS_OPT_STOP_AFTER, ttfs_step_names, 5, &last, diag) &&
              ttfs_option_word(o, TTFS_OPT_DUMP_STEP, ttfs_step_names, UINT32_MAX, &dump, diag) &&
              ttfs_read_job(&job, o, a, diag);
    if (ok && dump != UINT32_MAX && (dump > 4 || dump > last))
        ok = ttfs_error(diag, TTFS_AT_FILE("--dump"), TTFS_OPTION_VALUE,
                        "step %s makes no form here", ttfs_step_names[dump]);
    if (ok) job.progress = ttfs_progress_line(&line, o);
    ok = ok && ttfs_flow_run(&f, &job, last, diag);
    ttfs_progress_end(&line);
    ok = ok && ttfs_flow_write(&f, &job, out, o->value[TTFS_OPT_TIMES] != NULL, diag);
    if (ok && dump != UINT32_MAX) ok = ttfs_flow_print(&f, dump, &text, diag);
    double seconds = ttfs_now() - start;
    if (ok && o->value[TTFS_OPT_JSON])
        print_json(&f, seconds);
    else if (ok && dump != UINT32_MAX)
        fwrite(ttfs_buf_text(&text), 1, text.len, stdout);
    else if (ok && ttfs_talks(o))
        print_summary(&f, out, seconds);
    ttfs_buf_free(&text);
    ttfs_flow_free(&f);
    return ok ? 0 : 1;
}
