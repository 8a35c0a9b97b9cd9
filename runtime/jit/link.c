/* SPDX-License-Identifier: Apache-2.0
 *
 * Linking through ORC.
 */
#include "link.h"

#include <llvm-c/Core.h>
#include <llvm-c/Error.h>

/* Consumes the error. */
static bool failed(TtfsDiag *diag, const char *what, LLVMErrorRef e) {
    if (!e) return false;
    char *why = LLVMGetErrorMessage(e);
    ttfs_error(diag, TTFS_AT_FILE("LLVM"), TTFS_JIT_COMPILE, "%s: %s", what, why);
    LLVMDisposeErrorMessage(why);
    return true;
}

static void drop_code(void *held) {
    LLVMOrcLLJITRef code = *(LLVMOrcLLJITRef *)held;
    if (code) LLVMConsumeError(LLVMOrcDisposeLLJIT(code));
}

LLVMOrcLLJITRef *ttfs_link_open(TtfsDiag *diag) {
    LLVMOrcLLJITRef *code = ttfs_hold(sizeof *code, drop_code);
    *code = NULL;
    if (!failed(diag, "no engine", LLVMOrcCreateLLJIT(code, NULL))) return code;
    ttfs_undo(code);
    return NULL;
}

bool ttfs_link_add(LLVMOrcLLJITRef *code, const TtfsBuf *object, const char *name, TtfsDiag *diag) {
    LLVMMemoryBufferRef b =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(object->text, object->len, name);
    if (!b) ttfs_oom(object->len);
    /* takes the buffer */
    LLVMErrorRef e = LLVMOrcLLJITAddObjectFile(*code, LLVMOrcLLJITGetMainJITDylib(*code), b);
    return !failed(diag, "an object does not load", e);
}

uintptr_t ttfs_link_find(LLVMOrcLLJITRef *code, const char *symbol, TtfsDiag *diag) {
    LLVMOrcExecutorAddress at = 0;
    if (failed(diag, symbol, LLVMOrcLLJITLookup(*code, &at, symbol))) return 0;
    return (uintptr_t)at;
}
