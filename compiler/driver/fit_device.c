/* SPDX-License-Identifier: Apache-2.0
 *
 * The device by its name, and what is said of the chip that was made for it.
 */
#include "fit_device.h"

#include "asked.h"
#include "spike_to_chip.h"

#include <inttypes.h>

bool ttfs_fit_open(TtfsJob *job, TtfsDiag *diag) {
    const TtfsCompileOptions *o = job->options;
    uint32_t k = 0;
    if (!ttfs_asked_word("--fit", o->fit, ttfs_device_names, &k, diag)) return false;
    job->device = ttfs_device(k);
    job->writes_chip = true;
    return !o->chip || ttfs_error(diag, TTFS_AT_FILE("--chip"), TTFS_OPTION_VALUE,
                                  "with --fit the chip is made for the network");
}

static void note(const TtfsJob *job, const TtfsSize *size, TtfsDiag *diag) {
    const TtfsDevice *d = &job->device;
    TtfsBuf ram = {0};
    for (int i = 0; i < TTFS_DEVICE_RAMS; i++)
        if (d->ram[i].name)
            ttfs_buf_printf(&ram, ", %" PRIu64 " of %" PRIu32 " %s", size->ram[i], d->ram[i].count,
                            d->ram[i].name);
    ttfs_note(diag, TTFS_AT_FILE(job->options->model),
              "chip for %s (%s): %" PRIu32 " lane%s; estimated before place and route: %" PRIu64
              " of %" PRIu32 " LUTs, %" PRIu64 " of %" PRIu32 " flip-flops%s",
              d->name, d->part, job->chip.lanes, job->chip.lanes == 1 ? "" : "s", size->luts,
              d->luts, size->ffs, d->ffs, ttfs_buf_text(&ram));
    ttfs_buf_free(&ram);
}

bool ttfs_fit_chip(TtfsJob *job, const TtfsSpike *s, TtfsDiag *diag) {
    TtfsSize size;
    if (job->schedule == TTFS_SCHEDULE_AUTO) job->schedule = TTFS_SCHEDULE_LATENCY;
    if (!ttfs_spike_to_chip(s, &job->device, job->schedule, job->options->lanes,
                            job->options->model, &job->chip, &size, diag))
        return false;
    note(job, &size, diag);
    return true;
}
