// SPDX-License-Identifier: Apache-2.0
// Words of the registers that a bus sees, and bits of their fields: made by tools/make_registers.py of hw/registers.def.

localparam [5:0] REG_ID = 6'd0;
localparam [5:0] REG_VERSION = 6'd1;
localparam [5:0] REG_STATUS = 6'd2;
localparam [5:0] REG_CONTROL = 6'd3;
localparam [5:0] REG_IRQ = 6'd4;
localparam [5:0] REG_IRQ_ENABLE = 6'd5;
localparam [5:0] REG_SLOT = 6'd6;
localparam [5:0] REG_FLAGS = 6'd7;
localparam [5:0] REG_SAMPLES = 6'd8;
localparam [5:0] REG_CYCLES = 6'd9;
localparam [5:0] REG_CFG_ADDR = 6'd10;
localparam [5:0] REG_CFG_DATA = 6'd11;
localparam [5:0] REG_IN_HIGH = 6'd12;
localparam [5:0] REG_IN_LOW = 6'd13;
localparam [5:0] REG_IN_END = 6'd14;
localparam [5:0] REG_OUT_HIGH = 6'd15;
localparam [5:0] REG_OUT_LOW = 6'd16;
localparam [5:0] REG_LAST = 6'd16;
// verilator lint_off UNUSEDPARAM
localparam VERSION_TABLE = 0;
localparam VERSION_FLIT = 16;
localparam VERSION_STREAMS = 24;
localparam STATUS_BUSY = 0;
localparam STATUS_SLOT_VALID = 1;
localparam STATUS_IN_FULL = 2;
localparam STATUS_OUT_VALID = 3;
localparam CONTROL_START = 0;
localparam IRQ_DONE = 0;
localparam IRQ_ERROR = 1;
localparam IRQ_OVERRUN = 2;
localparam IRQ_ENABLE_BITS = 0;
// verilator lint_on UNUSEDPARAM
