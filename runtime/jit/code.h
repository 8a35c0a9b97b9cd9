/* SPDX-License-Identifier: Apache-2.0
 *
 * Code: the state of one function under construction, and the few things that all kernels are made
 * of: vectors of a given number of lanes (plain values when it is 1), addresses, counted loops,
 * variables. Variables are stack slots; the optimiser turns them into registers.
 *
 * LLVM-C is used with this state's own context only. Private to the code generator.
 */
#ifndef TTFS_CODE_H
#define TTFS_CODE_H

#include "program.h"

#include <llvm-c/Core.h>

typedef LLVMValueRef Value;

typedef struct {
    const TtfsProgram *program;
    const TtfsTarget *target;
    TtfsArena names; /* of intrinsics, until ttfs_code_end */
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef at, entry; /* entry: where variables are declared */
    Value function;
    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, ptr;
    /* the function's arguments (program.h) */
    Value consts, work, in, samples, first, end;
} Code;

/* The module's function `symbol` of the type that routines have; building starts in its body. */
void ttfs_code_begin(Code *c, const char *symbol, bool internal);
/* Ends it. */
void ttfs_code_end(Code *c);
/* A function of other arguments, without a result: first its types, then it; c->target and
 * c->module are set. The arguments are c->function's; ttfs_code_end ends it. */
void ttfs_code_types(Code *c);
void ttfs_code_function(Code *c, const char *symbol, LLVMTypeRef *args, uint32_t count);
/* The same for a function of any type: c->function is there and empty, its end is the caller's. */
void ttfs_code_body(Code *c);
void ttfs_code_done(Code *c);

/* Types of `lanes` elements; the element itself for one. */
LLVMTypeRef ttfs_code_vector(LLVMTypeRef element, uint32_t lanes);
Value ttfs_code_i64(const Code *c, uint64_t n);
/* The constant in all lanes. */
Value ttfs_code_const(LLVMTypeRef element, uint32_t lanes, uint64_t n);
Value ttfs_code_splat(const Code *c, Value v, uint32_t lanes);
/* pointer + bytes; a constant number of them, or a value. */
Value ttfs_code_plus(const Code *c, Value pointer, uint64_t bytes);
Value ttfs_code_plus_value(const Code *c, Value pointer, Value bytes);
/* a + b * factor, of 64 bits. */
Value ttfs_code_times(const Code *c, Value v, uint64_t factor);
/* At any address; of a processor without vectors, at a multiple of the value's size. */
Value ttfs_code_load(const Code *c, LLVMTypeRef type, Value pointer);
void ttfs_code_store(const Code *c, Value v, Value pointer);
/* Stores the first `count` of `lanes` elements. */
void ttfs_code_store_some(const Code *c, Value v, uint32_t lanes, uint32_t count, Value pointer);
/* max or min by an integer comparison. */
Value ttfs_code_pick(const Code *c, LLVMIntPredicate p, Value a, Value b);
/* The name of an intrinsic for vectors: "llvm.fabs" "f32" 16 -> llvm.fabs.v16f32. */
const char *ttfs_code_name(Code *c, const char *intrinsic, const char *element, uint32_t lanes);
/* A call of an LLVM intrinsic, of type f(args..) -> result; vectors may have other elements than
 * LLVM wants. */
Value ttfs_code_call(const Code *c, const char *intrinsic, LLVMTypeRef result, Value *arg,
                     uint32_t args);

/* A variable of the function. */
Value ttfs_code_variable(const Code *c, LLVMTypeRef type, Value start);

/* for (i = from; i < end; i += stride): body between begin, which gives i, and end. */
typedef struct {
    Value variable;
    LLVMBasicBlockRef head, out;
    uint64_t stride;
} Loop;
Value ttfs_code_loop(Code *c, Loop *l, Value from, Value end, uint64_t stride);
void ttfs_code_loop_end(Code *c, const Loop *l);

/* Samples in whole tiles of n. */
Value ttfs_code_whole_samples(const Code *c, uint32_t n);

/* if (condition): body between begin and end. */
LLVMBasicBlockRef ttfs_code_if(Code *c, Value condition);
void ttfs_code_if_end(Code *c, LLVMBasicBlockRef after);

/* Kernels: the body of a routine's function. */
void ttfs_code_input(Code *c, const TtfsRoutine *s, bool real);
void ttfs_code_linear(Code *c, const TtfsRoutine *s);
void ttfs_code_pool(Code *c, const TtfsRoutine *s);
void ttfs_code_events(Code *c, const TtfsRoutine *s);

#endif
