/* SPDX-License-Identifier: Apache-2.0
 *
 * Weight grids: which quantum the weights of a row are integers of, while they are scaled, cut,
 * made into matrices and folded into one another. A quantum may be given where the result is not on
 * it any more (what is emitted is tested), but none is given where there was none; 0 stands for a
 * row that is on no grid.
 */
#include "affine.h"

#include <math.h>

const double *ttfs_quanta_of(TtfsArena *a, const TtfsTensorInfo *t, uint32_t axis, uint64_t rows) {
    if (!t->quanta || !t->data) return NULL;
    bool each = t->quanta > 1;
    double *quantum = TTFS_ARRAY(a, double, rows);
    for (uint64_t r = 0; r < rows; r++)
        quantum[r] = each ? t->quantum_axis == axis ? (double)t->quantum[r] : 0
                          : (double)t->quantum[0];
    return quantum;
}

const double *ttfs_quanta_times(TtfsArena *a, const TtfsLinear *l, TtfsField k, uint64_t stride) {
    if (!l->quantum) return NULL;
    uint64_t rows = ttfs_linear_rows(l);
    double *quantum = TTFS_ARRAY(a, double, rows);
    for (uint64_t r = 0; r < rows; r++)
        quantum[r] = l->quantum[r] * fabs(ttfs_field_at(&k, l->out, r * stride, 1));
    return quantum;
}

const double *ttfs_quanta_after(TtfsArena *a, const TtfsLinear *l, TtfsField k) {
    if (!l->quantum) return NULL;
    uint64_t rows = ttfs_linear_rows(l);
    double *quantum = TTFS_ARRAY(a, double, rows), factor = k.n ? k.v[0] : 1;
    for (uint64_t i = 1; i < k.n; i++)
        if (fabs(k.v[i]) != fabs(factor)) factor = 0;
    for (uint64_t r = 0; r < rows; r++) quantum[r] = l->quantum[r] * fabs(factor);
    return quantum;
}

const double *ttfs_quanta_matrix(TtfsArena *a, const TtfsLinear *l, const uint32_t *from) {
    if (!l->quantum) return NULL;
    uint64_t rows = ttfs_map_count(l->out), per = rows / ttfs_linear_rows(l);
    double *quantum = TTFS_ARRAY(a, double, rows);
    for (uint64_t r = 0; r < rows; r++) quantum[r] = l->quantum[(from ? from[r] : r) / per];
    return quantum;
}

/* The one size of all weights that are not 0; 0 when there are several. */
static double common_size(TtfsArena *a, const TtfsLinear *l) {
    uint64_t cols = ttfs_linear_cols(l);
    TtfsMark mark = ttfs_arena_mark(a);
    double *row = TTFS_ARRAY(a, double, cols), size = 0;
    bool one = true;
    for (uint64_t r = 0; one && r < ttfs_linear_rows(l); r++) {
        ttfs_linear_row(l, r, row);
        for (uint64_t j = 0; one && j < cols; j++) {
            double w = fabs(row[j]);
            one = w == 0 || size == 0 || w == size;
            if (w > 0) size = w;
        }
    }
    ttfs_arena_release(a, mark);
    return one ? size : 0;
}

/* Factors of one size in front, or single ones behind, change only the quantum. */
const double *ttfs_quanta_compose(TtfsArena *a, const TtfsLinear *first, const TtfsLinear *second,
                                  uint64_t rows) {
    if (!first->quantum && !second->quantum) return NULL;
    double *quantum = TTFS_ARRAY(a, double, rows);
    bool scale = first->kind == TTFS_SCALE;
    if (second->quantum && !(scale && first->k.n > 1)) {
        double size = scale ? first->k.n ? fabs(first->k.v[0]) : 1 : common_size(a, first);
        uint64_t per = rows / ttfs_linear_rows(second);
        for (uint64_t r = 0; r < rows; r++) quantum[r] = second->quantum[r / per] * size;
    } else if (first->quantum && second->kind == TTFS_KERNEL &&
               second->patch.group == first->out.c && second->out.c == first->out.c) {
        double size = common_size(a, second);
        uint64_t per = rows / second->out.c, own = ttfs_linear_rows(first) / first->out.c;
        for (uint64_t r = 0; r < rows; r++)
            quantum[r] = own == 1 ? first->quantum[r / per] * size : 0;
    }
    return quantum;
}
