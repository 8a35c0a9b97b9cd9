/* SPDX-License-Identifier: Apache-2.0
 *
 * From a routine of a program to machine code. Private to the engine and to ahead-of-time emission.
 */
#ifndef TTFS_OBJECT_H
#define TTFS_OBJECT_H

#include "code.h"
#include "program.h"

#include <llvm-c/TargetMachine.h>

/* Makes LLVM's targets known; called by every entry of the engine, once is enough. */
void ttfs_object_init(void);

/* The machine that code is made for, or NULL with JIT_COMPILE. Dispose with
 * LLVMDisposeTargetMachine. `pic`: position independent, for objects that somebody links. */
LLVMTargetMachineRef ttfs_object_machine(const TtfsTarget *t, bool pic, TtfsDiag *diag);

/* What a module is made with. */
typedef struct {
    LLVMTargetMachineRef machine;
    LLVMContextRef context;
    LLVMModuleRef module;
    char error[512]; /* the first that LLVM reported on the way; "": none */
} TtfsWorkshop;

/* Opens a workshop with a module of that name, calls make(w, context) and closes it. False when
 * make is or when LLVM reported an error. What LLVM takes for fatal, and would end the process for,
 * becomes JIT_COMPILE and false; what it held is lost, and from then on all calls of this process
 * are refused. Safe to call from several threads. */
bool ttfs_object_make(const TtfsTarget *t, const char *name,
                      bool (*make)(TtfsWorkshop *w, void *context), void *context, TtfsDiag *diag);

/* Builds a routine's function into c->module (whose context and program are set). The last routine
 * of a program is the input from reals. */
void ttfs_object_build(Code *c, uint32_t routine, bool internal);

/* Verifies and optimises a module; writes its text before and after to `dump`/NAME.before.ll and
 * .after.ll when `dump` is not NULL. */
bool ttfs_object_optimise(LLVMModuleRef m, LLVMTargetMachineRef machine, const char *name,
                          const char *dump, TtfsDiag *diag);
/* Runs passes by LLVM's names, of a module that verified. */
bool ttfs_object_passes(LLVMModuleRef m, LLVMTargetMachineRef machine, const char *list,
                        TtfsDiag *diag);
/* Appends the module as an object file. */
bool ttfs_object_write(LLVMModuleRef m, LLVMTargetMachineRef machine, TtfsBuf *out, TtfsDiag *diag);

/* All of it for one routine: an object whose only symbol is the routine's. Safe to call from
 * several threads. */
bool ttfs_object_of_routine(const TtfsProgram *p, uint32_t routine, const char *dump, TtfsBuf *out,
                            TtfsDiag *diag);

#endif
