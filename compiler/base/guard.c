/* SPDX-License-Identifier: Apache-2.0
 *
 * Held things are a list through headers in front of their bytes; a guarded call is a jump target
 * of its thread. The lock is that of the guard which holds the thing.
 */
#include "guard.h"

#include "plain_locale.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { ALIGN = 64 };

struct TtfsHeld {
    TtfsHeld *older, *newer;
    TtfsGuard *guard; /* NULL: nobody's, released by its owner alone */
    void (*undo)(void *bytes);
    char fill[ALIGN - 4 * sizeof(void *)]; /* so that the bytes behind are aligned */
};

typedef struct {
    jmp_buf out;
    TtfsGuard *guard;
    size_t wanted;
} Call;

/* The innermost guarded call of this thread. */
static _Thread_local Call *innermost;

TtfsGuard *ttfs_guard_now(void) {
    return innermost ? innermost->guard : NULL;
}

_Noreturn void ttfs_oom(size_t wanted) {
    if (!innermost) abort();
    innermost->wanted = wanted;
    longjmp(innermost->out, 1);
}

bool ttfs_guard_part(TtfsGuard *g, void (*fn)(void *), void *context, size_t *wanted) {
    Call here = {.guard = g}, *volatile outer = innermost;
    if (!g) {
        fn(context);
        return true;
    }
    innermost = &here;
    bool done = setjmp(here.out) == 0;
    if (done)
        fn(context);
    else
        *wanted = here.wanted;
    innermost = outer;
    return done;
}

bool ttfs_guard(TtfsGuard *g, void (*fn)(void *), void *context) {
    locale_t before = ttfs_plain_locale();
    bool done = ttfs_guard_part(g, fn, context, &g->wanted);
    if (!done) ttfs_guard_undo(g);
    uselocale(before);
    return done;
}

static void link_in(TtfsHeld *h, TtfsGuard *g) {
    h->guard = g;
    if (!g) return;
    pthread_mutex_lock(&g->lock);
    h->newer = NULL;
    h->older = g->newest;
    if (h->older) h->older->newer = h;
    g->newest = h;
    pthread_mutex_unlock(&g->lock);
}

static void link_out(TtfsHeld *h) {
    TtfsGuard *g = h->guard;
    if (!g) return;
    pthread_mutex_lock(&g->lock);
    if (h->older) h->older->newer = h->newer;
    if (h->newer)
        h->newer->older = h->older;
    else
        g->newest = h->older;
    pthread_mutex_unlock(&g->lock);
}

static TtfsHeld *header(void *bytes) {
    return (TtfsHeld *)((char *)bytes - sizeof(TtfsHeld));
}

void *ttfs_try_hold(TtfsGuard *g, size_t n, void (*undo)(void *)) {
    if (n > SIZE_MAX - 2 * ALIGN) return NULL;
    TtfsHeld *h = aligned_alloc(ALIGN, (sizeof(TtfsHeld) + n + ALIGN - 1) / ALIGN * ALIGN);
    if (!h) return NULL;
    *h = (TtfsHeld){.undo = undo};
    link_in(h, g);
    return h + 1;
}

void *ttfs_hold(size_t n, void (*undo)(void *)) {
    void *bytes = ttfs_try_hold(ttfs_guard_now(), n, undo);
    if (!bytes) ttfs_oom(n);
    return bytes;
}

static void close_held(void *held) {
    const int *fd = held;
    if (*fd >= 0) close(*fd);
}

int *ttfs_hold_fd(void) {
    int *fd = ttfs_hold(sizeof *fd, close_held);
    *fd = -1;
    return fd;
}

void *ttfs_hold_again(void *bytes, size_t n) {
    if (!bytes) return ttfs_hold(n, NULL);
    TtfsHeld *h = header(bytes), *again = NULL;
    TtfsGuard *g = h->guard;
    link_out(h);
    if (n <= SIZE_MAX - sizeof(TtfsHeld)) again = realloc(h, sizeof(TtfsHeld) + n);
    link_in(again ? again : h, g);
    if (!again) ttfs_oom(n);
    return again + 1;
}

void ttfs_release(void *bytes) {
    if (!bytes) return;
    link_out(header(bytes));
    free(header(bytes));
}

bool ttfs_held_alike(const void *a, const void *b) {
    return ((const TtfsHeld *)a - 1)->guard == ((const TtfsHeld *)b - 1)->guard;
}

void ttfs_undo(void *bytes) {
    if (!bytes) return;
    link_out(header(bytes));
    if (header(bytes)->undo) header(bytes)->undo(bytes);
    free(header(bytes));
}

void ttfs_guard_undo(TtfsGuard *g) {
    while (g->newest) ttfs_undo(g->newest + 1);
}

void ttfs_guard_pass(TtfsGuard *g) {
    TtfsHeld *h = g->newest;
    while (h && h->older) h = h->older;
    while (h) {
        TtfsHeld *next = h->newer;
        link_out(h);
        link_in(h, ttfs_guard_now());
        h = next;
    }
}
