// SPDX-License-Identifier: Apache-2.0
//
// Which of 2^BANKS copies of a buffer belongs to a turn (docs/core.md, Banks): at_o is exclusive-ored with the highest
// three bits of an address in the banks, parity_o is what its words carry. No registers. Driven by ttfs_receive,
// ttfs_scan_engine.

`default_nettype none

module ttfs_bank (
    input  wire [3:0] turn_i,
    input  wire [1:0] banks_i,
    output wire [2:0] at_o,
    output wire       parity_o
);
    assign at_o     = turn_i[2:0] << (2'd3 - banks_i);
    assign parity_o = turn_i[banks_i];
endmodule

`default_nettype wire
