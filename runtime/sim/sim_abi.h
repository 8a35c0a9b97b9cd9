/* SPDX-License-Identifier: Apache-2.0
 *
 * The C interface of a Verilated chip (sim_chip.cpp inside chip.so), the only thing that C and C++
 * share. All memory belongs to the caller except the chip itself.
 */
#ifndef TTFS_SIM_ABI_H
#define TTFS_SIM_ABI_H

#include <stdint.h>

enum { TTFS_SIM_ABI = 3 };

/* Widths of the ports that are as wide as the chip says. */
typedef struct {
    uint32_t cores, tick_bits, id_bits, acc_bits;
} TtfsSimShape;

typedef struct {
    uint32_t slot, core, tick, id;
} TtfsSimSpike;

typedef struct {
    uint32_t slot, id;
    int32_t value;
} TtfsSimReadout;

typedef enum { TTFS_SIM_DONE, TTFS_SIM_HUNG, TTFS_SIM_FLOOD, TTFS_SIM_STARVED } TtfsSimEnd;

/* One sample: what goes in, and room for what comes out. */
typedef struct {
    const uint32_t *in_id; /* the input's spikes, ticks ascending */
    const uint32_t *in_tick;
    uint32_t inputs;
    uint32_t slots;             /* slots of a sample */
    const uint64_t *slot_limit; /* cycles a slot may take */
    uint64_t *slot_cycles;      /* cycles each took */
    TtfsSimSpike *spike;        /* room for spike_room, spikes there */
    uint32_t spike_room, spikes;
    TtfsSimReadout *readout;
    uint32_t readout_room, readouts;
    uint64_t cycles;   /* from start to done */
    uint32_t end;      /* TtfsSimEnd */
    uint32_t end_slot; /* where it hung */
} TtfsSimSample;

#ifdef __cplusplus
extern "C" {
#endif

uint32_t ttfs_sim_abi(void);
/* A chip out of reset, NULL when there is no memory. */
void *ttfs_sim_create(const TtfsSimShape *shape);
void ttfs_sim_destroy(void *chip);
/* Writes one word over the configuration port; 0 when the chip does not take it, -1 when there is
 * no memory. */
int ttfs_sim_configure(void *chip, uint32_t address, uint32_t data);
void ttfs_sim_sample(void *chip, TtfsSimSample *sample);

#ifdef __cplusplus
}
#endif
#endif
