// SPDX-License-Identifier: Apache-2.0
// ttfs_first, with what ttfs_fours says of the same bits: every vector of widths 1, 5 and 8, random ones of width 33;
// beside each bit lies a value of its own. What is said of the fours without the first is what ttfs_fours says then.
module first_case #(parameter WIDTH = 1) (input wire [WIDTH-1:0] bits, output reg bad);
    localparam INDEX = (WIDTH > 1) ? $clog2(WIDTH) : 1;
    wire more;
    wire [WIDTH-1:0] first;
    wire [INDEX-1:0] index;
    reg [WIDTH-1:0] want;
    integer i, n, k;
    reg [6*WIDTH-1:0] values;
    wire [5:0] value;
    localparam FOURS = (WIDTH + 3) / 4;
    wire [FOURS-1:0] any, two, any_left, two_left, any_want, two_want;
    ttfs_fours #(.WIDTH(WIDTH)) u_now (.bits_i(bits), .any_o(any), .two_o(two));
    ttfs_fours #(.WIDTH(WIDTH)) u_left (.bits_i(bits & ~want), .any_o(any_want), .two_o(two_want));
    ttfs_first #(.WIDTH(WIDTH), .VALUE_BITS(6)) dut (
        .bits_i(bits), .any_i(any), .two_i(two), .values_i(values), .more_o(more), .first_o(first), .any_o(any_left),
        .two_o(two_left), .index_o(index), .value_o(value)
    );
    initial for (i = 0; i < WIDTH; i = i + 1) values[6*i +: 6] = 63 - i;
    always @* begin
        n = 0; want = 0;
        for (k = WIDTH - 1; k >= 0; k = k - 1) if (bits[k]) begin
            n = n + 1;
            want = 1 << k;
        end
        bad = first !== want || any_left !== any_want || two_left !== two_want || more !== (n > 1) || (n > 0 && (want !== (1 << index) || value !== 63 - index));
    end
endmodule

module first_tb;
    `include "bench.svh"
    reg [32:0] bits = 0;
    wire bad1, bad5, bad8, bad33;
    integer i;
    first_case #(1) c1 (bits[0], bad1);
    first_case #(5) c5 (bits[4:0], bad5);
    first_case #(8) c8 (bits[7:0], bad8);
    first_case #(33) c33 (bits, bad33);

    initial begin
        for (i = 0; i < 4000; i = i + 1) begin
            bits = i < 256 ? i : i < 300 ? 33'd1 << (i % 33)
                : {$random(seed), $random(seed)} & {$random(seed), $random(seed)};
            #2 check({bad1, bad5, bad8, bad33}, 0, i);
        end
        finish(4000);
    end
endmodule
