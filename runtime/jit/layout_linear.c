/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear routines of a program: the runs of source values of every connection, the path, the
 * division by the ramp, and where the constants of all that lie.
 */
#include "layout.h"

#include "divide.h"
#include "tile.h"

/* The widest range of source channels that a vector of outputs of a grouped convolution reads. */
static uint32_t group_channels(const TtfsProgram *p, const TtfsConnection *c, uint32_t outputs) {
    uint32_t lanes = p->target->lanes, most = 0;
    uint32_t outs = outputs / c->group, ins = c->src_channels / c->group;
    for (uint32_t o = 0; o < outputs; o += lanes) {
        uint32_t last = o + lanes < outputs ? o + lanes - 1 : outputs - 1;
        uint32_t n = (last / outs - o / outs + 1) * ins;
        if (n > most) most = n;
    }
    return most;
}

/* Runs of neighbouring values: kernel columns join when nothing lies between them, then rows. */
static void set_runs(TtfsTermCode *t, const TtfsStore *src, uint32_t channels,
                     const uint32_t kernel[2], const uint32_t dilation[2]) {
    t->len = channels;
    t->count_y = kernel[0];
    t->count_x = kernel[1];
    t->run_y = dilation[0] * src->row;
    t->run_x = dilation[1] * src->pixel;
    if ((uint64_t)t->len * src->elt == t->run_x && !t->grouped) {
        t->len *= t->count_x;
        t->count_x = 1;
    }
    if (t->count_x == 1 && (uint64_t)t->len * src->elt == t->run_y && !t->grouped) {
        t->len *= t->count_y;
        t->count_y = 1;
    }
}

static TtfsDot dot_of(const TtfsProgram *p, const TtfsStore *src, const TtfsPopulation *from,
                      uint32_t weight_bits) {
    const TtfsTarget *t = p->target;
    if (src->elt == 1 && t->bytes_by_four) return (TtfsDot){4, 1};
    if (src->elt == 2 && t->words_by_two && from->ticks <= INT16_MAX) return (TtfsDot){2, 2};
    return (TtfsDot){1, weight_bits <= 8 ? 1 : 2};
}

static TtfsTermCode term_of(TtfsProgram *p, const TtfsRoutine *routine, uint32_t conn) {
    const TtfsConnection *c = &p->spike->conns.at[conn];
    const TtfsPopulation *dst = &p->spike->pops.at[routine->pop];
    const TtfsPopulation *from = ttfs_spike_pop(p->spike, c->src);
    const TtfsStore *src = &p->store[c->src.i - 1];
    bool dense = c->kind == TTFS_CONN_DENSE;
    const uint32_t whole[2] = {from->h, from->w}, one[2] = {1, 1};
    TtfsTermCode t = {.conn = conn,
                      .src = c->src.i - 1,
                      .grouped = !dense && c->group > 1,
                      .dot = dot_of(p, src, from, c->weight_bits)};
    t.origin = src->origin + (uint64_t)c->src_ch_first * src->elt;
    if (!dense) {
        t.origin -= c->pad[0] * src->row + c->pad[1] * src->pixel;
        t.move_y = c->stride[0] * src->row;
        t.move_x = c->stride[1] * src->pixel;
    }
    set_runs(&t, src, t.grouped ? group_channels(p, c, dst->c) : c->src_channels,
             dense ? whole : c->kernel, dense ? one : c->dilation);
    t.dots = (t.len + t.dot.by - 1) / t.dot.by;
    t.per_vector = (uint64_t)t.count_y * t.count_x * t.dots * p->target->lanes * t.dot.by *
                   t.dot.weight_elt;
    uint64_t pixels = 1;
    if (dense && dst->h * dst->w > 1) {
        pixels = (uint64_t)dst->h * dst->w;
        t.per_pixel = routine->vectors * t.per_vector;
    }
    t.weights = ttfs_layout_take(&p->const_bytes, pixels * routine->vectors * t.per_vector);
    if (t.grouped)
        t.group_firsts = ttfs_layout_take(&p->const_bytes, routine->vectors * sizeof(uint32_t));
    return t;
}

/* The event-driven path: one matrix onto one place whose source is one run, worth a look when a
 * group of source values is likely to be silent in a sample; that groups are silent together in
 * some samples, as the borders of images are, is seen when they are listed. A dot of the list
 * costs about a quarter more than one of the dense loop. */
static void choose_path(TtfsProgram *p, TtfsRoutine *s, int path) {
    const TtfsTermCode *t = &p->terms.at[s->term_first];
    const TtfsConnection *c = &p->spike->conns.at[t->conn];
    const TtfsPopulation *src = &p->spike->pops.at[t->src];
    s->why = "";
    if (s->terms != 1 || c->kind != TTFS_CONN_DENSE || t->count_y * t->count_x > 1 || t->per_pixel)
        return;
    bool known = src->rate_ppm < 1000000; /* else nobody counted */
    double silent = 1 - src->rate_ppm / 1e6, none = 1;
    for (uint32_t i = 0; i < t->dot.by; i++) none *= silent;
    bool hope = (!known || none > 0.3) && s->vectors >= 4;
    s->events = path == 2 || (path == 0 && hope);
    s->events_most = path == 2 ? t->dots : t->dots * 4 / 5;
    const char *expected = ttfs_arena_printf(p->arena, "%.0f %%", 100 * (1 - none));
    s->why = ttfs_arena_printf(p->arena, "%s of %u groups of %u expected to hold a spike; %s",
                               known ? expected : "an unknown share", t->dots, t->dot.by,
                               path         ? "path set by option"
                               : hope       ? "events up to 80 % in a tile of samples, dense above"
                               : none > 0.3 ? "too few outputs to pay for lists"
                                            : "events pay up to 70 %");
}

static void name_kernel(TtfsProgram *p, TtfsRoutine *s) {
    const TtfsDot *d = &p->terms.at[s->term_first].dot;
    uint32_t outputs = s->tile[3] * p->target->lanes;
    const char *what = d->by == 4 ? "u8 x s8 by 4" : d->by == 2 ? "i16 x i16 by 2" : "i32 products";
    if (s->narrow)
        s->kernel = ttfs_arena_printf(p->arena, "32 pixels x %u outputs, %s",
                                      p->spike->pops.at[s->pop].c, what);
    else if (s->matrix)
        s->kernel =
            ttfs_arena_printf(p->arena, "%u samples x %u outputs, %s", s->tile[0], outputs, what);
    else
        s->kernel = ttfs_arena_printf(p->arena, "%ux%u pixels x %u outputs, %s", s->tile[1],
                                      s->tile[2], outputs, what);
}

/* What a channel's potential can reach, at most. */
static uint32_t most_of(const TtfsProgram *p, const TtfsRoutine *s, uint32_t channel) {
    int64_t most = ttfs_spike_bounds(p->spike, (TtfsPop){s->pop + 1}, channel).potential_max;
    return most < 0 ? 0 : most > INT32_MAX ? INT32_MAX : (uint32_t)most;
}

static bool all_powers(const TtfsPopulation *pop) {
    bool all = true;
    for (uint32_t c = 0; c < pop->c; c++) all = all && (pop->ramp[c] & (pop->ramp[c] - 1)) == 0;
    return all;
}

/* One number of bits for the division of all channels if there is one, the fewest. */
static void choose_bits(TtfsProgram *p, TtfsRoutine *s) {
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    TtfsMark mark = ttfs_arena_mark(p->arena);
    uint32_t *most = TTFS_ARRAY(p->arena, uint32_t, pop->c), multiplier;
    for (uint32_t c = 0; c < pop->c; c++) most[c] = most_of(p, s, c);
    bool all = false;
    for (s->bits = 32; !all && s->bits <= 62; s->bits += !all) {
        all = true;
        for (uint32_t c = 0; all && c < pop->c; c++)
            all = ttfs_divide_exact((uint32_t)pop->ramp[c], most[c], s->bits, &multiplier);
    }
    if (!all) s->bits = 0;
    ttfs_arena_release(p->arena, mark);
}

static uint64_t macs_of(const TtfsProgram *p, const TtfsRoutine *s) {
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    uint64_t sum = 0;
    for (uint32_t k = 0; k < s->terms; k++) {
        const TtfsConnection *c = &p->spike->conns.at[p->terms.at[s->term_first + k].conn];
        uint64_t row = c->weight_count / pop->c;
        sum += c->kind == TTFS_CONN_DENSE ? c->weight_count : row * ttfs_pop_size(pop);
    }
    return sum;
}

void ttfs_layout_linear(TtfsProgram *p, TtfsRoutine *s, int path) {
    const TtfsPopulation *pop = &p->spike->pops.at[s->pop];
    s->out = s->pop;
    s->block[0] = s->block[1] = 1;
    uint32_t lanes = p->target->lanes;
    s->vectors = (pop->c + lanes - 1) / lanes;
    s->term_first = p->terms.len;
    s->terms = pop->conn_count;
    uint64_t row = (uint64_t)s->vectors * lanes * sizeof(int32_t);
    for (uint32_t k = 0; k < s->terms; k++) {
        TtfsTermCode t = term_of(p, s, pop->conn_first + k);
        *TTFS_PUSH(p->arena, p->terms) = t;
    }
    if (pop->bias_count > pop->c) s->bias_pixel = row;
    s->bias = ttfs_layout_take(&p->const_bytes, row * (s->bias_pixel ? pop->h * pop->w : 1));
    if (pop->kind == TTFS_POP_RELU) {
        s->powers = all_powers(pop);
        if (!s->powers) choose_bits(p, s);
        if (!s->powers) s->multiplier = ttfs_layout_take(&p->const_bytes, row);
        if (!s->bits) s->shifts = ttfs_layout_take(&p->const_bytes, row);
    }
    choose_path(p, s, path);
    ttfs_tile_choose(p, s);
    if (s->events) {
        uint32_t dots = p->terms.at[s->term_first].dots;
        uint64_t vector = (uint64_t)lanes * sizeof(uint32_t); /* lists are written by vectors */
        s->list = ttfs_layout_take(&p->sample_bytes, (dots + 1) * sizeof(uint32_t) + vector);
    }
    s->macs = macs_of(p, s);
    name_kernel(p, s);
}

/* Whether population `pop` is read by connection `only` and no other. */
static bool read_once(const TtfsSpike *s, uint32_t pop, const TtfsConnection *only) {
    for (uint32_t k = 0; k < s->conns.len; k++)
        if (s->conns.at[k].src.i == pop + 1 && &s->conns.at[k] != only) return false;
    return true;
}

/* Patches that tile the source, as pools mostly have. */
static bool tiles_its_source(const TtfsConnection *c) {
    bool all = true;
    for (int a = 0; a < 2; a++)
        all = all && c->kernel[a] == c->stride[a] && c->dilation[a] == 1 && !c->pad[a] &&
              !c->pad[a + 2];
    return all;
}

bool ttfs_layout_fuse(TtfsProgram *p, uint32_t pool, TtfsRoutine *fused) {
    const TtfsSpike *g = p->spike;
    const TtfsConnection *c = &g->conns.at[g->pops.at[pool].conn_first];
    TtfsRoutine *linear = NULL;
    for (uint32_t i = 0; i < p->routines.len; i++)
        if (p->routines.at[i].kind == TTFS_ROUTINE_LINEAR && p->routines.at[i].pop == c->src.i - 1)
            linear = &p->routines.at[i];
    if (!linear || linear->matrix || !tiles_its_source(c) ||
        c->src_channels != g->pops.at[c->src.i - 1].c ||
        !ttfs_tile_holds_block(p, c->kernel[0], c->kernel[1]) || !read_once(g, c->src.i - 1, c))
        return false;
    linear->run = TTFS_RUN_TICKS;
    *fused = *linear;
    fused->run = TTFS_RUN_POTENTIALS;
    fused->out = pool;
    fused->block[0] = c->kernel[0];
    fused->block[1] = c->kernel[1];
    fused->min = c->kind == TTFS_CONN_MINPOOL;
    ttfs_tile_choose(p, fused);
    name_kernel(p, fused);
    fused->kernel =
        ttfs_arena_printf(p->arena, "%s, %ux%u pool", fused->kernel, c->kernel[0], c->kernel[1]);
    return true;
}
