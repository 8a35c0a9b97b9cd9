/* SPDX-License-Identifier: Apache-2.0
 *
 * Moves of pieces. In: pieces of a tensor; out: pieces of the moved tensor, every element once.
 * Method: loops are split until each runs along one axis without a carry into the next; then an
 * axis is moved by changing its stride. What has no such form is cut in two, in the worst case down
 * to single elements, which always have it. Cost: loops a piece, turns of a loop for a slice.
 */
#include "pieces.h"

static uint64_t count_of(uint32_t rank, const uint32_t *dim) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < rank; i++) {
        n *= dim[i];
        if (n == 0 || n > INT32_MAX) return 0;
    }
    return n;
}

uint64_t ttfs_output_count(const TtfsOutput *o) {
    return count_of(o->rank, o->dim);
}

bool ttfs_output_is_vector(const TtfsOutput *o) {
    uint32_t axes = 0;
    for (uint32_t i = 0; i < o->rank; i++) axes += o->dim[i] > 1;
    return axes <= 1;
}

TtfsPiece ttfs_piece_whole(uint32_t pop, uint32_t count) {
    TtfsPiece p = {.pop = pop, .loops = count > 1};
    if (count > 1) p.loop[0] = (TtfsLoop){count, 1, 1};
    return p;
}

uint64_t ttfs_piece_size(const TtfsPiece *p) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < p->loops; i++) n *= p->loop[i].size;
    return n;
}

void ttfs_piece_at(const TtfsPiece *p, uint64_t i, uint32_t *neuron, uint32_t *element) {
    int64_t from = p->first;
    uint64_t to = p->at;
    for (uint32_t k = p->loops; k-- > 0;) {
        uint64_t digit = i % p->loop[k].size;
        i /= p->loop[k].size;
        from += (int64_t)digit * p->loop[k].from;
        to += digit * p->loop[k].to;
    }
    *neuron = (uint32_t)from;
    *element = (uint32_t)to;
}

static void remove_loop(TtfsPiece *p, uint32_t k) {
    p->loops--;
    for (; k < p->loops; k++) p->loop[k] = p->loop[k + 1];
}

static void insert_loop(TtfsPiece *p, uint32_t k, TtfsLoop l) {
    for (uint32_t i = p->loops++; i > k; i--) p->loop[i] = p->loop[i - 1];
    p->loop[k] = l;
}

/* Loops by falling stride, none of one turn, two that are one run as one. */
static void tidy(TtfsPiece *p) {
    for (uint32_t k = p->loops; k-- > 0;)
        if (p->loop[k].size == 1) remove_loop(p, k);
    for (uint32_t i = 1; i < p->loops; i++)
        for (uint32_t k = i; k > 0 && p->loop[k - 1].to < p->loop[k].to; k--) {
            TtfsLoop l = p->loop[k];
            p->loop[k] = p->loop[k - 1];
            p->loop[k - 1] = l;
        }
    for (uint32_t k = p->loops; k-- > 1;) {
        TtfsLoop *outer = &p->loop[k - 1], *inner = &p->loop[k];
        if (outer->to != (uint64_t)inner->size * inner->to ||
            outer->from != (int64_t)inner->size * inner->from)
            continue;
        outer->size *= inner->size;
        outer->from = inner->from;
        outer->to = inner->to;
        remove_loop(p, k);
    }
}

/* A tensor's axes; more than its rank are not looked at. */
typedef struct {
    uint32_t rank, dim[TTFS_OUTPUT_RANK], stride[TTFS_OUTPUT_RANK];
} Shape;

static Shape shape_of(uint32_t rank, const uint32_t *dim) {
    Shape s = {.rank = rank};
    uint32_t stride = 1;
    for (uint32_t i = rank; i-- > 0;) {
        s.dim[i] = dim[i];
        s.stride[i] = stride;
        stride *= dim[i];
    }
    return s;
}

/* The axis that a stride moves along; the rank when it is no whole number of places on one. */
static uint32_t axis_of(const Shape *s, uint32_t to) {
    for (uint32_t k = s->rank; k-- > 0;)
        if (to < (uint64_t)s->stride[k] * s->dim[k]) return to % s->stride[k] ? s->rank : k;
    return s->rank;
}

static uint32_t coordinate(const Shape *s, uint32_t at, uint32_t axis) {
    return at / s->stride[axis] % s->dim[axis];
}

/* Splits loops that run over whole axes. */
static void split(const Shape *s, TtfsPiece *p) {
    for (uint32_t k = 0; k < p->loops; k++) {
        TtfsLoop *l = &p->loop[k];
        uint32_t axis = axis_of(s, l->to);
        if (axis == s->rank || p->loops == TTFS_PIECE_LOOPS) continue;
        uint32_t whole = s->stride[axis] * s->dim[axis], inside = whole / l->to;
        if (whole % l->to || l->size <= inside || l->size % inside) continue;
        TtfsLoop outer = {l->size / inside, l->from * (int32_t)inside, whole};
        l->size = inside;
        insert_loop(p, k--, outer);
    }
}

/* The first loop that leaves its axis, and after how many turns to cut it; false: there is none. */
static bool leaves(const Shape *s, const TtfsPiece *p, uint32_t *loop, uint32_t *turns) {
    uint64_t reach[TTFS_OUTPUT_RANK];
    for (uint32_t a = 0; a < s->rank; a++) reach[a] = coordinate(s, p->at, a);
    *turns = 1;
    for (*loop = 0; *loop < p->loops; ++*loop) {
        const TtfsLoop *l = &p->loop[*loop];
        uint32_t axis = axis_of(s, l->to);
        if (axis == s->rank) return true;
        uint32_t pace = l->to / s->stride[axis], room = s->dim[axis] - coordinate(s, p->at, axis);
        reach[axis] += (uint64_t)(l->size - 1) * pace;
        if (reach[axis] < s->dim[axis]) continue;
        uint32_t inside = (room + pace - 1) / pace;
        if (coordinate(s, p->at, axis) == 0 && l->size > inside) inside *= l->size / inside;
        if (inside < l->size) *turns = inside;
        return true;
    }
    return false;
}

/* The first `turns` of a loop; the rest. */
static void cut(TtfsPiece *p, uint32_t loop, uint32_t turns, TtfsPiece *rest) {
    TtfsLoop *l = &p->loop[loop];
    *rest = *p;
    rest->loop[loop].size -= turns;
    rest->first = (uint32_t)(rest->first + (int64_t)turns * l->from);
    rest->at += turns * l->to;
    l->size = turns;
}

/* A piece that is worked on; what was cut off waits. */
typedef struct {
    TtfsArena scratch;
    TtfsPieces waiting;
} Work;

static bool next(Work *w, TtfsPiece *p) {
    if (w->waiting.len == 0) return false;
    *p = w->waiting.at[--w->waiting.len];
    return true;
}

/* Cuts until the piece fits the axes. */
static void fit(Work *w, const Shape *s, TtfsPiece *p) {
    uint32_t loop, turns;
    for (;;) {
        tidy(p);
        split(s, p);
        if (!leaves(s, p, &loop, &turns)) return;
        TtfsPiece rest;
        cut(p, loop, turns, &rest);
        *TTFS_PUSH(&w->scratch, w->waiting) = rest;
    }
}

static bool add(TtfsArena *a, TtfsPieces *out, TtfsPiece p) {
    if (out->len >= TTFS_PIECES_MOST) return false;
    tidy(&p);
    *TTFS_PUSH(a, *out) = p;
    return true;
}

bool ttfs_pieces_place(TtfsArena *a, const TtfsPieces *in, uint32_t rank, const uint32_t *dim,
                       uint32_t base, const uint32_t *stride, TtfsPieces *out) {
    Shape s = shape_of(rank, dim);
    Work w = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && i < in->len; i++) {
        *TTFS_PUSH(&w.scratch, w.waiting) = in->at[i];
        for (TtfsPiece p; ok && next(&w, &p);) {
            fit(&w, &s, &p);
            uint32_t at = p.at;
            p.at = base;
            for (uint32_t k = 0; k < rank; k++) p.at += coordinate(&s, at, k) * stride[k];
            for (uint32_t k = 0; k < p.loops; k++) {
                uint32_t axis = axis_of(&s, p.loop[k].to);
                p.loop[k].to = p.loop[k].to / s.stride[axis] * stride[axis];
            }
            ok = add(a, out, p);
        }
    }
    ttfs_arena_free(&w.scratch);
    return ok;
}

/* The turns of a loop that a slice takes: they follow one another at equal distances. */
typedef struct {
    uint32_t first, apart, count;
} Taken;

static Taken taken(uint32_t x, uint32_t pace, uint32_t size, uint32_t first, uint32_t count,
                   int32_t by) {
    Taken t = {0, 1, 0};
    for (uint32_t i = 0; i < size; i++) {
        int64_t d = (int64_t)x + (int64_t)i * pace - first;
        if (d % by || d / by < 0 || d / by >= count) continue;
        if (t.count == 0) t.first = i;
        if (t.count == 1) t.apart = i - t.first;
        t.count++;
    }
    return t;
}

/* Slices one axis of a piece that fits: the place along it becomes *at. False: nothing is left. */
static bool slice_axis(const Shape *s, TtfsPiece *p, uint32_t axis, uint32_t loop, uint32_t first,
                       uint32_t count, int32_t by, uint32_t *at, uint32_t *apart) {
    uint32_t x = coordinate(s, p->at, axis);
    TtfsLoop none = {1, 0, 0}, *l = loop < p->loops ? &p->loop[loop] : &none;
    uint32_t pace = l->to / s->stride[axis];
    Taken t = taken(x, pace, l->size, first, count, by);
    if (t.count == 0) return false;
    int64_t where = ((int64_t)x + (int64_t)t.first * pace - first) / by;
    int64_t moves = (int64_t)pace * t.apart / by, from = (int64_t)l->from * t.apart;
    int64_t neuron = (int64_t)p->first + (int64_t)t.first * l->from;
    if (moves < 0) { /* the other way round */
        neuron += (t.count - 1) * from;
        where += (t.count - 1) * moves;
        from = -from, moves = -moves;
    }
    p->first = (uint32_t)neuron;
    l->size = t.count;
    l->from = (int32_t)from;
    *at = (uint32_t)where;
    *apart = t.count > 1 ? (uint32_t)moves : 0;
    return true;
}

/* The only loop along an axis (the number of loops: none); false after a cut because there are
 * several. */
static bool only_loop(Work *w, const Shape *s, TtfsPiece *p, uint32_t axis, uint32_t *loop) {
    uint32_t seen = 0;
    *loop = p->loops;
    for (uint32_t k = p->loops; k-- > 0;)
        if (axis_of(s, p->loop[k].to) == axis) *loop = k, seen++;
    if (seen < 2) return true;
    TtfsPiece rest;
    cut(p, *loop, 1, &rest);
    *TTFS_PUSH(&w->scratch, w->waiting) = rest;
    *TTFS_PUSH(&w->scratch, w->waiting) = *p;
    return false;
}

bool ttfs_pieces_slice(TtfsArena *a, const TtfsPieces *in, uint32_t rank, const uint32_t *dim,
                       const uint32_t *first, const uint32_t *count, const int32_t *apart_of,
                       TtfsPieces *out) {
    Shape s = shape_of(rank, dim), t = shape_of(rank, count);
    Work w = {0};
    bool ok = true;
    for (uint32_t i = 0; ok && i < in->len; i++) {
        *TTFS_PUSH(&w.scratch, w.waiting) = in->at[i];
        for (TtfsPiece p; ok && next(&w, &p);) {
            fit(&w, &s, &p);
            TtfsPiece cutout = p;
            bool left = true;
            cutout.at = 0;
            for (uint32_t axis = 0; left && axis < rank; axis++) {
                uint32_t loop, at, apart;
                left = only_loop(&w, &s, &p, axis, &loop);
                TtfsPiece one = p;
                one.first = cutout.first;
                left = left && slice_axis(&s, &one, axis, loop, first[axis], count[axis],
                                          apart_of[axis], &at, &apart);
                if (!left) break;
                cutout.first = one.first;
                cutout.at += at * t.stride[axis];
                if (loop == p.loops) continue;
                cutout.loop[loop] = one.loop[loop];
                cutout.loop[loop].to = apart * t.stride[axis];
            }
            ok = !left || add(a, out, cutout);
        }
    }
    ttfs_arena_free(&w.scratch);
    return ok;
}
