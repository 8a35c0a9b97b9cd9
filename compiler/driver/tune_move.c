/* SPDX-License-Identifier: Apache-2.0
 *
 * A moved sample is a copy, pixel by pixel, of the sample as it was read.
 */
#include "tune_move.h"

#include "philox.h"
#include "tune.h"

#include <inttypes.h>
#include <string.h>

bool ttfs_tune_moves(const TtfsTuneMove *m) {
    return m->flip || m->shift;
}

/* As the input's layer has them, whose axes lie as the sample's or in another order. */
static void take_axes(TtfsTuneMove *m, const TtfsNet *net) {
    const TtfsNetLayer *in = &net->layers.at[0];
    const uint32_t own[3] = {in->c, in->h, in->w};
    uint32_t dim[3];
    memcpy(m->dim, own, sizeof own);
    for (int a = 0; a < 3; a++) dim[net->order[a]] = own[a];
    const size_t after[3] = {(size_t)dim[1] * dim[2], dim[2], 1};
    for (int a = 0; a < 3; a++) m->step[a] = after[net->order[a]];
}

static bool fits(const TtfsTuneMove *m, TtfsDiag *diag) {
    uint32_t rows = m->dim[1], columns = m->dim[2], least = rows < columns ? rows : columns;
    if (m->flip && columns < 2)
        return ttfs_error(diag, TTFS_AT_FILE("--flip"), TTFS_OPTION_VALUE,
                          "the network's samples have no columns to be mirrored: they are vectors");
    return m->shift == 0 || m->shift < least ||
           ttfs_error(diag, TTFS_AT_FILE("--shift"), TTFS_OPTION_VALUE,
                      "%" PRIu32 " pixels, but the network's samples have %" PRIu32 " x %" PRIu32,
                      m->shift, rows, columns);
}

bool ttfs_tune_move_open(TtfsTuneMove *m, const TtfsSession *s, const TtfsNet *net,
                         const TtfsTuneOptions *o, TtfsDiag *diag) {
    *m = (TtfsTuneMove){.session = s, .flip = o->flip, .shift = o->shift, .seed = o->seed};
    take_axes(m, net);
    return fits(m, diag);
}

/* `at` moved by `by`, held inside 0..n-1. */
static uint32_t inside(uint32_t at, int32_t by, uint32_t n) {
    int64_t v = (int64_t)at + by;
    return v < 0 ? 0 : v >= n ? n - 1 : (uint32_t)v;
}

static void move(const TtfsTuneMove *m, const uint32_t word[4], const float *from, float *to) {
    uint32_t wide = 2 * m->shift + 1;
    int32_t down = (int32_t)(word[1] % wide) - (int32_t)m->shift;
    int32_t right = (int32_t)(word[2] % wide) - (int32_t)m->shift;
    bool mirrored = m->flip && word[0] & 1;
    for (uint32_t y = 0; y < m->dim[1]; y++)
        for (uint32_t x = 0; x < m->dim[2]; x++) {
            uint32_t column = inside(mirrored ? m->dim[2] - 1 - x : x, right, m->dim[2]);
            const float *in = from + inside(y, down, m->dim[1]) * m->step[1] + column * m->step[2];
            float *out = to + y * m->step[1] + x * m->step[2];
            for (uint32_t c = 0; c < m->dim[0]; c++) out[c * m->step[0]] = in[c * m->step[0]];
        }
}

bool ttfs_tune_sample(const TtfsTuneMove *m, uint64_t i, uint32_t turn, float *out,
                      TtfsDiag *diag) {
    const TtfsSession *s = m->session;
    if (!ttfs_array_sample(&s->input, &s->out.map, i, out, diag)) return false;
    if (!ttfs_tune_moves(m) || turn == TTFS_TUNE_STILL) return true;
    const uint32_t key[2] = {m->seed, TTFS_DRAW_MOVE}, counter[4] = {turn, (uint32_t)i, 0, 0};
    uint32_t word[4];
    TtfsArena a = {0};
    float *as_read = TTFS_ARRAY(&a, float, s->input.elements);
    memcpy(as_read, out, s->input.elements * sizeof *out);
    ttfs_philox(counter, key, word);
    move(m, word, as_read, out);
    ttfs_arena_free(&a);
    return true;
}
