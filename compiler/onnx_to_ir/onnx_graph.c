/* SPDX-License-Identifier: Apache-2.0
 *
 * The ONNX graph as arrays: values sorted by name (no hash, so no order depends on one), nodes with
 * pointers to their values, unique node names, the nodes the outputs depend on in an order in which
 * makers stand before users. n log n in the number of names; the walk keeps its own stack.
 */
#include "onnx_import.h"

#include <stdlib.h>
#include <string.h>

static const char *text(const char *s) {
    return s ? s : "";
}

static int by_name(const void *a, const void *b) {
    const OnnxValue *p = a, *q = b;
    int order = strcmp(p->name, q->name);
    if (order) return order;
    if (p->maker != q->maker) return p->maker < q->maker ? -1 : 1;
    if (p->slot != q->slot) return p->slot < q->slot ? -1 : 1;
    return (p->input != NULL) - (q->input != NULL); /* the initialiser before the input */
}

OnnxValue *ttfs_onnx_find(const OnnxImport *im, const char *name) {
    uint32_t lo = 0, hi = im->n_values;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = strcmp(im->values[mid].name, name);
        if (order == 0) return &im->values[mid];
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* One entry a definition, names of no characters left out. */
static void list_values(OnnxImport *im) {
    const Onnx__GraphProto *g = im->graph;
    size_t n = g->n_input + g->n_initializer;
    for (size_t i = 0; i < g->n_node; i++) n += g->node[i]->n_output;
    im->values = TTFS_ARRAY(&im->scratch, OnnxValue, n);
    OnnxValue *v = im->values;
    for (size_t i = 0; i < g->n_input; i++)
        *v++ = (OnnxValue){.name = text(g->input[i]->name), .input = g->input[i]};
    for (size_t i = 0; i < g->n_initializer; i++)
        *v++ = (OnnxValue){.name = text(g->initializer[i]->name), .init = g->initializer[i]};
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            if (*text(g->node[i]->output[k]))
                *v++ = (OnnxValue){.name = g->node[i]->output[k],
                                   .maker = (uint32_t)i + 1,
                                   .slot = (uint32_t)k,
                                   .kind = ONNX_PENDING};
    im->n_values = (uint32_t)(v - im->values);
    qsort(im->values, im->n_values, sizeof *im->values, by_name);
}

/* Keeps one entry a name; an input with an initialiser is a constant, any other pair is a fault. */
static void merge_values(OnnxImport *im) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < im->n_values; i++) {
        OnnxValue *v = &im->values[i], *last = kept ? &im->values[kept - 1] : NULL;
        if (!last || strcmp(last->name, v->name) != 0)
            im->values[kept++] = *v;
        else if (!(last->init && v->input && !v->maker))
            ttfs_onnx_fault(im, v->name, "", TTFS_ONNX_GRAPH, NULL,
                            "the name stands for two values of the graph");
        else
            last->input = v->input;
    }
    im->n_values = kept;
}

typedef struct {
    const char *name;
    uint32_t node;
} Named;

static int by_node_name(const void *a, const void *b) {
    const Named *p = a, *q = b;
    int order = strcmp(p->name, q->name);
    return order ? order : p->node < q->node ? -1 : p->node > q->node;
}

/* The first of equal names keeps it, the others get _2, _3 ... unless that is taken. */
static void unique_names(OnnxImport *im) {
    Named *all = TTFS_ARRAY(&im->scratch, Named, im->n_nodes);
    for (uint32_t i = 0; i < im->n_nodes; i++) all[i] = (Named){im->nodes[i].name, i};
    qsort(all, im->n_nodes, sizeof *all, by_node_name);
    uint32_t count = 1;
    for (uint32_t i = 1; i < im->n_nodes; i++) {
        if (strcmp(all[i].name, all[i - 1].name) != 0) {
            count = 1;
            continue;
        }
        Named key = {.node = 0};
        bool taken = true;
        while (taken) {
            key.name = ttfs_arena_printf(&im->scratch, "%s_%u", all[i].name, ++count);
            taken = false;
            for (uint32_t lo = 0, hi = im->n_nodes; lo < hi && !taken;) {
                uint32_t mid = lo + (hi - lo) / 2;
                int order = strcmp(all[mid].name, key.name);
                taken = order == 0;
                if (order < 0)
                    lo = mid + 1;
                else
                    hi = mid;
            }
        }
        im->nodes[all[i].node].name = key.name;
    }
}

static void list_nodes(OnnxImport *im) {
    const Onnx__GraphProto *g = im->graph;
    im->n_nodes = (uint32_t)g->n_node;
    im->nodes = TTFS_ARRAY(&im->scratch, OnnxNode, g->n_node);
    for (uint32_t i = 0; i < im->n_nodes; i++) {
        OnnxNode *n = &im->nodes[i];
        n->proto = g->node[i];
        n->type = text(n->proto->op_type);
        n->name = text(n->proto->name);
        if (!*n->name) n->name = ttfs_arena_printf(&im->scratch, "%s_%u", n->type, i);
        n->n_in = (uint32_t)n->proto->n_input;
        n->n_out = (uint32_t)n->proto->n_output;
        n->in = TTFS_ARRAY(&im->scratch, OnnxValue *, n->n_in);
        n->out = TTFS_ARRAY(&im->scratch, OnnxValue *, n->n_out);
        for (uint32_t k = 0; k < n->n_in; k++)
            n->in[k] = ttfs_onnx_find(im, text(n->proto->input[k]));
        for (uint32_t k = 0; k < n->n_out; k++)
            n->out[k] = ttfs_onnx_find(im, text(n->proto->output[k]));
    }
    unique_names(im);
}

bool ttfs_onnx_bind(OnnxImport *im) {
    if (im->graph->n_node > INT32_MAX)
        return ttfs_error(im->diag, TTFS_AT_FILE(im->path), TTFS_LIMIT, "too many nodes");
    uint32_t before = im->diag->errors;
    list_values(im);
    merge_values(im);
    list_nodes(im);
    return im->diag->errors == before;
}

typedef struct {
    uint32_t node, next; /* next input to look at */
} Frame;

/* Depth first from `root` along the inputs; appends nodes after all they need. state: 0 new, 1 on
 * the stack, 2 done. False: a cycle. */
static bool visit(OnnxImport *im, uint32_t root, unsigned char *state, Frame *stack) {
    uint32_t depth = 0;
    if (state[root]) return true;
    stack[depth++] = (Frame){root, 0};
    state[root] = 1;
    while (depth) {
        Frame *f = &stack[depth - 1];
        OnnxNode *n = &im->nodes[f->node];
        if (f->next == n->n_in) {
            state[f->node] = 2;
            im->order[im->n_order++] = f->node;
            depth--;
            continue;
        }
        const OnnxValue *v = n->in[f->next++];
        if (!v || !v->maker || state[v->maker - 1] == 2) continue;
        if (state[v->maker - 1] == 1)
            return ttfs_onnx_fault(im, n->name, n->type, TTFS_ONNX_GRAPH, NULL,
                                   "it depends on its own output, through '%s'", v->name);
        state[v->maker - 1] = 1;
        stack[depth++] = (Frame){v->maker - 1, 0};
    }
    return true;
}

bool ttfs_onnx_sort(OnnxImport *im) {
    TtfsMark mark = ttfs_arena_mark(&im->scratch);
    im->order = TTFS_ARRAY(&im->scratch, uint32_t, im->n_nodes);
    mark = ttfs_arena_mark(&im->scratch);
    unsigned char *state = TTFS_ARRAY(&im->scratch, unsigned char, im->n_nodes);
    Frame *stack = TTFS_ARRAY(&im->scratch, Frame, im->n_nodes);
    bool ok = true;
    for (size_t i = 0; ok && i < im->graph->n_output; i++) {
        const OnnxValue *v = ttfs_onnx_find(im, text(im->graph->output[i]->name));
        if (v && v->maker) ok = visit(im, v->maker - 1, state, stack);
    }
    for (uint32_t i = 0; i < im->n_nodes; i++) im->nodes[i].live = state[i] == 2;
    memset(state, 0, im->n_nodes); /* again, from the first node on, to keep the file's order */
    im->n_order = 0;
    for (uint32_t i = 0; ok && i < im->n_nodes; i++)
        if (im->nodes[i].live) ok = visit(im, i, state, stack);
    ttfs_arena_release(&im->scratch, mark);
    return ok;
}
