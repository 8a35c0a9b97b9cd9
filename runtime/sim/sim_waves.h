/* SPDX-License-Identifier: Apache-2.0
 *
 * The C interface of a Verilated chip whose signals are watched (sim_waves.cpp inside chip.so),
 * beside that of every chip (sim_abi.h).
 */
#ifndef TTFS_SIM_WAVES_H
#define TTFS_SIM_WAVES_H

#include <stdint.h>

/* Where the text of a value change dump goes, and half a period of the clock in picoseconds. */
typedef struct {
    void (*put)(void *context, const char *bytes, uint64_t n);
    void *context;
    uint64_t half_period;
} TtfsSimWaves;

#ifdef __cplusplus
extern "C" {
#endif

/* From now on every change of every signal is put; NULL: the rest is put, and no more. 0 when there
 * is no memory. */
int ttfs_sim_waves(void *chip, const TtfsSimWaves *waves);

#ifdef __cplusplus
}
#endif
#endif
