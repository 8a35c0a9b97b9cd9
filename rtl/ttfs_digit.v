// SPDX-License-Identifier: Apache-2.0
//
// Four bits of a product: (digit * scale) << SHIFT, cut to WIDTH bits, as two adders deep of gated
// terms. Combinational. Driven by ttfs_addr.

`default_nettype none

module ttfs_digit #(
    parameter WIDTH = 12,
    parameter SHIFT = 0
) (
    input  wire [3:0]       digit_i,
    input  wire [WIDTH-1:0] scale_i,
    output wire [WIDTH-1:0] product_o
);
    wire [WIDTH-1:0] low  = ({WIDTH{digit_i[0]}} & scale_i) + ({WIDTH{digit_i[1]}} & (scale_i << 1));
    wire [WIDTH-1:0] high = ({WIDTH{digit_i[2]}} & scale_i) + ({WIDTH{digit_i[3]}} & (scale_i << 1));
    assign product_o = (low + (high << 2)) << SHIFT;
endmodule

`default_nettype wire
