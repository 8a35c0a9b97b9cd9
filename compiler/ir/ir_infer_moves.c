/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of what moves values without computing: reshape, transpose, concat, slice, gather, pad.
 */
#include "ir_infer.h"

#include <math.h>

bool ttfs_infer_reshape(TtfsInfer *f) {
    if (f->out->rank <= TTFS_MAX_RANK && ttfs_ir_count(f->out) == ttfs_ir_count(f->in[0]))
        return true;
    return ttfs_infer_fault(f, "%s cannot become %s", ttfs_infer_text(f, 0),
                            ttfs_ir_shape_text(&f->scratch, f->out));
}

bool ttfs_infer_transpose(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0];
    uint32_t dim[TTFS_MAX_RANK], seen = 0;
    for (uint32_t i = 0; i < x->rank; i++) {
        uint32_t p = f->node->attr.perm[i];
        if (p >= x->rank || (seen >> p & 1))
            return ttfs_infer_fault(f, "perm is not a permutation");
        seen |= 1u << p;
        dim[i] = x->dim[p];
    }
    return ttfs_infer_set(f, x->rank, dim);
}

/* All inputs are alike but along the axis. */
bool ttfs_infer_concat(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0];
    uint32_t axis = f->node->attr.axis, dim[TTFS_MAX_RANK];
    if (axis >= x->rank) return ttfs_infer_fault(f, "axis %u of %s", axis, ttfs_infer_text(f, 0));
    for (uint32_t i = 0; i < x->rank; i++) dim[i] = x->dim[i];
    uint64_t sum = x->dim[axis];
    for (uint32_t k = 1; k < f->node->n_in; k++) {
        const TtfsTensorInfo *y = f->in[k];
        bool alike = y->rank == x->rank;
        for (uint32_t i = 0; alike && i < x->rank; i++) alike = i == axis || y->dim[i] == x->dim[i];
        if (!alike)
            return ttfs_infer_fault(f, "%s and %s do not fit along axis %u", ttfs_infer_text(f, 0),
                                    ttfs_infer_text(f, k), axis);
        sum += y->dim[axis];
    }
    dim[axis] = sum > INT32_MAX ? 0 : (uint32_t)sum;
    return ttfs_infer_set(f, x->rank, dim);
}

bool ttfs_infer_slice(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0];
    const TtfsIrAttr *a = &f->node->attr;
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t count = a->count[i], last = a->first[i] + (count - 1) * (int64_t)a->apart[i];
        bool inside = a->apart[i] != 0 && count >= 1 && count <= x->dim[i] &&
                      a->first[i] < x->dim[i] && last >= 0 && last < x->dim[i];
        if (!inside)
            return ttfs_infer_fault(f, "%u values from %u in steps of %d along axis %u of %s",
                                    a->count[i], a->first[i], a->apart[i], i,
                                    ttfs_infer_text(f, 0));
    }
    return ttfs_infer_set(f, x->rank, a->count);
}

/* The places lie on the axis. */
bool ttfs_infer_gather(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0], *at = f->in[1];
    uint32_t axis = f->node->attr.axis, dim[TTFS_MAX_RANK];
    if (axis >= x->rank || at->rank != 1 || !at->data)
        return ttfs_infer_fault(f, "places %s along axis %u of %s, or they are not constant",
                                ttfs_infer_text(f, 1), axis, ttfs_infer_text(f, 0));
    for (uint32_t i = 0; i < at->dim[0]; i++) {
        double place = (double)at->data[i];
        if (place == floor(place) && place >= 0 && place < x->dim[axis]) continue;
        return ttfs_infer_fault(f, "place %g along axis %u of %s", place, axis,
                                ttfs_infer_text(f, 0));
    }
    for (uint32_t i = 0; i < x->rank; i++) dim[i] = i == axis ? at->dim[0] : x->dim[i];
    return ttfs_infer_set(f, x->rank, dim);
}

bool ttfs_infer_pad(TtfsInfer *f) {
    const TtfsTensorInfo *x = f->in[0];
    const TtfsIrAttr *a = &f->node->attr;
    uint32_t dim[TTFS_MAX_RANK];
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t n = (int64_t)x->dim[i] + a->before[i] + a->after[i];
        int64_t cut = (a->before[i] < 0 ? -(int64_t)a->before[i] : 0) +
                      (a->after[i] < 0 ? -(int64_t)a->after[i] : 0);
        if (cut >= x->dim[i] || n > INT32_MAX)
            return ttfs_infer_fault(f, "pads of %d and %d along axis %u of %s", a->before[i],
                                    a->after[i], i, ttfs_infer_text(f, 0));
        dim[i] = (uint32_t)n;
    }
    return ttfs_infer_set(f, x->rank, dim);
}
