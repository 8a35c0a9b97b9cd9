// SPDX-License-Identifier: Apache-2.0
// ttfs_fours: every vector of widths 3 and 10: as many bits of each four are counted.
module fours_case #(parameter WIDTH = 3) (input wire [WIDTH-1:0] bits, output reg bad);
    localparam FOURS = (WIDTH + 3) / 4;
    wire [FOURS-1:0] any, two;
    integer f, i, n;
    ttfs_fours #(.WIDTH(WIDTH)) dut (.bits_i(bits), .any_o(any), .two_o(two));
    always @* begin
        bad = 0;
        for (f = 0; f < FOURS; f = f + 1) begin
            n = 0;
            for (i = 4 * f; i < 4 * f + 4 && i < WIDTH; i = i + 1) n = n + bits[i];
            if (any[f] !== (n > 0) || two[f] !== (n > 1)) bad = 1;
        end
    end
endmodule

module fours_tb;
    `include "bench.svh"
    reg [9:0] bits = 0;
    wire bad3, bad10;
    integer i;
    fours_case #(3) c3 (bits[2:0], bad3);
    fours_case #(10) c10 (bits, bad10);

    initial begin
        for (i = 0; i < 1024; i = i + 1) begin
            bits = i;
            #2 check({bad3, bad10}, 0, i);
        end
        finish(1024);
    end
endmodule
