// SPDX-License-Identifier: Apache-2.0
//
// For Yosys' techmap: a memory of one read and one write port, without contents, becomes two, of the LOW lowest bits of its words
// and of the others, so that each can be mapped to another kind of block (compiler/driver/synth.c). Parameters and ports are
// those of Yosys' cell $mem_v2. A memory of other ports, or of no more bits than LOW, stays.

`ifndef LOW
`define LOW 16
`endif

(* techmap_celltype = "$mem_v2" *)
module split_words (RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA, WR_CLK, WR_EN, WR_ADDR, WR_DATA);
    parameter MEMID = "", SIZE = 0, OFFSET = 0, ABITS = 1, WIDTH = `LOW + 1, INIT = 0;
    parameter RD_PORTS = 0, RD_WIDE_CONTINUATION = 0, RD_CLK_ENABLE = 0, RD_CLK_POLARITY = 0, RD_TRANSPARENCY_MASK = 0;
    parameter RD_COLLISION_X_MASK = 0, RD_CE_OVER_SRST = 0, RD_ARST_VALUE = 0, RD_SRST_VALUE = 0, RD_INIT_VALUE = 0;
    parameter WR_PORTS = 0, WR_WIDE_CONTINUATION = 0, WR_CLK_ENABLE = 0, WR_CLK_POLARITY = 0, WR_PRIORITY_MASK = 0;
    localparam HIGH = WIDTH - `LOW;
    input              RD_CLK, RD_EN, RD_ARST, RD_SRST, WR_CLK;
    input  [ABITS-1:0] RD_ADDR, WR_ADDR;
    output [WIDTH-1:0] RD_DATA;
    input  [WIDTH-1:0] WR_EN, WR_DATA;
    wire _TECHMAP_FAIL_ = WIDTH <= `LOW || RD_PORTS != 1 || WR_PORTS != 1 || INIT !== {(SIZE * WIDTH) {1'bx}};

`define SPLIT_WORDS(NAME, TEXT, BITS, LSB) \
    \$mem_v2 #( \
        .MEMID({MEMID, TEXT}), .SIZE(SIZE), .OFFSET(OFFSET), .ABITS(ABITS), .WIDTH(BITS), .INIT({BITS{1'bx}}), .RD_PORTS(1), \
        .RD_WIDE_CONTINUATION(1'b0), .RD_CLK_ENABLE(RD_CLK_ENABLE), .RD_CLK_POLARITY(RD_CLK_POLARITY), \
        .RD_TRANSPARENCY_MASK(RD_TRANSPARENCY_MASK), .RD_COLLISION_X_MASK(RD_COLLISION_X_MASK), .RD_CE_OVER_SRST(RD_CE_OVER_SRST), \
        .RD_ARST_VALUE({BITS{1'bx}}), .RD_SRST_VALUE({BITS{1'bx}}), .RD_INIT_VALUE({BITS{1'bx}}), .WR_PORTS(1), \
        .WR_WIDE_CONTINUATION(1'b0), .WR_CLK_ENABLE(WR_CLK_ENABLE), .WR_CLK_POLARITY(WR_CLK_POLARITY), .WR_PRIORITY_MASK(WR_PRIORITY_MASK) \
    ) NAME ( \
        .RD_CLK(RD_CLK), .RD_EN(RD_EN), .RD_ARST(RD_ARST), .RD_SRST(RD_SRST), .RD_ADDR(RD_ADDR), .RD_DATA(RD_DATA[LSB +: BITS]), \
        .WR_CLK(WR_CLK), .WR_EN(WR_EN[LSB +: BITS]), .WR_ADDR(WR_ADDR), .WR_DATA(WR_DATA[LSB +: BITS]) \
    );
    `SPLIT_WORDS(low, "_low", `LOW, 0)
    `SPLIT_WORDS(high, "_high", HIGH, `LOW)
endmodule
