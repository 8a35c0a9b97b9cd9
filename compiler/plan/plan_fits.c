/* SPDX-License-Identifier: Apache-2.0
 *
 * What one population needs of the chip wherever it lies. Every fault is reported, each with the
 * layer, what it needs and what there is. Accumulators are proven here: V starts at c - R * T,
 * takes every partial sum of the source's spikes, then climbs by R for T ticks and ends at the
 * potential; S takes every partial slope and holds R during the ramp (docs/core.md).
 */
#include "plan_geometry.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    const TtfsChip *chip;
    const TtfsSpike *spike;
    TtfsPop pop;
    TtfsGeometry g;
    const char *file;
    TtfsDiag *diag;
    bool ok;
} Fit;

static TtfsLoc here(const Fit *f) {
    return ttfs_pop_at(f->g.dst, f->file);
}

/* PLAN_FIT unless need <= have. */
static void at_most(Fit *f, const char *what, uint64_t need, uint64_t have) {
    if (need > have)
        f->ok = ttfs_error_figures(f->diag, here(f), TTFS_PLAN_FIT, (TtfsExcess){what, need, have},
                                   NULL, "needs %s of %" PRIu64 ", the chip takes %" PRIu64, what,
                                   need, have);
}

static void refuse_kind(Fit *f, const char *advice, const char *what) {
    f->ok = ttfs_error_advice(f->diag, here(f), TTFS_PLAN_KIND, advice, "%s", what);
}

static void check_kind(Fit *f) {
    const TtfsGeometry *g = &f->g;
    const TtfsConnection *c = g->conn;
    bool identity = c->kernel[0] == 1 && c->kernel[1] == 1 && c->pad[0] == 0 && c->pad[1] == 0 &&
                    g->dst_flat;
    if (c->kind == TTFS_CONN_DENSE && !g->dst_flat)
        refuse_kind(f, "flatten behind the layer", "a dense connection to rows and columns");
    if (g->readout && !g->dst_flat)
        refuse_kind(f, "end the network with a dense layer or a kernel as large as its input",
                    "a readout with rows and columns, the chip puts out one potential a channel");
    if (c->kind == TTFS_CONN_CONV && g->src_flat && !identity)
        refuse_kind(f, "make it a dense layer",
                    "a convolution other than 1x1 without padding on a 1x1 source");
    if (g->pool && g->src_flat)
        refuse_kind(f, "remove the pool: it changes nothing", "a max pool on a 1x1 source");
    if (c->kind == TTFS_CONN_MINPOOL)
        refuse_kind(f, "use a network without negative scales in front of a max pool",
                    "a min pool, the chip has max pools");
    if (c->group != 1 && g->readout && c->group == g->dst->c)
        refuse_kind(f, "end the network with a linear layer in place of a rectifier or pool",
                    "it is the readout that was added behind the last rectifier or pool, with one "
                    "weight a channel (a convolution in groups), the chip takes one group");
    else if (c->group != 1)
        refuse_kind(f, "use a network without grouped or depthwise convolutions",
                    "a convolution in groups, the chip takes one group");
    if (c->src_channels != g->src->c)
        refuse_kind(f, "use a network without slices and concatenations",
                    "sees a part of its source's channels, the chip takes all of them");
    if (g->dst->bias && g->dst->bias_count != g->dst->c)
        refuse_kind(f, "use an input range that starts at 0, or no zero padding behind an offset",
                    "biases that depend on the position, the chip has one a channel");
    if (g->pool && (c->dilation[0] != 1 || c->dilation[1] != 1))
        refuse_kind(f, "use a max pool without dilation", "a max pool with dilation");
}

/* The descriptor's fields, and the widths that rtl/ttfs_addr.v computes with:
 * offsets into a patch have one bit more than rows and columns. */
static void check_fields(Fit *f) {
    const TtfsGeometry *g = &f->g;
    const TtfsPopulation *dst = g->dst;
    at_most(f, "kernel rows", g->kh, 255);
    at_most(f, "kernel columns", g->kw, 255);
    at_most(f, "a row stride", g->sy, 255);
    at_most(f, "a column stride", g->sx, 255);
    at_most(f, "rows", dst->h, 4095);
    at_most(f, "columns", dst->w, 4095);
    uint32_t groups = (dst->c + f->chip->lanes - 1) / f->chip->lanes;
    if (!g->pool)
        at_most(f, "groups of lanes on a core", (groups + f->chip->cores - 1) / f->chip->cores,
                65535);
    at_most(f, "weight rows a group", g->group_rows, (1u << 24) - 1);
    if (g->conn->kind != TTFS_CONN_DENSE)
        for (int i = 0; i < 4; i++) at_most(f, "padding", g->conn->pad[i], 255);
    if (!g->pool && !g->src_flat) {
        at_most(f, "kernel rows", g->kh, UINT64_C(2) << f->chip->y_bits);
        at_most(f, "kernel columns", g->kw, UINT64_C(2) << f->chip->x_bits);
    }
    at_most(f, "a source row", (uint64_t)dst->h * g->sy, 32767);
    at_most(f, "a source column", (uint64_t)dst->w * g->sx, 32767);
}

/* Ids of the population itself. */
static void check_ids(Fit *f) {
    const TtfsPopulation *p = f->g.dst;
    const TtfsChip *c = f->chip;
    if (p->h == 1 && p->w == 1) {
        at_most(f, "neuron ids", p->c, UINT64_C(1) << (c->c_bits + c->y_bits + c->x_bits));
        return;
    }
    at_most(f, "channel ids", p->c, UINT64_C(1) << c->c_bits);
    at_most(f, "row ids", p->h, UINT64_C(1) << c->y_bits);
    at_most(f, "column ids", p->w, UINT64_C(1) << c->x_bits);
}

/* Bits of two's complement that hold lo..hi. */
static uint32_t bits_for(int64_t lo, int64_t hi) {
    uint32_t bits = 1;
    while (bits < 63 && (lo < -(INT64_C(1) << (bits - 1)) || hi >= INT64_C(1) << (bits - 1)))
        bits++;
    return bits;
}

static void check_accumulators(Fit *f) {
    const TtfsPopulation *dst = f->g.dst;
    uint32_t acc = 0, slope = 0, acc_at = 0, slope_at = 0;
    for (uint32_t ch = 0; ch < dst->c; ch++) {
        TtfsBounds b = ttfs_spike_bounds(f->spike, f->pop, ch);
        int64_t ramp = dst->kind == TTFS_POP_RELU ? dst->ramp[ch] : 0;
        int64_t slope_hi = b.slope_max > ramp ? b.slope_max : ramp;
        uint32_t need = bits_for(b.potential_min - ramp * dst->ticks, b.potential_max);
        if (need > acc) acc_at = ch;
        acc = need > acc ? need : acc;
        need = bits_for(b.slope_min, slope_hi);
        if (need > slope) slope_at = ch;
        slope = need > slope ? need : slope;
    }
    if (acc > f->chip->acc_bits)
        f->ok = ttfs_error_figures(f->diag, here(f), TTFS_PLAN_WIDTH,
                                   (TtfsExcess){"bits of potential", acc, f->chip->acc_bits}, NULL,
                                   "channel %u needs %u bits of potential, the chip has %u", acc_at,
                                   acc, f->chip->acc_bits);
    if (slope > f->chip->slope_bits)
        f->ok = ttfs_error_figures(f->diag, here(f), TTFS_PLAN_WIDTH,
                                   (TtfsExcess){"bits of slope", slope, f->chip->slope_bits}, NULL,
                                   "channel %u needs %u bits of slope, the chip has %u", slope_at,
                                   slope, f->chip->slope_bits);
}

static void check_connection(Fit *f) {
    check_kind(f);
    check_fields(f);
    if (f->g.pool) return;
    if (f->g.conn->weight_bits > f->chip->weight_bits)
        f->ok = ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_WIDTH,
            (TtfsExcess){"weight bits", f->g.conn->weight_bits, f->chip->weight_bits},
            "use a chip with wider weights, or fewer weight bits",
            "needs weights of %u bits, the chip has %u", f->g.conn->weight_bits,
            f->chip->weight_bits);
    check_accumulators(f);
}

/* True when `other` is a further population of the layer that `first` is of: it reads the same and
 * has its name with a number behind it (ir_to_ir names them so). */
static bool is_second_of(const TtfsSpike *s, const TtfsPopulation *first,
                         const TtfsPopulation *other) {
    size_t n = strlen(first->name);
    return first->conn_count == 1 && other->conn_count == 1 &&
           s->conns.at[first->conn_first].src.i == s->conns.at[other->conn_first].src.i &&
           strncmp(other->name, first->name, n) == 0 && other->name[n] == '_' &&
           other->name[n + 1] &&
           strspn(other->name + n + 1, "0123456789") == strlen(other->name + n + 1);
}

/* A layer with several sources, or none. What the compiler made of one rectifier is not put down to
 * the network. */
static bool refuse_sources(Fit *f) {
    const TtfsPopulation *dst = f->g.dst;
    const TtfsConnection *c = f->spike->conns.at + dst->conn_first;
    TtfsExcess excess = {"sources of a layer", dst->conn_count, 1};
    const TtfsPopulation *first = dst->conn_count ? ttfs_spike_pop(f->spike, c->src) : NULL;
    bool one = first != NULL;
    for (uint32_t i = 1; one && i < dst->conn_count; i++)
        one = is_second_of(f->spike, first, ttfs_spike_pop(f->spike, c[i].src));
    if (one)
        return ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_KIND, excess,
            "use Relu there in place of LeakyRelu, PRelu, Clip, HardTanh or Abs",
            "has %u sources, the populations that the rectifier behind %s became, the chip takes "
            "one",
            dst->conn_count, first->name);
    return ttfs_error_figures(f->diag, here(f), TTFS_PLAN_KIND, excess,
                              "use a network without residual or concatenated inputs",
                              "has %u sources, the chip takes one", dst->conn_count);
}

bool ttfs_plan_fits(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p, const char *file,
                    TtfsDiag *diag) {
    Fit f = {.chip = chip, .spike = s, .pop = p, .file = file, .diag = diag, .ok = true};
    bool linked = ttfs_plan_geometry(s, p, &f.g);
    const TtfsPopulation *dst = f.g.dst;
    check_ids(&f);
    if (dst->ticks > ttfs_chip_max_ticks(chip))
        f.ok = ttfs_error_figures(
            diag, here(&f), TTFS_PLAN_FIT,
            (TtfsExcess){"ticks of a window", dst->ticks, ttfs_chip_max_ticks(chip)},
            "use a chip with more tick bits, or fewer ticks",
            "needs a window of %u ticks, the chip takes %u", dst->ticks, ttfs_chip_max_ticks(chip));
    if (linked)
        check_connection(&f);
    else if (dst->kind != TTFS_POP_INPUT)
        f.ok = refuse_sources(&f);
    return f.ok;
}
