/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels and teachers, as they are asked for.
 */
#include "tune_targets.h"

#include "tune_teacher.h"

#include <string.h>

static uint64_t outputs_of(const TtfsTuneStart *s) {
    return ttfs_output_count(&s->net.outputs.at[0]);
}

static void take_classes(TtfsTuneStart *s) {
    if (s->session.labels.kind != TTFS_LABELS_CLASSES) return;
    s->classes = TTFS_ARRAY(&s->arena, uint32_t, s->session.count);
    for (uint64_t i = 0; i < s->session.count; i++)
        s->classes[i] = ttfs_labels_class(&s->session.labels, i);
}

/* Labels alone; what the float network says is told of, not learnt. */
static bool take_labels(TtfsTuneStart *s, TtfsDiag *diag) {
    if (!s->classes)
        return ttfs_error_advice(diag, TTFS_AT_FILE("--teacher"), TTFS_OPTION_VALUE,
                                 "give --labels Y, or a teacher",
                                 "none, and there are no labels: nothing is left to learn from");
    return ttfs_tune_classes(&s->session, outputs_of(s), &s->arena, &s->like, diag);
}

/* Another model says what it says of samples once, before they move. */
static bool check_moved(const TtfsTuneStart *s, TtfsDiag *diag) {
    return !ttfs_tune_moves(&s->move) ||
           ttfs_error_advice(diag, TTFS_AT_FILE("--teacher"), TTFS_OPTION_VALUE,
                             "--teacher float: the folder's float network teaches what moves",
                             "a model is run on the samples as they are, and --flip and --shift "
                             "move them");
}

static bool take_model(TtfsTuneStart *s, const char *model, TtfsDiag *diag) {
    s->teacher = model;
    return check_moved(s, diag) && ttfs_file_sha256(model, s->teacher_sha256, diag) &&
           ttfs_tune_teach(&s->session, model, outputs_of(s), &s->arena, &s->logits, diag) &&
           ttfs_tune_classes(&s->session, outputs_of(s), &s->arena, &s->like, diag);
}

/* The folder's float network shows what its layers do as well. */
static bool take_float(TtfsTuneStart *s, TtfsDiag *diag) {
    if (!ttfs_tune_teach(&s->session, NULL, outputs_of(s), &s->arena, &s->logits, diag))
        return false;
    s->like = ttfs_tune_largest(s->logits, s->session.count, outputs_of(s), &s->arena);
    s->imitates = true;
    s->example = TTFS_ARRAY(&s->arena, TtfsTuneExample, 1);
    return ttfs_tune_example_open(s->example, &s->move, &s->canonical, &s->net, &s->arena, diag);
}

bool ttfs_tune_targets(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag) {
    take_classes(s);
    const char *teacher = o->teacher ? o->teacher : s->classes ? "none" : "float";
    if (strcmp(teacher, "none") == 0) return take_labels(s, diag);
    if (strcmp(teacher, "float") == 0) return take_float(s, diag);
    return take_model(s, teacher, diag);
}
