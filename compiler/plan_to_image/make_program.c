/* SPDX-License-Identifier: Apache-2.0
 *
 * The three programs of a core: slot by slot the records of its tasks, then the end of the slot;
 * that of the last slot ends the sample. A task whose elements fit a list is one record an engine.
 * One of several passes has lists of parts, made anew for every group of lanes, whose potentials
 * stay until the last part; so do those of a task that is a part of its neurons' weights, which
 * fires when it is the last one.
 */
#include "maker.h"
#include "plan_geometry.h"

#include <string.h>

enum { ENGINES = 3 };
static const TtfsRecordKind engine_record[ENGINES] = {TTFS_RECORD_SCAN, TTFS_RECORD_WALK,
                                                      TTFS_RECORD_FIRE};

typedef struct {
    TtfsMaker *m;
    uint32_t core;
    TTFS_VEC(uint32_t) words[ENGINES];
} Programs;

static void add(Programs *p, uint32_t engine, TtfsPop pop, TtfsRecordKind kind,
                const void *record) {
    uint32_t words[TTFS_RECORD_MOST];
    ttfs_maker_pack(p->m, pop, kind, record, words);
    for (uint32_t i = 0; i < ttfs_record_words(kind, words[0]); i++)
        *TTFS_PUSH(&p->m->scratch, p->words[engine]) = words[i];
}

/* The patch of source k, in its buffer. */
static void add_source(Programs *p, const TtfsTask *t, uint32_t k) {
    TtfsReach reach = ttfs_task_reach(p->m->spike, t, k);
    uint32_t number;
    const TtfsBuffer *b = ttfs_plan_buffer(p->m->plan, t->core, reach.src, &number);
    if (!b) {
        ttfs_maker_fault(p->m, t->pop, TTFS_PLAN_CHECK, "core %u has no buffer of population %u",
                         t->core, reach.src.i);
        return;
    }
    TtfsSegment segment = ttfs_reach_segment(p->m->plan, &reach, b);
    add(p, 0, t->pop, TTFS_RECORD_SEGMENT, &segment);
}

static void add_scan(Programs *p, const TtfsTask *t) {
    const TtfsPopulation *pop = ttfs_spike_pop(p->m->spike, t->pop);
    TtfsConnKind kind = p->m->spike->conns.at[pop->conn_first].kind;
    TtfsScan scan = {.op = kind == TTFS_CONN_POOL      ? 2
                           : kind == TTFS_CONN_MINPOOL ? 3
                                                       : 1,
                     .segments = (int32_t)pop->conn_count,
                     .rows = (int32_t)t->oy_count,
                     .cols = (int32_t)t->ox_count};
    add(p, 0, t->pop, TTFS_RECORD_SCAN, &scan);
    for (uint32_t k = 0; k < pop->conn_count; k++) add_source(p, t, k);
}

/* The largest value of any source. */
static int32_t top_of_sources(const TtfsSpike *s, TtfsPop pop) {
    const TtfsPopulation *p = ttfs_spike_pop(s, pop);
    uint32_t top = 0;
    for (uint32_t k = 0; k < p->conn_count; k++) {
        uint32_t ticks = ttfs_spike_pop(s, s->conns.at[p->conn_first + k].src)->ticks;
        if (ticks > top) top = ticks;
    }
    return (int32_t)top;
}

static TtfsWalk walk_of(Programs *p, const TtfsTask *t) {
    return (TtfsWalk){.op = 1,
                      .top = top_of_sources(p->m->spike, t->pop),
                      .lists = (int32_t)(t->oy_count * t->ox_count),
                      .weight_base = (int32_t)t->weight_base,
                      .group_rows = (int32_t)t->group_rows,
                      .groups = (int32_t)t->groups};
}

/* Pass `pass` of the task and of one group: its list, and the walk that adds it to the group's
 * potentials. */
static void add_pass(Programs *p, const TtfsTask *t, uint32_t group, uint32_t pass) {
    static const TtfsScan scan = {.op = 1, .segments = 1, .rows = 1, .cols = 1};
    const TtfsPlan *plan = p->m->plan;
    TtfsSegment segment;
    uint32_t first, before = ttfs_task_pass_start(p->m->spike, &plan->chip, t, t->first_pass);
    if (!ttfs_task_pass(p->m->spike, plan, t, t->first_pass + pass, &segment, &first)) {
        ttfs_maker_fault(p->m, t->pop, TTFS_PLAN_CHECK, "no pass %u of %u", pass, t->passes);
        return;
    }
    TtfsWalk walk = walk_of(p, t);
    walk.more = t->more || pass + 1 < t->passes;
    walk.groups = 1;
    walk.group_rows = (int32_t)ttfs_task_elements(p->m->spike, t);
    walk.weight_base += (int32_t)(group * t->group_rows + first - before);
    add(p, 0, t->pop, TTFS_RECORD_SCAN, &scan);
    add(p, 0, t->pop, TTFS_RECORD_SEGMENT, &segment);
    add(p, 1, t->pop, TTFS_RECORD_WALK, &walk);
}

static void add_lists(Programs *p, const TtfsTask *t) {
    if (t->groups == 0 || (t->passes == 1 && !ttfs_task_is_part(t))) {
        TtfsWalk walk = walk_of(p, t);
        add_scan(p, t);
        if (t->groups) add(p, 1, t->pop, TTFS_RECORD_WALK, &walk);
        return;
    }
    for (uint32_t group = 0; group < t->groups; group++)
        for (uint32_t pass = 0; p->m->ok && pass < t->passes; pass++) add_pass(p, t, group, pass);
}

/* Parameter words from a row of classes to the next; 0 when all positions are of one class. */
static uint32_t class_row(const TtfsTask *t) {
    const uint32_t *edge = t->edge;
    if (edge[0] + edge[1] + edge[2] + edge[3] == 0) return 0;
    return (edge[2] + 1 + edge[3]) * t->channels;
}

static void add_fire(Programs *p, const TtfsTask *t) {
    const TtfsPopulation *pop = ttfs_spike_pop(p->m->spike, t->pop);
    TtfsFire fire = {.op = t->groups == 0                  ? 3
                           : pop->kind == TTFS_POP_READOUT ? 2
                                                           : 1,
                     .top = (int32_t)pop->ticks,
                     .channels = (int32_t)t->channels,
                     .flow = (int32_t)t->flow,
                     .rows = (int32_t)t->oy_count,
                     .cols = (int32_t)t->ox_count,
                     .y = (int32_t)t->oy_first,
                     .x = (int32_t)t->ox_first,
                     .c = (int32_t)t->ch_first};
    if (t->groups) {
        fire.param_base = (int32_t)t->param_base;
        fire.edge_top = (int32_t)t->edge[0];
        fire.edge_bottom = (int32_t)t->edge[1];
        fire.edge_left = (int32_t)t->edge[2];
        fire.edge_right = (int32_t)t->edge[3];
        fire.class_row = (int32_t)class_row(t);
    }
    add(p, 2, t->pop, TTFS_RECORD_FIRE, &fire);
}

static void end_slot(Programs *p, bool last) {
    TtfsScan scan = {.sample_end = last};
    TtfsWalk walk = {.sample_end = last};
    TtfsFire fire = {.sample_end = last};
    const void *end[ENGINES] = {&scan, &walk, &fire};
    for (uint32_t e = 0; e < ENGINES; e++) add(p, e, (TtfsPop){0}, engine_record[e], end[e]);
}

/* The three starts, then one program after the other. */
static void put_programs(Programs *p) {
    TtfsMaker *m = p->m;
    uint32_t at = ENGINES, all = at + p->words[0].len + p->words[1].len + p->words[2].len;
    uint32_t room = m->img->chip.program_words;
    if (all > room) {
        ttfs_maker_fault(m, (TtfsPop){0}, TTFS_PLAN_CHECK,
                         "the programs of core %u have %u words, the chip has %u", p->core, all,
                         room);
        return;
    }
    ttfs_image_make(m->img, p->core, TTFS_MEM_PROGRAM, all);
    uint32_t *words = m->img->cores[p->core].mem[TTFS_MEM_PROGRAM].words;
    for (uint32_t e = 0; e < ENGINES; e++) {
        words[e] = at;
        memcpy(words + at, p->words[e].at, p->words[e].len * sizeof *words);
        at += p->words[e].len;
    }
}

void ttfs_make_program(TtfsMaker *m, uint32_t core) {
    TtfsMark mark = ttfs_arena_mark(&m->scratch);
    Programs p = {.m = m, .core = core};
    const TtfsMakerCore *c = &m->cores[core];
    uint32_t slots = m->plan->slots.len;
    for (uint32_t slot = 0, i = 0; m->ok && slot < slots; slot++) {
        for (; m->ok && i < c->count && c->tasks[i]->slot == slot; i++) {
            add_lists(&p, c->tasks[i]);
            if (!c->tasks[i]->more) add_fire(&p, c->tasks[i]);
        }
        end_slot(&p, slot + 1 == slots);
    }
    if (m->ok) put_programs(&p);
    ttfs_arena_release(&m->scratch, mark);
}
