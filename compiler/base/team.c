/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that wait at a door: one word with the number of the run, whether it is open, and how
 * many members are inside. The caller opens it, works, closes it and waits until it is empty; a
 * member goes in if it finds it open, else waits for the next run. Whoever waits spins for SPIN_S
 * and then sleeps; whoever changes the door so that somebody may go on wakes the sleepers, if there
 * are any.
 *
 * No wake-up is lost: a waiter counts itself among `sleepers`, under the lock, before it looks at
 * the door again; the other changes the door before it looks at `sleepers`. Both are sequentially
 * consistent, so at least one sees the other; and to wake is to take the lock, which finds a waiter
 * that it saw asleep.
 */
#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "base.h"
#include "clock.h"
#include "plain_locale.h"

/* Who spins for long lets others have the core: they may be those it waits for. */
enum { LOOKS = 32, LINE = 64, MOST = 1024 };
#define SPIN_S   40e-6
#define POLITE_S 4e-6
/* The door. Runs are counted modulo 2^20: a member that sleeps through as many misses one. */
enum { INSIDE = 0x7ff, OPEN = 0x800, RUN = 0x1000 };

typedef struct {
    TtfsTeam *team;
    uint32_t member;
    pthread_t thread;
} Seat;

struct TtfsTeam {
    _Alignas(LINE) atomic_uint door;
    _Alignas(LINE) atomic_uint sleepers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* Set while the door is closed and nobody is inside. */
    void (*work)(void *context, uint32_t member, uint32_t members);
    void *context;
    TtfsGuard *guard; /* the caller's */
    atomic_bool starved;
    atomic_size_t wanted;
    uint32_t size;
    bool closing, spin;
    Seat seat[]; /* [member]; 0 is the caller */
};

/* Tells the processor that this is a loop that waits. */
static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool is_empty(unsigned door, unsigned run) {
    (void)run;
    return (door & INSIDE) == 0;
}

static bool is_another(unsigned door, unsigned run) {
    return door / RUN != run;
}

typedef bool Ready(unsigned door, unsigned run);

/* True when it came about while there was patience for it. */
static bool spin_until(TtfsTeam *t, Ready *ready, unsigned run) {
    double begun = ttfs_now(), spent = 0;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (ready(atomic_load_explicit(&t->door, memory_order_acquire), run)) return true;
            relax();
        }
        if (spent > POLITE_S) sched_yield();
        spent = ttfs_now() - begun;
    } while (spent < SPIN_S);
    return false;
}

static void wait_until(TtfsTeam *t, Ready *ready, unsigned run) {
    if (ready(atomic_load(&t->door), run) || (t->spin && spin_until(t, ready, run))) return;
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleepers, 1);
    while (!ready(atomic_load(&t->door), run)) pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->lock);
}

/* After a change of the door. */
static void wake_sleepers(TtfsTeam *t) {
    if (atomic_load(&t->sleepers) == 0) return;
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

/* Goes in, unless the door is closed; sets *run to the one that was found. */
static bool enter(TtfsTeam *t, unsigned *run) {
    unsigned door = atomic_load(&t->door);
    do {
        *run = door / RUN;
        if (!(door & OPEN)) return false;
    } while (!atomic_compare_exchange_weak(&t->door, &door, door + 1));
    return true;
}

static void leave(TtfsTeam *t) {
    unsigned door = atomic_fetch_sub(&t->door, 1) - 1;
    if (!(door & OPEN) && is_empty(door, 0)) wake_sleepers(t);
}

static void do_part(void *arg) {
    const Seat *seat = arg;
    seat->team->work(seat->team->context, seat->member, seat->team->size);
}

/* A member for whom memory runs out goes home early; the caller is told. */
static void take_part(Seat *seat) {
    size_t wanted;
    if (ttfs_guard_part(seat->team->guard, do_part, seat, &wanted)) return;
    atomic_store(&seat->team->wanted, wanted);
    atomic_store(&seat->team->starved, true);
}

static void *serve(void *arg) {
    Seat *seat = arg;
    TtfsTeam *t = seat->team;
    ttfs_plain_locale();
    for (unsigned run = 0;;) {
        wait_until(t, is_another, run);
        if (!enter(t, &run)) continue;
        if (t->closing) break;
        take_part(seat);
        leave(t);
    }
    return NULL;
}

/* Lets members in, to the next run. */
static void open_door(TtfsTeam *t) {
    atomic_store(&t->door, (atomic_load(&t->door) / RUN + 1) * RUN + OPEN);
    wake_sleepers(t);
}

/* Starts members until one cannot be had. They take no signals: those are the application's. */
static void hire(TtfsTeam *t, uint32_t size) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t m = 1; m < size; m++) {
        t->seat[m] = (Seat){.team = t, .member = m};
        if (pthread_create(&t->seat[m].thread, NULL, serve, &t->seat[m]) != 0) break;
        t->size = m + 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void dismiss(void *team) {
    TtfsTeam *t = team;
    t->closing = true;
    open_door(t); /* and leaves it open: everybody comes */
    for (uint32_t m = 1; m < t->size; m++) pthread_join(t->seat[m].thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
}

TtfsTeam *ttfs_team_open(uint32_t size) {
    if (size > MOST) size = MOST;
    size_t bytes = sizeof(TtfsTeam) + size * sizeof(Seat);
    TtfsTeam *t = ttfs_hold(bytes, dismiss);
    memset(t, 0, bytes);
    t->size = 1;
    /* With more members than cores, spinning keeps from work those that are waited for. */
    t->spin = sysconf(_SC_NPROCESSORS_ONLN) >= (long)size;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    t->seat[0] = (Seat){.team = t};
    hire(t, size);
    return t;
}

void ttfs_team_close(TtfsTeam *t) {
    ttfs_undo(t);
}

uint32_t ttfs_team_size(const TtfsTeam *t) {
    return t->size;
}

bool ttfs_team_starved(const TtfsTeam *t) {
    return atomic_load(&t->starved);
}

void ttfs_team_run(TtfsTeam *t, void (*work)(void *context, uint32_t member, uint32_t members),
                   void *context) {
    t->work = work;
    t->context = context;
    t->guard = ttfs_guard_now();
    if (t->size > 1) open_door(t);
    take_part(&t->seat[0]);
    if (t->size > 1) {
        atomic_fetch_and(&t->door, ~(unsigned)OPEN);
        wait_until(t, is_empty, 0);
    }
    if (atomic_exchange(&t->starved, false)) ttfs_oom(atomic_load(&t->wanted));
}
