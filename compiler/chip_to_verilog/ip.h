/* SPDX-License-Identifier: Apache-2.0
 *
 * Chip -> a block for a design with a bus: tops that put bus wrappers (rtl/wrap) around ttfs_top,
 * and for each an IP-XACT description (IEEE 1685-2014) with its registers. In: the chip, the names
 * of its Verilog, the folder of shipped data; out: a set of files that lies in OUT/ip, beside
 * OUT/rtl. The text depends on the chip alone.
 */
#ifndef TTFS_IP_H
#define TTFS_IP_H

#include "chip.h"
#include "file_set.h"

/* The tops: ttfs_axi (AXI4-Lite, AXI4-Stream), ttfs_wishbone (Wishbone B4). */
typedef enum { TTFS_IP_AXI, TTFS_IP_WISHBONE, TTFS_IPS } TtfsIp;

/* Adds to an empty set the tops, their wrappers from `data`/rtl/wrap, their descriptions, what
 * `data`/hw says of the registers (C header, SystemRDL), and a script that packages ttfs_axi with
 * Vivado. `verilog`: the files of OUT/rtl. */
bool ttfs_chip_to_ip(const TtfsChip *chip, const TtfsFileSet *verilog, const char *data,
                     TtfsFileSet *out, TtfsDiag *diag);

/* Inside of this folder. */

/* A port of a top. `bus` numbers the bus interface it belongs to, -1: none; `logical` is its name
 * there. `bits` 0: no vector. */
typedef struct {
    const char *name, *logical, *doc;
    int bus;
    uint32_t bits;
    bool out;
} TtfsIpPort;

enum { TTFS_IP_MOST_PORTS = 48 };

const char *ttfs_ip_name(TtfsIp ip);
/* Bytes of a beat of the streams: those of a flit, rounded up to a power of two, 4 or more. */
uint32_t ttfs_ip_beat_bytes(const TtfsChip *chip);
/* The ports in order, at most TTFS_IP_MOST_PORTS; how many. */
uint32_t ttfs_ip_ports(TtfsIp ip, const TtfsChip *chip, TtfsIpPort *ports);
/* Verilog of a top. */
void ttfs_ip_top(TtfsIp ip, const TtfsChip *chip, TtfsBuf *out);
/* Its description; `files` are those of OUT/ip. */
void ttfs_ip_xact(TtfsIp ip, const TtfsChip *chip, const TtfsFileSet *verilog,
                  const TtfsFileSet *files, TtfsBuf *out);

#endif
