// SPDX-License-Identifier: Apache-2.0
// ttfs_merge with one, three and eight sources: random requests and a sink that pauses. In every cycle
// the one that may send is the next above the last that sent, and its word is what leaves; nobody
// else's turn moves while the sink waits; reset gives the turn back to source 0.
module merge_case #(parameter N = 3) (input wire go, output reg over = 0);
    `include "bench.svh"
    localparam W = 9;
    reg [N-1:0] valid = 0;
    reg [N*W-1:0] data = 0;
    reg out_ready = 0;
    wire [N-1:0] ready;
    wire out_valid;
    wire [W-1:0] out;
    integer i, s, k, turn, last = -1, moved = 0;

    ttfs_merge #(.SOURCES(N), .WIDTH(W)) dut (
        .clk_i(clk), .rst_ni(rst_n), .in_valid_i(valid), .in_ready_o(ready), .in_data_i(data),
        .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out)
    );

    initial begin
        wait (go);
        reset;
        for (i = 0; i < 3000; i = i + 1) begin
            if (i == 1500) begin
                reset;
                last = -1;
            end
            valid = i % 3 ? $random(seed) : $random(seed) & $random(seed);
            for (s = 0; s < N; s = s + 1) data[s*W +: W] = $random(seed);
            out_ready = below(3) != 0;
            turn = -1;
            for (k = N; k > 0; k = k - 1) begin
                s = (last + k) % N;  // the nearest above `last` is looked at last
                if (valid[s]) turn = s;
            end
            #3;
            check(out_valid, turn >= 0, 1);
            check(ready, turn >= 0 && out_ready ? 1 << turn : 0, 2);
            if (turn >= 0) check(out, data[turn*W +: W], 3);
            tick;
            if (turn >= 0 && out_ready) begin
                last = turn;
                moved = moved + 1;
            end
        end
        over = errors == 0 && checks > 6000 && moved > 500;
        $display("%0s %0d checks, %0d moved", over ? "ok" : "bad", checks, moved);
    end
endmodule

module merge_tb;
    reg go = 1;
    wire a, b, c;
    merge_case #(1) c1 (go, a);
    merge_case #(3) c2 (go, b);
    merge_case #(8) c3 (go, c);
    initial begin
        #100000;
        $display("%0s", a && b && c ? "PASS" : "FAIL");
        $finish;
    end
endmodule
