/* SPDX-License-Identifier: Apache-2.0
 *
 * Views: the order of a tensor's elements on a map as a list of sizes and strides. A reshape leaves
 * the list alone, a transpose permutes it, and two of them that cancel leave one entry of stride 1.
 */
#include "affine.h"

#include <string.h>

void ttfs_view_push(TtfsView *v, uint32_t size, uint32_t stride) {
    if (size == 1) return;
    if (v->n && v->stride[v->n - 1] == (uint64_t)size * stride) {
        v->size[v->n - 1] *= size;
        v->stride[v->n - 1] = stride;
        return;
    }
    v->size[v->n] = size;
    v->stride[v->n++] = stride;
}

TtfsView ttfs_view_identity(uint64_t count) {
    TtfsView v = {0};
    ttfs_view_push(&v, (uint32_t)count, 1);
    return v;
}

bool ttfs_view_is_identity(const TtfsView *v) {
    return v->n == 0 || (v->n == 1 && v->stride[0] == 1);
}

bool ttfs_view_same(const TtfsView *a, const TtfsView *b) {
    bool same = a->n == b->n;
    for (uint32_t i = 0; same && i < a->n; i++)
        same = a->size[i] == b->size[i] && a->stride[i] == b->stride[i];
    return same;
}

/* Splits the entries so that each lies in one axis; parts[axis] lists them, outermost first. */
static bool split(const TtfsView *v, const TtfsTensorInfo *t, TtfsView parts[TTFS_MAX_RANK]) {
    TtfsView left = *v;
    for (uint32_t axis = t->rank; axis-- > 0;) {
        uint32_t want = t->dim[axis], n = 0, size[TTFS_VIEW_MAX], stride[TTFS_VIEW_MAX];
        parts[axis] = (TtfsView){0};
        while (want > 1) {
            if (left.n == 0 || n == TTFS_VIEW_MAX) return false;
            uint32_t *s = &left.size[left.n - 1], *st = &left.stride[left.n - 1];
            uint32_t take = *s <= want ? *s : want;
            if (*s % take != 0 || want % take != 0) return false;
            size[n] = take;
            stride[n++] = *st;
            want /= take;
            *s /= take;
            *st *= take;
            if (*s == 1) left.n--;
        }
        while (n-- > 0) ttfs_view_push(&parts[axis], size[n], stride[n]);
    }
    return true;
}

bool ttfs_view_transpose(const TtfsView *v, const TtfsTensorInfo *t, const uint32_t *perm,
                         TtfsView *out) {
    TtfsView parts[TTFS_MAX_RANK];
    if (!split(v, t, parts)) return false;
    *out = (TtfsView){0};
    for (uint32_t i = 0; i < t->rank; i++) {
        const TtfsView *p = &parts[perm[i]];
        if (out->n + p->n > TTFS_VIEW_MAX) return false;
        for (uint32_t k = 0; k < p->n; k++) ttfs_view_push(out, p->size[k], p->stride[k]);
    }
    return true;
}

/* An entry on a map that has `times` as many channels: what runs over channels has longer strides,
 * and what runs over both falls apart. */
static bool push_wide(TtfsView *v, uint32_t size, uint32_t stride, uint32_t positions,
                      uint32_t times) {
    uint32_t inside = size;
    if (stride >= positions) {
        if (stride % positions) return false;
        inside = 1;
    } else if ((uint64_t)size * stride > positions) {
        if (positions % stride || size % (positions / stride)) return false;
        inside = positions / stride;
    }
    uint64_t outside = stride >= positions ? (uint64_t)stride * times : (uint64_t)positions * times;
    if (outside > UINT32_MAX || v->n + 2 > TTFS_VIEW_MAX) return false;
    ttfs_view_push(v, size / inside, (uint32_t)outside);
    ttfs_view_push(v, inside, stride);
    return true;
}

bool ttfs_view_repeat(const TtfsView *v, TtfsMap m, const TtfsTensorInfo *t, uint32_t axis,
                      uint32_t times, bool outside, TtfsView *out) {
    TtfsView parts[TTFS_MAX_RANK];
    uint32_t positions = m.h * m.w;
    if (!split(v, t, parts)) return false;
    *out = (TtfsView){0};
    for (uint32_t i = 0; i < t->rank; i++) {
        if (i == axis && outside) ttfs_view_push(out, times, positions);
        for (uint32_t k = 0; k < parts[i].n; k++)
            if (!push_wide(out, parts[i].size[k], parts[i].stride[k], positions, times))
                return false;
        if (i == axis && !outside) ttfs_view_push(out, times, positions);
    }
    return true;
}

uint32_t *ttfs_view_table(TtfsArena *a, const TtfsView *v, uint64_t count) {
    if (ttfs_view_is_identity(v)) return NULL;
    uint32_t *table = TTFS_ARRAY(a, uint32_t, count), digit[TTFS_VIEW_MAX] = {0}, at = 0;
    for (uint64_t e = 0; e < count; e++) {
        table[e] = at;
        for (uint32_t i = v->n; i-- > 0;) {
            at += v->stride[i];
            if (++digit[i] < v->size[i]) break;
            at -= v->size[i] * v->stride[i];
            digit[i] = 0;
        }
    }
    return table;
}

TtfsView ttfs_view_channels_at(TtfsMap m, uint64_t before) {
    uint32_t positions = m.h * m.w, inside = (uint32_t)(positions / before);
    TtfsView v = {0};
    ttfs_view_push(&v, (uint32_t)before, inside);
    ttfs_view_push(&v, m.c, positions);
    ttfs_view_push(&v, inside, 1);
    return v;
}

bool ttfs_view_channel_order(const TtfsView *v, TtfsMap m, TtfsMap other, TtfsView *out) {
    uint32_t positions = m.h * m.w, others = other.h * other.w;
    TtfsTensorInfo t = {.rank = 2, .dim = {m.c, positions}};
    TtfsView parts[TTFS_MAX_RANK];
    if (!split(v, &t, parts) || !ttfs_view_is_identity(&parts[1])) return false;
    *out = (TtfsView){0};
    for (uint32_t i = 0; i < parts[0].n; i++) {
        if (parts[0].stride[i] % positions != 0) return false;
        ttfs_view_push(out, parts[0].size[i], parts[0].stride[i] / positions * others);
    }
    ttfs_view_push(out, others, 1);
    return true;
}

/* With the channels at axis `c` (rank: none), the rest must be h, then w, units left out. */
static bool assign(const TtfsView *v, TtfsMap m, const TtfsTensorInfo *t, uint32_t c, int *axes) {
    uint64_t before = 1;
    uint32_t next = 1, dims[3] = {m.c, m.h, m.w};
    for (uint32_t i = 0; i < t->rank; i++) {
        axes[i] = -1;
        if (i == c) axes[i] = 0;
        if (i == c || t->dim[i] == 1) continue;
        while (next < 3 && dims[next] == 1) next++;
        if (next == 3 || t->dim[i] != dims[next]) return false;
        axes[i] = (int)next++;
        if (i < c) before *= t->dim[i];
    }
    while (next < 3 && dims[next] == 1) next++;
    if (next != 3) return false;
    TtfsView want = ttfs_view_channels_at(m, c < t->rank ? before : 1);
    return ttfs_view_same(v, &want);
}

bool ttfs_view_axes(const TtfsView *v, TtfsMap m, const TtfsTensorInfo *t,
                    int axes[TTFS_MAX_RANK]) {
    static const uint32_t orders[2][4] = {{0, 1, 2, 3}, {0, 3, 1, 2}}; /* where c, h and w stand */
    for (int i = 0; i < 2 && t->rank == 4; i++) {
        const uint32_t *o = orders[i];
        if (t->dim[0] != 1 || t->dim[o[1]] != m.c || t->dim[o[2]] != m.h || t->dim[o[3]] != m.w)
            continue;
        if (!assign(v, m, t, o[1], axes)) continue;
        for (int k = 1; k < 4; k++) axes[o[k]] = k - 1;
        return true;
    }
    for (uint32_t c = 0; c < t->rank; c++) /* an axis of one element in front is the batch */
        if (t->dim[c] == m.c && (m.c > 1 || c > 0 || t->rank == 1) && assign(v, m, t, c, axes))
            return true;
    return m.c == 1 && assign(v, m, t, t->rank, axes);
}
