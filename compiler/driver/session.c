/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening of what run and verify work on.
 */
#include "session.h"

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

bool ttfs_session_open(TtfsSession *s, const TtfsSessionOptions *o, int parts, bool want_labels,
                       TtfsDiag *diag) {
    *s = (TtfsSession){.threads = o->threads, .progress = o->progress};
    if (!ttfs_out_open(&s->out, o->folder, parts, -1, diag)) return false;
    if (!ttfs_array_open(&s->input, o->input, "x", &s->out.arena, diag) || !check_input(s, diag))
        return false;
    if (want_labels && !open_labels(s, o->labels, o->input, diag)) return false;
    if (s->labels.data && s->labels.samples != s->input.samples)
        return ttfs_error(diag, TTFS_AT_FILE(s->labels.file), TTFS_LABELS_FORMAT,
                          "%llu labels for %llu samples", (unsigned long long)s->labels.samples,
                          (unsigned long long)s->input.samples);
    s->count = s->input.samples < o->count ? s->input.samples : o->count;
    ttfs_session_progress(s, 0);
    return true;
}

void ttfs_session_close(TtfsSession *s) {
    ttfs_array_close(&s->labels);
    ttfs_array_close(&s->input);
    ttfs_out_close(&s->out);
}

void ttfs_session_progress(const TtfsSession *s, uint64_t done) {
    ttfs_tell(&s->progress, "samples", done, s->count);
}

TtfsEngineOptions ttfs_session_engine(const TtfsSession *s, const TtfsJitOptions *jit) {
    TtfsEngineOptions e = {.threads = s->threads < s->count ? s->threads : (uint32_t)s->count,
                           .jit = *jit};
    e.jit.threads = s->threads;
    return e;
}
