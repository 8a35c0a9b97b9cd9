/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of devices.
 */
#include "device.h"

#include <string.h>

enum {
#define TTFS_DEVICE(NAME, name, FAMILY, luts, ffs, mhz, part) DEVICE_##NAME,
#include "devices.def"
};

const char *const ttfs_device_names[] = {
#define TTFS_DEVICE(NAME, name, FAMILY, luts, ffs, mhz, part) name,
#include "devices.def"
    NULL};

const char *const ttfs_flow_names[] = {
#define TTFS_FLOW(DEVICE, name, yosys, nextpnr, timing, package, board, monitor) name,
#include "devices.def"
    NULL};

static const uint32_t flow_devices[] = {
#define TTFS_FLOW(DEVICE, name, yosys, nextpnr, timing, package, board, monitor) DEVICE_##DEVICE,
#include "devices.def"
};

static const TtfsDevice devices[] = {
#define TTFS_DEVICE(NAME, name, FAMILY, luts, ffs, mhz, part)                                      \
    {name, part, TTFS_FAMILY_##FAMILY, luts, ffs, mhz, {{0}}, {0}, NULL, NULL},
#include "devices.def"
};

static const TtfsDeviceFlow flows[] = {
    [sizeof devices / sizeof *devices] = {0},
#define TTFS_FLOW(DEVICE, name, yosys, nextpnr, timing, package, board, monitor)                   \
    [DEVICE_##DEVICE] = {yosys, nextpnr, timing, package, board, monitor, {0}, NULL, NULL},
#include "devices.def"
};

static const struct {
    const char *cell, *input;
} plls[] = {
    [sizeof devices / sizeof *devices] = {NULL, NULL},
#define TTFS_PLL_CELL(DEVICE, cell, input) [DEVICE_##DEVICE] = {cell, input},
#include "devices.def"
};

static const uint32_t periods[][4] = {
    [sizeof devices / sizeof *devices] = {0},
#define TTFS_PERIOD(DEVICE, chip, lanes, conv, deep) [DEVICE_##DEVICE] = {chip, lanes, conv, deep},
#include "devices.def"
};

static const struct {
    const char *part, *pins;
} vivado[] = {
    [sizeof devices / sizeof *devices] = {NULL, NULL},
#define TTFS_VIVADO(DEVICE, name, part, pins) [DEVICE_##DEVICE] = {part, pins},
#include "devices.def"
};

static const struct {
    uint32_t device;
    TtfsDeviceRam ram;
} rams[] = {
#define TTFS_RAM(DEVICE, blocks, count, bits, words, least)                                        \
    {DEVICE_##DEVICE, {blocks, count, bits, words, least}},
#include "devices.def"
};

TtfsDevice ttfs_device(uint32_t k) {
    TtfsDevice d = devices[k];
    d.flow = flows[k];
    d.flow.pll = plls[k].cell, d.flow.pll_input = plls[k].input;
    memcpy(d.flow.period, periods[k], sizeof periods[k]);
    d.vivado = vivado[k].part, d.vivado_pins = vivado[k].pins;
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof rams / sizeof *rams; i++)
        if (rams[i].device == k && n < TTFS_DEVICE_RAMS) d.ram[n++] = rams[i].ram;
    return d;
}

TtfsDevice ttfs_flow_device(uint32_t i) {
    return ttfs_device(flow_devices[i]);
}
