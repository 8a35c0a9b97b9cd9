/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast float engine's side of tools/bench/jit: a server that answers each line on stdin with
 * one line of JSON on stdout, so that its measurements can alternate with those of other programs.
 *
 *     fast_bench MODEL SAMPLES     SAMPLES: float32 [n][values of a sample]
 *
 *     run BATCH THREADS SECONDS     samples a second, inputs and outputs in memory
 *     classes THREADS               the class of every sample
 *     error THREADS                 largest distance to the relu engine, as a share of its largest
 *                                   output of that sample
 */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fast.h"
#include "onnx_to_ir.h"
#include "relu.h"
#include "team.h"

enum { MOST_THREADS = 64, WINDOWS = 256, LINE = 256 };
static const size_t file_limit = (size_t)1 << 32;

typedef struct {
    TtfsIr ir;
    TtfsFile samples_file;
    TtfsDiag diag;
    const float *samples;
    uint64_t count, inputs, outputs; /* samples; values of one, and of its output */
    TtfsFast *fast;
    TtfsFastWork *work[MOST_THREADS];
    TtfsTeam *team[MOST_THREADS + 1]; /* [threads] */
} Bench;

/* A call: the samples, which threads take sixteen by sixteen. */
typedef struct {
    Bench *bench;
    const float *x;
    float *out;
    uint64_t n;
    atomic_uint_least64_t next;
} Call;

static double clock_seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fail(TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    fputs(ttfs_buf_text(&out), stderr);
    exit(1);
}

static bool load(Bench *b, const char *model, const char *samples) {
    if (!ttfs_onnx_to_ir(model, &b->ir, &b->diag) ||
        !ttfs_file_open(&b->samples_file, samples, file_limit, &b->diag))
        return false;
    b->samples = (const void *)b->samples_file.bytes; /* a mapping: aligned */
    b->inputs = ttfs_ir_count(ttfs_ir_tensor(&b->ir, b->ir.input));
    b->outputs = ttfs_ir_count(ttfs_ir_tensor(&b->ir, b->ir.output));
    b->count = b->samples_file.size / (b->inputs * sizeof(float));
    b->fast = ttfs_fast_open(&b->ir, &(TtfsFastOptions){0}, &b->diag);
    return b->fast != NULL;
}

static void take_samples(void *context, uint32_t member, uint32_t members) {
    Call *c = context;
    Bench *b = c->bench;
    (void)members;
    for (;;) {
        uint64_t at = atomic_fetch_add(&c->next, 1) * TTFS_FAST_SAMPLES;
        if (at >= c->n) return;
        uint64_t n = c->n - at < TTFS_FAST_SAMPLES ? c->n - at : TTFS_FAST_SAMPLES;
        ttfs_fast_run(b->work[member], c->x + at * b->inputs, n, NULL, NULL);
        memcpy(c->out + at * b->outputs, ttfs_fast_output(b->work[member], 0),
               n * b->outputs * sizeof *c->out);
    }
}

static void call(Bench *b, uint32_t threads, const float *x, uint64_t n, float *out) {
    Call c = {.bench = b, .x = x, .out = out, .n = n};
    if (!b->team[threads]) b->team[threads] = ttfs_team_open(threads);
    for (uint32_t i = 0; i < threads; i++)
        if (!b->work[i]) b->work[i] = ttfs_fast_work(b->fast);
    ttfs_team_run(b->team[threads], take_samples, &c);
}

/* Runs batch after batch for that long; returns samples a second. The clock is looked at about once
 * a millisecond. */
static double turn(Bench *b, uint32_t threads, uint64_t batch, double seconds, float *out) {
    uint64_t windows = b->count / batch < WINDOWS ? b->count / batch : WINDOWS;
    uint64_t calls = 0, times = 1;
    double start = clock_seconds(CLOCK_MONOTONIC), last = start, at;
    do {
        for (uint64_t i = 0; i < times; i++, calls++)
            call(b, threads, b->samples + calls % windows * batch * b->inputs, batch, out);
        at = clock_seconds(CLOCK_MONOTONIC);
        if (at - last < 1e-3) times *= 2;
        last = at;
    } while (at < start + seconds);
    return (double)(calls * batch) / (at - start);
}

static void run(Bench *b, uint32_t batch, uint32_t threads, double seconds) {
    float *out = TTFS_ARRAY(&b->diag.arena, float, batch * b->outputs);
    double cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    turn(b, threads, batch, seconds / 10, out);
    double rate = turn(b, threads, batch, seconds, out);
    printf("{\"samples_per_second\": %.17g, \"cpu_seconds\": %.9g}\n", rate,
           clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

static float *all_outputs(Bench *b, uint32_t threads) {
    float *out = TTFS_ARRAY(&b->diag.arena, float, b->count * b->outputs);
    call(b, threads, b->samples, b->count, out);
    return out;
}

static void classes(Bench *b, uint32_t threads) {
    const float *out = all_outputs(b, threads);
    printf("{\"classes\": [");
    for (uint64_t i = 0; i < b->count; i++, out += b->outputs) {
        uint64_t most = 0;
        for (uint64_t k = 1; k < b->outputs; k++)
            if (out[k] > out[most]) most = k;
        printf("%s%llu", i ? ", " : "", (unsigned long long)most);
    }
    printf("]}\n");
}

static void error(Bench *b, uint32_t threads) {
    const float *out = all_outputs(b, threads);
    TtfsRelu *r = ttfs_relu_open(&b->ir);
    double worst = 0;
    for (uint64_t i = 0; i < b->count; i++, out += b->outputs) {
        const float *want = ttfs_relu_run(r, b->samples + i * b->inputs);
        double most = 0, off = 0;
        for (uint64_t k = 0; k < b->outputs; k++) {
            most = fmax(most, fabs((double)want[k]));
            off = fmax(off, fabs((double)want[k] - (double)out[k]));
        }
        worst = fmax(worst, off / most);
    }
    ttfs_relu_close(r);
    printf("{\"error\": %.9g}\n", worst);
}

/* False for what is not a command. */
static bool answer(Bench *b, const char *line) {
    char command[16];
    double v[3] = {0};
    int n = sscanf(line, "%15s %lf %lf %lf", command, &v[0], &v[1], &v[2]) - 1;
    bool batched = n > 0 && strcmp(command, "run") == 0;
    double threads = batched ? v[1] : v[0];
    if (n < 1 || !(threads >= 1 && threads <= MOST_THREADS)) return false;
    if (batched && !(v[0] >= 1 && v[0] <= (double)b->count)) return false;
    if (batched)
        run(b, (uint32_t)v[0], (uint32_t)threads, v[2]);
    else if (strcmp(command, "classes") == 0)
        classes(b, (uint32_t)threads);
    else if (strcmp(command, "error") == 0)
        error(b, (uint32_t)threads);
    else
        return false;
    return fflush(stdout) == 0;
}

static void close_all(Bench *b) {
    for (int i = 0; i <= MOST_THREADS; i++)
        if (b->team[i]) ttfs_team_close(b->team[i]);
    for (int i = 0; i < MOST_THREADS; i++) ttfs_fast_drop(b->work[i]);
    ttfs_fast_close(b->fast);
    ttfs_file_close(&b->samples_file);
    ttfs_ir_free(&b->ir);
    ttfs_diag_free(&b->diag);
}

int main(int argc, char **argv) {
    static Bench b;
    char line[LINE];
    if (argc != 3) {
        fputs("usage: fast_bench MODEL SAMPLES; commands on stdin\n", stderr);
        return 2;
    }
    if (!load(&b, argv[1], argv[2])) fail(&b.diag);
    while (fgets(line, sizeof line, stdin))
        if (!answer(&b, line)) {
            fprintf(stderr, "fast_bench: no such command: %s", line);
            return 2;
        }
    close_all(&b);
    return 0;
}
