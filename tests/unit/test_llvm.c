/* SPDX-License-Identifier: Apache-2.0
 *
 * LLVM's errors: each way in which LLVM says no comes back as one JIT_COMPILE with LLVM's words,
 * and nothing ends the process. What LLVM gave is given back: its functions are wrapped (--wrap)
 * and counted.
 */
#include "cache.h"
#include "emit.h"
#include "emit_parts.h"
#include "jit.h"
#include "object.h"
#include "target.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include <cmocka.h>

#include "random_spike.h"

/* What is made and not yet given back, and how much was ever made. */
enum { BUILDERS, CONTEXTS, MACHINES, SETTINGS, LAYOUTS, PASSES, ENGINES, KINDS };
static _Atomic int alive[KINDS], made[KINDS];

#define MADE(kind, R, f, params, args)                                                             \
    R __real_##f params;                                                                           \
    R __wrap_##f params;                                                                           \
    R __wrap_##f params {                                                                          \
        alive[kind]++;                                                                             \
        made[kind]++;                                                                              \
        return __real_##f args;                                                                    \
    }
#define GIVEN_BACK(kind, R, f, T)                                                                  \
    R __real_##f(T x);                                                                             \
    R __wrap_##f(T x);                                                                             \
    R __wrap_##f(T x) {                                                                            \
        alive[kind]--;                                                                             \
        return __real_##f(x);                                                                      \
    }
MADE(BUILDERS, LLVMBuilderRef, LLVMCreateBuilderInContext, (LLVMContextRef c), (c))
GIVEN_BACK(BUILDERS, void, LLVMDisposeBuilder, LLVMBuilderRef)
MADE(CONTEXTS, LLVMContextRef, LLVMContextCreate, (void), ())
GIVEN_BACK(CONTEXTS, void, LLVMContextDispose, LLVMContextRef)
MADE(MACHINES, LLVMTargetMachineRef, LLVMCreateTargetMachineWithOptions,
     (LLVMTargetRef t, const char *triple, LLVMTargetMachineOptionsRef o), (t, triple, o))
GIVEN_BACK(MACHINES, void, LLVMDisposeTargetMachine, LLVMTargetMachineRef)
MADE(SETTINGS, LLVMTargetMachineOptionsRef, LLVMCreateTargetMachineOptions, (void), ())
GIVEN_BACK(SETTINGS, void, LLVMDisposeTargetMachineOptions, LLVMTargetMachineOptionsRef)
MADE(LAYOUTS, LLVMTargetDataRef, LLVMCreateTargetDataLayout, (LLVMTargetMachineRef m), (m))
GIVEN_BACK(LAYOUTS, void, LLVMDisposeTargetData, LLVMTargetDataRef)
MADE(PASSES, LLVMPassBuilderOptionsRef, LLVMCreatePassBuilderOptions, (void), ())
GIVEN_BACK(PASSES, void, LLVMDisposePassBuilderOptions, LLVMPassBuilderOptionsRef)
MADE(ENGINES, LLVMErrorRef, LLVMOrcCreateLLJIT, (LLVMOrcLLJITRef * j, LLVMOrcLLJITBuilderRef b),
     (j, b))
GIVEN_BACK(ENGINES, LLVMErrorRef, LLVMOrcDisposeLLJIT, LLVMOrcLLJITRef)

/* Texts that LLVM gave and that are not yet given back. */
enum { TEXTS = 16 };
static char *text_alive[TEXTS];

static char *text_made(char *text) {
    int i = 0;
    while (i < TEXTS && text_alive[i]) i++;
    assert_true(i < TEXTS);
    return text_alive[i] = text;
}

#define TEXT(f, params, args)                                                                      \
    char *__real_##f params;                                                                       \
    char *__wrap_##f params;                                                                       \
    char *__wrap_##f params {                                                                      \
        return text_made(__real_##f args);                                                         \
    }
TEXT(LLVMGetDefaultTargetTriple, (void), ())
TEXT(LLVMGetHostCPUName, (void), ())
TEXT(LLVMGetHostCPUFeatures, (void), ())
TEXT(LLVMPrintModuleToString, (LLVMModuleRef m), (m))

TEXT(LLVMGetDiagInfoDescription, (LLVMDiagnosticInfoRef info), (info))
TEXT(LLVMGetErrorMessage, (LLVMErrorRef e), (e))

static void text_gone(const char *text) {
    for (int i = 0; i < TEXTS; i++)
        if (text_alive[i] == text) text_alive[i] = NULL;
}

#define TEXT_GONE(f)                                                                               \
    void __real_##f(char *text);                                                                   \
    void __wrap_##f(char *text);                                                                   \
    void __wrap_##f(char *text) {                                                                  \
        text_gone(text);                                                                           \
        __real_##f(text);                                                                          \
    }
TEXT_GONE(LLVMDisposeMessage)
TEXT_GONE(LLVMDisposeErrorMessage)

/* A module with an empty void f(void), and what is done with it in its workshop. */
typedef struct {
    TtfsArena arena;
    TtfsDiag diag;
    TtfsTarget target;
    TtfsWorkshop *w;
    LLVMValueRef function;
    void (*act)(void *maker);
} Maker;

static int open_maker(void **state) {
    Maker *m = calloc(1, sizeof *m);
    *state = m;
    return m && ttfs_target_triple(&m->target, "x86_64-linux-gnu", NULL, &m->arena, &m->diag) ? 0
                                                                                              : -1;
}

static int close_maker(void **state) {
    Maker *m = *state;
    ttfs_diag_free(&m->diag);
    ttfs_arena_free(&m->arena);
    free(m);
    return 0;
}

static bool act_in(TtfsWorkshop *w, void *context) {
    Maker *m = context;
    m->w = w;
    LLVMTypeRef none = LLVMVoidTypeInContext(w->context);
    m->function = LLVMAddFunction(w->module, "f", LLVMFunctionType(none, NULL, 0, false));
    m->act(m);
    return m->diag.errors == 0;
}

static bool make(Maker *m, void (*act)(void *maker)) {
    m->act = act;
    return ttfs_object_make(&m->target, "m", act_in, m, &m->diag);
}

/* The body of f: a block, with a return when it is `whole`. */
static void fill(Maker *m, bool whole) {
    LLVMBuilderRef b = LLVMCreateBuilderInContext(m->w->context);
    LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(m->w->context, m->function, "entry"));
    if (whole) LLVMBuildRetVoid(b);
    LLVMDisposeBuilder(b);
}

static void expect_error(const TtfsDiag *d, const char *words) {
    assert_true(d->errors >= 1);
    const TtfsMessage *e = ttfs_diag_error(d);
    assert_non_null(e);
    assert_int_equal(e->code, TTFS_JIT_COMPILE);
    assert_non_null(strstr(e->what, words));
}

static void write_sound_code(void *maker) {
    Maker *m = maker;
    TtfsBuf out = {0};
    fill(m, true);
    assert_true(ttfs_object_optimise(m->w->module, m->w->machine, "f", NULL, &m->diag));
    assert_true(ttfs_object_write(m->w->module, m->w->machine, &out, &m->diag));
    assert_true(out.len > 0);
    ttfs_buf_free(&out);
}

static void sound_code_is_written(void **state) {
    Maker *m = *state;
    assert_true(make(m, write_sound_code));
    assert_int_equal(m->diag.errors, 0);
}

static void optimise_a_half(void *maker) {
    Maker *m = maker;
    fill(m, false);
    assert_false(ttfs_object_optimise(m->w->module, m->w->machine, "f", NULL, &m->diag));
}

static void code_that_does_not_verify(void **state) {
    Maker *m = *state;
    assert_false(make(m, optimise_a_half));
    expect_error(&m->diag, "does not verify: Basic Block");
}

static void run_unknown_passes(void *maker) {
    Maker *m = maker;
    fill(m, true);
    assert_false(ttfs_object_passes(m->w->module, m->w->machine, "no-such-pass", &m->diag));
}

static void unknown_passes(void **state) {
    Maker *m = *state;
    assert_false(make(m, run_unknown_passes));
    expect_error(&m->diag, "optimisation: ");
    assert_non_null(strstr(m->diag.messages.at[0].what, "no-such-pass"));
}

/* A function that returns a float on a processor without registers for it: LLVM tells its context's
 * handler, not its caller. */
static void write_what_cannot_be(void *maker) {
    Maker *m = maker;
    TtfsBuf out = {0};
    LLVMContextRef c = m->w->context;
    LLVMTypeRef real = LLVMFloatTypeInContext(c);
    LLVMValueRef g = LLVMAddFunction(m->w->module, "g", LLVMFunctionType(real, NULL, 0, false));
    LLVMBuilderRef b = LLVMCreateBuilderInContext(c);
    LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(c, g, "entry"));
    LLVMBuildRet(b, LLVMConstReal(real, 1.5));
    LLVMDisposeBuilder(b);
    fill(m, true);
    LLVMAddTargetDependentFunctionAttr(g, "target-features", "-sse,-sse2");
    ttfs_object_write(m->w->module, m->w->machine, &out, &m->diag);
    ttfs_buf_free(&out);
}

static void code_that_cannot_be_made(void **state) {
    Maker *m = *state;
    assert_false(make(m, write_what_cannot_be));
    expect_error(&m->diag, "SSE");
}

static void unknown_machines(void **state) {
    Maker *m = *state;
    TtfsTarget t = m->target;
    t.triple = "pdp11-dec-unix";
    assert_null(ttfs_object_machine(&t, true, &m->diag));
    expect_error(&m->diag, "pdp11-dec-unix: ");
}

/* Replaces all entries of a cache by sound ones that hold no code; how many there were. */
static uint32_t replace_entries(const char *folder) {
    TtfsArena a = {0};
    TTFS_VEC(const char *) keys = {0};
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strlen(e->d_name) >= 64) *TTFS_PUSH(&a, keys) = ttfs_arena_strndup(&a, e->d_name, 64);
    closedir(d);
    for (uint32_t i = 0; i < keys.len; i++)
        assert_true(ttfs_cache_put(folder, keys.at[i], "no object", 9));
    uint32_t n = keys.len;
    ttfs_arena_free(&a);
    return n;
}

static void objects_that_do_not_load(void **state) {
    (void)state;
    TtfsSpike s;
    TtfsDiag d = {0};
    char folder[] = "/tmp/ttfs-llvm-XXXXXX";
    assert_non_null(mkdtemp(folder));
    TtfsJitOptions o = {.cache = folder, .threads = 1};
    random_spike(&s, 1);
    for (int run = 0; run < 2; run++) { /* kept, and taken from the cache */
        TtfsJit *j = ttfs_jit_open(&s, &o, &d);
        TtfsJitStats stats;
        assert_non_null(j);
        ttfs_jit_stats(j, &stats);
        assert_int_equal(stats.generated == 0, run);
        ttfs_jit_close(j);
    }
    assert_true(replace_entries(folder) > 0);
    assert_null(ttfs_jit_open(&s, &o, &d));
    expect_error(&d, "an object does not load: ");
    ttfs_diag_free(&d);
    assert_true(ttfs_remove_tree(folder, &d));
    ttfs_spike_free(&s);
}

/* Where the class is in the sums: behind the readouts before its own, if it is one in order. */
static void sums_of_the_class(void **state) {
    (void)state;
    static const uint32_t channels[] = {2, 3, 4, 5};
    TtfsSpike s = {0};
    for (uint32_t i = 0; i < 4; i++)
        *TTFS_PUSH(&s.arena, s.pops) = (TtfsPopulation){
            .kind = i % 2 ? TTFS_POP_READOUT : TTFS_POP_RELU, .c = channels[i], .h = 1, .w = 1};
    for (uint32_t pop = 2; pop <= 4; pop += 2) {
        uint32_t first = 9, n = 9;
        s.readout.i = pop;
        assert_true(ttfs_emit_classes(&s, &first, &n));
        assert_int_equal(first, pop == 4 ? 3 : 0);
        assert_int_equal(n, channels[pop - 1]);
    }
    ttfs_spike_free(&s);
}

/* Objects for other processors, by the number that ELF has for each, and text for this one. */
static void code_for_others(void **state) {
    (void)state;
    static const struct {
        const char *triple;
        int machine;
    } of[] = {{"x86_64-linux-gnu", 62},
              {"aarch64-linux-gnu", 183},
              {"riscv64-linux-gnu", 243},
              {"riscv32-unknown-elf", 243},
              {NULL, 0}};
    TtfsSpike s;
    random_spike(&s, 1);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        TtfsBuf out = {0};
        TtfsDiag d = {0};
        TtfsEmitFormat format = of[i].machine ? TTFS_EMIT_OBJECT : TTFS_EMIT_LL;
        TtfsEmitJob job = {.name = "n", .model = "n", .triple = of[i].triple, .format = format};
        assert_true(ttfs_emit(&s, &job, &out, &d) && out.len > 20);
        if (of[i].machine)
            assert_int_equal((unsigned char)out.text[18], of[i].machine);
        else
            assert_true(strstr(ttfs_buf_text(&out), "@n_run(") &&
                        strstr(ttfs_buf_text(&out), "target datalayout = \"e-"));
        ttfs_buf_free(&out);
        ttfs_diag_free(&d);
    }
    ttfs_spike_free(&s);
}

/* Of all tests above, those that failed on purpose too. */
static void all_is_given_back(void **state) {
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        assert_true(made[kind] > 0);
        assert_int_equal(alive[kind], 0);
    }
    for (int i = 0; i < TEXTS; i++)
        if (text_alive[i]) fail_msg("not given back: %.80s", text_alive[i]);
}

int main(void) {
#define WITH_MAKER(test) cmocka_unit_test_setup_teardown(test, open_maker, close_maker)
    const struct CMUnitTest tests[] = {
        WITH_MAKER(sound_code_is_written),  WITH_MAKER(code_that_does_not_verify),
        WITH_MAKER(unknown_passes),         WITH_MAKER(code_that_cannot_be_made),
        WITH_MAKER(unknown_machines),       cmocka_unit_test(objects_that_do_not_load),
        cmocka_unit_test(code_for_others),  cmocka_unit_test(sums_of_the_class),
        cmocka_unit_test(all_is_given_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
