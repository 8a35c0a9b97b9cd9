/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces -> NIRData. Events of a sample are in order of tick, then neuron; rows are as long as the
 * most events of a sample, and what a sample does not fill is neuron -1 at infinity.
 */
#include "nird.h"

#include "hdf5_write.h"

#include <math.h>

typedef struct {
    uint32_t neuron, tick;
} Event;

/* A population's events of a sample. */
typedef struct {
    Event *at;
    uint32_t n;
} Row;

struct TtfsNird {
    const TtfsSpike *spike;
    TtfsArena *arena;
    uint64_t samples, most;
    uint64_t bytes;    /* held so far */
    uint64_t wide;     /* the most events of a sample of a population */
    Row **row;         /* [population][sample]; NULL of a readout */
    double **membrane; /* [population][sample][neuron]; NULL of others */
};

/* Of readouts and lists of events that hold nothing yet; beyond `most` any number that is. */
static uint64_t bytes_of(const TtfsSpike *s, uint64_t samples, uint64_t most) {
    uint64_t a_sample = 0;
    for (uint32_t i = 0; i < s->pops.len; i++)
        a_sample += s->pops.at[i].kind == TTFS_POP_READOUT
                        ? ttfs_pop_size(&s->pops.at[i]) * (uint64_t)sizeof(double)
                        : sizeof(Row);
    return a_sample && samples > most / a_sample ? UINT64_MAX : a_sample * samples;
}

TtfsNird *ttfs_nird_open(const TtfsSpike *s, uint64_t samples, uint64_t most, TtfsArena *a) {
    uint64_t bytes = bytes_of(s, samples, most);
    if (bytes > most) return NULL;
    TtfsNird *n = TTFS_NEW(a, TtfsNird);
    *n = (TtfsNird){.spike = s,
                    .arena = a,
                    .samples = samples,
                    .most = most,
                    .bytes = bytes,
                    .row = TTFS_ARRAY(a, Row *, s->pops.len),
                    .membrane = TTFS_ARRAY(a, double *, s->pops.len)};
    for (uint32_t i = 0; i < s->pops.len; i++)
        if (s->pops.at[i].kind == TTFS_POP_READOUT)
            n->membrane[i] = TTFS_ARRAY(a, double, samples *ttfs_pop_size(&s->pops.at[i]));
        else
            n->row[i] = TTFS_ARRAY(a, Row, samples);
    return n;
}

/* Neurons in order of tick, by counting. */
static Row in_order(const TtfsNird *n, const TtfsPopulation *p, const uint16_t *tick) {
    TtfsArena scratch = {0};
    uint32_t size = ttfs_pop_size(p), *from = TTFS_ARRAY(&scratch, uint32_t, p->ticks + 1);
    Row r = {0};
    for (uint32_t k = 0; k < size; k++)
        if (tick[k] < p->ticks) from[tick[k] + 1]++, r.n++;
    for (uint32_t t = 1; t <= p->ticks; t++) from[t] += from[t - 1];
    r.at = TTFS_ARRAY(n->arena, Event, r.n);
    for (uint32_t k = 0; k < size; k++)
        if (tick[k] < p->ticks) r.at[from[tick[k]]++] = (Event){k, p->start + tick[k]};
    ttfs_arena_free(&scratch);
    return r;
}

/* Places of a table are an index and a time. */
static bool fits(const TtfsNird *n) {
    uint64_t place = sizeof(int64_t) + sizeof(double);
    return n->bytes <= n->most &&
           (n->wide == 0 || n->samples <= (n->most - n->bytes) / (n->wide * place));
}

bool ttfs_nird_sample(TtfsNird *n, uint64_t i, const TtfsTrace *t) {
    for (uint32_t k = 0; k < n->spike->pops.len; k++) {
        const TtfsPopulation *p = &n->spike->pops.at[k];
        uint32_t size = ttfs_pop_size(p);
        if (n->row[k]) {
            Row r = in_order(n, p, ttfs_trace_ticks(t, (TtfsPop){k + 1}));
            n->bytes += r.n * sizeof *r.at;
            if (r.n > n->wide) n->wide = r.n;
            n->row[k][i] = r;
            continue;
        }
        const int32_t *v = ttfs_trace_potentials(t, (TtfsPop){k + 1});
        for (uint32_t e = 0; e < size; e++) n->membrane[k][i * size + e] = v[e] * p->scale;
    }
    return fits(n);
}

static uint64_t events(const TtfsNird *n, uint32_t pop, TtfsHdf5Writer *w) {
    const TtfsPopulation *p = &n->spike->pops.at[pop];
    TtfsArena scratch = {0};
    uint64_t most = 0;
    for (uint64_t i = 0; i < n->samples; i++)
        if (n->row[pop][i].n > most) most = n->row[pop][i].n;
    int64_t *idx = TTFS_ARRAY(&scratch, int64_t, n->samples * most);
    double *time = TTFS_ARRAY(&scratch, double, n->samples *most);
    for (uint64_t i = 0; i < n->samples; i++)
        for (uint64_t e = 0; e < most; e++) {
            const Row *r = &n->row[pop][i];
            idx[i * most + e] = e < r->n ? (int64_t)r->at[e].neuron : -1;
            time[i * most + e] = e < r->n ? (double)r->at[e].tick : (double)INFINITY;
        }
    uint64_t dim[2] = {n->samples, most};
    TtfsHdf5Header h = ttfs_hdf5_group();
    ttfs_hdf5_link(&h, "idx", ttfs_hdf5_numbers(w, TTFS_HDF5_WRITE_I64, 2, dim, idx, true));
    ttfs_hdf5_link(&h, "time", ttfs_hdf5_numbers(w, TTFS_HDF5_WRITE_F64, 2, dim, time, true));
    ttfs_hdf5_attribute_text(w, &h, "__type__", "EventData");
    ttfs_hdf5_attribute_i64(&h, "n_neurons", ttfs_pop_size(p));
    ttfs_hdf5_attribute_f64(&h, "t_max", n->spike->latency);
    ttfs_arena_free(&scratch);
    return ttfs_hdf5_put(w, &h);
}

static uint64_t membrane(const TtfsNird *n, uint32_t pop, TtfsHdf5Writer *w) {
    uint64_t dim[3] = {n->samples, 1, ttfs_pop_size(&n->spike->pops.at[pop])};
    TtfsHdf5Header h = ttfs_hdf5_group();
    ttfs_hdf5_link(&h, "data",
                   ttfs_hdf5_numbers(w, TTFS_HDF5_WRITE_F64, 3, dim, n->membrane[pop], true));
    ttfs_hdf5_attribute_text(w, &h, "__type__", "TimeGriddedData");
    ttfs_hdf5_attribute_f64(&h, "dt", 1);
    return ttfs_hdf5_put(w, &h);
}

static uint64_t node(const TtfsNird *n, uint32_t pop, TtfsHdf5Writer *w) {
    bool spikes = n->row[pop] != NULL;
    TtfsHdf5Header observables = ttfs_hdf5_group(), h = ttfs_hdf5_group();
    ttfs_hdf5_link(&observables, spikes ? "spikes" : "membrane",
                   spikes ? events(n, pop, w) : membrane(n, pop, w));
    ttfs_hdf5_link(&h, "observables", ttfs_hdf5_put(w, &observables));
    ttfs_hdf5_attribute_text(w, &h, "__type__", "NIRNodeData");
    return ttfs_hdf5_put(w, &h);
}

void ttfs_nird_write(const TtfsNird *n, TtfsBuf *out) {
    TtfsHdf5Writer w;
    TtfsArena names = {0};
    TtfsNames taken = {0};
    ttfs_hdf5_begin(&w);
    TtfsHdf5Header nodes = ttfs_hdf5_group(), root = ttfs_hdf5_group();
    for (uint32_t i = 0; i < n->spike->pops.len; i++)
        ttfs_hdf5_link(&nodes,
                       ttfs_names_take(&taken,
                                       ttfs_hdf5_name(n->spike->pops.at[i].name, i + 1, &names),
                                       &names),
                       node(n, i, &w));
    ttfs_hdf5_link(&root, "nodes", ttfs_hdf5_put(&w, &nodes));
    ttfs_hdf5_attribute_text(&w, &root, "__type__", "NIRGraphData");
    ttfs_hdf5_end(&w, &root);
    ttfs_buf_bytes(out, w.file.text, w.file.len);
    ttfs_buf_free(&w.file);
    ttfs_arena_free(&names);
}
