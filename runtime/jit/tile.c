/* SPDX-License-Identifier: Apache-2.0
 *
 * Choice of tiles by a small model of the processor. One dot of a tile of r places (samples or
 * pixels) and v vectors takes r v dot products, r broadcasts and v loads; a core does two of either
 * a cycle, and a chain of sums needs a dot product's latency between two dots. Sums, weights and
 * one value stay in registers. The tile with the least cycles for the whole layer wins, what is
 * left over at the edges counted; of equals the smaller.
 */
#include "tile.h"

enum { MOST_SAMPLES = 8, LATENCY = 6 };

static double cycles(uint32_t places, uint32_t vectors) {
    double dots = places * vectors / 2.0, loads = (places + vectors) / 2.0;
    double most = dots > loads ? dots : loads;
    return most > LATENCY ? most : LATENCY;
}

/* Cycles of a whole row of `n` in tiles of `tile`, the rest in a smaller one. */
static double row_cycles(uint32_t n, uint32_t tile, uint32_t rows, uint32_t vectors) {
    double sum = n / tile * cycles(tile * rows, vectors);
    return n % tile ? sum + cycles(n % tile * rows, vectors) : sum;
}

static bool fits(const TtfsProgram *p, uint32_t places, uint32_t vectors) {
    uint32_t spare = p->target->words_add ? 1 : 3; /* a value; products, when they are separate */
    return places * vectors + vectors + spare <= p->target->registers;
}

/* Tiles of pixels are of whole blocks of the pool that is in one with the convolution. */
static void choose_pixels(const TtfsProgram *p, TtfsRoutine *s) {
    const TtfsPopulation *out = &p->spike->pops.at[s->out];
    uint32_t h = out->h * s->block[0], w = out->w * s->block[1];
    double best = 0;
    for (uint32_t v = 1; v <= s->vectors && v <= 8; v++) {
        for (uint32_t y = s->block[0]; y <= h && fits(p, y, v); y += s->block[0]) {
            if (h % y) continue;
            for (uint32_t x = s->block[1]; x <= w && fits(p, y * x, v); x += s->block[1]) {
                uint32_t rest = s->vectors % v;
                double all = s->vectors / v * row_cycles(w, x, y, v);
                if (rest) all += row_cycles(w, x, y, rest);
                all *= h / y;
                if (best > 0 && all >= best) continue;
                best = all;
                s->tile[1] = y;
                s->tile[2] = x;
                s->tile[3] = v;
            }
        }
    }
}

static void choose_samples(const TtfsProgram *p, TtfsRoutine *s) {
    double best = 0;
    for (uint32_t v = 1; v <= s->vectors && v <= 8; v++) {
        for (uint32_t n = 1; n <= MOST_SAMPLES && fits(p, n, v); n++) {
            if (MOST_SAMPLES % n || (s->events && n > 4)) continue;
            uint32_t rest = s->vectors % v;
            double all = (s->vectors / v * cycles(n, v) + (rest ? cycles(n, rest) : 0)) / n;
            if (best > 0 && all >= best) continue;
            best = all;
            s->tile[0] = n;
            s->tile[3] = v;
        }
    }
}

/* Sixteen neighbouring pixels' source bytes fit one permutation, and the whole kernel is written
 * out. */
static bool is_narrow(const TtfsProgram *p, const TtfsRoutine *s) {
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    const TtfsTermCode *t = &p->terms.at[s->term_first];
    return p->target->permutes_bytes && !s->matrix && s->terms == 1 && t->dot.by == 4 &&
           !t->grouped && t->move_x <= 4 && pop->kind == TTFS_POP_RELU &&
           p->store[s->pop].elt == 1 && pop->c <= TTFS_NARROW_OUTPUTS && pop->w >= 8 &&
           !s->bias_pixel && s->block[0] == s->block[1] && s->block[0] <= 2 &&
           (uint64_t)t->count_y * t->count_x * t->dots * pop->c <= 160;
}

uint32_t ttfs_tile_full_vectors(const TtfsProgram *p, const TtfsRoutine *routine) {
    uint32_t whole = p->spike->pops.at[routine->pop].c / p->target->lanes;
    return whole / routine->tile[3] * routine->tile[3];
}

uint32_t ttfs_tile_rows(const TtfsProgram *p, const TtfsRoutine *routine) {
    return p->spike->pops.at[routine->out].h * routine->block[0] / routine->tile[1];
}

bool ttfs_tile_holds_block(const TtfsProgram *p, uint32_t rows, uint32_t columns) {
    return fits(p, rows * columns, 1);
}

void ttfs_tile_choose(const TtfsProgram *p, TtfsRoutine *s) {
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    s->matrix = pop->h * pop->w == 1;
    for (uint32_t k = 0; k < s->terms; k++)
        s->matrix |= p->spike->conns.at[p->terms.at[s->term_first + k].conn].kind ==
                     TTFS_CONN_DENSE;
    for (int i = 0; i < 4; i++) s->tile[i] = 1;
    if (s->matrix)
        choose_samples(p, s);
    else
        choose_pixels(p, s);
    s->narrow = is_narrow(p, s);
    if (s->narrow) {
        s->tile[1] = s->block[0];
        s->by_rows = true;
        s->units = ttfs_tile_rows(p, s);
        return;
    }
    uint32_t rows = ttfs_tile_rows(p, s), full = ttfs_tile_full_vectors(p, s);
    uint32_t tiles = full / s->tile[3] + (full < s->vectors);
    s->by_rows = !s->matrix && rows >= tiles;
    s->units = s->by_rows ? rows : tiles;
}
