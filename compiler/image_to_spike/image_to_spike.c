/* SPDX-License-Identifier: Apache-2.0
 *
 * The lift. The directory gives populations and geometry; from these and the few fields of a
 * descriptor that are free (which channels and rows, where in the memories) every other field
 * follows and is compared (lift_slices.c). Weights, thresholds and ramps are decoded, every weight
 * row must belong to exactly one slice, every neuron to exactly one slice, and the list memory is
 * followed slot by slot (lift_lists.c). So no bit of the memories is without effect on the result.
 */
#include "lift.h"

#include <inttypes.h>
#include <string.h>

/* Slots name every population once, the input in slot 0, sources before their readers. */
static bool check_slots(Lift *l) {
    const TtfsImage *img = l->img;
    uint32_t *slot_of = TTFS_ARRAY(&l->scratch, uint32_t, (size_t)img->pops.len + 1);
    for (uint32_t s = 0; s < img->slots; s++) {
        uint32_t pop = img->slot_pop[s];
        if (slot_of[pop]) return ttfs_lift_fault(l, pop, "is in two slots");
        slot_of[pop] = s + 1;
        uint32_t src = img->pops.at[pop - 1].src;
        if ((s == 0) != (src == 0) || (src && !slot_of[src]))
            return ttfs_lift_fault(l, pop, "slot %u runs before its source", s);
    }
    return true;
}

/* What the memories hold bounds what can be allocated for a population. */
static bool check_sizes(Lift *l, uint32_t pop, uint64_t weights) {
    const TtfsImagePop *p = &l->img->pops.at[pop - 1];
    uint64_t lanes = 0;
    for (uint32_t c = 0; c < l->img->chip.cores; c++)
        lanes += (uint64_t)l->img->cores[c].rows * l->img->chip.lanes;
    if (weights > lanes || (p->conn_kind != TTFS_CONN_POOL && p->c > lanes))
        return ttfs_lift_fault(l, pop,
                               "%u channels of %" PRIu64 " weights, the image holds %" PRIu64, p->c,
                               weights, lanes);
    return true;
}

/* Fits the ids and ticks of the chip. */
static bool check_ids(Lift *l, uint32_t pop) {
    const TtfsImagePop *p = &l->img->pops.at[pop - 1];
    const TtfsChip *c = &l->img->chip;
    bool flat = p->h == 1 && p->w == 1;
    uint32_t c_bits = flat ? c->c_bits + c->y_bits + c->x_bits : c->c_bits;
    if (p->ticks > ttfs_chip_max_ticks(c) || p->c > 1u << c_bits || p->h > 1u << c->y_bits ||
        p->w > 1u << c->x_bits)
        return ttfs_lift_fault(l, pop, "its ids or ticks do not fit the chip");
    return true;
}

static uint64_t count_weights(const TtfsImagePop *p, const TtfsImagePop *src) {
    if (p->conn_kind == TTFS_CONN_POOL) return 0;
    uint64_t in = p->conn_kind == TTFS_CONN_DENSE ? (uint64_t)src->c * src->h * src->w
                                                  : (uint64_t)src->c * p->kernel[0] * p->kernel[1];
    return in * p->c;
}

/* The kernel in the descriptor's fields, which also keeps later products in range. */
static bool check_patch(Lift *l, uint32_t pop) {
    const TtfsImagePop *p = &l->img->pops.at[pop - 1], *src = &l->img->pops.at[p->src - 1];
    bool dense = p->conn_kind == TTFS_CONN_DENSE, ok = true;
    uint64_t rows = src->c;
    for (int i = 0; i < 2; i++) {
        uint64_t k = dense ? (i ? src->w : src->h)
                           : ((uint64_t)p->kernel[i] - 1) * p->dilation[i] + 1;
        rows *= k > 255 ? 256 : k;
        ok = ok && k <= 255 && (dense || (p->kernel[i] && p->dilation[i]));
        ok = ok && (dense || (p->stride[i] - 1 < 255 && p->pad[i] <= 32768));
    }
    if (p->conn_kind != TTFS_CONN_POOL) ok = ok && rows < 1u << 24;
    return ok || ttfs_lift_fault(l, pop, "its kernel does not fit the descriptor");
}

static bool add_connection(Lift *l, uint32_t pop) {
    const TtfsImagePop *p = &l->img->pops.at[pop - 1], *src = &l->img->pops.at[p->src - 1];
    if (!check_patch(l, pop)) return false;
    TtfsConnection k = {.kind = (TtfsConnKind)p->conn_kind,
                        .src = {p->src},
                        .dst = {pop},
                        .weight_bits = p->weight_bits,
                        .src_channels = src->c,
                        .group = 1,
                        .weight_count = count_weights(p, src)};
    if (!check_sizes(l, pop, k.weight_count)) return false;
    memcpy(k.kernel, p->kernel, sizeof k.kernel);
    memcpy(k.stride, p->stride, sizeof k.stride);
    memcpy(k.dilation, p->dilation, sizeof k.dilation);
    memcpy(k.pad, p->pad, sizeof k.pad);
    TtfsPopulation *dst = &l->out->pops.at[pop - 1];
    dst->conn_first = l->out->conns.len;
    dst->conn_count = 1;
    if (k.kind != TTFS_CONN_POOL) {
        k.weights = TTFS_ARRAY(&l->out->arena, int16_t, k.weight_count);
        dst->bias = TTFS_ARRAY(&l->out->arena, int32_t, p->c);
        dst->bias_count = p->c;
        if (p->kind == TTFS_POP_RELU) dst->ramp = TTFS_ARRAY(&l->out->arena, int32_t, p->c);
    }
    *TTFS_PUSH(&l->out->arena, l->out->conns) = k;
    return true;
}

/* Populations and connections as the directory says, numbers still zero. */
static bool make_graph(Lift *l) {
    TtfsSpike *out = l->out;
    for (uint32_t i = 0; i < l->img->pops.len; i++) {
        const TtfsImagePop *p = &l->img->pops.at[i];
        *TTFS_PUSH(&out->arena, out->pops) =
            (TtfsPopulation){.kind = (TtfsPopKind)p->kind,
                             .name = ttfs_arena_strdup(&out->arena, p->name),
                             .c = p->c,
                             .h = p->h,
                             .w = p->w,
                             .ticks = p->ticks,
                             .start = p->start,
                             .scale = p->scale,
                             .offset = p->offset,
                             .rate_ppm = p->rate_ppm,
                             .conn_first = out->conns.len};
        if (p->kind == TTFS_POP_INPUT) out->input.i = i + 1;
        if (p->kind == TTFS_POP_READOUT && !out->readout.i) out->readout.i = i + 1;
        if ((p->kind == TTFS_POP_POOL) != (p->src && p->conn_kind == TTFS_CONN_POOL))
            return ttfs_lift_fault(l, i + 1, "kind %u with a connection of kind %u", p->kind,
                                   p->conn_kind);
        if (!check_ids(l, i + 1) || (p->src && !add_connection(l, i + 1))) return false;
        if (p->start + p->ticks > out->latency) out->latency = p->start + p->ticks;
    }
    return true;
}

static void unpack(Lift *l) {
    const TtfsImage *img = l->img;
    l->desc = TTFS_ARRAY(&l->scratch, TtfsDescriptor, (size_t)img->chip.cores * img->slots);
    l->claimed = TTFS_ARRAY(&l->scratch, unsigned char *, img->chip.cores);
    for (uint32_t c = 0; c < img->chip.cores; c++) {
        const TtfsCoreImage *core = &img->cores[c];
        l->claimed[c] = TTFS_ARRAY(&l->scratch, unsigned char, core->rows);
        for (uint32_t s = 0; s < img->slots; s++)
            ttfs_descriptor_unpack(core->descriptors + (size_t)s * TTFS_DESC_WORDS,
                                   ttfs_lift_desc(l, c, s));
    }
}

static void check_rows(Lift *l) {
    for (uint32_t c = 0; c < l->img->chip.cores; c++)
        for (uint32_t r = 0; r < l->img->cores[c].rows; r++)
            if (!l->claimed[c][r])
                ttfs_lift_fault(l, 0, "core %u: weight row %u belongs to no slice", c, r);
}

bool ttfs_image_to_spike(const TtfsImage *img, const char *file, TtfsSpike *out, TtfsDiag *diag) {
    *out = (TtfsSpike){.order = {0, 1, 2}};
    if (!ttfs_image_check(img, file, diag)) return false;
    Lift l = {.img = img, .file = file, .out = out, .diag = diag, .ok = true};
    if (check_slots(&l) && make_graph(&l)) {
        unpack(&l);
        for (uint32_t s = 0; s < img->slots; s++) ttfs_lift_slot(&l, s);
        if (l.ok) check_rows(&l);
        if (l.ok) ttfs_lift_lists(&l);
    }
    ttfs_arena_free(&l.scratch);
    return l.ok && ttfs_spike_check(out, file, diag);
}
