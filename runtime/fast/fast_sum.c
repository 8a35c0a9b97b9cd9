/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums. A convolution turns the rows of its input, channels innermost, into a ring of as many as a
 * kernel reaches over: from there the inputs of a kernel row lie one after the other. Taps on
 * padding are left out; columns whose patch lies on the map go in tiles, the others one by one.
 */
#include "fast_inside.h"

#include <string.h>

enum { LANES = TTFS_FAST_LANES, VECTOR = LANES * sizeof(float) };

/* Every output of a group at `places` places; `t` has all that they share, its `out` and `add` are
 * those of the group's first output. */
static void all_outputs(const TtfsFastWork *w, const TtfsFastWeights *s, uint64_t group,
                        uint32_t places, const TtfsFastPart *part, uint64_t parts, TtfsFastTile t) {
    const char *out = (const char *)t.out, *add = (const char *)t.add;
    for (uint64_t o = 0; o < s->n; o += s->outputs) {
        uint64_t outputs = s->n - o < s->outputs ? s->n - o : s->outputs, at = group * s->n + o;
        t.weights = s->weights + at * s->k;
        t.scale = s->scale + at;
        t.shift = s->shift + at;
        t.out = (float *)(out + o * t.across);
        t.add = add ? (const float *)(add + o * t.across) : NULL;
        w->fast->code.sum[outputs][places](part, parts, &t);
    }
}

static TtfsFastTile tile_of(const TtfsFastWork *w, const TtfsFastStep *s) {
    TtfsFastTile t = {.out = ttfs_fast_at(w, s->out), .lo = s->sum.lo, .hi = s->sum.hi};
    if (s->sum.add.i) t.add = ttfs_fast_at(w, s->sum.add);
    return t;
}

static TtfsFastTile moved(TtfsFastTile t, uint64_t elements) {
    t.out += elements * LANES;
    if (t.add) t.add += elements * LANES;
    return t;
}

static void matrix(TtfsFastWork *w, const TtfsFastStep *s) {
    const TtfsFastWeights *m = &s->sum;
    const float *x = ttfs_fast_at(w, s->node->in[0]);
    uint64_t rows = ttfs_ir_count(ttfs_ir_tensor(w->fast->ir, s->node->in[0])) / m->k;
    TtfsFastTile t = tile_of(w, s);
    t.across = VECTOR;
    for (uint64_t r = 0; r < rows; r++) {
        TtfsFastPart part = {x + r * m->k * LANES, 0, m->k};
        all_outputs(w, m, 0, 1, &part, 1, moved(t, r * m->n));
    }
}

/* A group of a convolution under way. */
typedef struct {
    TtfsFastWork *w;
    const TtfsFastStep *step;
    const TtfsIrAttr *attr;
    int64_t height, width; /* of the input */
    uint64_t channels, group;
    const float *planes; /* of the group's inputs */
    int64_t span, next;  /* rows of the ring; the next to turn */
    TtfsFastTile tile;
} Conv;

static float *ring_row(const Conv *c, int64_t y) {
    uint64_t row = (uint64_t)c->width * c->channels * LANES;
    return c->w->rows + (uint64_t)(y % c->span) * row;
}

static void turn_row(const Conv *c, int64_t y) {
    float *to = ring_row(c, y);
    uint64_t plane = (uint64_t)(c->height * c->width) * LANES, pixel = c->channels * LANES;
    for (uint64_t k = 0; k < c->channels; k++) {
        const float *from = c->planes + k * plane + (uint64_t)(y * c->width) * LANES;
        for (uint64_t x = 0; x < (uint64_t)c->width; x++)
            memcpy(to + x * pixel + k * LANES, from + x * LANES, VECTOR);
    }
}

/* Rows that the patches of output row oy lie on. */
static void turn_rows(Conv *c, int64_t top) {
    int64_t end = top + c->span < c->height ? top + c->span : c->height;
    if (c->next < top) c->next = top;
    for (; c->next < end; c->next++) turn_row(c, c->next);
}

/* The parts of the patch of column ox, whose rows are `ty` from `top` on. */
static uint64_t parts_of(const Conv *c, int64_t top, TtfsFastTaps ty, uint32_t ox) {
    const TtfsIrAttr *a = c->attr;
    int64_t left = (int64_t)ox * a->stride[1] - a->pad[1];
    TtfsFastTaps tx = ttfs_fast_taps(a, 1, ox, (uint32_t)c->width);
    uint32_t run = a->dilation[1] == 1 ? tx.to - tx.from : 1; /* taps that are neighbours */
    uint64_t parts = 0;
    for (uint32_t ky = ty.from; ky < ty.to; ky++)
        for (uint32_t kx = tx.from; kx < tx.to; kx += run) {
            int64_t y = top + (int64_t)ky * a->dilation[0], x = left + (int64_t)kx * a->dilation[1];
            c->w->part[parts++] = (TtfsFastPart){ring_row(c, y) + (uint64_t)x * c->channels * LANES,
                                                 ((uint64_t)ky * a->kernel[1] + kx) * c->channels,
                                                 run * c->channels};
        }
    return parts;
}

/* Columns from ox on, `most` at most, whose patches lie on the map from left to right; 1 when that
 * of ox does not. */
static uint32_t places_from(const Conv *c, uint32_t ox, uint32_t width) {
    const TtfsIrAttr *a = c->attr;
    int64_t reach = (int64_t)(a->kernel[1] - 1) * a->dilation[1];
    uint32_t n = 0;
    for (; n < c->step->sum.places && ox + n < width; n++) {
        int64_t left = (int64_t)(ox + n) * a->stride[1] - a->pad[1];
        if (left < 0 || left + reach >= c->width) break;
    }
    return n ? n : 1;
}

static void conv_row(Conv *c, uint32_t oy, uint32_t width) {
    const TtfsIrAttr *a = c->attr;
    int64_t top = (int64_t)oy * a->stride[0] - a->pad[0];
    TtfsFastTaps ty = ttfs_fast_taps(a, 0, oy, (uint32_t)c->height);
    turn_rows(c, top);
    for (uint32_t ox = 0, places; ox < width; ox += places) {
        places = places_from(c, ox, width);
        uint64_t parts = parts_of(c, top, ty, ox);
        all_outputs(c->w, &c->step->sum, c->group, places, c->w->part, parts,
                    moved(c->tile, (uint64_t)oy * width + ox));
    }
}

static void convolution(TtfsFastWork *w, const TtfsFastStep *s) {
    const TtfsIr *ir = w->fast->ir;
    const TtfsTensorInfo *x = ttfs_ir_tensor(ir, s->node->in[0]);
    const TtfsTensorInfo *y = ttfs_ir_tensor(ir, s->node->out);
    const TtfsIrAttr *a = &s->node->attr;
    Conv c = {.w = w, .step = s, .attr = a, .height = x->dim[2], .width = x->dim[3]};
    uint64_t pixels = (uint64_t)y->dim[2] * y->dim[3];
    c.channels = x->dim[1] / a->group;
    c.span = (int64_t)(a->kernel[0] - 1) * a->dilation[0] + 1;
    for (c.group = 0; c.group < a->group; c.group++) {
        c.planes = ttfs_fast_at(w, s->node->in[0]) +
                   c.group * c.channels * (uint64_t)(c.height * c.width) * LANES;
        c.next = 0;
        c.tile = moved(tile_of(w, s), c.group * s->sum.n * pixels);
        c.tile.step = a->stride[1] * c.channels * VECTOR;
        c.tile.across = pixels * VECTOR;
        c.tile.along = VECTOR;
        for (uint32_t oy = 0; oy < y->dim[2]; oy++) conv_row(&c, oy, y->dim[3]);
    }
}

void ttfs_fast_sum(TtfsFastWork *w, const TtfsFastStep *s) {
    if (s->sum.block)
        ttfs_fast_tiles(w, s);
    else if (s->node->op == TTFS_OP_CONV)
        convolution(w, s);
    else
        matrix(w, s);
}
