/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy and agreement where outputs name a class, errors where they do not.
 */
#include "judge_report.h"

#include "json.h"

#include <math.h>

double ttfs_share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

void ttfs_json_share(TtfsJson *j, const char *key, bool known, uint64_t part, uint64_t whole) {
    if (known)
        ttfs_json_number(j, key, ttfs_share(part, whole));
    else
        ttfs_json_null(j, key);
}

void ttfs_json_output(TtfsJson *j, const TtfsOutput *o) {
    ttfs_json_string(j, "name", o->name);
    ttfs_json_array(j, "shape");
    for (uint32_t k = 0; k < o->rank; k++) ttfs_json_number(j, NULL, o->dim[k]);
    ttfs_json_end(j);
}

static void one_json(TtfsJson *j, const TtfsOutput *o, const TtfsOutputError *w) {
    double scale = ttfs_output_error_scale(w), mean = w->n ? w->sum / (double)w->n : 0;
    ttfs_json_object(j, NULL);
    ttfs_json_output(j, o);
    ttfs_json_number(j, "max_relative_error", w->most / scale);
    ttfs_json_number(j, "mean_relative_error", mean / scale);
    ttfs_json_number(j, "max_error", w->most);
    ttfs_json_number(j, "mean_error", mean);
    ttfs_json_array(j, "range");
    ttfs_json_number(j, NULL, w->lo);
    ttfs_json_number(j, NULL, w->hi);
    ttfs_json_end(j);
    ttfs_json_number(j, "largest_value", fmax(fabs(w->lo), fabs(w->hi)));
    ttfs_json_end(j);
}

/* A list with an object an output. */
static void errors_json(const TtfsOutputErrors *e, const char *key, TtfsJson *j) {
    ttfs_json_array(j, key);
    for (uint32_t i = 0; i < e->outputs; i++) {
        TtfsOutputError w = ttfs_output_errors_whole(e, i);
        one_json(j, &e->output[i], &w);
    }
    ttfs_json_end(j);
}

void ttfs_judge_json(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, TtfsJson *to) {
    static const char *const name[] = {"class", "sign", "error"};
    ttfs_json_string(to, "judged_by", name[j->meaning]);
    ttfs_json_share(to, "accuracy", ttfs_judge_knows_accuracy(j), t->right, samples);
    ttfs_json_share(to, "agreement", ttfs_judge_knows_agreement(j), t->agree, samples);
}

void ttfs_judge_errors_json(const TtfsJudge *j, TtfsJson *to) {
    if (j->relu.at) errors_json(&j->relu, "outputs", to);
    if (j->truth.at) errors_json(&j->truth, "truth", to);
}

static void errors_text(const char *what, const TtfsOutputErrors *e, TtfsBuf *out) {
    for (uint32_t i = 0; e->at && i < e->outputs; i++) {
        TtfsOutputError w = ttfs_output_errors_whole(e, i);
        double scale = ttfs_output_error_scale(&w);
        ttfs_buf_printf(out, "%s ", what);
        ttfs_buf_name(out, e->output[i].name, 12);
        ttfs_buf_printf(out,
                        " largest error %.3g, mean %.3g (relative to its range, %.4g to %.4g)\n",
                        w.most / scale, w.n ? w.sum / (double)w.n / scale : 0, w.lo, w.hi);
    }
}

void ttfs_judge_text(const TtfsJudge *j, const TtfsTally *t, uint64_t samples, bool itself,
                     TtfsBuf *out) {
    static const char *const accuracy[] = {"the largest value names the class",
                                           "the sign of the one value names the class", ""};
    static const char *const agreement[] = {"the same class", "the same sign", ""};
    if (ttfs_judge_knows_accuracy(j))
        ttfs_buf_printf(out, "accuracy            %.2f %% (%s)\n",
                        100 * ttfs_share(t->right, samples), accuracy[j->meaning]);
    if (ttfs_judge_knows_agreement(j) && !itself)
        ttfs_buf_printf(out, "agreement with relu %.2f %% (%s)\n",
                        100 * ttfs_share(t->agree, samples), agreement[j->meaning]);
    if (j->meaning == TTFS_BY_ERROR)
        ttfs_buf_printf(out, "judged by           errors: the outputs name no class\n");
    errors_text("output", &j->relu, out);
    errors_text("labels", &j->truth, out);
}
