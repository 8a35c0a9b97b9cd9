// SPDX-License-Identifier: Apache-2.0
// ttfs_lanes: random walks (events with or without an end of tick, strides, walks with more to come) against
// V as sums, through a chain that is not always free: what leaves the chain, lane 0 first, after every walk
// that is taken; and nothing moves while it is not free, nor an event whose row cannot be read.
module lanes_tb;
    `include "bench.svh"
    localparam LANES = 5, WB = 4, SB = 10, AB = 16, RB = 6;
    reg ev = 0, tick_end = 0, pair = 0, far = 0, last = 0, take = 0, shift = 0, free = 1, busy = 0;
    reg [RB-1:0] row = 0;
    reg [LANES*WB-1:0] weights [0:63], read = 0;
    wire ready, re, capture, idle, moved;
    wire [RB-1:0] at;
    wire [AB-1:0] potential;
    wire [LANES*WB-1:0] kept;
    reg [LANES*WB-1:0] want_kept;

    ttfs_lanes #(.LANES(LANES), .WEIGHT_BITS(WB), .SLOPE_BITS(SB), .ACC_BITS(AB), .ROW_BITS(RB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .ready_o(ready), .event_i(ev), .row_i(row), .tick_i(tick_end), .pair_i(pair),
        .far_i(far), .last_i(last), .take_i(take), .weights_re_o(re), .weights_at_o(at), .weights_i(read),
        .weights_o(kept), .busy_i(busy),
        .chain_free_i(free && in_chain == 0), .capture_o(capture), .shift_i(shift), .potential_o(potential),
        .idle_o(idle), .event_o(moved)
    );

    always @(posedge clk) if (re) read <= weights[at];
    always @(posedge clk) if (ready) want_kept <= read;

    // What the chain gives.
    reg signed [AB-1:0] want [0:16383];
    reg captured = 0;
    integer wanted = 0, found = 0, in_chain = 0, events = 0, taken = 0;
    always @(negedge clk) if (rst_n) begin
        if (shift) begin
            check(potential, want[found] & 16'hffff, 1);
            found = found + 1;
        end
        captured = capture;
        taken = taken + moved;
        if (busy) check(re, 0, 5);
        check(kept, want_kept, 6);
    end
    always @(posedge clk) begin
        #1 in_chain = captured ? LANES : in_chain - shift;
        captured = 0;
        shift = in_chain > 0 && below(3) != 0;
        free = below(3) != 0;
        busy = below(4) == 0;
    end

    integer n, i, l, steps;
    integer s [0:LANES-1], v [0:LANES-1];
    initial begin
        for (n = 0; n < 64; n = n + 1) weights[n] = $random(seed);
        reset;
        for (l = 0; l < LANES; l = l + 1) v[l] = 0;
        for (n = 0; n < 400; n = n + 1) begin
            for (l = 0; l < LANES; l = l + 1) s[l] = 0;
            steps = 1 + below(12);
            for (i = 0; i < steps; i = i + 1) begin
                last = i == steps - 1;
                take = n % 4 != 1;
                ev = below(4) != 0;
                tick_end = last || !ev || below(2);
                far = tick_end && below(4) == 0;
                pair = tick_end && !far && below(3) == 0;
                row = below(64);
                for (l = 0; l < LANES; l = l + 1) begin
                    if (ev) s[l] = s[l] + $signed(weights[row][l*WB +: WB]);
                    if (tick_end) v[l] = v[l] + (far ? 8 : pair ? 2 : 1) * s[l];
                end
                events = events + ev;
                #1;
                while (!ready) begin
                    tick;
                    #1;
                end
                tick;
            end
            {ev, tick_end, pair, far, last} = 0;
            for (l = 0; l < LANES && take; l = l + 1) begin
                want[wanted] = v[l];
                wanted = wanted + 1;
                v[l] = 0;
            end
            repeat (1 + below(2) * below(8)) begin
                #1;
                while (!ready) begin
                    tick;
                    #1;
                end
                tick;
            end
        end
        repeat (100) tick;
        check(found, wanted, 2);
        check(taken, events, 3);
        check(idle, 1, 4);
        finish(1500);
    end
endmodule
