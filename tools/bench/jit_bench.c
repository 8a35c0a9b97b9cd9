/* SPDX-License-Identifier: Apache-2.0
 *
 * The jit's side of tools/bench/jit: a server that answers each line on stdin with one line of JSON
 * on stdout, so that its measurements can alternate with those of other programs.
 *
 *     jit_bench SPIKE SAMPLES [CACHE]     SAMPLES: float32 [n][values of a sample]
 *
 *     run BATCH THREADS SECONDS     samples a second, inputs in memory, encoding included
 *     classes THREADS               the class of every sample
 *     peak THREADS SECONDS          multiply-adds a second of the bare instruction
 *     open THREADS                  how long compiling takes, with CACHE as it is
 *     memory BATCH THREADS          the process's memory before, at most, and after
 *     info THREADS                  what was compiled, layer by layer
 *
 * An instance per number of threads is opened when it is first needed and kept. `open` and `memory`
 * mean something only as a process's first command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jit.h"
#include "peak.h"

enum { MOST_THREADS = 64, WINDOWS = 256, LINE = 256 };
static const size_t file_limit = (size_t)1 << 32;

typedef struct {
    TtfsSpike spike;
    TtfsFile samples_file;
    TtfsDiag diag;
    const float *samples;
    uint64_t count; /* of samples */
    uint32_t inputs, readouts;
    const char *cache;
    TtfsJit *jit[MOST_THREADS + 1]; /* [threads] */
} Bench;

static double clock_seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void) {
    return clock_seconds(CLOCK_MONOTONIC);
}

static void fail(TtfsDiag *diag) {
    TtfsBuf out = {0};
    ttfs_diag_print(diag, TTFS_NOTE, false, &out);
    fputs(ttfs_buf_text(&out), stderr);
    exit(1);
}

static bool load(Bench *b, const char *spike, const char *samples) {
    TtfsFile f;
    if (!ttfs_file_open(&f, spike, file_limit, &b->diag)) return false;
    bool ok = ttfs_spike_read(&b->spike, spike, f.bytes, f.size, &b->diag) &&
              ttfs_spike_check(&b->spike, spike, &b->diag);
    ttfs_file_close(&f);
    if (!ok || !ttfs_file_open(&b->samples_file, samples, file_limit, &b->diag)) return false;
    b->samples = (const void *)b->samples_file.bytes; /* a mapping: aligned */
    b->inputs = ttfs_pop_size(ttfs_spike_pop(&b->spike, b->spike.input));
    b->count = b->samples_file.size / (b->inputs * sizeof(float));
    for (uint32_t i = 0; i < b->spike.pops.len; i++)
        if (b->spike.pops.at[i].kind == TTFS_POP_READOUT)
            b->readouts += ttfs_pop_size(&b->spike.pops.at[i]);
    return true;
}

static TtfsJit *instance(Bench *b, uint32_t threads) {
    if (!b->jit[threads]) {
        TtfsJitOptions options = {.threads = threads, .cache = b->cache};
        b->jit[threads] = ttfs_jit_open(&b->spike, &options, &b->diag);
        if (!b->jit[threads]) fail(&b->diag);
    }
    return b->jit[threads];
}

/* Runs batch after batch for that long; returns samples a second. The clock is looked at about once
 * a millisecond, so that a network of a microsecond is not measured with it. */
static double turn(const Bench *b, TtfsJit *j, uint64_t batch, double seconds, int32_t *out) {
    uint64_t windows = b->count / batch < WINDOWS ? b->count / batch : WINDOWS;
    uint64_t calls = 0, times = 1;
    double start = now(), last = start, at;
    do {
        for (uint64_t i = 0; i < times; i++, calls++)
            ttfs_jit_run_real(j, batch, b->samples + calls % windows * batch * b->inputs, out,
                              NULL);
        at = now();
        if (at - last < 1e-3) times *= 2;
        last = at;
    } while (at < start + seconds);
    return (double)(calls * batch) / (at - start);
}

static void run(Bench *b, uint32_t batch, uint32_t threads, double seconds) {
    TtfsJit *j = instance(b, threads);
    int32_t *out = ttfs_arena_array(&b->diag.arena, (size_t)batch * b->readouts, sizeof *out);
    double cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    turn(b, j, batch, seconds / 10, out);
    double rate = turn(b, j, batch, seconds, out);
    printf("{\"samples_per_second\": %.17g, \"cpu_seconds\": %.9g}\n", rate,
           clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

static void classes(Bench *b, uint32_t threads) {
    TtfsJit *j = instance(b, threads);
    int32_t *out = ttfs_arena_array(&b->diag.arena, b->count * b->readouts, sizeof *out);
    ttfs_jit_run_real(j, b->count, b->samples, out, NULL);
    printf("{\"classes\": [");
    for (uint64_t i = 0; i < b->count; i++) {
        const int32_t *p = out + i * b->readouts;
        uint32_t most = 0;
        for (uint32_t k = 1; k < b->readouts; k++)
            if (p[k] > p[most]) most = k;
        printf("%s%u", i ? ", " : "", most);
    }
    printf("]}\n");
}

/* A JSON string; what would have to be escaped becomes a question mark. */
static void print_text(const char *s) {
    putchar('"');
    for (; *s; s++) putchar(*s < ' ' || *s > '~' || *s == '"' || *s == '\\' ? '?' : *s);
    putchar('"');
}

static void print_stats(const TtfsJit *j) {
    TtfsJitStats s;
    ttfs_jit_stats(j, &s);
    printf("{\"cpu\": ");
    print_text(s.cpu);
    printf(", \"threads\": %u, \"chunk\": %u, \"code_bytes\": %llu, "
           "\"weight_bytes\": %llu, \"work_bytes\": %llu, \"open_seconds\": %.9g, "
           "\"generate_seconds\": %.9g, \"cached\": %u, \"generated\": %u}",
           s.threads, s.chunk, (unsigned long long)s.code_bytes, (unsigned long long)s.weight_bytes,
           (unsigned long long)s.work_bytes, s.open_seconds, s.generate_seconds, s.cached,
           s.generated);
}

static void open_once(Bench *b, uint32_t threads) {
    double start = now();
    TtfsJit *j = instance(b, threads);
    printf("{\"seconds\": %.9g, \"stats\": ", now() - start);
    print_stats(j);
    printf("}\n");
}

/* A field of /proc/self/status in bytes; 0 where there is none. */
static uint64_t status_of(const char *field) {
    char line[LINE];
    uint64_t found = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            found = strtoull(line + strlen(field), NULL, 10) * 1024;
    if (f) fclose(f);
    return found;
}

/* Forgets the process's largest size so far. */
static void reset_peak(void) {
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f) return;
    fputs("5\n", f);
    fclose(f);
}

static void memory(Bench *b, uint32_t batch, uint32_t threads) {
    int32_t *out = ttfs_arena_array(&b->diag.arena, (size_t)batch * b->readouts, sizeof *out);
    volatile float touched = 0; /* the samples are no part of it: read them before */
    for (uint64_t i = 0; i < b->count * b->inputs; i += 1024) touched += b->samples[i];
    reset_peak();
    uint64_t before = status_of("VmRSS:");
    TtfsJit *j = instance(b, threads);
    turn(b, j, batch, 0.2, out);
    uint64_t most = status_of("VmHWM:"), after = status_of("VmRSS:");
    printf("{\"before\": %llu, \"peak\": %llu, \"after\": %llu, \"stats\": ",
           (unsigned long long)before, (unsigned long long)most, (unsigned long long)after);
    print_stats(j);
    printf("}\n");
}

/* Neurons of the two largest populations that spike: the activations of a sample. */
static uint64_t two_largest(const TtfsSpike *s) {
    uint64_t first = 0, second = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        uint64_t n = ttfs_pop_size(&s->pops.at[i]);
        if (s->pops.at[i].kind == TTFS_POP_READOUT) continue;
        if (n > first) {
            second = first;
            first = n;
        } else if (n > second)
            second = n;
    }
    return first + second;
}

static void info(Bench *b, uint32_t threads) {
    TtfsJit *j = instance(b, threads);
    printf("{\"samples\": %llu, \"parameters\": %llu, \"two_largest\": %llu, \"stats\": ",
           (unsigned long long)b->count, (unsigned long long)ttfs_spike_parameters(&b->spike),
           (unsigned long long)two_largest(&b->spike));
    print_stats(j);
    printf(", \"layers\": [");
    for (uint32_t i = 0; i < ttfs_jit_layers(j); i++) {
        const TtfsJitLayer *l = ttfs_jit_layer(j, i);
        printf("%s{\"name\": ", i ? ", " : "");
        print_text(l->name);
        printf(", \"kernel\": ");
        print_text(l->kernel);
        printf(", \"why\": ");
        print_text(l->why);
        printf(", \"events\": %s, \"macs\": %llu}", l->events ? "true" : "false",
               (unsigned long long)l->macs);
    }
    printf("]}\n");
}

/* False for what is not a command. */
static bool answer(Bench *b, const char *line) {
    char command[16];
    double v[3] = {0};
    int n = sscanf(line, "%15s %lf %lf %lf", command, &v[0], &v[1], &v[2]) - 1;
    bool batched = n > 0 && (strcmp(command, "run") == 0 || strcmp(command, "memory") == 0);
    double threads = batched ? v[1] : v[0];
    if (n < 1 || !(threads >= 1 && threads <= MOST_THREADS)) return false;
    if (batched && !(v[0] >= 1 && v[0] <= (double)b->count)) return false;
    uint32_t t = (uint32_t)threads, batch = (uint32_t)v[0];
    if (strcmp(command, "run") == 0)
        run(b, batch, t, v[2]);
    else if (strcmp(command, "memory") == 0)
        memory(b, batch, t);
    else if (strcmp(command, "classes") == 0)
        classes(b, t);
    else if (strcmp(command, "open") == 0)
        open_once(b, t);
    else if (strcmp(command, "info") == 0)
        info(b, t);
    else if (strcmp(command, "peak") == 0)
        printf("{\"instruction\": \"%s\", \"macs_per_second\": %.17g}\n", peak_instruction(),
               peak_measure(t, v[1]));
    else
        return false;
    return fflush(stdout) == 0;
}

static void close_all(Bench *b) {
    for (int i = 0; i <= MOST_THREADS; i++) ttfs_jit_close(b->jit[i]);
    ttfs_file_close(&b->samples_file);
    ttfs_spike_free(&b->spike);
    ttfs_diag_free(&b->diag);
}

int main(int argc, char **argv) {
    static Bench b;
    char line[LINE];
    if (argc < 3 || argc > 4) {
        fputs("usage: jit_bench SPIKE SAMPLES [CACHE]; commands on stdin\n", stderr);
        return 2;
    }
    b.cache = argc == 4 ? argv[3] : NULL;
    if (!load(&b, argv[1], argv[2])) fail(&b.diag);
    while (fgets(line, sizeof line, stdin))
        if (!answer(&b, line)) {
            fprintf(stderr, "jit_bench: no such command: %s", line);
            return 2;
        }
    close_all(&b);
    return 0;
}
