/* SPDX-License-Identifier: Apache-2.0
 *
 * The board engine: a chip of one core on a board at a serial or SPI device (line.h), loaded with
 * an image. In: samples; out: traces.
 */
#ifndef TTFS_BOARD_RUN_H
#define TTFS_BOARD_RUN_H

#include "image.h"
#include "progress.h"
#include "trace.h"

typedef struct TtfsBoardRun TtfsBoardRun;

/* Opens the device and loads the image, each memory with its checksum; `ticks`: spikes of all
 * layers are wanted, which the chip waits to be taken; else sums of readouts alone. `img` must
 * outlive it. NULL with an error that names the device: not there, no terminal, no board that
 * answers, another chip. */
TtfsBoardRun *ttfs_board_run_open(const char *device, const TtfsImage *img, bool ticks,
                                  const TtfsProgress *progress, TtfsDiag *diag);
void ttfs_board_run_close(TtfsBoardRun *r);
/* Runs n samples one after the other, and at the end as many turns more as the last one's results
 * take. x: [n][the input's integers]. Errors that the chip tells of are faults of the samples that
 * were in it; false when the board does not answer any more. */
bool ttfs_board_run(TtfsBoardRun *r, uint64_t n, const uint16_t *x, TtfsTrace *out,
                    const TtfsProgress *progress, TtfsDiag *diag);

#endif
