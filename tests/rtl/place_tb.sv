// SPDX-License-Identifier: Apache-2.0
// ttfs_place: random records; positions go in ahead of those that go out: the row and column of what goes out,
// the parameters of every position by the formula of its class, and which is the last that comes in.
`include "ttfs_records.vh"
module place_tb;
    `include "bench.svh"
    localparam YB = 3, XB = 4, PB = 10, CB = 6;
    reg word = 0, start = 0, step_in = 0, step_out = 0;
    reg [3:0] index = 0;
    reg [31:0] data = 0;
    reg [PB-1:0] base = 0;
    reg [CB-1:0] channels = 1;
    wire last;
    wire [PB-1:0] param;
    wire [YB-1:0] y;
    wire [XB-1:0] x;

    ttfs_place #(.Y_BITS(YB), .X_BITS(XB), .PARAM_BITS(PB), .CHANNEL_BITS(CB)) dut (
        .clk_i(clk), .word_i(word), .index_i(index), .data_i(data), .start_i(start), .base_i(base),
        .channels_i(channels), .step_in_i(step_in), .last_o(last), .param_o(param), .step_out_i(step_out), .y_o(y), .x_o(x)
    );

    task give(input integer i, input [31:0] field);
        begin
            word = 1; index = i; data = field;
            tick;
            word = 0;
        end
    endtask

    function integer class_of(input integer k, input integer count, input integer low, input integer high);
        class_of = (k < low ? k : low) + (k > count - 1 - high ? k - (count - 1 - high) : 0);
    endfunction

    integer n, rows, cols, y0, x0, t, b, l, r, row_words, in, out, p, q;
    initial begin
        for (n = 0; n < 200; n = n + 1) begin
            rows = 1 + below(8); cols = 1 + below(16); y0 = below(9 - rows); x0 = below(17 - cols);
            t = below(rows); b = below(rows); l = below(cols); r = below(cols);
            base = below(100); channels = 1 + below(20); row_words = below(90);
            give(2, {8'd0, cols[11:0], rows[11:0]});
            give(3, {8'd0, x0[11:0], y0[11:0]});
            give(6, {8'd0, b[11:0], t[11:0]});
            give(7, {8'd0, r[11:0], l[11:0]});
            give(8, row_words);
            start = 1; tick; start = 0;
            in = 0; out = 0;
            while (out < rows * cols) begin
                p = in / cols; q = in % cols;
                if (in < rows * cols) begin
                    check(last, in == rows * cols - 1, 1);
                    check(param, PB'(base + class_of(p, rows, t, b) * row_words + class_of(q, cols, l, r) * channels), 2);
                end
                check({y, x}, {3'(y0 + out / cols), 4'(x0 + out % cols)}, 3);
                step_in = in < rows * cols && below(2);
                step_out = out < in && below(2);
                tick;
                in = in + step_in; out = out + step_out;
                step_in = 0; step_out = 0;
            end
        end
        finish(10000);
    end
endmodule
