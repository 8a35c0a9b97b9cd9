/* SPDX-License-Identifier: Apache-2.0
 *
 * Arena: memory that is freed at once. Every form and every step's scratch data lives in one.
 * Invariant: pointers handed out stay valid until ttfs_arena_free or a release to an older mark.
 */
#ifndef TTFS_ARENA_H
#define TTFS_ARENA_H

#include "budget.h"
#include "guard.h"

typedef struct TtfsArenaChunk TtfsArenaChunk;

typedef struct {
    TtfsArenaChunk *top;   /* newest chunk, NULL when empty */
    TtfsArenaChunk *spare; /* one that a release has emptied, for the next; NULL: none */
    size_t used;           /* bytes handed out, for reports */
    TtfsBudget *budget;    /* what its chunks are counted in, set before the first; NULL: nothing */
    bool outlives;         /* set at first: a guard that is left (guard.h) does not free it */
} TtfsArena;

/* A place in an arena to which it can be released. */
typedef struct {
    TtfsArenaChunk *top;
    size_t fill, used;
} TtfsMark;

/* An empty arena is all zeros: `TtfsArena a = {0};`. */
void ttfs_arena_free(TtfsArena *a);
TtfsMark ttfs_arena_mark(const TtfsArena *a);
void ttfs_arena_release(TtfsArena *a, TtfsMark mark);

/* Zeroed memory for `count` objects of `size` bytes, aligned to 64; leaves for the guard (guard.h)
 * when there is none. A count of 0 gives a valid pointer. Sizes that come from a file are bounded
 * by the caller first. */
void *ttfs_arena_array(TtfsArena *a, size_t count, size_t size);
/* The same, but NULL when count * size overflows or memory is not to be had. */
void *ttfs_arena_try_array(TtfsArena *a, size_t count, size_t size);

#define TTFS_NEW(arena, type)          ((type *)ttfs_arena_array((arena), 1, sizeof(type)))
#define TTFS_ARRAY(arena, type, count) ((type *)ttfs_arena_array((arena), (count), sizeof(type)))

char *ttfs_arena_strdup(TtfsArena *a, const char *s);
char *ttfs_arena_strndup(TtfsArena *a, const char *s, size_t n);
char *ttfs_arena_printf(TtfsArena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Vector: a growing array inside an arena (old storage is left to the arena). Declare as
 *     struct { T *at; uint32_t len, cap; } v;   and push with   T *t = TTFS_PUSH(arena, v); */
void *ttfs_vec_grow(TtfsArena *a, void *at, uint32_t *cap, uint32_t len, size_t size);
#define TTFS_VEC(type)                                                                             \
    struct {                                                                                       \
        type *at;                                                                                  \
        uint32_t len, cap;                                                                         \
    }
#define TTFS_PUSH(arena, v)                                                                        \
    ((v).at = ttfs_vec_grow((arena), (v).at, &(v).cap, (v).len, sizeof *(v).at), &(v).at[(v).len++])

#endif
