/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight floats at a time, in text that is compiled twice: for processors with vectors of eight
 * (AVX2) and for all others, where compilers make smaller ones of it. Nothing is fused: the same
 * bits.
 */
#ifndef TTFS_VECTORS_H
#define TTFS_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Of a comparison all bits are set where it holds. */
typedef float TtfsEight __attribute__((vector_size(32)));
typedef int32_t TtfsMask __attribute__((vector_size(32)));

/* The text, which both take in; what is compiled for vectors; whether the processor has them. */
#define TTFS_BOTH static inline __attribute__((always_inline))
#ifdef __x86_64__
#define TTFS_EIGHTS __attribute__((target("avx2")))
static inline bool ttfs_has_eights(void) {
    return __builtin_cpu_supports("avx2");
}
#else
#define TTFS_EIGHTS
static inline bool ttfs_has_eights(void) {
    return false;
}
#endif

/* Where `m` holds a, elsewhere b or 0; a macro, as vectors are no arguments where there are none.
 */
#define TTFS_WHERE(m, a, b)     ((TtfsEight)(((TtfsMask)(a) & (m)) | ((TtfsMask)(b) & ~(m))))
#define TTFS_WHERE_ELSE_0(m, a) ((TtfsEight)((TtfsMask)(a) & (m)))

TTFS_BOTH void ttfs_load(TtfsEight *v, const float *at) {
    memcpy(v, at, sizeof *v);
}

TTFS_BOTH void ttfs_store(float *at, const TtfsEight *v) {
    memcpy(at, v, sizeof *v);
}

#endif
