/* SPDX-License-Identifier: Apache-2.0
 *
 * Who reads whose values: of every cell the cells that make what it reads, and the other way round.
 * Cells of a population are a grid, so those that a rectangle meets are a block of it. Cost: the
 * pairs; when there are more of them than is worth while, none are made.
 */
#include "pack.h"

enum { MOST_EDGES = 1 << 24 };

/* Parts `first` .. `end` - 1 of an axis. */
typedef struct {
    uint32_t first, end;
} Span;

/* The parts that places from .. to - 1 meet; n parts start at s. */
static Span meet(const uint32_t *s, uint32_t n, int64_t from, int64_t to) {
    uint32_t low = 0, high = n;
    while (low < high) { /* the first part that ends behind `from` */
        uint32_t middle = low + (high - low) / 2;
        if ((int64_t)s[middle + 1] <= from)
            low = middle + 1;
        else
            high = middle;
    }
    Span span = {low, low};
    while (span.end < n && (int64_t)s[span.end] < to) span.end++;
    return span;
}

/* Takes pairs (source, reader) one after the other. */
typedef struct {
    Pack *pack;
    uint64_t pairs;
    uint32_t *next_source, *next_reader; /* NULL: they are counted only */
} Pairs;

static void take_pair(Pairs *n, uint32_t source, uint32_t reader) {
    PackEdges *sources = &n->pack->sources, *readers = &n->pack->readers;
    n->pairs++;
    if (n->next_source) {
        sources->at[n->next_source[reader]++] = source;
        readers->at[n->next_reader[source]++] = reader;
    } else {
        sources->first[reader + 1]++;
        readers->first[source + 1]++;
    }
}

static void take_read(Pairs *n, const TtfsRead *r, uint32_t reader) {
    const PackGrid *g = &n->pack->grids[r->pop];
    if (r->pop == n->pack->spike->input.i) {
        take_pair(n, 0, reader);
        return;
    }
    Span y = meet(g->y, g->rows, r->first[1], r->end[1]);
    Span x = meet(g->x, g->cols, r->first[2], r->end[2]);
    Span c = meet(g->c, g->parts, r->first[0], r->end[0]);
    for (uint32_t i = y.first; i < y.end; i++)
        for (uint32_t j = x.first; j < x.end; j++)
            for (uint32_t k = c.first; k < c.end && n->pairs <= MOST_EDGES; k++)
                take_pair(n, g->first + (i * g->cols + j) * g->parts + k, reader);
}

static void take_all(Pairs *n) {
    n->pairs = 0;
    for (uint32_t i = 1; i < n->pack->cells.len; i++) {
        const PackCell *c = &n->pack->cells.at[i];
        for (uint32_t k = 0; k < c->reads; k++)
            take_read(n, &n->pack->reads.at[c->first_read + k], i);
        if (ttfs_spike_pop(n->pack->spike, c->task.pop)->kind == TTFS_POP_READOUT)
            take_pair(n, i, 0);
    }
}

/* Numbers become places; where the next of each cell goes. */
static uint32_t *lay_out(Pack *p, PackEdges *e) {
    uint32_t cells = p->cells.len, *next = TTFS_ARRAY(p->arena, uint32_t, cells);
    for (uint32_t i = 0; i < cells; i++) {
        e->first[i + 1] += e->first[i];
        next[i] = e->first[i];
    }
    e->at = TTFS_ARRAY(p->arena, uint32_t, e->first[cells]);
    return next;
}

bool ttfs_pack_connect(Pack *p) {
    Pairs n = {.pack = p};
    p->sources.first = TTFS_ARRAY(p->arena, uint32_t, (size_t)p->cells.len + 1);
    p->readers.first = TTFS_ARRAY(p->arena, uint32_t, (size_t)p->cells.len + 1);
    take_all(&n);
    if (n.pairs > MOST_EDGES) return false;
    n.next_source = lay_out(p, &p->sources);
    n.next_reader = lay_out(p, &p->readers);
    take_all(&n);
    return true;
}
