// SPDX-License-Identifier: Apache-2.0
// ttfs_sort: random logs (empty, full, all on one tick, pauses) of 1 to 2^TICK_BITS - 1 ticks, sorted
// again and again: the list is the log in time order with one end a tick, in ticks + spikes + 7 cycles
// until it is whole, and the next log starts empty.
module sort_tb;
    `include "bench.svh"
    localparam TB = 4, ID = 9, LOG = 60, LIST = 128;
    reg spike = 0, start = 0;
    reg [TB-1:0] tick_i = 0, ticks = 1;
    reg [ID-1:0] id = 0;
    reg [6:0] base = 0;
    wire busy, done, we;
    wire [6:0] waddr;
    wire [ID+1:0] wdata;
    reg [ID+1:0] list [0:LIST-1];
    reg [TB-1:0] sent [0:511];
    reg [ID-1:0] taken [0:LOG-1];
    integer run, i, k, n, t, at, cycles, in_tick, mode;

    ttfs_sort #(.TICK_BITS(TB), .ID_BITS(ID), .LOG_WORDS(LOG), .ADDR_BITS(7)) dut (
        .clk_i(clk), .rst_ni(rst_n), .spike_valid_i(spike), .spike_tick_i(tick_i), .spike_id_i(id),
        .start_i(start), .ticks_i(ticks), .base_i(base), .busy_o(busy), .done_o(done), .we_o(we),
        .waddr_o(waddr), .wdata_o(wdata)
    );
    always @(posedge clk) if (we) list[waddr] <= wdata;

    initial begin
        reset;
        while (busy) tick;
        for (run = 0; run < 300; run = run + 1) begin
            ticks = run % 3 == 0 ? 1 : run % 3 == 1 ? 15 : 1 + below(15);
            n = run % 7 == 0 ? 0 : run % 7 == 1 ? LOG : below(LOG);
            mode = below(3);
            base = below(40);
            for (i = 0; i < n; i = i + 1) begin
                while (mode == 1 && below(2)) tick;
                spike = 1; id = i * 8 + below(8); tick_i = mode == 2 ? ticks / 2 : below(ticks);
                sent[id] = tick_i;
                taken[i] = id;
                tick;
                spike = 0;
            end
            repeat (6) tick;
            start = 1; tick; start = 0;
            cycles = 1;
            while (!done) begin tick; cycles = cycles + 1; end
            check(cycles, ticks + n + 7, 1);
            at = base;
            for (t = 0; t < ticks; t = t + 1) begin
                in_tick = 0;
                for (i = 0; i < n; i = i + 1) in_tick = in_tick + (sent[taken[i]] == t);
                if (in_tick == 0) check(list[at][ID+1:ID], 2'b01, 2);
                for (k = 0; k < in_tick; k = k + 1) begin
                    check(list[at+k][ID+1:ID], {1'b1, k == in_tick - 1}, 3);
                    id = list[at+k][ID-1:0];
                    check(sent[id], t, 4);
                    for (i = 0; i < n && taken[i] != id; i = i + 1);
                    check(i < n, 1, 5);  // logged, and every one once: their number is right
                    for (i = 0; i < k; i = i + 1) check(list[at+i][ID-1:0] != id, 1, 6);
                end
                at = at + (in_tick > 1 ? in_tick : 1);
            end
            while (busy) tick;
        end
        finish(5000);
    end
endmodule
