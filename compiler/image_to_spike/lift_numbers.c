/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of a task: weights from the rows of its elements, a lane a channel, biases and ramps
 * from the words of its classes. What several tasks hold must be alike in all; lanes beyond the
 * channels, and weights of channels that another group sees, are zero.
 */
#include "lift.h"

#include <inttypes.h>

/* Stores a number the first time it is decoded, compares it after that. */
static bool settle(const LiftTask *t, bool known, int32_t *at, int32_t v, const char *what,
                   uint32_t channel) {
    if (known && *at != v)
        return ttfs_lift_fault(t->k->l, t->pop,
                               "core %u channel %u: %s %d is not the %d of other tasks or classes",
                               t->k->core, channel, what, v, *at);
    *at = v;
    return true;
}

/* The channel's row of weights of a connection, or neuron's: of dense weights to rows and columns
 * the task has one position. */
static uint32_t target(const LiftTask *t, const TtfsImageConn *c, uint32_t channel) {
    if (c->kind != TTFS_CONN_DENSE) return channel;
    return (channel * t->dst->h + (uint32_t)t->fire.y) * t->dst->w + (uint32_t)t->fire.x;
}

/* The weight of one element and lane; `channel` counts from the task's first. */
static bool take_weight(const LiftTask *t, const LiftPlace *p, uint32_t channel, uint32_t row,
                        int32_t v) {
    Lift *l = t->k->l;
    uint32_t k = t->dst->conn_first + p->conn, at = (uint32_t)t->fire.c + channel;
    const TtfsImageConn *c = &l->img->conns.at[k];
    bool beyond = channel >= (uint32_t)t->fire.channels;
    if (beyond || (c->group > 1 && at / (t->dst->c / c->group) != p->group))
        return v == 0 ||
               ttfs_lift_fault(l, t->pop, "core %u row %u: lane of channel %u is %d, 0 expected",
                               t->k->core, row, at, v);
    uint32_t to = target(t, c, at);
    int16_t *w = &l->weights[k][to * l->each[k] + p->tap];
    if (l->known[k][to] && *w != v)
        return ttfs_lift_fault(l, t->pop,
                               "core %u row %u: the weight %d of channel %u is %d elsewhere",
                               t->k->core, row, v, at, *w);
    *w = (int16_t)v;
    return true;
}

/* Elements first .. end - 1, all of one connection, for one group of lanes. */
static bool take_connection(const LiftTask *t, const LiftLists *lists, uint32_t group,
                            uint32_t first, uint32_t end) {
    Lift *l = t->k->l;
    uint32_t lanes = l->img->chip.lanes, bits = l->img->chip.weight_bits;
    uint32_t channel = (lists->first_group + group) * lanes;
    uint32_t k = t->dst->conn_first + lists->place[first].conn;
    for (uint32_t e = first; e < end; e++) {
        uint64_t row = lists->row[e] + (uint64_t)group * lists->elements;
        const uint32_t *words = lists->words ? lists->words[e] : ttfs_lift_weight_row(t, row);
        if (!words) return false;
        for (uint32_t lane = 0; lane < lanes; lane++) {
            int32_t v = ttfs_row_signed(words, lane * bits, bits);
            if (!take_weight(t, &lists->place[e], channel + lane, (uint32_t)row, v)) return false;
        }
    }
    for (uint32_t i = channel; i < channel + lanes && i < (uint32_t)t->fire.channels; i++)
        l->known[k][target(t, &l->img->conns.at[k], (uint32_t)t->fire.c + i)] = 1;
    return true;
}

bool ttfs_lift_weights(const LiftTask *t, const LiftLists *lists) {
    for (uint32_t group = 0; group < lists->groups; group++)
        for (uint32_t first = 0, end; first < lists->elements; first = end) {
            for (end = first;
                 end < lists->elements && lists->place[end].conn == lists->place[first].conn;)
                end++;
            if (!take_connection(t, lists, group, first, end)) return false;
        }
    return true;
}

/* The class of a place of `count`, of which the first and the last few are a class each. */
static uint32_t class_of(int32_t at, int32_t count, int32_t first, int32_t last) {
    int32_t inside = count - 1 - last;
    return (uint32_t)((at < first ? at : first) + (at > inside ? at - inside : 0));
}

/* Bias of a word, for one position or, where it is one a channel, for all. */
static bool take_bias(const LiftTask *t, uint32_t word, uint32_t channel, uint32_t y, uint32_t x) {
    Lift *l = t->k->l;
    TtfsPopulation *p = &l->out->pops.at[t->pop - 1];
    int32_t v = ttfs_image_signed(l->img, t->k->core, TTFS_MEM_PARAMS, word, l->img->chip.ramp_bits,
                                  l->img->chip.acc_bits);
    if (p->bias_count == p->c)
        return settle(t, l->settled[t->pop - 1][channel], &p->bias[channel], v, "bias", channel);
    p->bias[(channel * p->h + y) * p->w + x] = v;
    return true;
}

static bool take_ramp(const LiftTask *t, uint32_t word, uint32_t channel) {
    Lift *l = t->k->l;
    TtfsPopulation *p = &l->out->pops.at[t->pop - 1];
    uint32_t v =
        ttfs_image_bits(l->img, t->k->core, TTFS_MEM_PARAMS, word, 0, l->img->chip.ramp_bits);
    if (p->ramp)
        return settle(t, l->settled[t->pop - 1][channel], &p->ramp[channel], (int32_t)v, "ramp",
                      channel);
    return v == 1 ||
           ttfs_lift_fault(l, t->pop, "channel %u of the readout has the ramp %u, 1 expected",
                           channel, v);
}

/* The words of one class. */
static bool take_class(const LiftTask *t, uint64_t word, uint32_t y, uint32_t x) {
    if (!ttfs_lift_claim(t->k, t->pop, TTFS_MEM_PARAMS, word, (uint32_t)t->fire.channels))
        return false;
    for (uint32_t i = 0; i < (uint32_t)t->fire.channels; i++) {
        uint32_t channel = (uint32_t)t->fire.c + i;
        if (!take_bias(t, (uint32_t)word + i, channel, y, x) ||
            !take_ramp(t, (uint32_t)word + i, channel))
            return false;
        t->k->l->settled[t->pop - 1][channel] = 1;
    }
    return true;
}

/* Where biases are one a channel there is one class; words from a row of classes to the next are
 * those of its columns. */
static bool check_classes(const LiftTask *t) {
    const TtfsFire *f = &t->fire;
    int32_t edges = f->edge_top + f->edge_bottom + f->edge_left + f->edge_right;
    int32_t row = edges ? (f->edge_left + 1 + f->edge_right) * f->channels : 0;
    bool alike = t->dst->bias_count == t->dst->c || !t->k->l->img->chip.classes;
    if (f->edge_top + f->edge_bottom >= f->rows || f->edge_left + f->edge_right >= f->cols ||
        (alike && edges))
        return ttfs_lift_fault(
            t->k->l, t->pop, "core %u slot %u: edges of %d, %d rows and %d, %d columns", t->k->core,
            t->slot, f->edge_top, f->edge_bottom, f->edge_left, f->edge_right);
    return f->class_row == row ||
           ttfs_lift_fault(t->k->l, t->pop, "core %u slot %u: class_row is %d, %d expected",
                           t->k->core, t->slot, f->class_row, row);
}

bool ttfs_lift_params(const LiftTask *t) {
    const TtfsFire *f = &t->fire;
    bool alike = t->dst->bias_count == t->dst->c;
    TtfsPopulation *p = &t->k->l->out->pops.at[t->pop - 1];
    if (!check_classes(t)) return false;
    if (!p->bias) p->bias = TTFS_ARRAY(&t->k->l->out->arena, int32_t, p->bias_count);
    for (int32_t r = 0; r < (alike ? 1 : f->rows); r++)
        for (int32_t q = 0; q < (alike ? 1 : f->cols); q++) {
            uint64_t row = class_of(r, f->rows, f->edge_top, f->edge_bottom);
            uint64_t col = class_of(q, f->cols, f->edge_left, f->edge_right);
            uint64_t word = (uint64_t)f->param_base + row * (uint32_t)f->class_row +
                            col * (uint32_t)f->channels;
            if (!take_class(t, word, (uint32_t)(f->y + r), (uint32_t)(f->x + q))) return false;
        }
    return true;
}
