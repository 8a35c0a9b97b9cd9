/* SPDX-License-Identifier: Apache-2.0
 *
 * The network of a chip of one core as ttfs_boot.v reads it from a board's flash.
 */
#ifndef TTFS_BOOT_H
#define TTFS_BOOT_H

#include "device.h"
#include "image.h"

enum { TTFS_BOOT_OFFSET = 0x100000 }; /* where it lies in the flash */

/* The ports of the board top to the flash, as ttfs_board_ports. */
extern const char *const ttfs_boot_ports[];
/* Whether the board's flash is wired to pins that are free once the FPGA is configured. */
bool ttfs_boot_there(const TtfsDevice *d);
/* Words, highest byte first: a magic number, then runs (how many words, the first one's address on
 * the configuration port, the words), then another number. Every memory has its checksum behind it,
 * the last one too, and before all is written which chip it is for. */
void ttfs_boot_network(const TtfsImage *img, TtfsBuf *out);

#endif
