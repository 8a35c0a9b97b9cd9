/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules through LLVM: build, verify, optimise, emit. Each is made in a workshop of its own, so
 * threads make them side by side. What LLVM returns as a message is disposed of here and becomes a
 * diagnostic.
 *
 * What LLVM takes for fatal would end the process; its handler may not return. So it leaves LLVM's
 * frames by a longjmp, and that has a price: what they held, at most a module of each thread, is
 * lost, and so may be a lock. The loss is bounded by never entering LLVM's code generator again in
 * this process. No input is known that gets here: code for features that the processor has not.
 */
#include "object.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The kernels are made as they shall be; what is left is registers for variables, common addresses,
 * loops with the test at the end. */
static const char passes[] =
    "function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm),early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)";

/* Where a thread goes on after a fatal error, and what LLVM said; NULL outside a workshop. */
static _Thread_local jmp_buf *way_out;
static _Thread_local char last_words[512];
static atomic_bool lost; /* LLVM was left by its fatal handler */

static void fatal(const char *reason) {
    if (!way_out) return; /* not ours: LLVM ends the process */
    snprintf(last_words, sizeof last_words, "%s", reason);
    longjmp(*way_out, 1);
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

void ttfs_object_build(Code *c, uint32_t routine, bool internal) {
    const TtfsRoutine *s = &c->program->routines.at[routine];
    ttfs_code_begin(c, s->symbol, internal);
    switch (s->kind) {
    case TTFS_ROUTINE_INPUT:
        ttfs_code_input(c, s, routine + 1 == c->program->routines.len);
        break;
    case TTFS_ROUTINE_EVENTS:
        ttfs_code_events(c, s);
        break;
    case TTFS_ROUTINE_LINEAR:
        ttfs_code_linear(c, s);
        break;
    case TTFS_ROUTINE_POOL:
        ttfs_code_pool(c, s);
        break;
    }
    ttfs_code_end(c);
}

static bool dump_text(LLVMModuleRef m, const char *folder, const char *name, const char *when,
                      TtfsDiag *diag) {
    TtfsArena a = {0};
    char *text = LLVMPrintModuleToString(m);
    if (!text) ttfs_oom(0);
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
    if (!object) ttfs_oom(0);
    ttfs_buf_bytes(out, LLVMGetBufferStart(object), LLVMGetBufferSize(object));
    LLVMDisposeMemoryBuffer(object);
    return true;
}

/* What LLVM says while it makes code; without a handler an error would end the process. Its frames
 * stand above: nothing is allocated. */
static void heard(LLVMDiagnosticInfoRef info, void *workshop) {
    TtfsWorkshop *w = workshop;
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError || *w->error) return;
    char *text = LLVMGetDiagInfoDescription(info);
    snprintf(w->error, sizeof w->error, "%s", text);
    LLVMDisposeMessage(text);
}

static bool open_workshop(TtfsWorkshop *w, const TtfsTarget *t, const char *name, TtfsDiag *diag) {
    w->machine = ttfs_object_machine(t, true, diag);
    if (!w->machine) return false;
    w->context = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(w->context, heard, w);
    w->module = LLVMModuleCreateWithNameInContext(name, w->context);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(w->machine);
    LLVMSetModuleDataLayout(w->module, layout);
    LLVMSetTarget(w->module, t->triple);
    LLVMDisposeTargetData(layout);
    return true;
}

static void close_workshop(TtfsWorkshop *w) {
    if (w->context) LLVMContextDispose(w->context); /* with its module */
    if (w->machine) LLVMDisposeTargetMachine(w->machine);
}

typedef struct {
    TtfsWorkshop workshop;
    const TtfsTarget *target;
    const char *name;
    bool (*make)(TtfsWorkshop *w, void *context);
    void *context;
    TtfsDiag *diag;
    bool ok, fatal;
} Work;

static void work(void *context) {
    Work *k = context;
    jmp_buf here;
    way_out = &here;
    if (setjmp(here) == 0)
        k->ok = open_workshop(&k->workshop, k->target, k->name, k->diag) &&
                k->make(&k->workshop, k->context);
    else
        k->fatal = true;
    way_out = NULL;
}

bool ttfs_object_make(const TtfsTarget *t, const char *name,
                      bool (*make)(TtfsWorkshop *w, void *context), void *context, TtfsDiag *diag) {
    Work k = {.target = t, .name = name, .make = make, .context = context, .diag = diag};
    size_t wanted = 0;
    if (atomic_load(&lost))
        return ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE,
                          "it has failed before in this process");
    ttfs_object_init();
    bool whole = ttfs_guard_part(ttfs_guard_now(), work, &k, &wanted);
    way_out = NULL;
    if (k.fatal) {
        atomic_store(&lost, true);
        return ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "fatal: %s", last_words);
    }
    close_workshop(&k.workshop);
    if (!whole) ttfs_oom(wanted);
    if (*k.workshop.error)
        return ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "%s", k.workshop.error);
    return k.ok;
}

typedef struct {
    const TtfsProgram *program;
    uint32_t routine;
    const char *dump;
    TtfsBuf *out;
    TtfsDiag *diag;
} Job;

static bool make_routine(TtfsWorkshop *w, void *context) {
    const Job *j = context;
    const char *symbol = j->program->routines.at[j->routine].symbol;
    Code c = {.program = j->program,
              .target = j->program->target,
              .context = w->context,
              .module = w->module};
    ttfs_object_build(&c, j->routine, false);
    return ttfs_object_optimise(c.module, w->machine, symbol, j->dump, j->diag) &&
           ttfs_object_write(c.module, w->machine, j->out, j->diag);
}

bool ttfs_object_of_routine(const TtfsProgram *p, uint32_t routine, const char *dump, TtfsBuf *out,
                            TtfsDiag *diag) {
    Job j = {p, routine, dump, out, diag};
    return ttfs_object_make(p->target, p->routines.at[routine].symbol, make_routine, &j, diag);
}
