/* SPDX-License-Identifier: Apache-2.0
 *
 * The account: sums that cannot wrap.
 */
#include "budget.h"

static const uint64_t least_bytes = (uint64_t)1 << 30, least_work = (uint64_t)1 << 32;
enum { BYTES_A_BYTE = 16, WORK_A_BYTE = 256, PART = 4, MOST_RAISED = 1 << 20 };

static uint64_t product(uint64_t a, uint64_t b) {
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

TtfsBudget ttfs_budget(uint64_t file_size, uint64_t memory) {
    if (file_size > UINT64_MAX / 1024) file_size = UINT64_MAX / 1024;
    TtfsBudget b = {.bytes = least_bytes + file_size * BYTES_A_BYTE,
                    .work = least_work + file_size * WORK_A_BYTE,
                    .raised = 1};
    if (!memory) return b;
    uint64_t times = (memory - 1) / b.bytes + 1;
    b.raised = (uint32_t)(times > MOST_RAISED ? MOST_RAISED : times);
    b.work = product(b.work, b.raised);
    b.bytes = memory;
    b.given = true;
    return b;
}

void ttfs_budget_grow(TtfsBudget *b, uint64_t file_size) {
    if (!b) return;
    TtfsBudget whole = ttfs_budget(file_size, 0);
    b->work += whole.work - least_work;
    if (!b->given) b->bytes += whole.bytes - least_bytes;
}

bool ttfs_budget_room(TtfsBudget *b, uint64_t bytes) {
    if (!b) return true;
    if (!b->passed && (b->held > b->bytes || bytes > b->bytes - b->held))
        b->passed = TTFS_PAST_BYTES;
    return !b->passed;
}

bool ttfs_budget_array(TtfsBudget *b, uint64_t count, uint64_t size) {
    return ttfs_budget_room(b, product(count, size));
}

bool ttfs_budget_spend(TtfsBudget *b, uint64_t work) {
    if (!b) return true;
    if (!b->passed && work > b->work - b->spent) b->passed = TTFS_PAST_WORK;
    if (!b->passed) b->spent += work;
    return !b->passed;
}

bool ttfs_budget_afford(TtfsBudget *b, uint64_t work) {
    if (!b) return true;
    if (b->passed || work > (b->work - b->spent) / PART) return false;
    b->spent += work;
    return true;
}

void ttfs_budget_hold(TtfsBudget *b, uint64_t bytes) {
    if (!b) return;
    b->held += bytes;
    if (!b->passed && b->held > b->bytes) b->passed = TTFS_PAST_BYTES;
}

void ttfs_budget_release(TtfsBudget *b, uint64_t bytes) {
    if (b) b->held -= bytes;
}
