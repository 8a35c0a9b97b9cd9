/* SPDX-License-Identifier: Apache-2.0
 *
 * Values to nodes of the canonical form (ir_to_ir.h). Weights that are those of the source, in its
 * order, are its own memory; others are rounded to float32 here, once.
 */
#include "affine.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *ttfs_unique_name(TtfsAffine *x, const char *wanted) {
    return ttfs_names_take(&x->names, wanted, &x->out->arena);
}

static TtfsTensor add(TtfsAffine *x, const char *name, uint32_t rank, const uint32_t *dim,
                      const float *data) {
    TtfsTensorInfo t = {.name = name, .rank = rank, .data = data};
    if (rank) memcpy(t.dim, dim, rank * sizeof *dim);
    return ttfs_ir_add_tensor(x->out, &t);
}

/* Appends the node with its output, whose shape is `out`'s when the operation does not give it. */
static TtfsTensor push(TtfsAffine *x, TtfsNode *n, TtfsTensorInfo out) {
    out.name = n->name;
    out.data = NULL;
    if (!ttfs_ir_infer(x->out, n, &out, x->file, x->diag)) return (TtfsTensor){0};
    n->out = ttfs_ir_add_tensor(x->out, &out);
    n->of = x->of;
    n->part = x->of ? x->part : NULL;
    ttfs_ir_add_node(x->out, n);
    return n->out;
}

TtfsTensor ttfs_emit_node(TtfsAffine *x, TtfsOp op, const char *name, uint32_t n_in,
                          const TtfsTensor *in, const TtfsPatch *patch,
                          const TtfsTensorInfo *shape) {
    TtfsNode n = {.op = op, .name = name, .n_in = n_in, .attr = ttfs_ir_attr()};
    for (uint32_t i = 0; i < n_in; i++) n.in[i] = in[i];
    if (patch) {
        memcpy(n.attr.kernel, patch->kernel, sizeof patch->kernel);
        memcpy(n.attr.stride, patch->stride, sizeof patch->stride);
        memcpy(n.attr.dilation, patch->dilation, sizeof patch->dilation);
        memcpy(n.attr.pad, patch->pad, sizeof patch->pad);
        if (op == TTFS_OP_CONV) n.attr.group = patch->group;
    }
    n.attr.trans_b = op == TTFS_OP_GEMM;
    return push(x, &n, shape ? *shape : (TtfsTensorInfo){0});
}

TtfsTensor ttfs_emit_move(TtfsAffine *x, TtfsNode n, const TtfsTensorInfo *shape) {
    return push(x, &n, *shape);
}

/* The place of a message about what is being made. */
static TtfsLoc made_at(const TtfsAffine *x, const char *name) {
    return x->of ? TTFS_AT_OP(x->file, x->of, x->part) : TTFS_AT_NODE(x->file, name);
}

static float narrow(TtfsAffine *x, double v, const char *name) {
    if (fabs(v) <= 3.4028234663852886e38) return (float)v;
    ttfs_error(x->diag, made_at(x, name), TTFS_MODEL_VALUE,
               "a weight becomes %g, which float32 cannot hold", v);
    return 0;
}

/* The weights, [rows][cols]. */
static const float *weights(TtfsAffine *x, const TtfsLinear *l, const char *name) {
    uint64_t rows = ttfs_linear_rows(l), cols = ttfs_linear_cols(l);
    bool plain = l->f && !l->row && !l->col && !l->perm && l->cs == 1 && l->rs == cols;
    if (plain) return l->f;
    if (!ttfs_budget_spend(x->arena.budget, rows * cols) ||
        !ttfs_budget_array(x->arena.budget, rows * cols, sizeof(float)))
        return NULL;
    float *data = TTFS_ARRAY(&x->out->arena, float, rows *cols);
    TtfsMark mark = ttfs_arena_mark(&x->arena);
    double *row = TTFS_ARRAY(&x->arena, double, cols);
    for (uint64_t r = 0; r < rows; r++) {
        ttfs_linear_row(l, r, row);
        for (uint64_t j = 0; j < cols; j++) data[r * cols + j] = narrow(x, row[j], name);
    }
    ttfs_arena_release(&x->arena, mark);
    return data;
}

static const float *numbers(TtfsAffine *x, TtfsMap m, TtfsField f, double none, uint64_t n,
                            const char *name) {
    uint64_t stride = ttfs_map_count(m) / n;
    if (!ttfs_budget_array(x->arena.budget, n, sizeof(float))) return NULL;
    float *data = TTFS_ARRAY(&x->out->arena, float, n);
    for (uint64_t i = 0; i < n; i++)
        data[i] = narrow(x, ttfs_field_at(&f, m, i * stride, none), name);
    return data;
}

/* The grid of the weights, when all rows have one and the weights are on it; a note when they were
 * said to be and are not. */
static void put_quanta(TtfsAffine *x, const TtfsLinear *l, TtfsTensor t, const char *name) {
    TtfsTensorInfo *info = ttfs_ir_tensor(x->out, t);
    uint64_t rows = ttfs_linear_rows(l), cols = ttfs_linear_cols(l), lost = 0;
    if (l->kind == TTFS_SCALE || !l->quantum) return;
    float *quantum = TTFS_ARRAY(&x->out->arena, float, rows);
    for (uint64_t r = 0; r < rows; r++) {
        bool sound = l->quantum[r] >= FLT_MIN && l->quantum[r] <= FLT_MAX, on = sound, any = false;
        quantum[r] = sound ? (float)l->quantum[r] : 1;
        for (uint64_t j = 0; j < cols; j++) {
            double q, w = (double)info->data[r * cols + j];
            on = on && ttfs_on_grid(w, (double)quantum[r], &q);
            any = any || w != 0;
        }
        lost += any && !on;
    }
    if (lost)
        ttfs_note(x->diag, made_at(x, name),
                  "its quantised weights are on their grid no more after what was folded into "
                  "them; they are quantised anew");
    else
        info->quantum = quantum, info->quanta = (uint32_t)rows;
}

static TtfsTensor reshape(TtfsAffine *x, TtfsTensor t, uint32_t rank, const uint32_t *dim) {
    const TtfsTensorInfo *have = ttfs_ir_tensor(x->out, t);
    if (have->rank == rank && memcmp(have->dim, dim, rank * sizeof *dim) == 0) return t;
    TtfsTensorInfo shape = {.rank = rank};
    memcpy(shape.dim, dim, rank * sizeof *dim);
    const char *name = ttfs_arena_printf(&x->arena, "%s.shape", have->name);
    return ttfs_emit_node(x, TTFS_OP_RESHAPE, ttfs_unique_name(x, name), 1, &t, NULL, &shape);
}

static TtfsTensor slice(TtfsAffine *x, TtfsTensor t, uint32_t from, uint32_t count) {
    TtfsTensorInfo shape = *ttfs_ir_tensor(x->out, t);
    if (from == 0 && count == shape.dim[1]) return t;
    const char *name = ttfs_arena_printf(&x->arena, "%s.part", shape.name);
    TtfsNode n = {.op = TTFS_OP_SLICE,
                  .name = ttfs_unique_name(x, name),
                  .in = {t},
                  .n_in = 1,
                  .attr = ttfs_ir_attr()};
    shape.dim[1] = count;
    memcpy(n.attr.count, shape.dim, sizeof n.attr.count);
    n.attr.first[1] = from;
    return push(x, &n, shape);
}

/* Channels from .. of a population as [1, c, h, w] (rank 4), [1, c h w] (2), [1, c h w, 1, 1] (4,
 * flat). */
static TtfsTensor look(TtfsAffine *x, uint32_t pop, uint32_t from, uint32_t count, uint32_t rank,
                       bool flat) {
    TtfsAffinePop *p = &x->pops.at[pop - 1];
    TtfsMap m = p->map;
    for (uint32_t i = p->parts; i; i = x->parts.at[i - 1].next) {
        const TtfsPopPart *v = &x->parts.at[i - 1];
        if (v->from == from && v->count == count && v->rank == rank && v->flat == flat) return v->t;
    }
    uint32_t row[4] = {1, count * m.h * m.w, 1, 1}, map[4] = {1, count, m.h, m.w};
    TtfsTensor t = slice(x, p->t, from, count);
    if (rank == 2 || flat) t = reshape(x, t, 2, row);
    if (rank == 4) t = reshape(x, t, 4, flat ? row : map);
    *TTFS_PUSH(&x->arena, x->parts) = (TtfsPopPart){from, count, p->parts, rank, flat, t};
    p->parts = x->parts.len;
    return t;
}

/* A term on a row of elements that does not begin or end with a channel takes whole channels. */
static bool align(TtfsAffine *x, TtfsAddend *t) {
    TtfsMap m = x->pops.at[t->pop - 1].map;
    uint32_t per = m.h * m.w, n = t->l.in.c, first = t->from / per;
    uint32_t last = (t->from + n + per - 1) / per;
    if (t->from % per == 0 && n % per == 0) return true;
    if (ttfs_map_count(t->l.out) * (n + 2 * (uint64_t)per) > 4 * TTFS_DENSE_MOST)
        return ttfs_obstacle(x, "cut between channels", "it takes a part of a channel");
    TtfsLinear dense = ttfs_linear_matrix(&x->arena, &t->l, NULL);
    uint64_t rows = ttfs_linear_rows(&dense), cols = (uint64_t)(last - first) * per;
    double *d = TTFS_ARRAY(&x->arena, double, rows *cols);
    for (uint64_t r = 0; r < rows; r++)
        ttfs_linear_row(&dense, r, d + r * cols + (t->from - first * per));
    t->from = first * per;
    t->l = (TtfsLinear){.kind = TTFS_MATRIX,
                        .in = {(uint32_t)cols, 1, 1},
                        .out = t->l.out,
                        .d = d,
                        .rs = cols,
                        .cs = 1,
                        .quantum = dense.quantum,
                        .name = t->l.name};
    return true;
}

static TtfsTensor source(TtfsAffine *x, const TtfsAddend *t, uint32_t rank, bool flat) {
    TtfsMap m = x->pops.at[t->pop - 1].map;
    uint32_t per = t->flat ? m.h * m.w : 1;
    return look(x, t->pop, t->from / per, t->l.in.c / per, rank, flat);
}

typedef struct {
    TtfsAffine *x;
    const TtfsValue *v;
    const char *name;
    bool row; /* the sum is [1, n] */
} Sum;

/* One term, in the shape of the sum; the first one takes the bias when its rows have one each. */
static TtfsTensor emit_term(Sum *s, TtfsAddend t, TtfsField *bias, const char *name) {
    TtfsAffine *x = s->x;
    if (t.flat && !align(x, &t)) return (TtfsTensor){0};
    bool gemm = t.l.kind == TTFS_MATRIX, each = t.l.kind == TTFS_SCALE && t.l.k.n > t.l.out.c;
    TtfsPatch w = {{1, 1}, {1, 1}, {1, 1}, {0}, 1};
    uint32_t rows = (uint32_t)(each ? ttfs_map_count(t.l.out) : ttfs_linear_rows(&t.l));
    uint32_t dim[4] = {rows, (uint32_t)ttfs_linear_cols(&t.l), 1, 1};
    const float *data;
    if (t.l.kind == TTFS_SCALE) {
        w.group = rows;
        data = numbers(x, t.l.out, t.l.k, 1, rows, name);
    } else {
        data = weights(x, &t.l, name);
    }
    if (t.l.kind == TTFS_KERNEL) {
        w = t.l.patch;
        dim[1] = t.l.in.c / w.group;
        memcpy(dim + 2, w.kernel, sizeof w.kernel);
    }
    if (!data) return (TtfsTensor){0};
    TtfsTensor in[3] = {source(x, &t, gemm ? 2 : 4, t.flat || each)};
    in[1] = add(x, ttfs_arena_printf(&x->out->arena, "%s.weight", name), gemm ? 2 : 4, dim, data);
    put_quanta(x, &t.l, in[1], name);
    bool biased = bias->n && (bias->n <= s->v->map.c || rows == ttfs_map_count(s->v->map));
    if (biased) {
        const float *b = numbers(x, s->v->map, *bias, 0, rows, name);
        if (!b) return (TtfsTensor){0};
        in[2] = add(x, ttfs_arena_printf(&x->out->arena, "%s.bias", name), 1, &rows, b);
        *bias = (TtfsField){0};
    }
    if (!in[0].i) return in[0];
    TtfsTensor out = ttfs_emit_node(x, gemm ? TTFS_OP_GEMM : TTFS_OP_CONV, name, biased ? 3 : 2, in,
                                    gemm ? NULL : &w, NULL);
    TtfsMap m = s->v->map;
    uint32_t shape[4] = {1, s->row ? (uint32_t)ttfs_map_count(m) : m.c, m.h, m.w};
    return out.i ? reshape(x, out, s->row ? 2 : 4, shape) : out;
}

TtfsTensor ttfs_emit_sum(TtfsAffine *x, const TtfsValue *v, const char *name) {
    Sum s = {x, v, name, false};
    for (uint32_t i = 0; i < v->n && v->map.h * v->map.w == 1; i++)
        s.row = s.row || v->terms[i].l.kind == TTFS_MATRIX;
    TtfsField bias = v->bias;
    TtfsTensor sum = {0};
    for (uint32_t i = 0; i < v->n; i++) {
        const TtfsAddend *t = &v->terms[i];
        const char *own = ttfs_unique_name(x, i && t->l.name ? t->l.name : name);
        TtfsField none = {0};
        TtfsTensor term = emit_term(&s, *t, i ? &none : &bias, own);
        if (!term.i) return term;
        TtfsTensor both[2] = {sum, term};
        sum = i ? ttfs_emit_node(x, TTFS_OP_ADD,
                                 ttfs_unique_name(x, ttfs_arena_printf(&x->arena, "%s.sum", name)),
                                 2, both, NULL, NULL)
                : term;
        if (!sum.i) return sum;
    }
    if (!bias.n) return sum;
    const TtfsTensorInfo *shape = ttfs_ir_tensor(x->out, sum);
    const char *own = ttfs_unique_name(x, ttfs_arena_printf(&x->arena, "%s.bias", name));
    const float *data = numbers(x, v->map, bias, 0, ttfs_map_count(v->map), name);
    if (!data) return (TtfsTensor){0};
    TtfsTensor both[2] = {sum, add(x, own, shape->rank, shape->dim, data)};
    return ttfs_emit_node(x, TTFS_OP_ADD, own, 2, both, NULL, NULL);
}

static TtfsTensor emit_clip(TtfsAffine *x, TtfsTensor t, double high, const char *name) {
    TtfsNode n = {.op = TTFS_OP_CLIP, .in = {t}, .n_in = 1, .attr = ttfs_ir_attr()};
    n.name = ttfs_unique_name(x, name);
    n.attr.lo = 0;
    n.attr.hi = (float)high;
    return push(x, &n, (TtfsTensorInfo){0});
}

TtfsTensor ttfs_emit_window(TtfsAffine *x, TtfsTensor t, TtfsGrid g, const char *name) {
    TtfsNode n = {.op = TTFS_OP_QUANT, .in = {t}, .n_in = 3, .attr = ttfs_ir_attr()};
    if (g.quantum == 0) return emit_clip(x, t, g.high, name);
    n.name = ttfs_unique_name(x, name);
    float *v = TTFS_ARRAY(&x->out->arena, float, 2);
    v[0] = narrow(x, g.quantum, name);
    n.in[1] = add(x, ttfs_arena_printf(&x->out->arena, "%s.scale", n.name), 0, NULL, v);
    n.in[2] = add(x, ttfs_arena_printf(&x->out->arena, "%s.zero", n.name), 0, NULL, v + 1);
    n.attr.lo = (float)g.low;
    n.attr.hi = (float)g.high;
    return push(x, &n, (TtfsTensorInfo){0});
}
