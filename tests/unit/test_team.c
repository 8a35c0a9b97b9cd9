/* SPDX-License-Identifier: Apache-2.0
 *
 * The team: every part that members take from a counter is done once and is seen after the run, the
 * caller always works and members come at most once a run, whether they spin or sleep; no wake-up
 * is lost. Sizes beyond the machine's cores as well, where every wait blocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "parallel.h"
#include "team.h"

enum { MOST = 9, RUNS = 300, PARTS = 64 };

static const uint32_t sizes[] = {1, 2, 3, 4, MOST};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* What the members do; plain memory where they may rely on order, so that a missing one shows under
 * the thread sanitizer. */
typedef struct {
    TtfsTeam *team;
    uint32_t calls[MOST], members[MOST];
    pthread_t thread[MOST];
    atomic_uint next, came;
    uint64_t cell[2][PARTS];
    uint32_t run;
    bool dawdle;
} Job;

static void pause_us(long us) {
    struct timespec t = {0, us * 1000};
    nanosleep(&t, NULL);
}

/* Part p of a run: from all that the run before wrote. */
static uint64_t part(const uint64_t *from, uint32_t p, uint32_t run) {
    uint64_t sum = p + run;
    for (uint32_t i = 0; i < PARTS; i++) sum = sum * 31 + from[i];
    return sum;
}

static void take_parts(void *context, uint32_t member, uint32_t members) {
    Job *j = context;
    j->calls[member]++;
    j->members[member] = members;
    j->thread[member] = pthread_self();
    if (j->dawdle && member && j->run % 50 == 0) pause_us(1000);
    for (uint32_t p; (p = atomic_fetch_add(&j->next, 1)) < PARTS;)
        j->cell[(j->run + 1) % 2][p] = part(j->cell[j->run % 2], p, j->run);
}

/* Each run starts from what the last one wrote: a part that was lost, done late or not seen changes
 * all that follows. */
static void parts_are_done(uint32_t size, bool dawdle) {
    Job j = {.team = ttfs_team_open(size), .dawdle = dawdle};
    uint64_t want[2][PARTS] = {0};
    assert_non_null(j.team);
    assert_int_equal(ttfs_team_size(j.team), size);
    for (j.run = 0; j.run < RUNS; j.run++) {
        for (uint32_t p = 0; p < PARTS; p++)
            want[(j.run + 1) % 2][p] = part(want[j.run % 2], p, j.run);
        if (dawdle && j.run % 70 == 0) pause_us(1000);
        atomic_store(&j.next, 0);
        ttfs_team_run(j.team, take_parts, &j);
        assert_memory_equal(want, j.cell, sizeof want);
        assert_int_equal(j.calls[0], j.run + 1);
        for (uint32_t m = 0; m < size; m++) {
            assert_true(j.calls[m] <= j.run + 1);
            if (j.calls[m]) assert_int_equal(j.members[m], size);
        }
    }
    assert_true(pthread_equal(j.thread[0], pthread_self()));
    ttfs_team_close(j.team);
}

static void every_part_is_done_once(void **state) {
    (void)state;
    for (int s = 0; s < SIZES; s++) parts_are_done(sizes[s], false);
}

/* Members that are late, and members that still work when the caller is done. */
static void late_members_are_waited_for(void **state) {
    (void)state;
    for (int s = 0; s < SIZES; s++) parts_are_done(sizes[s], true);
}

/* Returns when all have come: one that sleeps on is waited for until the test's time is over. */
static void meet(void *context, uint32_t member, uint32_t members) {
    Job *j = context;
    j->calls[member]++;
    j->thread[member] = pthread_self();
    atomic_fetch_add(&j->came, 1);
    while (atomic_load(&j->came) < members) pause_us(10);
}

static void all_members_wake(void **state) {
    (void)state;
    for (int s = 0; s < SIZES; s++) {
        Job j = {.team = ttfs_team_open(sizes[s])};
        for (uint32_t run = 1; run <= 40; run++) {
            if (run % 2) pause_us(500);
            atomic_store(&j.came, 0);
            ttfs_team_run(j.team, meet, &j);
            for (uint32_t m = 0; m < sizes[s]; m++) assert_int_equal(j.calls[m], run);
        }
        for (uint32_t m = 1; m < sizes[s]; m++)
            for (uint32_t k = 0; k < m; k++) assert_false(pthread_equal(j.thread[m], j.thread[k]));
        ttfs_team_close(j.team);
    }
}

static void *own_team(void *arg) {
    Job *j = arg;
    for (int i = 0; i < 10; i++) {
        j->team = ttfs_team_open(2);
        if (!j->team) return NULL;
        for (int run = 0; run < 20; run++) {
            atomic_store(&j->came, 0);
            ttfs_team_run(j->team, meet, j);
        }
        ttfs_team_close(j->team);
    }
    return NULL;
}

static void teams_are_independent(void **state) {
    (void)state;
    Job j[3] = {0};
    pthread_t id[3];
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&id[i], NULL, own_team, &j[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(id[i], NULL);
        assert_int_equal(j[i].calls[0], 200);
        assert_int_equal(j[i].calls[1], 200);
    }
}

static void closes_without_a_run(void **state) {
    (void)state;
    for (uint32_t size = 1; size <= MOST; size++) {
        TtfsTeam *t = ttfs_team_open(size);
        assert_non_null(t);
        ttfs_team_close(t);
    }
    ttfs_team_close(NULL);
}

static bool fails_late(void *context, uint32_t worker, uint64_t item, TtfsDiag *diag) {
    (void)context;
    (void)worker;
    if (item < 5) return true;
    if (item == 5) pause_us(500); /* others fail before it */
    return ttfs_error(diag, TTFS_AT_FILE("x"), TTFS_OPTION_VALUE, "item %u", (unsigned)item);
}

/* Of items that fail the first alone is heard, whatever the threads. */
static void first_failure_is_heard(void **state) {
    (void)state;
    for (int s = 0; s < SIZES; s++)
        for (uint32_t run = 0; run < 20; run++) {
            TtfsDiag d = {0};
            assert_false(ttfs_parallel_diag(sizes[s], 0, 100, fails_late, NULL, &d));
            assert_int_equal(d.messages.len, 1);
            assert_string_equal(d.messages.at[0].what, "item 5");
            ttfs_diag_free(&d);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_done_once), cmocka_unit_test(late_members_are_waited_for),
        cmocka_unit_test(all_members_wake),        cmocka_unit_test(teams_are_independent),
        cmocka_unit_test(closes_without_a_run),    cmocka_unit_test(first_failure_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
