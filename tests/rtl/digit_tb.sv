// SPDX-License-Identifier: Apache-2.0
// ttfs_digit: every digit and scale of eight bits, with and without a shift, against the product.
module digit_tb;
    `include "bench.svh"
    reg [3:0] digit = 0;
    reg [7:0] scale = 0;
    wire [7:0] low, high;
    integer i;
    ttfs_digit #(.WIDTH(8), .SHIFT(0)) d0 (.digit_i(digit), .scale_i(scale), .product_o(low));
    ttfs_digit #(.WIDTH(8), .SHIFT(4)) d4 (.digit_i(digit), .scale_i(scale), .product_o(high));
    initial begin
        for (i = 0; i < 4096; i = i + 1) begin
            {digit, scale} = i;
            #2 check(low, digit * scale & 255, i);
            check(high, digit * scale * 16 & 255, i);
        end
        finish(8000);
    end
endmodule
