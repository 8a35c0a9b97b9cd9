/* SPDX-License-Identifier: Apache-2.0
 *
 * Patches of convolutions and pools as NIR says them. z zeros before and y behind k taps of step d,
 * with padding before + z d = after + y d, are the same sums at the same places.
 */
#include "nir_maker.h"

#define MOST_TAPS ((uint32_t)INT32_MAX)

/* The taps of an axis with the fewest zeros; false: the padding differs by less than a step. */
static bool fewest(const TtfsConnection *c, int axis, uint32_t *taps) {
    uint32_t before = c->pad[axis], after = c->pad[axis + 2];
    uint32_t apart = before > after ? before - after : after - before;
    uint64_t all = (uint64_t)c->kernel[axis] + apart / c->dilation[axis];
    *taps = all < MOST_TAPS ? (uint32_t)all : MOST_TAPS; /* so many are refused, however written */
    return apart % c->dilation[axis] == 0;
}

/* Places `taps`, of which as many are zeros before and behind but for what padding differs by. */
static void place(const TtfsConnection *c, int axis, uint32_t taps, NirPatch *patch) {
    int64_t apart = ((int64_t)c->pad[axis + 2] - c->pad[axis]) / c->dilation[axis];
    patch->kernel[axis] = taps;
    patch->before[axis] = (uint32_t)(((int64_t)taps - c->kernel[axis] + apart) / 2);
    patch->pad[axis] = c->pad[axis] + patch->before[axis] * c->dilation[axis];
}

bool ttfs_nir_patch(const TtfsConnection *c, NirPatch *patch) {
    uint32_t taps[2];
    if (!fewest(c, 0, &taps[0]) || !fewest(c, 1, &taps[1])) return false;
    bool square = (taps[0] + taps[1]) % 2 == 0; /* zeros come in twos */
    uint32_t most = taps[0] > taps[1] ? taps[0] : taps[1];
    for (int i = 0; i < 2; i++) place(c, i, square ? most : taps[i], patch);
    return true;
}

NirConv ttfs_nir_patch_conv(const TtfsPopulation *src, const TtfsPopulation *dst,
                            const TtfsConnection *c, const NirPatch *patch) {
    return (NirConv){.out = dst->c,
                     .in = src->c,
                     .h = src->h,
                     .w = src->w,
                     .kernel = {patch->kernel[0], patch->kernel[1]},
                     .stride = {c->stride[0], c->stride[1]},
                     .dilation = {c->dilation[0], c->dilation[1]},
                     .pad = {patch->pad[0], patch->pad[1]}};
}
