/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning of a training, made and made again.
 */
#ifndef TTFS_TUNE_START_H
#define TTFS_TUNE_START_H

#include "tune_state.h"

/* To be closed after an error too. */
bool ttfs_tune_start(TtfsTuneStart *s, const TtfsTuneOptions *o, TtfsDiag *diag);
void ttfs_tune_start_close(TtfsTuneStart *s);

/* Another beginning, with so many ticks of one layer; *before is what it was. False, and `s` as it
 * was, where the network cannot be quantised so. */
bool ttfs_tune_restart(TtfsTuneStart *s, uint32_t layer, uint32_t ticks, TtfsTuneStand *before);
/* Back to what was before. */
void ttfs_tune_return(TtfsTuneStart *s, const TtfsTuneStand *before);

/* For ttfs_tune: encoded integers of a training sample; the example's activations. */
bool ttfs_tune_encode(void *start, uint64_t sample, uint32_t turn, uint16_t *x, TtfsDiag *diag);
bool ttfs_tune_show(void *start, uint32_t member, const uint32_t *sample, uint32_t n, uint32_t turn,
                    uint32_t lanes, float *const *to, TtfsDiag *diag);
/* Whether the folder's chip takes integers; nothing is told. */
bool ttfs_tune_accept(void *start, const TtfsTuneLayer *layer);

#endif
