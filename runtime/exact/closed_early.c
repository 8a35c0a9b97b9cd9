/* SPDX-License-Identifier: Apache-2.0
 *
 * A class that is read before the last window ends: how much of the time of each layer that a
 * readout reads is missing then.
 */
#include "closed.h"

#include "exact_inside.h"

#include <math.h>

static const double SAME = 1e-9; /* ends that are this near are one, relative */

static double end_of(const TtfsExactLayer *x) {
    return x->start + x->window;
}

/* The longest of the windows of `read` that end last; *end: when. */
static double last_window(const TtfsExact *e, const bool *read, double *end) {
    double longest = 0;
    *end = 0;
    for (uint32_t i = 0; i < e->net->layers.len; i++)
        if (read[i]) *end = fmax(*end, end_of(&e->layer[i]));
    for (uint32_t i = 0; i < e->net->layers.len; i++)
        if (read[i] && end_of(&e->layer[i]) >= *end * (1 - SAME))
            longest = fmax(longest, e->layer[i].window);
    return longest;
}

static void find_reader(const TtfsExact *e, TtfsClosedEarly *r) {
    for (uint32_t i = 0; i < e->net->layers.len; i++) {
        const TtfsNetLayer *l = &e->net->layers.at[i];
        for (uint32_t t = 0; t < l->terms && l->kind != TTFS_LAYER_READOUT; t++) {
            uint32_t src = e->net->terms.at[l->term_first + t].src;
            if (r->reader || !r->late[src]) continue;
            r->layer = src;
            r->reader = i;
        }
    }
}

static double *late_of(const TtfsExact *e, uint32_t layer, double late, TtfsArena *a) {
    uint32_t c = e->net->layers.at[layer].c;
    double *to = TTFS_ARRAY(a, double, c);
    for (uint32_t i = 0; i < c; i++) to[i] = late / e->layer[layer].scale[i];
    return to;
}

TtfsClosedEarly ttfs_closed_early(const TtfsExact *e, double share, TtfsArena *a) {
    uint32_t n = e->net->layers.len;
    TtfsClosedEarly r = {.late = TTFS_ARRAY(a, double *, n), .at = e->latency};
    bool *read = TTFS_ARRAY(a, bool, n);
    double end;
    if (!(share < 1)) return r;
    for (uint32_t i = 0; i < n; i++) {
        const TtfsNetLayer *l = &e->net->layers.at[i];
        for (uint32_t t = 0; t < l->terms && l->kind == TTFS_LAYER_READOUT; t++)
            read[e->net->terms.at[l->term_first + t].src] = true;
    }
    double longest = last_window(e, read, &end);
    r.at = end - (1 - share) * longest;
    for (uint32_t i = 0; i < n; i++) {
        double late = end_of(&e->layer[i]) - r.at;
        if (read[i] && late > SAME * end) r.late[i] = late_of(e, i, late, a);
    }
    find_reader(e, &r);
    return r;
}
