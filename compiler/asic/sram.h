/* SPDX-License-Identifier: Apache-2.0
 *
 * The memories of a chip as macros: which there are, as Yosys finds them in the Verilog; modules
 * that put macros in the place of rtl/ttfs_ram.v and rtl/ttfs_sram.v; models and liberties of the
 * macros, until those of a foundry take their place.
 */
#ifndef TTFS_SRAM_H
#define TTFS_SRAM_H

#include "base.h"

enum { TTFS_SRAM_BITS = 512 }; /* a memory of no more bits is made of flip-flops */

typedef struct {
    const char *name; /* ttfs_ram_1024x32, ttfs_sram_256x12 */
    uint32_t words, bits;
    bool two_ports; /* a read and a write port; else one port for both */
    uint32_t count; /* in the chip */
} TtfsSram;

typedef struct {
    TTFS_VEC(TtfsSram) kinds; /* by name in byte order */
} TtfsSrams;

/* What a macro's liberty says, in nanoseconds: from the clock to the data, and what inputs must be
 * there before the clock. Nobody has measured it. */
typedef struct {
    double access, setup, volt;
} TtfsSramTimes;

/* Reads what `dump t:ttfs_ram t:ttfs_sram` of Yosys printed. False: it is not that. */
bool ttfs_srams_read(TtfsSrams *s, const char *text, TtfsArena *a);
/* Counts one cell type of the finished netlist, when it is a macro. */
bool ttfs_srams_count(TtfsSrams *s, const char *type, uint64_t n);
/* Verilog of ttfs_ram or ttfs_sram, made of the macros. */
void ttfs_srams_wrapper(const TtfsSrams *s, bool two_ports, TtfsBuf *out);
/* Verilog of all macros: what they do for a simulation, ports alone with SYNTHESIS. */
void ttfs_srams_models(const TtfsSrams *s, TtfsBuf *out);
/* A liberty of one macro. */
void ttfs_sram_liberty(const TtfsSram *m, const TtfsSramTimes *t, TtfsBuf *out);

#endif
