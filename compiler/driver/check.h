/* SPDX-License-Identifier: Apache-2.0
 *
 * Check: whether a model can be compiled, and all that stands in the way.
 */
#ifndef TTFS_CHECK_H
#define TTFS_CHECK_H

#include "base.h"

/* Every obstacle is an error. `memory`: bytes that the model may ask for; 0: the default. */
bool ttfs_check(const char *model, uint64_t memory, TtfsDiag *diag);

#endif
