/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces -> NIRData. Events of a sample are in order of tick, then neuron; rows are as long as the
 * most events of a sample, and what a sample does not fill is neuron -1 at infinity. Tables are
 * written chunk by chunk, as many samples as a chunk has rows at once; a chunk in which there would
 * be nothing is left out, and readers take it as filled with that.
 */
#include "nird.h"

#include "hdf5_write.h"

#include <math.h>
#include <string.h>

enum { ROWS = 64, COLUMNS = 1024, HELD = 1 << 24 };

typedef struct {
    uint32_t neuron, tick;
} Event;

/* A population's events of a sample. */
typedef struct {
    Event *at;
    uint32_t n;
} Row;

/* A population's tables: of one that spikes `idx` and `time`, of a readout `data`. */
typedef struct {
    TtfsHdf5Chunked idx, time, data;
    uint64_t most;    /* events of a sample */
    Row row[ROWS];    /* of the samples that are held */
    double *membrane; /* [row][neuron] */
} Tables;

struct TtfsNird {
    const TtfsSpike *spike;
    TtfsArena *arena;
    TtfsArena rows_of; /* the events that are held */
    TtfsHdf5Writer file;
    uint64_t samples, rows; /* rows: of a chunk */
    uint64_t held, before;  /* samples that are held, and those written before them */
    Tables *tables;         /* [population] */
};

static uint64_t bits_of(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t rows_of(const TtfsSpike *s, uint64_t samples) {
    uint64_t neurons = 1;
    for (uint32_t i = 0; i < s->pops.len; i++) neurons += ttfs_pop_size(&s->pops.at[i]);
    uint64_t rows = least(least(ROWS, HELD / neurons), samples);
    return rows ? rows : 1;
}

static bool is_readout(const TtfsNird *n, uint32_t pop) {
    return n->spike->pops.at[pop].kind == TTFS_POP_READOUT;
}

static void open_tables(TtfsNird *n, uint32_t pop) {
    Tables *t = &n->tables[pop];
    uint64_t size = ttfs_pop_size(&n->spike->pops.at[pop]), columns = least(COLUMNS, size);
    t->idx = (TtfsHdf5Chunked){
        .type = TTFS_HDF5_WRITE_I64, .rank = 2, .chunk = {n->rows, columns}, .fill = UINT64_MAX};
    t->time = t->idx;
    t->time.type = TTFS_HDF5_WRITE_F64;
    t->time.fill = bits_of((double)INFINITY);
    t->data =
        (TtfsHdf5Chunked){.type = TTFS_HDF5_WRITE_F64, .rank = 3, .chunk = {n->rows, 1, size}};
    if (is_readout(n, pop)) t->membrane = TTFS_ARRAY(n->arena, double, n->rows *size);
}

TtfsNird *ttfs_nird_begin(const TtfsSpike *s, uint64_t samples, TtfsBuf *out, TtfsArena *a) {
    TtfsNird *n = TTFS_NEW(a, TtfsNird);
    *n = (TtfsNird){.spike = s, .arena = a, .samples = samples, .rows = rows_of(s, samples)};
    n->tables = TTFS_ARRAY(a, Tables, s->pops.len);
    for (uint32_t i = 0; i < s->pops.len; i++) open_tables(n, i);
    ttfs_hdf5_begin(&n->file);
    ttfs_hdf5_move(&n->file, out);
    return n;
}

/* --- a sample --- */

/* Neurons in order of tick, by counting. */
static Row in_order(TtfsNird *n, const TtfsPopulation *p, const uint16_t *tick) {
    TtfsArena scratch = {0};
    uint32_t size = ttfs_pop_size(p), *from = TTFS_ARRAY(&scratch, uint32_t, p->ticks + 1);
    Row r = {0};
    for (uint32_t k = 0; k < size; k++)
        if (tick[k] < p->ticks) from[tick[k] + 1]++, r.n++;
    for (uint32_t t = 1; t <= p->ticks; t++) from[t] += from[t - 1];
    r.at = TTFS_ARRAY(&n->rows_of, Event, r.n);
    for (uint32_t k = 0; k < size; k++)
        if (tick[k] < p->ticks) r.at[from[tick[k]]++] = (Event){k, p->start + tick[k]};
    ttfs_arena_free(&scratch);
    return r;
}

static void take_potentials(const TtfsNird *n, uint32_t pop, const TtfsTrace *t) {
    const TtfsPopulation *p = &n->spike->pops.at[pop];
    const int32_t *v = ttfs_trace_potentials(t, (TtfsPop){pop + 1});
    uint64_t size = ttfs_pop_size(p);
    for (uint64_t e = 0; e < size; e++)
        n->tables[pop].membrane[n->held * size + e] = v[e] * p->scale;
}

/* --- chunks --- */

/* Columns [column, column + those of a chunk) of the rows that are held, as both tables have them.
 */
static void put_events(TtfsNird *n, Tables *t, uint64_t column) {
    TtfsArena scratch = {0};
    uint64_t wide = t->idx.chunk[1], at[2] = {n->before, column};
    int64_t *idx = TTFS_ARRAY(&scratch, int64_t, n->rows * wide);
    double *time = TTFS_ARRAY(&scratch, double, n->rows *wide);
    for (uint64_t i = 0; i < n->rows * wide; i++) {
        const Row *r = &t->row[i / wide];
        uint64_t e = column + i % wide;
        bool there = i / wide < n->held && e < r->n;
        idx[i] = there ? (int64_t)r->at[e].neuron : -1;
        time[i] = there ? (double)r->at[e].tick : (double)INFINITY;
    }
    ttfs_hdf5_chunk(&n->file, &t->idx, at, idx, n->arena);
    ttfs_hdf5_chunk(&n->file, &t->time, at, time, n->arena);
    ttfs_arena_free(&scratch);
}

static void put_rows(TtfsNird *n, uint32_t pop) {
    Tables *t = &n->tables[pop];
    uint64_t at[3] = {n->before, 0, 0}, most = 0;
    if (is_readout(n, pop)) {
        ttfs_hdf5_chunk(&n->file, &t->data, at, t->membrane, n->arena);
        return;
    }
    for (uint64_t i = 0; i < n->held; i++)
        if (t->row[i].n > most) most = t->row[i].n;
    for (uint64_t c = 0; c < most; c += t->idx.chunk[1]) put_events(n, t, c);
    if (most > t->most) t->most = most;
}

static void put_held(TtfsNird *n, TtfsBuf *out) {
    for (uint32_t i = 0; n->held && i < n->spike->pops.len; i++) {
        put_rows(n, i);
        ttfs_hdf5_move(&n->file, out);
    }
    ttfs_arena_free(&n->rows_of);
    n->before += n->held;
    n->held = 0;
}

void ttfs_nird_sample(TtfsNird *n, const TtfsTrace *t, uint64_t i, TtfsBuf *out) {
    (void)i;
    for (uint32_t k = 0; k < n->spike->pops.len; k++) {
        if (is_readout(n, k))
            take_potentials(n, k, t);
        else
            n->tables[k].row[n->held] =
                in_order(n, &n->spike->pops.at[k], ttfs_trace_ticks(t, (TtfsPop){k + 1}));
    }
    if (++n->held == n->rows) put_held(n, out);
}

/* --- the file --- */

/* A table of events; without any it has no columns. */
static uint64_t table(TtfsNird *n, uint32_t pop, const TtfsHdf5Chunked *c) {
    uint64_t dim[2] = {n->samples, n->tables[pop].most};
    uint64_t most[2] = {n->samples, ttfs_pop_size(&n->spike->pops.at[pop])};
    return dim[1] ? ttfs_hdf5_chunked(&n->file, c, dim, most)
                  : ttfs_hdf5_numbers(&n->file, c->type, 2, dim, NULL, false);
}

static uint64_t events(TtfsNird *n, uint32_t pop) {
    TtfsHdf5Header h = ttfs_hdf5_group();
    ttfs_hdf5_link(&h, "idx", table(n, pop, &n->tables[pop].idx));
    ttfs_hdf5_link(&h, "time", table(n, pop, &n->tables[pop].time));
    ttfs_hdf5_attribute_text(&n->file, &h, "__type__", "EventData");
    ttfs_hdf5_attribute_i64(&h, "n_neurons", ttfs_pop_size(&n->spike->pops.at[pop]));
    ttfs_hdf5_attribute_f64(&h, "t_max", n->spike->latency);
    return ttfs_hdf5_put(&n->file, &h);
}

static uint64_t membrane(TtfsNird *n, uint32_t pop) {
    uint64_t dim[3] = {n->samples, 1, ttfs_pop_size(&n->spike->pops.at[pop])};
    TtfsHdf5Header h = ttfs_hdf5_group();
    ttfs_hdf5_link(&h, "data", ttfs_hdf5_chunked(&n->file, &n->tables[pop].data, dim, NULL));
    ttfs_hdf5_attribute_text(&n->file, &h, "__type__", "TimeGriddedData");
    ttfs_hdf5_attribute_f64(&h, "dt", 1);
    return ttfs_hdf5_put(&n->file, &h);
}

static uint64_t node(TtfsNird *n, uint32_t pop) {
    bool readout = is_readout(n, pop);
    TtfsHdf5Header observables = ttfs_hdf5_group(), h = ttfs_hdf5_group();
    ttfs_hdf5_link(&observables, readout ? "membrane" : "spikes",
                   readout ? membrane(n, pop) : events(n, pop));
    ttfs_hdf5_link(&h, "observables", ttfs_hdf5_put(&n->file, &observables));
    ttfs_hdf5_attribute_text(&n->file, &h, "__type__", "NIRNodeData");
    return ttfs_hdf5_put(&n->file, &h);
}

void ttfs_nird_end(TtfsNird *n, TtfsBuf *out, TtfsBuf *head) {
    TtfsArena names = {0};
    TtfsNames taken = {0};
    put_held(n, out);
    TtfsHdf5Header nodes = ttfs_hdf5_group(), root = ttfs_hdf5_group();
    for (uint32_t i = 0; i < n->spike->pops.len; i++)
        ttfs_hdf5_link(&nodes,
                       ttfs_names_take(&taken,
                                       ttfs_hdf5_name(n->spike->pops.at[i].name, i + 1, &names),
                                       &names),
                       node(n, i));
    ttfs_hdf5_link(&root, "nodes", ttfs_hdf5_put(&n->file, &nodes));
    ttfs_hdf5_attribute_text(&n->file, &root, "__type__", "NIRGraphData");
    ttfs_hdf5_end_moved(&n->file, &root, head);
    ttfs_hdf5_move(&n->file, out);
    ttfs_arena_free(&names);
}
