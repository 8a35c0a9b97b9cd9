/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the readers: damages a sound file COUNT times and gives each copy to the reader of its
 * form, in this process, so that a sanitizer sees everything.
 * In: fuzz_forms FORM FILE COUNT SEED [SPIKE-FILE]; FORM is onnx, ir, spike, plan, image, disasm or
 * chip; a plan is checked against the spike graph of SPIKE-FILE. Out: how many copies were taken
 * and refused; exit code 1 when a refusal came without a message, when what was taken does not
 * print and read back to the same text, or when a reader took its file undamaged and refused it.
 * Method: SplitMix64 from SEED; a copy gets 1 to 8 wounds (bytes, numbers, words, cuts, doublings).
 * What a reader takes goes on: checkers, printer, reader, the lift, and the golden engine.
 */
#include "chip.h"
#include "golden.h"
#include "image.h"
#include "image_to_spike.h"
#include "ir.h"
#include "onnx_to_ir.h"
#include "plan.h"
#include "spike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    unsigned char *at;
    size_t len, cap;
} Bytes;

typedef struct {
    const char *path;    /* of the sound file; its blob lies beside it */
    const char *scratch; /* a file for readers that take a path */
    TtfsSpike spike;     /* for plans */
    bool has_spike;
} Bench;

/* Reads the bytes; when they are taken, prints the form to *text. */
typedef bool (*Reader)(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag);

/* ---- readers ---- */

static bool read_ir(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsIr ir = {0};
    bool ok = ttfs_ir_read(&ir, b->path, bytes, n, diag) && ttfs_ir_print(&ir, NULL, text, diag);
    ttfs_ir_free(&ir);
    return ok;
}

static bool read_onnx(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsIr ir = {0};
    if (!ttfs_file_fill(b->scratch, bytes, n, diag)) exit(1);
    bool ok = ttfs_onnx_to_ir(b->scratch, &ir, diag) && ttfs_ir_check(&ir, b->path, diag) &&
              ttfs_ir_print(&ir, NULL, text, diag);
    ttfs_ir_free(&ir);
    return ok;
}

/* Small graphs are also executed: a proof of the bounds that is wrong shows as an overflow. */
static void execute(const TtfsSpike *s) {
    TtfsArena a = {0};
    uint32_t n = ttfs_pop_size(ttfs_spike_pop(s, s->input));
    uint32_t ticks = ttfs_spike_pop(s, s->input)->ticks;
    if (ttfs_spike_neurons(s) < 3000 && ttfs_spike_synapses(s) < 300000 && s->latency < 3000) {
        TtfsGolden *g = ttfs_golden_open(s);
        TtfsTrace t;
        uint16_t *x = TTFS_ARRAY(&a, uint16_t, n);
        for (uint32_t i = 0; i < n; i++) x[i] = (uint16_t)(i * 37 % (ticks + 1));
        ttfs_trace_init(&t, s, &a);
        ttfs_golden_run(g, x, &t);
        ttfs_golden_close(g);
    }
    ttfs_arena_free(&a);
}

static bool read_spike(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsSpike s = {0};
    bool ok = ttfs_spike_read(&s, b->path, bytes, n, diag) && ttfs_spike_check(&s, b->path, diag) &&
              ttfs_spike_print(&s, NULL, text, diag);
    if (ok) execute(&s);
    ttfs_spike_free(&s);
    return ok;
}

static bool read_plan(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsPlan p = {0};
    bool ok = ttfs_plan_read(&p, b->path, bytes, n, diag) &&
              (!b->has_spike || ttfs_plan_check(&p, &b->spike, b->path, diag));
    if (ok) ttfs_plan_print(&p, text);
    ttfs_plan_free(&p);
    return ok;
}

/* The disassembly of an image that was taken; whether it lifts is its own question. */
static void print_image(const TtfsImage *img, const char *path, TtfsBuf *text) {
    TtfsSpike s = {0};
    TtfsDiag lift = {0};
    bool ok = ttfs_image_to_spike(img, path, &s, &lift);
    if (!ok && lift.errors == 0) {
        printf("%s: a lift was refused without a message\n", path);
        exit(1);
    }
    ttfs_spike_free(&s);
    ttfs_diag_free(&lift);
    ttfs_image_print(img, text);
}

static bool read_image(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsImage img = {0};
    bool ok = ttfs_image_unpack(&img, b->path, bytes, n, diag) &&
              ttfs_image_check(&img, b->path, diag);
    if (ok) print_image(&img, b->path, text);
    ttfs_image_free(&img);
    return ok;
}

static bool read_disasm(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsImage img = {0};
    bool ok = ttfs_image_read(&img, b->path, bytes, n, diag) &&
              ttfs_image_check(&img, b->path, diag);
    if (ok) print_image(&img, b->path, text);
    ttfs_image_free(&img);
    return ok;
}

static bool read_chip(Bench *b, const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsChip chip;
    bool ok = ttfs_chip_read(&chip, b->path, bytes, n, &a, diag);
    if (ok) ttfs_chip_print(&chip, text);
    ttfs_arena_free(&a);
    return ok;
}

/* `again`: which reader takes the text that `read` prints. */
static const struct {
    const char *name;
    Reader read, again;
} forms[] = {
    {"onnx", read_onnx, read_ir},       {"ir", read_ir, read_ir},
    {"spike", read_spike, read_spike},  {"plan", read_plan, read_plan},
    {"image", read_image, read_disasm}, {"disasm", read_disasm, read_disasm},
    {"chip", read_chip, read_chip},
};

/* ---- wounds ---- */

static void splice(Bytes *b, size_t at, size_t out, const void *in, size_t n) {
    if (b->len - out + n > b->cap) return;
    unsigned char copy[64];
    memcpy(copy, in, n);
    memmove(b->at + at + n, b->at + at + out, b->len - at - out);
    memcpy(b->at + at, copy, n);
    b->len = b->len - out + n;
}

static size_t digits_at(const Bytes *b, size_t at) {
    size_t n = 0;
    while (at + n < b->len && n < 20 && b->at[at + n] >= '0' && b->at[at + n] <= '9') n++;
    return n;
}

/* Replaces the number at or after a place with an awkward one. */
static void wound_number(Bytes *b, TtfsRng *r, size_t at) {
    static const char *const numbers[] = {
        "0",     "1",          "-1",         "2",    "255",        "256",        "65535",
        "65536", "2147483647", "2147483648", "1e99", "4294967295", "4294967296", "999999999999",
        "nan",   "",           "0x7f",       "3.5",  "7",          "12"};
    while (at < b->len && digits_at(b, at) == 0) at++;
    const char *n = numbers[ttfs_rng_below(r, sizeof numbers / sizeof *numbers)];
    if (at < b->len) splice(b, at, digits_at(b, at), n, strlen(n));
}

static void wound(Bytes *b, TtfsRng *r) {
    if (b->len == 0) return;
    size_t at = ttfs_rng_below(r, (uint32_t)b->len);
    size_t run = 1 + ttfs_rng_below(r, 16);
    if (run > b->len - at) run = b->len - at;
    unsigned char byte = (unsigned char)ttfs_rng_below(r, 256);
    switch (ttfs_rng_below(r, 8)) {
    case 0:
        b->at[at] = byte;
        break;
    case 1:
        b->at[at] ^= (unsigned char)(1u << (byte & 7));
        break;
    case 2:
        splice(b, at, run, "", 0);
        break;
    case 3:
        splice(b, ttfs_rng_below(r, (uint32_t)b->len), 0, b->at + at, run);
        break;
    case 4:
        splice(b, at, 0, &byte, 1);
        break;
    case 5:
        if (ttfs_rng_below(r, 8) == 0) b->len = at;
        break;
    default:
        wound_number(b, r, at);
        break;
    }
}

/* ---- the bench ---- */

/* Gives one file to the reader; false when the reader misbehaved. */
static bool try_one(Bench *bench, size_t form, const Bytes *b, bool *taken) {
    TtfsDiag diag = {0};
    TtfsBuf text = {0}, second = {0};
    bool good = true;
    *taken = forms[form].read(bench, b->at, b->len, &text, &diag);
    if (!*taken && diag.errors == 0) {
        puts("refused without a message");
        good = false;
    }
    if (*taken) {
        good = forms[form].again(bench, text.text, text.len, &second, &diag) &&
               text.len == second.len && memcmp(text.text, second.text, text.len) == 0;
        TtfsBuf why = {0};
        ttfs_diag_print(&diag, TTFS_NOTE, false, &why);
        if (!good)
            printf("taken, but its text does not read back to itself\n%s", ttfs_buf_text(&why));
        ttfs_buf_free(&why);
    }
    ttfs_buf_free(&text);
    ttfs_buf_free(&second);
    ttfs_diag_free(&diag);
    return good;
}

/* Keeps the copy that showed a fault, for the one who mends it. */
static int keep(const Bytes *b, unsigned long i) {
    TtfsDiag diag = {0};
    char path[64];
    snprintf(path, sizeof path, "fuzz-%ld-%lu.bin", (long)getpid(), i);
    ttfs_file_fill(path, b->at, b->len, &diag);
    printf("copy %lu shows a fault; kept as %s\n", i, path);
    ttfs_diag_free(&diag);
    return 1;
}

static int fuzz(Bench *bench, size_t form, const TtfsFile *sound, unsigned long count,
                uint64_t seed) {
    TtfsRng r = ttfs_rng(seed);
    Bytes b = {malloc(sound->size + 4096), sound->size, sound->size + 4096};
    unsigned long took = 0;
    bool taken;
    if (!b.at) return 1;
    if (sound->size) memcpy(b.at, sound->bytes, sound->size);
    int code = try_one(bench, form, &b, &taken) && taken ? 0 : 1;
    if (code) puts("the sound file is refused or does not print back");
    for (unsigned long i = 0; code == 0 && i < count; i++) {
        if (sound->size) memcpy(b.at, sound->bytes, sound->size);
        b.len = sound->size;
        for (uint32_t k = 1 + ttfs_rng_below(&r, 8); k; k--) wound(&b, &r);
        if (!try_one(bench, form, &b, &taken)) code = keep(&b, i);
        took += taken;
    }
    printf("%s: %lu damaged copies, %lu taken, %lu refused\n", forms[form].name, count, took,
           count - took);
    free(b.at);
    return code;
}

static bool load_spike(Bench *b, const char *path, TtfsDiag *diag) {
    TtfsFile f;
    if (!ttfs_file_open(&f, path, (size_t)1 << 30, diag)) return false;
    b->has_spike = ttfs_spike_read(&b->spike, path, f.bytes, f.size, diag);
    ttfs_file_close(&f);
    return b->has_spike;
}

int main(int argc, char **argv) {
    size_t form = 0, known = sizeof forms / sizeof *forms;
    while (argc > 4 && form < known && strcmp(argv[1], forms[form].name) != 0) form++;
    if (argc < 5 || form == known) {
        fputs("usage: fuzz_forms FORM FILE COUNT SEED [SPIKE-FILE]\n", stderr);
        return 2;
    }
    TtfsDiag diag = {0};
    TtfsFile sound;
    char scratch[64];
    snprintf(scratch, sizeof scratch, "fuzz-%ld.onnx", (long)getpid());
    Bench bench = {.path = argv[2], .scratch = scratch};
    int code = 1;
    if ((argc < 6 || load_spike(&bench, argv[5], &diag)) &&
        ttfs_file_open(&sound, argv[2], (size_t)1 << 28, &diag)) {
        code = fuzz(&bench, form, &sound, strtoul(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
        ttfs_file_close(&sound);
    }
    TtfsBuf text = {0};
    ttfs_diag_print(&diag, TTFS_NOTE, false, &text);
    fputs(ttfs_buf_text(&text), stdout);
    ttfs_buf_free(&text);
    remove(scratch);
    ttfs_spike_free(&bench.spike);
    ttfs_diag_free(&diag);
    return code;
}
