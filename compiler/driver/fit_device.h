/* SPDX-License-Identifier: Apache-2.0
 *
 * compile --fit DEVICE: the chip of a job, made for its network and a device.
 */
#ifndef TTFS_FIT_DEVICE_H
#define TTFS_FIT_DEVICE_H

#include "job.h"

/* Finds the device that the options name; no chip may be named beside it. */
bool ttfs_fit_open(TtfsJob *job, TtfsDiag *diag);
/* Makes job->chip for the graph, and says in a note what it takes of the device. */
bool ttfs_fit_chip(TtfsJob *job, const TtfsSpike *s, TtfsDiag *diag);

#endif
