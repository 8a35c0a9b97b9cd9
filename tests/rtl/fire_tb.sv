// SPDX-License-Identifier: Apache-2.0
// ttfs_fire: positions of one or several groups, captured as soon as the chain is free, into a sink that pauses:
// every channel in order with its clamped quotient or its sum, lanes beyond the last channel dropped,
// parameters one after the other from each position's base; nothing is taken while it does not run.
module fire_tb;
    `include "bench.svh"
    localparam LANES = 5, AB = 14, RB = 9, VB = 4, PB = 6, CB = 6;
    reg start = 0, run = 0, readout = 0, ready = 0, ready_next = 0;
    reg [CB-1:0] channels = 1;
    reg [PB-1:0] base = 0;
    reg [VB-1:0] top = 15;
    wire free, position, shift, re, valid, silent, last, idle;
    wire [PB-1:0] at;
    wire [VB-1:0] value;
    wire [AB-1:0] sum;
    wire [CB-1:0] channel;
    reg [AB+RB-1:0] params [0:63], param = 0;
    reg [AB-1:0] chain [0:LANES], loads [0:LANES-1];
    reg offered = 0;
    wire capture = offered && free;

    ttfs_fire #(.LANES(LANES), .ACC_BITS(AB), .RAMP_BITS(RB), .VALUE_BITS(VB), .PARAM_BITS(PB), .CHANNEL_BITS(CB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .start_i(start), .run_i(run), .readout_i(readout), .channels_i(channels),
        .param_base_i(base), .top_i(top), .chain_free_o(free), .capture_i(capture), .position_o(position),
        .shift_o(shift), .potential_i(chain[0]), .param_re_o(re), .param_at_o(at), .param_i(param), .valid_o(valid),
        .ready_i(ready), .ready_next_i(ready_next), .silent_o(silent), .value_o(value), .sum_o(sum), .channel_o(channel), .last_o(last),
        .idle_o(idle)
    );

    integer i;
    always @(posedge clk) begin
        if (re) param <= params[at];
        if (capture) for (i = 0; i < LANES; i = i + 1) chain[i] <= loads[i];
        else if (shift) for (i = 0; i < LANES; i = i + 1) chain[i] <= chain[i+1];
    end

    reg [CB+AB:0] want [0:16383];   // {last, channel, sum or value}
    integer wanted = 0, found = 0, pauses = 0;
    always @(negedge clk) if (rst_n && valid && ready) begin
        check({last, channel, readout ? sum : {10'd0, value}}, want[found], 1);
        check(silent, !readout && value == 0, 2);
        found = found + 1;
    end
    always @(posedge clk) begin
        #1 ready = ready_next;
        ready_next = !pauses || below(3) == 0;
    end

    integer n, p, positions, g, l, c, u, y, k;
    initial begin
        for (n = 0; n < 64; n = n + 1) params[n] = {14'(below(2000) - 900), 9'(1 + below(n % 2 ? 30 : 511))};
        reset;
        for (n = 0; n < 60; n = n + 1) begin
            channels = 1 + below(13); positions = 1 + below(4); readout = n % 4 == 3; pauses = n % 2;
            top = n % 3 ? 15 : 1 + below(14);
            start = 1; tick; start = 0;
            offered = 1; #1;
            check(capture, 0, 3);
            offered = 0; run = 1;
            for (p = 0; p < positions; p = p + 1) begin
                base = below(64 - 13);
                for (g = 0; g < channels; g = g + LANES) begin
                    for (l = 0; l < LANES; l = l + 1) begin
                        loads[l] = below(8000) - 2500;
                        c = g + l;
                        u = $signed(loads[l]) + $signed(params[base+c][RB +: AB]);
                        k = params[base+c][RB-1:0];
                        y = u < 0 ? 0 : u / k;
                        if (y > top) y = top;
                        if (c < channels) begin
                            want[wanted] = {c == channels - 1, c[CB-1:0], readout ? u[AB-1:0] : y[AB-1:0]};
                            wanted = wanted + 1;
                        end
                    end
                    repeat (below(2) * below(30)) tick;
                    offered = 1; #1;
                    while (!free) begin
                        tick;
                        #1;
                    end
                    check(position, g + LANES >= channels, 4);
                    tick;
                    offered = 0;
                end
            end
            while (!idle) tick;
            check(found, wanted, 5);
            run = 0;
        end
        finish(2000);
    end
endmodule
