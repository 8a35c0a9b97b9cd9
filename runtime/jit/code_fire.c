/* SPDX-License-Identifier: Apache-2.0
 *
 * The value with which a neuron fires: its potential divided by its ramp, clamped to 0..T. In: a
 * vector of potentials; out: of values.
 */
#include "code_tile.h"

/* The upper halves of the 64-bit products, lane by lane. */
static Value upper_halves(const Code *c, Value a, Value b) {
    uint32_t lanes = c->target->lanes;
    LLVMTypeRef words = ttfs_code_vector(c->i32, lanes), wide = ttfs_code_vector(c->i64, lanes);
    Value product = LLVMBuildMul(c->at, LLVMBuildZExt(c->at, a, wide, ""),
                                 LLVMBuildZExt(c->at, b, wide, ""), "");
    Value upper = LLVMBuildLShr(c->at, product, ttfs_code_const(c->i64, lanes, 32), "");
    return LLVMBuildTrunc(c->at, upper, words, "");
}

/* The same where a processor multiplies every other lane into 64 bits: even lanes, odd lanes, and
 * the upper halves put together again. */
static Value upper_halves_in_pairs(const Code *c, Value a, Value b) {
    uint32_t pairs = c->target->lanes / 2;
    LLVMTypeRef wide = LLVMVectorType(c->i64, pairs);
    Value low = ttfs_code_const(c->i64, pairs, UINT32_MAX),
          half = ttfs_code_const(c->i64, pairs, 32);
    Value pair[2] = {LLVMBuildBitCast(c->at, a, wide, ""), LLVMBuildBitCast(c->at, b, wide, "")};
    Value even = LLVMBuildMul(c->at, LLVMBuildAnd(c->at, pair[0], low, ""),
                              LLVMBuildAnd(c->at, pair[1], low, ""), "");
    Value odd = LLVMBuildMul(c->at, LLVMBuildLShr(c->at, pair[0], half, ""),
                             LLVMBuildLShr(c->at, pair[1], half, ""), "");
    Value both = LLVMBuildOr(c->at, LLVMBuildLShr(c->at, even, half, ""),
                             LLVMBuildAnd(c->at, odd, LLVMBuildNot(c->at, low, ""), ""), "");
    return LLVMBuildBitCast(c->at, both, LLVMTypeOf(a), "");
}

/* floor(u / ramp) for u >= 0 (divide.h). */
static Value divide(const Code *c, const TtfsRoutine *s, Value u, Value multiplier, Value shift) {
    uint32_t lanes = c->target->lanes;
    if (s->powers) return LLVMBuildLShr(c->at, u, shift, "");
    if (!s->bits) u = LLVMBuildShl(c->at, u, ttfs_code_const(c->i32, lanes, 1), "");
    Value q = c->target->wide_products ? upper_halves_in_pairs(c, u, multiplier)
                                       : upper_halves(c, u, multiplier);
    if (s->bits) shift = ttfs_code_const(c->i32, lanes, s->bits - 32);
    return LLVMBuildLShr(c->at, q, shift, "");
}

Value ttfs_code_fire(const Code *c, const TtfsRoutine *s, Value u, Value multiplier, Value shift) {
    uint32_t lanes = c->target->lanes, ticks = c->program->spike->pops.at[s->pop].ticks;
    u = ttfs_code_pick(c, LLVMIntSGT, u, ttfs_code_const(c->i32, lanes, 0));
    return ttfs_code_pick(c, LLVMIntULT, divide(c, s, u, multiplier, shift),
                          ttfs_code_const(c->i32, lanes, ticks));
}
