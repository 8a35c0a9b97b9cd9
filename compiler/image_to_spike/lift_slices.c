/* SPDX-License-Identifier: Apache-2.0
 *
 * One slot of the lift: every core's descriptor is rebuilt from the directory and its free fields
 * and must be equal in all others; then its rows are decoded. A channel that several slices hold
 * (rows cut over cores) must decode alike in all. Lanes beyond the channels and the gaps of dilated
 * kernels must hold what the chip's contract says.
 */
#include "lift.h"

#include <inttypes.h>
#include <string.h>

static const char *const field_names[] = {
#define TTFS_FIELD(NAME, name, word, lsb, width, is_signed, doc) #name,
#include "fields.def"
#undef TTFS_FIELD
};

/* A slice in hand. */
typedef struct {
    Lift *l;
    const TtfsDescriptor *d;
    uint32_t core, slot, pop;
    const TtfsImagePop *dst, *src;
    unsigned char *covered; /* per channel and row of the population: a slice holds it */
    unsigned char *decoded; /* per channel: its numbers are known */
} Slice;

static int32_t extent(uint32_t kernel, uint32_t dilation) {
    return (int32_t)((kernel - 1) * dilation + 1);
}

static void want_patch(const Slice *s, TtfsDescriptor *w) {
    const TtfsImagePop *p = s->dst;
    bool dense = p->conn_kind == TTFS_CONN_DENSE;
    w->kh = dense ? (int32_t)s->src->h : extent(p->kernel[0], p->dilation[0]);
    w->kw = dense ? (int32_t)s->src->w : extent(p->kernel[1], p->dilation[1]);
    w->sy = dense ? 1 : (int32_t)p->stride[0];
    w->sx = dense ? 1 : (int32_t)p->stride[1];
}

static void want_linear(const Slice *s, TtfsDescriptor *w) {
    const TtfsImagePop *p = s->dst;
    uint32_t lanes = s->l->img->chip.lanes;
    int32_t pad_y = p->conn_kind == TTFS_CONN_DENSE ? 0 : (int32_t)p->pad[0];
    int32_t pad_x = p->conn_kind == TTFS_CONN_DENSE ? 0 : (int32_t)p->pad[1];
    w->op = 1;
    w->readout = p->kind == TTFS_POP_READOUT;
    w->src_flat = s->src->h == 1 && s->src->w == 1;
    w->weight_base = s->d->weight_base;
    w->param_base = s->d->param_base;
    w->oy_first = s->d->oy_first;
    w->groups = (int32_t)(((uint32_t)w->channels + lanes - 1) / lanes);
    w->row_c = w->kh * w->kw;
    w->row_y = w->kw;
    w->group_rows = (int32_t)s->src->c * w->row_c;
    w->y_start = w->oy_first * w->sy - pad_y;
    w->x_start = -pad_x;
    if (w->src_flat) return;
    w->band = s->d->band;
    w->patch = s->d->patch;
    w->band_base = s->d->band_base;
    w->patch_base = s->d->patch_base;
}

static void want_pool(const Slice *s, TtfsDescriptor *w) {
    const uint32_t *pad = s->dst->pad;
    w->op = 2;
    w->row_c = (int32_t)(s->dst->h * s->dst->w);
    w->row_y = (int32_t)s->dst->w;
    w->pool_qy = (int32_t)(pad[0] / (uint32_t)w->sy);
    w->pool_ry = (int32_t)(pad[0] % (uint32_t)w->sy);
    w->pool_qx = (int32_t)(pad[1] / (uint32_t)w->sx);
    w->pool_rx = (int32_t)(pad[1] % (uint32_t)w->sx);
}

/* What a core does besides computing: LISTEN and SEAL are followed by lift_lists.c. */
static void want_common(const Lift *l, const TtfsDescriptor *d, uint32_t slot, TtfsDescriptor *w) {
    w->last = slot + 1 == l->img->slots;
    w->listen = d->listen;
    w->seal = d->seal;
    if (!d->seal || slot == 0) return;
    w->seal_ticks = (int32_t)l->img->pops.at[l->img->slot_pop[slot - 1] - 1].ticks;
    w->seal_base = d->seal_base;
}

/* Every field that is not free, from the directory. */
static bool check_fields(const Slice *s) {
    const TtfsDescriptor *d = s->d;
    TtfsDescriptor w = {0};
    want_common(s->l, d, s->slot, &w);
    if (d->op && s->slot) {
        w.src_base = d->src_base;
        w.channels = d->channels;
        w.ch_first = d->ch_first;
        w.oy_count = d->oy_count;
        w.ox_count = (int32_t)s->dst->w;
        w.src_ticks = (int32_t)s->src->ticks;
        w.dst_ticks = (int32_t)s->dst->ticks;
        w.dst_flat = s->dst->h == 1 && s->dst->w == 1;
        want_patch(s, &w);
        if (s->dst->conn_kind == TTFS_CONN_POOL)
            want_pool(s, &w);
        else
            want_linear(s, &w);
    }
    const unsigned char *have = (const unsigned char *)d, *want = (const unsigned char *)&w;
    bool ok = true;
    for (size_t i = 0; i < sizeof w / sizeof(int32_t); i++) {
        int32_t a, b;
        memcpy(&a, have + i * sizeof a, sizeof a);
        memcpy(&b, want + i * sizeof b, sizeof b);
        if (a != b)
            ok = ttfs_lift_fault(s->l, s->pop, "core %u slot %u: %s is %d, %d expected", s->core,
                                 s->slot, field_names[i], a, b);
    }
    return ok;
}

/* Marks the slice's channels and rows; each may be held once. */
static bool cover(const Slice *s) {
    const TtfsDescriptor *d = s->d;
    uint32_t first = (uint32_t)d->ch_first, n = (uint32_t)d->channels;
    uint32_t row = (uint32_t)d->oy_first, rows = (uint32_t)d->oy_count;
    if (n == 0 || first >= s->dst->c || n > s->dst->c - first || rows == 0 || row >= s->dst->h ||
        rows > s->dst->h - row)
        return ttfs_lift_fault(s->l, s->pop, "core %u holds channels %u+%u, rows %u+%u of %u, %u",
                               s->core, first, n, row, rows, s->dst->c, s->dst->h);
    for (uint32_t c = first; c < first + n; c++)
        for (uint32_t y = row; y < row + rows; y++) {
            if (s->covered[(size_t)c * s->dst->h + y])
                return ttfs_lift_fault(s->l, s->pop, "channel %u row %u is in two slices", c, y);
            s->covered[(size_t)c * s->dst->h + y] = 1;
        }
    return true;
}

static bool claim(const Slice *s, uint64_t base, uint64_t rows) {
    if (base + rows > s->l->img->cores[s->core].rows)
        return ttfs_lift_fault(s->l, s->pop, "core %u has no weight rows %" PRIu64 "+%" PRIu64,
                               s->core, base, rows);
    for (uint64_t r = base; r < base + rows; r++) {
        if (s->l->claimed[s->core][r])
            return ttfs_lift_fault(
                s->l, s->pop, "core %u: weight row %" PRIu64 " belongs to two slices", s->core, r);
        s->l->claimed[s->core][r] = 1;
    }
    return true;
}

/* Stores a number the first time its channel is decoded, compares it after that. */
static bool settle(const Slice *s, bool known, int32_t *at, int64_t v, const char *what,
                   uint32_t ch) {
    if (v < INT32_MIN || v > INT32_MAX || (known && *at != v))
        return ttfs_lift_fault(s->l, s->pop,
                               "core %u channel %u: %s %" PRId64 " is not that of other slices",
                               s->core, ch, what, v);
    *at = (int32_t)v;
    return true;
}

static bool decode_params(const Slice *s, uint32_t i) {
    const TtfsImage *img = s->l->img;
    uint32_t thresholds = ttfs_chip_threshold_rows(&img->chip);
    uint32_t ramps = ttfs_chip_ramp_rows(&img->chip), lane = i % img->chip.lanes;
    uint32_t row = (uint32_t)s->d->param_base + i / img->chip.lanes * (thresholds + ramps);
    int64_t start = ttfs_image_slices(img, s->core, row, thresholds, lane);
    int64_t ramp = ttfs_image_slices(img, s->core, row + thresholds, ramps, lane);
    if (i >= (uint32_t)s->d->channels)
        return (start == -1 && ramp == 0) ||
               ttfs_lift_fault(s->l, s->pop, "core %u: lane %u beyond the channels is not silent",
                               s->core, i);
    TtfsPopulation *pop = &s->l->out->pops.at[s->pop - 1];
    uint32_t ch = (uint32_t)s->d->ch_first + i;
    if (!pop->ramp && ramp)
        return ttfs_lift_fault(s->l, s->pop, "channel %u of the readout has a ramp", ch);
    return settle(s, s->decoded[ch], &pop->bias[ch], start + ramp * pop->ticks, "bias", ch) &&
           (!pop->ramp || settle(s, s->decoded[ch], &pop->ramp[ch], ramp, "ramp", ch));
}

/* The weight rows of lane i: taps go to `w` (NULL beyond the channels), all else is zero. */
static bool decode_weights(const Slice *s, uint32_t i, int16_t *w, bool known) {
    const TtfsImagePop *p = s->dst;
    bool dense = p->conn_kind == TTFS_CONN_DENSE;
    uint32_t dy = dense ? 1 : p->dilation[0], dx = dense ? 1 : p->dilation[1];
    uint32_t lanes = s->l->img->chip.lanes, kw = (uint32_t)s->d->kw, kh = (uint32_t)s->d->kh;
    uint32_t base = (uint32_t)s->d->weight_base + i / lanes * (uint32_t)s->d->group_rows;
    for (uint32_t r = 0; r < (uint32_t)s->d->group_rows; r++) {
        int32_t v = ttfs_image_lane(s->l->img, s->core, base + r, i % lanes);
        bool tap = w && r / kw % kh % dy == 0 && r % kw % dx == 0;
        if (!tap && v)
            return ttfs_lift_fault(s->l, s->pop,
                                   "core %u row %u lane %u: %d where zero is expected", s->core,
                                   base + r, i % lanes, v);
        if (!tap) continue;
        if (known && *w != v)
            return ttfs_lift_fault(s->l, s->pop, "core %u row %u lane %u: not that of other slices",
                                   s->core, base + r, i % lanes);
        *w++ = (int16_t)v;
    }
    return true;
}

static bool decode(const Slice *s) {
    Lift *l = s->l;
    const TtfsDescriptor *d = s->d;
    uint64_t params = ttfs_chip_threshold_rows(&l->img->chip) + ttfs_chip_ramp_rows(&l->img->chip);
    uint64_t groups = (uint64_t)d->groups;
    if (!claim(s, (uint64_t)d->weight_base, groups * (uint64_t)d->group_rows) ||
        !claim(s, (uint64_t)d->param_base, groups * params))
        return false;
    const TtfsConnection *k = &l->out->conns.at[l->out->pops.at[s->pop - 1].conn_first];
    uint64_t each = k->weight_count / s->dst->c;
    for (uint32_t i = 0; i < groups * l->img->chip.lanes; i++) {
        bool used = i < (uint32_t)d->channels;
        uint32_t ch = (uint32_t)d->ch_first + i;
        int16_t *w = used ? (int16_t *)(uintptr_t)k->weights + ch * each : NULL;
        if (!decode_params(s, i) || !decode_weights(s, i, w, used && s->decoded[ch])) return false;
        if (used) s->decoded[ch] = 1;
    }
    return true;
}

void ttfs_lift_slot(Lift *l, uint32_t slot) {
    uint32_t pop = l->img->slot_pop[slot];
    const TtfsImagePop *dst = &l->img->pops.at[pop - 1];
    TtfsMark mark = ttfs_arena_mark(&l->scratch);
    Slice s = {.l = l, .slot = slot, .pop = pop, .dst = dst};
    s.src = dst->src ? &l->img->pops.at[dst->src - 1] : NULL;
    s.covered = TTFS_ARRAY(&l->scratch, unsigned char, (size_t)dst->c * dst->h);
    s.decoded = TTFS_ARRAY(&l->scratch, unsigned char, dst->c);
    for (s.core = 0; s.core < l->img->chip.cores; s.core++) {
        s.d = ttfs_lift_desc(l, s.core, slot);
        if (!check_fields(&s) || !s.d->op || !cover(&s)) continue;
        if (s.d->op == 1) decode(&s);
    }
    for (size_t i = 0; l->ok && slot && i < (size_t)dst->c * dst->h; i++)
        if (!s.covered[i])
            ttfs_lift_fault(l, pop, "channel %zu row %zu is in no slice", i / dst->h, i % dst->h);
    ttfs_arena_release(&l->scratch, mark);
}
