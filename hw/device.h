/* SPDX-License-Identifier: Apache-2.0
 *
 * FPGAs (devices.def), and what a chip of one core costs on one, estimated before synthesis.
 */
#ifndef TTFS_DEVICE_H
#define TTFS_DEVICE_H

#include "chip.h"

enum {
    TTFS_DEVICE_RAMS = 2, /* kinds of blocks */
    TTFS_DEVICE_FILL = 85 /* percent of its LUTs that a chip may take: more is seldom routed */
};

/* Blocks of `words` words of `bits`, or twice as many of half the bits, down to `least` bits. */
typedef struct {
    const char *name; /* NULL: the device has no such blocks */
    uint32_t count, bits, words, least;
} TtfsDeviceRam;

typedef enum {
#define TTFS_FAMILY(NAME, name, block, mux, distributed) TTFS_FAMILY_##NAME,
#include "devices.def"
    TTFS_FAMILIES
} TtfsFamily;

/* What the tools of a bitstream are told of a device (devices.def); NULL: there are none. */
typedef struct {
    const char *yosys, *nextpnr, *timing, *package;
    const char *board; /* file of its pins in hw/boards */
    uint32_t monitor; /* bits of flits that fit the pins of the monitor of spikes; 0: it has none */
    uint32_t period[4]; /* TTFS_PERIOD: of a chip, a doubling of its lanes, maps, of deep words */
    const char *pll, *pll_input; /* the cell of a PLL and where its oscillator enters */
} TtfsDeviceFlow;

typedef struct {
    const char *name, *part;
    TtfsFamily family;
    uint32_t luts, ffs;
    double clock_mhz;
    TtfsDeviceRam ram[TTFS_DEVICE_RAMS]; /* for everything; for large memories with one port */
    TtfsDeviceFlow flow;
    const char *vivado;      /* Vivado's name of the part; NULL: no project is made for it */
    const char *vivado_pins; /* file of its board's pins in hw/boards; NULL: no board */
} TtfsDevice;

/* Names, in the order of devices.def; NULL at the end. The k-th device. */
extern const char *const ttfs_device_names[];
/* Those that bitstreams are made for, in the same way. The i-th of them. */
extern const char *const ttfs_flow_names[];
TtfsDevice ttfs_flow_device(uint32_t i);
TtfsDevice ttfs_device(uint32_t k);

/* What of a device a chip takes, or of what there is the most that it may take. */
typedef struct {
    uint64_t luts, ffs, ram[TTFS_DEVICE_RAMS];
    uint32_t split; /* lowest bits of a word of activations that lie in large blocks */
} TtfsSize;

/* Whether the device's board has pins for the monitor of a chip whose flits have `flit` bits. */
bool ttfs_device_monitor(const TtfsDevice *d, uint32_t flit);
/* An estimate, as Yosys maps it, before place and route; the chip has one core. */
TtfsSize ttfs_size_of(const TtfsChip *chip, const TtfsDevice *d);
/* The same with the board top around it, of a device that has one. */
TtfsSize ttfs_size_on_board(const TtfsChip *chip, const TtfsDevice *d);
/* The fastest clock of that in MHz, an estimate; 0: nobody knows. */
double ttfs_clock_on_board(const TtfsChip *chip, const TtfsDevice *d);
TtfsSize ttfs_size_most(const TtfsDevice *d);
/* The words that a memory of `words` words of `bits` bits can have in the blocks that it needs of
 * the device; of one that is smaller than a block, the power of two. */
uint32_t ttfs_device_words(const TtfsDevice *d, uint32_t words, uint32_t bits);

#endif
