/* SPDX-License-Identifier: Apache-2.0
 *
 * What one population needs of the chip wherever it lies. Every fault is reported, each with the
 * layer, what it needs and what there is.
 */
#include "plan_geometry.h"
#include "plan_widths.h"

#include <inttypes.h>
#include <string.h>

enum { FIELD_PLACES = 4095, FIELD_CHANNELS = 65535 }; /* of the records (hw/records.def) */

typedef struct {
    const TtfsChip *chip;
    const TtfsSpike *spike;
    TtfsPop pop;
    const TtfsPopulation *dst;
    const char *file;
    TtfsDiag *diag;
    bool ok;
} Fit;

static TtfsLoc here(const Fit *f) {
    return ttfs_pop_at(f->dst, f->file);
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

static const TtfsConnection *source(const Fit *f, uint32_t k) {
    return &f->spike->conns.at[f->dst->conn_first + k];
}

/* What the chip's description leaves out. */
static void check_kind(Fit *f) {
    const TtfsPopulation *p = f->dst;
    const TtfsChip *c = f->chip;
    bool flat = p->h == 1 && p->w == 1;
    if (!flat && !c->conv)
        refuse_kind(f, "use a chip with conv, or dense layers and an input that is a vector",
                    "has rows and columns, the chip has channels alone");
    if (p->kind == TTFS_POP_POOL && !c->pool)
        refuse_kind(f, "use a chip with pool, or convolutions with a stride in place of pools",
                    source(f, 0)->kind == TTFS_CONN_POOL ? "a max pool, the chip has none"
                                                         : "a min pool, the chip has none");
}

static void check_patch(Fit *f, const TtfsConnection *c) {
    if (c->kind == TTFS_CONN_DENSE) return;
    at_most(f, "kernel rows", c->kernel[0], FIELD_PLACES);
    at_most(f, "kernel columns", c->kernel[1], FIELD_PLACES);
    for (int i = 0; i < 4; i++) at_most(f, "padding", c->pad[i], FIELD_PLACES);
}

/* The most that one set of channels needs; what comes from outside may come in parts. */
static void check_weight_rows(Fit *f) {
    TtfsCutRule rule = ttfs_plan_cut_rule(f->chip, f->spike, f->pop);
    uint32_t channels = rule.most < rule.unit ? rule.most : rule.unit;
    TtfsTask t = {.pop = f->pop, .channels = channels, .oy_count = 1, .ox_count = 1};
    if (f->chip->stream) return;
    uint64_t need = ttfs_task_elements(f->spike, &t), have = f->chip->weight_rows;
    if (need > have)
        f->ok = ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_FIT, (TtfsExcess){"weight rows a group", need, have},
            "use a chip with stream, or with more weight rows",
            "needs weight rows a group of %" PRIu64 ", the chip takes %" PRIu64, need, have);
}

/* Ids of the population itself. */
static void check_ids(Fit *f) {
    const TtfsPopulation *p = f->dst;
    const TtfsChip *c = f->chip;
    uint64_t channels = UINT64_C(1) << c->c_bits;
    at_most(f, "channel ids", p->c, channels < FIELD_CHANNELS ? channels : FIELD_CHANNELS);
    at_most(f, "row ids", p->h, UINT64_C(1) << c->y_bits);
    at_most(f, "column ids", p->w, UINT64_C(1) << c->x_bits);
}

static void check_need(Fit *f, const TtfsNeed *n, const char *what, uint32_t have) {
    if (n->bits > have)
        f->ok = ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_WIDTH, (TtfsExcess){what, n->bits, have}, NULL,
            "channel %u needs %u %s, the chip has %u", n->channel, n->bits, what, have);
}

static void check_weight_bits(Fit *f, uint32_t bits) {
    if (bits > f->chip->weight_bits)
        f->ok = ttfs_error_figures(f->diag, here(f), TTFS_PLAN_WIDTH,
                                   (TtfsExcess){"weight bits", bits, f->chip->weight_bits},
                                   "use a chip with wider weights, or fewer weight bits",
                                   "needs weights of %u bits, the chip has %u", bits,
                                   f->chip->weight_bits);
}

static void check_widths(Fit *f) {
    TtfsWidths w = ttfs_plan_widths(f->spike, f->pop);
    check_weight_bits(f, w.weight);
    check_need(f, &w.acc, "bits of potential", f->chip->acc_bits);
    check_need(f, &w.slope, "bits of slope", f->chip->slope_bits);
    check_need(f, &w.ramp, "bits of ramp", f->chip->ramp_bits);
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

/* More sources than a list has. What the compiler made of one rectifier is not put down to the
 * network. */
static void refuse_sources(Fit *f) {
    uint32_t n = f->dst->conn_count, have = f->chip->segments;
    TtfsExcess excess = {"sources of a layer", n, have};
    const TtfsPopulation *first = ttfs_spike_pop(f->spike, source(f, 0)->src);
    bool one = true;
    for (uint32_t i = 1; one && i < n; i++)
        one = is_second_of(f->spike, first, ttfs_spike_pop(f->spike, source(f, i)->src));
    if (one)
        f->ok = ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_KIND, excess,
            "use Relu there in place of LeakyRelu, PRelu, Clip, HardTanh or Abs",
            "has %u sources, the populations that the rectifier behind %s became, the chip takes "
            "%u",
            n, first->name, have);
    else
        f->ok = ttfs_error_figures(f->diag, here(f), TTFS_PLAN_KIND, excess,
                                   "use a chip with more segments, or fewer residual or "
                                   "concatenated inputs",
                                   "has %u sources, the chip takes %u", n, have);
}

/* What shares a list and a program record over many positions. */
static void check_positions(Fit *f) {
    const TtfsPopulation *p = f->dst;
    if (ttfs_plan_cut_rule(f->chip, f->spike, f->pop).by_position) return;
    if (p->conn_count > f->chip->segments) refuse_sources(f);
    if (p->bias && p->bias_count != p->c && !f->chip->classes)
        refuse_kind(f, "use an input range that starts at 0, or no zero padding behind an offset",
                    "biases that depend on the position, the chip has one a channel");
}

static void check_sources(Fit *f) {
    const TtfsPopulation *p = f->dst;
    for (uint32_t k = 0; k < p->conn_count; k++) check_patch(f, source(f, k));
    check_positions(f);
    check_weight_rows(f);
}

static void check_ticks(Fit *f) {
    uint32_t most = ttfs_chip_max_ticks(f->chip);
    if (f->dst->ticks > most)
        f->ok = ttfs_error_figures(
            f->diag, here(f), TTFS_PLAN_FIT, (TtfsExcess){"ticks of a window", f->dst->ticks, most},
            "use a chip with more value bits, or fewer ticks",
            "needs a window of %u ticks, the chip takes %u", f->dst->ticks, most);
}

bool ttfs_plan_fits(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p, const char *file,
                    TtfsDiag *diag) {
    Fit f = {chip, s, p, ttfs_spike_pop(s, p), file, diag, true};
    check_ids(&f);
    check_ticks(&f);
    check_kind(&f);
    check_sources(&f);
    check_widths(&f);
    return f.ok;
}
