/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors of outputs. In: what an engine and relu gave, sample by sample; out: the largest and the
 * mean error of each output, relative to the largest value that relu gave there. Invariant: the
 * figures do not depend on which thread took which sample.
 */
#include "output_error.h"

#include <math.h>

static bool is_class_vector(const TtfsOutput *o) {
    return ttfs_output_is_vector(o) && ttfs_output_count(o) > 1;
}

bool ttfs_output_errors_open(TtfsOutputErrors *e, const TtfsOutput *output, uint32_t outputs,
                             const TtfsIr *net, uint64_t samples, const char *folder, TtfsArena *a,
                             TtfsDiag *diag) {
    *e = (TtfsOutputErrors){.outputs = outputs, .samples = samples};
    bool same = outputs == ttfs_ir_outputs(net);
    for (uint32_t i = 0; same && i < outputs; i++) {
        uint64_t n = ttfs_output_count(&output[i]);
        same = n == ttfs_ir_count(ttfs_ir_tensor(net, ttfs_ir_output(net, i)));
        if (n > e->widest) e->widest = n;
    }
    if (!same)
        return ttfs_error(diag, TTFS_AT_FILE(folder), TTFS_OUT_FOLDER,
                          "its forms have different outputs");
    if (outputs == 1 && is_class_vector(&output[0])) return true;
    e->output = output;
    e->at = TTFS_ARRAY(a, TtfsOutputError, samples * outputs);
    return true;
}

void ttfs_output_errors_add(TtfsOutputErrors *e, uint64_t sample, uint32_t output,
                            const float *want, const double *got) {
    TtfsOutputError *at = &e->at[sample * e->outputs + output];
    uint64_t n = ttfs_output_count(&e->output[output]);
    for (uint64_t i = 0; i < n; i++) {
        double error = fabs(got[i] - (double)want[i]);
        at->most = fmax(at->most, error);
        at->sum += error;
        at->largest = fmax(at->largest, fabs((double)want[i]));
    }
}

TtfsOutputError ttfs_output_errors_whole(const TtfsOutputErrors *e, uint32_t output) {
    TtfsOutputError w = {0};
    for (uint64_t i = 0; i < e->samples; i++) {
        const TtfsOutputError *at = &e->at[i * e->outputs + output];
        w.most = fmax(w.most, at->most);
        w.sum += at->sum;
        w.largest = fmax(w.largest, at->largest);
    }
    double scale = w.largest > 0 ? w.largest : 1;
    w.sum /= (double)e->samples * (double)ttfs_output_count(&e->output[output]) * scale;
    w.most /= scale;
    return w;
}

void ttfs_output_errors_json(const TtfsOutputErrors *e, cJSON *j) {
    if (!e->output) return;
    cJSON *list = cJSON_AddArrayToObject(j, "outputs");
    for (uint32_t i = 0; i < e->outputs; i++) {
        const TtfsOutput *o = &e->output[i];
        TtfsOutputError w = ttfs_output_errors_whole(e, i);
        cJSON *one = cJSON_CreateObject();
        cJSON_AddItemToArray(list, one);
        cJSON_AddStringToObject(one, "name", o->name);
        cJSON *shape = cJSON_AddArrayToObject(one, "shape");
        for (uint32_t k = 0; k < o->rank; k++)
            cJSON_AddItemToArray(shape, cJSON_CreateNumber(o->dim[k]));
        cJSON_AddNumberToObject(one, "max_relative_error", w.most);
        cJSON_AddNumberToObject(one, "mean_relative_error", w.sum);
        cJSON_AddNumberToObject(one, "largest_value", w.largest);
    }
}
