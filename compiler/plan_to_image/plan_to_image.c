/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan + spike graph -> image. In: a checked plan of this graph; out: for each core the descriptors
 * of its slots and the rows of its weight memory, and the directory. Every slice writes its own
 * rows: the kernel's taps at their places (gaps of a dilated kernel stay zero), then the parameter
 * rows: V0 = c - R * T (a readout: c) and R, cut into slices of weight_bits, least significant
 * first. Lanes beyond the channels hold V0 = -1, R = 0 and weights 0.
 */
#include "plan_to_image.h"

#include "plan_geometry.h"

#include <inttypes.h>

typedef struct {
    const TtfsPlan *plan;
    const TtfsSpike *spike;
    TtfsImage *img;
    TtfsDiag *diag;
    bool ok;
} Maker;

static void linear_fields(const TtfsSlice *s, const TtfsGeometry *g, TtfsDescriptor *d) {
    d->op = 1;
    d->readout = g->readout;
    d->src_flat = g->src_flat;
    d->band = s->band;
    d->patch = s->patch;
    d->band_base = (int32_t)s->band_base;
    d->patch_base = (int32_t)s->patch_base;
    d->weight_base = (int32_t)s->weight_base;
    d->param_base = (int32_t)s->param_base;
    d->group_rows = (int32_t)s->group_rows;
    d->groups = (int32_t)s->groups;
    d->oy_first = (int32_t)s->oy_first;
    d->y_start = (int32_t)s->oy_first * (int32_t)g->sy - (int32_t)g->pad_y;
    d->x_start = -(int32_t)g->pad_x;
}

static void pool_fields(const TtfsGeometry *g, TtfsDescriptor *d) {
    d->op = 2;
    d->pool_qy = (int32_t)(g->pad_y / g->sy);
    d->pool_ry = (int32_t)(g->pad_y % g->sy);
    d->pool_qx = (int32_t)(g->pad_x / g->sx);
    d->pool_rx = (int32_t)(g->pad_x % g->sx);
}

static void slice_fields(const Maker *m, const TtfsSlice *s, TtfsDescriptor *d) {
    TtfsGeometry g;
    ttfs_plan_geometry(m->spike, s->pop, &g);
    if (g.pool)
        pool_fields(&g, d);
    else
        linear_fields(s, &g, d);
    d->dst_flat = g.dst_flat;
    d->src_ticks = (int32_t)g.src->ticks;
    d->dst_ticks = (int32_t)g.dst->ticks;
    d->src_base = (int32_t)s->src_base;
    d->channels = (int32_t)s->channels;
    d->ch_first = (int32_t)s->ch_first;
    d->oy_count = (int32_t)s->oy_count;
    d->ox_count = (int32_t)g.dst->w;
    d->kh = (int32_t)g.kh;
    d->kw = (int32_t)g.kw;
    d->sy = (int32_t)g.sy;
    d->sx = (int32_t)g.sx;
    d->row_c = (int32_t)g.row_c;
    d->row_y = (int32_t)g.row_y;
}

static void make_descriptor(Maker *m, uint32_t core, uint32_t slot) {
    const TtfsPlan *p = m->plan;
    const TtfsCoreSlot *at = ttfs_plan_at(p, core, slot);
    TtfsDescriptor d = {0};
    const char *bad = "";
    d.listen = at->listen;
    d.last = slot + 1 == p->slots.len;
    if (at->seal.i) {
        d.seal = 1;
        d.seal_ticks = (int32_t)ttfs_spike_pop(m->spike, at->seal)->ticks;
        d.seal_base = (int32_t)at->seal_base;
    }
    if (at->slice) slice_fields(m, &p->slices.at[at->slice - 1], &d);
    uint32_t *words = m->img->cores[core].descriptors + (size_t)slot * TTFS_DESC_WORDS;
    if (!ttfs_descriptor_pack(&d, words, &bad))
        m->ok = ttfs_error(
            m->diag, TTFS_AT_NODE(NULL, ttfs_spike_pop(m->spike, p->slots.at[slot].pop)->name),
            TTFS_PLAN_CHECK, "the descriptor's field %s does not hold its value", bad);
}

/* Writes a number into one lane of `rows` rows, least significant slice first. */
static void put_slices(Maker *m, uint32_t core, uint32_t row, uint32_t rows, uint32_t lane,
                       int64_t v) {
    uint32_t width = m->img->chip.weight_bits;
    for (uint32_t i = 0; i < rows; i++)
        ttfs_image_set_lane(m->img, core, row + i, lane,
                            (int32_t)((uint64_t)v >> (i * width) & ((1u << width) - 1)));
}

static bool holds(uint32_t bits, int64_t v) {
    return v >= -(INT64_C(1) << (bits - 1)) && v < INT64_C(1) << (bits - 1);
}

static void put_params(Maker *m, const TtfsSlice *s, const TtfsPopulation *pop) {
    const TtfsChip *chip = &m->plan->chip;
    uint32_t thresholds = ttfs_chip_threshold_rows(chip), ramps = ttfs_chip_ramp_rows(chip);
    for (uint32_t i = 0; i < s->groups * chip->lanes; i++) {
        uint32_t row = s->param_base + i / chip->lanes * (thresholds + ramps);
        uint32_t lane = i % chip->lanes, ch = s->ch_first + i;
        bool used = i < s->channels;
        int64_t ramp = used && pop->ramp ? pop->ramp[ch] : 0;
        int64_t start = used ? pop->bias[ch] - ramp * pop->ticks : -1;
        if (!holds(chip->acc_bits, start) || !holds(chip->slope_bits, ramp)) {
            m->ok = ttfs_error(m->diag, TTFS_AT_NODE(NULL, pop->name), TTFS_PLAN_WIDTH,
                               "channel %u starts at %" PRId64 " with a ramp of %" PRId64
                               ", the chip has %u and %u bits",
                               ch, start, ramp, chip->acc_bits, chip->slope_bits);
            return;
        }
        put_slices(m, s->core, row, thresholds, lane, start);
        put_slices(m, s->core, row + thresholds, ramps, lane, ramp);
    }
}

/* Places one channel's weights: tap (c, ky, kx) in row c * row_c + ky * dy * row_y + kx * dx. */
static bool put_channel(Maker *m, const TtfsSlice *s, const TtfsGeometry *g, uint32_t i) {
    const TtfsConnection *k = g->conn;
    bool dense = k->kind == TTFS_CONN_DENSE;
    uint32_t th = dense ? g->kh : k->kernel[0], tw = dense ? g->kw : k->kernel[1];
    uint32_t dy = dense ? 1 : k->dilation[0], dx = dense ? 1 : k->dilation[1];
    uint32_t lanes = m->plan->chip.lanes, lane = i % lanes;
    uint32_t base = s->weight_base + i / lanes * s->group_rows;
    const int16_t *w = k->weights + (uint64_t)(s->ch_first + i) * (k->weight_count / g->dst->c);
    for (uint32_t c = 0; c < g->src->c; c++)
        for (uint32_t y = 0; y < th; y++)
            for (uint32_t x = 0; x < tw; x++, w++) {
                if (!holds(m->plan->chip.weight_bits, *w))
                    return ttfs_error(m->diag, TTFS_AT_NODE(NULL, g->dst->name), TTFS_PLAN_WIDTH,
                                      "channel %u has the weight %d, the chip's have %u bits",
                                      s->ch_first + i, *w, m->plan->chip.weight_bits);
                uint32_t row = base + c * g->row_c + y * dy * g->row_y + x * dx;
                ttfs_image_set_lane(m->img, s->core, row, lane, *w);
            }
    return true;
}

static void put_slice(Maker *m, const TtfsSlice *s) {
    TtfsGeometry g;
    ttfs_plan_geometry(m->spike, s->pop, &g);
    if (g.pool) return;
    put_params(m, s, g.dst);
    for (uint32_t i = 0; m->ok && i < s->channels; i++) m->ok = put_channel(m, s, &g, i);
}

static void add_connection(const TtfsConnection *k, TtfsImagePop *p) {
    p->conn_kind = k->kind;
    p->src = k->src.i;
    p->weight_bits = k->weight_bits;
    if (k->kind == TTFS_CONN_DENSE) return;
    for (int i = 0; i < 2; i++) {
        p->kernel[i] = k->kernel[i];
        p->stride[i] = k->stride[i];
        p->dilation[i] = k->dilation[i];
    }
    for (int i = 0; i < 4; i++) p->pad[i] = k->pad[i];
}

static void make_directory(Maker *m) {
    TtfsImage *img = m->img;
    for (uint32_t i = 0; i < m->spike->pops.len; i++) {
        const TtfsPopulation *pop = &m->spike->pops.at[i];
        TtfsImagePop p = {.kind = pop->kind,
                          .name = ttfs_arena_strdup(&img->arena, pop->name),
                          .c = pop->c,
                          .h = pop->h,
                          .w = pop->w,
                          .ticks = pop->ticks,
                          .start = pop->start,
                          .rate_ppm = pop->rate_ppm,
                          .scale = pop->scale,
                          .offset = pop->offset};
        if (pop->conn_count) add_connection(&m->spike->conns.at[pop->conn_first], &p);
        *TTFS_PUSH(&img->arena, img->pops) = p;
    }
    img->slots = m->plan->slots.len;
    img->slot_pop = TTFS_ARRAY(&img->arena, uint32_t, img->slots);
    for (uint32_t s = 0; s < img->slots; s++) img->slot_pop[s] = m->plan->slots.at[s].pop.i;
}

static void make_cores(Maker *m) {
    TtfsImage *img = m->img;
    img->cores = TTFS_ARRAY(&img->arena, TtfsCoreImage, img->chip.cores);
    for (uint32_t c = 0; c < img->chip.cores; c++) {
        TtfsCoreImage *core = &img->cores[c];
        core->slots = img->slots;
        core->rows = m->plan->weight_rows_used[c];
        core->row_bytes = (img->chip.lanes * img->chip.weight_bits + 7) / 8;
        core->descriptors =
            TTFS_ARRAY(&img->arena, uint32_t, (size_t)core->slots * TTFS_DESC_WORDS);
        core->weights =
            TTFS_ARRAY(&img->arena, unsigned char, (size_t)core->rows * core->row_bytes);
        for (uint32_t s = 0; s < img->slots; s++) make_descriptor(m, c, s);
    }
    for (uint32_t i = 0; m->ok && i < m->plan->slices.len; i++)
        put_slice(m, &m->plan->slices.at[i]);
}

bool ttfs_plan_to_image(const TtfsPlan *p, const TtfsSpike *s, TtfsImage *out, TtfsDiag *diag) {
    *out = (TtfsImage){.chip = p->chip};
    out->chip.name = ttfs_arena_strdup(&out->arena, p->chip.name);
    Maker m = {.plan = p, .spike = s, .img = out, .diag = diag, .ok = true};
    make_directory(&m);
    make_cores(&m);
    return m.ok && ttfs_image_check(out, NULL, diag);
}
