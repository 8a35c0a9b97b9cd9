/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting by meaning. In: values of outputs, of the engine and of relu, and labels; out: how often
 * they name the same class, or how far they are apart. A logit of 0 is class 0, as is what is
 * below.
 */
#include "judge.h"

#include "margin.h"

static TtfsMeaning meaning_of(const TtfsOutput *output, uint32_t outputs,
                              const TtfsLabels *labels) {
    uint64_t n = ttfs_output_count(&output[0]);
    if (outputs > 1 || labels->kind == TTFS_LABELS_VALUES) return TTFS_BY_ERROR;
    if (n == 1) return TTFS_BY_SIGN;
    return ttfs_output_is_vector(&output[0]) ? TTFS_BY_CLASS : TTFS_BY_ERROR;
}

void ttfs_judge_open(TtfsJudge *j, const TtfsOutput *output, uint32_t outputs,
                     const TtfsLabels *labels, uint64_t samples, bool compared, bool errors,
                     TtfsArena *a) {
    *j = (TtfsJudge){.meaning = meaning_of(output, outputs, labels),
                     .output = output,
                     .outputs = outputs,
                     .labels = labels,
                     .compared = compared};
    for (uint32_t i = 0; i < outputs; i++)
        if (ttfs_output_count(&output[i]) > j->widest) j->widest = ttfs_output_count(&output[i]);
    if (errors && j->meaning != TTFS_BY_CLASS)
        ttfs_output_errors_open(&j->relu, output, outputs, samples, a);
    if (labels->kind == TTFS_LABELS_VALUES)
        ttfs_output_errors_open(&j->truth, output, 1, samples, a);
}

uint32_t ttfs_judge_class(const TtfsJudge *j, const double *values) {
    if (j->meaning == TTFS_BY_SIGN) return values[0] > 0;
    uint64_t best = 0, n = ttfs_output_count(&j->output[0]);
    for (uint64_t i = 1; i < n; i++)
        if (values[i] > values[best]) best = i;
    return (uint32_t)best;
}

/* The error beside labels that are as many values as the output has. */
static void add_truth(TtfsJudge *j, uint64_t sample, const double *got) {
    uint64_t n = ttfs_output_count(&j->output[0]);
    for (uint64_t k = 0; k < n; k++)
        ttfs_output_errors_add_one(&j->truth, sample, 0, ttfs_labels_value(j->labels, sample, k),
                                   got[k]);
}

void ttfs_judge_output(TtfsJudge *j, TtfsTally *t, uint64_t sample, uint32_t output,
                       const double *got, const double *want) {
    uint64_t n = ttfs_output_count(&j->output[output]);
    for (uint64_t k = 0; want && j->relu.at && k < n; k++)
        ttfs_output_errors_add_one(&j->relu, sample, output, want[k], got[k]);
    if (output == 0 && j->truth.at) add_truth(j, sample, got);
    if (output || j->meaning == TTFS_BY_ERROR) return;
    uint32_t class = ttfs_judge_class(j, got);
    t->close += want && j->step > 0 && ttfs_margin(want, n) < j->step;
    t->agree += want && class == ttfs_judge_class(j, want);
    t->right += j->labels->kind == TTFS_LABELS_CLASSES &&
                class == ttfs_labels_class(j->labels, sample);
}

bool ttfs_judge_knows_accuracy(const TtfsJudge *j) {
    return j->meaning != TTFS_BY_ERROR && j->labels->kind == TTFS_LABELS_CLASSES;
}

bool ttfs_judge_knows_agreement(const TtfsJudge *j) {
    return j->meaning != TTFS_BY_ERROR && j->compared;
}
