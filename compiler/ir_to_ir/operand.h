/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside ir_to_ir: operands of the node at work, shared by the op_*.c files.
 */
#ifndef TTFS_OPERAND_H
#define TTFS_OPERAND_H

#include "affine.h"

/* Shape of input k, and of the result. */
const TtfsTensorInfo *ttfs_in(const TtfsAffine *x, uint32_t k);
const TtfsTensorInfo *ttfs_result(const TtfsAffine *x);
/* [1, c, h, w] as a map; any other shape as a row. */
TtfsMap ttfs_map_of(const TtfsTensorInfo *t);
/* The weights of input k; false when they are not constant. */
bool ttfs_base(TtfsAffine *x, uint32_t k, TtfsLinear *l);
/* Constant input k broadcast to the result, over the map of v. */
TtfsField ttfs_constant_field(TtfsAffine *x, uint32_t k, const TtfsValue *v, double none);
/* Inputs 0 and 1, broadcast to the result, on one map with one view; false after an obstacle. */
bool ttfs_operands(TtfsAffine *x, const TtfsValue **a, const TtfsValue **b);

/* On map m, view: identity, element from[e] of v's tensor as element e: a matrix of ones, which the
 * caller bounds. */
const TtfsValue *ttfs_value_select(TtfsAffine *x, const TtfsValue *v, TtfsMap m,
                                   const uint32_t *from);

#endif
