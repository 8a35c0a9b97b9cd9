// SPDX-License-Identifier: Apache-2.0
// ttfs_reader: random lists, takers that pause, freezes: every word once, in order, last_o on the last
// end of tick, idle afterwards; the first word three cycles after the start.
module reader_tb;
    `include "bench.svh"
    localparam WORDS = 64, ID = 5;
    reg en = 1, start = 0, take = 0;
    reg [5:0] base = 0;
    reg [3:0] ticks = 1;
    reg [ID+1:0] mem [0:WORDS-1], rdata = 0;
    wire re, valid, last, spike, eot;
    wire [5:0] raddr;
    wire [ID-1:0] id;
    integer list, i, at, ends, cycles, done, calm;

    ttfs_reader #(.ADDR_BITS(6), .ID_BITS(ID), .TICK_BITS(4)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .start_i(start), .base_i(base), .ticks_i(ticks),
        .re_o(re), .raddr_o(raddr), .rdata_i(rdata), .valid_o(valid), .take_i(take), .last_o(last),
        .spike_o(spike), .eot_o(eot), .id_o(id)
    );
    always @(posedge clk) if (re) rdata <= mem[raddr];

    initial begin
        reset;
        for (list = 0; list < 400; list = list + 1) begin
            for (i = 0; i < WORDS; i = i + 1) mem[i] = $random(seed);
            for (i = 0; i < WORDS; i = i + 3) mem[i][ID] = 1;
            base = below(8); ticks = list < 2 ? 1 : list < 4 ? 15 : 1 + below(15);
            calm = list % 2;
            en = 1; start = 1; tick; start = 0;
            at = base; ends = 0; done = 0; cycles = 1;
            while (!done) begin
                take = calm || below(2); en = calm || below(3) != 0;
                #3;
                if (calm) check(valid, cycles >= 3, 1);
                if (en && take && valid) begin
                    check({spike, eot, id}, mem[at], 2);
                    ends = ends + eot;
                    check(last, ends == ticks, 3);
                    at = at + 1;
                    done = last;
                end
                tick;
                cycles = cycles + 1;
            end
            en = 1; take = 1;
            repeat (below(5)) begin #3 check(valid, 0, 4); tick; end
        end
        finish(2000);
    end
endmodule
