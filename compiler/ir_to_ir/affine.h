/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside ir_to_ir: every tensor of the source is a value, a sum of linear maps of populations plus
 * a constant, in float64. A value lives on a map of channels x rows x columns; a view says which
 * element of the map each element of the tensor is, so that moves (reshape, transpose) compute
 * nothing. Populations are the input, relus and pools of the result that is being built.
 *
 * Values, terms and fields are never changed once made; they share storage freely.
 */
#ifndef TTFS_AFFINE_H
#define TTFS_AFFINE_H

#include "ir.h"

typedef struct {
    uint32_t c, h, w;
} TtfsMap;

/* Numbers over a map: n = 0: none (0 as a constant, 1 as a factor), 1: the same everywhere, c: one
 * a channel, c * h * w: one an element. */
typedef struct {
    uint64_t n;
    const double *v;
} TtfsField;

/* Row-major element e of the tensor is the map's element sum of digit i * stride[i], the digits of
 * e being counted in the sizes, last one fastest. Sizes above 1, merged where possible. */
enum { TTFS_VIEW_MAX = 16 };
typedef struct {
    uint32_t n, size[TTFS_VIEW_MAX + 2], stride[TTFS_VIEW_MAX + 2];
} TtfsView;

/* What of a map a kernel or a pool takes at each position. */
typedef struct {
    uint32_t kernel[2], stride[2], dilation[2], pad[4], group;
} TtfsPatch;

typedef enum {
    TTFS_SCALE,  /* y = k x, element by element */
    TTFS_KERNEL, /* convolution */
    TTFS_MATRIX  /* all elements with all elements */
} TtfsLinearKind;

/* A linear map. Weights (KERNEL: [out channel][in channel of the group][tap], MATRIX: [element of
 * out][element of in]): row r, column j is base[r * rs + j * cs] (perm[j] in place of j when there
 * is a perm) * row[r] * col[..], where base is f or d, and row and col are 1 when NULL. col has one
 * a channel of `in` (KERNEL) or an element of it (MATRIX). The weights of row r are integers times
 * quantum[r]: 0, or no list, when that is not known; what is emitted is tested against it. */
typedef struct {
    TtfsLinearKind kind;
    TtfsMap in, out;
    TtfsPatch patch; /* KERNEL */
    TtfsField k;     /* SCALE, over `out` */
    const float *f;
    const double *d;
    uint64_t rs, cs;
    const uint32_t *perm;
    const double *row, *col;
    const double *quantum;
    const char *name; /* of the layer; NULL: none */
} TtfsLinear;

/* A linear map of channels from .. of a population, written to channels at .. of the value.
 * dir: +1 or -1 when the population grows or falls with one common number that the whole value is a
 * monotonic function of (all terms of a channel have it then), else 0. flat: the population is
 * looked at as one row of elements; `from` counts elements then. */
typedef struct {
    uint32_t pop, from, at;
    int dir;
    bool flat;
    TtfsLinear l;
} TtfsAddend;

typedef struct TtfsValue TtfsValue;
struct TtfsValue {
    TtfsMap map;
    TtfsView view;
    const TtfsAddend *terms;
    uint32_t n;
    TtfsField bias;
    double floor; /* no element is below; -INFINITY: not known */
    /* A pool that waits for what follows: the value is the largest (least: the smallest) of each
     * patch of `pooled`; no terms, no bias. */
    const TtfsValue *pooled;
    TtfsPatch patch;
    bool least;
    const char *name;        /* of the pool */
    const TtfsValue **known; /* what it became as populations; NULL in the cell: not asked yet */
};

/* Values that are integers low..high times the quantum; quantum 0: real values 0..high, where high
 * is above 0. */
typedef struct {
    double quantum, low, high;
} TtfsGrid;

typedef struct {
    TtfsTensor t; /* in the result */
    TtfsMap map;
    bool nonneg;
    uint32_t source; /* of a pool; ids, 0: none */
    uint32_t twin;   /* the next pool, or the next window, of the same source */
    TtfsPatch patch;
    bool least;
    uint32_t pools, windows; /* the first pool, the first window (window.c) of this one */
    uint32_t bounded;        /* the population that this one is, but for its bound */
    TtfsGrid grid;           /* that its values lie on, or end at; all 0: none */
    uint32_t parts;          /* index + 1 of the first slice or reshape of it */
    const char *part;        /* what of its layer it is; NULL: all */
} TtfsAffinePop;

/* A slice or reshape of a population, made once. */
typedef struct {
    uint32_t from, count, next;
    uint32_t rank; /* 2: [1, elements], 4: [1, c, h, w] */
    bool flat;     /* 4: [1, elements, 1, 1] */
    TtfsTensor t;
} TtfsPopPart;

typedef struct {
    const TtfsIr *in;
    TtfsIr *out;
    TtfsArena arena;
    const char *file;
    TtfsDiag *diag;
    const TtfsNode *node;         /* the one at work */
    const char *of, *part;        /* of the nodes that are made for it, as TtfsNode's */
    const TtfsValue **values;     /* tensor of `in`, id - 1 */
    TTFS_VEC(TtfsAffinePop) pops; /* id - 1 */
    TTFS_VEC(TtfsPopPart) parts;
    TtfsNames names;        /* of the nodes of `out` */
    const TtfsNode **maker; /* tensor of `in`, id - 1; NULL: the input, a constant */
    TtfsTensor *outputs;    /* of `in`, without what picks the class */
    TtfsIrEnds ends;        /* of `in`: what is read out, and what moves it */
    bool *live;             /* node of `in`: a head depends on it */
    bool told;              /* that the budget is passed */
} TtfsAffine;

enum { TTFS_TERMS_MAX = 64 };
/* Weights that a layer may always have when made dense; elements of a tensor. What all of them
 * together take is drawn on the budget of the arena (budget.h): once it is passed results may be
 * anything that is sound, and the node at work is refused. */
#define TTFS_DENSE_MOST    ((uint64_t)1 << 22)
#define TTFS_ELEMENTS_MOST ((uint64_t)1 << 25)

/* field.c: numbers over maps. */
uint64_t ttfs_map_count(TtfsMap m);
bool ttfs_map_same(TtfsMap a, TtfsMap b);
double ttfs_field_at(const TtfsField *f, TtfsMap m, uint64_t element, double none);
TtfsField ttfs_field_uniform(TtfsArena *a, double v);
/* The shortest form of one number an element; `none` everywhere is no field. */
TtfsField ttfs_field_of(TtfsArena *a, TtfsMap m, const double *elements, double none);
TtfsField ttfs_field_add(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField y);
/* Of two factors; of a constant and a factor. */
TtfsField ttfs_field_mul(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField y);
TtfsField ttfs_field_times(TtfsArena *a, TtfsMap m, TtfsField x, TtfsField factor);
TtfsField ttfs_field_channels(TtfsMap m, TtfsField f, uint32_t first, TtfsMap part);
/* True when the sign is >= 0 everywhere (none: true). */
bool ttfs_field_nonneg(TtfsField f);
double *ttfs_field_expand(TtfsArena *a, TtfsMap m, TtfsField f, double none);

/* view.c: which element is where. */
TtfsView ttfs_view_identity(uint64_t count);
bool ttfs_view_is_identity(const TtfsView *v);
bool ttfs_view_same(const TtfsView *a, const TtfsView *b);
void ttfs_view_push(TtfsView *v, uint32_t size, uint32_t stride);
/* The view of a transposed tensor; false when the axes cannot be told apart in it. */
bool ttfs_view_transpose(const TtfsView *v, const TtfsTensorInfo *t, const uint32_t *perm,
                         TtfsView *out);
/* The view of a tensor whose axis has each place `times` times (outside: all places, again and
 * again), on the map with every channel `times` times, its copies together; false when the view
 * mixes channels and positions. */
bool ttfs_view_repeat(const TtfsView *v, TtfsMap m, const TtfsTensorInfo *t, uint32_t axis,
                      uint32_t times, bool outside, TtfsView *out);
/* The map's element of each of `count` elements; NULL when it is the same. */
uint32_t *ttfs_view_table(TtfsArena *a, const TtfsView *v, uint64_t count);
/* A map whose channels are an axis with `before` positions outside and the rest inside of it. */
TtfsView ttfs_view_channels_at(TtfsMap m, uint64_t before);
/* When the tensor is the map with its channels in another order: that order on a map with as many
 * channels. */
bool ttfs_view_channel_order(const TtfsView *v, TtfsMap m, TtfsMap other, TtfsView *out);
/* Says of each axis of `t` whether it is c (0), h (1), w (2) of the map, or of one element (-1). */
bool ttfs_view_axes(const TtfsView *v, TtfsMap m, const TtfsTensorInfo *t, int axes[TTFS_MAX_RANK]);

/* linear.c: what their weights are. */
uint64_t ttfs_linear_taps(const TtfsLinear *l); /* of a kernel, a channel */
uint64_t ttfs_linear_rows(const TtfsLinear *l);
uint64_t ttfs_linear_cols(const TtfsLinear *l);
uint64_t ttfs_linear_weights(const TtfsLinear *l);
void ttfs_linear_row(const TtfsLinear *l, uint64_t r, double *out);
bool ttfs_linear_nonneg(TtfsArena *a, const TtfsLinear *l);
TtfsLinear ttfs_linear_scale(TtfsMap m, TtfsField k);
/* One weight for all channels: a sum over patches. */
TtfsLinear ttfs_linear_patch(TtfsMap in, TtfsMap out, const TtfsPatch *w, const double *taps);

/* linear_cut.c: linear maps from others. */
TtfsLinear ttfs_linear_ungroup(TtfsArena *a, const TtfsLinear *l);
/* Output channels first .. only; *from is where its input channels begin. */
TtfsLinear ttfs_linear_cut_out(TtfsArena *a, const TtfsLinear *l, uint32_t first, uint32_t count,
                               uint32_t *from);
/* Weights that such a cut would make. */
uint64_t ttfs_linear_cut_cost(const TtfsLinear *l, uint32_t first, uint32_t count);
/* Input channels first .. only, which lie in whole groups or inside one; *at is where its output
 * channels begin. */
TtfsLinear ttfs_linear_cut_in(const TtfsLinear *l, uint32_t first, uint32_t count, uint32_t *at);
/* Its output channels at `at` of `channels`, the others 0; weights that this makes. */
TtfsLinear ttfs_linear_widen(TtfsArena *a, const TtfsLinear *l, uint32_t at, uint32_t channels);
uint64_t ttfs_linear_widen_cost(const TtfsLinear *l, uint32_t channels);
TtfsLinear ttfs_linear_times(TtfsArena *a, const TtfsLinear *l, TtfsField rows);
TtfsLinear ttfs_linear_after(TtfsArena *a, const TtfsLinear *l, TtfsField columns);

/* dense.c: element by element. */
/* As a matrix; `from` gives each of its rows' place when not NULL. */
TtfsLinear ttfs_linear_matrix(TtfsArena *a, const TtfsLinear *l, const uint32_t *from);
void ttfs_linear_element(const TtfsLinear *l, uint64_t e, double *row);
/* row (over l->out) times l -> over l->in */
void ttfs_linear_adjoint(const TtfsLinear *l, const double *row, double *out, double *scratch);

/* quanta.c: the grids of rows. Each takes what it makes them from, and may give NULL. */
/* Of a constant whose axis `axis` is the rows; the other axes are columns. */
const double *ttfs_quanta_of(TtfsArena *a, const TtfsTensorInfo *t, uint32_t axis, uint64_t rows);
/* Of l's rows times k's elements i * stride. */
const double *ttfs_quanta_times(TtfsArena *a, const TtfsLinear *l, TtfsField k, uint64_t stride);
/* Of l when its columns take the factor; only one for all keeps a grid. */
const double *ttfs_quanta_after(TtfsArena *a, const TtfsLinear *l, TtfsField k);
/* Of l as a matrix; `from` gives each of its rows' place when not NULL. */
const double *ttfs_quanta_matrix(TtfsArena *a, const TtfsLinear *l, const uint32_t *from);
/* Of `first`, then `second`, as one of `rows` rows. */
const double *ttfs_quanta_compose(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                                  uint64_t rows);

/* compose.c: first, then second, as one; false when there is no exact one within the limits. */
bool ttfs_linear_compose(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                         TtfsLinear *out);
/* forward.c: what a constant becomes. */
TtfsField ttfs_linear_forward(TtfsArena *a, const TtfsLinear *l, TtfsField x);

/* fault.c: what is said at the node at work. */
TtfsLoc ttfs_here(const TtfsAffine *x);
/* False after the budget was passed, which is told once. */
bool ttfs_within_budget(TtfsAffine *x);
bool ttfs_obstacle(TtfsAffine *x, const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* value.c: settled values, which wait for no pool. NULL, without a word, where something exact
 * cannot be had within the limits. */
TtfsValue *ttfs_value_new(TtfsAffine *x, TtfsMap m, TtfsView view);
TtfsValue *ttfs_value_copy(TtfsAffine *x, const TtfsValue *v);
bool ttfs_value_nonneg(TtfsAffine *x, const TtfsValue *v); /* of any value */
/* l(v) + bias (over l->out) on the map l->out, view: identity. */
const TtfsValue *ttfs_value_through(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                    TtfsField bias);
/* Channels first .. of it; the view is the identity. */
const TtfsValue *ttfs_value_cut(TtfsAffine *x, const TtfsValue *v, uint32_t first, uint32_t count);
/* Weights that this makes of one term, at most. */
uint64_t ttfs_value_cut_cost(const TtfsValue *v, uint32_t first, uint32_t count);
/* The channels at which a part with other terms begins, 0 the first, the number of channels last;
 * NULL: they are too many. */
uint32_t *ttfs_value_parts(TtfsAffine *x, const TtfsValue *v, uint32_t *n);
/* Values (views: identities) with the same h and w behind one another. */
const TtfsValue *ttfs_value_join(TtfsAffine *x, uint32_t n, const TtfsValue *const *v);
/* The same with every term as wide as it. */
const TtfsValue *ttfs_value_widened(TtfsAffine *x, const TtfsValue *v);

/* populate.c: what settled values are made of, and become. NULL after an obstacle. */
uint32_t ttfs_pop_add(TtfsAffine *x, TtfsTensor t, TtfsMap m, bool nonneg);
const TtfsValue *ttfs_value_of_pop(TtfsAffine *x, uint32_t pop, TtfsField k, int dir);
/* relu(v); `suffix` NULL: v itself when it is never negative. *fresh: all of it is new populations
 */
const TtfsValue *ttfs_settled_relu(TtfsAffine *x, const TtfsValue *v, const char *suffix,
                                   bool *fresh);
/* v as populations: relu(v) - relu(-v). */
const TtfsValue *ttfs_value_materialise(TtfsAffine *x, const TtfsValue *v, const char *why);
/* What value.c makes of v, or of v as populations. */
const TtfsValue *ttfs_settled_linear(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                     TtfsField bias);
const TtfsValue *ttfs_settled_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                       uint32_t count);
/* A value of one position at every position of m: a padded patch that meets it exactly once. */
const TtfsValue *ttfs_settled_spread(TtfsAffine *x, const TtfsValue *v, TtfsMap m);

/* window.c: populations whose window the network sets. */
/* The factor of a term that is a population, all elements alike; 0 when it is not. */
double ttfs_window_factor(const TtfsAddend *t);
/* Is the value the input's population, or a pool of it? */
bool ttfs_window_of_input(const TtfsAffine *x, const TtfsValue *v);
/* A value that is one population, times a factor, in the window. */
const TtfsValue *ttfs_window_on(TtfsAffine *x, const TtfsValue *v, TtfsGrid g);
/* relu(v) in a window from 0 on; `why` is said where that takes a population of its own. */
const TtfsValue *ttfs_window_relu(TtfsAffine *x, const TtfsValue *v, const TtfsGrid *g,
                                  const char *why);

/* pools.c: values that wait. */
/* v, settled. */
const TtfsValue *ttfs_value_force(TtfsAffine *x, const TtfsValue *v);
const TtfsValue *ttfs_value_pool(TtfsAffine *x, const TtfsValue *v, const TtfsPatch *w, TtfsMap out,
                                 bool least, const char *name);
/* The pool of a population, made once; the shape of its map is `out`'s. */
uint32_t ttfs_pop_pool(TtfsAffine *x, uint32_t source, const TtfsPatch *w, TtfsMap out, bool least,
                       const char *name);

/* combine.c: the same of all values, and more; NULL after an obstacle. */
const TtfsValue *ttfs_value_linear(TtfsAffine *x, const TtfsValue *v, const TtfsLinear *l,
                                   TtfsField bias);
const TtfsValue *ttfs_value_affine(TtfsAffine *x, const TtfsValue *v, TtfsField k, TtfsField s);
const TtfsValue *ttfs_value_relu(TtfsAffine *x, const TtfsValue *v, const char *suffix,
                                 bool *fresh);
/* Both on one map with one view. */
const TtfsValue *ttfs_value_add(TtfsAffine *x, const TtfsValue *a, const TtfsValue *b);
const TtfsValue *ttfs_value_channels(TtfsAffine *x, const TtfsValue *v, uint32_t first,
                                     uint32_t count);
const TtfsValue *ttfs_value_stack(TtfsAffine *x, uint32_t n, const TtfsValue *const *v);
const TtfsValue *ttfs_value_spread(TtfsAffine *x, const TtfsValue *v, TtfsMap m);
/* The elements in the order of the tensor on another map; NULL (no obstacle) when it cannot be. */
const TtfsValue *ttfs_value_rearrange(TtfsAffine *x, const TtfsValue *v, TtfsMap m);

/* emit.c: nodes of the result. */
const char *ttfs_unique_name(TtfsAffine *x, const char *wanted);
/* The sum as nodes; the tensor. v: settled, every term as wide as it. */
TtfsTensor ttfs_emit_sum(TtfsAffine *x, const TtfsValue *v, const char *name);
/* Appends a node; its output has the dimensions of `shape`. */
TtfsTensor ttfs_emit_move(TtfsAffine *x, TtfsNode n, const TtfsTensorInfo *shape);
TtfsTensor ttfs_emit_node(TtfsAffine *x, TtfsOp op, const char *name, uint32_t n_in,
                          const TtfsTensor *in, const TtfsPatch *patch,
                          const TtfsTensorInfo *shape);

/* The values of `t` on the grid, counted from zero: a QUANT; without a quantum a CLIP. */
TtfsTensor ttfs_emit_window(TtfsAffine *x, TtfsTensor t, TtfsGrid g, const char *name);

/* op_*.c: one node of the source; NULL after an obstacle. */
const TtfsValue *ttfs_operand(TtfsAffine *x, uint32_t k);
/* Input k as one number an element of its tensor, in `a`; NULL when it is not constant. */
double *ttfs_constant(TtfsAffine *x, TtfsArena *a, uint32_t k);
bool ttfs_is_constant(TtfsAffine *x, uint32_t k);
/* A constant of shape `t`, broadcast to the output of the node, over the map of v. */
TtfsField ttfs_broadcast(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t,
                         const double *values, double none);
/* v with the map (c, h, w) and the identity as its view, of an input [1, c, h, w]. */
const TtfsValue *ttfs_as_map(TtfsAffine *x, const TtfsValue *v, const TtfsTensorInfo *t);
/* What an operation becomes: ttfs_op_MEANING of ops.def. */
#define TTFS_OP(NAME, name, least, most, attrs, shape, value, meaning)                             \
    const TtfsValue *ttfs_op_##meaning(TtfsAffine *x);
#include "ops.def"
#undef TTFS_OP
/* The tensor that a QUANT really rounds: what only bounds it before is taken into *bounds (NULL:
 * not asked). */
TtfsTensor ttfs_quant_source(const TtfsAffine *x, const TtfsNode *n, TtfsGrid *bounds);
/* True when the input is read on one grid, or without any; else an obstacle. */
bool ttfs_input_grid_ok(TtfsAffine *x);

/* tail.c: removes what the outputs do not depend on. */
void ttfs_prune(TtfsIr *ir);
/* The tensor in front of what only picks the class; notes when diag is not NULL. */
TtfsTensor ttfs_tail_source(const TtfsIr *in, const TtfsNode *const *maker, TtfsTensor output,
                            const char *file, TtfsDiag *diag);

/* outputs.c: finds the moves at the end and what they move, the heads; false when the network has
 * no layer. Then, with a value for every head: readouts, and the moves behind them. */
bool ttfs_outputs_find(TtfsAffine *x);
bool ttfs_outputs_emit(TtfsAffine *x);

#endif
