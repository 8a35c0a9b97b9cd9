/* SPDX-License-Identifier: Apache-2.0
 *
 * Check: whether a model can be compiled, whether it fits a chip, and all that stands in the way.
 */
#ifndef TTFS_CHECK_H
#define TTFS_CHECK_H

#include "job.h"

typedef struct {
    TtfsChip chip;
    bool supported;     /* it has a spike graph */
    bool fits;          /* and that fits the chip */
    TtfsDiag chip_diag; /* what the chip does not take, as errors with figures */
} TtfsCheck;

/* Two verdicts. Every obstacle of the first is an error in `diag`; true when there is none. The job
 * gives the model, the memory it may ask for, the input's range and the chip. */
bool ttfs_check(TtfsJob *job, TtfsCheck *out, TtfsDiag *diag);
void ttfs_check_free(TtfsCheck *c);

#endif
