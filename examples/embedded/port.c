/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program needs around emitted code: a way out for bytes and, without a C library, a start,
 * memcpy and memset. Here the outside is Linux, so that the program runs under qemu-user; on a
 * board it is the start-up code that its vendor has, and a UART.
 */
#include "port.h"

#if __STDC_HOSTED__

#include <stdio.h>

void put(const void *bytes, size_t n) {
    fwrite(bytes, 1, n, stdout);
}

#else

#if defined(__aarch64__)
static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
                     x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
enum { WRITE = 64, EXIT = 93 };
#elif defined(__riscv)
static long call(long number, long a, long b, long c) {
    register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b,
                     a2 __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return a0;
}
enum { WRITE = 64, EXIT = 93 };
#else
#error "port.c knows AArch64 and RISC-V"
#endif

void put(const void *bytes, size_t n) {
    const char *at = bytes;
    while (n) {
        long done = call(WRITE, 1, (long)at, (long)n);
        if (done <= 0) return;
        at += done;
        n -= (size_t)done;
    }
}

void *memcpy(void *to, const void *from, size_t n) {
    char *t = to;
    const char *f = from;
    while (n--) *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t n) {
    char *t = to;
    while (n--) *t++ = (char)value;
    return to;
}

void _start(void) {
    call(EXIT, main(), 0, 0);
    for (;;) {
    }
}

#endif
