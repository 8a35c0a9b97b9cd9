// SPDX-License-Identifier: Apache-2.0
//
// A clock that stands still while its enable is low: en_i of a cycle says whether clk_o has the rising edge that ends
// it. en_i is taken in the middle of the cycle, so clk_o has no short pulses; no latch. To be replaced by the gating
// cell of a library or the clock buffer with enable of an FPGA. Driven by ttfs_node.

`default_nettype none

module ttfs_clock_gate (
    input  wire clk_i,
    input  wire en_i,
    output wire clk_o
);
    reg en_q;
    always @(negedge clk_i) en_q <= en_i;
    assign clk_o = clk_i && en_q;
endmodule

`default_nettype wire
