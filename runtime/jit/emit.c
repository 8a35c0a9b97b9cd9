/* SPDX-License-Identifier: Apache-2.0
 *
 * Ahead-of-time code: one module with every routine's function, the packed constants and the
 * workspace of one sample as private data, and the exported functions around them:
 *
 *     void NAME_run(const uint16_t *x, int32_t *potentials)
 *     void NAME_run_real(const float *values, int32_t *potentials)
 *     void NAME_ticks(uint16_t *ticks)                              not when memory is shared
 *     uint32_t NAME_class(const int32_t *potentials)
 */
#include "emit.h"

#include "emit_parts.h"
#include "object.h"

#include <string.h>

/* Routines are called from here alone, with one sample and the private data: what follows from that
 * is a third of the code. */
static const char specialise[] =
    "ipsccp,deadargelim,"
    "function(early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)";

typedef struct {
    Code code;
    const TtfsEmitJob *job;
    const TtfsProgram *program;
    Value consts, work; /* the private data */
} Emit;

/* A function NAME_suffix; building starts in its body. */
static void begin(Emit *e, const char *suffix, LLVMTypeRef result, LLVMTypeRef *arg,
                  unsigned args) {
    Code *c = &e->code;
    const char *symbol = ttfs_arena_printf(e->program->arena, "%s_%s", e->job->name, suffix);
    c->function = LLVMAddFunction(c->module, symbol, LLVMFunctionType(result, arg, args, 0));
    ttfs_code_body(c);
}

static Value private_data(Emit *e, const char *name, uint64_t bytes, Value content) {
    Value v = LLVMAddGlobal(e->code.module, LLVMArrayType2(e->code.i8, bytes), name);
    LLVMSetInitializer(v, content);
    LLVMSetLinkage(v, LLVMInternalLinkage);
    LLVMSetAlignment(v, 64);
    return v;
}

static void add_data(Emit *e) {
    const TtfsProgram *p = e->program;
    uint8_t *consts = ttfs_hold(p->const_bytes, NULL);
    ttfs_program_pack(p, consts);
    e->consts = private_data(
        e, "constants", p->const_bytes,
        LLVMConstStringInContext2(e->code.context, (const char *)consts, p->const_bytes, 1));
    LLVMSetGlobalConstant(e->consts, 1);
    ttfs_release(consts);
    uint64_t work = p->sample_bytes + TTFS_SLACK;
    e->work = private_data(e, "workspace", work, LLVMConstNull(LLVMArrayType2(e->code.i8, work)));
}

/* Strides of a population, from value to value of each axis. */
static Value at_place(const Emit *e, const TtfsStore *t, Value ch, Value y, Value x) {
    const Code *c = &e->code;
    Value at = ttfs_code_plus(c, e->work, t->origin);
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, ch, t->elt));
    at = ttfs_code_plus_value(c, at, ttfs_code_times(c, y, t->row));
    return ttfs_code_plus_value(c, at, ttfs_code_times(c, x, t->pixel));
}

/* What is written of a value that lies in the workspace. */
static Value outside(const Emit *e, const TtfsPopulation *pop, Value v) {
    const Code *c = &e->code;
    if (pop->kind == TTFS_POP_READOUT) return v;
    LLVMTypeRef type = LLVMTypeOf(v);
    Value silent = LLVMBuildICmp(c->at, LLVMIntEQ, v, LLVMConstInt(type, 0, 0), "");
    Value wide = LLVMBuildZExt(c->at, v, c->i32, "");
    Value tick = LLVMBuildSub(c->at, LLVMConstInt(c->i32, pop->ticks, 0), wide, "");
    Value none = LLVMConstInt(c->i16, 0xffff, 0);
    return LLVMBuildSelect(c->at, silent, none, LLVMBuildTrunc(c->at, tick, c->i16, ""), "");
}

/* Copies a population to `to`, neuron for neuron in order of channel, row, column. */
static void copy_out(Emit *e, uint32_t pop, Value to, uint32_t elt_out) {
    Code *c = &e->code;
    const TtfsPopulation *p = &e->program->spike->pops.at[pop];
    const TtfsStore *t = &e->program->store[pop];
    LLVMTypeRef type = t->elt == 1 ? c->i8 : t->elt == 2 ? c->i16 : c->i32;
    Loop lc, ly, lx;
    Value zero = ttfs_code_i64(c, 0);
    Value ch = ttfs_code_loop(c, &lc, zero, ttfs_code_i64(c, p->c), 1);
    Value y = ttfs_code_loop(c, &ly, zero, ttfs_code_i64(c, p->h), 1);
    Value x = ttfs_code_loop(c, &lx, zero, ttfs_code_i64(c, p->w), 1);
    Value v = ttfs_code_load(c, type, at_place(e, t, ch, y, x));
    Value place = LLVMBuildNUWAdd(c->at, ttfs_code_times(c, ch, p->h), y, "");
    place = LLVMBuildNUWAdd(c->at, ttfs_code_times(c, place, p->w), x, "");
    ttfs_code_store(c, outside(e, p, v),
                    ttfs_code_plus_value(c, to, ttfs_code_times(c, place, elt_out)));
    ttfs_code_loop_end(c, &lx);
    ttfs_code_loop_end(c, &ly);
    ttfs_code_loop_end(c, &lc);
}

/* The readouts, or all others, in order of population. */
static void copy_populations(Emit *e, bool readouts, Value to) {
    const TtfsSpike *s = e->program->spike;
    uint32_t elt = readouts ? sizeof(int32_t) : sizeof(uint16_t);
    uint64_t neurons = 0;
    for (uint32_t i = 0; i < s->pops.len; i++) {
        if ((s->pops.at[i].kind == TTFS_POP_READOUT) != readouts) continue;
        copy_out(e, i, ttfs_code_plus(&e->code, to, neurons * elt), elt);
        neurons += ttfs_pop_size(&s->pops.at[i]);
    }
}

/* Every population has its values at the end of a run, as for runs that ask for ticks. */
static bool is_taken(const TtfsRoutine *s) {
    return s->run != TTFS_RUN_POTENTIALS;
}

/* The halo of a store that another population may have written over. */
static void clear_halo(Emit *e, const TtfsRoutine *s) {
    const Code *c = &e->code;
    const TtfsStore *t = &e->program->store[s->pop];
    bool halo = t->pad[0] || t->pad[1] || t->pad[2] || t->pad[3];
    if (!e->program->shared || !halo || s->kind == TTFS_ROUTINE_EVENTS) return;
    LLVMBuildMemSet(c->at, ttfs_code_plus(c, e->work, t->base), LLVMConstInt(c->i8, 0, 0),
                    ttfs_code_i64(c, t->bytes), 64);
}

/* Every routine once, all of its units, on one sample. */
static void add_run(Emit *e, const char *suffix, bool real) {
    Code *c = &e->code;
    const TtfsProgram *p = e->program;
    uint32_t last = p->routines.len - 1;
    LLVMTypeRef arg[2] = {c->ptr, c->ptr};
    begin(e, suffix, LLVMVoidTypeInContext(c->context), arg, 2);
    for (uint32_t i = 0; i < last; i++) {
        if (!is_taken(&p->routines.at[i])) continue;
        bool input = p->routines.at[i].kind == TTFS_ROUTINE_INPUT;
        const TtfsRoutine *s = &p->routines.at[input && real ? last : i];
        clear_halo(e, s);
        Value f = LLVMGetNamedFunction(c->module, s->symbol);
        Value in = input ? LLVMGetParam(c->function, 0) : LLVMConstNull(c->ptr);
        Value with[6] = {e->consts,
                         e->work,
                         in,
                         ttfs_code_i64(c, 1),
                         ttfs_code_i64(c, 0),
                         ttfs_code_i64(c, s->units)};
        LLVMBuildCall2(c->at, LLVMGlobalGetValueType(f), f, with, 6, "");
    }
    copy_populations(e, true, LLVMGetParam(c->function, 1));
    ttfs_code_end(c);
}

static void add_ticks(Emit *e) {
    Code *c = &e->code;
    begin(e, "ticks", LLVMVoidTypeInContext(c->context), &c->ptr, 1);
    copy_populations(e, false, LLVMGetParam(c->function, 0));
    ttfs_code_end(c);
}

/* The first of the `n` potentials from `first` on that is the largest. */
static void add_class(Emit *e, uint32_t first, uint32_t n) {
    Code *c = &e->code;
    begin(e, "class", c->i32, &c->ptr, 1);
    Value from = ttfs_code_plus(c, LLVMGetParam(c->function, 0), first * sizeof(int32_t));
    Value best = ttfs_code_variable(c, c->i64, ttfs_code_i64(c, 0));
    Value top = ttfs_code_variable(c, c->i32, ttfs_code_load(c, c->i32, from));
    Loop loop;
    Value i = ttfs_code_loop(c, &loop, ttfs_code_i64(c, 1), ttfs_code_i64(c, n), 1);
    Value at = ttfs_code_plus_value(c, from, ttfs_code_times(c, i, sizeof(int32_t)));
    Value v = ttfs_code_load(c, c->i32, at);
    Value more = LLVMBuildICmp(c->at, LLVMIntSGT, v, LLVMBuildLoad2(c->at, c->i32, top, ""), "");
    LLVMBasicBlockRef after = ttfs_code_if(c, more);
    LLVMBuildStore(c->at, v, top);
    LLVMBuildStore(c->at, i, best);
    ttfs_code_if_end(c, after);
    ttfs_code_loop_end(c, &loop);
    Value result = LLVMBuildLoad2(c->at, c->i64, best, "");
    LLVMBuildRet(c->at, LLVMBuildTrunc(c->at, result, c->i32, ""));
    ttfs_code_done(c);
}

static void build(Emit *e) {
    const TtfsProgram *p = e->program;
    bool floats = ttfs_emit_has_floats(p->target);
    for (uint32_t i = 0; i < p->routines.len - !floats; i++)
        if (is_taken(&p->routines.at[i])) ttfs_object_build(&e->code, i, true);
    add_data(e);
    add_run(e, "run", false);
    if (floats) add_run(e, "run_real", true);
    if (!p->shared) add_ticks(e);
    uint32_t first, n;
    if (ttfs_emit_classes(p->spike, &first, &n)) add_class(e, first, n);
}

typedef struct {
    const TtfsProgram *program;
    const TtfsEmitJob *job;
    TtfsBuf *out;
    TtfsDiag *diag;
} Module;

static bool emit_module(TtfsWorkshop *w, void *context) {
    const Module *m = context;
    const TtfsProgram *p = m->program;
    const TtfsEmitJob *job = m->job;
    Emit e = {.job = job, .program = p};
    e.code = (Code){.program = p, .target = p->target, .context = w->context, .module = w->module};
    build(&e);
    if (!ttfs_object_optimise(w->module, w->machine, job->name, NULL, m->diag) ||
        !ttfs_object_passes(w->module, w->machine, specialise, m->diag))
        return false;
    if (job->format == TTFS_EMIT_OBJECT)
        return ttfs_object_write(w->module, w->machine, m->out, m->diag);
    if (job->format == TTFS_EMIT_LL) {
        char *text = LLVMPrintModuleToString(w->module);
        if (!text) ttfs_oom(0);
        ttfs_buf_puts(m->out, text);
        LLVMDisposeMessage(text);
    }
    return true;
}

bool ttfs_emit(const TtfsSpike *s, const TtfsEmitJob *job, TtfsBuf *out, TtfsDiag *diag) {
    TtfsArena a = {0};
    TtfsTarget target;
    TtfsProgram program;
    char *own = LLVMGetDefaultTargetTriple();
    const char *triple = job->triple ? job->triple : ttfs_arena_strdup(&a, own);
    LLVMDisposeMessage(own);
    bool ok = ttfs_target_triple(&target, triple, job->cpu, &a, diag);
    if (ok) {
        ttfs_program_of(&program, s, &target, 0, job->share_memory, &a);
        if (job->format == TTFS_EMIT_HEADER)
            ttfs_emit_header(&program, job, out);
        else
            ok = ttfs_object_make(&target, job->name, emit_module,
                                  &(Module){&program, job, out, diag}, diag);
    }
    ttfs_arena_free(&a);
    return ok;
}
