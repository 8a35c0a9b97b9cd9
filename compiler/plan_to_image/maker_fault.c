/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the image maker have in common: faults, and records that must fit their fields.
 * Either leaves the maker failed; the work goes on so that every fault is found.
 */
#include "maker.h"

#include <stdarg.h>

bool ttfs_maker_fault(TtfsMaker *m, TtfsPop pop, TtfsCode code, const char *fmt, ...) {
    va_list ap;
    TtfsLoc loc = pop.i ? ttfs_pop_at(ttfs_spike_pop(m->spike, pop), NULL) : TTFS_AT_FILE(NULL);
    va_start(ap, fmt);
    m->ok = ttfs_error_va(m->diag, loc, code, NULL, fmt, ap);
    va_end(ap);
    return false;
}

void ttfs_maker_pack(TtfsMaker *m, TtfsPop pop, TtfsRecordKind kind, const void *record,
                     uint32_t *words) {
    const char *bad = "";
    if (!ttfs_record_pack(kind, record, words, &bad))
        ttfs_maker_fault(m, pop, TTFS_PLAN_CHECK, "the record's field %s does not hold its value",
                         bad);
}
