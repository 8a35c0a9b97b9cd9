// SPDX-License-Identifier: Apache-2.0
//
// Verilator's own source, with copies of names that are never NULL: where there is no memory for
// one it is std::bad_alloc, as everywhere else in it. (Its scopes read a name's copy unchecked.)

#include <cstdlib>
#include <cstring>
#include <new>

static char *copied(const char *s) {
    const size_t size = std::strlen(s) + 1;
    void *copy = std::malloc(size);
    if (!copy) throw std::bad_alloc();
    return static_cast<char *>(std::memcpy(copy, s, size));
}

#define strdup copied
#include "verilated.cpp"
