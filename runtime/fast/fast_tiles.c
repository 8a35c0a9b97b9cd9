/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions by Winograd's tiles. Of a block of tiles every channel is transformed; then, for
 * some outputs at a time, the 36 products are summed over channels, and transformed back. Tiles
 * that reach over the map's edge, or over the output's, pass through a patch of their own. A value
 * depends on its tile alone, not on the block.
 */
#include "fast_inside.h"

#include <string.h>

enum {
    LANES = TTFS_FAST_LANES,
    VECTOR = LANES * sizeof(float),
    IN = TTFS_TILE_IN,
    OUT = TTFS_TILE
};
enum { PRODUCTS = TTFS_TILE_PRODUCTS };

static uint64_t tiles_along(uint32_t outputs) {
    return (outputs + OUT - 1) / OUT;
}

/* As many tiles as have their factors in half a second-level cache, three or four at least. */
static uint64_t block_of(uint64_t tiles, uint64_t channels, uint32_t places) {
    uint64_t most = (512 << 10) / (PRODUCTS * channels * VECTOR);
    if (most < 4) most = tiles == 4 ? 4 : 3;
    if (most > 4) most -= most % places;
    return tiles < most ? tiles : most;
}

/* Outputs whose products are held at once, as many as have them in a third of that cache. */
static uint64_t outputs_at_once(const TtfsFastWeights *s) {
    uint64_t most = (384 << 10) / (PRODUCTS * s->block * VECTOR);
    most -= most % s->outputs;
    if (most < s->outputs) most = s->outputs;
    return s->n < most ? s->n : most;
}

/* Sums of values on a grid are whole steps, as plain ones are exactly: where a network rounds them,
 * at a tie, one that is a bit off is a whole step off. */
static bool rounds(const TtfsIr *ir) {
    for (uint32_t i = 0; i < ir->nodes.len; i++)
        if (ir->nodes.at[i].op == TTFS_OP_QUANT) return true;
    return false;
}

uint64_t ttfs_fast_block(const TtfsIr *ir, const TtfsNode *n, const TtfsFastWeights *s) {
    if (rounds(ir)) return 0;
    const TtfsTensorInfo *y = ttfs_ir_tensor(ir, n->out);
    const TtfsIrAttr *a = &n->attr;
    for (int axis = 0; axis < 2; axis++)
        if (a->kernel[axis] != 3 || a->stride[axis] != 1 || a->dilation[axis] != 1) return 0;
    uint64_t tiles = tiles_along(y->dim[2]) * tiles_along(y->dim[3]), channels = s->k / 9;
    uint64_t plain = 9 * (uint64_t)y->dim[2] * y->dim[3], ours = PRODUCTS * tiles;
    /* the transforms are some 150 operations a channel and 200 an output */
    uint64_t around = tiles * (150 * channels + 200 * s->n);
    bool fewer = ours * channels * s->n + around < plain * channels * s->n * 3 / 4;
    return fewer ? block_of(tiles, channels, s->places) : 0;
}

/* From a factor to the next one, in vectors: off powers of two, which share places in a cache. */
static uint64_t apart_in(const TtfsFastWeights *s) {
    return s->block * (s->k / 9) + 1;
}

static uint64_t apart_out(const TtfsFastWeights *s) {
    return s->block * outputs_at_once(s) + 1;
}

uint64_t ttfs_fast_block_floats(const TtfsFastWeights *s) {
    return PRODUCTS * (apart_in(s) + apart_out(s)) * LANES;
}

/* A group under way. */
typedef struct {
    TtfsFastWork *w;
    const TtfsFastWeights *s;
    const TtfsTensorInfo *x, *y;
    const TtfsIrAttr *attr;
    uint64_t channels, group;
    const float *planes;   /* of the group's inputs */
    float *in, *product;   /* [36] apart: [tile][channel]; [output][tile] */
    uint64_t first, count; /* tiles of the block */
} Tiles;

/* Where a tile begins in the output. */
static uint32_t row_of(const Tiles *t, uint64_t tile) {
    return (uint32_t)(tile / tiles_along(t->y->dim[3])) * OUT;
}

static uint32_t column_of(const Tiles *t, uint64_t tile) {
    return (uint32_t)(tile % tiles_along(t->y->dim[3])) * OUT;
}

/* Places [from, to) of `n` from `start` on that lie in a map of `size`. */
static TtfsFastTaps inside(int64_t start, uint32_t n, uint32_t size) {
    int64_t from = start < 0 ? -start : 0, to = (int64_t)size - start;
    if (to > n) to = n;
    if (to < from) to = from;
    return (TtfsFastTaps){(uint32_t)from, (uint32_t)to};
}

static uint64_t offset_of(const TtfsTensorInfo *map, int64_t row, int64_t column) {
    return (uint64_t)(row * map->dim[3] + column) * LANES;
}

/* A tile of the input, and which of its rows and columns lie on the map. */
typedef struct {
    int64_t top, left;
    TtfsFastTaps rows, columns;
    bool whole;
} Place;

static Place place_of(const Tiles *t, uint64_t tile) {
    Place p = {.top = (int64_t)row_of(t, tile) - t->attr->pad[0],
               .left = (int64_t)column_of(t, tile) - t->attr->pad[1]};
    p.rows = inside(p.top, IN, t->x->dim[2]);
    p.columns = inside(p.left, IN, t->x->dim[3]);
    p.whole = p.rows.to - p.rows.from == IN && p.columns.to - p.columns.from == IN;
    return p;
}

/* What of the tile lies on the map; the rest of `patch` stays 0. */
static void fill_patch(const Tiles *t, const Place *p, const float *plane, float *patch) {
    uint64_t row = (uint64_t)t->x->dim[3] * LANES;
    uint64_t bytes = (p->columns.to - p->columns.from) * VECTOR;
    if (bytes == 0 || p->rows.from == p->rows.to) return;
    plane += offset_of(t->x, p->top + p->rows.from, p->left + p->columns.from);
    patch += p->columns.from * LANES;
    for (uint32_t y = p->rows.from; y < p->rows.to; y++, plane += row)
        memcpy(patch + y * IN * LANES, plane, bytes);
}

/* Every channel of a tile. */
static void turn_in(const Tiles *t, const Place *p, float *out) {
    float patch[IN * IN * LANES];
    TtfsFastTileIn *tile_in = t->w->fast->code.tile_in;
    uint64_t map = (uint64_t)t->x->dim[2] * t->x->dim[3] * LANES, next = apart_in(t->s) * VECTOR;
    const float *plane = t->planes;
    if (!p->whole) memset(patch, 0, sizeof patch);
    for (uint64_t k = 0; k < t->channels; k++, plane += map, out += LANES) {
        if (!p->whole) fill_patch(t, p, plane, patch);
        if (p->whole)
            tile_in(plane + offset_of(t->x, p->top, p->left), t->x->dim[3] * VECTOR, out, next);
        else
            tile_in(patch, IN * VECTOR, out, next);
    }
}

static void turn_block_in(const Tiles *t) {
    for (uint64_t i = 0; i < t->count; i++) {
        Place p = place_of(t, t->first + i);
        turn_in(t, &p, t->in + i * t->channels * LANES);
    }
}

/* Sums of product i over channels, for some outputs from the o-th of the group on; `out` is the
 * first one's. */
static void sum_product(const Tiles *t, uint64_t i, uint64_t o, uint64_t outputs, float *out) {
    const TtfsFastWeights *s = t->s;
    uint64_t channels = t->channels, places;
    TtfsFastTile tile = {.weights = s->weights + ((t->group * PRODUCTS + i) * s->n + o) * channels,
                         .step = channels * VECTOR,
                         .across = t->count * VECTOR,
                         .along = VECTOR};
    for (uint64_t at = 0; at < t->count; at += places) {
        uint64_t left = t->count - at;
        places = left < s->places ? left : left == 4 && s->places == 3 ? 2 : s->places;
        TtfsFastPart part = {t->in + (i * apart_in(s) + at * channels) * LANES, 0, channels};
        tile.out = out + at * LANES;
        t->w->fast->code.product[outputs][places](&part, 1, &tile);
    }
}

/* The products of outputs [first, first + n) of the group. */
static void multiply(const Tiles *t, uint64_t first, uint64_t n) {
    uint64_t most = t->s->outputs;
    for (uint64_t i = 0; i < PRODUCTS; i++)
        for (uint64_t o = 0; o < n; o += most) {
            float *out = t->product + (i * apart_out(t->s) + o * t->count) * LANES;
            sum_product(t, i, first + o, n - o < most ? n - o : most, out);
        }
}

static void copy(float *to, uint64_t to_row, const float *from, uint64_t from_row, uint32_t rows,
                 uint32_t columns) {
    for (uint32_t y = 0; y < rows; y++)
        memcpy(to + y * to_row, from + y * from_row, columns * VECTOR);
}

/* A tile of which only some rows and columns are the output's. */
static void turn_some(const Tiles *t, const float *product, TtfsFastTile *tile, uint32_t rows,
                      uint32_t columns) {
    float out[OUT * OUT * LANES], add[OUT * OUT * LANES] = {0}, *to = tile->out;
    uint64_t row = (uint64_t)t->y->dim[3] * LANES, along = tile->along;
    if (tile->add) {
        copy(add, OUT * LANES, tile->add, row, rows, columns);
        tile->add = add;
    }
    tile->out = out;
    tile->along = OUT * VECTOR;
    t->w->fast->code.tile_out(product, apart_out(t->s) * VECTOR, tile);
    tile->along = along;
    copy(to, row, out, OUT * LANES, rows, columns);
}

/* An output's tile; its map begins at `out`, and that of what is added at `add`. */
static void turn_out(const Tiles *t, const float *product, TtfsFastTile *tile, uint64_t which,
                     float *out, const float *add) {
    uint32_t row = row_of(t, which), column = column_of(t, which);
    uint32_t rows = t->y->dim[2] - row, columns = t->y->dim[3] - column;
    uint64_t at = offset_of(t->y, row, column);
    tile->out = out + at;
    tile->add = add ? add + at : NULL;
    if (rows < OUT || columns < OUT)
        turn_some(t, product, tile, rows < OUT ? rows : OUT, columns < OUT ? columns : OUT);
    else
        t->w->fast->code.tile_out(product, apart_out(t->s) * VECTOR, tile);
}

static void turn_block_out(const Tiles *t, const TtfsFastStep *step, uint64_t o, uint64_t outputs) {
    const TtfsFastWeights *s = t->s;
    uint64_t map = (uint64_t)t->y->dim[2] * t->y->dim[3] * LANES;
    float *out = ttfs_fast_at(t->w, step->out);
    const float *add = s->add.i ? ttfs_fast_at(t->w, s->add) : NULL;
    TtfsFastTile tile = {.along = (uint64_t)t->y->dim[3] * VECTOR, .lo = s->lo, .hi = s->hi};
    for (uint64_t k = 0; k < outputs; k++) {
        uint64_t channel = t->group * s->n + o + k;
        tile.scale = s->scale + channel;
        tile.shift = s->shift + channel;
        for (uint64_t i = 0; i < t->count; i++)
            turn_out(t, t->product + (k * t->count + i) * LANES, &tile, t->first + i,
                     out + channel * map, add ? add + channel * map : NULL);
    }
}

static void run_block(const Tiles *t, const TtfsFastStep *step) {
    turn_block_in(t);
    uint64_t most = outputs_at_once(t->s);
    for (uint64_t o = 0; o < t->s->n; o += most) {
        uint64_t outputs = t->s->n - o < most ? t->s->n - o : most;
        multiply(t, o, outputs);
        turn_block_out(t, step, o, outputs);
    }
}

void ttfs_fast_tiles(TtfsFastWork *w, const TtfsFastStep *step) {
    const TtfsIr *ir = w->fast->ir;
    const TtfsNode *n = step->node;
    Tiles t = {.w = w, .s = &step->sum, .attr = &n->attr, .channels = step->sum.k / 9};
    t.x = ttfs_ir_tensor(ir, n->in[0]);
    t.y = ttfs_ir_tensor(ir, n->out);
    t.in = w->rows;
    t.product = w->rows + PRODUCTS * apart_in(t.s) * LANES;
    uint64_t tiles = tiles_along(t.y->dim[2]) * tiles_along(t.y->dim[3]);
    uint64_t map = (uint64_t)t.x->dim[2] * t.x->dim[3] * LANES;
    for (t.group = 0; t.group < t.s->groups; t.group++) {
        t.planes = ttfs_fast_at(w, n->in[0]) + t.group * t.channels * map;
        for (t.first = 0; t.first < tiles; t.first += t.count) {
            t.count = tiles - t.first < t.s->block ? tiles - t.first : t.s->block;
            run_block(&t, step);
        }
    }
}
