/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler in a program of one's own: compiles a network, runs samples on it, and compares the
 * engines spike for spike. In: a model, samples to calibrate with, samples with labels, a
 * folder to write. Out: the accuracy
 * and whether the engines agree; on standard error the messages. Built with
 *
 *     cc compile.c $(pkg-config --cflags --libs ttfs) -o compile
 */
#include <stdio.h>
#include <string.h>

#include "ttfs.h"

static void print_messages(TtfsMessages *m) {
    static const char *const severity[] = {"error", "warning", "note"};
    for (size_t i = 0; i < ttfs_messages_count(m); i++) {
        TtfsSaid s = ttfs_messages_at(m, i);
        fprintf(stderr, "%s %s: %s: %s; %s\n", severity[s.severity], s.code, s.where, s.what,
                s.advice);
    }
    ttfs_messages_clear(m);
}

/* What the work told of itself. */
typedef struct {
    uint64_t calibration, samples;
} Told;

static void tell(void *context, const char *what, uint64_t done, uint64_t of) {
    Told *told = context;
    (void)of;
    if (strcmp(what, "calibration samples") == 0) told->calibration = done;
    if (strcmp(what, "samples") == 0) told->samples = done;
}

static bool compile(const char *model, const char *calib, const char *folder, TtfsProgress progress,
                    TtfsMessages *m) {
    TtfsCompileOptions o = ttfs_compile_defaults();
    o.model = model;
    o.calib = calib;
    o.out = folder;
    o.ticks = 63;
    o.progress = progress;
    TtfsResult *r = ttfs_compile(&o, m);
    if (r) printf("%s", ttfs_result_text(r));
    ttfs_result_free(r);
    return r != NULL;
}

static bool run(const char *folder, const char *samples, TtfsProgress progress, TtfsMessages *m) {
    TtfsRunOptions o = ttfs_run_defaults();
    o.session.folder = folder;
    o.session.input = samples;
    o.session.count = 100;
    o.session.progress = progress;
    TtfsResult *r = ttfs_run_samples(&o, m);
    if (r) printf("accuracy %.4f\n", ttfs_result_figures(r).accuracy);
    ttfs_result_free(r);
    return r != NULL;
}

static bool verify(const char *folder, const char *samples, TtfsMessages *m) {
    TtfsVerifyOptions o = ttfs_verify_defaults();
    o.session.folder = folder;
    o.session.input = samples;
    o.engines = "golden,jit";
    o.session.count = 20;
    TtfsResult *r = ttfs_verify_samples(&o, m);
    bool equal = r && ttfs_result_passed(r);
    printf("%s\n", equal ? "equal" : "NOT EQUAL");
    ttfs_result_free(r);
    return equal;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: compile MODEL CALIBRATION SAMPLES FOLDER\n");
        return 2;
    }
    TtfsMessages *m = ttfs_messages_new();
    if (!m) return 3;
    Told told = {0};
    TtfsProgress progress = {.tell = tell, .context = &told};
    bool ok = compile(argv[1], argv[2], argv[4], progress, m) &&
              run(argv[4], argv[3], progress, m) && verify(argv[4], argv[3], m);
    print_messages(m);
    printf("told of %llu calibration samples and %llu samples\n",
           (unsigned long long)told.calibration, (unsigned long long)told.samples);
    ttfs_messages_free(m);
    return ok ? 0 : 1;
}
