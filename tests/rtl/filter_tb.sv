// SPDX-License-Identifier: Apache-2.0
// ttfs_filter: random lists, pauses and freezes, all hits, no hits: the copy has the hits in order, an
// empty word for every tick without, an end on the last word of each tick, and nothing else.
module filter_tb;
    `include "bench.svh"
    localparam ID = 6, ROOM = 512;
    reg en = 1, start = 0, valid = 0, hit = 0, eot = 0;
    reg [8:0] base = 0;
    reg [ID-1:0] id = 0;
    wire we;
    wire [8:0] waddr;
    wire [ID+1:0] wdata;
    reg [ID+1:0] want [0:ROOM-1], got [0:ROOM-1];
    integer list, k, n, t, ticks, spikes, share, wanted, writes, in_tick, pauses;

    ttfs_filter #(.ADDR_BITS(9), .ID_BITS(ID)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .start_i(start), .base_i(base), .valid_i(valid),
        .hit_i(hit), .eot_i(eot), .id_i(id), .we_o(we), .waddr_o(waddr), .wdata_o(wdata)
    );

    always @(negedge clk) if (we) begin
        got[waddr] = wdata;
        writes = writes + 1;
    end

    task send(input is_hit, input is_end);
        begin
            do begin
                valid = 0; en = 1;
                if (pauses && below(3) == 0) tick;
                valid = 1; hit = is_hit; eot = is_end; id = $random(seed);
                en = !pauses || below(2);
                if (en && hit) begin
                    want[wanted] = {1'b1, 1'b0, id};
                    wanted = wanted + 1;
                    in_tick = in_tick + 1;
                end
                if (en && eot) begin
                    if (in_tick == 0) begin
                        want[wanted] = {2'b01, {ID{1'bx}}};
                        wanted = wanted + 1;
                    end else want[wanted-1][ID] = 1;
                    in_tick = 0;
                end
                tick;
            end while (!en);
            valid = 0; en = 1;
        end
    endtask

    initial begin
        reset;
        for (list = 0; list < 300; list = list + 1) begin
            ticks = list < 4 ? 1 : 1 + below(12);
            share = list % 4;  // 0 none, 1 and 2 some, 3 all
            pauses = list / 4 % 2;
            wanted = 0; writes = 0; in_tick = 0;
            base = below(64);
            start = 1; tick; start = 0;
            for (t = 0; t < ticks; t = t + 1) begin
                n = below(5);
                for (k = 0; k < n; k = k + 1) send(share == 3 || (share && below(2)), k == n - 1);
                if (n == 0) send(0, 1);
            end
            repeat (3) tick;
            check(writes, wanted, 1);
            for (k = 0; k < wanted; k = k + 1)
                if (want[k][ID+1]) check(got[(base + k) % 512], want[k], 2);
                else check(got[(base + k) % 512][ID+1:ID], 2'b01, 3);
        end
        finish(1000);
    end
endmodule
