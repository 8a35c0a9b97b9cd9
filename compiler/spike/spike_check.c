/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of the spike graph. In: any graph whose arrays are as long as its sizes say; out:
 * every fault, each with the population it is in. Method: ids and order first, since everything
 * else follows them; then each population, each connection against the shapes of its ends, the
 * windows, and last, on populations without a fault, the interval bounds against int32. O(weights).
 */
#include "spike_inside.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const TtfsSpike *s;
    const char *file;
    TtfsDiag *diag;
    uint32_t at; /* index of the population in hand */
    uint32_t faults;
} Checker;

static bool report(Checker *c, TtfsCode code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
static bool report(Checker *c, TtfsCode code, const char *fmt, va_list ap) {
    c->faults++;
    const char *node = c->at < c->s->pops.len ? c->s->pops.at[c->at].name : NULL;
    return ttfs_error_va(c->diag, TTFS_AT_NODE(c->file, node), code, NULL, fmt, ap);
}

static bool fault(Checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fault(Checker *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    report(c, TTFS_SPIKE_CHECK, fmt, ap);
    va_end(ap);
    return false;
}

static bool too_large(Checker *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool too_large(Checker *c, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    report(c, TTFS_LIMIT, fmt, ap);
    va_end(ap);
    return false;
}

static bool linear(const TtfsPopulation *p) {
    return p->kind == TTFS_POP_RELU || p->kind == TTFS_POP_READOUT;
}

/* Ids: everything that later checks index by. False when they must not run. */
static bool check_ids(Checker *c) {
    const TtfsSpike *s = c->s;
    uint32_t next = 0;
    if (s->pops.len == 0) return fault(c, "the graph has no populations");
    if (s->pops.len > TTFS_MAX_POPULATIONS)
        return too_large(c, "%" PRIu32 " populations, at most %d", s->pops.len,
                         TTFS_MAX_POPULATIONS);
    for (c->at = 0; c->at < s->pops.len; c->at++) {
        const TtfsPopulation *p = &s->pops.at[c->at];
        if (p->conn_first != next || p->conn_count > s->conns.len - next)
            return fault(c,
                         "connections %" PRIu32 "+%" PRIu32 ", expected to start at %" PRIu32
                         " of %" PRIu32,
                         p->conn_first, p->conn_count, next, s->conns.len);
        next += p->conn_count;
        for (uint32_t i = p->conn_first; i < next; i++) {
            const TtfsConnection *k = &s->conns.at[i];
            if (k->dst.i != c->at + 1)
                return fault(c, "connection %" PRIu32 " goes to population %" PRIu32, i, k->dst.i);
            if (k->shared > s->conns.len)
                return fault(c, "connection %" PRIu32 " shares the weights of %" PRIu32, i,
                             k->shared);
            if (k->src.i == 0 || k->src.i > c->at)
                return fault(c,
                             "connection %" PRIu32 " comes from population %" PRIu32
                             ", expected one before this",
                             i, k->src.i);
        }
    }
    if (next != s->conns.len)
        return fault(c, "%" PRIu32 " connections, %" PRIu32 " belong to a population", s->conns.len,
                     next);
    return true;
}

static void check_ends(Checker *c) {
    const TtfsSpike *s = c->s;
    const uint32_t *o = s->order;
    c->at = UINT32_MAX;
    if (o[0] > 2 || o[1] > 2 || o[2] > 2 || o[0] == o[1] || o[0] == o[2] || o[1] == o[2])
        fault(c, "the order of a sample's axes is %" PRIu32 " %" PRIu32 " %" PRIu32, o[0], o[1],
              o[2]);
    bool read = false;
    for (c->at = 0; c->at < s->pops.len; c->at++) {
        TtfsPopKind kind = s->pops.at[c->at].kind;
        if ((kind == TTFS_POP_INPUT) != (c->at + 1 == s->input.i))
            fault(c, "the graph's input is population %" PRIu32 ", and no other", s->input.i);
        bool first = kind == TTFS_POP_READOUT && !read, named = c->at + 1 == s->readout.i;
        read = read || first;
        if (first != named)
            fault(c, "the graph's first readout is population %" PRIu32, s->readout.i);
    }
    if (s->input.i == 0 || s->input.i > s->pops.len)
        fault(c, "the graph's input is population %" PRIu32 " of %" PRIu32, s->input.i,
              s->pops.len);
    if (s->readout.i == 0 || s->readout.i > s->pops.len)
        fault(c, "the graph's readout is population %" PRIu32 " of %" PRIu32, s->readout.i,
              s->pops.len);
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const TtfsPopulation *const *)a)->name,
                  (*(const TtfsPopulation *const *)b)->name);
}

static void check_names(Checker *c) {
    const TtfsSpike *s = c->s;
    TtfsArena scratch = {0};
    const TtfsPopulation **sorted = TTFS_ARRAY(&scratch, const TtfsPopulation *, s->pops.len);
    bool named = true;
    for (c->at = 0; c->at < s->pops.len; c->at++) {
        sorted[c->at] = &s->pops.at[c->at];
        if (!sorted[c->at]->name || !*sorted[c->at]->name)
            named = fault(c, "population %" PRIu32 " has no name", c->at + 1);
    }
    if (named) {
        qsort(sorted, s->pops.len, sizeof *sorted, by_name);
        for (uint32_t i = 1; i < s->pops.len; i++)
            if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
                fault(c, "two populations have the name '%.80s'", sorted[i]->name);
    }
    ttfs_arena_free(&scratch);
}

static void check_arrays(Checker *c, const TtfsPopulation *p) {
    uint64_t neurons = ttfs_pop_size(p);
    if (linear(p) != (p->bias != NULL)) fault(c, "a bias is for relu and readout populations");
    if (p->bias ? p->bias_count != p->c && p->bias_count != neurons : p->bias_count != 0)
        fault(c, "%" PRIu32 " biases, expected one a channel or one a neuron", p->bias_count);
    if ((p->kind == TTFS_POP_RELU) != (p->ramp != NULL)) fault(c, "a ramp is for relu populations");
    if (p->kind != TTFS_POP_RELU || !p->ramp) return;
    for (uint32_t i = 0; i < p->c; i++)
        if (p->ramp[i] < 1) {
            fault(c, "the ramp of channel %" PRIu32 " is %" PRId32 ", expected 1 or more", i,
                  p->ramp[i]);
            return;
        }
}

static bool normal(double v) {
    return v >= DBL_MIN && v <= DBL_MAX;
}

static void check_values(Checker *c, const TtfsPopulation *p) {
    bool readout = p->kind == TTFS_POP_READOUT;
    if (readout ? p->ticks != 0 : p->ticks < 1 || p->ticks > TTFS_MAX_TICKS)
        fault(c, "a window of %" PRIu32 " ticks, expected %s", p->ticks,
              readout ? "0 for a readout" : "1..65535");
    if (!normal(p->scale)) fault(c, "the scale is %g, expected a positive normal number", p->scale);
    if (!(p->offset >= -DBL_MAX && p->offset <= DBL_MAX))
        fault(c, "the offset is %g, expected a finite number", p->offset);
    if (p->rate_ppm > 1000000) fault(c, "a rate of %" PRIu32 " in a million", p->rate_ppm);
}

static void check_rates(Checker *c, const TtfsPopulation *p) {
    const TtfsRates *r = &p->rates;
    if (!r->rows) return;
    if (r->rows > p->h || r->cols > p->w || r->rows > TTFS_MAX_BANDS || r->cols > TTFS_MAX_BANDS ||
        r->cols == 0) {
        fault(c, "rates of %" PRIu32 "x%" PRIu32 " bands", r->rows, r->cols);
        return;
    }
    uint32_t most = r->vary > r->vary_part ? r->vary : r->vary_part;
    for (uint32_t i = 0; i < r->rows * r->cols; i++)
        if (r->part[i] > most) most = r->part[i];
    if (most > TTFS_MAX_RATE_PARTS)
        fault(c, "a relative rate of %" PRIu32 ", at most %d", most, TTFS_MAX_RATE_PARTS);
}

/* Shape and own fields of the population in hand; false when its size is unusable. */
static bool check_population(Checker *c) {
    const TtfsPopulation *p = &c->s->pops.at[c->at];
    check_values(c, p);
    uint32_t conns = p->conn_count;
    if (p->kind == TTFS_POP_INPUT ? conns != 0 : p->kind == TTFS_POP_POOL ? conns != 1 : conns == 0)
        fault(c, "%" PRIu32 " incoming connections", conns);
    if (p->c == 0 || p->h == 0 || p->w == 0)
        return fault(c, "shape %" PRIu32 "x%" PRIu32 "x%" PRIu32 " is empty", p->c, p->h, p->w);
    if (p->c > TTFS_MAX_NEURONS || p->h > TTFS_MAX_NEURONS || p->w > TTFS_MAX_NEURONS ||
        (uint64_t)p->c * p->h > TTFS_MAX_NEURONS || (uint64_t)p->c * p->h * p->w > TTFS_MAX_NEURONS)
        return too_large(c, "%" PRIu32 "x%" PRIu32 "x%" PRIu32 " neurons, at most %d", p->c, p->h,
                         p->w, TTFS_MAX_NEURONS);
    check_arrays(c, p);
    check_rates(c, p);
    return true;
}

static void check_geometry(Checker *c, const TtfsConnection *k, const TtfsPopulation *src,
                           const TtfsPopulation *dst) {
    const uint32_t in[2] = {src->h, src->w}, want[2] = {dst->h, dst->w};
    for (int a = 0; a < 2; a++) {
        uint64_t got = ttfs_patch_count(in[a], k->kernel[a], k->stride[a], k->dilation[a],
                                        k->pad[a], k->pad[a + 2]);
        if (got != want[a])
            fault(c, "the kernel gives %" PRIu64 " %s, the population has %" PRIu32, got,
                  a ? "columns" : "rows", want[a]);
    }
}

/* The channels that a connection sees are there, and its groups divide them; false when the weights
 * cannot be counted. */
static bool check_channels(Checker *c, const TtfsConnection *k, const TtfsPopulation *src,
                           const TtfsPopulation *dst) {
    if (k->src_channels == 0 || k->src_ch_first >= src->c ||
        k->src_channels > src->c - k->src_ch_first)
        return fault(c, "sees channels %" PRIu32 "+%" PRIu32 " of %" PRIu32, k->src_ch_first,
                     k->src_channels, src->c);
    bool divides = k->group && k->src_channels % k->group == 0 && dst->c % k->group == 0;
    if (k->kind == TTFS_CONN_CONV ? !divides : k->group != 1)
        return fault(c, "%" PRIu32 " groups of %" PRIu32 " channels into %" PRIu32, k->group,
                     k->src_channels, dst->c);
    return true;
}

/* How many weights a connection between such shapes has. */
static uint64_t weights_needed(const TtfsConnection *k, const TtfsPopulation *src,
                               const TtfsPopulation *dst) {
    if (k->kind == TTFS_CONN_DENSE)
        return (uint64_t)k->src_channels * src->h * src->w * ttfs_pop_size(dst);
    uint64_t taps = (uint64_t)k->kernel[0] * k->kernel[1];
    uint64_t pairs = (uint64_t)(k->src_channels / k->group) * dst->c;
    return taps > TTFS_MAX_WEIGHTS || taps * pairs / pairs != taps ? UINT64_MAX : taps * pairs;
}

static void check_weights(Checker *c, const TtfsConnection *k, const TtfsPopulation *src,
                          const TtfsPopulation *dst) {
    uint64_t need = weights_needed(k, src, dst);
    if (k->weight_bits < 2 || k->weight_bits > 16) {
        fault(c, "%" PRIu32 " weight bits, expected 2..16", k->weight_bits);
        return;
    }
    if (need > TTFS_MAX_WEIGHTS) {
        too_large(c, "%" PRIu64 " weights, at most %" PRIu64, need, TTFS_MAX_WEIGHTS);
        return;
    }
    if (k->weight_count != need || !k->weights) {
        fault(c, "%" PRIu64 " weights, the shapes need %" PRIu64, k->weights ? k->weight_count : 0,
              need);
        return;
    }
    int32_t top = (1 << (k->weight_bits - 1)) - 1;
    for (uint64_t i = 0; i < need; i++)
        if (k->weights[i] > top || k->weights[i] < -top - 1) {
            fault(c, "weight %" PRIu64 " is %d, which %" PRIu32 " bits do not hold", i,
                  k->weights[i], k->weight_bits);
            return;
        }
}

/* Shared weights are those of an earlier connection that has its own. */
static void check_shared(Checker *c, const TtfsConnection *k) {
    if (!k->shared) return;
    const TtfsConnection *from = &c->s->conns.at[k->shared - 1];
    if (from >= k || from->shared || from->weights != k->weights || !k->weights ||
        from->weight_count != k->weight_count)
        fault(c, "shares the weights of connection %" PRIu32 ", which are not these", k->shared);
}

static void check_pool(Checker *c, const TtfsConnection *k, const TtfsPopulation *src,
                       const TtfsPopulation *dst) {
    if (k->weights || k->weight_count || k->weight_bits) fault(c, "a pool has no weights");
    if (k->src_channels != dst->c)
        fault(c, "%" PRIu32 " channels pooled from %" PRIu32, dst->c, k->src_channels);
    for (int a = 0; a < 2; a++) {
        uint64_t extent = ((uint64_t)k->kernel[a] - 1) * k->dilation[a] + 1;
        if (k->kernel[a] && (k->pad[a] >= extent || k->pad[a + 2] >= extent))
            fault(c,
                  "padding %" PRIu32 ", %" PRIu32
                  " is not smaller than the pool's kernel of %" PRIu64,
                  k->pad[a], k->pad[a + 2], extent);
    }
    if (dst->ticks != src->ticks || dst->start != src->start || dst->scale != src->scale ||
        dst->offset != src->offset)
        fault(c, "a pool has the window and the scale of its source");
}

static void check_connection(Checker *c, const TtfsConnection *k) {
    const TtfsPopulation *src = ttfs_spike_pop(c->s, k->src), *dst = ttfs_spike_pop(c->s, k->dst);
    if (src->kind == TTFS_POP_READOUT) fault(c, "comes from the readout, which does not spike");
    if (ttfs_conn_is_pool(k) != (dst->kind == TTFS_POP_POOL)) {
        fault(c, "pool connections are for pool populations, and no others");
        return;
    }
    if (!check_channels(c, k, src, dst)) return;
    if (k->kind != TTFS_CONN_DENSE) check_geometry(c, k, src, dst);
    if (ttfs_conn_is_pool(k))
        check_pool(c, k, src, dst);
    else
        check_weights(c, k, src, dst);
    check_shared(c, k);
}

/* The sums that check_bounds forms stay within int64: 2^31 weights of 16 bits times 2^16 ticks.
 * Engines hold some bytes for every neuron. */
static void check_total(Checker *c) {
    uint64_t total = 0, neurons = ttfs_spike_neurons(c->s);
    for (uint32_t i = 0; i < c->s->conns.len; i++)
        total += c->s->conns.at[i].shared ? 0 : c->s->conns.at[i].weight_count;
    if (neurons > TTFS_MAX_NEURONS_ALL)
        too_large(c, "%" PRIu64 " neurons in all, at most %" PRIu64, neurons, TTFS_MAX_NEURONS_ALL);
    if (total > TTFS_MAX_WEIGHTS)
        too_large(c, "%" PRIu64 " weights, at most %" PRIu64, total, TTFS_MAX_WEIGHTS);
}

static bool fits(int64_t v) {
    return v >= INT32_MIN && v <= INT32_MAX;
}

/* U, U - R * T and the ramp's last value R * (T + 1) must fit int32 at every tick. */
static void check_bounds(Checker *c) {
    const TtfsPopulation *p = &c->s->pops.at[c->at];
    for (uint32_t i = 0; linear(p) && i < p->c; i++) {
        TtfsBounds b = ttfs_spike_bounds(c->s, (TtfsPop){c->at + 1}, i);
        int64_t ramp = p->ramp ? p->ramp[i] : 0, top = ramp * p->ticks;
        if (fits(b.slope_min) && fits(b.slope_max) && fits(b.potential_min - top) &&
            fits(b.potential_max) && fits(top + ramp))
            continue;
        fault(c,
              "channel %" PRIu32 ": slope %" PRId64 "..%" PRId64 ", potential %" PRId64 "..%" PRId64
              ", threshold %" PRId64 ": more than int32 holds",
              i, b.slope_min, b.slope_max, b.potential_min, b.potential_max, top);
        return;
    }
}

static void check_time(Checker *c) {
    const TtfsSpike *s = c->s;
    uint64_t last = 0;
    for (c->at = 0; c->at < s->pops.len; c->at++) {
        const TtfsPopulation *p = &s->pops.at[c->at];
        uint64_t due = 0;
        for (uint32_t i = 0; i < p->conn_count; i++) {
            const TtfsPopulation *src = ttfs_spike_pop(s, s->conns.at[p->conn_first + i].src);
            uint64_t end = (uint64_t)src->start + (p->kind == TTFS_POP_POOL ? 0 : src->ticks);
            if (end > due) due = end;
        }
        if (p->start != due)
            fault(c, "the window starts at %" PRIu32 ", its sources put it at %" PRIu64, p->start,
                  due);
        if ((uint64_t)p->start + p->ticks > last) last = (uint64_t)p->start + p->ticks;
    }
    if (s->latency != last)
        fault(c, "the latency is %" PRIu32 ", the last window ends at %" PRIu64, s->latency, last);
}

bool ttfs_spike_check(const TtfsSpike *s, const char *file, TtfsDiag *diag) {
    Checker c = {s, file, diag, UINT32_MAX, 0};
    if (!check_ids(&c)) return false;
    check_ends(&c);
    check_names(&c);
    bool sized = true;
    for (c.at = 0; c.at < s->pops.len; c.at++)
        if (!check_population(&c)) sized = false;
    for (c.at = 0; sized && c.at < s->pops.len; c.at++)
        for (uint32_t i = 0; i < s->pops.at[c.at].conn_count; i++)
            check_connection(&c, &s->conns.at[s->pops.at[c.at].conn_first + i]);
    if (sized) check_total(&c);
    if (sized) ttfs_spike_check_outputs(s, file, diag, &c.faults);
    if (sized) check_time(&c);
    for (c.at = 0; c.faults == 0 && c.at < s->pops.len; c.at++) check_bounds(&c);
    return c.faults == 0;
}
