/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress: how long work tells whoever asked for it how far it is. All zeros: nobody is told.
 */
#ifndef TTFS_PROGRESS_H
#define TTFS_PROGRESS_H

#include <stdint.h>

typedef struct {
    /* `done` of `of` things called `what` ("samples"; the text is there during the call, and may
     * say more as the work goes); done 0 when the work begins. Work that cannot be counted has of =
     * 0 and tells twice, done 0 when it begins and 1 when it ends: it is known to be long. Called
     * by one thread at a time, as often as the work likes. */
    void (*tell)(void *context, const char *what, uint64_t done, uint64_t of);
    void *context;
    /* NULL, or what another thread sets to other than 0 when the work shall end: it does so soon,
     * with the error STOPPED, and leaves behind what any error leaves. */
    const volatile int *stop;
} TtfsProgress;

static inline void ttfs_tell(const TtfsProgress *p, const char *what, uint64_t done, uint64_t of) {
    if (p->tell) p->tell(p->context, what, done, of);
}

#endif
