// SPDX-License-Identifier: Apache-2.0
// ttfs_positions: random records of one or several segments, their words given as they are read, again at each
// position when there are several: where every patch begins, its runs and steps, and the last position.
`include "ttfs_records.vh"
module positions_tb;
    `include "bench.svh"
    localparam AB = 11, SEGMENTS = 3;
    reg word = 0, next = 0, part_end = 0, list_end = 0;
    reg [3:0] index = 0;
    reg [31:0] data = 0;
    reg [1:0] seg = 0;
    wire last;
    wire [AB-1:0] base, run_step, row_step;
    wire [11:0] nx, ny;

    ttfs_positions #(.ADDR_BITS(AB), .Y_BITS(3), .X_BITS(3), .SEGMENTS(SEGMENTS)) dut (
        .clk_i(clk), .rst_ni(rst_n), .word_i(word), .index_i(index), .data_i(data), .next_i(next), .seg_i(seg),
        .part_end_i(part_end), .list_end_i(list_end), .last_o(last), .base_o(base), .nx_o(nx), .ny_o(ny),
        .run_step_o(run_step), .row_step_o(row_step)
    );

    reg [31:0] words [0:2+7*SEGMENTS-1];
    task give(input integer i, input integer at);
        begin
            word = 1; index = i; data = words[at];
            tick;
            word = 0; data = $random(seed); index = $random(seed);
        end
    endtask

    integer n, i, r, q, g, rows, cols, segments, s;
    initial begin
        reset;
        for (n = 0; n < 60; n = n + 1) begin
            segments = 1 + below(SEGMENTS); rows = 1 + below(4); cols = 1 + below(8);
            for (i = 0; i < 23; i = i + 1) words[i] = $random(seed);
            words[1] = {8'd0, cols[11:0], rows[11:0]};
            give(0, 0);
            give(1, 1);
            for (r = 0; r < rows; r = r + 1)
                for (q = 0; q < cols; q = q + 1)
                    for (g = 0; g < segments; g = g + 1) begin
                        seg = g; s = 2 + 7 * g;
                        if (segments > 1 || r + q == 0) for (i = 0; i < 7; i = i + 1) give(2 + i, s + i);
                        #1;
                        check(base, AB'(words[s] + r * words[s+6] + q * words[s+5]), 1);
                        check({ny, nx}, words[s+2][23:0], 2);
                        check(run_step, words[s+3][AB-1:0], 3);
                        check(row_step, words[s+4][AB-1:0], 4);
                        check(last, r == rows - 1 && q == cols - 1, 5);
                        part_end = 1; list_end = g == segments - 1;
                        tick;
                        part_end = 0; list_end = 0;
                    end
            next = 1; tick; next = 0;
        end
        finish(2000);
    end
endmodule
