/* SPDX-License-Identifier: Apache-2.0
 *
 * The team: every member is called once a run with its number, a barrier lets nobody past before
 * all are there and shows what was written before it, whether members spin or sleep. Sizes beyond
 * the machine's cores as well, where every wait blocks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "team.h"

enum { MOST = 9, ROUNDS = 200, CELLS = 64 };

static const uint32_t sizes[] = {1, 2, 3, 4, MOST};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* What the members do; plain memory, so that a missing order shows under the thread sanitizer. */
typedef struct {
    TtfsTeam *team;
    uint32_t calls[MOST], members[MOST];
    pthread_t thread[MOST];
    uint64_t cell[2][MOST][CELLS];
    bool dawdle;
} Job;

static void pause_us(long us) {
    struct timespec t = {0, us * 1000};
    nanosleep(&t, NULL);
}

static void sign_in(void *context, uint32_t member, uint32_t members) {
    Job *j = context;
    j->calls[member]++;
    j->members[member] = members;
    j->thread[member] = pthread_self();
}

static void calls_every_member_once(void **state) {
    (void)state;
    for (int s = 0; s < SIZES; s++) {
        Job j = {.team = ttfs_team_open(sizes[s])};
        assert_non_null(j.team);
        assert_int_equal(ttfs_team_size(j.team), sizes[s]);
        for (uint32_t run = 1; run <= ROUNDS; run++) {
            ttfs_team_run(j.team, sign_in, &j);
            for (uint32_t m = 0; m < sizes[s]; m++) {
                assert_int_equal(j.calls[m], run);
                assert_int_equal(j.members[m], sizes[s]);
            }
        }
        assert_true(pthread_equal(j.thread[0], pthread_self()));
        for (uint32_t m = 1; m < sizes[s]; m++)
            for (uint32_t k = 0; k < m; k++) assert_false(pthread_equal(j.thread[m], j.thread[k]));
        ttfs_team_close(j.team);
    }
}

/* Members that sleep between runs wake for the next one. */
static void wakes_from_sleep(void **state) {
    (void)state;
    Job j = {.team = ttfs_team_open(3)};
    for (uint32_t run = 1; run <= 20; run++) {
        pause_us(2000);
        ttfs_team_run(j.team, sign_in, &j);
        for (uint32_t m = 0; m < 3; m++) assert_int_equal(j.calls[m], run);
    }
    pause_us(2000);
    ttfs_team_close(j.team);
}

/* Every member adds up what all wrote before the barrier and writes the sum, which the next
 * round takes: one that passed too early, or saw old memory, changes all that follows. */
static void add_up(void *context, uint32_t member, uint32_t members) {
    Job *j = context;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t(*from)[CELLS] = j->cell[round % 2], *to = j->cell[(round + 1) % 2][member];
        if (j->dawdle && round % 50 == 0 && round / 50 % members == member) pause_us(1000);
        for (uint32_t i = 0; i < CELLS; i++) {
            uint64_t sum = member + 1;
            for (uint32_t m = 0; m < members; m++) sum = sum * 31 + from[m][i];
            to[i] = sum;
        }
        ttfs_team_barrier(j->team, member);
    }
}

/* The same by one thread alone. */
static void add_up_alone(Job *j, uint32_t members) {
    for (uint32_t round = 0; round < ROUNDS; round++)
        for (uint32_t member = 0; member < members; member++)
            for (uint32_t i = 0; i < CELLS; i++) {
                uint64_t sum = member + 1;
                for (uint32_t m = 0; m < members; m++) sum = sum * 31 + j->cell[round % 2][m][i];
                j->cell[(round + 1) % 2][member][i] = sum;
            }
}

static void barrier_keeps_order(bool dawdle) {
    static Job want, got;
    for (int s = 0; s < SIZES; s++) {
        memset(&want, 0, sizeof want);
        memset(&got, 0, sizeof got);
        got.team = ttfs_team_open(sizes[s]);
        assert_non_null(got.team);
        got.dawdle = dawdle;
        for (int run = 0; run < 5; run++) {
            add_up_alone(&want, sizes[s]);
            ttfs_team_run(got.team, add_up, &got);
            assert_memory_equal(want.cell, got.cell, sizeof want.cell);
        }
        ttfs_team_close(got.team);
    }
}

static void barrier_in_step(void **state) {
    (void)state;
    barrier_keeps_order(false);
}

/* A member that comes late finds the others asleep. */
static void barrier_with_a_late_member(void **state) {
    (void)state;
    barrier_keeps_order(true);
}

static void *own_team(void *arg) {
    Job *j = arg;
    for (int i = 0; i < 10; i++) {
        j->team = ttfs_team_open(2);
        if (!j->team) return NULL;
        for (int run = 0; run < 20; run++) ttfs_team_run(j->team, sign_in, j);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_every_member_once), cmocka_unit_test(wakes_from_sleep),
        cmocka_unit_test(barrier_in_step),         cmocka_unit_test(barrier_with_a_late_member),
        cmocka_unit_test(teams_are_independent),   cmocka_unit_test(closes_without_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
