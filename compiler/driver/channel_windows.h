/* SPDX-License-Identifier: Apache-2.0
 *
 * A window of its own for every channel, where that is better. A rectifier does not care for a
 * positive factor, so a channel is divided by one and what reads it is multiplied by it: the
 * network stays the same function, and where a channel's values are small beside its layer's they
 * get more of the window's ticks. (Nagel et al. 2019, arXiv 1906.04721, equalise weights in this
 * way; here it is windows.)
 */
#ifndef TTFS_CHANNEL_WINDOWS_H
#define TTFS_CHANNEL_WINDOWS_H

#include "pipeline.h"

/* Of a pipeline whose spike graph was fitted to samples: makes the same of the network with all
 * windows equal, and keeps it, network and calibration with it, when its outputs are nearer to the
 * float network's on the samples held back; f->windows has what came of it, a note says it. Nothing
 * where the job asks for something else (job.h), and of a network with weights on grids of its own.
 * `before`: the budget before the graph was made. `said`: what making the graph said; in the end,
 * of the one that is kept. */
bool ttfs_channel_windows(TtfsPipeline *f, TtfsJob *job, const TtfsBudget *before, TtfsDiag *said);

#endif
