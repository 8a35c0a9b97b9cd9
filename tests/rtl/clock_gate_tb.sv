// SPDX-License-Identifier: Apache-2.0
// ttfs_clock_gate: with an enable that changes just after clock edges clk_o has a rising edge in the very cycles
// that it was high in, together with the clock's own, and is high for no less than the clock.
module clock_gate_tb;
    `include "bench.svh"
    reg en = 1;
    wire gated;
    integer edges = 0, wanted = 0, n;

    ttfs_clock_gate dut (.clk_i(clk), .en_i(en), .clk_o(gated));

    always @(posedge gated) begin
        edges = edges + 1;
        check(clk, 1, 1);
    end
    always @(negedge gated) check(clk, 0, 2);

    initial begin
        reset;
        edges = 0;
        for (n = 0; n < 2000; n = n + 1) begin
            en = below(3) != 0;
            wanted = wanted + en;
            tick;
            check(edges, wanted, 3);
        end
        finish(2000);
    end
endmodule
