/* SPDX-License-Identifier: Apache-2.0
 *
 * The targets' main. With TTFS_FUZZ_TARGET, one target for libFuzzer, which brings a main of its
 * own and searches. Without, all of them, by name: fuzz TARGET FILE-OR-FOLDER... replays every file
 *     fuzz TARGET --damage COUNT SEED FILE...   takes sound files, which the reader must take, and
 *                                               COUNT damaged copies of them in this process
 * Out: how many were taken and refused. A target that finds a fault aborts; the damaged copy at
 * work lies in fuzz-PID.bin. With TTFS_FUZZ_SAY in the environment, messages are printed.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef TTFS_FUZZ_TARGET

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    TTFS_FUZZ_TARGET(n ? bytes : NULL, n); /* an empty text may be nowhere */
    return 0;
}

#else

typedef bool (*Target)(const uint8_t *bytes, size_t n);

static const struct {
    const char *name;
    Target run;
} targets[] = {
#define TTFS_FUZZ(name, dictionary, folders) {#name, fuzz_##name},
#include "targets.def"
#undef TTFS_FUZZ
};
enum { TARGETS = sizeof targets / sizeof *targets, LARGEST = 1 << 24, MORE = 4096 };

typedef struct {
    Target run;
    unsigned long taken, refused;
} Bench;

static bool try(Bench *b, const uint8_t *bytes, size_t n) {
    bool taken = b->run(n ? bytes : NULL, n);
    b->taken += taken;
    b->refused += !taken;
    return taken;
}

/* A copy of its own: what is read beyond the end of it is seen by a sanitizer. */
static FuzzBytes load(const char *path, size_t more) {
    TtfsDiag diag = {0};
    TtfsFile f;
    if (!ttfs_file_open(&f, path, LARGEST, &diag)) fuzz_expect(fuzz_said(true, &diag), path);
    FuzzBytes b = {malloc(f.size + more + 1), f.size, f.size + more};
    fuzz_expect(b.at != NULL, "no memory");
    if (f.size) memcpy(b.at, f.bytes, f.size);
    b.at = realloc(b.at, b.cap ? b.cap : 1);
    ttfs_file_close(&f);
    ttfs_diag_free(&diag);
    return b;
}

static void replay(Bench *b, const char *path) {
    TtfsArena a = {0};
    if (ttfs_is_folder(path)) {
        TtfsFolder f;
        fuzz_expect(ttfs_folder_open(&f, AT_FDCWD, path), path);
        for (const char *name; (name = ttfs_folder_next(&f)) != NULL;)
            replay(b, ttfs_path_join(&a, path, name));
        ttfs_folder_close(&f);
    } else {
        FuzzBytes bytes = load(path, 0);
        try(b, bytes.at, bytes.len);
        free(bytes.at);
    }
    ttfs_arena_free(&a);
}

/* Damaged copies of one sound file; the one at work is kept for whoever mends what it shows. */
static void damage(Bench *b, const char *path, unsigned long count, TtfsRng *r) {
    char kept[64];
    TtfsDiag diag = {0};
    FuzzBytes sound = load(path, 0), copy = load(path, MORE);
    snprintf(kept, sizeof kept, "fuzz-%ld.bin", (long)getpid());
    fuzz_expect(b->run(sound.at, sound.len), path);
    for (unsigned long i = 0; i < count; i++) {
        memcpy(copy.at, sound.at, sound.len);
        copy.len = sound.len;
        fuzz_damage(&copy, r);
        fuzz_expect(ttfs_file_fill(kept, copy.at, copy.len, &diag), kept);
        uint8_t *exact = malloc(copy.len + !copy.len);
        memcpy(exact, copy.at, copy.len);
        try(b, exact, copy.len);
        free(exact);
    }
    remove(kept);
    free(sound.at);
    free(copy.at);
    ttfs_diag_free(&diag);
}

int main(int argc, char **argv) {
    int t = 0;
    while (argc > 2 && t < TARGETS && strcmp(argv[1], targets[t].name) != 0) t++;
    bool damaged = argc > 5 && strcmp(argv[2], "--damage") == 0;
    if (argc < 3 || t == TARGETS) {
        fputs("usage: fuzz TARGET [--damage COUNT SEED] FILE-OR-FOLDER...\n", stderr);
        return 2;
    }
    Bench b = {.run = targets[t].run};
    unsigned long files = (unsigned long)argc - 5;
    TtfsRng r = ttfs_rng(damaged ? strtoull(argv[4], NULL, 10) : 0);
    for (int i = damaged ? 5 : 2; i < argc; i++)
        if (damaged)
            damage(&b, argv[i], strtoul(argv[3], NULL, 10) / files, &r);
        else
            replay(&b, argv[i]);
    printf("%s: %lu taken, %lu refused\n", argv[1], b.taken, b.refused);
    return b.taken + b.refused == 0;
}
#endif
