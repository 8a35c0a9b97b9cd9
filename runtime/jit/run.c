/* SPDX-License-Identifier: Apache-2.0
 *
 * Running. Samples go in chunks that fit a core's cache, each chunk through all routines by one
 * member of the team. When there are fewer chunks than members, all members take one chunk and
 * share the work of its large routines. Results are copied out of the workspace, from channels
 * innermost to channels outermost.
 */
#include "jit_inside.h"

#include <stdatomic.h>
#include <string.h>

enum { SHARED_MACS = 2000000 }; /* of a routine that is worth sharing: some microseconds of work */
enum { SILENT = 0xffff, PARTS_EACH = 2 };

typedef struct {
    TtfsJit *jit;
    uint64_t samples, chunk;
    const uint8_t *in;
    uint64_t in_bytes; /* of a sample */
    uint32_t input_routine;
    int32_t *potentials;
    uint16_t *ticks;
    TtfsJitVisit *visit; /* NULL: nobody */
    void *context;
    atomic_uint_least64_t next; /* chunk; part of a shared routine */
    uint32_t shared;            /* the routine that is being shared, ... */
    uint64_t at;                /* ... and for which samples */
} Run;

/* The tick of a value; 0 is silence. Without a branch: which it is nobody can foretell. */
static uint16_t tick_of(uint32_t value, uint32_t ticks) {
    uint32_t silent = value == 0;
    return (uint16_t)((ticks - value) | (SILENT * silent));
}

/* Ticks of the `n` pixels of a row from their values, `stride` values apart. */
static void row_of_bytes(const uint8_t *at, uint64_t stride, uint32_t n, uint32_t ticks,
                         uint16_t *out) {
    for (uint32_t x = 0; x < n; x++, at += stride) out[x] = tick_of(*at, ticks);
}

static void row_of_words(const uint16_t *at, uint64_t stride, uint32_t n, uint32_t ticks,
                         uint16_t *out) {
    for (uint32_t x = 0; x < n; x++, at += stride) out[x] = tick_of(*at, ticks);
}

/* Swaps the odd groups of `bits` bits of a with the even ones of b. */
static void swap_groups(uint64_t *a, uint64_t *b, uint32_t bits, uint64_t even) {
    uint64_t low = (*a & even) | (*b & even) << bits;
    *b = (*a >> bits & even) | (*b & ~even);
    *a = low;
}

/* Eight channels of eight pixels, `stride` bytes apart, as eight words of a channel each, whose
 * lowest byte is the first pixel. Bytes of a word lie as on every processor that code is made for:
 * the lowest first. */
static void turn_bytes(const uint8_t *at, uint64_t stride, uint64_t r[8]) {
    for (uint32_t i = 0; i < 8; i++) memcpy(&r[i], at + i * stride, 8);
    for (uint32_t i = 0; i < 4; i++) swap_groups(&r[i], &r[i + 4], 32, 0x00000000ffffffff);
    for (uint32_t i = 0; i < 8; i += 4)
        for (uint32_t k = i; k < i + 2; k++) swap_groups(&r[k], &r[k + 2], 16, 0x0000ffff0000ffff);
    for (uint32_t i = 0; i < 8; i += 2) swap_groups(&r[i], &r[i + 1], 8, 0x00ff00ff00ff00ff);
}

enum { AT_ONCE = 1024 }; /* pixels whose bytes are turned before they become ticks */

/* Eight channels of a row of n pixels: each channel's bytes, AT_ONCE from the next one's. */
static void turn_row(const uint8_t *at, uint64_t stride, uint32_t n, uint8_t *out) {
    uint64_t r[8];
    uint32_t x = 0;
    for (; x + 8 <= n; x += 8) {
        turn_bytes(at + x * stride, stride, r);
        for (uint32_t ch = 0; ch < 8; ch++) memcpy(out + ch * AT_ONCE + x, &r[ch], 8);
    }
    for (; x < n; x++)
        for (uint32_t ch = 0; ch < 8; ch++) out[ch * AT_ONCE + x] = at[x * stride + ch];
}

static void ticks_of(const uint8_t *restrict at, uint32_t n, uint32_t ticks,
                     uint16_t *restrict out) {
    for (uint32_t x = 0; x < n; x++) out[x] = tick_of(at[x], ticks);
}

/* Eight channels from `at` on; the first one's ticks go to `out`. A row has AT_ONCE pixels at most.
 */
static void eight_channels(const TtfsJitPop *p, const uint8_t *at, uint16_t *out) {
    uint8_t bytes[8 * AT_ONCE];
    uint32_t rows = AT_ONCE / p->w;
    for (uint32_t y = 0; y < p->h; y += rows) {
        if (rows > p->h - y) rows = p->h - y;
        for (uint32_t i = 0; i < rows; i++)
            turn_row(at + (y + i) * p->store.row, p->c, p->w, bytes + i * p->w);
        for (uint32_t ch = 0; ch < 8; ch++)
            ticks_of(bytes + ch * AT_ONCE, rows * p->w, p->ticks,
                     out + ((uint64_t)ch * p->h + y) * p->w);
    }
}

/* Channels that can be taken so. */
static uint32_t in_eights(const TtfsJitPop *p) {
    bool can = p->store.elt == 1 && p->h * p->w > 1 && p->w <= AT_ONCE;
    return can ? p->c / 8 * 8 : 0;
}

static void copy_ticks(const TtfsJitPop *p, const uint8_t *sample, uint16_t *out) {
    const TtfsStore *s = &p->store;
    /* A vector is one row of channels. */
    bool flat = p->h * p->w == 1;
    uint32_t rows = flat ? 1 : p->h, n = flat ? p->c : p->w, channels = flat ? 1 : p->c;
    uint64_t stride = flat ? 1 : p->c;
    uint32_t eights = in_eights(p);
    for (uint32_t ch = 0; ch < eights; ch += 8, out += 8 * (uint64_t)rows * n)
        eight_channels(p, sample + s->origin + ch, out);
    for (uint32_t ch = eights; ch < channels; ch++)
        for (uint32_t y = 0; y < rows; y++, out += n) {
            const uint8_t *at = sample + s->origin + y * s->row + (uint64_t)ch * s->elt;
            if (s->elt == 1)
                row_of_bytes(at, stride, n, p->ticks, out);
            else
                row_of_words((const uint16_t *)(const void *)at, stride, n, p->ticks, out);
        }
}

static void copy_potentials(const TtfsJitPop *p, const uint8_t *sample, int32_t *out) {
    const TtfsStore *s = &p->store;
    if (p->h * p->w == 1) {
        memcpy(out, sample + s->origin, p->c * sizeof *out);
        return;
    }
    for (uint32_t ch = 0; ch < p->c; ch++)
        for (uint32_t y = 0; y < p->h; y++)
            for (uint32_t x = 0; x < p->w; x++, out++)
                memcpy(out, sample + s->origin + y * s->row + x * s->pixel + ch * sizeof *out,
                       sizeof *out);
}

/* The results of sample `i`, which lies at `sample` in the workspace. */
static void copy_results(const Run *r, uint64_t i, const uint8_t *sample) {
    const TtfsJit *j = r->jit;
    int32_t *potentials = r->potentials ? r->potentials + i * j->readouts : NULL;
    uint16_t *ticks = r->ticks ? r->ticks + i * j->neurons : NULL;
    for (uint32_t k = 0; k < j->pops; k++) {
        const TtfsJitPop *p = &j->pop[k];
        uint32_t n = p->c * p->h * p->w;
        if (p->kind == TTFS_POP_READOUT) {
            if (potentials) copy_potentials(p, sample, potentials);
            if (potentials) potentials += n;
        } else if (ticks) {
            copy_ticks(p, sample, ticks);
            ticks += n;
        }
    }
}

/* The function of routine k of this run. */
static uint32_t routine_of(const Run *r, uint32_t k) {
    return k == r->jit->input ? r->input_routine : k;
}

static bool is_taken(const Run *r, uint32_t k) {
    TtfsRoutineRun run = r->jit->run[k];
    return run == TTFS_RUN_ALL || (run == TTFS_RUN_TICKS) == (r->ticks || r->visit);
}

static uint64_t chunk_size(const Run *r, uint64_t first) {
    return r->samples - first < r->chunk ? r->samples - first : r->chunk;
}

static void run_routine(const Run *r, uint32_t k, uint8_t *work, uint64_t at, uint64_t n,
                        uint64_t first, uint64_t end) {
    r->jit->routine[routine_of(r, k)](r->jit->consts, work, r->in + at * r->in_bytes, n, first,
                                      end);
}

/* A row of `n` values, `stride` apart, out of the workspace or back. */
static void take_row(const TtfsStore *s, const uint8_t *at, uint64_t stride, uint32_t n,
                     uint16_t *x) {
    const uint16_t *words = (const uint16_t *)(const void *)at;
    for (uint32_t i = 0; i < n; i++) x[i] = s->elt == 1 ? at[i * stride] : words[i * stride];
}

static void put_row(const TtfsStore *s, uint8_t *at, uint64_t stride, uint32_t n,
                    const uint16_t *x) {
    uint16_t *words = (uint16_t *)(void *)at;
    for (uint32_t i = 0; i < n; i++)
        if (s->elt == 1)
            at[i * stride] = (uint8_t)x[i];
        else
            words[i * stride] = x[i];
}

/* All values of a population of a sample: out of the workspace, or with `put` back. */
static void move_values(const TtfsJitPop *p, uint8_t *sample, uint16_t *x, bool put) {
    const TtfsStore *s = &p->store;
    bool flat = p->h * p->w == 1; /* a vector is one row of channels */
    uint32_t rows = flat ? 1 : p->h, n = flat ? p->c : p->w, channels = flat ? 1 : p->c;
    for (uint32_t ch = 0; ch < channels; ch++)
        for (uint32_t y = 0; y < rows; y++, x += n) {
            uint8_t *at = sample + s->origin + y * s->row + (uint64_t)ch * s->elt;
            if (put)
                put_row(s, at, flat ? 1 : p->c, n, x);
            else
                take_row(s, at, flat ? 1 : p->c, n, x);
        }
}

/* The population of the `n` samples from `first` on, which a member has in hand. */
static void visit(const Run *r, uint32_t member, uint32_t pop, uint64_t first, uint64_t n) {
    const TtfsJit *j = r->jit;
    for (uint64_t i = 0; i < n; i++) {
        uint8_t *sample = j->work[member] + i * j->sample_bytes;
        uint16_t *x = j->shown[member];
        move_values(&j->pop[pop], sample, x, false);
        if (r->visit(r->context, member, first + i, pop, x))
            move_values(&j->pop[pop], sample, x, true);
    }
}

/* Chunks of their own: every member takes the next until there is none. */
static void run_chunks(void *context, uint32_t member, uint32_t members) {
    Run *r = context;
    const TtfsJit *j = r->jit;
    uint8_t *work = j->work[member];
    (void)members;
    for (;;) {
        uint64_t at = atomic_fetch_add(&r->next, 1) * r->chunk;
        if (at >= r->samples) return;
        uint64_t n = chunk_size(r, at);
        for (uint32_t k = 0; k + 1 < j->routines; k++)
            if (is_taken(r, k)) {
                run_routine(r, k, work, at, n, 0, j->units[k]);
                if (r->visit && j->filled[k]) visit(r, member, j->filled[k] - 1, at, n);
            }
        for (uint64_t i = 0; i < n; i++) copy_results(r, at + i, work + i * j->sample_bytes);
    }
}

static bool is_shared(const Run *r, uint32_t k, uint64_t samples) {
    const TtfsJit *j = r->jit;
    return is_taken(r, k) && j->units[k] > 1 && j->macs[k] * samples >= SHARED_MACS;
}

/* Parts of the routine that is being shared: a few each, so that one who comes late finds some
 * left.
 */
static void run_parts(void *context, uint32_t member, uint32_t members) {
    Run *r = context;
    const TtfsJit *j = r->jit;
    uint64_t units = j->units[r->shared], parts = (uint64_t)members * PARTS_EACH;
    (void)member;
    if (parts > units) parts = units;
    for (;;) {
        uint64_t p = atomic_fetch_add(&r->next, 1);
        if (p >= parts) return;
        run_routine(r, r->shared, j->work[0], r->at, chunk_size(r, r->at), units * p / parts,
                    units * (p + 1) / parts);
    }
}

/* One workspace for all: large routines are shared, the caller does the rest alone. */
static void run_shared(Run *r) {
    const TtfsJit *j = r->jit;
    uint8_t *work = j->work[0];
    for (r->at = 0; r->at < r->samples; r->at += r->chunk) {
        uint64_t n = chunk_size(r, r->at);
        for (r->shared = 0; r->shared + 1 < j->routines; r->shared++) {
            atomic_store(&r->next, 0);
            if (is_shared(r, r->shared, n))
                ttfs_team_run(j->team, run_parts, r);
            else if (is_taken(r, r->shared))
                run_routine(r, r->shared, work, r->at, n, 0, j->units[r->shared]);
        }
        for (uint64_t i = 0; i < n; i++) copy_results(r, r->at + i, work + i * j->sample_bytes);
    }
}

static bool worth_sharing(const Run *r) {
    for (uint32_t k = 0; k + 1 < r->jit->routines; k++)
        if (is_shared(r, k, r->samples)) return true;
    return false;
}

static void run(TtfsJit *j, Run *r) {
    pthread_mutex_lock(&j->turn);
    uint32_t members = ttfs_team_size(j->team);
    uint64_t even = (r->samples + members - 1) / members;
    r->jit = j;
    r->chunk = even < j->chunk ? even : j->chunk;
    atomic_init(&r->next, 0);
    if (members == 1 || (r->samples < members && (r->visit || !worth_sharing(r))))
        run_chunks(r, 0, 1);
    else if (r->samples < members)
        run_shared(r);
    else
        ttfs_team_run(j->team, run_chunks, r);
    pthread_mutex_unlock(&j->turn);
}

void ttfs_jit_run(TtfsJit *j, uint64_t n, const uint16_t *x, int32_t *potentials, uint16_t *ticks) {
    Run r = {.samples = n,
             .in = (const uint8_t *)x,
             .in_bytes = j->inputs * sizeof *x,
             .input_routine = j->input,
             .potentials = potentials,
             .ticks = ticks};
    if (n) run(j, &r);
}

void ttfs_jit_run_real(TtfsJit *j, uint64_t n, const float *values, int32_t *potentials,
                       uint16_t *ticks) {
    Run r = {.samples = n,
             .in = (const uint8_t *)values,
             .in_bytes = j->inputs * sizeof *values,
             .input_routine = j->routines - 1,
             .potentials = potentials,
             .ticks = ticks};
    if (n) run(j, &r);
}

void ttfs_jit_run_visited(TtfsJit *j, uint64_t n, const float *values, int32_t *potentials,
                          TtfsJitVisit *visitor, void *context) {
    Run r = {.samples = n,
             .in = (const uint8_t *)values,
             .in_bytes = j->inputs * sizeof *values,
             .input_routine = j->routines - 1,
             .potentials = potentials,
             .visit = visitor,
             .context = context};
    if (n) run(j, &r);
}
