/* SPDX-License-Identifier: Apache-2.0
 *
 * The C interface of a Verilated chip (sim_chip.cpp inside chip.so), the only thing that C and C++
 * share. All memory belongs to the caller except the chip itself.
 */
#ifndef TTFS_SIM_ABI_H
#define TTFS_SIM_ABI_H

#include <stdint.h>

enum { TTFS_SIM_ABI = 7 };

/* Widths of the ports that are as wide as the chip says. A flit has at most 64 bits. */
typedef struct {
    uint32_t cores, flit_bits;
    uint32_t turn_bit; /* of a flit: whose turn it is; one that it has not: all are of one turn */
} TtfsSimShape;

typedef enum { TTFS_SIM_DONE, TTFS_SIM_HUNG, TTFS_SIM_FLOOD, TTFS_SIM_STARVED } TtfsSimEnd;

/* Flits that leave the chip, or its cores: room for so many, and those that are there. */
typedef struct {
    uint64_t *at;
    uint32_t room, len;
} TtfsSimFlits;

/* One turn: what goes in, and room for what comes out. With `next` the turn behind it begins as
 * soon as the chip takes it, and goes on when this one is done: the following call is its, with the
 * same flits as `in`, which stay where they are. */
typedef struct {
    const uint64_t *in; /* flits of the input, without its end marker */
    uint32_t inputs;
    const uint64_t *next; /* NULL: the chip comes to rest behind this turn */
    uint32_t nexts;
    const uint32_t *memory; /* words of the memory outside, of a chip with stream */
    uint32_t memory_words;
    uint32_t slots;             /* slots of a turn */
    const uint64_t *slot_limit; /* cycles a slot may take */
    uint64_t *slot_cycles;      /* cycles each took */
    TtfsSimFlits trace;         /* what any core made */
    TtfsSimFlits out;           /* what the host got */
    uint64_t cycles;            /* from its start, or the end of the turn before it, to its end */
    uint64_t ahead;             /* from its start to the end of the turn before it */
    uint32_t end;               /* TtfsSimEnd */
    uint32_t end_slot;          /* where it hung */
    uint32_t asked;             /* words of the memory that it asked for, the last + 1 */
    uint32_t flags;             /* errors that the chip has told of and nobody has cleared */
} TtfsSimTurn;

#ifdef __cplusplus
extern "C" {
#endif

uint32_t ttfs_sim_abi(void);
/* A chip out of reset, NULL when there is no memory. */
void *ttfs_sim_create(const TtfsSimShape *shape);
void ttfs_sim_destroy(void *chip);
/* These give 0 when the chip does not take or answer it, -1 when there is no memory. */
/* Writes or reads one word over the configuration port. */
int ttfs_sim_write(void *chip, uint32_t address, uint32_t data);
int ttfs_sim_read(void *chip, uint32_t address, uint32_t *data);
/* Out of reset again, as if it had just been configured; its memories keep that. */
int ttfs_sim_reset(void *chip);
void ttfs_sim_turn(void *chip, TtfsSimTurn *turn);

#ifdef __cplusplus
}
#endif
#endif
