/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening of what run and verify work on.
 */
#include "session.h"

#include "flow.h"
#include "parallel.h"

#include <stdio.h>
#include <unistd.h>

static bool open_labels(TtfsSession *s, const char *labels, const char *input, TtfsDiag *diag) {
    if (!labels && ttfs_is_npz(input)) {
        /* y of the same file, when it has one */
        TtfsDiag quiet = {0};
        const char *both = input;
        bool ok = ttfs_array_open(&s->labels, both, "y", &s->out.arena, &quiet) &&
                  s->labels.elements == 1;
        if (!ok) ttfs_array_close(&s->labels);
        ttfs_diag_free(&quiet);
        return true;
    }
    if (!labels) return true;
    if (!ttfs_array_open(&s->labels, labels, "y", &s->out.arena, diag)) return false;
    if (s->labels.elements != 1)
        return ttfs_error(diag, TTFS_AT_FILE(labels), TTFS_LABELS_FORMAT, "%llu numbers a sample",
                          (unsigned long long)s->labels.elements);
    return true;
}

static bool check_input(const TtfsSession *s, TtfsDiag *diag) {
    const TtfsArray *a = &s->input;
    uint64_t want = ttfs_pop_size(ttfs_spike_pop(&s->out.spike, s->out.spike.input));
    if (a->elements != want)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_SHAPE,
                          "samples of %llu elements, the network takes %llu",
                          (unsigned long long)a->elements, (unsigned long long)want);
    if (s->out.map.channels && want % s->out.map.channels)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_SHAPE,
                          "the input does not divide into %u channels", s->out.map.channels);
    if (a->samples == 0)
        return ttfs_error(diag, TTFS_AT_FILE(a->file), TTFS_SAMPLES_FORMAT, "no samples");
    return true;
}

bool ttfs_session_open(TtfsSession *s, const TtfsOptions *o, int parts, int64_t flip,
                       bool want_labels, TtfsDiag *diag) {
    *s = (TtfsSession){.quiet = !isatty(STDERR_FILENO) || o->value[TTFS_OPT_QUIET]};
    const char *input = o->value[TTFS_OPT_INPUT];
    uint32_t count;
    if (!input)
        return ttfs_error(diag, TTFS_AT_FILE("--input"), TTFS_OPTION_VALUE,
                          "samples are needed: --input X");
    if (!ttfs_option_u32(o, TTFS_OPT_COUNT, 1, UINT32_MAX, UINT32_MAX, &count, diag)) return false;
    if (!ttfs_option_u32(o, TTFS_OPT_THREADS, 1, 64, ttfs_cores(), &s->threads, diag)) return false;
    if (!ttfs_out_open(&s->out, o->operand, parts, flip, diag)) return false;
    if (!ttfs_array_open(&s->input, input, "x", &s->out.arena, diag) || !check_input(s, diag))
        return false;
    if (want_labels && !open_labels(s, o->value[TTFS_OPT_LABELS], input, diag)) return false;
    if (s->labels.data && s->labels.samples != s->input.samples)
        return ttfs_error(diag, TTFS_AT_FILE(s->labels.file), TTFS_LABELS_FORMAT,
                          "%llu labels for %llu samples", (unsigned long long)s->labels.samples,
                          (unsigned long long)s->input.samples);
    s->count = s->input.samples < count ? s->input.samples : count;
    s->started = s->shown = ttfs_now();
    return true;
}

void ttfs_session_close(TtfsSession *s) {
    ttfs_array_close(&s->labels);
    ttfs_array_close(&s->input);
    ttfs_out_close(&s->out);
}

void ttfs_session_progress(TtfsSession *s, uint64_t done) {
    double now = ttfs_now(), gone = now - s->started;
    if (s->quiet || gone < 1 || now - s->shown < 0.2 || done == 0) return;
    s->shown = now;
    double rate = (double)done / gone;
    fprintf(stderr, "\r%llu of %llu samples, %.0f a second, %.0f s left \033[K",
            (unsigned long long)done, (unsigned long long)s->count, rate,
            (double)(s->count - done) / rate);
}

void ttfs_session_progress_end(TtfsSession *s) {
    if (!s->quiet && s->shown > s->started) fputs("\r\033[K", stderr);
}
