// SPDX-License-Identifier: Apache-2.0
//
// Memories of every shape that a block RAM of ECP5 has, with one access for all: addr_i, of which each takes its lowest
// bits, and as much of data_i as it is wide. For run.sh, check ecp5.

`default_nettype none

module memories (
    input  wire        clk_i,
    input  wire        re_i,
    input  wire        we_i,
    input  wire [13:0] raddr_i,
    input  wire [13:0] waddr_i,
    input  wire [39:0] data_i,
    output wire [39:0] two_36_o,   // ttfs_sram: a port reads, a port writes
    output wire [17:0] two_18_o,
    output wire [3:0]  two_4_o,    // of so few words that it is distributed
    output wire [31:0] one_32_o,   // ttfs_ram: one port
    output wire [8:0]  one_9_o,
    output wire [3:0]  one_4_o,
    output wire [1:0]  one_2_o,
    output wire        one_1_o
);
    wire        en = re_i || we_i;
    wire [13:0] at = we_i ? waddr_i : raddr_i;

    ttfs_sram #(.WIDTH(40), .WORDS(300)) u_two_36 (
        .clk_i(clk_i), .re_i(re_i), .raddr_i({1'b0, raddr_i[7:0]}), .rdata_o(two_36_o), .we_i(we_i), .waddr_i({1'b0, waddr_i[7:0]}), .wdata_i(data_i));
    ttfs_sram #(.WIDTH(18), .WORDS(1024)) u_two_18 (
        .clk_i(clk_i), .re_i(re_i), .raddr_i(raddr_i[9:0]), .rdata_o(two_18_o), .we_i(we_i), .waddr_i(waddr_i[9:0]), .wdata_i(data_i[17:0]));
    ttfs_sram #(.WIDTH(4), .WORDS(16)) u_two_4 (
        .clk_i(clk_i), .re_i(re_i), .raddr_i(raddr_i[3:0]), .rdata_o(two_4_o), .we_i(we_i), .waddr_i(waddr_i[3:0]), .wdata_i(data_i[3:0]));
    ttfs_ram #(.WIDTH(32), .WORDS(512)) u_one_32 (
        .clk_i(clk_i), .en_i(en), .we_i(we_i), .addr_i(at[8:0]), .wdata_i(data_i[31:0]), .rdata_o(one_32_o));
    ttfs_ram #(.WIDTH(9), .WORDS(2048)) u_one_9 (
        .clk_i(clk_i), .en_i(en), .we_i(we_i), .addr_i(at[10:0]), .wdata_i(data_i[8:0]), .rdata_o(one_9_o));
    ttfs_ram #(.WIDTH(4), .WORDS(4096)) u_one_4 (
        .clk_i(clk_i), .en_i(en), .we_i(we_i), .addr_i(at[11:0]), .wdata_i(data_i[3:0]), .rdata_o(one_4_o));
    ttfs_ram #(.WIDTH(2), .WORDS(8192)) u_one_2 (
        .clk_i(clk_i), .en_i(en), .we_i(we_i), .addr_i(at[12:0]), .wdata_i(data_i[1:0]), .rdata_o(one_2_o));
    ttfs_ram #(.WIDTH(1), .WORDS(16384)) u_one_1 (
        .clk_i(clk_i), .en_i(en), .we_i(we_i), .addr_i(at), .wdata_i(data_i[0]), .rdata_o(one_1_o));
endmodule

`default_nettype wire
