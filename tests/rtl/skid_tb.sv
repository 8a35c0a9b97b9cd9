// SPDX-License-Identifier: Apache-2.0
// ttfs_skid: words pass in order, none lost or doubled, one a cycle when both sides are willing, and
// the source is refused only while the sink is.
module skid_tb;
    `include "bench.svh"
    reg in_valid = 0, out_ready = 0;
    reg [15:0] in_data = 0, next = 0;
    wire in_ready, out_valid;
    wire [15:0] out_data;
    integer i, moved, mode;

    ttfs_skid #(.WIDTH(16)) dut (
        .clk_i(clk), .rst_ni(rst_n), .in_valid_i(in_valid), .in_ready_o(in_ready),
        .in_data_i(in_data), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data)
    );

    initial begin
        reset;
        for (mode = 0; mode < 4; mode = mode + 1) begin
            moved = 0;
            for (i = 0; i < 1000; i = i + 1) begin
                if (!in_valid || in_ready_q) in_valid = mode[0] || below(2);
                out_ready = mode[1] || below(2);
                #3;
                in_ready_q = in_ready;
                if (out_valid && out_ready) begin
                    check(out_data, next, 1);
                    next = next + 1;
                    moved = moved + 1;
                end
                tick;
                if (in_valid && in_ready_q) in_data = in_data + 1;
            end
            if (mode == 3) check(moved >= 998, 1, 2);
        end
        check(in_data - next <= 2, 1, 3);
        finish(2000);
    end
    reg in_ready_q = 0;
endmodule
