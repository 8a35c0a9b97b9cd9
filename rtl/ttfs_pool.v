// SPDX-License-Identifier: Apache-2.0
//
// Of which elements of two words a has the larger (min_i: the smaller) value; of equal ones either may be said to be.
// Combinational. Driven by ttfs_scan.

`default_nettype none

module ttfs_pool #(
    parameter VALUE_BITS = 4,
    parameter ELEMENTS   = 16
) (
    input  wire                           min_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] a_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] b_i,
    output wire [ELEMENTS-1:0]            takes_o
);
    genvar e;
    generate
        for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
            wire [VALUE_BITS-1:0] a = a_i[e*VALUE_BITS +: VALUE_BITS];
            wire [VALUE_BITS-1:0] b = b_i[e*VALUE_BITS +: VALUE_BITS];
            assign takes_o[e] = (a > b) != min_i;
        end
    endgenerate
endmodule

`default_nettype wire
