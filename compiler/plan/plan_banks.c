/* SPDX-License-Identifier: Apache-2.0
 *
 * Holes of a bank, which doubles from one number of banks to the next smaller one.
 */
#include "plan_banks.h"

/* A bank of twice the size: the holes are there twice, and one where two touch. */
static void double_bank(TtfsBanks *k) {
    uint32_t n = k->holes;
    for (uint32_t i = 0; i < n; i++)
        k->hole[n + i] = (TtfsHole){k->hole[i].first + k->size, k->hole[i].end + k->size};
    k->holes = 2 * n;
    k->size *= 2;
    if (!n || k->hole[n - 1].end != k->hole[n].first) return;
    k->hole[n - 1].end = k->hole[n].end;
    k->holes--;
    for (uint32_t i = n; i < k->holes; i++) k->hole[i] = k->hole[i + 1];
}

/* What has one copy may lie behind the banks. */
static void open_rest(TtfsBanks *k) {
    TtfsHole *last = k->holes ? &k->hole[k->holes - 1] : NULL;
    if (k->all <= k->size) return;
    if (last && last->end == k->size)
        last->end = k->all;
    else
        k->hole[k->holes++] = (TtfsHole){k->size, k->all};
}

void ttfs_banks_next(TtfsBanks *k, uint32_t banks) {
    if (k->size) {
        double_bank(k);
    } else {
        k->size = k->span >> banks;
        k->hole[0] = (TtfsHole){0, k->size};
        k->holes = k->size > 0;
    }
    uint64_t before = k->size * ((UINT64_C(1) << banks) - 1);
    k->banks = banks;
    k->limit = k->all > before ? k->all - before : 0;
    if (!banks) open_rest(k);
}

uint64_t ttfs_banks_take(TtfsBanks *k, uint64_t words) {
    k->used += words << k->banks;
    for (uint32_t i = 0; i < k->holes; i++) {
        TtfsHole *h = &k->hole[i];
        uint64_t end = h->end < k->limit ? h->end : k->limit;
        if (h->first > end || end - h->first < words) continue;
        h->first += words;
        end = k->size * ((UINT64_C(1) << k->banks) - 1) + h->first;
        if (words && end > k->end) k->end = end;
        return h->first - words;
    }
    k->full = k->full || words > 0;
    return k->all;
}
