/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan streams (docs/core.md, Streaming): in every slot the weights that the next one reads
 * from outside, a section of the memory behind the chip's port.
 */
#ifndef TTFS_PLAN_STREAM_H
#define TTFS_PLAN_STREAM_H

#include "plan.h"

/* Weight rows of a core that come in one slot: those of a task, the first that reads them. */
typedef struct {
    uint32_t core, base, rows, task;
} TtfsLoad;

/* Those that come in a slot, by core and base; returns how many. */
uint32_t ttfs_plan_loads(const TtfsPlan *p, uint32_t slot, TtfsArena *a, TtfsLoad **loads);
/* Rows that one block of a section holds: as many as their words have following addresses. */
uint32_t ttfs_stream_block_rows(const TtfsChip *chip, uint32_t rows);
/* Words of the slot's section, its header and CRC included; 0 on a chip without stream. */
uint64_t ttfs_plan_stream_words(const TtfsPlan *p, uint32_t slot);
/* The slot is expected to end with what it streams, later than its cores do. */
bool ttfs_plan_waits(const TtfsPlan *p, uint32_t slot);

#endif
