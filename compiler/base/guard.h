/* SPDX-License-Identifier: Apache-2.0
 *
 * Guard: where a call goes on when memory runs out inside it. What was held since (memory, mapped
 * files, temporary files and folders) is undone, newest first, and the call returns false; nobody
 * between checks an allocation. A library's boundary has one guard a handle, the command line one
 * in all. Invariant: what is held belongs to one guard; undoing takes no memory.
 */
#ifndef TTFS_GUARD_H
#define TTFS_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct TtfsHeld TtfsHeld;

/* Declare as `TtfsGuard g = TTFS_GUARD;`. It stays at its address while anything is held. */
typedef struct {
    pthread_mutex_t lock; /* threads of one call hold things side by side */
    TtfsHeld *newest;
    size_t wanted; /* bytes that could not be had, of the last call that ran out of memory */
} TtfsGuard;

#define TTFS_GUARD ((TtfsGuard){.lock = PTHREAD_MUTEX_INITIALIZER})

/* Calls fn(context). When memory runs out inside, everything that `g` holds is undone, also what
 * earlier calls left, and false is returned: all that they made is gone. Else true, and what is
 * still held stays with `g`. Calls nest; a call with a guard of its own hides the outer one. Inside
 * numbers have points (plain_locale.h). */
bool ttfs_guard(TtfsGuard *g, void (*fn)(void *context), void *context);
/* Undoes everything that `g` holds. */
void ttfs_guard_undo(TtfsGuard *g);
/* Gives what `g` holds to the guard outside, or to nobody when there is none: from then on its
 * owners alone release it. */
void ttfs_guard_pass(TtfsGuard *g);

/* For calls on other threads: the guard of the calling thread, NULL when it has none ... */
TtfsGuard *ttfs_guard_now(void);
/* ... and fn(context) under it, on another thread or on this one. Running out of memory undoes
 * nothing yet: false is returned with *wanted set, and when all threads are done the caller calls
 * ttfs_oom(wanted). With no guard (`g` NULL) the hook runs at once. */
bool ttfs_guard_part(TtfsGuard *g, void (*fn)(void *context), void *context, size_t *wanted);

/* Memory does not suffice for `wanted` bytes (0: nobody knows how many): leaves for the innermost
 * guard of this thread. Without one, the process is aborted. Does not return. */
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
void ttfs_oom(size_t wanted);

/* `n` bytes, aligned to 64 and not zeroed, that guard `g` (NULL: nobody) holds, with what to do to
 * them before they are freed when memory runs out (NULL: nothing). `undo` may not allocate. NULL
 * when there is no memory. */
void *ttfs_try_hold(TtfsGuard *g, size_t n, void (*undo)(void *bytes));
/* The same by the guard of this thread; leaves for it when there is no memory. */
void *ttfs_hold(size_t n, void (*undo)(void *bytes));
/* Room for a file descriptor, -1, that is closed when it is undone. */
int *ttfs_hold_fd(void);
/* More bytes or fewer, perhaps elsewhere and no longer aligned to 64; NULL `bytes` are none. Leaves
 * for the guard when there is no memory. */
void *ttfs_hold_again(void *bytes, size_t n);
/* Frees without undoing; NULL is fine. */
void ttfs_release(void *bytes);
/* Whether the same guard holds both. */
bool ttfs_held_alike(const void *a, const void *b);
/* Undoes, then frees; NULL is fine. */
void ttfs_undo(void *bytes);

#endif
