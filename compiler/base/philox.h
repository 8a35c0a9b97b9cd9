/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers by a counter: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). A number is a function of key and counter alone, so
 * nothing depends on the order in which numbers are drawn, on threads or on how work is shared out.
 */
#ifndef TTFS_PHILOX_H
#define TTFS_PHILOX_H

#include <stdint.h>

enum { TTFS_NORMALS = 16 }; /* most of a call */

/* What is drawn: the second word of the key of what is wrong with a network; the first is the seed.
 */
typedef enum {
    TTFS_DRAW_TIME = 1, /* of spikes in continuous time */
    TTFS_DRAW_SLOPE,
    TTFS_DRAW_WEIGHT,
    TTFS_DRAW_JITTER, /* of spikes in ticks */
    TTFS_DRAW_DROP,
    TTFS_DRAW_STUCK,
    TTFS_DRAW_FLIP,
    TTFS_DRAW_ORDER, /* of training samples */
    TTFS_DRAW_MOVE   /* of where a training sample is moved to */
} TtfsDraw;

/* Ten rounds. */
void ttfs_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/* Words of `n` (at most TTFS_NORMALS) counters, which are `counter` with its word `word` (0..3)
 * counted up: word w of counter i in out[w][i]. */
void ttfs_philox_words(const uint32_t key[2], const uint32_t counter[4], uint32_t word, uint32_t n,
                       uint32_t out[4][TTFS_NORMALS]);
/* The same where the last words of the counters are those of `last`. */
void ttfs_philox_words_at(const uint32_t key[2], const uint32_t counter[3], const uint32_t *last,
                          uint32_t n, uint32_t out[4][TTFS_NORMALS]);
/* `n` (at most TTFS_NORMALS) standard normal deviates in float64, by Box and Muller: the counters
 * are `counter` with its word `word` (0..3) counted up. Words 0 and 1 of a counter's four give u in
 * (0, 1], words 2 and 3 give v in [0, 1), the deviate is sqrt(-2 ln u) cos(2 pi v). Logarithm and
 * cosine are series of plain operations: the same bits everywhere, to within 1e-13. */
void ttfs_philox_normals(const uint32_t key[2], const uint32_t counter[4], uint32_t word,
                         uint32_t n, double *out);
/* The same where the last words of the counters are those of `last`. */
void ttfs_philox_normals_at(const uint32_t key[2], const uint32_t counter[3], const uint32_t *last,
                            uint32_t n, double *out);

#endif
