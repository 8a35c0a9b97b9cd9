/* SPDX-License-Identifier: Apache-2.0
 *
 * The small things of code generation.
 */
#include "code.h"

#include <string.h>

static void add_attribute(const Code *c, LLVMAttributeIndex index, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(c->function, index, LLVMCreateEnumAttribute(c->context, kind, 0));
}

static void add_text_attribute(const Code *c, const char *name, const char *value) {
    LLVMAttributeRef a = LLVMCreateStringAttribute(c->context, name, (unsigned)strlen(name), value,
                                                   (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(c->function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, a);
}

void ttfs_code_types(Code *c) {
    c->i1 = LLVMInt1TypeInContext(c->context);
    c->i8 = LLVMInt8TypeInContext(c->context);
    c->i16 = LLVMInt16TypeInContext(c->context);
    c->i32 = LLVMInt32TypeInContext(c->context);
    c->i64 = LLVMInt64TypeInContext(c->context);
    c->f32 = LLVMFloatTypeInContext(c->context);
    c->f64 = LLVMDoubleTypeInContext(c->context);
    c->ptr = LLVMPointerTypeInContext(c->context, 0);
}

void ttfs_code_function(Code *c, const char *symbol, LLVMTypeRef *args, uint32_t count) {
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(c->context), args, count, 0);
    c->function = LLVMAddFunction(c->module, symbol, type);
    if (c->target->lanes == 16) { /* some processors are tuned for narrower vectors */
        add_text_attribute(c, "prefer-vector-width", "512");
        add_text_attribute(c, "min-legal-vector-width", "512");
    }
    ttfs_code_body(c);
}

void ttfs_code_begin(Code *c, const char *symbol, bool internal) {
    ttfs_code_types(c);
    LLVMTypeRef args[6] = {c->ptr, c->ptr, c->ptr, c->i64, c->i64, c->i64};
    ttfs_code_function(c, symbol, args, 6);
    if (internal) LLVMSetLinkage(c->function, LLVMInternalLinkage);
    for (LLVMAttributeIndex i = 1; i <= 3; i++) add_attribute(c, i, "noalias");
    add_attribute(c, 1, "readonly");
    add_attribute(c, 3, "readonly");
    Value *into[6] = {&c->consts, &c->work, &c->in, &c->samples, &c->first, &c->end};
    for (unsigned i = 0; i < 6; i++) *into[i] = LLVMGetParam(c->function, i);
}

void ttfs_code_body(Code *c) {
    add_attribute(c, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
    LLVMBasicBlockRef entry = LLVMAppendBasicBlockInContext(c->context, c->function, "entry");
    LLVMBasicBlockRef body = LLVMAppendBasicBlockInContext(c->context, c->function, "body");
    c->entry = LLVMCreateBuilderInContext(c->context);
    c->at = LLVMCreateBuilderInContext(c->context);
    LLVMPositionBuilderAtEnd(c->entry, entry);
    LLVMPositionBuilderBefore(c->entry, LLVMBuildBr(c->entry, body));
    LLVMPositionBuilderAtEnd(c->at, body);
}

void ttfs_code_end(Code *c) {
    LLVMBuildRetVoid(c->at);
    ttfs_code_done(c);
}

void ttfs_code_done(Code *c) {
    LLVMDisposeBuilder(c->at);
    LLVMDisposeBuilder(c->entry);
    ttfs_arena_free(&c->names);
}

LLVMTypeRef ttfs_code_vector(LLVMTypeRef element, uint32_t lanes) {
    return lanes == 1 ? element : LLVMVectorType(element, lanes);
}

Value ttfs_code_i64(const Code *c, uint64_t n) {
    return LLVMConstInt(c->i64, n, 0);
}

Value ttfs_code_const(LLVMTypeRef element, uint32_t lanes, uint64_t n) {
    Value one = LLVMConstInt(element, n, 0), all[64];
    if (lanes == 1) return one;
    for (uint32_t i = 0; i < lanes; i++) all[i] = one;
    return LLVMConstVector(all, lanes);
}

Value ttfs_code_splat(const Code *c, Value v, uint32_t lanes) {
    if (lanes == 1) return v;
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(v), lanes);
    Value one = LLVMBuildInsertElement(c->at, LLVMGetPoison(type), v, ttfs_code_i64(c, 0), "");
    Value zero = ttfs_code_const(c->i32, lanes, 0);
    return LLVMBuildShuffleVector(c->at, one, LLVMGetPoison(type), zero, "");
}

Value ttfs_code_plus_value(const Code *c, Value pointer, Value bytes) {
    return LLVMBuildInBoundsGEP2(c->at, c->i8, pointer, &bytes, 1, "");
}

Value ttfs_code_plus(const Code *c, Value pointer, uint64_t bytes) {
    return bytes ? ttfs_code_plus_value(c, pointer, ttfs_code_i64(c, bytes)) : pointer;
}

Value ttfs_code_times(const Code *c, Value v, uint64_t factor) {
    return LLVMBuildNUWMul(c->at, v, ttfs_code_i64(c, factor), "");
}

/* Vectors begin at any value. Without vectors every value is taken alone and lies at a multiple of
 * its size, which processors that have no unaligned access want to know. */
static unsigned alignment(const Code *c, LLVMTypeRef type) {
    if (c->target->lanes > 1) return 1;
    return type == c->i16 ? 2 : type == c->i32 || type == c->f32 ? 4 : 1;
}

Value ttfs_code_load(const Code *c, LLVMTypeRef type, Value pointer) {
    Value v = LLVMBuildLoad2(c->at, type, pointer, "");
    LLVMSetAlignment(v, alignment(c, type));
    return v;
}

void ttfs_code_store(const Code *c, Value v, Value pointer) {
    LLVMSetAlignment(LLVMBuildStore(c->at, v, pointer), alignment(c, LLVMTypeOf(v)));
}

void ttfs_code_store_some(const Code *c, Value v, uint32_t lanes, uint32_t count, Value pointer) {
    if (count < lanes) {
        Value take[64];
        for (uint32_t i = 0; i < count; i++) take[i] = LLVMConstInt(c->i32, i, 0);
        Value some = LLVMConstVector(take, count);
        v = LLVMBuildShuffleVector(c->at, v, LLVMGetPoison(LLVMTypeOf(v)), some, "");
    }
    ttfs_code_store(c, v, pointer);
}

Value ttfs_code_pick(const Code *c, LLVMIntPredicate p, Value a, Value b) {
    return LLVMBuildSelect(c->at, LLVMBuildICmp(c->at, p, a, b, ""), a, b, "");
}

const char *ttfs_code_name(Code *c, const char *intrinsic, const char *element, uint32_t lanes) {
    if (lanes == 1) return ttfs_arena_printf(&c->names, "%s.%s", intrinsic, element);
    return ttfs_arena_printf(&c->names, "%s.v%u%s", intrinsic, lanes, element);
}

/* The type of an intrinsic whose name does not say it: LLVM's own, which differs between versions
 * (vpdpbusd takes words up to LLVM 21 and bytes from 22 on). NULL for the others. */
static LLVMTypeRef fixed_type(const Code *c, const char *intrinsic) {
    unsigned id = LLVMLookupIntrinsicID(intrinsic, strlen(intrinsic));
    if (!id || LLVMIntrinsicIsOverloaded(id)) return NULL;
    return LLVMIntrinsicGetType(c->context, id, NULL, 0);
}

Value ttfs_code_call(const Code *c, const char *intrinsic, LLVMTypeRef result, Value *arg,
                     uint32_t args) {
    LLVMTypeRef types[4], type = fixed_type(c, intrinsic);
    Value cast[4];
    for (uint32_t i = 0; i < args; i++) types[i] = LLVMTypeOf(arg[i]);
    if (type && LLVMCountParamTypes(type) == args)
        LLVMGetParamTypes(type, types);
    else
        type = LLVMFunctionType(result, types, args, 0);
    for (uint32_t i = 0; i < args; i++) cast[i] = LLVMBuildBitCast(c->at, arg[i], types[i], "");
    Value f = LLVMGetNamedFunction(c->module, intrinsic);
    if (!f) f = LLVMAddFunction(c->module, intrinsic, type);
    return LLVMBuildCall2(c->at, type, f, cast, args, "");
}

Value ttfs_code_variable(const Code *c, LLVMTypeRef type, Value start) {
    Value v = LLVMBuildAlloca(c->entry, type, "");
    LLVMBuildStore(c->at, start, v);
    return v;
}

static LLVMBasicBlockRef block(const Code *c) {
    return LLVMAppendBasicBlockInContext(c->context, c->function, "");
}

Value ttfs_code_loop(Code *c, Loop *l, Value from, Value end, uint64_t stride) {
    LLVMBasicBlockRef body = block(c);
    *l = (Loop){.variable = ttfs_code_variable(c, c->i64, from),
                .head = block(c),
                .out = block(c),
                .stride = stride};
    LLVMBuildBr(c->at, l->head);
    LLVMPositionBuilderAtEnd(c->at, l->head);
    Value i = LLVMBuildLoad2(c->at, c->i64, l->variable, "");
    LLVMBuildCondBr(c->at, LLVMBuildICmp(c->at, LLVMIntULT, i, end, ""), body, l->out);
    LLVMPositionBuilderAtEnd(c->at, body);
    return i;
}

void ttfs_code_loop_end(Code *c, const Loop *l) {
    Value i = LLVMBuildLoad2(c->at, c->i64, l->variable, "");
    LLVMBuildStore(c->at, LLVMBuildNUWAdd(c->at, i, ttfs_code_i64(c, l->stride), ""), l->variable);
    LLVMBuildBr(c->at, l->head);
    LLVMPositionBuilderAtEnd(c->at, l->out);
}

Value ttfs_code_whole_samples(const Code *c, uint32_t n) {
    if (n == 1) return c->samples;
    return ttfs_code_times(c, LLVMBuildUDiv(c->at, c->samples, ttfs_code_i64(c, n), ""), n);
}

LLVMBasicBlockRef ttfs_code_if(Code *c, Value condition) {
    LLVMBasicBlockRef body = block(c), after = block(c);
    LLVMBuildCondBr(c->at, condition, body, after);
    LLVMPositionBuilderAtEnd(c->at, body);
    return after;
}

void ttfs_code_if_end(Code *c, LLVMBasicBlockRef after) {
    LLVMBuildBr(c->at, after);
    LLVMPositionBuilderAtEnd(c->at, after);
}
