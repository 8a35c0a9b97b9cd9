/* SPDX-License-Identifier: Apache-2.0
 *
 * NIR file -> IR: read the graph, name everything that is refused, then make IR nodes in order.
 * Shapes are looked at only when nothing stands in the way: behind a refused node there are none.
 */
#include "nir_import.h"

#include <string.h>

bool ttfs_nir_is(const void *bytes, size_t n) {
    return ttfs_hdf5_is(bytes, n);
}

/* All nodes that are refused for what they are, at once. */
static void examine(NirImport *im) {
    for (uint32_t i = 0; i < im->nodes.len; i++) {
        NirNode *n = &im->nodes.at[i];
        if (!n->live || n->is_input || n->is_output) continue;
        if (!n->row)
            ttfs_nir_fault(im, n, TTFS_NIR_NODE, NULL, "NIR 1.0 has no such type");
        else if (!n->row->handle)
            ttfs_nir_fault(im, n, TTFS_NIR_NODE, n->row->advice, "%s", n->row->reason);
        else if (n->row->handle == ttfs_nir_leaky)
            ttfs_nir_leaky(im, n, (TtfsTensor){0});
    }
}

/* --- the input --- */

/* What the weights of the first reader say of a vector; 0: nothing. */
static uint32_t shape_of_reader(NirImport *im, const NirNode *n, uint32_t *dim) {
    for (uint32_t i = 0; i < n->readers.len; i++) {
        NirNode *m = &im->nodes.at[n->readers.at[i]];
        TtfsHdf5Object w;
        if (!m->row || m->row->handle != ttfs_nir_affine) continue;
        if (!ttfs_hdf5_child(&im->file, &m->group, "weight", &w) || w.rank != 2) continue;
        dim[0] = (uint32_t)w.dim[1];
        return w.dim[1] > 0 && w.dim[1] <= INT32_MAX;
    }
    return 0;
}

/* The file's shape, 0 when it has none that is known. */
static uint32_t shape_of_file(NirImport *im, NirNode *n, uint32_t *dim) {
    int64_t v[TTFS_MAX_RANK - 1];
    uint32_t rank = 0;
    if (!ttfs_nir_integers(im, n, "shape", INT64_MIN, TTFS_MAX_RANK - 1, v, &rank)) return 0;
    for (uint32_t i = 0; i < rank; i++) {
        if (v[i] < 1) return 0;
        dim[i] = (uint32_t)v[i];
    }
    return rank;
}

static const char *shape_text(NirImport *im, uint32_t rank, const uint32_t *dim) {
    TtfsTensorInfo t = {.rank = rank};
    memcpy(t.dim, dim, rank * sizeof *dim);
    return ttfs_ir_shape_text(&im->ir->arena, &t);
}

static const char say_shape[] = "say it to check or compile, as in --input-shape 1,28,28";

static bool input_shape(NirImport *im, NirNode *n, uint32_t *rank, uint32_t *dim) {
    uint32_t file[TTFS_MAX_RANK] = {0}, before = im->diag->errors;
    const TtfsNirOptions *o = &im->options;
    uint32_t known = shape_of_file(im, n, file);
    if (im->diag->errors != before) return false;
    *rank = o->rank ? o->rank : known;
    memcpy(dim, o->rank ? o->dim : file, sizeof file);
    if (o->rank && known && (known != o->rank || memcmp(file, o->dim, known * sizeof *file) != 0))
        return ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, "leave --input-shape out, or give that",
                              "the file says the shape %s; --input-shape says another",
                              shape_text(im, known, file));
    if (!*rank) *rank = shape_of_reader(im, n, dim);
    return *rank ||
           ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, o->shape_advice ? o->shape_advice : say_shape,
                          "the file does not say the input's shape");
}

/* Dimensions of one sample that the readers take: 1 of a matrix, 2 or 3 of a convolution; 0: they
 * do not say. */
static uint32_t rank_of_readers(const NirImport *im, const NirNode *n) {
    for (uint32_t i = 0; i < n->readers.len; i++) {
        const NirNode *m = &im->nodes.at[n->readers.at[i]];
        if (!m->row) continue;
        if (m->row->handle == ttfs_nir_affine) return 1;
        if (m->row->handle == ttfs_nir_conv) return strcmp(m->type, "Conv1d") == 0 ? 2 : 3;
    }
    return 0;
}

/* Some exporters write a batch of 1 in front, though NIR has none. */
static void drop_batch(NirImport *im, const NirNode *n, uint32_t *rank, uint32_t *dim) {
    uint32_t want = rank_of_readers(im, n);
    if (!want || *rank != want + 1 || dim[0] != 1) return;
    memmove(dim, dim + 1, want * sizeof *dim);
    *rank = want;
    ttfs_note(im->diag, TTFS_AT_OP(im->path, n->name, n->type),
              "the first dimension of its shape, 1, is taken as a batch and left out");
}

static TtfsTensor make_input(NirImport *im, NirNode *n) {
    TtfsTensorInfo t = {.name = n->name};
    uint32_t rank, dim[TTFS_MAX_RANK] = {0};
    if (!input_shape(im, n, &rank, dim)) return (TtfsTensor){0};
    drop_batch(im, n, &rank, dim);
    t.rank = rank + 1;
    t.dim[0] = 1;
    memcpy(t.dim + 1, dim, rank * sizeof *dim);
    if (!ttfs_ir_count(&t)) {
        ttfs_nir_fault(im, n, TTFS_LIMIT, NULL, "the input has more than 2^31 - 1 elements");
        return (TtfsTensor){0};
    }
    return im->ir->input = ttfs_ir_add_tensor(im->ir, &t);
}

/* --- nodes --- */

static bool same_shape(const TtfsTensorInfo *a, const TtfsTensorInfo *b) {
    return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

/* An edge is there once. An integrator's potential goes to outputs, those of nested graphs too. */
static bool take_edge(NirImport *im, NirNode *n, NirNode *source) {
    if (source->taken == n)
        return ttfs_nir_fault(im, n, TTFS_NIR_NODE, "write it once; a Scale of 2 doubles",
                              "the edge from '%s' is there twice", source->name);
    source->taken = n;
    if (source->grows) n->grows = source->grows;
    return !source->grows || n->is_output ||
           ttfs_nir_fault(im, source->grows, TTFS_NIR_NODE, "replace it by IF, or by nothing",
                          "its potential grows for ever, and '%s' reads it; only at an output its "
                          "class is known",
                          n->name);
}

/* What comes in: the sum of all edges. */
static TtfsTensor incoming(NirImport *im, NirNode *n) {
    TtfsTensor sum = {0};
    if (n->sources.len == 0)
        ttfs_nir_fault(im, n, TTFS_NIR_NODE, "remove the node, or give it an edge",
                       "no edge leads to it");
    for (uint32_t k = 0; k < n->sources.len; k++) {
        NirNode *source = &im->nodes.at[n->sources.at[k]];
        TtfsTensor next = source->out;
        if (!next.i) return next; /* which was said */
        if (!take_edge(im, n, source)) return (TtfsTensor){0};
        if (k && !same_shape(ttfs_ir_tensor(im->ir, sum), ttfs_ir_tensor(im->ir, next))) {
            ttfs_nir_fault(im, n, TTFS_NIR_SHAPE, NULL, "its edges bring shapes %s and %s",
                           ttfs_ir_shape_text(&im->scratch, ttfs_ir_tensor(im->ir, sum)),
                           ttfs_ir_shape_text(&im->scratch, ttfs_ir_tensor(im->ir, next)));
            return (TtfsTensor){0};
        }
        sum = k ? ttfs_nir_two(im, n, TTFS_OP_ADD, sum, next) : next;
    }
    return sum;
}

static bool make_node(NirImport *im, NirNode *n) {
    if (n->is_input && !n->inner) {
        if (n->sources.len)
            return ttfs_nir_fault(im, n, TTFS_NIR_NODE, NULL, "an edge leads to the input");
        n->out = make_input(im, n);
        return n->out.i != 0;
    }
    TtfsTensor x = incoming(im, n);
    if (!x.i) return false;
    n->out = n->is_input || n->is_output ? x : n->row->handle(im, n, x);
    return n->out.i &&
           ttfs_budget_check(im->options.budget, TTFS_AT_OP(im->path, n->name, n->type), im->diag);
}

static bool bind_outputs(NirImport *im) {
    for (uint32_t i = 0; i < im->nodes.len; i++) {
        const NirNode *n = &im->nodes.at[i];
        if (!n->is_output || n->inner) continue;
        if (n->out.i == im->ir->input.i)
            return ttfs_nir_fault(im, n, TTFS_NIR_NODE, NULL, "the output is the input");
        *TTFS_PUSH(&im->ir->arena, im->ir->outputs) = n->out;
    }
    im->ir->output = im->ir->outputs.at[0];
    if (im->ir->outputs.len == 1) im->ir->outputs.len = 0;
    return true;
}

static bool import_graph(NirImport *im) {
    uint32_t before = im->diag->errors;
    if (!ttfs_nir_read_graph(im)) return false;
    ttfs_nir_sort(im);
    examine(im);
    if (im->diag->errors != before) return false;
    for (uint32_t i = 0; i < im->order.len; i++)
        if (!make_node(im, &im->nodes.at[im->order.at[i]])) return false;
    if (!im->ir->input.i)
        return ttfs_error(im->diag, TTFS_AT_FILE(im->path), TTFS_NIR_NODE,
                          "no output depends on the input");
    return bind_outputs(im);
}

bool ttfs_nir_import_bytes(const char *path, const void *bytes, size_t n,
                           const TtfsNirOptions *options, TtfsIr *out, TtfsDiag *diag) {
    TtfsBudget own, *budget = options->budget ? options->budget : &own;
    *budget = ttfs_budget(n, options->memory);
    *out = (TtfsIr){.arena.budget = options->budget};
    NirImport im = {.path = path,
                    .options = *options,
                    .ir = out,
                    .diag = diag,
                    .scratch.budget = options->budget,
                    .most_activations = (uint64_t)NIR_MOST_ACTIVATIONS * budget->raised};
    im.options.budget = budget;
    im.file = (TtfsHdf5){path, bytes, n, &out->arena, budget, diag, 0};
    bool ok = import_graph(&im) && ttfs_ir_check(out, path, diag);
    ttfs_arena_free(&im.scratch);
    if (!ok) ttfs_ir_free(out);
    return ok;
}
