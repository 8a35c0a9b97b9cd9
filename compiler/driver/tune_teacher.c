/* SPDX-License-Identifier: Apache-2.0
 *
 * A teacher's logits: the float network over all training samples, some at once, on all threads.
 */
#include "tune_teacher.h"

#include "fast.h"
#include "ir_to_ir.h"
#include "model.h"
#include "parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

typedef struct {
    const TtfsSession *session;
    const char *file; /* of the teacher */
    const char *what; /* is told of */
    bool any;         /* outputs may be no numbers */
    uint64_t outputs;
    float *logits;
    TtfsFastWork *work[TTFS_MOST_THREADS];
    float *x[TTFS_MOST_THREADS];
    atomic_uint_least64_t done;
} Lesson;

/* A divergence from what is no number is none. */
static bool check_finite(const Lesson *l, uint64_t first, uint64_t n, TtfsDiag *diag) {
    const float *z = l->logits + first * l->outputs;
    for (uint64_t i = 0; i < n * l->outputs; i++)
        if (!isfinite(z[i]))
            return ttfs_error_advice(diag, TTFS_AT_FILE(l->file), TTFS_MODEL_VALUE,
                                     "give a teacher whose outputs float32 holds",
                                     "of sample %" PRIu64 " the teacher's output %" PRIu64 " is %g",
                                     first + i / l->outputs, i % l->outputs, (double)z[i]);
    return true;
}

static bool teach_some(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    Lesson *l = context;
    const TtfsSession *s = l->session;
    uint64_t first = item * TTFS_FAST_SAMPLES, left = s->count - first;
    uint64_t n = left < TTFS_FAST_SAMPLES ? left : TTFS_FAST_SAMPLES;
    if (!ttfs_go_on(&s->progress, diag)) return false;
    for (uint64_t i = 0; i < n; i++)
        if (!ttfs_array_sample(&s->input, &s->out.map, first + i,
                               l->x[worker] + i * s->input.elements, diag))
            return false;
    ttfs_fast_run(l->work[worker], l->x[worker], n, NULL, NULL);
    memcpy(l->logits + first * l->outputs, ttfs_fast_output(l->work[worker], 0),
           n * l->outputs * sizeof(float));
    if (!l->any && !check_finite(l, first, n, diag)) return false;
    uint64_t done = atomic_fetch_add(&l->done, n) + n;
    if (worker == 0) ttfs_tell(&s->progress, l->what, done, s->count);
    return true;
}

/* The lesson of a network that fits. */
static bool teach(const TtfsIr *ir, Lesson *l, TtfsDiag *diag) {
    const TtfsSession *s = l->session;
    TtfsArena a = {0};
    uint64_t items = (s->count + TTFS_FAST_SAMPLES - 1) / TTFS_FAST_SAMPLES;
    uint32_t threads = s->threads < items ? s->threads : (uint32_t)items;
    TtfsFast *fast = ttfs_fast_open(ir, &(TtfsFastOptions){0}, diag);
    if (!fast) return false;
    ttfs_tell(&s->progress, l->what, 0, s->count);
    for (uint32_t i = 0; i < threads; i++) {
        l->work[i] = ttfs_fast_work(fast);
        l->x[i] = TTFS_ARRAY(&a, float, s->input.elements *TTFS_FAST_SAMPLES);
    }
    bool ok = ttfs_parallel_diag(threads, 0, items, teach_some, l, diag);
    for (uint32_t i = 0; i < threads; i++) ttfs_fast_drop(l->work[i]);
    ttfs_fast_close(fast);
    ttfs_arena_free(&a);
    return ok;
}

/* --- another model --- */

static bool unfit(const char *model, const char *advice, TtfsDiag *diag, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool unfit(const char *model, const char *advice, TtfsDiag *diag, const char *fmt, ...) {
    TtfsBuf what = {0};
    va_list ap;
    va_start(ap, fmt);
    ttfs_buf_vprintf(&what, fmt, ap);
    va_end(ap);
    ttfs_error_advice(diag, TTFS_AT_FILE(model), TTFS_MODEL_FORM, advice, "%s",
                      ttfs_buf_text(&what));
    ttfs_buf_free(&what);
    return false;
}

/* Axes longer than 1 of a sample, as "3 x 32 x 32"; a vector has no order of axes. */
static uint32_t axes_of(const TtfsSampleShape *s, TtfsBuf *text) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->rank; i++)
        if (s->dim[i] > 1) ttfs_buf_printf(text, "%s%" PRIu64, n++ ? " x " : "", s->dim[i]);
    return n;
}

static bool same_axes(const TtfsIr *ir, const TtfsSession *s, const char *model, TtfsDiag *diag) {
    const TtfsTensorInfo *in = ttfs_ir_tensor(ir, ir->input);
    TtfsSampleShape shape = {0};
    TtfsBuf its = {0}, ours = {0};
    for (uint32_t i = in->rank > 1; i < in->rank; i++) shape.dim[shape.rank++] = in->dim[i];
    bool vector = axes_of(&shape, &its) < 2;
    vector |= axes_of(&s->out.sample, &ours) < 2;
    bool ok = vector || strcmp(ttfs_buf_text(&its), ttfs_buf_text(&ours)) == 0 ||
              unfit(model, "give a teacher that takes samples in the network's order of axes", diag,
                    "the teacher's samples are %s, the network's %s", ttfs_buf_text(&its),
                    ttfs_buf_text(&ours));
    ttfs_buf_free(&its), ttfs_buf_free(&ours);
    return ok;
}

static bool fits(const TtfsIr *ir, const Lesson *l, const char *model, TtfsDiag *diag) {
    const TtfsSession *s = l->session;
    uint64_t elements = ttfs_ir_count(ttfs_ir_tensor(ir, ir->input));
    uint64_t outputs = ttfs_ir_count(ttfs_ir_tensor(ir, ttfs_ir_output(ir, 0)));
    if (elements != s->input.elements)
        return unfit(model, "give a teacher that takes the network's samples", diag,
                     "the teacher takes %" PRIu64 " values a sample, the network %" PRIu64,
                     elements, s->input.elements);
    if (ttfs_ir_outputs(ir) != 1)
        return unfit(model, "give a teacher with one output", diag,
                     "the teacher has %" PRIu32 " outputs, the network one", ttfs_ir_outputs(ir));
    if (outputs != l->outputs)
        return unfit(model, "give a teacher of the network's classes", diag,
                     "the teacher names one of %" PRIu64 " classes, the network one of %" PRIu64,
                     outputs, l->outputs);
    return same_axes(ir, s, model, diag);
}

static bool teach_by(const char *model, Lesson *l, TtfsDiag *diag) {
    TtfsBudget budget = {0};
    TtfsIr imported = {0}, ir = {0};
    const TtfsModelOptions options = {
        .budget = &budget,
        .shape_advice = "a teacher must say it itself: write it again with the shape, or as ONNX"};
    bool ok = ttfs_model_import(model, &options, &imported, diag) &&
              ttfs_ir_drop_tail(&imported, &ir, model, diag) && ttfs_ir_check(&ir, model, diag) &&
              fits(&ir, l, model, diag) && teach(&ir, l, diag);
    if (diag->errors_of[TTFS_BUDGET])
        ttfs_note(diag, TTFS_AT_FILE(model),
                  "tune has no --memory: a teacher may ask for what the size of its file allows");
    ttfs_ir_free(&ir);
    ttfs_ir_free(&imported);
    return ok;
}

bool ttfs_tune_teach(const TtfsSession *s, const char *model, uint64_t outputs, TtfsArena *a,
                     float **logits, TtfsDiag *diag) {
    Lesson l = {.session = s,
                .file = model ? model : s->out.folder,
                .what = "samples taught",
                .outputs = outputs};
    *logits = l.logits = TTFS_ARRAY(a, float, s->count *outputs);
    return model ? teach_by(model, &l, diag) : teach(&s->out.net, &l, diag);
}

uint32_t *ttfs_tune_largest(const float *logits, uint64_t n, uint64_t outputs, TtfsArena *a) {
    uint32_t *classes = TTFS_ARRAY(a, uint32_t, n);
    for (uint64_t i = 0; i < n; i++, logits += outputs)
        for (uint32_t k = 1; k < outputs; k++)
            if (logits[k] > logits[classes[i]]) classes[i] = k;
    return classes;
}

bool ttfs_tune_classes(const TtfsSession *s, uint64_t outputs, TtfsArena *a, uint32_t **classes,
                       TtfsDiag *diag) {
    TtfsArena own = {0};
    Lesson l = {.session = s,
                .file = s->out.folder,
                .what = "samples compared",
                .any = true,
                .outputs = outputs,
                .logits = TTFS_ARRAY(&own, float, s->count *outputs)};
    bool ok = teach(&s->out.net, &l, diag);
    if (ok) *classes = ttfs_tune_largest(l.logits, s->count, outputs, a);
    ttfs_arena_free(&own);
    return ok;
}
