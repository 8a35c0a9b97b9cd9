/* SPDX-License-Identifier: Apache-2.0
 *
 * The three programs of a core, followed side by side: each fire record takes the lists that the
 * scan and walk programs have for it at that point, and makes a part of a population of the slot,
 * the one that its flow carries. What a record says of the network is decoded or compared; nothing
 * in it is free but where things lie. A slot may end with walks of which there is more to come:
 * they are the first parts of what the next fire record of sums takes, in a later slot.
 */
#include "lift.h"

enum { SCAN, WALK, FIRE, ENGINES };
static const TtfsRecordKind engine_record[ENGINES] = {TTFS_RECORD_SCAN, TTFS_RECORD_WALK,
                                                      TTFS_RECORD_FIRE};
static const char *const engine_name[ENGINES] = {"scan", "walk", "fire"};

typedef struct {
    LiftCore *k;
    uint32_t at[ENGINES];
    uint32_t slot;
    bool open;       /* of what the next fire record takes some parts have been added */
    LiftTask task;   /* that of these parts, as its fire record says */
    LiftLists lists; /* what they hold so far */
    TtfsMark mark;   /* of the scratch, before them */
} Programs;

static bool next(Programs *p, int engine, TtfsRecordKind kind, void *record) {
    const TtfsMemImage *mem = ttfs_lift_memory(p->k, TTFS_MEM_PROGRAM);
    uint32_t at = p->at[engine], n = 1;
    if (at < mem->rows) n = ttfs_record_words(kind, mem->words[at]);
    if (!ttfs_lift_claim(p->k, 0, TTFS_MEM_PROGRAM, at, n)) return false;
    if (!ttfs_record_unpack(kind, mem->words + at, record))
        return ttfs_lift_fault(p->k->l, 0,
                               "core %u: a bit of the record at word %u is set that no field holds",
                               p->k->core, at);
    p->at[engine] += n;
    return true;
}

static bool expect(const LiftTask *t, const char *what, int64_t found, int64_t want) {
    return found == want ||
           ttfs_lift_fault(t->k->l, t->pop, "core %u slot %u: %s: %lld, %lld expected", t->k->core,
                           t->slot, what, (long long)found, (long long)want);
}

/* The largest value of a source. */
static uint32_t top_of_sources(const LiftTask *t) {
    uint32_t top = 0;
    for (uint32_t i = 0; i < t->dst->conn_count; i++) {
        uint32_t src = t->k->l->img->conns.at[t->dst->conn_first + i].src;
        uint32_t ticks = ttfs_lift_pop(t->k->l, src)->ticks;
        if (ticks > top) top = ticks;
    }
    return top;
}

static bool next_scan(Programs *p, const LiftTask *t, int32_t op, uint32_t segments) {
    TtfsScan s;
    return next(p, SCAN, TTFS_RECORD_SCAN, &s) && expect(t, "the scan's op", s.op, op) &&
           expect(t, "the scan's sample_end", s.sample_end, 0) &&
           expect(t, "the list's segments", s.segments, segments) &&
           expect(t, "the list's rows", s.rows, t->fire.rows) &&
           expect(t, "the list's cols", s.cols, t->fire.cols);
}

/* A segment; steps that it never takes are 0. */
static bool next_segment(Programs *p, const LiftTask *t, TtfsSegment *s) {
    return next(p, SCAN, TTFS_RECORD_SEGMENT, s) &&
           (s->nx != 1 || expect(t, "the run_step of one run", s->run_step, 0)) &&
           (s->ny != 1 || expect(t, "the row_step of one row", s->row_step, 0)) &&
           (t->fire.cols != 1 || expect(t, "the col_stride of one column", s->col_stride, 0)) &&
           (t->fire.rows != 1 || expect(t, "the row_stride of one row", s->row_stride, 0));
}

/* The list of one walk, whose elements follow those that are there already. */
static bool take_list(Programs *p, const LiftTask *t, LiftLists *lists, uint32_t segments,
                      uint32_t row) {
    uint32_t before = lists->filled, most = p->k->l->img->chip.list_entries;
    if (!next_scan(p, t, 1, segments)) return false;
    for (uint32_t i = 0; i < segments; i++) {
        TtfsSegment s;
        if (!next_segment(p, t, &s) ||
            !ttfs_lift_segment(t, lists, &s, row + lists->filled - before))
            return false;
        lists->row_stride[i] = s.row_stride;
        lists->col_stride[i] = s.col_stride;
    }
    return lists->filled - before <= most ||
           ttfs_lift_fault(p->k->l, t->pop, "core %u slot %u: a list of %u elements, at most %u",
                           p->k->core, t->slot, lists->filled - before, most);
}

static bool next_walk(Programs *p, const LiftTask *t, const LiftLists *lists, TtfsWalk *w) {
    return next(p, WALK, TTFS_RECORD_WALK, w) && expect(t, "the walk's op", w->op, 1) &&
           expect(t, "the walk's sample_end", w->sample_end, 0) &&
           expect(t, "the walk's top", w->top, top_of_sources(t)) &&
           expect(t, "the walk's lists", w->lists, (int64_t)t->fire.rows * t->fire.cols) &&
           expect(t, "the walk's group_rows", w->group_rows, lists->elements);
}

/* Of what is added in several slots: the weights of the elements from `first` on, as they lie now.
 */
static bool keep_words(const LiftTask *t, LiftLists *lists, uint32_t first) {
    for (uint32_t e = first; lists->words && e < lists->filled; e++) {
        lists->words[e] = ttfs_lift_weight_row(t, lists->row[e]);
        if (!lists->words[e]) return false;
    }
    return true;
}

/* The lists up to the walk after which the potentials are taken. A walk that is not the only one is
 * of one list and one group. */
static bool take_groups(Programs *p, const LiftTask *t, LiftLists *lists) {
    TtfsWalk w;
    if (!p->open) lists->filled = 0;
    do {
        uint32_t before = lists->filled;
        bool first = before == 0;
        if (!next_walk(p, t, lists, &w)) return false;
        bool whole = first && !w.more;
        lists->groups = whole && lists->first_group == 0 ? t->groups : 1;
        if (!expect(t, "the walk's groups", w.groups, lists->groups) ||
            (whole && t->dst->conn_count > p->k->l->img->chip.segments &&
             !expect(t, "the list's sources", t->dst->conn_count, p->k->l->img->chip.segments)) ||
            (!whole && !expect(t, "the lists of a part", w.lists, 1)) ||
            !take_list(p, t, lists, whole ? t->dst->conn_count : 1, (uint32_t)w.weight_base) ||
            !keep_words(t, lists, before))
            return false;
    } while (w.more && lists->filled < lists->elements);
    return expect(t, "the last walk's more", w.more, 0) &&
           expect(t, "the lists' elements", lists->filled, lists->elements);
}

static bool take_lists(Programs *p, const LiftTask *t) {
    LiftLists lists = p->lists;
    if (!p->open && !ttfs_lift_places(t, &lists)) return false;
    while (lists.first_group < t->groups) {
        if (!take_groups(p, t, &lists) || !ttfs_lift_elements(t, &lists) ||
            !ttfs_lift_weights(t, &lists))
            return false;
        lists.first_group += lists.groups;
    }
    return ttfs_lift_params(t);
}

static bool take_pool(Programs *p, const LiftTask *t) {
    const TtfsImageConn *c = &p->k->l->img->conns.at[t->dst->conn_first];
    const int32_t free[] = {t->fire.param_base, t->fire.edge_top,   t->fire.edge_bottom,
                            t->fire.edge_left,  t->fire.edge_right, t->fire.class_row};
    TtfsSegment s;
    if (!p->k->l->img->chip.pool) return ttfs_lift_fault(p->k->l, t->pop, "the chip has no pools");
    for (int i = 0; i < 6; i++)
        if (!expect(t, "a field that a pool does not have", free[i], 0)) return false;
    return next_scan(p, t, c->kind == TTFS_CONN_POOL ? 2 : 3, 1) && next_segment(p, t, &s) &&
           ttfs_lift_pool(t, &s);
}

static bool inside(const LiftTask *t) {
    const TtfsFire *f = &t->fire;
    const TtfsImagePop *p = t->dst;
    bool ok = f->channels > 0 && f->rows > 0 && f->cols > 0 &&
              (uint32_t)f->c + (uint32_t)f->channels <= p->c &&
              (uint32_t)f->y + (uint32_t)f->rows <= p->h &&
              (uint32_t)f->x + (uint32_t)f->cols <= p->w;
    return ok || ttfs_lift_fault(t->k->l, t->pop,
                                 "core %u makes channels %d+%d, rows %d+%d, columns %d+%d of %u x "
                                 "%u x %u",
                                 t->k->core, f->c, f->channels, f->y, f->rows, f->x, f->cols, p->c,
                                 p->h, p->w);
}

/* The part of the population is inside it, and nobody else's. */
static bool cover(const LiftTask *t) {
    const TtfsFire *f = &t->fire;
    const TtfsImagePop *p = t->dst;
    Lift *l = t->k->l;
    if (!inside(t)) return false;
    for (uint32_t c = 0; c < (uint32_t)f->channels; c++)
        for (uint32_t y = 0; y < (uint32_t)f->rows; y++)
            for (uint32_t x = 0; x < (uint32_t)f->cols; x++) {
                uint32_t row = ((uint32_t)f->c + c) * p->h + (uint32_t)f->y + y;
                uint32_t n = l->first[t->pop - 1] + row * p->w + (uint32_t)f->x + x;
                if (ttfs_lift_covered(l, n))
                    return ttfs_lift_fault(l, t->pop, "channel %u row %u column %u is made twice",
                                           (uint32_t)f->c + c, (uint32_t)f->y + y,
                                           (uint32_t)f->x + x);
                l->covered[n / 8] |= (unsigned char)(1u << n % 8);
            }
    return true;
}

/* Is it behind the slots of its sources at the same stage, and not behind its own? */
static bool in_time(const LiftTask *t) {
    const TtfsImage *img = t->k->l->img;
    bool ok = t->slot <= t->dst->slot;
    for (uint32_t i = 0; i < t->dst->conn_count; i++) {
        const TtfsImagePop *src = ttfs_lift_pop(t->k->l, img->conns.at[t->dst->conn_first + i].src);
        ok = ok && (src->stage != t->dst->stage || src->slot < t->slot);
    }
    return ok || ttfs_lift_fault(t->k->l, t->pop,
                                 "core %u slot %u: makes some of it, which is due in slot %u, "
                                 "behind its sources",
                                 t->k->core, t->slot, t->dst->slot);
}

/* The flow says which population the task makes; it comes from this core alone. */
static bool take_flow(LiftTask *t) {
    Lift *l = t->k->l;
    const TtfsFire *f = &t->fire;
    uint32_t flow = (uint32_t)f->flow;
    if (flow >= l->img->flows)
        return ttfs_lift_fault(l, 0, "core %u slot %u: a fire of flow %u, there are %u", t->k->core,
                               t->slot, flow, l->img->flows);
    t->pop = l->img->flow_pop[flow];
    t->dst = ttfs_lift_pop(l, t->pop);
    if (!in_time(t)) return false;
    if (l->flow_core[flow] && l->flow_core[flow] != t->k->core + 1)
        return ttfs_lift_fault(l, t->pop, "flow %u comes from cores %u and %u", flow,
                               l->flow_core[flow] - 1, t->k->core);
    l->flow_core[flow] = t->k->core + 1;
    if (t->slot > l->last_slot[t->pop - 1]) l->last_slot[t->pop - 1] = t->slot;
    ttfs_lift_made(
        l, (LiftMade){.pop = t->pop,
                      .flow = flow,
                      .first = {(uint32_t)f->c, (uint32_t)f->y, (uint32_t)f->x},
                      .count = {(uint32_t)f->channels, (uint32_t)f->rows, (uint32_t)f->cols}});
    return true;
}

static uint32_t groups_of(const LiftTask *t) {
    uint32_t lanes = t->k->l->img->chip.lanes;
    return ((uint32_t)t->fire.channels + lanes - 1) / lanes;
}

static bool take_task(Programs *p, const TtfsFire *fire) {
    static const int32_t op_of[] = {0, 1, 3, 2};
    Lift *l = p->k->l;
    LiftTask t = {.k = p->k, .slot = p->slot, .fire = *fire};
    if (!take_flow(&t) || !expect(&t, "the fire's op", fire->op, op_of[t.dst->kind]) ||
        !expect(&t, "the fire's sample_end", fire->sample_end, 0) ||
        !expect(&t, "the fire's top", fire->top, t.dst->ticks) || !cover(&t))
        return false;
    TtfsMark mark = ttfs_arena_mark(&l->scratch);
    t.groups = groups_of(&t);
    if (fire->op == 3) {
        bool ok = take_pool(p, &t);
        ttfs_arena_release(&l->scratch, mark);
        return ok;
    }
    bool ok = take_lists(p, &t);
    ttfs_arena_release(&l->scratch, p->open ? p->mark : mark);
    p->open = false;
    p->lists = (LiftLists){0};
    return ok;
}

/* The next record of sums in the fire program, from there on, is what parts are of; of this slot
 * where `now`. */
static bool find_fire(const Programs *p, bool now, TtfsFire *fire) {
    const TtfsMemImage *mem = ttfs_lift_memory(p->k, TTFS_MEM_PROGRAM);
    for (uint32_t at = p->at[FIRE], n; at < mem->rows; at += n) {
        n = ttfs_record_words(TTFS_RECORD_FIRE, mem->words[at]);
        if (n > mem->rows - at || !ttfs_record_unpack(TTFS_RECORD_FIRE, mem->words + at, fire))
            return false;
        if (fire->op == 1 || fire->op == 2) return true;
        if (now && fire->op == 0) return false;
    }
    return false;
}

/* Parts begin: the task that they are of, and all that its lists must hold. */
static bool open_parts(Programs *p) {
    Lift *l = p->k->l;
    LiftTask *t = &p->task;
    *t = (LiftTask){.k = p->k, .slot = p->slot};
    if (!find_fire(p, false, &t->fire) || (uint32_t)t->fire.flow >= l->img->flows)
        return ttfs_lift_fault(l, 0, "core %u slot %u: a walk of which nothing takes the sums",
                               p->k->core, p->slot);
    t->pop = l->img->flow_pop[t->fire.flow];
    t->dst = ttfs_lift_pop(l, t->pop);
    t->groups = groups_of(t);
    p->mark = ttfs_arena_mark(&l->scratch);
    p->lists = (LiftLists){.groups = 1};
    if (!inside(t) || !expect(t, "the groups of a part", t->groups, 1) ||
        !expect(t, "the positions of a part", (int64_t)t->fire.rows * t->fire.cols, 1) ||
        !ttfs_lift_places(t, &p->lists))
        return false;
    p->lists.words = TTFS_ARRAY(&l->scratch, const uint32_t *, p->lists.elements);
    p->open = true;
    return true;
}

/* The next record of the walk program is a walk? */
static bool walks_on(const Programs *p) {
    const TtfsMemImage *mem = ttfs_lift_memory(p->k, TTFS_MEM_PROGRAM);
    TtfsWalk w;
    uint32_t at = p->at[WALK];
    return at < mem->rows &&
           ttfs_record_words(TTFS_RECORD_WALK, mem->words[at]) <= mem->rows - at &&
           ttfs_record_unpack(TTFS_RECORD_WALK, mem->words + at, &w) && w.op == 1;
}

/* What no fire record of this slot takes: parts of what one of a later slot does. */
static bool take_parts(Programs *p) {
    TtfsWalk w;
    while (walks_on(p)) {
        if (!p->open && !open_parts(p)) return false;
        LiftTask *t = &p->task;
        uint32_t before = p->lists.filled;
        t->slot = p->slot;
        if (!in_time(t) || !next_walk(p, t, &p->lists, &w) ||
            !expect(t, "a part's groups", w.groups, 1) || !expect(t, "a part's more", w.more, 1) ||
            !take_list(p, t, &p->lists, 1, (uint32_t)w.weight_base) ||
            !keep_words(t, &p->lists, before))
            return false;
    }
    return true;
}

/* The ends of the slot in all three programs; op, sample_end of the fire's was read. */
static bool end_slot(Programs *p, const TtfsFire *fire) {
    TtfsScan scan;
    TtfsWalk walk;
    int32_t last = p->slot + 1 == p->k->l->img->slots;
    if (!next(p, SCAN, TTFS_RECORD_SCAN, &scan) || !next(p, WALK, TTFS_RECORD_WALK, &walk))
        return false;
    /* op, sample_end, and what else word 0 of each has */
    const int32_t found[ENGINES][5] = {{scan.op, scan.sample_end, scan.segments, 0, 0},
                                       {walk.op, walk.sample_end, walk.more, walk.top, 0},
                                       {fire->op, fire->sample_end, fire->top, 0, 0}};
    for (int e = 0; e < ENGINES; e++)
        for (int i = 0; i < 5; i++)
            if (found[e][i] != (i == 1 ? last : 0))
                return ttfs_lift_fault(
                    p->k->l, 0, "core %u slot %u: the %s program has no end of the %s", p->k->core,
                    p->slot, engine_name[e], last ? "sample" : "slot");
    return true;
}

/* Before a pool come the parts of a slot that has no sums behind it. */
static bool take_before_pool(Programs *p) {
    TtfsFire fire;
    return find_fire(p, true, &fire) || take_parts(p);
}

bool ttfs_lift_programs(LiftCore *k) {
    const TtfsMemImage *mem = ttfs_lift_memory(k, TTFS_MEM_PROGRAM);
    Programs p = {.k = k};
    if (!ttfs_lift_claim(k, 0, TTFS_MEM_PROGRAM, 0, ENGINES)) return false;
    for (int e = 0; e < ENGINES; e++) p.at[e] = mem->words[e];
    for (; p.slot < k->l->img->slots; p.slot++) {
        TtfsFire fire;
        if (!ttfs_lift_enter_slot(k, p.slot) || !next(&p, FIRE, engine_record[FIRE], &fire))
            return false;
        while (fire.op)
            if ((fire.op == 3 && !take_before_pool(&p)) || !take_task(&p, &fire) ||
                !next(&p, FIRE, engine_record[FIRE], &fire))
                return false;
        if (!take_parts(&p) || !end_slot(&p, &fire)) return false;
    }
    if (p.open)
        return ttfs_lift_fault(k->l, p.task.pop, "core %u: nothing takes its last parts", k->core);
    return ttfs_lift_enter_slot(k, p.slot);
}
