/* SPDX-License-Identifier: Apache-2.0
 *
 * One linear layer onto integer grids (docs/semantics.md). In: real weights and biases, the scales
 * of source and window; out: weights of B bits, ramps >= 1, biases with the half step.
 * Invariant: potential, threshold and slope fit int32 for every input, or the layer is refused.
 * Method: the ramp R is an integer, so a channel's weight step is s_out / (R s_in); R is searched
 * for the least squared weight error around R0, the grid that just clips nothing: a little coarser,
 * since grids differ by luck, to 2.2 times finer, where at few bits clipping the largest weights
 * pays. Then rounding errors of a kernel and of a channel are balanced to a sum near 0.
 */
#include "layer.h"

#include "grid.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_RAMP = 1 << 22, MOST_THRESHOLD = 1 << 30, CANDIDATES = 96, FEWEST_CANDIDATES = 16 };
/* Grids tried, as multiples of the fineness that just clips nothing. */
static const double COARSEST = 0.85, FINEST = 2.2;

/* Candidates a channel, fewer when the layer is large: the search stays below 2^28 roundings. */
static uint32_t candidates(const TtfsLayer *l) {
    uint64_t n = ((uint64_t)1 << 28) / (l->channels * l->row + 1);
    return n < FEWEST_CANDIDATES ? FEWEST_CANDIDATES : n > CANDIDATES ? CANDIDATES : (uint32_t)n;
}

static uint32_t most_ramp(const TtfsLayer *l) {
    uint32_t by_threshold = (uint32_t)MOST_THRESHOLD / (l->ticks + 1);
    return by_threshold < MOST_RAMP ? by_threshold : MOST_RAMP;
}

/* The best integer ramp of a channel whose clip-free ramp is r0 (real, > 0). */
static uint32_t search_ramp(const TtfsLayer *l, const float *w, double r0, double s_out) {
    double most = most_ramp(l);
    double low = floor(r0 * COARSEST), high = ceil(r0 * FINEST);
    low = low < 1 ? 1 : low > most ? most : low;
    high = high > most ? most : high;
    uint32_t count = candidates(l), best = (uint32_t)low, last = 0;
    double least = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double at = (double)i / (count - 1);
        double real = high - low < count ? low + i : low * pow(high / low, at);
        if (real > high) break;
        uint32_t ramp = (uint32_t)real;
        if (ramp == last) continue;
        last = ramp;
        double error = ttfs_grid_error(w, l->row, s_out / (ramp * l->in_scale), l->bits);
        if (error < least) {
            least = error;
            best = ramp;
        }
    }
    return best;
}

/* The best step of a readout, whose channels share one. */
static double search_step(const TtfsLayer *l, double step) {
    uint64_t n = l->channels * l->row;
    uint32_t count = candidates(l);
    double best = step, least = INFINITY;
    for (uint32_t i = 0; i < count; i++) {
        double tried = step / (COARSEST * pow(FINEST / COARSEST, (double)i / (count - 1)));
        double error = ttfs_grid_error(l->weights, n, tried, l->bits);
        if (error < least) {
            least = error;
            best = tried;
        }
    }
    return best;
}

/* What the potential of a channel adds to its bias at most and at least, and its threshold. */
typedef struct {
    int64_t below, above, threshold, ramp;
} Reach;

static Reach reach_of(const TtfsLayer *l, const int16_t *w, uint32_t ramp) {
    Reach r = {0, 0, (int64_t)ramp * l->ticks, ramp};
    for (uint64_t j = 0; j < l->row; j++) {
        if (w[j] < 0)
            r.below += w[j];
        else
            r.above += w[j];
    }
    r.below *= l->in_ticks;
    r.above *= l->in_ticks;
    return r;
}

static uint32_t bits_of(double v) {
    uint32_t bits = 1;
    for (double top = 1; bits < 1000 && (v >= top || v < -top); top *= 2) bits++;
    return bits;
}

static bool refuse(const TtfsLayer *l, uint32_t channel, double low, double high, TtfsDiag *diag) {
    uint32_t a = bits_of(low), b = bits_of(high);
    return ttfs_error(diag, TTFS_AT_NODE(l->file, l->name), TTFS_QUANT_RANGE,
                      "the potential of channel %" PRIu32 " reaches %.0f..%.0f and needs %" PRIu32
                      " bits, 32 are available",
                      channel, low, high, a > b ? a : b);
}

/* The integer bias of a channel. One that does not fit is moved to the nearest that does when the
 * neuron provably does the same with either: never fires, or always fires at tick 0. */
static bool fit_bias(const TtfsLayer *l, uint32_t channel, double real, const Reach *r,
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
        ttfs_note(diag, TTFS_AT_NODE(l->file, l->name),
                  "channel %" PRIu32 " %s for every input; its bias was moved into 32 bits, which "
                  "changes nothing",
                  channel, silent ? "is silent" : "is saturated");
    }
    if (r->above / l->in_ticks > INT32_MAX || r->below / l->in_ticks < INT32_MIN)
        return refuse(l, channel, low, high, diag);
    *out = (int32_t)moved;
    return true;
}

/* sum (W - q step)^2, for the report, of what was really chosen. */
static double square_error(const float *w, const int16_t *q, uint64_t n, double step) {
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        double e = w[i] - q[i] * step;
        sum += e * e;
    }
    return sum;
}

static void finish_error(const TtfsLayer *l, double error, TtfsGridLayer *out) {
    double all = square_error(l->weights, out->weights, l->channels * l->row, 0);
    out->weight_error = all > 0 ? sqrt(error / all) : 0;
}

/* Integers of one channel. */
static void round_channel(const TtfsLayer *l, uint32_t channel, double step, TtfsGridLayer *out,
                          double *error) {
    const float *w = l->weights + channel * l->row;
    int16_t *q = out->weights + channel * l->row;
    out->clipped += ttfs_grid_round(w, l->row, step, l->bits, q);
    ttfs_grid_balance(w, l->row, l->group, step, l->bits, q);
    *error += square_error(w, q, l->row, step);
}

/* A window finer than the accumulator's grid is useless: widen it until every channel has R0 >= 1.
 */
static void widen(const TtfsLayer *l, TtfsGridLayer *out, TtfsDiag *diag) {
    double coarsest = 0;
    for (uint32_t i = 0; i < l->channels; i++) {
        double step = ttfs_grid_step(l->weights + i * l->row, l->row, l->bits) * l->in_scale;
        if (step > coarsest) coarsest = step;
    }
    if (coarsest <= out->scale) return;
    ttfs_note(diag, TTFS_AT_NODE(l->file, l->name),
              "the window was widened %.3g times: %" PRIu32 " weight bits on the source's %" PRIu32
              " ticks are coarser than it",
              coarsest / out->scale, l->bits, l->in_ticks);
    out->scale = coarsest;
}

static bool relu_channel(const TtfsLayer *l, uint32_t i, TtfsGridLayer *out, double *error,
                         TtfsDiag *diag) {
    const float *w = l->weights + i * l->row;
    double step = ttfs_grid_step(w, l->row, l->bits);
    uint32_t ramp = 1;
    if (step > 0) ramp = search_ramp(l, w, out->scale / (step * l->in_scale), out->scale);
    double used = out->scale / (ramp * l->in_scale);
    round_channel(l, i, used, out, error);
    out->ramp[i] = (int32_t)ramp;
    if (ramp < out->ramp_min) out->ramp_min = ramp;
    if (ramp > out->ramp_max) out->ramp_max = ramp;
    Reach r = reach_of(l, out->weights + i * l->row, ramp);
    return fit_bias(l, i, l->bias[i] / (used * l->in_scale), &r, &out->bias[i], diag);
}

static void allocate(const TtfsLayer *l, TtfsGridLayer *out, TtfsArena *a) {
    out->weights = TTFS_ARRAY(a, int16_t, l->channels * l->row);
    out->bias = TTFS_ARRAY(a, int32_t, l->channels);
    out->ramp = l->ticks ? TTFS_ARRAY(a, int32_t, l->channels) : NULL;
    out->ramp_min = l->ticks ? UINT32_MAX : 0;
    out->ramp_max = 0;
    out->clipped = 0;
}

bool ttfs_layer_relu(const TtfsLayer *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag) {
    double error = 0;
    bool ok = true;
    allocate(l, out, a);
    widen(l, out, diag);
    for (uint32_t i = 0; i < l->channels; i++)
        if (!relu_channel(l, i, out, &error, diag)) ok = false;
    finish_error(l, error, out);
    return ok;
}

bool ttfs_layer_readout(const TtfsLayer *l, TtfsGridLayer *out, TtfsArena *a, TtfsDiag *diag) {
    uint64_t n = l->channels * l->row;
    double error = 0;
    bool ok = true;
    allocate(l, out, a);
    double step = ttfs_grid_step(l->weights, n, l->bits);
    step = step > 0 ? search_step(l, step) : 1;
    out->scale = step * l->in_scale;
    for (uint32_t i = 0; i < l->channels; i++) {
        round_channel(l, i, step, out, &error);
        Reach r = reach_of(l, out->weights + i * l->row, 0);
        if (!fit_bias(l, i, l->bias[i] / out->scale, &r, &out->bias[i], diag)) ok = false;
    }
    finish_error(l, error, out);
    return ok;
}
