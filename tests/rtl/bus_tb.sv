// SPDX-License-Identifier: Apache-2.0
// ttfs_bus (and ttfs_merge): random sources and closures: each source's words pass in order, none is
// lost or doubled, a source waits for no more than CORES others while the bus is open.
module bus_tb;
    `include "bench.svh"
    localparam CORES = 4, N = CORES + 1, W = 12;
    reg open = 1;
    reg [N-1:0] valid = 0;
    wire [N-1:0] ready, source;
    reg [N*W-1:0] data = 0;
    wire out_valid;
    wire [W-1:0] out;
    reg [8:0] next [0:N-1], due [0:N-1];
    integer wait_of [0:N-1], i, s, load, moved = 0;

    ttfs_bus #(.CORES(CORES), .WIDTH(W)) dut (
        .clk_i(clk), .rst_ni(rst_n), .open_i(open), .in_valid_i(valid), .in_ready_o(ready),
        .in_data_i(data), .valid_o(out_valid), .source_o(source), .data_o(out)
    );

    initial begin
        reset;
        for (s = 0; s < N; s = s + 1) begin next[s] = 0; due[s] = 0; wait_of[s] = 0; end
        for (i = 0; i < 8000; i = i + 1) begin
            load = i / 1000 % 4;
            open = below(6) != 0;
            for (s = 0; s < N; s = s + 1) begin
                if (!valid[s]) valid[s] = load == 3 || below(load + 2) == 0;
                data[s*W +: W] = {s[2:0], next[s]};
            end
            #3;
            check($countones(ready), open && |valid ? 1 : 0, 1);
            check(ready & ~valid, 0, 2);
            if (out_valid) begin
                check(source, 1 << out[W-1 -: 3], 3);
                check(out[8:0], due[out[W-1 -: 3]], 4);
                due[out[W-1 -: 3]] = due[out[W-1 -: 3]] + 1;
            end
            for (s = 0; s < N; s = s + 1) begin
                if (valid[s] && !ready[s] && open) wait_of[s] = wait_of[s] + 1;
                if (ready[s]) begin
                    check(wait_of[s] < N, 1, 5);
                    wait_of[s] = 0;
                    next[s] = next[s] + 1;
                    moved = moved + 1;
                end
            end
            tick;
            for (s = 0; s < N; s = s + 1) if (next[s] != data[s*W +: 9]) valid[s] = 0;
        end
        check(moved > 3000, 1, 6);
        finish(10000);
    end
endmodule
