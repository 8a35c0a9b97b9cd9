/* SPDX-License-Identifier: Apache-2.0
 *
 * The obstacles of a model; the figures of a compilation.
 */
#include "compile_report.h"

#include "report_json.h"

/* All that stands in the way, once each: the errors. A node's operator is the model's own. */
static cJSON *obstacles_json(const TtfsDiag *diag) {
    cJSON *list = cJSON_CreateArray();
    for (uint32_t i = 0; i < diag->messages.len; i++) {
        const TtfsMessage *m = &diag->messages.at[i];
        if (m->severity != TTFS_ERROR) continue;
        cJSON *e = cJSON_CreateObject();
        cJSON_AddItemToArray(list, e);
        cJSON_AddStringToObject(e, "node", *m->node ? m->node : m->where);
        cJSON_AddStringToObject(e, "op", m->op);
        cJSON_AddStringToObject(e, "reason", m->what);
        cJSON_AddStringToObject(e, "advice", m->advice);
    }
    return list;
}

void ttfs_check_json(bool ok, const TtfsDiag *diag, TtfsBuf *out) {
    cJSON *j = cJSON_CreateObject();
    cJSON_AddBoolToObject(j, "supported", ok);
    cJSON_AddItemToObject(j, "obstacles", obstacles_json(diag));
    ttfs_json_put(j, out);
}

void ttfs_check_text(const char *model, bool ok, const TtfsDiag *diag, TtfsBuf *out) {
    ttfs_buf_shown(out, model);
    if (ok)
        ttfs_buf_puts(out, " can be compiled\n");
    else
        ttfs_buf_printf(out, " cannot be compiled: %u obstacle%s\n", diag->errors,
                        diag->errors == 1 ? "" : "s");
}

void ttfs_compile_json(const TtfsFlow *f, double seconds, TtfsBuf *out) {
    cJSON *j = cJSON_CreateObject();
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
    cJSON_AddNumberToObject(j, "layers", (double)layers);
    cJSON_AddNumberToObject(j, "populations", s->pops.len);
    cJSON_AddNumberToObject(j, "neurons", (double)ttfs_spike_neurons(s));
    cJSON_AddNumberToObject(j, "synapses", (double)ttfs_spike_synapses(s));
    cJSON_AddNumberToObject(j, "parameters", (double)ttfs_spike_parameters(s));
    cJSON_AddNumberToObject(j, "cores", f->plan.chip.cores);
    cJSON_AddNumberToObject(j, "slots", f->plan.slots.len);
    cJSON_AddNumberToObject(j, "worst_cycles", (double)f->plan.worst_cycles);
    cJSON_AddNumberToObject(j, "expected_cycles", (double)f->plan.expected_cycles);
    cJSON_AddNumberToObject(j, "image_bytes", (double)bytes);
    cJSON_AddNumberToObject(j, "seconds", seconds);
    cJSON_AddNumberToObject(j, "peak_bytes", (double)ttfs_peak_bytes());
    ttfs_json_put(j, out);
}

void ttfs_compile_text(const TtfsFlow *f, const char *folder, double seconds, TtfsBuf *out) {
    const TtfsSpike *s = &f->spike;
    const char *gap = "";
    if (f->steps_done > 2)
        ttfs_buf_printf(out, "%u populations, %llu neurons, %llu synapses, %llu parameters\n",
                        s->pops.len, (unsigned long long)ttfs_spike_neurons(s),
                        (unsigned long long)ttfs_spike_synapses(s),
                        (unsigned long long)ttfs_spike_parameters(s));
    if (f->steps_done > 3)
        ttfs_buf_printf(
            out, "chip %s: %u core%s, %u slots, %llu cycles a sample expected, at most %llu\n",
            f->plan.chip.name, f->plan.chip.cores, f->plan.chip.cores == 1 ? "" : "s",
            f->plan.slots.len, (unsigned long long)f->plan.expected_cycles,
            (unsigned long long)f->plan.worst_cycles);
    ttfs_buf_printf(out, "steps:");
    for (uint32_t i = 0; i < f->times.len; i++, gap = ",")
        ttfs_buf_printf(out, "%s %s %.2f s", gap, f->times.at[i].name, f->times.at[i].seconds);
    ttfs_buf_printf(out, "\nwritten: ");
    ttfs_buf_name(out, folder, 0);
    ttfs_buf_printf(out, " (%.2f s in all)\n", seconds);
}
