/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapters from the engines' own interfaces to one.
 */
#include "engine.h"

#include "golden.h"
#include "job.h"
#include "sim.h"

#include <string.h>

const char *const ttfs_engine_names[] = {"relu", "golden", "rtl", NULL};

static bool run_golden(void *state, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag) {
    (void)diag;
    ttfs_golden_run(state, x, out);
    return true;
}

static void close_golden(void *state) {
    ttfs_golden_close(state);
}

static bool run_rtl(void *state, const uint16_t *x, TtfsTrace *out, TtfsDiag *diag) {
    return ttfs_sim_run(state, x, out, diag);
}

static void close_rtl(void *state) {
    ttfs_sim_close(state);
}

static const uint64_t *cycles_rtl(const void *state) {
    return ttfs_sim_slot_cycles(state);
}

static bool open_rtl(TtfsEngine *e, TtfsOut *o, TtfsDiag *diag) {
    if (!o->has_image)
        return ttfs_error(diag, TTFS_AT_FILE(o->folder), TTFS_OUT_FOLDER,
                          "no image: the compilation stopped before it");
    const char *rtl = ttfs_out_path(o, "rtl");
    if (!ttfs_is_folder(rtl))
        return ttfs_error(diag, TTFS_AT_FILE(rtl), TTFS_OUT_FOLDER,
                          "no Verilog: the compilation stopped before it");
    uint64_t *limit = TTFS_ARRAY(&o->arena, uint64_t, o->image.slots);
    for (uint32_t i = 0; i < o->image.slots && i < o->plan.slots.len; i++)
        limit[i] = 2 * o->plan.slots.at[i].worst_cycles + 1000;
    e->state = ttfs_sim_open(&o->image, rtl, ttfs_data_path(&o->arena, "runtime/sim/sim_chip.cpp"),
                             limit, diag);
    e->run = run_rtl;
    e->close = close_rtl;
    e->slot_cycles = cycles_rtl;
    return e->state != NULL;
}

bool ttfs_engine_open(TtfsEngine *e, const char *name, TtfsOut *o, TtfsDiag *diag) {
    *e = (TtfsEngine){.name = name};
    if (strcmp(name, "rtl") == 0) return open_rtl(e, o, diag);
    e->state = ttfs_golden_open(&o->spike);
    e->run = run_golden;
    e->close = close_golden;
    return true;
}

void ttfs_engine_close(TtfsEngine *e) {
    if (e->state) e->close(e->state);
    e->state = NULL;
}
