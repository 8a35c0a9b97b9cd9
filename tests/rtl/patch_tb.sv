// SPDX-License-Identifier: Apache-2.0
// ttfs_patch: random patches with signed steps, taken with pauses: every
// element once, at its place, with its number; numbers go on where they are told to. A reset ends a patch.
module patch_tb;
    `include "bench.svh"
    localparam AB = 10, RB = 11;
    reg start = 0, go_on = 0, ready = 0;
    reg [AB-1:0] base = 0, run_step = 0, row_step = 0;
    reg [AB:0] length = 1;
    reg [11:0] nx = 1, ny = 1;
    wire busy, done, req, first, last;
    wire [AB-5:0] at;
    wire [15:0] mask;
    wire [RB-1:0] row;

    ttfs_patch #(.ADDR_BITS(AB), .ROW_BITS(RB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .start_i(start), .go_on_i(go_on), .base_i(base), .length_i(length), .nx_i(nx),
        .ny_i(ny), .run_step_i(run_step), .row_step_i(row_step), .busy_o(busy), .done_o(done), .req_o(req),
        .req_ready_i(ready), .req_at_o(at), .req_mask_o(mask), .req_row_o(row), .req_first_o(first), .req_last_o(last)
    );

    reg [AB-1:0] where;
    integer n, i, j, k, number = 0, e, begins;
    initial begin
        repeat (2) begin
            reset;
            check({busy, req, done}, 0, 7);
            tick;
            check(busy, 0, 8);
            length = 40; start = 1; tick; start = 0;
            check(busy, 1, 9);
            tick;
        end
        reset;
        for (n = 0; n < 250; n = n + 1) begin
            base = $random(seed); length = 1 + below(n % 10 == 0 ? 200 : 40); nx = 1 + below(3); ny = 1 + below(3);
            run_step = $random(seed); row_step = $random(seed);
            go_on = n % 3 == 1;
            if (!go_on) number = 0;
            start = 1; tick; start = 0;
            begins = 1;
            for (i = 0; i < ny; i = i + 1)
                for (j = 0; j < nx; j = j + 1) begin
                    k = 0;
                    while (k < length) begin
                        ready = below(3) != 0;
                        #1;
                        if (ready) begin
                            check({req, first}, {1'b1, begins[0]}, 1);
                            begins = 0;
                            for (e = 0; e < 16; e = e + 1) begin
                                where = base + i * row_step + j * run_step + k;
                                check(mask[e], k < length && where == {at, e[3:0]}, 2);
                                if (mask[e]) begin
                                    check((row + e) & 2047, number & 2047, 3);
                                    number = number + 1;
                                    k = k + 1;
                                end
                            end
                            check(last, i == ny - 1 && j == nx - 1 && k == length, 4);
                            check(done, last, 5);
                        end
                        tick;
                    end
                end
            check(busy, 0, 6);
        end
        finish(10000);
    end
endmodule
