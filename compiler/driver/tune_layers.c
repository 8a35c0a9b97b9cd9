/* SPDX-License-Identifier: Apache-2.0
 *
 * "NAME=freeze" against the names of populations. A name may hold '=' and ','.
 */
#include "tune_layers.h"

#include "nearest.h"

#include <string.h>

typedef struct {
    const TtfsNet *net;
    const TtfsSpike *spike;
    TtfsArena *arena;
    TtfsDiag *diag;
} Names;

static bool refuse(const Names *n, const char *what) {
    return ttfs_error(n->diag, TTFS_AT_FILE("--layers"), TTFS_OPTION_VALUE, "%s", what);
}

/* Layers with weights by name; the nearest is one of them. */
static bool unknown(const Names *n, const char *name) {
    TTFS_VEC(const char *) known = {0};
    TtfsBuf all = {0};
    for (uint32_t i = 0; i < n->net->layers.len; i++) {
        if (!ttfs_net_sums(&n->net->layers.at[i])) continue;
        const char *one = n->spike->pops.at[i].name;
        ttfs_buf_printf(&all, "%s%s", known.len ? ", " : "", one);
        *TTFS_PUSH(n->arena, known) = one;
    }
    refuse(n,
           ttfs_arena_printf(n->arena, "no layer is called '%s'; the nearest is '%s'. There are %s",
                             name, ttfs_nearest(name, known.at, known.len), ttfs_buf_text(&all)));
    ttfs_buf_free(&all);
    return false;
}

static bool freeze(const Names *n, const char *name, bool *frozen) {
    for (uint32_t i = 0; i < n->net->layers.len; i++) {
        if (strcmp(n->spike->pops.at[i].name, name) != 0) continue;
        frozen[i] = ttfs_net_sums(&n->net->layers.at[i]);
        return frozen[i] ||
               refuse(n, ttfs_arena_printf(n->arena, "'%s' has no weights to freeze", name));
    }
    return unknown(n, name);
}

static bool take(const Names *n, const char *text, bool *frozen) {
    const char *equal = strrchr(text, '=');
    if (!equal) return refuse(n, ttfs_arena_printf(n->arena, "'%s' is no NAME=freeze", text));
    if (strcmp(equal + 1, "freeze") != 0)
        return refuse(n,
                      ttfs_arena_printf(n->arena, "'%s': a layer can be told to freeze, not '%s'",
                                        text, equal + 1));
    return freeze(n, ttfs_arena_strndup(n->arena, text, (size_t)(equal - text)), frozen);
}

bool ttfs_tune_frozen(const TtfsNet *net, const TtfsSpike *s, const TtfsTuneOptions *o,
                      TtfsArena *a, const bool **frozen, TtfsDiag *diag) {
    Names n = {net, s, a, diag};
    bool *is = TTFS_ARRAY(a, bool, net->layers.len), ok = true, left = false;
    *frozen = NULL;
    if (o->n_layers == 0) return true;
    for (uint32_t i = 0; i < o->n_layers; i++) ok &= take(&n, o->layers[i], is);
    for (uint32_t i = 0; i < net->layers.len; i++)
        left |= ttfs_net_sums(&net->layers.at[i]) && !is[i];
    *frozen = is;
    return ok && (left || refuse(&n, "every layer is frozen: nothing is left to train"));
}
