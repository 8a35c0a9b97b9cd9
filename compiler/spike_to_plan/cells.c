/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells. In: what is asked of a cutting; out: every population cut into cells, a grid of bands of
 * rows, bands of columns and parts of channels, as many as its share of the work asks for; with
 * what each costs and needs. A population that a pool reads is cut where the pool is, so that the
 * cells of both lie together and nothing travels between them. Cost: cells and their sources.
 */
#include "pack.h"
#include "plan_cycles.h"

#define MARK_BASIS UINT64_C(0xcbf29ce484222325)
#define MARK_PRIME UINT64_C(0x100000001b3)

static uint32_t least(uint64_t a, uint64_t b) {
    return (uint32_t)(a < b ? a : b);
}

static uint32_t share(uint64_t whole, uint64_t parts) {
    return (uint32_t)((whole + parts - 1) / parts);
}

static const TtfsPopulation *pop_of(const Pack *p, uint32_t id) {
    return ttfs_spike_pop(p->spike, (TtfsPop){id});
}

/* A pool that reads all of the population's channels; 0: none. */
static uint32_t pool_of(const Pack *p, uint32_t id) {
    for (uint32_t i = 0; i < p->spike->conns.len; i++) {
        const TtfsConnection *c = &p->spike->conns.at[i];
        if (c->src.i == id && ttfs_conn_is_pool(c) && c->src_channels == pop_of(p, id)->c)
            return c->dst.i;
    }
    return 0;
}

/* Starts of the parts of an axis, growing; the last is the end. */
typedef TTFS_VEC(uint32_t) Starts;

static void push(Pack *p, Starts *s, uint64_t at) {
    if (!s->len || s->at[s->len - 1] < at) *TTFS_PUSH(p->arena, *s) = (uint32_t)at;
}

/* Bands of an axis, nearly equal, cut where positions are not alike too. */
static void cut_axis(Pack *p, uint32_t id, int axis, uint32_t bands, Starts *s) {
    uint32_t size = axis ? pop_of(p, id)->w : pop_of(p, id)->h;
    for (uint32_t i = 0; i < bands; i++) {
        uint32_t at = (uint32_t)((uint64_t)size * i / bands);
        uint32_t end = (uint32_t)((uint64_t)size * (i + 1) / bands);
        for (; at < end; at += ttfs_plan_alike(p->spike, (TtfsPop){id}, axis, at)) push(p, s, at);
    }
    push(p, s, size);
}

/* Bands of what a pool reads, each the rows (columns) that a band of the pool begins with. */
static void cut_below(Pack *p, uint32_t id, uint32_t pool, int axis, uint32_t bands, Starts *s) {
    const TtfsPopulation *q = pop_of(p, pool);
    uint32_t stride = p->spike->conns.at[q->conn_first].stride[axis];
    uint32_t own = axis ? pop_of(p, id)->w : pop_of(p, id)->h, size = axis ? q->w : q->h;
    for (uint32_t i = 0; i < bands; i++) {
        uint64_t at = (uint64_t)size * i / bands * stride;
        if (at < own) push(p, s, at);
    }
    push(p, s, own);
}

/* Parts of the channels in whole units, none across two sets. */
static void cut_channels(Pack *p, uint32_t id, uint32_t unit, uint32_t parts, Starts *s) {
    TtfsCutRule rule = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id});
    uint32_t c = pop_of(p, id)->c, sets = share(c, rule.most), of_set = share(parts, sets);
    for (uint32_t set = 0; set < sets; set++) {
        uint32_t first = set * rule.most, n = least(rule.most, c - first), units = share(n, unit);
        uint32_t cuts = least(of_set, units);
        for (uint32_t i = 0; i < cuts; i++) push(p, s, first + (uint64_t)units * i / cuts * unit);
    }
    push(p, s, c);
}

/* Cycles of a task behind another one, while `puts` values arrive. */
static uint64_t cycles_of(const Pack *p, const TtfsTask *t, uint64_t puts) {
    TtfsEngines at = {.dear = true};
    ttfs_cycles_take(p->chip, p->spike, t, p->expected, puts, &at);
    uint64_t once = ttfs_cycles_end(p->chip, &at, p->expected);
    ttfs_cycles_take(p->chip, p->spike, t, p->expected, puts, &at);
    return ttfs_cycles_end(p->chip, &at, p->expected) - once;
}

static void size_task(const Pack *p, TtfsTask *t) {
    bool pool = ttfs_pop_is_pooled(p->spike, t->pop);
    t->groups = pool ? 0 : share(t->channels, p->chip->lanes);
    t->group_rows = (uint32_t)ttfs_task_elements(p->spike, t);
    t->passes = pool ? 1 : ttfs_task_passes(p->spike, &p->solver->plan->chip, t);
}

/* The largest task that a population can have, in its middle, and how many such there are. */
static uint64_t whole_of(const Pack *p, uint32_t id, TtfsTask *t) {
    const TtfsPopulation *q = pop_of(p, id);
    TtfsCutRule rule = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id});
    *t = (TtfsTask){.pop = {id}, .channels = least(rule.most, q->c), .oy_count = 1, .ox_count = 1};
    uint64_t sets = share(q->c, rule.most);
    if (rule.by_position) {
        sets *= (uint64_t)q->h * q->w;
        t->oy_first = q->h / 2;
        t->ox_first = q->w / 2;
    } else {
        t->oy_count = q->h;
        t->ox_count = q->w;
    }
    size_task(p, t);
    return sets;
}

/* By population: the cycles of all of it; their sum. */
static uint64_t weigh(Pack *p) {
    uint64_t all = 0;
    p->loads = TTFS_ARRAY(p->arena, uint64_t, (size_t)p->spike->pops.len + 1);
    for (uint32_t id = 2; id <= p->spike->pops.len; id++) {
        TtfsTask t;
        uint64_t tasks = whole_of(p, id, &t);
        p->loads[id] = tasks * cycles_of(p, &t, 0);
        all += p->loads[id];
    }
    return all;
}

/* Weight rows of all its channels. */
static uint64_t rows_of(const Pack *p, uint32_t id) {
    TtfsTask t;
    uint64_t sets =
        share(pop_of(p, id)->c, ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id}).most);
    whole_of(p, id, &t);
    return sets * t.groups * t.group_rows;
}

/* Words of activations that all of its positions keep of what they read. */
static uint64_t words_of(const Pack *p, uint32_t id) {
    TtfsTask t;
    uint64_t words = 0;
    whole_of(p, id, &t);
    for (uint32_t k = 0; k < pop_of(p, id)->conn_count; k++) {
        TtfsRead r = ttfs_plan_reads(p->solver->plan, p->spike, &t, k);
        words += ttfs_read_words(&r) << ttfs_read_banks(&r);
    }
    return words;
}

/* Of many weights there are no more copies than its activations want where memory is tight: then
 * it is cut into all its parts. */
static bool is_heavy(const Pack *p, uint32_t id, PackTry how) {
    return how.tight && rows_of(p, id) > p->chip->weight_rows / 4;
}

/* Parts of the channels at most; a cell's weights take at most half a core's. */
static uint32_t parts_of(const Pack *p, uint32_t id, PackTry how) {
    uint32_t needed = share(rows_of(p, id), p->chip->weight_rows / 2);
    if (is_heavy(p, id, how)) return UINT32_MAX;
    return how.parts > needed ? how.parts : needed;
}

/* Bands of rows and columns that make about `tiles` tiles, so that with a border of one place they
 * hold the fewest places: square ones, of one size. */
static void choose_bands(uint32_t h, uint32_t w, uint32_t tiles, uint32_t *rows, uint32_t *cols) {
    uint64_t best = UINT64_MAX;
    for (uint32_t r = 1; r <= least(tiles, h); r++)
        for (uint32_t c = least(tiles / r, w), end = c + 1; c <= least(end, w); c++) {
            if ((uint64_t)r * c * 5 < tiles * UINT64_C(4) && (r < h || c < w)) continue;
            uint64_t cost = (uint64_t)r * c * (share(h, r) + 2) * (share(w, c) + 2);
            if (cost >= best) continue;
            best = cost;
            *rows = r;
            *cols = c;
        }
}

/* How many bands and parts a population is cut into. */
typedef struct {
    uint32_t rows, cols, parts;
} Counts;

/* `places` says how many rows and columns there are to cut. */
static Counts count_cuts(const Pack *p, uint32_t id, const TtfsPopulation *places, PackTry how,
                         uint64_t all) {
    TtfsCutRule rule = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id});
    uint64_t cores = ttfs_chip_cores(p->chip), most = (uint64_t)places->h * places->w;
    uint32_t n = share(p->loads[id] * cores * how.cells, all);
    Counts k = {1, 1, parts_of(p, id, how)};
    if (rule.by_position) n = (uint32_t)(n > most ? n : most);
    if (k.parts < n / most) k.parts = (uint32_t)(n / most);
    k.parts = least(k.parts, share(pop_of(p, id)->c, rule.unit));
    if (is_heavy(p, id, how)) n = k.parts * share(2 * words_of(p, id), p->chip->act_words);
    choose_bands(places->h, places->w, share(n, k.parts), &k.rows, &k.cols);
    if (rule.by_position) k.rows = places->h, k.cols = places->w;
    return k;
}

static PackGrid grid_of(const Starts s[3]) {
    return (PackGrid){.rows = s[0].len - 1,
                      .cols = s[1].len - 1,
                      .parts = s[2].len - 1,
                      .y = s[0].at,
                      .x = s[1].at,
                      .c = s[2].at};
}

static void cut_alone(Pack *p, uint32_t id, PackTry how, uint64_t all) {
    TtfsCutRule rule = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id});
    Counts k = count_cuts(p, id, pop_of(p, id), how, all);
    Starts s[3] = {{0}, {0}, {0}};
    cut_axis(p, id, 0, k.rows, &s[0]);
    cut_axis(p, id, 1, k.cols, &s[1]);
    cut_channels(p, id, rule.unit, k.parts, &s[2]);
    p->grids[id] = grid_of(s);
}

/* A population and the pool behind it. */
static void cut_both(Pack *p, uint32_t id, uint32_t pool, PackTry how, uint64_t all) {
    TtfsCutRule rule = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id});
    Counts k = count_cuts(p, id, pop_of(p, pool), how, all);
    Starts s[3] = {{0}, {0}, {0}}, t[3] = {{0}, {0}, {0}};
    uint32_t unit = rule.unit;
    while (unit % TTFS_WORD_ELEMENTS) unit += rule.unit;
    for (int axis = 0; axis < 2; axis++) {
        uint32_t bands = axis ? k.cols : k.rows;
        cut_below(p, id, pool, axis, bands, &s[axis]);
        cut_axis(p, pool, axis, bands, &t[axis]);
    }
    cut_channels(p, id, unit, k.parts, &s[2]);
    cut_channels(p, pool, unit, k.parts, &t[2]);
    p->grids[id] = grid_of(s);
    p->grids[pool] = grid_of(t);
}

/* What nobody reads goes into a buffer of its core that keeps nothing. */
static void reads_of(Pack *p, PackCell *c) {
    const TtfsPopulation *q = ttfs_spike_pop(p->spike, c->task.pop);
    c->first_read = p->reads.len;
    for (uint32_t k = 0; k < q->conn_count; k++)
        *TTFS_PUSH(p->arena, p->reads) = ttfs_plan_reads(p->solver->plan, p->spike, &c->task, k);
    if (q->kind != TTFS_POP_READOUT && !p->is_read[c->task.pop.i])
        *TTFS_PUSH(p->arena, p->reads) = (TtfsRead){.pop = c->task.pop.i};
    c->reads = p->reads.len - c->first_read;
}

/* The numbers of a cell's weights and parameters: `part` of its population's, or its own. */
static void number_memories(Pack *p, PackCell *c, uint32_t part, uint32_t first[2]) {
    TtfsPop pop = c->task.pop;
    bool own[2] = {ttfs_plan_weights_vary(p->spike, pop), ttfs_plan_biases_vary(p->spike, pop)};
    c->weights = own[0] ? p->weights++ : first[0] + part;
    c->params = own[1] ? p->params++ : first[1] + part;
    if (p->weights <= c->weights) p->weights = c->weights + 1;
    if (p->params <= c->params) p->params = c->params + 1;
}

static void weigh_cell(Pack *p, PackCell *c) {
    TtfsTask *t = &c->task;
    uint64_t neurons = (uint64_t)t->channels * t->oy_count * t->ox_count;
    size_task(p, t);
    ttfs_plan_edges(p->spike, t, t->edge);
    c->load = cycles_of(p, t, 0);
    uint64_t flood = 2 * c->load + neurons * 4; /* values enough that nothing hides them */
    uint64_t flooded = cycles_of(p, t, flood) - flood;
    c->slack = flooded < c->load ? c->load - flooded : 0;
    c->moved.moved = p->expected ? ttfs_cycles_moved(p->chip, p->spike, t) : 0;
    c->moved.regions = ttfs_vary_regions(p->spike, t->pop, t->oy_count, t->ox_count);
    c->flits = ttfs_cycles_flits(p->chip, p->spike, t, p->expected);
    c->weight_rows = t->groups * t->group_rows;
    c->param_words = t->groups ? (uint32_t)ttfs_task_params(t) : 0;
    c->program_words = (uint32_t)ttfs_task_words(p->spike, t);
}

static void add_cell(Pack *p, uint32_t id, uint32_t i, uint32_t j, uint32_t k, uint32_t first[2]) {
    const PackGrid *g = &p->grids[id];
    PackCell c = {.task = {.pop = {id}}};
    c.task.oy_first = g->y[i];
    c.task.oy_count = g->y[i + 1] - g->y[i];
    c.task.ox_first = g->x[j];
    c.task.ox_count = g->x[j + 1] - g->x[j];
    c.task.ch_first = g->c[k];
    c.task.channels = g->c[k + 1] - g->c[k];
    weigh_cell(p, &c);
    reads_of(p, &c);
    number_memories(p, &c, k, first);
    c.place = k ? p->places - 1 : p->places++;
    *TTFS_PUSH(p->arena, p->cells) = c;
}

static void add_cells(Pack *p, uint32_t id) {
    PackGrid *g = &p->grids[id];
    uint32_t first[2] = {p->weights, p->params};
    g->first = p->cells.len;
    for (uint32_t i = 0; i < g->rows; i++)
        for (uint32_t j = 0; j < g->cols; j++)
            for (uint32_t k = 0; k < g->parts; k++) add_cell(p, id, i, j, k, first);
}

static PackUnit *add_unit(Pack *p, uint32_t cell) {
    PackUnit *u = TTFS_PUSH(p->arena, p->units);
    *u = (PackUnit){.cell = {cell}, .cells = 1, .load = p->cells.at[cell].load, .core = PACK_NONE};
    p->cells.at[cell].unit = p->units.len - 1;
    return u;
}

/* Cells of a pool join those of what it reads, where both are cut the same way. */
static void add_units(Pack *p, uint32_t id, uint32_t source) {
    const PackGrid *g = &p->grids[id], *h = source ? &p->grids[source] : NULL;
    bool join = h && h->rows == g->rows && h->cols == g->cols && h->parts == g->parts;
    for (uint32_t i = 0; i < g->rows * g->cols * g->parts; i++) {
        uint32_t cell = g->first + i;
        if (!join) {
            add_unit(p, cell);
            continue;
        }
        uint32_t unit = p->cells.at[h->first + i].unit;
        PackUnit *u = &p->units.at[unit];
        u->cell[u->cells++] = cell;
        u->load += p->cells.at[cell].load;
        p->cells.at[cell].unit = unit;
    }
}

/* May it be cut anywhere? A min pool's positions near padding are not alike. */
static bool is_even(const Pack *p, uint32_t id) {
    const TtfsPopulation *q = pop_of(p, id);
    return ttfs_plan_alike(p->spike, (TtfsPop){id}, 0, 0) == q->h &&
           ttfs_plan_alike(p->spike, (TtfsPop){id}, 1, 0) == q->w;
}

/* The population whose pool this is, and is cut with; 0: none. */
static uint32_t *pair_pools(Pack *p) {
    uint32_t *source = TTFS_ARRAY(p->arena, uint32_t, (size_t)p->spike->pops.len + 1);
    for (uint32_t id = 2; id <= p->spike->pops.len; id++) {
        uint32_t pool = pool_of(p, id);
        bool by_position = ttfs_plan_cut_rule(p->chip, p->spike, (TtfsPop){id}).by_position;
        if (pool && !by_position && is_even(p, id) && !source[id]) source[pool] = id;
    }
    return source;
}

/* Number 0: the input leaves there and sums arrive there. */
static void add_host(Pack *p) {
    uint32_t input = p->spike->input.i;
    const TtfsPopulation *q = pop_of(p, input);
    *TTFS_PUSH(p->arena, p->cells) =
        (PackCell){.task = {.pop = {input}, .channels = q->c, .oy_count = q->h, .ox_count = q->w},
                   .flits = ttfs_pop_size(q)};
    add_unit(p, 0)->core = 0;
}

/* How the work for populations varies, and what cores have of it in the mean. */
static void find_vary(Pack *p) {
    uint32_t pops = p->spike->pops.len;
    p->vary = TTFS_ARRAY(p->arena, TtfsVary, (size_t)pops + 1);
    for (uint32_t id = 2; id <= pops; id++) p->vary[id] = ttfs_vary_of(p->spike, (TtfsPop){id});
    for (uint32_t i = 1; i < p->cells.len; i++)
        p->vary[p->cells.at[i].task.pop.i].even += p->cells.at[i].moved.moved;
    for (uint32_t id = 2; id <= pops; id++) {
        ttfs_vary_even(&p->vary[id], p->vary[id].even / ttfs_chip_cores(p->chip));
        p->base += p->vary[id].base;
    }
}

static void make_room(Pack *p) {
    uint32_t pops = p->spike->pops.len, cores = ttfs_chip_cores(p->chip);
    p->cores = TTFS_ARRAY(p->arena, PackCore, cores);
    for (uint32_t i = 0; i < cores; i++) p->cores[i].first = PACK_NONE;
    p->held_weights = TTFS_ARRAY(p->arena, uint32_t, p->weights);
    p->held_params = TTFS_ARRAY(p->arena, uint32_t, p->params);
    p->held_pop = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
    p->made_pop = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
    p->held_place = TTFS_ARRAY(p->arena, uint32_t, p->places + 1);
    p->moved = TTFS_ARRAY(p->arena, TtfsMoved, (size_t)pops + 1);
    p->made_ids = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
    p->kept = TTFS_ARRAY(p->arena, TtfsRead, (size_t)pops + 1);
    p->pops = TTFS_ARRAY(p->arena, uint32_t, (size_t)pops + 1);
}

static void mark_starts(uint64_t *mark, const uint32_t *s, uint32_t n) {
    for (uint32_t i = 0; i <= n; i++) *mark = (*mark ^ s[i]) * MARK_PRIME;
    *mark = (*mark ^ UINT32_MAX) * MARK_PRIME;
}

/* FNV-1a, of words. */
static uint64_t mark_of(const Pack *p) {
    uint64_t mark = MARK_BASIS;
    for (uint32_t id = 2; id <= p->spike->pops.len; id++) {
        const PackGrid *g = &p->grids[id];
        mark_starts(&mark, g->y, g->rows);
        mark_starts(&mark, g->x, g->cols);
        mark_starts(&mark, g->c, g->parts);
    }
    return mark;
}

uint64_t ttfs_pack_divide(Pack *p, PackTry how) {
    uint32_t pops = p->spike->pops.len;
    uint64_t all = weigh(p);
    p->pool_source = pair_pools(p);
    p->grids = TTFS_ARRAY(p->arena, PackGrid, (size_t)pops + 1);
    for (uint32_t id = 2; id <= pops; id++) {
        uint32_t pool = pool_of(p, id);
        if (p->pool_source[id]) continue;
        if (pool && p->pool_source[pool] == id)
            cut_both(p, id, pool, how, all ? all : 1);
        else
            cut_alone(p, id, how, all ? all : 1);
    }
    return mark_of(p);
}

void ttfs_pack_cut(Pack *p) {
    uint32_t pops = p->spike->pops.len;
    p->is_read = TTFS_ARRAY(p->arena, bool, (size_t)pops + 1);
    for (uint32_t i = 0; i < p->spike->conns.len; i++)
        p->is_read[p->spike->conns.at[i].src.i] = true;
    p->weights = p->params = 0;
    add_host(p);
    for (uint32_t id = 2; id <= pops; id++) add_cells(p, id);
    for (uint32_t id = 2; id <= pops; id++) add_units(p, id, p->pool_source[id]);
    find_vary(p);
    make_room(p);
}
