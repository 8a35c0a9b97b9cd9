/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a population may be cut, what tasks of a core can share, and the lists of a task: classes
 * of positions by their biases, passes of a list that is longer than the chip's. In: a checked
 * graph that fits the chip. Cost: a look at the task's biases, else nothing grows.
 */
#include "plan_geometry.h"

#include <string.h>

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint64_t share(uint64_t whole, uint64_t parts) {
    return (whole + parts - 1) / parts;
}

/* Channels of as many whole groups as the lanes hold, or of one group. */
static uint32_t set_of(const TtfsConnection *c, const TtfsPopulation *dst, uint32_t lanes) {
    uint32_t outs = dst->c / c->group;
    return outs >= lanes ? outs : lanes / outs * outs;
}

static bool is_flat(const TtfsPopulation *p) {
    return p->h == 1 && p->w == 1;
}

TtfsCutRule ttfs_plan_cut_rule(const TtfsChip *chip, const TtfsSpike *s, TtfsPop p) {
    const TtfsPopulation *dst = ttfs_spike_pop(s, p);
    TtfsCutRule rule = {dst->c, chip->lanes, false};
    if (ttfs_pop_is_pooled(s, p)) rule.unit = TTFS_WORD_ELEMENTS;
    for (uint32_t k = 0; k < dst->conn_count; k++) {
        const TtfsConnection *c = &s->conns.at[dst->conn_first + k];
        if (c->kind == TTFS_CONN_DENSE) rule.by_position = true;
        if (c->group > 1) rule.most = least(rule.most, set_of(c, dst, chip->lanes));
    }
    TtfsTask one = {.pop = p, .channels = rule.most, .oy_count = 1, .ox_count = 1};
    if (ttfs_task_elements(s, &one) > chip->list_entries) rule.by_position = true;
    if (is_flat(dst)) rule.by_position = true;
    return rule;
}

/* Are the biases of all of the task's channels the same in its rows (columns) a and a + 1? */
static bool same_line(const TtfsPopulation *p, const TtfsTask *t, int axis, uint32_t a) {
    uint32_t n = axis ? t->oy_count : t->ox_count, step = axis ? p->w : 1, next = axis ? 1 : p->w;
    for (uint32_t c = 0; c < t->channels; c++) {
        const int32_t *b = p->bias + ((size_t)(t->ch_first + c) * p->h + t->oy_first) * p->w +
                           t->ox_first + (size_t)a * next;
        for (uint32_t i = 0; i < n; i++)
            if (b[(size_t)i * step] != b[(size_t)i * step + next]) return false;
    }
    return true;
}

/* What is left before and behind the longest run of lines that are the same. */
static void edges_of(const TtfsPopulation *p, const TtfsTask *t, int axis, uint32_t edge[2]) {
    uint32_t size = axis ? t->ox_count : t->oy_count, run = 0, best = 0, start = 0;
    for (uint32_t i = 0; i < size; i++) {
        run = i > 0 && same_line(p, t, axis, i - 1) ? run + 1 : 1;
        if (run <= best) continue;
        best = run;
        start = i + 1 - run;
    }
    edge[0] = start;
    edge[1] = size - start - best;
}

/* One bias a channel, whatever the position? */
static bool even_bias(const TtfsPopulation *p) {
    return !p->bias || p->bias_count == p->c;
}

void ttfs_plan_edges(const TtfsSpike *s, const TtfsTask *t, uint32_t edge[4]) {
    const TtfsPopulation *p = ttfs_spike_pop(s, t->pop);
    memset(edge, 0, 4 * sizeof *edge);
    if (even_bias(p)) return;
    edges_of(p, t, 0, edge);
    edges_of(p, t, 1, edge + 2);
}

uint64_t ttfs_task_params(const TtfsTask *t) {
    uint64_t rows = (uint64_t)t->edge[0] + t->edge[1] + 1;
    return t->groups ? rows * (t->edge[2] + t->edge[3] + 1) * t->channels : 0;
}

bool ttfs_plan_weights_vary(const TtfsSpike *s, TtfsPop pop) {
    const TtfsPopulation *p = ttfs_spike_pop(s, pop);
    for (uint32_t k = 0; k < p->conn_count; k++)
        if (s->conns.at[p->conn_first + k].kind == TTFS_CONN_DENSE) return true;
    return false;
}

bool ttfs_plan_biases_vary(const TtfsSpike *s, TtfsPop pop) {
    return !even_bias(ttfs_spike_pop(s, pop));
}

/* How a patch is cut into lists of at most `most` events. */
typedef struct {
    uint32_t rows, runs, channels;        /* of a whole pass */
    uint32_t row_cuts, run_cuts, ch_cuts; /* passes are row_cuts * run_cuts * ch_cuts */
} Passes;

static Passes passes_of(const TtfsReach *r, uint32_t most) {
    Passes p = {1, r->kw, r->channels, r->kh, 1, 1};
    uint64_t row = (uint64_t)r->kw * r->channels;
    if (row <= most) {
        p.rows = (uint32_t)(most / row < r->kh ? most / row : r->kh);
        p.row_cuts = (uint32_t)share(r->kh, p.rows);
        return p;
    }
    p.runs = r->channels <= most ? most / r->channels : 1;
    p.run_cuts = (uint32_t)share(r->kw, p.runs);
    p.channels = least(r->channels, most);
    p.ch_cuts = (uint32_t)share(r->channels, p.channels);
    return p;
}

static uint32_t count_of(const Passes *p) {
    return p->row_cuts * p->run_cuts * p->ch_cuts;
}

/* The part of the patch that pass `i` takes; its first element. */
static uint32_t part_of(const Passes *p, uint32_t i, TtfsReach *r) {
    uint32_t ch = i % p->ch_cuts * p->channels, run = i / p->ch_cuts % p->run_cuts * p->runs;
    uint32_t row = i / p->ch_cuts / p->run_cuts * p->rows;
    uint32_t first = (row * r->kw + run) * r->channels + ch;
    r->y_first += (int32_t)(row * r->dy);
    r->x_first += (int32_t)(run * r->dx);
    r->ch_first += ch;
    r->kh = least(p->rows, r->kh - row);
    r->kw = least(p->runs, r->kw - run);
    r->channels = least(p->channels, r->channels - ch);
    return first;
}

bool ttfs_task_is_part(const TtfsTask *t) {
    return t->more || t->first_pass > 0;
}

/* The most elements of a pass: of what is added in parts, also a quarter of a core's rows, so that
 * two slots in a row find room for some each. */
static uint32_t most_of_pass(const TtfsChip *chip, const TtfsTask *t) {
    uint32_t quarter = chip->weight_rows / 4;
    if (!ttfs_task_is_part(t)) return chip->list_entries;
    return least(chip->list_entries, quarter ? quarter : 1);
}

/* What a pass takes of its source, in *r; its first element. False: there is no such pass, and the
 * elements of all are that. */
static bool find_pass(const TtfsSpike *s, const TtfsChip *chip, const TtfsTask *t, uint32_t pass,
                      TtfsReach *r, uint32_t *first_element) {
    uint32_t most = most_of_pass(chip, t);
    *first_element = 0;
    for (uint32_t k = 0; k < ttfs_spike_pop(s, t->pop)->conn_count; k++) {
        *r = ttfs_task_reach(s, t, k);
        Passes p = passes_of(r, most);
        uint32_t elements = (uint32_t)ttfs_reach_elements(r);
        if (pass < count_of(&p)) {
            *first_element += part_of(&p, pass, r);
            return true;
        }
        pass -= count_of(&p);
        *first_element += elements;
    }
    return false;
}

bool ttfs_task_pass(const TtfsSpike *s, const TtfsPlan *plan, const TtfsTask *t, uint32_t pass,
                    TtfsSegment *seg, uint32_t *first_element) {
    TtfsReach r;
    if (!find_pass(s, &plan->chip, t, pass, &r, first_element)) return false;
    const TtfsBuffer *b = ttfs_plan_buffer(plan, t->core, r.src, NULL);
    if (b) *seg = ttfs_reach_segment(plan, &r, b);
    return b != NULL;
}

uint32_t ttfs_task_pass_start(const TtfsSpike *s, const TtfsChip *chip, const TtfsTask *t,
                              uint32_t pass) {
    TtfsReach r;
    uint32_t first;
    find_pass(s, chip, t, pass, &r, &first);
    return first;
}

uint32_t ttfs_task_passes(const TtfsSpike *s, const TtfsChip *chip, const TtfsTask *t) {
    const TtfsPopulation *p = ttfs_spike_pop(s, t->pop);
    uint32_t n = 0, most = most_of_pass(chip, t);
    bool one = ttfs_task_elements(s, t) <= most && p->conn_count <= chip->segments;
    if (one && !ttfs_task_is_part(t)) return 1;
    for (uint32_t k = 0; k < p->conn_count; k++) {
        TtfsReach r = ttfs_task_reach(s, t, k);
        Passes cut = passes_of(&r, most);
        n += count_of(&cut);
    }
    return n;
}

uint64_t ttfs_task_words(const TtfsSpike *s, const TtfsTask *t) {
    uint32_t segments = ttfs_spike_pop(s, t->pop)->conn_count;
    if (!t->groups) return TTFS_SCAN_WORDS + TTFS_SEGMENT_WORDS + TTFS_FIRE_WORDS;
    if (t->passes == 1 && !ttfs_task_is_part(t))
        return TTFS_SCAN_WORDS + segments * TTFS_SEGMENT_WORDS + TTFS_WALK_WORDS + TTFS_FIRE_WORDS;
    return (t->more ? 0 : TTFS_FIRE_WORDS) +
           (uint64_t)t->groups * t->passes *
               (TTFS_SCAN_WORDS + TTFS_SEGMENT_WORDS + TTFS_WALK_WORDS);
}
