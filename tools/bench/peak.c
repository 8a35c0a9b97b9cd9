/* SPDX-License-Identifier: Apache-2.0
 *
 * Fourteen accumulators and two operands, all in registers: more than hide the latency of the
 * instruction (five cycles at two a cycle need ten). The registers hold zeros: the speed of integer
 * arithmetic does not depend on its values. Without a dot product of bytes it is the one of words
 * with its addition, seven times.
 */
#include "peak.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

enum { MOST = 256, TURNS = 20000 };

typedef struct {
    const char *name;
    uint32_t macs;      /* of one turn */
    void (*loop)(void); /* TURNS turns */
} Instruction;

#if defined(__x86_64__)
#define SEVEN(OP)                                                                                  \
    OP("0", "7") OP("1", "8") OP("2", "9") OP("3", "10") OP("4", "11") OP("5", "12") OP("6", "13")
#define ZERO(a, b)                                                                                 \
    "vpxor %%xmm" a ", %%xmm" a ", %%xmm" a "\n\tvpxor %%xmm" b ", %%xmm" b ", %%xmm" b "\n\t"
#define BYTES(r, v) "vpdpbusd %%" v "15, %%" v "14, %%" v r "\n\t"
#define ZMM(a, b)   BYTES(a, "zmm") BYTES(b, "zmm")
#define YMM(a, b)   "%{vex%} " BYTES(a, "ymm") "%{vex%} " BYTES(b, "ymm")
#define WORDS(a, b)                                                                                \
    "vpmaddwd %%ymm15, %%ymm14, %%ymm" b "\n\tvpaddd %%ymm" b ", %%ymm" a ", %%ymm" a "\n\t"
#define LOOP(name, OP)                                                                             \
    static void name(void) {                                                                       \
        uint64_t turns = TURNS;                                                                    \
        __asm__ volatile(SEVEN(ZERO) ZERO("14", "15") "1:\n\t" SEVEN(OP) "dec %0\n\tjnz 1b\n\t"    \
                                                                         "vzeroupper"              \
                         : "+r"(turns)                                                             \
                         :                                                                         \
                         : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",   \
                           "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");  \
    }
LOOP(loop_zmm, ZMM)
LOOP(loop_ymm, YMM)
LOOP(loop_words, WORDS)

static Instruction best(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512vnni"))
        return (Instruction){"vpdpbusd zmm", 14 * 64, loop_zmm};
    if (__builtin_cpu_supports("avxvnni")) return (Instruction){"vpdpbusd ymm", 14 * 32, loop_ymm};
    if (__builtin_cpu_supports("avx2"))
        return (Instruction){"vpmaddwd, vpaddd ymm", 7 * 16, loop_words};
    return (Instruction){"", 0, NULL};
}
#else
static Instruction best(void) {
    return (Instruction){"", 0, NULL};
}
#endif

const char *peak_instruction(void) {
    return best().name;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    Instruction instruction;
    double seconds, rate; /* of one thread */
} Share;

/* The first tenth wakes the clock up and is not counted. */
static void *measure(void *arg) {
    Share *s = arg;
    double begun = now(), start;
    do s->instruction.loop();
    while (now() < begun + s->seconds / 10);
    uint64_t loops = 0;
    start = now();
    do {
        s->instruction.loop();
        loops++;
    } while (now() < begun + s->seconds);
    s->rate = (double)loops * TURNS * s->instruction.macs / (now() - start);
    return NULL;
}

double peak_measure(uint32_t threads, double seconds) {
    Share share[MOST] = {0};
    pthread_t id[MOST];
    bool runs[MOST] = {false};
    double sum = 0;
    if (threads > MOST) threads = MOST;
    for (uint32_t i = 0; i < threads; i++) share[i] = (Share){best(), seconds, 0};
    if (!share[0].instruction.loop) return 0;
    for (uint32_t i = 1; i < threads; i++)
        runs[i] = pthread_create(&id[i], NULL, measure, &share[i]) == 0;
    measure(&share[0]);
    for (uint32_t i = 1; i < threads; i++)
        if (runs[i]) pthread_join(id[i], NULL);
    for (uint32_t i = 0; i < threads; i++) sum += share[i].rate;
    return sum;
}
