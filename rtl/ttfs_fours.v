// SPDX-License-Identifier: Apache-2.0
//
// Of every four bits of a vector: one or more are set, two or more are. Combinational. Driven by ttfs_scan, for
// ttfs_first.

`default_nettype none

module ttfs_fours #(
    parameter WIDTH = 16,
    parameter FOURS = (WIDTH + 3) / 4
) (
    input  wire [WIDTH-1:0] bits_i,
    output wire [FOURS-1:0] any_o,
    output wire [FOURS-1:0] two_o
);
    genvar f, e;
    generate
        for (f = 0; f < FOURS; f = f + 1) begin : g_four
            wire [3:0] bits;
            for (e = 0; e < 4; e = e + 1) begin : g_bit
                if (4 * f + e < WIDTH) begin : g_there
                    assign bits[e] = bits_i[4*f+e];
                end else begin : g_pad
                    assign bits[e] = 1'b0;
                end
            end
            assign any_o[f] = |bits;
            assign two_o[f] = (bits[0] && bits[1]) || (bits[2] && bits[3]) || (|bits[1:0] && |bits[3:2]);
        end
    endgenerate
endmodule

`default_nettype wire
