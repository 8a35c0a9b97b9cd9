/* SPDX-License-Identifier: Apache-2.0
 *
 * What the generated code is for: a processor as the code generator sees it.
 */
#ifndef TTFS_TARGET_H
#define TTFS_TARGET_H

#include "base.h"

typedef struct {
    const char *triple, *cpu, *features; /* LLVM's */
    const char *abi;                     /* of the target machine; "" the triple's own */
    uint32_t lanes;                      /* 32-bit lanes of a vector: 16, 8, 4; 1: no vectors */
    uint32_t registers;                  /* vector registers that a tile may fill */
    bool bytes_by_four;                  /* a u8 x s8 dot product of four into i32 (VNNI) */
    bool words_by_two;   /* an i16 x i16 dot product of two into i32 (SSE2, AVX2, AVX-512BW) */
    bool wide_products;  /* 64-bit products of every other 32-bit lane (SSE2, AVX2, AVX-512) */
    bool permutes_bytes; /* any byte of 64 to any place (AVX-512 VBMI) */
    bool words_add;      /* ... that also adds (VNNI) */
} TtfsTarget;

/* A machine as LLVM tells of one: "+avx2,-avx512f,..". */
TtfsTarget ttfs_target_machine(const char *triple, const char *cpu, const char *features);
/* This machine, or the processor `cpu` of its family by LLVM's name. */
bool ttfs_target_host(TtfsTarget *t, const char *cpu, TtfsArena *a, TtfsDiag *diag);
/* A triple: x86_64-*, aarch64-*, riscv32-*, riscv64-*. `cpu` NULL: the family's common ground
 * (rv32imac for riscv32). */
bool ttfs_target_triple(TtfsTarget *t, const char *triple, const char *cpu, TtfsArena *a,
                        TtfsDiag *diag);

#endif
