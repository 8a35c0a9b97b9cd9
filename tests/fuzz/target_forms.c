/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms: what a reader takes must pass no worse than with a message through the checker, and
 * then print and read back to the same text. Small spike graphs are run as well (a proof of bounds
 * that is wrong shows as an overflow), images are lifted.
 */
#include "chip.h"
#include "fuzz.h"
#include "golden.h"
#include "image.h"
#include "image_to_spike.h"
#include "ir.h"
#include "net.h"
#include "plan.h"
#include "../unit/seal_image.h"
#include "spike.h"

#include <string.h>

static bool read_ir(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsIr ir = {0};
    TtfsNet net = {0};
    TtfsDiag other = {0};
    bool ok = ttfs_ir_read(&ir, "ir.txt", bytes, n, diag) && ttfs_ir_print(&ir, NULL, text, diag);
    if (ok) fuzz_said(ttfs_net_of(&ir, "ir.txt", &net, &other), &other);
    ttfs_net_free(&net);
    ttfs_ir_free(&ir);
    return ok;
}

bool fuzz_ir(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_ir, read_ir, bytes, n);
}

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

static bool read_spike(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsSpike s = {0};
    bool ok = ttfs_spike_read(&s, "spike.txt", bytes, n, diag) &&
              ttfs_spike_check(&s, "spike.txt", diag) && ttfs_spike_print(&s, NULL, text, diag);
    if (ok) execute(&s);
    ttfs_spike_free(&s);
    return ok;
}

bool fuzz_spike(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_spike, read_spike, bytes, n);
}

/* With the part spike.txt before it, the plan is checked against that graph. */
static bool check_plan(const TtfsPlan *p, const void *bytes, size_t n, TtfsDiag *diag) {
    FuzzPart spike = fuzz_part(bytes, n, "spike.txt");
    TtfsSpike s = {0};
    bool ok = !spike.at || (ttfs_spike_read(&s, "spike.txt", spike.at, spike.n, diag) &&
                            ttfs_plan_check(p, &s, "plan.txt", diag));
    ttfs_spike_free(&s);
    return ok;
}

static bool read_plan(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsPlan p = {0};
    FuzzPart plan = fuzz_part(bytes, n, "plan.txt");
    if (!plan.at) plan = (FuzzPart){bytes, n};
    bool ok = ttfs_plan_read(&p, "plan.txt", plan.at, plan.n, diag) &&
              check_plan(&p, bytes, n, diag);
    if (ok) ttfs_plan_print(&p, text);
    ttfs_plan_free(&p);
    return ok;
}

bool fuzz_plan(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_plan, read_plan, bytes, n);
}

/* The disassembly of an image that was taken; whether it lifts is its own question. */
static bool print_image(const TtfsImage *img, TtfsBuf *text, TtfsDiag *diag) {
    TtfsSpike s = {0};
    TtfsDiag lift = {0};
    if (!ttfs_image_check(img, "chip.img", diag)) return false;
    if (fuzz_said(ttfs_image_to_spike(img, "chip.img", &s, &lift), &lift)) execute(&s);
    ttfs_spike_free(&s);
    ttfs_image_print(img, text);
    return true;
}

static bool read_disasm(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsImage img = {0};
    bool ok = ttfs_image_read(&img, "chip.img", bytes, n, diag) && print_image(&img, text, diag);
    ttfs_image_free(&img);
    return ok;
}

bool fuzz_disasm(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_disasm, read_disasm, bytes, n);
}

/* The bits are packed again to the bytes that they were read from. */
static bool read_image(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsImage img = {0};
    TtfsBuf packed = {0}, again = {0};
    bool ok = ttfs_image_unpack(&img, "chip.img", bytes, n, diag) && print_image(&img, text, diag);
    if (ok) {
        TtfsImage copy = {0};
        TtfsDiag other = {0};
        ttfs_image_pack(&img, &packed);
        fuzz_expect(
            fuzz_said(ttfs_image_unpack(&copy, "again", packed.text, packed.len, &other), &other),
            "an image that is packed is refused");
        ttfs_image_pack(&copy, &again);
        ttfs_image_free(&copy);
    }
    fuzz_same(&packed, &again, "an image changes when it is packed and read");
    ttfs_image_free(&img);
    return ok;
}

/* As it is, and when that is refused with its checksums made right. */
bool fuzz_image(const uint8_t *bytes, size_t n) {
    TtfsArena a = {0};
    bool ok = fuzz_twice(read_image, read_disasm, bytes, n);
    uint8_t *copy = TTFS_ARRAY(&a, uint8_t, n + 1);
    if (n) memcpy(copy, bytes, n);
    seal_image(copy, n);
    if (!ok) ok = fuzz_twice(read_image, read_disasm, copy, n);
    ttfs_arena_free(&a);
    return ok;
}

static bool read_chip(const void *bytes, size_t n, TtfsBuf *text, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsChip chip;
    bool ok = ttfs_chip_read(&chip, "chip.json", bytes, n, &a, diag);
    if (ok) ttfs_chip_print(&chip, text);
    ttfs_arena_free(&a);
    return ok;
}

bool fuzz_chip(const uint8_t *bytes, size_t n) {
    return fuzz_twice(read_chip, read_chip, bytes, n);
}
