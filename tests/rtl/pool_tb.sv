// SPDX-License-Identifier: Apache-2.0
// ttfs_pool: random words, each element the larger or the smaller of two; some are equal.
module pool_tb;
    `include "bench.svh"
    localparam VB = 4, N = 16;
    reg min = 0;
    reg [N*VB-1:0] a = 0, b = 0;
    wire [N-1:0] takes;

    ttfs_pool #(.VALUE_BITS(VB), .ELEMENTS(N)) dut (.min_i(min), .a_i(a), .b_i(b), .takes_o(takes));

    integer n, e;
    reg [VB-1:0] x, y;
    initial begin
        for (n = 0; n < 300; n = n + 1) begin
            a = {$random(seed), $random(seed)};
            b = {$random(seed), $random(seed)} & {$random(seed), $random(seed)};
            min = below(2);
            #1;
            for (e = 0; e < N; e = e + 1) begin
                x = a[e*VB +: VB]; y = b[e*VB +: VB];
                check(takes[e] ? x : y, min ? (x < y ? x : y) : (x > y ? x : y), 1);
            end
        end
        finish(4000);
    end
endmodule
