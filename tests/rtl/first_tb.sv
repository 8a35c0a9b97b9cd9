// SPDX-License-Identifier: Apache-2.0
// ttfs_first: every vector of widths 1, 5 and 8, random ones of width 33.
module first_case #(parameter WIDTH = 1) (input wire [WIDTH-1:0] bits, output reg bad);
    localparam INDEX = (WIDTH > 1) ? $clog2(WIDTH) : 1;
    wire more;
    wire [WIDTH-1:0] first;
    wire [INDEX-1:0] index;
    integer i, n;
    reg [WIDTH-1:0] want;
    ttfs_first #(.WIDTH(WIDTH)) dut (.bits_i(bits), .more_o(more), .first_o(first), .index_o(index));
    always @* begin
        n = 0; want = 0;
        for (i = WIDTH - 1; i >= 0; i = i - 1) if (bits[i]) begin
            n = n + 1;
            want = 1 << i;
        end
        bad = first !== want || more !== (n > 1) || (n > 0 && want !== (1 << index));
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
