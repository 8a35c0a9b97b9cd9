// SPDX-License-Identifier: Apache-2.0
//
// What happens when LLVM itself finds no memory. It cannot go on: half of a module, held locks; so
// this is a process's affair, and only a process that asks for it gets another end than LLVM's,
// which is to abort. The one file in C++: neither handler has a C interface.

#include <llvm/Support/ErrorHandling.h>
#include <new>

namespace {

void (*last_act)(void);

void allocation_failed(void *, const char *, bool) {
    last_act();
}

} // namespace

extern "C" void ttfs_jit_when_starved(void (*act)(void));

extern "C" void ttfs_jit_when_starved(void (*act)(void)) {
    if (!last_act) llvm::install_bad_alloc_error_handler(allocation_failed);
    last_act = act;
    std::set_new_handler(act);
}
