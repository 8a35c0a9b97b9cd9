/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait on counters. A run raises `epoch`, a barrier that is complete raises `phase`;
 * whoever waits for a counter to move spins for SPIN_NS and then sleeps, and whoever raises one
 * wakes the sleepers, if there are any.
 *
 * No wake-up is lost: a waiter counts itself among `sleepers`, under the lock, before it looks at
 * the counter again; the raiser changes the counter before it looks at `sleepers`. Both are
 * sequentially consistent, so at least one sees the other; and the raiser, who takes the lock to
 * wake, finds a waiter that it saw asleep.
 */
#include "team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "base.h"

enum { SPIN_NS = 40000, LOOKS = 32, LINE = 64, MOST = 1024 };

/* Counters that different members write often lie on cache lines of their own. */
struct TtfsTeam {
    _Alignas(LINE) atomic_uint epoch; /* runs begun */
    _Alignas(LINE) atomic_uint phase; /* barriers completed */
    _Alignas(LINE) atomic_uint here;  /* members that reached the present one */
    _Alignas(LINE) atomic_uint sleepers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Set before `epoch` is raised. */
    void (*work)(void *context, uint32_t member, uint32_t members);
    void *context;
    uint32_t size;
    bool closing, spin;
    pthread_t *thread; /* [member]; 0 is the caller */
    TtfsArena arena;   /* all of this lies in it */
};

typedef struct {
    TtfsTeam *team;
    uint32_t member;
} Seat;

/* Tells the processor that this is a loop that waits. */
static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* True when the counter moved while there was patience for it. */
static bool spin_while(atomic_uint *counter, unsigned old) {
    int64_t end = now() + SPIN_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load_explicit(counter, memory_order_acquire) != old) return true;
            relax();
        }
    } while (now() < end);
    return false;
}

static void wait_while(TtfsTeam *t, atomic_uint *counter, unsigned old) {
    if (atomic_load(counter) != old || (t->spin && spin_while(counter, old))) return;
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(counter) == old) pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->lock);
}

static void raise_counter(TtfsTeam *t, atomic_uint *counter) {
    atomic_fetch_add(counter, 1);
    if (atomic_load(&t->sleepers) == 0) return;
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

/* The phase cannot move twice before a member saw it move: the next barrier needs that member. */
void ttfs_team_barrier(TtfsTeam *t, uint32_t member) {
    (void)member;
    if (t->size == 1) return;
    unsigned phase = atomic_load(&t->phase);
    if (atomic_fetch_add(&t->here, 1) + 1 < t->size) {
        wait_while(t, &t->phase, phase);
        return;
    }
    atomic_store(&t->here, 0);
    raise_counter(t, &t->phase);
}

static void *serve(void *arg) {
    const Seat *seat = arg;
    TtfsTeam *t = seat->team;
    for (unsigned epoch = 0;; epoch++) {
        wait_while(t, &t->epoch, epoch);
        if (t->closing) return NULL;
        t->work(t->context, seat->member, t->size);
        ttfs_team_barrier(t, seat->member);
    }
}

/* Starts members until one cannot be had. They take no signals: those are the application's. */
static void hire(TtfsTeam *t, uint32_t size, Seat *seat) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t m = 1; m < size; m++) {
        seat[m] = (Seat){t, m};
        if (pthread_create(&t->thread[m], NULL, serve, &seat[m]) != 0) break;
        t->size = m + 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

TtfsTeam *ttfs_team_open(uint32_t size) {
    if (size > MOST) size = MOST;
    TtfsArena arena = {0};
    TtfsTeam *t = ttfs_arena_try_array(&arena, 1, sizeof *t);
    pthread_t *thread = t ? ttfs_arena_try_array(&arena, size, sizeof *thread) : NULL;
    Seat *seat = thread ? ttfs_arena_try_array(&arena, size, sizeof *seat) : NULL;
    if (!seat) {
        ttfs_arena_free(&arena);
        return NULL;
    }
    *t = (TtfsTeam){.size = 1, .thread = thread, .arena = arena};
    /* With more members than cores, spinning keeps from work those that are waited for. */
    t->spin = sysconf(_SC_NPROCESSORS_ONLN) >= (long)size;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    hire(t, size, seat);
    return t;
}

void ttfs_team_close(TtfsTeam *t) {
    if (!t) return;
    t->closing = true;
    raise_counter(t, &t->epoch);
    for (uint32_t m = 1; m < t->size; m++) pthread_join(t->thread[m], NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    TtfsArena arena = t->arena;
    ttfs_arena_free(&arena);
}

uint32_t ttfs_team_size(const TtfsTeam *t) {
    return t->size;
}

void ttfs_team_run(TtfsTeam *t, void (*work)(void *context, uint32_t member, uint32_t members),
                   void *context) {
    t->work = work;
    t->context = context;
    if (t->size > 1) raise_counter(t, &t->epoch);
    work(context, 0, t->size);
    ttfs_team_barrier(t, 0);
}
