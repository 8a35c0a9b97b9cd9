// SPDX-License-Identifier: Apache-2.0
//
// The memories of memories.v as they are written and as Yosys mapped them (module mapped, of cells of ECP5 and
// runtime/sim/sim_ecp5.v), under the same random accesses: every bit that the source defines. What a memory holds that was
// not written, and what it reads in the cycle in which the word is written, is anything.

module compare;
    reg         clk = 0, re = 0, we = 0;
    reg  [13:0] raddr = 0, waddr = 0;
    reg  [39:0] data = 0;
    wire [109:0] want, got;
    integer     i, b, bits = 0, wrong = 0, seed = 1;
    integer     seen [0:109];

    always #5 clk = !clk;

    memories u_want (
        .clk_i(clk), .re_i(re), .we_i(we), .raddr_i(raddr), .waddr_i(waddr), .data_i(data),
        .two_36_o(want[39:0]), .two_18_o(want[57:40]), .two_4_o(want[61:58]), .one_32_o(want[93:62]), .one_9_o(want[102:94]),
        .one_4_o(want[106:103]), .one_2_o(want[108:107]), .one_1_o(want[109]));
    mapped u_got (
        .clk_i(clk), .re_i(re), .we_i(we), .raddr_i(raddr), .waddr_i(waddr), .data_i(data),
        .two_36_o(got[39:0]), .two_18_o(got[57:40]), .two_4_o(got[61:58]), .one_32_o(got[93:62]), .one_9_o(got[102:94]),
        .one_4_o(got[106:103]), .one_2_o(got[108:107]), .one_1_o(got[109]));

    // One of 128 addresses: all bits in use, or all words of four rows, which a narrow write leaves as they were but for one.
    function [13:0] place;
        input [6:0] n;
        place = n[6] ? {n[5:0], ~n[5:2], n[3:0]} : {{5{n[5:4]}}, n[3:0]};
    endfunction

    initial begin
        for (b = 0; b < 110; b = b + 1) seen[b] = 0;
        for (i = 0; i < 4000; i = i + 1) begin
            @(negedge clk);
            for (b = 0; b < 110; b = b + 1)
                if (want[b] !== 1'bx) begin
                    bits = bits + 1;
                    seen[b] = seen[b] + 1;
                    if (got[b] !== (want[b] ^ ($test$plusargs("corrupt") && i == 3000))) wrong = wrong + 1;
                end
            we    = $random(seed);
            re    = $random(seed);
            raddr = place($random(seed));
            waddr = place($random(seed));
            data  = {$random(seed), $random(seed)};
        end
        for (b = 0; b < 110; b = b + 1)
            if (seen[b] < 1000) begin
                $display("at bit %0d: only %0d comparisons", b, seen[b]);
                wrong = wrong + 1;
            end
        if (wrong == 0) $display("PASS %0d bits compared", bits);
        else $display("FAIL %0d of %0d bits differ", wrong, bits);
        $finish;
    end
endmodule
