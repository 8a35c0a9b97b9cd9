/* SPDX-License-Identifier: Apache-2.0
 *
 * How a population is cut: in parts of its channels, bands of its rows and of its columns, a cell
 * for each core that computes some of it; a cell is one task, or several where lists or weights
 * differ inside. In: the populations before are cut. Method: of all cuts into at most as many cells
 * as there are cores the one whose largest cell takes the fewest cycles, and of those the one that
 * copies the fewest weights. Where weights may come from outside, a copy costs the cycles of its
 * words, and what other memories it takes costs the price of theirs, which rises until all layers
 * fit; a layer goes to cores that have little of the layer before: both are there at once.
 * Cost: cores * log cores cuts are looked at for a population.
 */
#include "plan_reads.h"
#include "solver.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t parts, rows, cols; /* cells: their product */
} Cut;

/* The population in hand. */
typedef struct {
    Solver *v;
    TtfsPop pop;
    const TtfsPopulation *p;
    TtfsCutRule rule;
    uint32_t units, units_set; /* of channels: in all, in a set */
    bool expected;             /* rates are known */
    uint64_t room;             /* weight rows that a cell may take */
    uint32_t cells;            /* most */
} Job;

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t share(uint32_t whole, uint32_t parts) {
    return whole / parts + (whole % parts > 0);
}

/* Where part i of n begins: nearly equal runs. */
static uint32_t run_start(uint32_t whole, uint32_t parts, uint32_t i) {
    return (uint32_t)((uint64_t)whole * i / parts);
}

static Job job_of(Solver *v, TtfsPop pop) {
    Job j = {.v = v, .pop = pop, .p = ttfs_spike_pop(v->spike, pop)};
    j.rule = ttfs_plan_cut_rule(&v->plan->chip, v->spike, pop);
    j.units_set = share(j.rule.most, j.rule.unit);
    j.units = j.p->c / j.rule.most * j.units_set + share(j.p->c % j.rule.most, j.rule.unit);
    for (uint32_t k = 0; k < j.p->conn_count; k++) {
        const TtfsConnection *c = &v->spike->conns.at[j.p->conn_first + k];
        j.expected = j.expected || ttfs_spike_pop(v->spike, c->src)->rate_ppm > 0;
    }
    return j;
}

/* The first channel of a unit. */
static uint32_t channel_at(const Job *j, uint32_t unit) {
    uint32_t in_set = least(unit % j->units_set * j->rule.unit, j->rule.most);
    return least(unit / j->units_set * j->rule.most + in_set, j->p->c);
}

/* The largest cell's tasks, which are taken for alike, in the middle, and how many there are. */
static uint64_t largest(const Job *j, const Cut *cut, TtfsTask *t) {
    uint32_t units = share(j->units, cut->parts), of_set = least(units, j->units_set);
    uint32_t rows = share(j->p->h, cut->rows), cols = share(j->p->w, cut->cols);
    *t = (TtfsTask){.pop = j->pop, .oy_count = 1, .ox_count = 1};
    t->oy_first = (j->p->h - rows) / 2;
    t->ox_first = (j->p->w - cols) / 2;
    t->channels = least(least(of_set * j->rule.unit, j->rule.most), j->p->c);
    uint64_t sets = share(units, j->units_set);
    if (j->rule.by_position) return sets * rows * cols;
    t->oy_count = rows;
    t->ox_count = cols;
    return sets;
}

/* Groups of lanes, and passes; a pool has neither. */
static void divide(const Job *j, TtfsTask *t) {
    const TtfsPlan *plan = j->v->plan;
    if (ttfs_pop_is_pooled(j->v->spike, j->pop)) return;
    t->groups = share(t->channels, plan->chip.lanes);
    t->passes = ttfs_task_passes(j->v->spike, &plan->chip, t);
}

/* Weight rows of the largest cell. */
static uint64_t rows_of(const Job *j, const Cut *cut) {
    TtfsTask t;
    uint64_t tasks = largest(j, cut, &t);
    if (ttfs_pop_is_pooled(j->v->spike, j->pop)) return 0;
    return tasks * share(t.channels, j->v->plan->chip.lanes) * ttfs_task_elements(j->v->spike, &t);
}

/* Have all positions weights of their own? */
static bool varies(const Job *j) {
    return ttfs_plan_weights_vary(j->v->spike, j->pop);
}

/* A unit's weights for a position, or for all, and how many of them a cell has: what a slot has is
 * some of these. */
static uint64_t unit_rows(const Job *j) {
    TtfsTask t = {.pop = j->pop, .oy_count = 1, .ox_count = 1};
    t.channels = least(least(j->rule.unit, j->rule.most), j->p->c);
    return ttfs_task_elements(j->v->spike, &t);
}

/* Has a unit too many weight rows for a core, which are then added in parts? */
static bool exceeds(const Job *j) {
    const Solver *v = j->v;
    uint64_t most_rows = v->fine ? v->at_once : v->plan->chip.weight_rows;
    return v->runs && !ttfs_pop_is_pooled(v->spike, j->pop) && unit_rows(j) > most_rows;
}

/* Of neurons that are added in parts. */
static uint32_t passes_in_parts(const Solver *v, const TtfsTask *t) {
    TtfsTask part = *t;
    part.more = 1;
    return ttfs_task_passes(v->spike, &v->plan->chip, &part);
}

/* Passes from `first` on of all those of a task's neurons that are one part. */
static uint32_t part_passes(const Solver *v, const TtfsTask *t, uint32_t first, uint32_t passes) {
    const TtfsChip *c = &v->plan->chip;
    TtfsTask part = *t;
    part.more = 1;
    uint32_t before = ttfs_task_pass_start(v->spike, c, &part, first), n = 1;
    while (first + n < passes &&
           ttfs_task_pass_start(v->spike, c, &part, first + n + 1) - before <= v->at_once)
        n++;
    return n;
}

/* The parts that a task's neurons are added in. */
static uint32_t count_parts(const Solver *v, const TtfsTask *t) {
    uint32_t passes = passes_in_parts(v, t), n = 0;
    for (uint32_t at = 0; at < passes; n++) at += part_passes(v, t, at, passes);
    return n;
}

static uint32_t parts_of_unit(const Job *j) {
    TtfsTask t = {.pop = j->pop, .oy_count = 1, .ox_count = 1};
    t.channels = least(least(j->rule.unit, j->rule.most), j->p->c);
    return count_parts(j->v, &t);
}

static uint64_t items_of(const Job *j, const Cut *cut) {
    uint64_t units = share(j->units, cut->parts);
    return varies(j) || exceeds(j) ? units * share(j->p->h, cut->rows) * share(j->p->w, cut->cols)
                                   : units;
}

uint32_t ttfs_solver_runs(const Solver *v, TtfsPop pop) {
    return v->runs && v->runs[pop.i] ? v->runs[pop.i] : 1;
}

/* Weight rows of the largest cell in one of its slots. */
static uint64_t rows_at_once(const Job *j, const Cut *cut) {
    uint64_t runs = ttfs_solver_runs(j->v, j->pop);
    if (runs == 1) return rows_of(j, cut);
    if (exceeds(j)) return j->v->at_once;
    return (items_of(j, cut) + runs - 1) / runs * unit_rows(j);
}

/* Is some of the population computed in slot 0? */
static bool begins_at_0(const Solver *v, TtfsPop pop) {
    return ttfs_plan_when(v->plan, pop).slot == (ttfs_solver_runs(v, pop) - 1) * v->step;
}

/* What the largest cell takes of the memories of a core: weight rows in a slot, and in two that
 * follow one another, beside what is there for good of slot 0. */
typedef struct {
    uint64_t rows, two, acts, words;
} Need;

static Need need_of(const Job *j, const Cut *cut) {
    Solver *v = j->v;
    TtfsTask t;
    uint32_t runs = ttfs_solver_runs(v, j->pop);
    Need n = {.rows = rows_at_once(j, cut), .words = largest(j, cut, &t) + runs - 1};
    n.two = n.rows * least(runs, 2 / v->step + begins_at_0(v, j->pop));
    divide(j, &t);
    if (exceeds(j)) n.words -= runs - 1;
    n.words *= ttfs_task_words(v->spike, &t);
    if (exceeds(j)) n.words += items_of(j, cut) * TTFS_FIRE_WORDS;
    TtfsTask cell = {.pop = j->pop, .oy_count = share(j->p->h, cut->rows)};
    cell.ox_count = share(j->p->w, cut->cols);
    cell.channels = least(share(j->units, cut->parts) * j->rule.unit, j->p->c);
    for (uint32_t k = 0; k < j->p->conn_count; k++) {
        TtfsRead r = ttfs_plan_reads(v->plan, v->spike, &cell, k);
        n.acts += ttfs_read_words(&r) << ttfs_read_banks(&r);
    }
    return n;
}

/* A copy takes room from weights that then come from outside; a word of another memory its price.
 */
static uint64_t room_cycles(const Job *j, const Cut *cut) {
    if (!j->v->streams) return 0;
    Need n = need_of(j, cut);
    uint64_t bands = (uint64_t)cut->rows * cut->cols;
    uint32_t chunks = ttfs_chip_memory(&j->v->plan->chip, TTFS_MEM_WEIGHTS).chunks;
    uint64_t rows = n.rows * ttfs_solver_runs(j->v, j->pop);
    return cut->parts * ((bands - 1) * rows * chunks + bands * (n.acts + n.words) * j->v->price);
}

/* The core has room, where weights are streamed: for those of the layer before at the same time. */
static bool has_room(const Solver *v, uint32_t core, const Need *n) {
    const TtfsChip *c = &v->plan->chip;
    uint64_t ends = 3 + UINT64_C(3) * v->plan->slots.len;
    return v->held[core] + v->last[core] + n->rows <= c->weight_rows &&
           v->held[core] + n->two <= c->weight_rows && v->acts[core] + n->acts <= c->act_words &&
           v->words[core] + n->words + ends <= c->program_words;
}

static uint32_t cores_with_room(const Solver *v, const Need *n) {
    uint32_t cores = 0;
    for (uint32_t c = 0; c < ttfs_chip_cores(&v->plan->chip); c++) cores += has_room(v, c, n);
    return cores;
}

static uint64_t cost_of(const Job *j, const Cut *cut) {
    TtfsTask t;
    uint64_t tasks = largest(j, cut, &t);
    divide(j, &t);
    return tasks * ttfs_plan_task_cycles(&j->v->plan->chip, j->v->spike, &t, j->expected) +
           room_cycles(j, cut);
}

/* Bands copy the weights of their channels. */
static bool may_cut(const Job *j, const Cut *cut) {
    uint64_t rows = rows_of(j, cut);
    if (j->v->streams) {
        Need n = need_of(j, cut);
        if (exceeds(j) && items_of(j, cut) * parts_of_unit(j) > ttfs_solver_runs(j->v, j->pop))
            return false;
        return cut->parts * cut->rows * cut->cols <= cores_with_room(j->v, &n);
    }
    return rows == 0 || cut->rows * cut->cols == 1 || (j->v->copies && rows <= j->room);
}

/* A cut and its largest cell. */
typedef struct {
    Cut cut;
    uint64_t cycles, rows;
} Choice;

/* Keeps the better of two: the fewer cycles, but `margin` more for fewer copies of weights. */
static void try_cut(const Job *j, Cut cut, uint64_t margin, Choice *best) {
    if (!may_cut(j, &cut)) return;
    Choice c = {cut, cost_of(j, &cut), rows_of(j, &cut)};
    if (margin ? c.cycles <= margin && c.rows < best->rows : c.cycles < best->cycles) *best = c;
}

/* As few parts as have the same largest one. */
static uint32_t parts_of(uint32_t whole, uint32_t parts) {
    return share(whole, share(whole, least(whole, parts)));
}

static void try_all(const Job *j, uint32_t most, uint64_t margin, Choice *best) {
    for (uint32_t parts = most; parts >= 1; parts--)
        for (uint32_t cols = 1; cols <= least(j->cells / parts, j->p->w); cols++) {
            Cut cut = {parts_of(j->units, parts), 0, parts_of(j->p->w, cols)};
            cut.rows = parts_of(j->p->h, j->cells / cut.parts / cut.cols);
            if (cut.parts == parts && cut.cols == cols) try_cut(j, cut, margin, best);
        }
}

/* The fastest; then, of those that are hardly slower, the one that copies the fewest weights. */
static Cut choose_cut(const Job *j) {
    Cut first = {least(j->cells, j->units), 1, 1};
    bool may = may_cut(j, &first);
    Choice best = {first, may ? cost_of(j, &first) : UINT64_MAX / 2, rows_of(j, &first)};
    try_all(j, first.parts, 0, &best);
    try_all(j, first.parts, best.cycles + best.cycles / 16, &best);
    return best.cut;
}

typedef struct {
    uint32_t first, end;
} Span;

static Span span_of(uint32_t whole, uint32_t parts, uint32_t i) {
    return (Span){run_start(whole, parts, i), run_start(whole, parts, i + 1)};
}

/* The tasks of a rectangle of alike positions: one for each set of channels. */
static void add_sets(const Job *j, Span units, const TtfsTask *place) {
    TtfsPlan *p = j->v->plan;
    for (uint32_t u = units.first, next; u < units.end; u = next) {
        next = least((u / j->units_set + 1) * j->units_set, units.end);
        TtfsTask t = *place;
        t.pop = j->pop;
        t.ch_first = channel_at(j, u);
        t.channels = channel_at(j, next) - t.ch_first;
        *TTFS_PUSH(&p->arena, p->tasks) = t;
    }
}

/* Positions from `at` on that one task can have. */
static uint32_t step_of(const Job *j, int axis, uint32_t at, Span span) {
    uint32_t alike = ttfs_plan_alike(j->v->spike, j->pop, axis, at);
    return j->rule.by_position ? 1 : least(alike, span.end - at);
}

static void add_places(const Job *j, TtfsTask at, Span units, Span rows, Span cols) {
    for (uint32_t y = rows.first, dy; y < rows.end; y += dy) {
        dy = step_of(j, 0, y, rows);
        for (uint32_t x = cols.first, dx; x < cols.end; x += dx) {
            dx = step_of(j, 1, x, cols);
            at.oy_first = y, at.oy_count = dy, at.ox_first = x, at.ox_count = dx;
            add_sets(j, units, &at);
        }
    }
}

/* Items first .. end - 1 of a cell whose positions have weights of their own: units of one position
 * after the other. */
static void add_items(const Job *j, TtfsTask at, Span units, Span rows, Span cols, Span items) {
    uint32_t n = units.end - units.first, width = cols.end - cols.first;
    for (uint32_t i = items.first, next; i < items.end; i = next) {
        uint32_t place = i / n;
        next = least((place + 1) * n, items.end);
        at.oy_first = rows.first + place / width;
        at.ox_first = cols.first + place % width;
        at.oy_count = at.ox_count = 1;
        add_sets(j, (Span){units.first + i % n, units.first + i % n + next - i}, &at);
    }
}

/* The parts of a task's neurons, a step apart, the last in its slot; how many they are. */
static uint32_t add_parts(const Job *j, TtfsTask t) {
    TtfsPlan *p = j->v->plan;
    uint32_t passes = passes_in_parts(j->v, &t), n = count_parts(j->v, &t);
    t.slot -= (n - 1) * j->v->step;
    for (; t.first_pass < passes; t.first_pass += t.passes, t.slot += j->v->step) {
        t.passes = part_passes(j->v, &t, t.first_pass, passes);
        t.more = t.first_pass + t.passes < passes;
        *TTFS_PUSH(&p->arena, p->tasks) = t;
    }
    return n;
}

/* A cell, unit by unit of one position after the other, each in parts; the last of all in the
 * population's slot. */
static void add_cell_in_parts(const Job *j, TtfsTask t, Span units, Span rows, Span cols) {
    uint32_t n = units.end - units.first, width = cols.end - cols.first;
    t.pop = j->pop;
    t.oy_count = t.ox_count = 1;
    for (uint32_t i = n * (rows.end - rows.first) * width; i-- > 0;) {
        t.oy_first = rows.first + i / n / width;
        t.ox_first = cols.first + i / n % width;
        t.ch_first = channel_at(j, units.first + i % n);
        t.channels = channel_at(j, units.first + i % n + 1) - t.ch_first;
        t.slot -= add_parts(j, t) * j->v->step;
    }
}

/* A cell, in as many slots as its population takes; whole, if it has more parts than that, and then
 * too large. */
static void add_cell(const Job *j, uint32_t core, Span units, Span rows, Span cols) {
    uint32_t runs = ttfs_solver_runs(j->v, j->pop), n = units.end - units.first;
    uint32_t places = (rows.end - rows.first) * (cols.end - cols.first);
    TtfsTask at = {.core = core, .slot = ttfs_plan_when(j->v->plan, j->pop).slot};
    if (exceeds(j) && (uint64_t)n * places * parts_of_unit(j) <= runs) {
        add_cell_in_parts(j, at, units, rows, cols);
        return;
    }
    for (uint32_t i = runs; i-- > 0; at.slot -= j->v->step) {
        Span items = span_of(varies(j) ? n * places : n, runs, i);
        Span part = {units.first + items.first, units.first + items.end};
        if (varies(j) && runs > 1)
            add_items(j, at, units, rows, cols, items);
        else
            add_places(j, at, runs > 1 ? part : units, rows, cols);
    }
}

typedef struct {
    uint32_t core;
    bool full;
    uint64_t last, acts, rows; /* of the slot before, where that matters; in all */
} Load;

static int by_load(const void *a, const void *b) {
    const Load *x = a, *y = b;
    if (x->full != y->full) return x->full ? 1 : -1;
    if (x->last != y->last) return x->last < y->last ? -1 : 1;
    if (x->acts != y->acts) return x->acts < y->acts ? -1 : 1;
    if (x->rows != y->rows) return x->rows < y->rows ? -1 : 1;
    return (x->core > y->core) - (x->core < y->core);
}

static int by_core(const void *a, const void *b) {
    const Load *x = a, *y = b;
    return (x->core > y->core) - (x->core < y->core);
}

/* As many cores, those that hold the fewest weights, in order; where weights are streamed, those
 * with room for the cell, the least of the layer before and the fewest values. */
static Load *pick_cores(Solver *v, uint32_t n, const Need *need) {
    uint32_t cores = ttfs_chip_cores(&v->plan->chip);
    Load *all = TTFS_ARRAY(&v->scratch, Load, cores);
    for (uint32_t c = 0; c < cores; c++) {
        all[c] = (Load){.core = c, .rows = v->rows[c]};
        if (v->streams)
            all[c] = (Load){c, !has_room(v, c, need), v->last[c], v->acts[c], v->rows[c]};
    }
    qsort(all, cores, sizeof *all, by_load);
    qsort(all, n, sizeof *all, by_core);
    return all;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* The population and those behind it. */
static uint32_t layers_left(const Solver *v, TtfsPop pop) {
    return v->spike->pops.len + 1 - pop.i;
}

/* Weight rows that a cell may take of what the fullest core has left, the largest cell of a later
 * layer set aside: its share by its own rows, or by the number of layers. */
static uint64_t room_of(const Job *j) {
    const Solver *v = j->v;
    const Later *later = &v->later[j->pop.i];
    uint64_t used = later->cell, all = v->plan->chip.weight_rows, fullest = 0;
    uint64_t own = rows_of(j, &(Cut){1, 1, 1});
    for (uint32_t c = 0; c < ttfs_chip_cores(&v->plan->chip); c++)
        fullest = most(fullest, v->rows[c]);
    used += fullest;
    uint64_t left = used < all ? all - used : 0;
    return own ? most(left / layers_left(v, j->pop), left * own / (own + later->rows)) : left;
}

/* A cell is a flow: what is left of them is shared with the later layers. */
static uint32_t cells_of(const Solver *v, TtfsPop pop) {
    uint32_t cores = ttfs_chip_cores(&v->plan->chip), flows = v->plan->chip.flows;
    uint32_t left = flows > v->flows ? flows - v->flows : 0;
    uint32_t fair = left / layers_left(v, pop);
    return least(cores, fair ? fair : 1);
}

/* Cores that compute a layer: its share of the flows may not do for all. */
static uint32_t cores_of(const Solver *v, uint32_t spare) {
    const TtfsChip *c = &v->plan->chip;
    uint32_t fair = (c->flows - 1) / (v->spike->pops.len > 1 ? v->spike->pops.len - 1 : 1);
    uint32_t cores = least(ttfs_chip_cores(c), fair) / spare;
    return cores ? cores : 1;
}

/* Of the largest cell, when the layer is cut for so many cores. */
static uint64_t fewest_items(const Job *j, uint32_t cores) {
    uint64_t best = UINT64_MAX;
    for (uint32_t parts = least(cores, j->units); parts >= 1; parts--)
        for (uint32_t cols = 1; cols <= least(cores / parts, j->p->w); cols++) {
            Cut cut = {parts, least(cores / parts / cols, j->p->h), cols};
            if (items_of(j, &cut) < best) best = items_of(j, &cut);
        }
    return best;
}

/* Slots of a layer of which a core has so many weight rows in each. */
static uint64_t runs_of(const Job *j, uint32_t cores) {
    if (ttfs_pop_is_pooled(j->v->spike, j->pop)) return 1;
    uint64_t rows = unit_rows(j), most_rows = j->v->at_once, items = fewest_items(j, cores);
    uint64_t at_once = most_rows > rows ? most_rows / rows : 1;
    return exceeds(j) ? items * parts_of_unit(j) : (items + at_once - 1) / at_once;
}

bool ttfs_solver_find_runs(Solver *v, uint32_t spare) {
    uint32_t pops = v->spike->pops.len, cores = cores_of(v, spare);
    uint64_t slots = 1;
    bool some = false;
    v->at_once = v->plan->chip.weight_rows / (2 / v->step + v->overlaps);
    v->runs = TTFS_ARRAY(&v->scratch, uint32_t, (size_t)pops + 1);
    for (uint32_t i = 2; i <= pops && slots <= TTFS_PLAN_SLOTS; i++) {
        Job j = job_of(v, (TtfsPop){i});
        uint64_t runs = runs_of(&j, cores);
        slots += runs * v->step;
        v->runs[i] = (uint32_t)runs;
        some = some || runs > 1;
    }
    return some && slots <= TTFS_PLAN_SLOTS;
}

void ttfs_solver_look_ahead(Solver *v) {
    uint32_t pops = v->spike->pops.len, cores = ttfs_chip_cores(&v->plan->chip);
    v->later = TTFS_ARRAY(&v->scratch, Later, (size_t)pops + 1);
    for (uint32_t i = pops; i > 2; i--) {
        Job j = job_of(v, (TtfsPop){i});
        uint64_t cell = rows_of(&j, &(Cut){least(cores, j.units), 1, 1});
        v->later[i - 1] = v->later[i];
        v->later[i - 1].rows += rows_of(&j, &(Cut){1, 1, 1});
        if (cell > v->later[i].cell) v->later[i - 1].cell = cell;
    }
}

void ttfs_solver_cut(Solver *v, TtfsPop pop) {
    Job j = job_of(v, pop);
    j.room = room_of(&j);
    j.cells = cells_of(v, pop);
    Cut cut = choose_cut(&j);
    TtfsMark mark = ttfs_arena_mark(&v->scratch);
    Need need = need_of(&j, &cut);
    Load *cores = pick_cores(v, cut.parts * cut.rows * cut.cols, &need);
    memset(v->last, 0, ttfs_chip_cores(&v->plan->chip) * sizeof *v->last);
    for (uint32_t i = 0; i < cut.parts * cut.rows * cut.cols; i++) {
        uint32_t band = i / cut.parts;
        add_cell(&j, cores[i].core, span_of(j.units, cut.parts, i % cut.parts),
                 span_of(j.p->h, cut.rows, band / cut.cols),
                 span_of(j.p->w, cut.cols, band % cut.cols));
        v->rows[cores[i].core] += need.rows;
        v->acts[cores[i].core] += need.acts;
        v->words[cores[i].core] += need.words;
        if (begins_at_0(v, pop))
            v->held[cores[i].core] += need.rows;
        else if (v->step == 1)
            v->last[cores[i].core] = need.rows;
    }
    v->flows += cut.parts * cut.rows * cut.cols;
    ttfs_arena_release(&v->scratch, mark);
}
