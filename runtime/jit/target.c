/* SPDX-License-Identifier: Apache-2.0
 *
 * Processors. LLVM compiles for hundreds and its C interface does not tell what a named one can do,
 * so the names that can be asked for are a table; this machine's features are what LLVM reads off
 * it.
 */
#include "target.h"

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>
#include <string.h>

typedef enum { PLAIN, SSE, AVX2, AVX2_VNNI, AVX512, AVX512_VNNI, AVX512_VBMI, NEON, SCALAR } Family;

typedef struct {
    const char *arch, *name, *features, *abi;
    Family family;
} Processor;

/* The first of an architecture is its common ground. */
static const Processor processors[] = {
    {"x86_64", "x86-64", "", "", SSE},
    {"x86_64", "x86-64-v2", "", "", SSE},
    {"x86_64", "x86-64-v3", "", "", AVX2},
    {"x86_64", "x86-64-v4", "", "", AVX512},
    {"x86_64", "haswell", "", "", AVX2},
    {"x86_64", "skylake", "", "", AVX2},
    {"x86_64", "alderlake", "", "", AVX2_VNNI},
    {"x86_64", "skylake-avx512", "", "", AVX512},
    {"x86_64", "cascadelake", "", "", AVX512_VNNI},
    {"x86_64", "icelake-server", "", "", AVX512_VBMI},
    {"x86_64", "sapphirerapids", "", "", AVX512_VBMI},
    {"x86_64", "znver1", "", "", AVX2},
    {"x86_64", "znver2", "", "", AVX2},
    {"x86_64", "znver3", "", "", AVX2},
    {"x86_64", "znver4", "", "", AVX512_VBMI},
    {"aarch64", "generic", "", "", NEON},
    {"aarch64", "cortex-a53", "", "", NEON},
    {"aarch64", "cortex-a72", "", "", NEON},
    {"aarch64", "cortex-a76", "", "", NEON},
    {"aarch64", "neoverse-n1", "", "", NEON},
    {"aarch64", "apple-m1", "", "", NEON},
    {"riscv32", "generic-rv32", "+m,+a,+c", "ilp32", SCALAR},
    {"riscv64", "generic-rv64", "+m,+a,+f,+d,+c", "lp64d", SCALAR},
};
enum { PROCESSORS = sizeof processors / sizeof processors[0] };

static void set_family(TtfsTarget *t, Family f) {
    bool avx512 = f == AVX512 || f == AVX512_VNNI || f == AVX512_VBMI;
    bool avx2 = f == AVX2 || f == AVX2_VNNI;
    t->lanes = f == SCALAR ? 1 : avx512 ? 16 : avx2 ? 8 : 4;
    t->registers = f == SCALAR ? 12 : avx512 || f == NEON ? 32 : 16;
    t->bytes_by_four = f == AVX2_VNNI || f == AVX512_VNNI || f == AVX512_VBMI;
    t->words_by_two = avx512 || avx2 || f == SSE;
    t->words_add = t->bytes_by_four;
    t->wide_products = t->words_by_two;
    t->permutes_bytes = f == AVX512_VBMI;
}

static bool has(const char *features, const char *name) {
    size_t n = strlen(name);
    for (const char *at = features; (at = strstr(at, name)); at += n)
        if (at > features && at[-1] == '+' && (at[n] == ',' || !at[n])) return true;
    return false;
}

static Family family_of(const char *triple, const char *features) {
    if (strncmp(triple, "aarch64", 7) == 0 || strncmp(triple, "arm64", 5) == 0) return NEON;
    if (strncmp(triple, "x86_64", 6) != 0) return PLAIN;
    if (has(features, "avx512bw") && has(features, "avx512vl"))
        return !has(features, "avx512vnni")  ? AVX512
               : has(features, "avx512vbmi") ? AVX512_VBMI
                                             : AVX512_VNNI;
    if (has(features, "avx2")) return has(features, "avxvnni") ? AVX2_VNNI : AVX2;
    return SSE;
}

/* A text that LLVM has made; NULL when it found no memory for it. */
static const char *kept(TtfsArena *a, char *message) {
    if (!message) ttfs_oom(0);
    const char *copy = ttfs_arena_strdup(a, message);
    LLVMDisposeMessage(message);
    return copy;
}

/* The names of an architecture in one line. */
static const char *names_of(const char *arch, TtfsArena *a) {
    const char *list = "";
    for (uint32_t i = 0; i < PROCESSORS; i++)
        if (strcmp(processors[i].arch, arch) == 0)
            list = ttfs_arena_printf(a, "%s%s%s", list, *list ? ", " : "", processors[i].name);
    return list;
}

/* True when `triple` is of the architecture: its first part. */
static bool is_arch(const char *triple, const char *arch) {
    size_t n = strlen(arch);
    return strncmp(triple, arch, n) == 0 && (triple[n] == '-' || !triple[n]);
}

static const char *arch_of(const char *triple) {
    for (uint32_t i = 0; i < PROCESSORS; i++)
        if (is_arch(triple, processors[i].arch)) return processors[i].arch;
    return NULL;
}

bool ttfs_target_triple(TtfsTarget *t, const char *triple, const char *cpu, TtfsArena *a,
                        TtfsDiag *diag) {
    const char *arch = arch_of(triple);
    *t = (TtfsTarget){.triple = ttfs_arena_strdup(a, triple)};
    if (!arch)
        return ttfs_error_advice(
            diag, TTFS_AT_FILE(triple), TTFS_JIT_COMPILE,
            "give a triple that begins with x86_64, aarch64, riscv32 or riscv64",
            "no code is made for this machine");
    for (uint32_t i = 0; i < PROCESSORS; i++) {
        const Processor *p = &processors[i];
        if (strcmp(p->arch, arch) != 0 || (cpu && strcmp(p->name, cpu) != 0)) continue;
        t->cpu = p->name;
        t->features = p->features;
        t->abi = p->abi;
        set_family(t, p->family);
        return true;
    }
    return ttfs_error_advice(diag, TTFS_AT_FILE(cpu), TTFS_JIT_COMPILE,
                             ttfs_arena_printf(a, "give one of %s", names_of(arch, a)),
                             "unknown processor of %s", arch);
}

/* What a machine must have for code of a family. */
static const char *const needed[][4] = {
    [PLAIN] = {NULL},
    [SSE] = {NULL},
    [AVX2] = {"avx2", "fma", "bmi2", NULL},
    [AVX2_VNNI] = {"avx2", "fma", "avxvnni", NULL},
    [AVX512] = {"avx512bw", "avx512vl", "avx512dq", NULL},
    [AVX512_VNNI] = {"avx512bw", "avx512vl", "avx512vnni", NULL},
    [AVX512_VBMI] = {"avx512vnni", "avx512vl", "avx512vbmi", NULL},
    [NEON] = {NULL},
    [SCALAR] = {NULL},
};

static bool runs_here(const TtfsTarget *t, const char *features, TtfsDiag *diag) {
    for (uint32_t i = 0; i < PROCESSORS; i++) {
        if (processors[i].name != t->cpu) continue;
        for (const char *const *f = needed[processors[i].family]; *f; f++)
            if (!has(features, *f))
                return ttfs_error_advice(diag, TTFS_AT_FILE(t->cpu), TTFS_JIT_COMPILE,
                                         "leave the processor out, or name an older one",
                                         "this machine lacks %s, which that processor's code uses",
                                         *f);
    }
    return true;
}

TtfsTarget ttfs_target_machine(const char *triple, const char *cpu, const char *features) {
    TtfsTarget t = {.triple = triple, .cpu = cpu, .features = features, .abi = ""};
    set_family(&t, family_of(triple, features));
    return t;
}

bool ttfs_target_host(TtfsTarget *t, const char *cpu, TtfsArena *a, TtfsDiag *diag) {
    const char *triple = kept(a, LLVMGetDefaultTargetTriple());
    const char *features = kept(a, LLVMGetHostCPUFeatures());
    if (cpu) return ttfs_target_triple(t, triple, cpu, a, diag) && runs_here(t, features, diag);
    *t = ttfs_target_machine(triple, kept(a, LLVMGetHostCPUName()), features);
    return true;
}
