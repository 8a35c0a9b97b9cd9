/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects in memory linked into code that this process calls. What LLVM returns as an error becomes
 * a diagnostic, JIT_COMPILE. One LLJIT a program; its functions live until it is undone.
 */
#ifndef TTFS_LINK_H
#define TTFS_LINK_H

#include "base.h"

#include <llvm-c/LLJIT.h>

/* An empty program that the guard holds: ttfs_undo disposes of it. NULL with an error. */
LLVMOrcLLJITRef *ttfs_link_open(TtfsDiag *diag);
/* Adds an object; its bytes are copied. */
bool ttfs_link_add(LLVMOrcLLJITRef *code, const TtfsBuf *object, const char *name, TtfsDiag *diag);
/* Where a symbol of the objects lies; 0 with an error. */
uintptr_t ttfs_link_find(LLVMOrcLLJITRef *code, const char *symbol, TtfsDiag *diag);

#endif
