// SPDX-License-Identifier: Apache-2.0
//
// The program memory of a core and its readers, the fetches of the three engines: the one that comes
// first in the vectors goes first (bit 0); data_o is the granted word a cycle later. The configuration
// port goes before all of them. wrote_o: it writes a word. Driven by ttfs_core.

`default_nettype none

module ttfs_program #(
    parameter WORDS     = 1024,
    parameter PRELOAD   = 0,
    parameter INIT      = "",
    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                   clk_i,
    input  wire [2:0]             req_i,
    input  wire [3*ADDR_BITS-1:0] at_i,
    output wire [2:0]             grant_o,
    output wire [31:0]            data_o,
    // configuration
    input  wire                   cfg_mine_i,
    input  wire                   cfg_en_i,
    input  wire                   cfg_we_i,
    input  wire [17:0]            cfg_word_i,
    input  wire [31:0]            cfg_data_i,
    output wire [31:0]            cfg_data_o,
    output wire                   cfg_known_o,
    output wire                   wrote_o
);
    assign grant_o = cfg_en_i ? 3'd0 : req_i & (~req_i + 3'd1);   // the lowest
    assign wrote_o = cfg_en_i && cfg_we_i;

    wire [ADDR_BITS-1:0] at = req_i[0] ? at_i[0 +: ADDR_BITS]
                            : req_i[1] ? at_i[ADDR_BITS +: ADDR_BITS] : at_i[2*ADDR_BITS +: ADDR_BITS];

    ttfs_memory #(.WIDTH(32), .WORDS(WORDS), .PRELOAD(PRELOAD), .INIT(INIT)) u_words (
        .clk_i      (clk_i),
        .en_i       (|req_i),
        .at_i       (at),
        .data_o     (data_o),
        .kept_i     (32'd0),
        .cfg_mine_i (cfg_mine_i),
        .cfg_en_i   (cfg_en_i),
        .cfg_we_i   (cfg_we_i),
        .cfg_word_i (cfg_word_i),
        .cfg_data_i (cfg_data_i),
        .cfg_data_o (cfg_data_o),
        .cfg_known_o(cfg_known_o)
    );
endmodule

`default_nettype wire
