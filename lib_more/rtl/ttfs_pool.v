// SPDX-License-Identifier: Apache-2.0
//
// The larger (min_i: the smaller) value of each of two words' elements. Combinational. Driven by ttfs_scan.

`default_nettype none

module ttfs_pool #(
    parameter VALUE_BITS = 4,
    parameter ELEMENTS   = 16
) (
    input  wire                           min_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] a_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] b_i,
    output wire [ELEMENTS*VALUE_BITS-1:0] word_o
);
    genvar e;
    generate
        for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
            wire [VALUE_BITS-1:0] a = a_i[e*VALUE_BITS +: VALUE_BITS];
            wire [VALUE_BITS-1:0] b = b_i[e*VALUE_BITS +: VALUE_BITS];
            assign word_o[e*VALUE_BITS +: VALUE_BITS] = ((a > b) != min_i) ? a : b;
        end
    endgenerate
endmodule

`default_nettype wire
