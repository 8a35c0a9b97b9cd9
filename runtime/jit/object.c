/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules through LLVM: build, verify, optimise, emit. Each step is a module of its own in a
 * context of its own, so threads make them side by side. What LLVM returns as a message is disposed
 * of here and becomes a diagnostic.
 */
#include "object.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* The kernels are made as they shall be; what is left is registers for variables, common addresses,
 * loops with the test at the end. */
static const char passes[] =
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm),early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)";

/* Where a thread goes on after a fatal error, and what LLVM said; NULL outside ttfs_object_guard.
 */
static _Thread_local jmp_buf *way_out;
static _Thread_local char last_words[512];

static void fatal(const char *reason) {
    if (!way_out) return; /* not ours: LLVM ends the process */
    snprintf(last_words, sizeof last_words, "%s", reason);
    longjmp(*way_out, 1);
}

bool ttfs_object_guard(bool (*make)(void *context), void *context, TtfsDiag *diag) {
    jmp_buf here, *volatile outer = way_out;
    bool ok;
    ttfs_object_init();
    way_out = &here;
    if (setjmp(here) == 0)
        ok = make(context);
    else
        ok = ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "fatal: %s", last_words);
    way_out = outer;
    return ok;
}

static void init(void) {
    LLVMInstallFatalErrorHandler(fatal);

    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeRISCVTargetInfo();
    LLVMInitializeRISCVTarget();
    LLVMInitializeRISCVTargetMC();
    LLVMInitializeRISCVAsmPrinter();
}

void ttfs_object_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init);
}

/* Turns LLVM's message into a diagnostic and frees it. */
static bool refused(TtfsDiag *diag, const char *what, char *message) {
    ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "%s: %s", what,
               message ? message : "no reason given");
    LLVMDisposeMessage(message);
    return false;
}

LLVMTargetMachineRef ttfs_object_machine(const TtfsTarget *t, bool pic, TtfsDiag *diag) {
    LLVMTargetRef target;
    char *message = NULL;
    ttfs_object_init();
    if (LLVMGetTargetFromTriple(t->triple, &target, &message)) {
        refused(diag, t->triple, message);
        return NULL;
    }
    LLVMTargetMachineOptionsRef o = LLVMCreateTargetMachineOptions();
    LLVMTargetMachineOptionsSetCPU(o, t->cpu);
    LLVMTargetMachineOptionsSetFeatures(o, t->features);
    if (*t->abi) LLVMTargetMachineOptionsSetABI(o, t->abi);
    LLVMTargetMachineOptionsSetCodeGenOptLevel(o, LLVMCodeGenLevelDefault);
    LLVMTargetMachineOptionsSetRelocMode(o, pic ? LLVMRelocPIC : LLVMRelocDefault);
    LLVMTargetMachineRef m = LLVMCreateTargetMachineWithOptions(target, t->triple, o);
    LLVMDisposeTargetMachineOptions(o);
    if (!m) ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "no code for %s", t->triple);
    return m;
}

void ttfs_object_build(Code *c, uint32_t step, bool internal) {
    const TtfsStep *s = &c->program->steps.at[step];
    ttfs_code_begin(c, s->symbol, internal);
    switch (s->kind) {
    case TTFS_STEP_INPUT:
        ttfs_code_input(c, s, step + 1 == c->program->steps.len);
        break;
    case TTFS_STEP_EVENTS:
        ttfs_code_events(c, s);
        break;
    case TTFS_STEP_LINEAR:
        ttfs_code_linear(c, s);
        break;
    case TTFS_STEP_POOL:
        ttfs_code_pool(c, s);
        break;
    }
    ttfs_code_end(c);
}

static bool dump_text(LLVMModuleRef m, const char *folder, const char *name, const char *when,
                      TtfsDiag *diag) {
    TtfsArena a = {0};
    char *text = LLVMPrintModuleToString(m);
    const char *file = ttfs_arena_printf(&a, "%s.%s.ll", name, when);
    bool ok = ttfs_make_folders(folder, diag) &&
              ttfs_file_write(ttfs_path_join(&a, folder, file), text, strlen(text), diag);
    LLVMDisposeMessage(text);
    ttfs_arena_free(&a);
    return ok;
}

bool ttfs_object_passes(LLVMModuleRef m, LLVMTargetMachineRef machine, const char *list,
                        TtfsDiag *diag) {
    LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
    LLVMErrorRef e = LLVMRunPasses(m, list, machine, o);
    LLVMDisposePassBuilderOptions(o);
    if (!e) return true;
    char *why = LLVMGetErrorMessage(e); /* consumes e */
    ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "optimisation: %s", why);
    LLVMDisposeErrorMessage(why);
    return false;
}

bool ttfs_object_optimise(LLVMModuleRef m, LLVMTargetMachineRef machine, const char *name,
                          const char *dump, TtfsDiag *diag) {
    char *message = NULL;
    if (dump && !dump_text(m, dump, name, "before", diag)) return false;
    if (LLVMVerifyModule(m, LLVMReturnStatusAction, &message))
        return refused(diag, "the code of a layer does not verify", message);
    LLVMDisposeMessage(message);
    if (!ttfs_object_passes(m, machine, passes, diag)) return false;
    return !dump || dump_text(m, dump, name, "after", diag);
}

bool ttfs_object_write(LLVMModuleRef m, LLVMTargetMachineRef machine, TtfsBuf *out,
                       TtfsDiag *diag) {
    LLVMMemoryBufferRef object = NULL;
    char *message = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, m, LLVMObjectFile, &message, &object))
        return refused(diag, "no machine code", message);
    ttfs_buf_bytes(out, LLVMGetBufferStart(object), LLVMGetBufferSize(object));
    LLVMDisposeMemoryBuffer(object);
    return true;
}

/* What LLVM says while it makes code; without a handler an error would end the process. */
static void heard(LLVMDiagnosticInfoRef info, void *diag) {
    char *text = LLVMGetDiagInfoDescription(info);
    if (LLVMGetDiagInfoSeverity(info) == LLVMDSError)
        ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "%s", text);
    LLVMDisposeMessage(text);
}

LLVMContextRef ttfs_object_context(TtfsDiag *diag) {
    LLVMContextRef c = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(c, heard, diag);
    return c;
}

typedef struct {
    const TtfsProgram *program;
    uint32_t step;
    const char *dump;
    TtfsBuf *out;
    TtfsDiag *diag;
} Job;

static bool make_step(void *context) {
    const Job *j = context;
    const TtfsTarget *target = j->program->target;
    const char *symbol = j->program->steps.at[j->step].symbol;
    uint32_t errors = j->diag->errors;
    LLVMTargetMachineRef machine = ttfs_object_machine(target, true, j->diag);
    if (!machine) return false;
    Code c = {.program = j->program, .target = target, .context = ttfs_object_context(j->diag)};
    c.module = LLVMModuleCreateWithNameInContext(symbol, c.context);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetModuleDataLayout(c.module, layout);
    LLVMSetTarget(c.module, target->triple);
    LLVMDisposeTargetData(layout);
    ttfs_object_build(&c, j->step, false);
    bool ok = ttfs_object_optimise(c.module, machine, symbol, j->dump, j->diag) &&
              ttfs_object_write(c.module, machine, j->out, j->diag) && j->diag->errors == errors;
    LLVMDisposeModule(c.module);
    LLVMContextDispose(c.context);
    LLVMDisposeTargetMachine(machine);
    return ok;
}

bool ttfs_object_of_step(const TtfsProgram *p, uint32_t step, const char *dump, TtfsBuf *out,
                         TtfsDiag *diag) {
    Job j = {p, step, dump, out, diag};
    return ttfs_object_guard(make_step, &j, diag);
}
