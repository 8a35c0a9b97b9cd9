// SPDX-License-Identifier: Apache-2.0
//
// A chip: parameters and ports, made by ttfs. What they mean is said in ttfs_chip.v.

`default_nettype none

module ttfs_top #(
    parameter PRELOAD     = 0,
    parameter INIT_PREFIX = ""
) (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire cfg_valid_i,
    output wire cfg_ready_o,
    input  wire cfg_write_i,
    input  wire [31:0] cfg_addr_i,
    input  wire [31:0] cfg_data_i,
    output wire cfg_rvalid_o,
    output wire [31:0] cfg_rdata_o,
    input  wire start_i,
    output wire busy_o,
    output wire done_o,
    input  wire in_valid_i,
    output wire in_ready_o,
    input  wire in_end_i,
    input  wire [63:0] in_flit_i,
    output wire out_valid_o,
    input  wire out_ready_i,
    output wire [63:0] out_flit_o,
    output wire slot_valid_o,
    output wire [11:0] slot_o,
    output wire [10:0] flags_o,
    output wire [0:0] trace_valid_o,
    output wire [63:0] trace_flit_o
);
    ttfs_chip #(
        .CORES_X(1),
        .CORES_Y(1),
        .LANES(16),
        .WEIGHT_BITS(8),
        .SLOPE_BITS(24),
        .ACC_BITS(32),
        .RAMP_BITS(24),
        .VALUE_BITS(8),
        .C_BITS(12),
        .Y_BITS(7),
        .X_BITS(7),
        .ACT_WORDS(8192),
        .LIST_ENTRIES(4096),
        .WEIGHT_ROWS(32768),
        .PARAM_WORDS(4096),
        .PROGRAM_WORDS(1024),
        .FLOWS(64),
        .BUFFERS(32),
        .TABLE_WORDS(1024),
        .SEGMENTS(4),
        .STRIDES(1),
        .CONV(1),
        .POOL(1),
        .CLASSES(1),
        .COUNTERS(1),
        .CHIP_HASH(32'h8afe2337),
        .PRELOAD(PRELOAD),
        .INIT_PREFIX(INIT_PREFIX)
    ) u_chip (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .cfg_valid_i(cfg_valid_i),
        .cfg_ready_o(cfg_ready_o),
        .cfg_write_i(cfg_write_i),
        .cfg_addr_i(cfg_addr_i),
        .cfg_data_i(cfg_data_i),
        .cfg_rvalid_o(cfg_rvalid_o),
        .cfg_rdata_o(cfg_rdata_o),
        .start_i(start_i),
        .busy_o(busy_o),
        .done_o(done_o),
        .in_valid_i(in_valid_i),
        .in_ready_o(in_ready_o),
        .in_end_i(in_end_i),
        .in_flit_i(in_flit_i),
        .out_valid_o(out_valid_o),
        .out_ready_i(out_ready_i),
        .out_flit_o(out_flit_o),
        .slot_valid_o(slot_valid_o),
        .slot_o(slot_o),
        .flags_o(flags_o),
        .trace_valid_o(trace_valid_o),
        .trace_flit_o(trace_flit_o)
    );
endmodule

`default_nettype wire
