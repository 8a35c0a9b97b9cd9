/* SPDX-License-Identifier: Apache-2.0
 *
 * Processors as the code generator sees them: what each name and triple stands for, what this
 * machine is by its own account, and what is refused with the names that there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

/* What a family can do, by the manuals of its instructions. */
typedef struct {
    uint32_t lanes, registers;
    bool bytes_by_four, words_by_two, wide_products, permutes_bytes, words_add;
} Can;

static const Can sse = {4, 16, false, true, true, false, false},
                 avx2 = {8, 16, false, true, true, false, false},
                 avx2_vnni = {8, 16, true, true, true, false, true},
                 avx512 = {16, 32, false, true, true, false, false},
                 avx512_vnni = {16, 32, true, true, true, false, true},
                 avx512_vbmi = {16, 32, true, true, true, true, true},
                 plain = {4, 16, false, false, false, false, false},
                 neon = {4, 32, false, false, false, false, false},
                 scalar = {1, 12, false, false, false, false, false};

static void expect(const TtfsTarget *t, const Can *c) {
    assert_int_equal(t->lanes, c->lanes);
    assert_int_equal(t->registers, c->registers);
    assert_int_equal(t->bytes_by_four, c->bytes_by_four);
    assert_int_equal(t->words_by_two, c->words_by_two);
    assert_int_equal(t->wide_products, c->wide_products);
    assert_int_equal(t->permutes_bytes, c->permutes_bytes);
    assert_int_equal(t->words_add, c->words_add);
}

static void names(void **state) {
    (void)state;
    static const struct {
        const char *triple, *cpu, *is, *features, *abi;
        const Can *can;
    } cases[] = {
        {"x86_64-linux-gnu", NULL, "x86-64", "", "", &sse},
        {"x86_64-linux-gnu", "x86-64-v3", "x86-64-v3", "", "", &avx2},
        {"x86_64", "x86-64-v4", "x86-64-v4", "", "", &avx512},
        {"x86_64-pc-windows-msvc", "alderlake", "alderlake", "", "", &avx2_vnni},
        {"x86_64-linux-gnu", "cascadelake", "cascadelake", "", "", &avx512_vnni},
        {"x86_64-linux-gnu", "znver4", "znver4", "", "", &avx512_vbmi},
        {"aarch64-linux-gnu", NULL, "generic", "", "", &neon},
        {"aarch64-linux-gnu", "apple-m1", "apple-m1", "", "", &neon},
        {"riscv32-unknown-elf", NULL, "generic-rv32", "+m,+a,+c", "ilp32", &scalar},
        {"riscv64-linux-gnu", NULL, "generic-rv64", "+m,+a,+f,+d,+c", "lp64d", &scalar},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsArena a = {0};
        TtfsDiag diag = {0};
        TtfsTarget t;
        assert_true(ttfs_target_triple(&t, cases[i].triple, cases[i].cpu, &a, &diag));
        assert_string_equal(t.triple, cases[i].triple);
        assert_string_equal(t.cpu, cases[i].is);
        assert_string_equal(t.features, cases[i].features);
        assert_string_equal(t.abi, cases[i].abi);
        expect(&t, cases[i].can);
        ttfs_arena_free(&a);
    }
}

/* Features as LLVM lists them: each with its sign, names that begin or end like others. */
static void features(void **state) {
    (void)state;
    static const struct {
        const char *triple, *features;
        const Can *can;
    } cases[] = {
        {"x86_64-linux-gnu", "", &sse},
        {"x86_64-linux-gnu", "+sse2,-avx2,+fma", &sse},
        {"x86_64-linux-gnu", "avx2,+avx", &sse},
        {"x86_64-linux-gnu", "+avx2", &avx2},
        {"x86_64-linux-gnu", "+avx,+avx2,-avxvnni", &avx2},
        {"x86_64-linux-gnu", "+avxvnniint8,+avx2", &avx2},
        {"x86_64-linux-gnu", "-avx2x,+avx2,+avxvnni", &avx2_vnni},
        {"x86_64-linux-gnu", "+avx2,+avx512bw,-avx512vl", &avx2},
        {"x86_64-linux-gnu", "+avx2,-avx512bw,+avx512vl", &avx2},
        {"x86_64-linux-gnu", "+avx512vl,+avx512bw", &avx512},
        {"x86_64-linux-gnu", "+avx512vl,+avx512bw,+avx512vbmi", &avx512},
        {"x86_64-linux-gnu", "+avx512vl,+avx512bw,+avx512vnni,+avx512vbmi2", &avx512_vnni},
        {"x86_64-linux-gnu", "+avx512vl,+avx512bw,+avx512vnni,+avx512vbmi", &avx512_vbmi},
        {"aarch64-linux-gnu", "+neon", &neon},
        {"arm64-apple-darwin", "+neon", &neon},
        {"powerpc64le-linux-gnu", "+vsx", &plain},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsTarget t = ttfs_target_machine(cases[i].triple, "cpu", cases[i].features);
        assert_string_equal(t.triple, cases[i].triple);
        assert_string_equal(t.cpu, "cpu");
        assert_string_equal(t.features, cases[i].features);
        expect(&t, cases[i].can);
    }
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *triple, *cpu, *what, *advice;
    } cases[] = {
        {"x86_63-linux", NULL, "no code is made for this machine", "x86_64, aarch64, riscv32"},
        {"x86_64pc", NULL, "no code is made for this machine", "begins with"},
        {"aarch64_be-linux", NULL, "no code is made for this machine", "begins with"},
        {"aarch64-linux-gnu", "znver4", "unknown processor of aarch64", "generic, cortex-a53"},
        {"riscv64-linux-gnu", "x", "unknown processor of riscv64", "give one of generic-rv64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TtfsArena a = {0};
        TtfsDiag diag = {0};
        TtfsTarget t;
        assert_false(ttfs_target_triple(&t, cases[i].triple, cases[i].cpu, &a, &diag));
        assert_int_equal(diag.errors, 1);
        assert_int_equal(diag.messages.at[0].code, TTFS_JIT_COMPILE);
        assert_string_equal(diag.messages.at[0].what, cases[i].what);
        assert_non_null(strstr(diag.messages.at[0].advice, cases[i].advice));
        ttfs_diag_free(&diag);
        ttfs_arena_free(&a);
    }
}

/* The kernel's flags of the first processor, between blanks; "" where it tells none. */
static void kernel_flags(char *flags, size_t size) {
    FILE *f = fopen("/proc/cpuinfo", "r");
    *flags = 0;
    while (f && fgets(flags, (int)size - 1, f) && strncmp(flags, "flags", 5) != 0) *flags = 0;
    if (f) fclose(f);
    flags[strcspn(flags, "\n")] = 0;
    if (*flags) strcat(flags, " ");
}

static const Can *by_flags(const char *flags) {
    if (strstr(flags, " avx512bw ") && strstr(flags, " avx512vl "))
        return !strstr(flags, " avx512_vnni ") ? &avx512
               : strstr(flags, " avx512vbmi ") ? &avx512_vbmi
                                               : &avx512_vnni;
    if (strstr(flags, " avx2 ")) return strstr(flags, " avx_vnni ") ? &avx2_vnni : &avx2;
    return &sse;
}

static void this_machine(void **state) {
    (void)state;
    TtfsArena a = {0};
    TtfsDiag diag = {0};
    TtfsTarget t;
    char flags[16384];
    assert_true(ttfs_target_host(&t, NULL, &a, &diag));
    assert_true(*t.triple && *t.cpu);
    kernel_flags(flags, sizeof flags);
    if (strncmp(t.triple, "x86_64", 6) == 0 && *flags) expect(&t, by_flags(flags));
    if (strncmp(t.triple, "aarch64", 7) == 0) expect(&t, &neon);
    if (strncmp(t.triple, "x86_64", 6) == 0) {
        assert_true(ttfs_target_host(&t, "x86-64", &a, &diag));
        expect(&t, &sse);
        bool wide = *flags && by_flags(flags)->lanes == 16;
        assert_int_equal(ttfs_target_host(&t, "x86-64-v4", &a, &diag),
                         wide && strstr(flags, " avx512dq "));
        assert_int_equal(diag.errors, wide ? 0 : 1);
    }
    ttfs_diag_free(&diag);
    ttfs_arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(features),
        cmocka_unit_test(refusals),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
