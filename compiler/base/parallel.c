/* SPDX-License-Identifier: Apache-2.0
 *
 * A team for one loop, whose members take the next item from a shared counter.
 */
#include "parallel.h"

#include "team.h"

#include <stdatomic.h>
#include <unistd.h>

enum { MOST = 64 };

typedef struct {
    atomic_uint_least64_t next;
    uint64_t end;
    atomic_bool failed;
    const TtfsTeam *team;
    bool (*fn)(void *, uint32_t, uint64_t);
    void *context;
} Loop;

static void take_items(void *context, uint32_t worker, uint32_t workers) {
    (void)workers;
    Loop *l = context;
    while (!atomic_load(&l->failed) && !ttfs_team_starved(l->team)) {
        uint64_t item = atomic_fetch_add(&l->next, 1);
        if (item >= l->end) break;
        if (!l->fn(l->context, worker, item)) atomic_store(&l->failed, true);
    }
}

bool ttfs_parallel(uint32_t threads, uint64_t first, uint64_t count,
                   bool (*fn)(void *, uint32_t, uint64_t), void *context) {
    Loop loop = {.end = first + count, .fn = fn, .context = context};
    atomic_init(&loop.next, first);
    atomic_init(&loop.failed, false);
    uint32_t members = threads > MOST ? MOST : threads;
    if (members > count) members = (uint32_t)count;
    TtfsTeam *team = ttfs_team_open(members ? members : 1);
    loop.team = team;
    ttfs_team_run(team, take_items, &loop);
    ttfs_team_close(team);
    return !atomic_load(&loop.failed);
}

typedef struct {
    bool (*fn)(void *, uint32_t, uint64_t, TtfsDiag *);
    void *context;
    TtfsDiag diag[MOST];
    uint64_t failed[MOST]; /* the item that a worker failed at; UINT64_MAX: none */
} Heard;

static bool heard_item(void *context, uint32_t worker, uint64_t item) {
    Heard *h = context;
    bool ok = h->fn(h->context, worker, item, &h->diag[worker]);
    if (!ok) h->failed[worker] = item;
    return ok;
}

/* Items are begun in order, so the first that fails is begun whatever the threads: who has it is
 * heard; of others that failed meanwhile nothing is. */
static bool is_heard(const Heard *h, uint32_t worker) {
    for (uint32_t i = 0; i < MOST; i++)
        if (h->failed[i] < h->failed[worker]) return false;
    return true;
}

bool ttfs_parallel_diag(uint32_t threads, uint64_t first, uint64_t count,
                        bool (*fn)(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag),
                        void *context, TtfsDiag *diag) {
    Heard h = {.fn = fn, .context = context};
    for (uint32_t i = 0; i < MOST; i++) h.failed[i] = UINT64_MAX;
    bool ok = ttfs_parallel(threads, first, count, heard_item, &h);
    for (uint32_t i = 0; i < MOST; i++) {
        if (is_heard(&h, i)) ttfs_diag_append(diag, &h.diag[i]);
        ttfs_diag_free(&h.diag[i]);
    }
    return ok;
}

uint32_t ttfs_cores(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST ? MOST : (uint32_t)n;
}
