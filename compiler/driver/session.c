/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening of what run and verify work on.
 */
#include "session.h"

#include "asked.h"
#include "cache_folder.h"
#include "fit.h"
#include "labels_beside.h"

static bool read_labels(TtfsSession *s, TtfsDiag *diag) {
    TtfsArena *a = &s->out.arena;
    const TtfsArray *y = &s->label_array;
    if (y->samples != s->input.samples)
        return ttfs_error(diag, TTFS_AT_FILE(y->file), TTFS_LABELS_FORMAT,
                          "%llu labels for %llu samples", (unsigned long long)y->samples,
                          (unsigned long long)s->input.samples);
    uint32_t outputs = ttfs_spike_outputs(&s->out.spike);
    if (outputs > 1) {
        ttfs_note(diag, TTFS_AT_FILE(y->file), "not used: the network has %u outputs", outputs);
        return true;
    }
    TtfsOutput o = ttfs_spike_output(&s->out.spike, 0, a);
    return ttfs_labels_read(&s->labels, y, ttfs_output_count(&o), ttfs_output_is_vector(&o), diag);
}

/* Labels from the file of the samples, when it has some and `input` names no array of it. Nobody
 * asked for them, so that only a file that cannot be read is a reason to refuse the run. */
static bool own_labels(TtfsSession *s, const char *input, TtfsDiag *diag) {
    TtfsDiag quiet = {0};
    uint64_t before = diag->errors;
    bool there = ttfs_labels_beside(input, &s->input, &s->label_array, &s->out.arena, diag);
    if (there && read_labels(s, &quiet))
        ttfs_diag_append(diag, &quiet);
    else if (there)
        ttfs_note(diag, TTFS_AT_FILE(s->label_array.file), "not used as labels: %s",
                  ttfs_diag_error(&quiet)->what);
    ttfs_diag_free(&quiet);
    return diag->errors == before;
}

static bool open_labels(TtfsSession *s, const TtfsSessionOptions *o, TtfsDiag *diag) {
    const TtfsWanted want = {.name = "y", .samples = s->input.samples, .elements = {1}};
    if (o->labels || o->label_values)
        return ttfs_array_take(&s->label_array, o->label_values, o->labels, &want, &s->out.arena,
                               diag) &&
               read_labels(s, diag);
    return o->input_values || own_labels(s, o->input, diag);
}

static bool open_input(TtfsSession *s, const TtfsSessionOptions *o, TtfsDiag *diag) {
    const TtfsSpike *spike = &s->out.spike;
    uint32_t elements = ttfs_pop_size(ttfs_spike_pop(spike, spike->input));
    TtfsSampleShape shape = s->out.sample;
    if (shape.rank == 0) shape = (TtfsSampleShape){.rank = 1, .dim = {elements}};
    const TtfsWanted want = {.name = "x", .elements = {elements}};
    if (!ttfs_array_take(&s->input, o->input_values, o->input, &want, &s->out.arena, diag) ||
        !ttfs_samples_fit(&s->input, &s->out.map, &shape, diag))
        return false;
    s->count = s->input.samples < o->count ? s->input.samples : o->count;
    ttfs_samples_range(&s->input, s->count, &s->out.map, &s->out.seen, diag);
    return true;
}

static bool read_path(const TtfsSessionOptions *o, TtfsJitPath *path, TtfsDiag *diag) {
    static const char *const paths[] = {"choose", "dense", "events", NULL};
    uint32_t index = TTFS_JIT_CHOOSE;
    bool ok = ttfs_asked_word("--jit-path", o->jit_path, paths, &index, diag);
    *path = (TtfsJitPath)index;
    return ok;
}

bool ttfs_session_check(const TtfsSessionOptions *o, TtfsDiag *diag) {
    TtfsJitPath path;
    return ttfs_asked_folder(o->folder, diag) &&
           (o->input_values ||
            ttfs_asked_for("--input", o->input, "samples are needed: --input X", diag)) &&
           ttfs_asked_within("--count", o->count, 1, UINT32_MAX, diag) &&
           ttfs_asked_within("--threads", o->threads, 1, TTFS_MOST_THREADS, diag) &&
           read_path(o, &path, diag);
}

bool ttfs_session_apart(const TtfsSessionOptions *o, const char *option, const char *path,
                        TtfsDiag *diag) {
    return (!o->input || ttfs_asked_apart(option, path, o->input, diag)) &&
           (!o->labels || ttfs_asked_apart(option, path, o->labels, diag));
}

/* Where there is no folder for code that shall be kept, "" has the engine say so in a note. */
static bool jit_options(TtfsSession *s, const TtfsSessionOptions *o, TtfsDiag *diag) {
    const char *cache = o->keep_code ? ttfs_cache_named(&s->out.arena, "jit") : NULL;
    s->jit = (TtfsJitOptions){.threads = o->threads,
                              .cache = cache || !o->keep_code ? cache : "",
                              .dump = o->dump_llvm,
                              .cpu = o->cpu};
    return read_path(o, &s->jit.path, diag);
}

bool ttfs_session_open(TtfsSession *s, const TtfsSessionOptions *o, int parts, bool want_labels,
                       TtfsDiag *diag) {
    *s = (TtfsSession){.threads = o->threads, .progress = o->progress};
    if (!ttfs_session_check(o, diag) || !ttfs_out_open(&s->out, o->folder, parts, diag) ||
        !jit_options(s, o, diag))
        return false;
    if (!open_input(s, o, diag)) return false;
    return !want_labels || open_labels(s, o, diag);
}

void ttfs_session_close(TtfsSession *s) {
    ttfs_array_close(&s->label_array);
    ttfs_array_close(&s->input);
    ttfs_out_close(&s->out);
}

void ttfs_session_clipped(const TtfsSession *s, uint64_t clipped, TtfsDiag *diag) {
    const TtfsPopulation *in = ttfs_spike_pop(&s->out.spike, s->out.spike.input);
    ttfs_samples_clipped(s->input.file, clipped, s->count * s->input.elements, in->offset,
                         in->offset + in->scale * in->ticks, diag);
}

void ttfs_session_hash_files(TtfsSession *s, const char *const *names, TtfsSha256 *h) {
    for (; *names; names++) {
        TtfsFile f;
        TtfsDiag ignored = {0};
        if (ttfs_file_open(&f, ttfs_out_path(&s->out, *names), SIZE_MAX, &ignored)) {
            ttfs_sha256_add(h, f.bytes, f.size);
            ttfs_file_close(&f);
        }
        ttfs_diag_free(&ignored);
    }
}

bool ttfs_session_hash(TtfsSession *s, TtfsSha256 *h, TtfsDiag *diag) {
    float *x = TTFS_ARRAY(&s->out.arena, float, s->input.elements);
    for (uint64_t i = 0; i < s->count; i++) {
        if (!ttfs_array_sample(&s->input, &s->out.map, i, x, diag)) return false;
        ttfs_sha256_add(h, x, s->input.elements * sizeof *x);
        if (s->labels.kind != TTFS_LABELS_CLASSES) continue;
        uint32_t class = ttfs_labels_class(&s->labels, i);
        ttfs_sha256_add(h, &class, sizeof class);
    }
    return true;
}

void ttfs_session_begin(const TtfsSession *s) {
    ttfs_tell(&s->progress, "samples", 0, s->count);
}

void ttfs_session_progress(const TtfsSession *s, uint64_t done) {
    if (done) ttfs_tell(&s->progress, "samples", done, s->count);
}

void ttfs_part_progress(const TtfsPart *p, uint64_t done) {
    double through = (double)p->n * p->before + (double)done * p->share;
    ttfs_session_progress(p->session, p->first + (uint64_t)through);
}

static void tell_part(void *context, const char *what, uint64_t done, uint64_t of) {
    (void)what, (void)of;
    ttfs_part_progress(context, done);
}

TtfsProgress ttfs_part_teller(TtfsPart *p) {
    return (TtfsProgress){tell_part, p, p->session->progress.stop};
}

TtfsEngineOptions ttfs_session_engine(const TtfsSession *s) {
    return (TtfsEngineOptions){.threads = s->threads < s->count ? s->threads : (uint32_t)s->count,
                               .samples = s->count,
                               .jit = s->jit,
                               .progress = s->progress};
}
