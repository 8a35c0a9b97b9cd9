/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes and edges. Nested graphs are flattened: a node in one is called "graph.node", what goes
 * into the graph goes to its Input, what comes from it comes from its Output. Then what the outputs
 * need is put in order, sources first; what cannot be is recurrent.
 */
#include "nir_import.h"

#include <string.h>

const NirType *ttfs_nir_type(const char *type) {
    static const NirType rows[] = {
#define NIR_TYPE(type, handler)           {#type, ttfs_nir_##handler, NULL, NULL},
#define NIR_REFUSED(type, reason, advice) {#type, NULL, reason, advice},
#include "nir_types.def"
#undef NIR_TYPE
#undef NIR_REFUSED
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].type, type) == 0) return &rows[i];
    return NULL;
}

/* What an edge may name in one graph: a node, or a nested graph with its Input and Output. */
typedef struct {
    uint32_t into, from; /* nodes, from 1; 0: there is none */
} Ends;

typedef struct {
    TtfsHdf5Object nodes;
    Ends *ends; /* one a link of `nodes` */
    uint32_t depth;
    const char *prefix;
} Graph;

static bool read_graph(NirImport *im, TtfsHdf5Object *group, Graph *g, Ends *own);

static bool broken(NirImport *im, const char *name, const char *what) {
    return ttfs_error(im->diag, TTFS_AT_NODE(im->path, name), TTFS_NIR_FILE, "%s", what);
}

static bool read_type(NirImport *im, TtfsHdf5Object *group, const char **type) {
    TtfsHdf5Object o;
    const char **texts;
    if (!ttfs_hdf5_find(group, "type")) return broken(im, group->name, "it has no 'type'");
    if (!ttfs_hdf5_child(&im->file, group, "type", &o)) return false;
    if (!ttfs_hdf5_texts(&im->file, &o, &texts)) return false;
    if (o.count != 1) return broken(im, group->name, "its 'type' is not one text");
    *type = texts[0];
    return true;
}

/* A node of a graph that `own` are the ends of. */
static bool add_node(NirImport *im, const Graph *g, const char *name, const TtfsHdf5Object *group,
                     const char *type, Ends *here, Ends *own) {
    if (im->nodes.len == NIR_MOST_NODES) return broken(im, name, "more than 1,000,000 nodes");
    NirNode *n = TTFS_PUSH(&im->scratch, im->nodes);
    *n = (NirNode){.name = name, .type = type, .group = *group, .row = ttfs_nir_type(type)};
    n->is_input = strcmp(type, "Input") == 0;
    n->is_output = strcmp(type, "Output") == 0;
    n->inner = g->depth > 0;
    here->into = here->from = im->nodes.len;
    if ((n->is_input && own->into) || (n->is_output && own->from && n->inner))
        return ttfs_nir_fault(im, n, TTFS_NIR_NODE, "give each graph one Input and one Output",
                              "a second %s", type);
    if (n->is_input) own->into = im->nodes.len;
    if (n->is_output) own->from = im->nodes.len;
    return true;
}

static bool read_node(NirImport *im, Graph *g, uint32_t i, Ends *own) {
    TtfsHdf5Object group;
    const char *link = g->nodes.links.at[i].name, *type;
    const char *name = ttfs_arena_printf(&im->ir->arena, "%s%s", g->prefix, link);
    if (!ttfs_hdf5_child(&im->file, &g->nodes, link, &group) ||
        !ttfs_hdf5_links(&im->file, &group) || !read_type(im, &group, &type))
        return false;
    if (strcmp(type, "NIRGraph") != 0) return add_node(im, g, name, &group, type, &g->ends[i], own);
    if (g->depth + 1 == NIR_MOST_DEPTH)
        return broken(im, name, "graphs are nested more than 8 deep");
    Graph inner = {.depth = g->depth + 1, .prefix = ttfs_arena_printf(&im->ir->arena, "%s.", name)};
    return read_graph(im, &group, &inner, &g->ends[i]);
}

static bool end_of(NirImport *im, const Graph *g, const char *name, bool from, uint32_t *node) {
    const TtfsHdf5Link *link = ttfs_hdf5_find(&g->nodes, name);
    const char *whole = ttfs_arena_printf(&im->scratch, "%s%s", g->prefix, name);
    if (!link) return broken(im, whole, "an edge names it, but there is no such node");
    const Ends *ends = &g->ends[link - g->nodes.links.at];
    *node = from ? ends->from : ends->into;
    return *node || broken(im, whole,
                           from ? "an edge comes from this graph, which has no Output"
                                : "an edge goes into this graph, which has no Input");
}

static bool read_edges(NirImport *im, const TtfsHdf5Object *group, const Graph *g) {
    TtfsHdf5Object o;
    const char **name;
    if (!ttfs_hdf5_find(group, "edges")) return broken(im, group->name, "it has no 'edges'");
    if (!ttfs_hdf5_child(&im->file, group, "edges", &o)) return false;
    if (o.has_space && o.count == 0) return true; /* h5py gives these a type of numbers */
    if (!ttfs_hdf5_texts(&im->file, &o, &name)) return false;
    if (o.rank != 2 || o.dim[1] != 2) return broken(im, o.name, "it is no list of pairs");
    for (uint64_t i = 0; i < o.dim[0]; i++) {
        uint32_t from = 0, to = 0;
        if (!end_of(im, g, name[2 * i], true, &from) || !end_of(im, g, name[2 * i + 1], false, &to))
            return false;
        *TTFS_PUSH(&im->scratch, im->nodes.at[to - 1].sources) = from - 1;
        *TTFS_PUSH(&im->scratch, im->nodes.at[from - 1].readers) = to - 1;
    }
    return true;
}

static bool read_graph(NirImport *im, TtfsHdf5Object *group, Graph *g, Ends *own) {
    if (!ttfs_hdf5_find(group, "nodes")) return broken(im, group->name, "it has no 'nodes'");
    if (!ttfs_hdf5_child(&im->file, group, "nodes", &g->nodes) ||
        !ttfs_hdf5_links(&im->file, &g->nodes))
        return false;
    g->ends = TTFS_ARRAY(&im->scratch, Ends, g->nodes.links.len);
    for (uint32_t i = 0; i < g->nodes.links.len; i++)
        if (!read_node(im, g, i, own)) return false;
    return read_edges(im, group, g);
}

bool ttfs_nir_read_graph(NirImport *im) {
    TtfsHdf5Object root, top;
    Graph g = {.prefix = ""};
    Ends own = {0};
    const char *type;
    if (!ttfs_hdf5_open(&im->file) || !ttfs_hdf5_object(&im->file, "/", im->file.root, &root) ||
        !ttfs_hdf5_links(&im->file, &root))
        return false;
    if (!ttfs_hdf5_find(&root, "node")) return broken(im, "/", "it has no group 'node'");
    if (!ttfs_hdf5_child(&im->file, &root, "node", &top) || !ttfs_hdf5_links(&im->file, &top) ||
        !read_type(im, &top, &type))
        return false;
    if (strcmp(type, "NIRGraph") != 0)
        return broken(im, top.name, "its type is not NIRGraph: a graph is expected");
    if (!read_graph(im, &top, &g, &own)) return false;
    if (!own.into) return broken(im, top.name, "it has no Input node");
    return own.from || broken(im, top.name, "it has no Output node");
}

/* --- order --- */

/* Marks what the outputs depend on. */
static uint32_t mark_live(NirImport *im) {
    TTFS_VEC(uint32_t) todo = {0};
    uint32_t live = 0;
    for (uint32_t i = 0; i < im->nodes.len; i++)
        if (im->nodes.at[i].is_output && !im->nodes.at[i].inner) *TTFS_PUSH(&im->scratch, todo) = i;
    while (todo.len) {
        NirNode *n = &im->nodes.at[todo.at[--todo.len]];
        if (n->live) continue;
        n->live = true;
        live++;
        for (uint32_t k = 0; k < n->sources.len; k++)
            *TTFS_PUSH(&im->scratch, todo) = n->sources.at[k];
    }
    return live;
}

/* Takes away what waits for nothing, one after the other; against the edges when `back`. What is
 * left lies on circles, or between them. */
static void peel(NirImport *im, bool back) {
    TTFS_VEC(uint32_t) todo = {0};
    for (uint32_t i = 0; i < im->nodes.len; i++) {
        NirNode *n = &im->nodes.at[i];
        n->waits = 0;
        if (!n->live || n->done) continue;
        for (uint32_t k = 0; k < (back ? n->readers.len : n->sources.len); k++) {
            const NirNode *m = &im->nodes.at[back ? n->readers.at[k] : n->sources.at[k]];
            n->waits += m->live && !m->done;
        }
    }
    for (uint32_t i = im->nodes.len; i-- > 0;)
        if (im->nodes.at[i].live && !im->nodes.at[i].done && !im->nodes.at[i].waits)
            *TTFS_PUSH(&im->scratch, todo) = i;
    while (todo.len) {
        uint32_t at = todo.at[--todo.len];
        NirNode *n = &im->nodes.at[at];
        n->done = true;
        if (!back) *TTFS_PUSH(&im->scratch, im->order) = at;
        for (uint32_t k = 0; k < (back ? n->sources.len : n->readers.len); k++) {
            uint32_t next = back ? n->sources.at[k] : n->readers.at[k];
            NirNode *m = &im->nodes.at[next];
            if (m->live && !m->done && --m->waits == 0) *TTFS_PUSH(&im->scratch, todo) = next;
        }
    }
}

bool ttfs_nir_sort(NirImport *im) {
    uint32_t live = mark_live(im);
    peel(im, false);
    if (live != im->nodes.len)
        ttfs_note(im->diag, TTFS_AT_FILE(im->path),
                  "%u node(s) that no output depends on were left out", im->nodes.len - live);
    if (im->order.len == live) return true;
    peel(im, true);
    for (uint32_t i = 0; i < im->nodes.len; i++)
        if (im->nodes.at[i].live && !im->nodes.at[i].done)
            ttfs_nir_fault(im, &im->nodes.at[i], TTFS_NIR_NODE,
                           "remove the edges that lead back; a network without them is expected",
                           "it is part of a recurrent connection");
    return false;
}
