/* SPDX-License-Identifier: Apache-2.0
 *
 * The model's own weight grids (docs/semantics.md, "Quantised networks"). In: terms whose weights
 * are integers times a quantum; out: whole multiples of these integers within the weight bits, and
 * a ramp, so that the ratios of the grids come out. One integer of source k stands for a_k =
 * quantum * scale of the source; with multiples m_k and ramp R one quantum of the potential stands
 * for s_out / R, and |m_k s_out / (R a_k) - 1| is the error. Multiples of the source that leaves
 * the fewest are tried from 1 on, the others follow. A channel whose error would be more than a
 * half quantum of the largest weight (of 8 bits at most) keeps nothing. In a layer whose window is
 * the model's, weights of one size (averages, sums) are a grid of their own.
 */
#include "keep.h"

#include "ramp.h"

#include <math.h>

/* Good enough: what float32 scales leave open. */
static const double EXACT = 2e-7;
static const double MOST_POTENTIAL = 1 << 30;

/* One source's share. */
typedef struct {
    double unit;     /* a_k; 0: all weights are 0, and anything fits */
    double quantum;  /* of the weights */
    double reach;    /* sum of |integers| times T of the source */
    uint32_t most;   /* largest multiple within the bits */
    bool had, found; /* the model said a grid; there is one */
} Share;

static const float *row_of(const TtfsGridTerm *t, uint32_t channel, uint32_t row) {
    return t->weights + ((uint64_t)channel * t->rows + row) * t->row;
}

/* The one size of all weights of the channel that are not 0; 0 when there is none. */
static double common_size(const TtfsGridTerm *t, uint32_t channel) {
    const float *w = row_of(t, channel, 0);
    double size = 0;
    for (uint64_t i = 0; i < t->rows * t->row; i++) {
        double v = fabs((double)w[i]);
        if (v == 0) continue;
        if (size > 0 && v != size) return 0;
        size = v;
    }
    return size;
}

/* The quantum of a channel's weights, 0 when its rows have different ones. */
static double quantum_of(const TtfsGridTask *l, const TtfsGridTerm *t, uint32_t channel) {
    if (!t->quantum) return l->fixed ? common_size(t, channel) : 0;
    uint64_t first = (uint64_t)channel * t->rows;
    double quantum = (double)t->quantum[t->quanta == 1 ? 0 : first];
    for (uint32_t i = 0; t->quanta > 1 && i < t->rows; i++)
        if ((double)t->quantum[first + i] != quantum) return 0;
    return quantum;
}

static uint32_t bits_of(double q) {
    uint32_t bits = 2;
    while (bits < 30 && (q > (double)((1 << (bits - 1)) - 1) || q < -(double)(1 << (bits - 1))))
        bits++;
    return bits;
}

/* Looks at all weights of a term in a channel; widens *bits to what its integers need. */
static Share look(const TtfsGridTask *l, const TtfsGridTerm *t, uint32_t channel, uint32_t *bits) {
    const float *w = row_of(t, channel, 0);
    Share s = {.had = t->quantum != NULL, .quantum = quantum_of(l, t, channel)};
    double half = (double)(1 << (l->bits - 1)), most = 0, least = 0, sum = 0;
    bool any = false, on = s.quantum > 0;
    for (uint64_t i = 0; i < t->rows * t->row; i++) {
        double q = 0;
        any = any || w[i] != 0;
        on = on && ttfs_on_grid((double)w[i], s.quantum, &q);
        most = fmax(most, q);
        least = fmin(least, q);
        sum += fabs(q);
    }
    s.found = !any || on;
    if (!any || !on) return s;
    uint32_t need = bits_of(most) > bits_of(least) ? bits_of(most) : bits_of(least);
    if (need > *bits) *bits = need;
    double room = fmin(most > 0 ? floor((half - 1) / most) : INFINITY,
                       least < 0 ? floor(half / -least) : INFINITY);
    s.most = (uint32_t)fmin(room, half);
    s.unit = s.quantum * t->in_scale;
    s.reach = sum * t->in_ticks;
    return s;
}

/* The shares of a channel; false when it has no grid as a whole. */
static bool shares(const TtfsGridTask *l, uint32_t channel, Share *s, TtfsKept *out) {
    bool found = true, any = false;
    out->kept = out->had_grid = false;
    out->bits = 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        s[k] = look(l, &l->term[k], channel, &out->bits);
        found = found && s[k].found;
        out->had_grid = out->had_grid || (s[k].had && s[k].unit > 0);
        any = any || s[k].unit > 0;
    }
    return found && any && out->bits <= l->bits;
}

/* The share that leaves the fewest multiples. */
static uint32_t tightest(const Share *s, uint32_t n) {
    uint32_t best = 0;
    for (uint32_t k = 1; k < n; k++)
        if (s[k].unit > 0 &&
            !(s[best].unit > 0 && s[k].unit / s[k].most <= s[best].unit / s[best].most))
            best = k;
    return best;
}

/* The multiple of a share on potential quanta of `unit`; 0 when there is none. */
static uint32_t multiple_on(const Share *s, double unit) {
    double m = rint(s->unit / unit);
    return m >= 1 && m <= s->most ? (uint32_t)m : 0;
}

/* The error of all shares with quanta of `unit`, whose multiples are those on `grid`; INFINITY when
 * one has none, or the potential becomes too large. */
static double error_on(const Share *s, uint32_t n, double grid, double unit) {
    double error = 0, reach = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (s[k].unit == 0) continue;
        uint32_t m = multiple_on(&s[k], grid);
        if (m == 0) return INFINITY;
        error = fmax(error, fabs(m * unit / s[k].unit - 1));
        reach += m * s[k].reach;
    }
    return reach > MOST_POTENTIAL ? INFINITY : error;
}

/* What new integers of so many bits, 8 at most, would be off by. */
static double limit_of(const TtfsGridTask *l) {
    return ldexp(1, 1 - (int)(l->bits < 8 ? l->bits : 8));
}

static void set_multiples(const Share *s, uint32_t n, double grid, TtfsKept *out) {
    out->kept = true;
    out->base = 0;
    uint32_t sources = 0;
    for (uint32_t k = 0; k < n; k++) {
        out->multiple[k] = s[k].unit > 0 ? multiple_on(&s[k], grid) : 1;
        if (s[k].unit == 0) continue;
        out->base = sources++ ? 0 : s[k].unit;
        out->times = out->multiple[k];
    }
}

/* Of several sources: ramps are tried too, for the multiples nearest to each. */
static double try_ramps(const Share *s, uint32_t n, const Share *bound, double s_out, bool pow2,
                        uint32_t most_ramp, double best, double *grid, TtfsKept *out) {
    enum { MOST_TRIED = 1 << 14 };
    double most = fmin(fmin(most_ramp, MOST_TRIED), s_out * bound->most / bound->unit);
    for (double ramp = 1; ramp <= most && best > EXACT; ramp = ttfs_ramp_next(pow2, ramp)) {
        double error = error_on(s, n, s_out / ramp, s_out / ramp);
        if (!(error < best)) continue;
        best = error;
        *grid = s_out / ramp;
        out->ramp = (uint32_t)ramp;
    }
    return best;
}

void ttfs_keep_relu(const TtfsGridTask *l, uint32_t channel, double s_out, uint32_t most_ramp,
                    TtfsKept *out) {
    TtfsArena scratch = {0};
    Share *s = TTFS_ARRAY(&scratch, Share, l->terms);
    double best = INFINITY, grid = 0;
    if (shares(l, channel, s, out)) {
        uint32_t at = tightest(s, l->terms);
        for (uint32_t m = 1; m <= s[at].most && best > EXACT; m++) {
            double unit = s[at].unit / m, ramp = ttfs_ramp_near(l->pow2, s_out / unit);
            if (ramp > most_ramp) break;
            double error = ramp < 1 ? INFINITY : error_on(s, l->terms, unit, s_out / ramp);
            if (!(error < best)) continue;
            best = error;
            grid = unit;
            out->ramp = (uint32_t)ramp;
        }
        if (l->terms > 1)
            best = try_ramps(s, l->terms, &s[at], s_out, l->pow2, most_ramp, best, &grid, out);
    }
    if (best <= limit_of(l)) {
        set_multiples(s, l->terms, grid, out);
        out->error = best;
    }
    ttfs_arena_free(&scratch);
}

double ttfs_keep_readout(const TtfsGridTask *l, TtfsKept *out) {
    TtfsArena scratch = {0};
    uint32_t n = l->channels * l->terms;
    Share *s = TTFS_ARRAY(&scratch, Share, n);
    bool ok = true;
    for (uint32_t i = 0; i < l->channels; i++) {
        bool found = shares(l, i, s + i * l->terms, &out[i]), empty = true;
        for (uint32_t k = 0; k < l->terms; k++)
            empty = empty && s[i * l->terms + k].found && s[i * l->terms + k].unit == 0;
        ok = ok && (found || empty);
    }
    double best = INFINITY, grid = 0;
    uint32_t at = tightest(s, n);
    for (uint32_t m = 1; ok && m <= s[at].most && best > EXACT; m++) {
        double unit = s[at].unit / m, error = 0;
        for (uint32_t i = 0; i < l->channels; i++)
            error = fmax(error, error_on(s + i * l->terms, l->terms, unit, unit));
        if (!(error < best)) continue;
        best = error;
        grid = unit;
    }
    for (uint32_t i = 0; best <= limit_of(l) && i < l->channels; i++) {
        set_multiples(s + i * l->terms, l->terms, grid, &out[i]);
        out[i].error = best;
    }
    ttfs_arena_free(&scratch);
    return best <= limit_of(l) ? grid : 0;
}

void ttfs_keep_write(const TtfsGridTask *l, uint32_t channel, const TtfsKept *kept,
                     int16_t **weights) {
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        const float *w = row_of(t, channel, 0);
        int16_t *to = weights[k] + (uint64_t)channel * t->rows * t->row;
        double quantum = quantum_of(l, t, channel), q;
        for (uint64_t i = 0; i < t->rows * t->row; i++) {
            if (w[i] != 0) ttfs_on_grid((double)w[i], quantum, &q);
            to[i] = w[i] != 0 ? (int16_t)(kept->multiple[k] * q) : 0;
        }
    }
}

double ttfs_keep_bias(const TtfsKept *k, double bias, double unit) {
    if (!k->kept || k->base == 0) return bias / unit;
    double q;
    return k->times * (ttfs_on_grid(bias, k->base, &q) ? q : bias / k->base);
}
