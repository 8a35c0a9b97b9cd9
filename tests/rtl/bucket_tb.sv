// SPDX-License-Identifier: Apache-2.0
// ttfs_bucket: random lists (empty ones, one value, close with the last event or behind it, events that come
// at once behind another list's) filled while others are walked one to three times, with pauses: the events
// of every tick, the ticks, the steps, with steps of two and eight ticks, of two, and without; and events beyond ENTRIES are dropped and told. Nothing is left of lists
// that were filled and walked when a reset came.
module bucket_tb #(parameter STRIDE = 2);
    `include "bench.svh"
    localparam VB = 5, ENTRIES = 24, RB = 9, TOP = 31, LISTS = 400;
    reg insert = 0, close = 0, start = 0, release_list = 0, en = 1;
    reg [VB-1:0] value = 0, top = 0;
    reg [RB-1:0] row = 0;
    wire ready, fill, over, full, ev, tick_end, pair, far, last, busy;
    wire [RB-1:0] row_out;

    ttfs_bucket #(.VALUE_BITS(VB), .ENTRIES(ENTRIES), .ROW_BITS(RB), .STRIDE(STRIDE)) dut (
        .clk_i(clk), .rst_ni(rst_n), .ready_o(ready), .fill_o(fill), .insert_i(insert && fill), .value_i(value),
        .row_i(row), .close_i(close && fill), .over_o(over), .full_o(full), .start_i(start), .release_i(release_list),
        .top_i(top), .en_i(en), .event_o(ev), .row_o(row_out),
        .tick_o(tick_end), .pair_o(pair), .far_o(far), .last_o(last), .busy_o(busy)
    );

    // The lists: event e of list n is {value, row}, rows differ inside a list.
    reg [VB+RB-1:0] made [0:LISTS*32-1];
    integer count [0:LISTS-1], tops [0:LISTS-1], dropped = 0, overs = 0;
    integer n, e, i, filled = 0, at = 0;
    initial
        for (n = 0; n < LISTS; n = n + 1) begin
            tops[n] = 1 + below(TOP);
            count[n] = n == 0 ? ENTRIES : n % 50 == 49 ? ENTRIES + 1 + below(6) : n % 4 == 0 ? below(3) : below(ENTRIES + 1);
            if (count[n] > ENTRIES) dropped = dropped + count[n] - ENTRIES;
            for (e = 0; e < count[n]; e = e + 1) begin
                made[n*32+e][RB +: VB] = n % 3 == 0 ? tops[n] : 1 + below(tops[n]);
                made[n*32+e][RB-1:0] = (e * 7 + n) % 512;
            end
        end

    // Filling, by itself.
    always @(negedge clk) begin
        if (fill && insert) at = at + 1;
        if (fill && close) begin
            filled = filled + 1;
            at = 0;
        end
        overs = overs + over;
    end
    always @(posedge clk) begin
        #1 insert = 0;
        close = 0;
        if (rst_n && ready && filled < LISTS && below(5) != 0) begin
            insert = at < count[filled];
            if (insert) {value, row} = made[filled*32+at];
            close = at >= count[filled] || (at == count[filled] - 1 && filled % 2);
        end
    end

    // One walk of list n: which of its events came, steps, ticks.
    integer steps, at_tick, kept, found, want_steps, in_tick, below_it, empty;
    reg [31:0] seen;
    function integer parts(input integer ticks); parts = STRIDE ? (ticks + 1) / 2 : ticks; endfunction   // of a run
    task walk(input last_walk);
        reg over_now;
        begin
            while (!full || busy) tick;
            start = 1; release_list = last_walk; top = tops[n]; en = 1;
            tick;
            start = 0; steps = 0; at_tick = tops[n]; seen = 0; over_now = 0;
            kept = count[n] < ENTRIES ? count[n] : ENTRIES;
            while (!over_now && steps < 2000) begin
                en = n % 2 == 0 || below(4) != 0;
                #1;
                if (en) begin
                    if (ev) begin
                        found = -1;
                        for (e = 0; e < kept; e = e + 1)
                            if (made[n*32+e] == {at_tick[VB-1:0], row_out} && !seen[e]) found = e;
                        check(found >= 0, 1, 1);
                        if (found >= 0) seen[found] = 1;
                    end
                    if (tick_end) at_tick = at_tick - (far ? (at_tick - 1) % 8 + 1 : pair ? 2 : 1);
                    steps = steps + (ev || tick_end);
                    over_now = last;
                end
                tick;
            end
            en = 1;
            check(seen, (64'd1 << kept) - 1, 2);
            check(at_tick, 0, 3);
            want_steps = 0;
            for (i = 1; i <= tops[n] + 1; i = i + 1) begin   // block by block, from its lowest tick to its highest
                in_tick = 0;
                for (e = 0; e < kept; e = e + 1) in_tick = in_tick + (made[n*32+e][RB +: VB] == i);
                if (i % 8 == 1 || i > tops[n]) begin
                    if (i > 1) want_steps = want_steps + (below_it == empty && (STRIDE > 1 || (STRIDE && i > tops[n]))
                                                          ? 1 : parts(empty));
                    {below_it, empty} = 0;
                end
                below_it = below_it + 1;
                empty = empty + 1;
                if (in_tick) begin
                    want_steps = want_steps + in_tick - 1 + (empty == 8 && STRIDE > 1 ? 1 : parts(empty));
                    empty = 0;
                end
            end
            check(steps, want_steps, 4);
        end
    endtask

    initial begin
        reset;
        while (!ready) tick;
        while (!full) tick;
        start = 1; top = tops[0]; tick;
        start = 0;
        repeat (30) tick;
        check(busy || filled > 1, 1, 7);
        rst_n = 0; tick;
        filled = 0; at = 0; overs = 0;
        reset;
        check({ready, full, busy, ev, over}, 0, 8);
        while (!ready) tick;
        for (n = 0; n < LISTS; n = n + 1) begin
            if (n % 3 == 1) walk(0);
            if (n % 3 != 0) walk(0);
            walk(1);
            repeat (below(3) * below(20)) tick;
        end
        check(overs, dropped, 5);
        check(full, 0, 6);
        finish(2000);
    end
endmodule
