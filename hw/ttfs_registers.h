/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers that a bus sees of a chip behind ttfs_axil or ttfs_wb, for programs of a host:
 * made by tools/make_registers.py of hw/registers.def.
 */
/* clang-format off */
#ifndef TTFS_REGISTERS_H
#define TTFS_REGISTERS_H

/* Offsets in bytes. */
#define TTFS_REG_ID           0x00u /* 0x54544653, TTFS */
#define TTFS_REG_VERSION      0x04u /* of this table and of the chip's flits */
#define TTFS_REG_STATUS       0x08u /* what the chip does now */
#define TTFS_REG_CONTROL      0x0cu /* what the chip is told */
#define TTFS_REG_IRQ          0x10u /* what has happened; an interrupt where IRQ_ENABLE has the same bit */
#define TTFS_REG_IRQ_ENABLE   0x14u /* bits as in IRQ */
#define TTFS_REG_SLOT         0x18u /* the slot that runs */
#define TTFS_REG_FLAGS        0x1cu /* errors of the chip (docs/core.md) */
#define TTFS_REG_SAMPLES      0x20u /* samples that are through since reset */
#define TTFS_REG_CYCLES       0x24u /* cycles of the last sample, from start to done; with EARLY from the done of the one before, if that was later */
#define TTFS_REG_CFG_ADDR     0x28u /* address on the chip's configuration port */
#define TTFS_REG_CFG_DATA     0x2cu /* a write or a read of the chip's word at CFG_ADDR, which then counts up */
#define TTFS_REG_IN_HIGH      0x30u /* bits 32 and above of the next flit of a sample */
#define TTFS_REG_IN_LOW       0x34u /* its bits 31 to 0; a write gives the flit to the chip */
#define TTFS_REG_IN_END       0x38u /* a write gives the end marker of the sample */
#define TTFS_REG_OUT_HIGH     0x3cu /* bits 32 and above of the readout's flit that is there */
#define TTFS_REG_OUT_LOW      0x40u /* its bits 31 to 0; a read takes the flit */

/* VERSION: lowest bit and mask of what it holds. */
#define TTFS_REG_VERSION_TABLE_LSB 0u
#define TTFS_REG_VERSION_TABLE 0x0000ffffu
#define TTFS_REG_VERSION_FLIT_LSB 16u
#define TTFS_REG_VERSION_FLIT 0x00ff0000u
#define TTFS_REG_VERSION_STREAMS_LSB 24u
#define TTFS_REG_VERSION_STREAMS 0x01000000u

/* STATUS: lowest bit and mask of what it holds. */
#define TTFS_REG_STATUS_BUSY_LSB 0u
#define TTFS_REG_STATUS_BUSY 0x00000001u
#define TTFS_REG_STATUS_SLOT_VALID_LSB 1u
#define TTFS_REG_STATUS_SLOT_VALID 0x00000002u
#define TTFS_REG_STATUS_IN_FULL_LSB 2u
#define TTFS_REG_STATUS_IN_FULL 0x00000004u
#define TTFS_REG_STATUS_OUT_VALID_LSB 3u
#define TTFS_REG_STATUS_OUT_VALID 0x00000008u

/* CONTROL: lowest bit and mask of what it holds. */
#define TTFS_REG_CONTROL_START_LSB 0u
#define TTFS_REG_CONTROL_START 0x00000001u

/* IRQ: lowest bit and mask of what it holds. */
#define TTFS_REG_IRQ_DONE_LSB 0u
#define TTFS_REG_IRQ_DONE 0x00000001u
#define TTFS_REG_IRQ_ERROR_LSB 1u
#define TTFS_REG_IRQ_ERROR 0x00000002u
#define TTFS_REG_IRQ_OVERRUN_LSB 2u
#define TTFS_REG_IRQ_OVERRUN 0x00000004u

/* IRQ_ENABLE: lowest bit and mask of what it holds. */
#define TTFS_REG_IRQ_ENABLE_BITS_LSB 0u
#define TTFS_REG_IRQ_ENABLE_BITS 0x00000007u

/* clang-format on */
#endif
