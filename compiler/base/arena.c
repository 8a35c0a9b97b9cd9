/* SPDX-License-Identifier: Apache-2.0
 *
 * Arena over chunks of doubling size; what is handed out is zeroed then. The largest chunk that a
 * release has emptied stays at hand: a loop that takes and releases at a chunk's end does not ask
 * the system for memory each time. Under the address sanitizer what was not handed out is poisoned,
 * behind every array a little at least: a step too far in a loop is seen there, though it stays
 * inside of a chunk.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined __SANITIZE_ADDRESS__
#define POISONS 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif
#ifdef POISONS
#include <sanitizer/asan_interface.h>
#else
#define POISONS                           0
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 64, FIRST_CHUNK = 16 * 1024, LARGEST_CHUNK = 16 * 1024 * 1024 };

struct TtfsArenaChunk {
    TtfsArenaChunk *prev;
    size_t fill, size; /* bytes of data used and held */
    _Alignas(ALIGN) unsigned char data[];
};

static void give_back(TtfsArena *a, TtfsArenaChunk *c) {
    if (!c) return;
    ttfs_budget_release(a->budget, c->size);
    ttfs_release(c);
}

static void drop_spare(TtfsArena *a) {
    give_back(a, a->spare);
    a->spare = NULL;
}

/* The newest chunk is given back, or becomes the spare one when it is larger than that. */
static void drop_top(TtfsArena *a) {
    TtfsArenaChunk *c = a->top, *less = a->spare;
    a->top = c->prev;
    if (less && less->size >= c->size)
        less = c;
    else
        a->spare = c;
    ASAN_POISON_MEMORY_REGION(c->data, c->size);
    give_back(a, less);
}

/* A spare chunk may stay while a guard that is left takes it only together with what is in use. */
static bool may_stay(const TtfsArena *a) {
    return a->top && a->spare->size <= LARGEST_CHUNK && ttfs_held_alike(a->spare, a->top);
}

void ttfs_arena_free(TtfsArena *a) {
    while (a->top) drop_top(a);
    drop_spare(a);
    a->used = 0;
}

TtfsMark ttfs_arena_mark(const TtfsArena *a) {
    return (TtfsMark){a->top, a->top ? a->top->fill : 0, a->used};
}

void ttfs_arena_release(TtfsArena *a, TtfsMark mark) {
    while (a->top != mark.top) drop_top(a);
    if (a->spare && !may_stay(a)) drop_spare(a);
    TtfsArenaChunk *c = a->top;
    if (c) c->fill = mark.fill;
    if (c) ASAN_POISON_MEMORY_REGION(c->data + c->fill, c->size - c->fill);
    a->used = mark.used;
}

static TtfsArenaChunk *new_chunk(TtfsArena *a, size_t least) {
    size_t size = a->top ? a->top->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK) size = LARGEST_CHUNK;
    if (size < least) size = least;
    TtfsGuard *g = a->outlives ? NULL : ttfs_guard_now();
    TtfsArenaChunk *c = ttfs_try_hold(g, sizeof *c + size, NULL);
    if (!c) return NULL;
    c->size = size;
    ttfs_budget_hold(a->budget, size);
    return c;
}

static bool add_chunk(TtfsArena *a, size_t least) {
    if (a->spare && a->spare->size < least) drop_spare(a);
    TtfsArenaChunk *c = a->spare ? a->spare : new_chunk(a, least);
    if (!c) return false;
    a->spare = NULL;
    c->prev = a->top;
    c->fill = 0;
    a->top = c;
    ASAN_POISON_MEMORY_REGION(c->data, c->size);
    return true;
}

void *ttfs_arena_try_array(TtfsArena *a, size_t count, size_t size) {
    if (size && count > (SIZE_MAX - 2 * ALIGN) / size) return NULL;
    size_t wanted = count * size, bytes = (wanted + POISONS + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes == 0) bytes = ALIGN;
    if (!a->top || a->top->size - a->top->fill < bytes)
        if (!add_chunk(a, bytes)) return NULL;
    void *p = a->top->data + a->top->fill;
    a->top->fill += bytes;
    a->used += bytes;
    ASAN_UNPOISON_MEMORY_REGION(p, bytes);
    memset(p, 0, bytes);
    ASAN_POISON_MEMORY_REGION((unsigned char *)p + wanted, bytes - wanted);
    return p;
}

void *ttfs_arena_array(TtfsArena *a, size_t count, size_t size) {
    void *p = ttfs_arena_try_array(a, count, size);
    if (!p) ttfs_oom(size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
    return p;
}

char *ttfs_arena_strndup(TtfsArena *a, const char *s, size_t n) {
    char *p = ttfs_arena_array(a, n + 1, 1);
    memcpy(p, s, n);
    return p;
}

char *ttfs_arena_strdup(TtfsArena *a, const char *s) {
    return ttfs_arena_strndup(a, s, strlen(s));
}

char *ttfs_arena_printf(TtfsArena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) ttfs_oom(0); /* numbers of very many digits take memory */
    char *p = ttfs_arena_array(a, (size_t)n + 1, 1);
    if (vsnprintf(p, (size_t)n + 1, fmt, again) != n) ttfs_oom((size_t)n);
    va_end(again);
    return p;
}

void *ttfs_vec_grow(TtfsArena *a, void *at, uint32_t *cap, uint32_t len, size_t size) {
    if (len < *cap) return at;
    uint32_t wider = *cap ? *cap * 2 : 8;
    void *p = ttfs_arena_array(a, wider, size);
    if (len) memcpy(p, at, len * size);
    *cap = wider;
    return p;
}
