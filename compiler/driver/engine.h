/* SPDX-License-Identifier: Apache-2.0
 *
 * One face for the engines that yield spike traces: golden and rtl.
 */
#ifndef TTFS_ENGINE_H
#define TTFS_ENGINE_H

#include "out.h"
#include "trace.h"

typedef struct {
    const char *name;
    void *state;
    bool (*run)(void *state, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag);
    void (*close)(void *state);
    /* Most clock cycles a sample took in each slot so far, or NULL when the engine has no clock. */
    const uint64_t *(*slot_cycles)(const void *state);
} TtfsEngine;

/* Names of the engines that can be asked for, NULL at the end; relu is run apart, it yields no
 * spikes. */
extern const char *const ttfs_engine_names[];

/* Opens an engine on a loaded output folder: golden reads o->spike, rtl reads o->image and OUT/rtl.
 */
bool ttfs_engine_open(TtfsEngine *e, const char *name, TtfsOut *o, TtfsDiag *diag);
void ttfs_engine_close(TtfsEngine *e);

#endif
