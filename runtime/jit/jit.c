/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing of an instance. Routines whose code the cache holds are taken from there; the
 * others are made side by side by the team. All objects are linked into one LLJIT, whose functions
 * live until the instance is closed.
 */
#include "jit_inside.h"

#include "cache.h"
#include "cache_folder.h"
#include "clock.h"
#include "jit_version.h"
#include "link.h"
#include "object.h"
#include "parallel.h"

#include <stdatomic.h>

enum { CHUNK_MOST = 64, CHUNK_BYTES = 512 << 10 }; /* of a workspace that stays in a core's cache */
#define CACHE_BYTES ((uint64_t)256 << 20)

/* The code of all routines in the making. */
typedef struct {
    const TtfsProgram *program;
    const TtfsJitOptions *options;
    const char *cache; /* folder, NULL: none */
    TtfsBuf *object;   /* [routines] */
    char (*key)[65];   /* [routines] */
    uint32_t *missing; /* routines that the cache does not have */
    uint32_t n_missing;
    TtfsDiag *diag; /* [members] */
    atomic_uint next;
} Making;

static void find_cached(Making *m) {
    for (uint32_t i = 0; i < m->program->routines.len; i++) {
        TtfsBuf text = {0};
        ttfs_buf_puts(&text, TTFS_JIT_SOURCES " LLVM " TTFS_LLVM_VERSION "\n");
        ttfs_program_describe(m->program, i, &text);
        ttfs_sha256_of(text.text, text.len, m->key[i]);
        ttfs_buf_free(&text);
        bool use = m->cache && !m->options->dump;
        if (!use || !ttfs_cache_get(m->cache, m->key[i], &m->object[i]))
            m->missing[m->n_missing++] = i;
    }
}

static void make_routines(void *context, uint32_t member, uint32_t members) {
    Making *m = context;
    (void)members;
    for (;;) {
        uint32_t k = atomic_fetch_add(&m->next, 1);
        if (k >= m->n_missing) return;
        uint32_t i = m->missing[k];
        if (!ttfs_object_of_routine(m->program, i, m->options->dump, &m->object[i],
                                    &m->diag[member]))
            return;
        if (m->cache) ttfs_cache_put(m->cache, m->key[i], m->object[i].text, m->object[i].len);
    }
}

static bool link_routines(TtfsJit *j, Making *m, TtfsDiag *diag) {
    const TtfsRoutine *routine = m->program->routines.at;
    j->code = ttfs_link_open(diag);
    if (!j->code) return false;
    for (uint32_t i = 0; i < j->routines; i++) {
        if (!ttfs_link_add(j->code, &m->object[i], routine[i].symbol, diag)) return false;
        j->stats.code_bytes += m->object[i].len;
    }
    for (uint32_t i = 0; i < j->routines; i++) {
        uintptr_t at = ttfs_link_find(j->code, routine[i].symbol, diag);
        if (!at) return false;
        j->routine[i] = (TtfsRoutineFunction *)at;
    }
    return true;
}

static bool make_code(TtfsJit *j, const TtfsProgram *p, const TtfsJitOptions *o, TtfsDiag *diag) {
    TtfsArena a = {0};
    Making m = {.program = p, .options = o};
    if (o->cache) m.cache = ttfs_cache_folder(*o->cache ? o->cache : NULL, &a, diag);
    uint32_t members = ttfs_team_size(j->team);
    m.object = TTFS_ARRAY(&a, TtfsBuf, j->routines);
    m.key = ttfs_arena_array(&a, j->routines, sizeof *m.key);
    m.missing = TTFS_ARRAY(&a, uint32_t, j->routines);
    m.diag = TTFS_ARRAY(&a, TtfsDiag, members);
    atomic_init(&m.next, 0);
    find_cached(&m);
    ttfs_object_init();
    double start = ttfs_now();
    if (m.n_missing) ttfs_team_run(j->team, make_routines, &m);
    j->stats.generate_seconds = m.n_missing ? ttfs_now() - start : 0;
    j->stats.generated = m.n_missing;
    j->stats.cached = j->routines - m.n_missing;
    if (m.n_missing && m.cache)
        ttfs_cache_trim(m.cache, o->cache_bytes ? o->cache_bytes : CACHE_BYTES);
    bool ok = true;
    for (uint32_t i = 0; i < members; i++) {
        ok = ok && !m.diag[i].errors;
        ttfs_diag_append(diag, &m.diag[i]);
        ttfs_diag_free(&m.diag[i]);
    }
    ok = ok && link_routines(j, &m, diag);
    for (uint32_t i = 0; i < j->routines; i++) ttfs_buf_free(&m.object[i]);
    ttfs_arena_free(&a);
    return ok;
}

static void keep_routines(TtfsJit *j, const TtfsProgram *p) {
    const TtfsSpike *s = p->spike;
    j->routines = p->routines.len;
    j->units = TTFS_ARRAY(&j->arena, uint32_t, j->routines);
    j->macs = TTFS_ARRAY(&j->arena, uint64_t, j->routines);
    j->filled = TTFS_ARRAY(&j->arena, uint32_t, j->routines);
    j->run = TTFS_ARRAY(&j->arena, TtfsRoutineRun, j->routines);
    j->routine = TTFS_ARRAY(&j->arena, TtfsRoutineFunction *, j->routines);
    j->layer = TTFS_ARRAY(&j->arena, TtfsJitLayer, s->pops.len);
    for (uint32_t i = 0; i + 1 < j->routines; i++) {
        const TtfsRoutine *routine = &p->routines.at[i];
        j->units[i] = routine->units;
        j->run[i] = routine->run;
        j->macs[i] = routine->macs;
        if (routine->kind != TTFS_ROUTINE_EVENTS && s->pops.at[routine->pop].ticks)
            j->filled[i] = routine->pop + 1;
        if (routine->kind == TTFS_ROUTINE_INPUT) j->input = i;
        if (routine->kind != TTFS_ROUTINE_LINEAR || routine->run == TTFS_RUN_TICKS) continue;
        j->layer[j->layers++] =
            (TtfsJitLayer){.name = ttfs_arena_strdup(&j->arena, s->pops.at[routine->pop].name),
                           .kernel = routine->kernel,
                           .events = routine->events,
                           .why = routine->why,
                           .macs = routine->macs};
    }
}

static void keep_populations(TtfsJit *j, const TtfsProgram *p) {
    const TtfsSpike *s = p->spike;
    j->pops = s->pops.len;
    j->pop = TTFS_ARRAY(&j->arena, TtfsJitPop, j->pops);
    j->inputs = ttfs_pop_size(ttfs_spike_pop(s, s->input));
    j->sample_bytes = p->sample_bytes;
    for (uint32_t i = 0; i < j->pops; i++) {
        const TtfsPopulation *pop = &s->pops.at[i];
        j->pop[i] = (TtfsJitPop){pop->kind, pop->c, pop->h, pop->w, pop->ticks, p->store[i]};
        if (pop->kind == TTFS_POP_READOUT)
            j->readouts += ttfs_pop_size(pop);
        else
            j->neurons += ttfs_pop_size(pop);
    }
}

/* Neurons of the largest population. */
static uint64_t widest(const TtfsJit *j) {
    uint64_t most = 1;
    for (uint32_t i = 0; i < j->pops; i++) {
        uint64_t n = (uint64_t)j->pop[i].c * j->pop[i].h * j->pop[i].w;
        if (n > most) most = n;
    }
    return most;
}

/* Constants and workspaces. */
static bool take_memory(TtfsJit *j, const TtfsProgram *p, TtfsDiag *diag) {
    uint32_t members = ttfs_team_size(j->team);
    uint64_t fit = CHUNK_BYTES / j->sample_bytes;
    j->chunk = fit < 1 ? 1 : fit > CHUNK_MOST ? CHUNK_MOST : (uint32_t)fit;
    if (j->chunk > 8) j->chunk -= j->chunk % 8; /* whole tiles of samples */
    uint64_t bytes = j->chunk * j->sample_bytes + TTFS_SLACK;
    uint8_t *consts = ttfs_arena_try_array(&j->arena, p->const_bytes, 1);
    bool ok = consts != NULL;
    j->work = TTFS_ARRAY(&j->arena, uint8_t *, members);
    j->shown = TTFS_ARRAY(&j->arena, uint16_t *, members);
    for (uint32_t i = 0; ok && i < members; i++) {
        j->work[i] = ttfs_arena_try_array(&j->arena, bytes, 1);
        j->shown[i] = ttfs_arena_try_array(&j->arena, widest(j), sizeof **j->shown);
        ok = j->work[i] && j->shown[i];
    }
    if (!ok)
        return ttfs_error(diag, TTFS_AT_FILE("jit"), TTFS_JIT_MEMORY,
                          "no memory for %llu bytes of weights and %u times %llu of activations",
                          (unsigned long long)p->const_bytes, members, (unsigned long long)bytes);
    ttfs_program_pack(p, consts);
    j->consts = consts;
    j->stats.weight_bytes = p->const_bytes;
    j->stats.work_bytes = bytes * members;
    j->stats.chunk = j->chunk;
    return true;
}

static bool open(TtfsJit *j, const TtfsSpike *s, const TtfsJitOptions *o, TtfsDiag *diag) {
    TtfsProgram p;
    double start = ttfs_now();
    if (!ttfs_target_host(&j->target, o->cpu, &j->arena, diag)) return false;
    j->team = ttfs_team_open(o->threads ? o->threads : ttfs_cores());
    j->stats.threads = ttfs_team_size(j->team);
    j->stats.cpu = j->target.cpu;
    ttfs_program_of(&p, s, &j->target, (int)o->path, false, &j->arena);
    keep_populations(j, &p);
    keep_routines(j, &p);
    bool ok = take_memory(j, &p, diag) && make_code(j, &p, o, diag);
    j->stats.open_seconds = ttfs_now() - start;
    return ok;
}

typedef struct {
    const TtfsSpike *spike;
    const TtfsJitOptions *options;
    TtfsDiag *diag;
    TtfsJit *jit;
} Opening;

static void open_guarded(void *context) {
    Opening *o = context;
    TtfsArena arena = {0};
    TtfsJit *j = TTFS_NEW(&arena, TtfsJit);
    j->arena = arena;
    pthread_mutex_init(&j->turn, NULL);
    if (open(j, o->spike, o->options, o->diag))
        o->jit = j;
    else
        ttfs_jit_close(j);
}

TtfsJit *ttfs_jit_open(const TtfsSpike *s, const TtfsJitOptions *options, TtfsDiag *diag) {
    TtfsJitOptions none = {0};
    Opening o = {s, options ? options : &none, diag, NULL};
    return ttfs_diag_guard(diag, open_guarded, &o) ? o.jit : NULL;
}

void ttfs_jit_close(TtfsJit *j) {
    if (!j) return;
    ttfs_undo(j->code);
    ttfs_team_close(j->team);
    pthread_mutex_destroy(&j->turn);
    TtfsArena arena = j->arena; /* holds *j itself */
    ttfs_arena_free(&arena);
}

uint32_t ttfs_jit_inputs(const TtfsJit *j) {
    return j->inputs;
}

uint32_t ttfs_jit_readouts(const TtfsJit *j) {
    return j->readouts;
}

uint64_t ttfs_jit_neurons(const TtfsJit *j) {
    return j->neurons;
}

uint32_t ttfs_jit_layers(const TtfsJit *j) {
    return j->layers;
}

const TtfsJitLayer *ttfs_jit_layer(const TtfsJit *j, uint32_t i) {
    return &j->layer[i];
}

void ttfs_jit_stats(const TtfsJit *j, TtfsJitStats *out) {
    *out = j->stats;
}
