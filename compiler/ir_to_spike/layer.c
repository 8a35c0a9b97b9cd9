/* SPDX-License-Identifier: Apache-2.0
 *
 * One linear layer onto integer grids (docs/semantics.md). In: real weights and biases, the scales
 * of sources and window; out: weights of B bits, ramps >= 1, biases with the half quantum.
 * Invariant: potential, threshold and slope fit int32 for every input, or the layer is refused.
 * Method: one quantum of a channel's accumulator is u = s_out / R with an integer ramp R, and the
 * weights from source k lie on the grid u / s_k: R ties the grids of all sources. R is searched for
 * the least squared error around R0, where nothing is clipped: a little coarser, since grids differ
 * by luck, to 2.2 times finer, where at few bits clipping the largest weights pays; or it is the
 * better of the one or two powers of two in that range. An error counts with the square of its
 * source's window. Then rounding errors of a kernel and of a channel are balanced to a sum near 0.
 */
#include "layer.h"

#include "fit.h"
#include "grid.h"
#include "keep.h"
#include "ramp.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_RAMP = 1 << 22, MOST_THRESHOLD = 1 << 30, CANDIDATES = 96, FEWEST_CANDIDATES = 16 };
/* Grids tried, as multiples of the fineness that just clips nothing. */
static const double COARSEST = 0.85, FINEST = 2.2;

static TtfsLevels levels_of(const TtfsGridTask *l, const TtfsGridTerm *t) {
    return ttfs_grid_levels(l->bits, t->synapses);
}

static const float *channel_of(const TtfsGridTerm *t, uint32_t channel) {
    return t->weights + channel * t->rows * t->row;
}

/* How much a squared error of this source's weights counts. */
static double importance(const TtfsGridTerm *t) {
    double top = t->in_scale * t->in_ticks;
    return top * top;
}

static uint64_t all_weights(const TtfsGridTask *l) {
    uint64_t weights = 1;
    for (uint32_t k = 0; k < l->terms; k++)
        weights += l->channels * l->term[k].rows * l->term[k].row;
    return weights;
}

/* Candidates a channel, fewer when the layer is large: the search stays below 2^28 roundings. */
static uint32_t candidates(const TtfsGridTask *l) {
    uint64_t n = ((uint64_t)1 << 28) / all_weights(l);
    return n < FEWEST_CANDIDATES ? FEWEST_CANDIDATES : n > CANDIDATES ? CANDIDATES : (uint32_t)n;
}

uint64_t ttfs_layer_work(const TtfsGridTask *l) {
    return all_weights(l) * (4 + candidates(l)) + l->bias_count;
}

static uint32_t most_ramp(const TtfsGridTask *l) {
    uint32_t by_threshold = (uint32_t)MOST_THRESHOLD / (l->ticks + 1);
    return by_threshold < MOST_RAMP ? by_threshold : MOST_RAMP;
}

/* The accumulator's quantum that just clips no weight of channels first..end-1; 0 when all are 0.
 */
static double coarsest_unit(const TtfsGridTask *l, uint32_t first, uint32_t end) {
    double unit = 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        double quantum = ttfs_grid_quantum(channel_of(t, first), (end - first) * t->rows * t->row,
                                           levels_of(l, t));
        if (quantum * t->in_scale > unit) unit = quantum * t->in_scale;
    }
    return unit;
}

/* Error of the weights of channels first..end-1 when the accumulator's quantum is `unit`. */
static double error_at(const TtfsGridTask *l, uint32_t first, uint32_t end, double unit) {
    double error = 0;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        error += importance(t) * ttfs_grid_error(channel_of(t, first),
                                                 (end - first) * t->rows * t->row,
                                                 unit / t->in_scale, levels_of(l, t));
    }
    return error;
}

/* The least ramp at which a weight that stands alone is clipped: of an identity or a scale, whose
 * error nothing balances. */
static double ramp_of_lone(const TtfsGridTask *l, uint32_t channel, double s_out) {
    double most = INFINITY;
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        if (t->row > 1) continue;
        double quantum = ttfs_grid_quantum(channel_of(t, channel), t->rows, levels_of(l, t));
        if (quantum > 0) most = fmin(most, s_out / (quantum * t->in_scale));
    }
    return most;
}

/* The ramps that a channel whose clip-free ramp is r0 (real, > 0) may have. */
static void bound_ramp(const TtfsGridTask *l, uint32_t channel, double r0, double s_out,
                       double *low, double *high) {
    double most = fmin(most_ramp(l), fmax(1, ramp_of_lone(l, channel, s_out)));
    *low = floor(r0 * COARSEST), *high = ceil(r0 * FINEST);
    *low = *low < 1 ? 1 : *low > most ? most : *low;
    *high = *high > most ? most : *high;
    ttfs_ramp_bound(l->pow2, low, high);
}

/* The best integer ramp of such a channel. */
static uint32_t search_ramp(const TtfsGridTask *l, uint32_t channel, double r0, double s_out) {
    double low, high;
    bound_ramp(l, channel, r0, s_out, &low, &high);
    uint32_t count = candidates(l), best = (uint32_t)low, last = 0;
    double least = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double at = (double)i / (count - 1);
        double real = high - low < count ? low + i : low * pow(high / low, at);
        if (l->pow2) real = ldexp(low, (int)i);
        if (real > high) break;
        uint32_t ramp = (uint32_t)real;
        if (ramp == last) continue;
        last = ramp;
        double error = error_at(l, channel, channel + 1, s_out / ramp);
        if (error < least) {
            least = error;
            best = ramp;
        }
    }
    return best;
}

/* The best quantum of a readout, whose channels share one. */
static double search_unit(const TtfsGridTask *l, double unit) {
    uint32_t count = candidates(l);
    double best = unit, least = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double tried = unit / (COARSEST * pow(FINEST / COARSEST, (double)i / (count - 1)));
        double error = error_at(l, 0, l->channels, tried);
        if (error < least) {
            least = error;
            best = tried;
        }
    }
    return best;
}

/* What the potential of a channel adds to its bias at most and at least, its threshold, and its
 * slope's bounds. */
typedef struct {
    int64_t below, above, threshold, ramp, slope_min, slope_max;
} Reach;

static Reach reach_of(const TtfsGridTask *l, const TtfsGridLayer *out, uint32_t channel,
                      uint32_t ramp) {
    Reach r = {.threshold = (int64_t)ramp * l->ticks, .ramp = ramp};
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        const int16_t *w = out->weights[k] + channel * t->rows * t->row;
        int64_t below = 0, above = 0;
        for (uint32_t i = 0; i < t->rows; i++)
            ttfs_row_bounds(w + i * t->row, t->row, &below, &above);
        if (below < r.slope_min) r.slope_min = below;
        if (above > r.slope_max) r.slope_max = above;
        r.below += below * t->in_ticks;
        r.above += above * t->in_ticks;
    }
    return r;
}

static uint32_t bits_of(double v) {
    uint32_t bits = 1;
    for (double top = 1; bits < 1000 && (v >= top || v < -top); top *= 2) bits++;
    return bits;
}

static bool refuse(const TtfsGridTask *l, uint32_t channel, double low, double high,
                   TtfsDiag *diag) {
    uint32_t a = bits_of(low), b = bits_of(high);
    return ttfs_error(diag, l->at, TTFS_QUANT_RANGE,
                      "the potential of channel %" PRIu32 " reaches %.0f..%.0f and needs %" PRIu32
                      " bits, 32 are available",
                      channel, low, high, a > b ? a : b);
}

/* The integer bias of a channel. One that does not fit is moved to the nearest that does when the
 * neuron provably does the same with either: never fires, or always fires at tick 0. */
static bool fit_bias(const TtfsGridTask *l, uint32_t channel, double real, const Reach *r, bool say,
                     int32_t *out, TtfsDiag *diag) {
    double bias = floor(real + 0.5) + (double)(r->ramp / 2);
    double least = (double)INT32_MIN - (double)r->below + (double)r->threshold;
    double most = (double)INT32_MAX - (double)r->above;
    if (least < INT32_MIN) least = INT32_MIN;
    if (most > INT32_MAX) most = INT32_MAX;
    double low = bias + (double)(r->below - r->threshold), high = bias + (double)r->above;
    double moved = bias < least ? least : bias > most ? most : bias;
    if (moved != bias) {
        bool silent = bias < least && moved + (double)r->above < (double)r->ramp;
        bool first = bias > most && moved + (double)r->below >= (double)r->threshold;
        if (least > most || r->ramp == 0 || !(silent || first))
            return refuse(l, channel, low, high, diag);
        if (say)
            ttfs_note(diag, l->at,
                      "channel %" PRIu32
                      " %s for every input; its bias was moved into 32 bits, which "
                      "changes nothing",
                      channel, silent ? "is silent" : "is saturated");
    }
    if (r->slope_max > INT32_MAX || r->slope_min < INT32_MIN)
        return refuse(l, channel, low, high, diag);
    *out = (int32_t)moved;
    return true;
}

/* All biases of a channel: one, or one a position. */
static bool fit_biases(const TtfsGridTask *l, uint32_t channel, double unit, const TtfsKept *kept,
                       uint32_t ramp, double shift, TtfsGridLayer *out, TtfsDiag *diag) {
    Reach r = reach_of(l, out, channel, ramp);
    uint32_t each = l->bias_count / l->channels, first = channel * each;
    for (uint32_t i = first; i < first + each; i++)
        if (!fit_bias(l, channel, ttfs_keep_bias(kept, l->bias[i] + shift, unit), &r, i == first,
                      &out->bias[i], diag))
            return false;
    return true;
}

/* sum (W - q quantum)^2, for the report, of what was really chosen. */
static double square_error(const float *w, const int16_t *q, uint64_t n, double quantum) {
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        double e = (double)w[i] - q[i] * quantum;
        sum += e * e;
    }
    return sum;
}

static void finish_error(const TtfsGridTask *l, double error, TtfsGridLayer *out) {
    double all = 0;
    for (uint32_t k = 0; k < l->terms; k++)
        all += importance(&l->term[k]) *
               square_error(l->term[k].weights, out->weights[k],
                            l->channels * l->term[k].rows * l->term[k].row, 0);
    out->weight_error = all > 0 ? sqrt(error / all) : 0;
}

/* Integers of one channel. */
static void round_channel(const TtfsGridTask *l, uint32_t channel, double unit, TtfsGridLayer *out,
                          double *error) {
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        const float *w = channel_of(t, channel);
        int16_t *q = out->weights[k] + channel * t->rows * t->row;
        double quantum = unit / t->in_scale;
        for (uint32_t i = 0; i < t->rows; i++, w += t->row, q += t->row) {
            out->clipped += ttfs_grid_round(w, t->row, quantum, levels_of(l, t), q);
            ttfs_grid_balance(w, t->row, t->group, quantum, levels_of(l, t), q);
            *error += importance(t) * square_error(w, q, t->row, quantum);
        }
    }
}

/* Counts what became of a channel's own grid. */
static void count_grid(const TtfsKept *k, TtfsGridLayer *out) {
    out->kept += k->kept;
    out->left += k->had_grid && !k->kept;
    if (k->kept && k->error > out->kept_error) out->kept_error = k->error;
    if (!k->kept && k->bits > out->kept_bits) out->kept_bits = k->bits;
}

/* The integers of a channel: its own, fitted ones that are there, or rounded ones. */
static void fill_channel(const TtfsGridTask *l, uint32_t channel, double unit, const TtfsKept *kept,
                         TtfsGridLayer *out, double *error) {
    if (!kept->kept && !l->fit) {
        round_channel(l, channel, unit, out, error);
        return;
    }
    if (kept->kept) ttfs_keep_write(l, channel, kept, out->weights);
    for (uint32_t k = 0; k < l->terms; k++) {
        const TtfsGridTerm *t = &l->term[k];
        uint64_t n = t->rows * t->row;
        *error += importance(t) * square_error(channel_of(t, channel),
                                               out->weights[k] + channel * n, n,
                                               unit / t->in_scale);
    }
}

/* The channels that keep the model's integers. A window finer than the accumulator's grid is
 * useless: it is widened until each of the others has R0 >= 1. */
static void settle(const TtfsGridTask *l, TtfsKept *kept, TtfsGridLayer *out, TtfsDiag *diag) {
    double coarsest = 0;
    for (uint32_t i = 0; i < l->channels; i++) {
        ttfs_keep_relu(l, i, out->scale, most_ramp(l), &kept[i]);
        if (!kept[i].kept) coarsest = fmax(coarsest, coarsest_unit(l, i, i + 1));
    }
    if (coarsest <= out->scale) return;
    ttfs_note(diag, l->at,
              "the window was widened %.3g times: %" PRIu32 " weight bits on the source's %" PRIu32
              " ticks are coarser than it",
              coarsest / out->scale, l->bits, l->term[0].in_ticks);
    out->scale = coarsest;
    for (uint32_t i = 0; i < l->channels; i++)
        if (kept[i].kept) ttfs_keep_relu(l, i, out->scale, most_ramp(l), &kept[i]);
}

/* Fits the channels that keep nothing. */
static TtfsFitted *fit_channels(const TtfsGridTask *l, const TtfsKept *kept, TtfsGridLayer *out,
                                TtfsArena *a) {
    TtfsFitted *fitted = TTFS_ARRAY(a, TtfsFitted, l->channels);
    for (uint32_t i = 0; i < l->channels; i++) {
        double coarsest = coarsest_unit(l, i, i + 1);
        fitted[i].ramp = 1;
        if (!kept[i].kept && coarsest > 0)
            bound_ramp(l, i, out->scale / coarsest, out->scale, &fitted[i].least, &fitted[i].most);
    }
    ttfs_fit_relu(l, out->scale, out->weights, fitted);
    return fitted;
}

static bool relu_channel(const TtfsGridTask *l, uint32_t i, const TtfsKept *kept,
                         const TtfsFitted *fitted, TtfsGridLayer *out, double *error,
                         TtfsDiag *diag) {
    double coarsest = coarsest_unit(l, i, i + 1);
    uint32_t ramp = 1;
    if (kept->kept)
        ramp = kept->ramp;
    else if (fitted)
        ramp = fitted[i].ramp;
    else if (coarsest > 0)
        ramp = search_ramp(l, i, out->scale / coarsest, out->scale);
    double unit = out->scale / ramp;
    fill_channel(l, i, unit, kept, out, error);
    count_grid(kept, out);
    out->ramp[i] = (int32_t)ramp;
    if (ramp < out->ramp_min) out->ramp_min = ramp;
    if (ramp > out->ramp_max) out->ramp_max = ramp;
    return fit_biases(l, i, unit, kept, ramp, fitted && !kept->kept ? fitted[i].shift : 0, out,
                      diag);
}

static void allocate(const TtfsGridTask *l, TtfsGridLayer *out, TtfsArena *a) {
    out->bias = TTFS_ARRAY(a, int32_t, l->bias_count);
    out->ramp = l->ticks ? TTFS_ARRAY(a, int32_t, l->channels) : NULL;
    out->ramp_min = l->ticks ? UINT32_MAX : 0;
    out->ramp_max = 0;
    out->clipped = 0;
}

static TtfsKept *start_keeping(const TtfsGridTask *l, TtfsArena *a) {
    TtfsKept *kept = TTFS_ARRAY(a, TtfsKept, l->channels);
    for (uint32_t i = 0; i < l->channels; i++) kept[i].multiple = TTFS_ARRAY(a, uint32_t, l->terms);
    return kept;
}

bool ttfs_layer_relu(const TtfsGridTask *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag) {
    TtfsArena scratch = {0};
    TtfsKept *kept = start_keeping(l, &scratch);
    double error = 0;
    bool ok = true;
    allocate(l, out, a);
    settle(l, kept, out, diag);
    const TtfsFitted *fitted = l->fit ? fit_channels(l, kept, out, &scratch) : NULL;
    for (uint32_t i = 0; i < l->channels; i++)
        if (!relu_channel(l, i, &kept[i], fitted, out, &error, diag)) ok = false;
    finish_error(l, error, out);
    ttfs_arena_free(&scratch);
    return ok;
}

bool ttfs_layer_readout(const TtfsGridTask *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag) {
    TtfsArena scratch = {0};
    TtfsKept *kept = start_keeping(l, &scratch);
    double error = 0;
    bool ok = true;
    allocate(l, out, a);
    TtfsFitted *fitted = TTFS_ARRAY(&scratch, TtfsFitted, l->channels);
    double unit = ttfs_keep_readout(l, kept);
    if (unit == 0) {
        unit = coarsest_unit(l, 0, l->channels);
        if (unit == 0)
            unit = l->term[0].in_scale;
        else if (l->fit)
            unit = ttfs_fit_readout(l, unit / COARSEST, unit / FINEST, out->weights, fitted);
        else
            unit = search_unit(l, unit);
    }
    out->scale = unit;
    for (uint32_t i = 0; i < l->channels; i++) {
        fill_channel(l, i, unit, &kept[i], out, &error);
        count_grid(&kept[i], out);
        if (!fit_biases(l, i, unit, &kept[i], 0, fitted[i].shift, out, diag)) ok = false;
    }
    finish_error(l, error, out);
    ttfs_arena_free(&scratch);
    return ok;
}
