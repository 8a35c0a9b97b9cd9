/* SPDX-License-Identifier: Apache-2.0
 *
 * Margins of the first samples of a session, where no float network runs beside the engines.
 */
#ifndef TTFS_CHECK_MARGINS_H
#define TTFS_CHECK_MARGINS_H

#include "session.h"

/* Runs relu on the first samples, 64 at most and fewer of large networks (none of more than 10^8
 * synapses), and warns when the readout's step does not tell their logits apart. The session has
 * the spike graph; without a net nothing is said. False when a sample cannot be read. */
bool ttfs_check_margins(const TtfsSession *s, TtfsDiag *diag);

#endif
