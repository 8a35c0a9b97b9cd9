/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the rtl engine: a loaded chip's functions (sim_abi.h).
 */
#ifndef TTFS_SIM_INSIDE_H
#define TTFS_SIM_INSIDE_H

#include "sim.h"
#include "sim_abi.h"
#include "sim_waves.h"

struct TtfsSimChip {
    void *so;
    uint32_t (*abi)(void);
    void *(*create)(const TtfsSimShape *);
    void (*destroy)(void *);
    int (*write)(void *, uint32_t, uint32_t);
    int (*read)(void *, uint32_t, uint32_t *);
    int (*reset)(void *);
    void (*turn)(void *, TtfsSimTurn *);
    int (*waves)(void *, const TtfsSimWaves *); /* NULL: its signals are not watched */
};

#endif
