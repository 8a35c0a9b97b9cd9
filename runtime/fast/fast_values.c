/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of a work: where they lie, and the way between samples one after the other and side by
 * side.
 */
#include "fast_inside.h"

enum { LANES = TTFS_FAST_LANES, ROW = LANES * sizeof(float) };

TtfsFastTaps ttfs_fast_taps(const TtfsIrAttr *a, int axis, uint32_t at, uint32_t size) {
    int64_t start = (int64_t)at * a->stride[axis] - a->pad[axis], d = a->dilation[axis];
    int64_t from = start < 0 ? (-start + d - 1) / d : 0;
    int64_t to = start < size ? (size - start + d - 1) / d : 0;
    if (to > a->kernel[axis]) to = a->kernel[axis];
    if (from > to) from = to;
    return (TtfsFastTaps){(uint32_t)from, (uint32_t)to};
}

float *ttfs_fast_at(const TtfsFastWork *w, TtfsTensor t) {
    return w->values + w->fast->place[t.i - 1];
}

void ttfs_fast_join(const TtfsFastWork *w, const float *samples, uint64_t n, uint64_t count,
                    float *joined) {
    uint64_t blocks = n == LANES ? count / LANES : 0;
    w->fast->code.turn(samples, count * sizeof *samples, ROW, joined, ROW, LANES * ROW, blocks);
    for (uint64_t i = blocks * LANES; i < count; i++)
        for (uint64_t l = 0; l < LANES; l++)
            joined[i * LANES + l] = l < n ? samples[l * count + i] : 0;
}

void ttfs_fast_part(const TtfsFastWork *w, const float *joined, uint64_t count, float *samples) {
    uint64_t blocks = count / LANES;
    w->fast->code.turn(joined, ROW, LANES * ROW, samples, count * sizeof *samples, ROW, blocks);
    for (uint64_t i = blocks * LANES; i < count; i++)
        for (uint64_t l = 0; l < LANES; l++) samples[l * count + i] = joined[i * LANES + l];
}
