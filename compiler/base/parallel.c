/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads take the next item from a shared counter. One for which memory runs out ends the loop;
 * when all have ended, the caller leaves for its guard.
 */
#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MOST = 64 };

typedef struct {
    atomic_uint_least64_t next;
    uint64_t end;
    atomic_bool failed;
    TtfsGuard *guard;
    bool (*fn)(void *, uint32_t, uint64_t);
    void *context;
} Loop;

typedef struct {
    Loop *loop;
    uint32_t worker;
    bool starved; /* of `wanted` bytes */
    size_t wanted;
} Worker;

static void take_items(void *arg) {
    const Worker *w = arg;
    Loop *l = w->loop;
    while (!atomic_load(&l->failed)) {
        uint64_t item = atomic_fetch_add(&l->next, 1);
        if (item >= l->end) break;
        if (!l->fn(l->context, w->worker, item)) atomic_store(&l->failed, true);
    }
}

static void *work(void *arg) {
    Worker *w = arg;
    w->starved = !ttfs_guard_part(w->loop->guard, take_items, w, &w->wanted);
    if (w->starved) atomic_store(&w->loop->failed, true);
    return NULL;
}

bool ttfs_parallel(uint32_t threads, uint64_t first, uint64_t count,
                   bool (*fn)(void *, uint32_t, uint64_t), void *context) {
    Loop loop = {.end = first + count, .guard = ttfs_guard_now(), .fn = fn, .context = context};
    atomic_init(&loop.next, first);
    atomic_init(&loop.failed, false);
    pthread_t id[MOST];
    Worker worker[MOST];
    uint32_t n = threads > MOST ? MOST : threads, begun = 0;
    for (uint32_t i = 1; i < n && i < count; i++) {
        worker[i] = (Worker){.loop = &loop, .worker = i};
        if (pthread_create(&id[i], NULL, work, &worker[i]) != 0) break;
        begun = i;
    }
    worker[0] = (Worker){.loop = &loop};
    work(&worker[0]);
    for (uint32_t i = 1; i <= begun; i++) pthread_join(id[i], NULL);
    for (uint32_t i = 0; i <= begun; i++)
        if (worker[i].starved) ttfs_oom(worker[i].wanted);
    return !atomic_load(&loop.failed);
}

typedef struct {
    bool (*fn)(void *, uint32_t, uint64_t, TtfsDiag *);
    void *context;
    TtfsDiag diag[MOST];
} Heard;

static bool heard_item(void *context, uint32_t worker, uint64_t item) {
    Heard *h = context;
    return h->fn(h->context, worker, item, &h->diag[worker]);
}

bool ttfs_parallel_diag(uint32_t threads, uint64_t first, uint64_t count,
                        bool (*fn)(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag),
                        void *context, TtfsDiag *diag) {
    Heard h = {.fn = fn, .context = context};
    bool ok = ttfs_parallel(threads, first, count, heard_item, &h);
    for (uint32_t i = 0; i < MOST; i++) {
        ttfs_diag_append(diag, &h.diag[i]);
        ttfs_diag_free(&h.diag[i]);
    }
    return ok;
}

uint32_t ttfs_cores(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST ? MOST : (uint32_t)n;
}
