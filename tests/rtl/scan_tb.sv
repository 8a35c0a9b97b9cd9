// SPDX-License-Identifier: Apache-2.0
// ttfs_scan: random words (many zeros, stale, empty, beyond the memory) through a store that others disturb
// and a taker that pauses: every event of a mask in order, the list's end with its last event or alone, and
// every stale word that is read made empty. Pools of several words too.
module scan_tb;
    `include "bench.svh"
    localparam VB = 4, WORDS = 24, WB = 5, RB = 9;
    reg req = 0, parity = 0, last = 0, first = 1, whole = 1, min = 0, get_ready = 1, ready = 1, lost_q = 0;
    reg [WB-1:0] at = 0;
    reg [15:0] mask = 0;
    reg [RB-1:0] row = 0;
    reg [16*VB+1:0] words [0:31], read = 0;
    wire req_ready, address, get, get_write, ev, close, idle;
    wire [WB-1:0] get_at;
    wire [VB-1:0] value;
    wire [RB-1:0] number;

    ttfs_scan #(.VALUE_BITS(VB), .WORDS(WORDS), .ROW_BITS(RB), .POOL(1)) dut (
        .clk_i(clk), .rst_ni(rst_n), .req_i(req), .req_ready_o(req_ready), .req_at_i(at), .req_parity_i(parity),
        .req_mask_i(mask), .req_row_i(row), .req_first_i(first), .req_end_i(whole), .req_last_i(last), .min_i(min),
        .address_o(address), .get_o(get), .get_write_o(get_write), .get_at_o(get_at), .get_ready_i(get_ready),
        .lost_i(!get_ready), .word_i(read[16*VB-1:0]), .empty_i(read[16*VB+1]), .odd_i(read[16*VB]), .event_o(ev),
        .close_o(close), .ready_i(ready), .value_o(value), .row_o(number), .idle_o(idle)
    );

    // The store: whoever else uses its port destroys what was read.
    always @(posedge clk)
        if (!get_ready) read <= {(16 * VB + 2) {1'bx}};
        else if (get && get_write) begin
            words[get_at][16*VB+1] <= 1;
            read <= {(16 * VB + 2) {1'bx}};
        end else if (get) read <= words[get_at];
    always @(posedge clk) begin
        #1 get_ready = below(6) != 0;
        ready = below(4) != 0;
    end

    reg [VB+RB:0] want [0:32767];   // {end of the list, value, number}
    reg alone [0:32767];
    integer wanted = 0, found = 0, beyond = 0, addresses = 0;
    always @(negedge clk) if (rst_n) begin
        if ((ev || close) && ready) begin
            check({close, ev}, {want[found][VB+RB], !alone[found]}, 1);
            if (ev) check({value, number}, want[found][VB+RB-1:0], 2);
            found = found + 1;
        end
        addresses = addresses + address;
    end

    integer n, e, k, count, best [0:15], v;
    reg zeros, ends;
    reg [0:31] stale = 0;   // words of another parity that were read
    initial begin
        reset;
        for (n = 0; n < 32; n = n + 1) words[n] = {2'b10, 64'd0};
        for (n = 0; n < 1500; n = n + 1) begin
            if (n % 100 == 0) begin
                while (!idle || found != wanted) tick;
                for (e = 0; e < WORDS; e = e + 1) if (stale[e]) check(words[e][16*VB+1], 1, 5);
                stale = 0;
                parity = n / 100; min = n % 200 == 0;
                for (e = 0; e < WORDS; e = e + 1)
                    if (below(3) != 0) begin
                        words[e] = {1'b0, 1'(below(3) ? parity : !parity), 64'd0};
                        for (k = 0; k < 16; k = k + 1)
                            if (n % 300 == 0 || below(3) == 0) words[e][k*VB +: VB] = 1 + below(15);
                    end
            end
            // One word of a list, or the words of a pool.
            count = n % 100 < 50 ? 1 : 1 + below(4);
            mask = count > 1 || below(3) ? 16'hffff : $random(seed);
            row = below(400);
            ends = below(4) == 0;
            for (k = 0; k < count; k = k + 1) begin
                if (below(4) != 0) at = below(below(20) ? WORDS : 32);
                first = k == 0; whole = k == count - 1; last = ends && whole;
                zeros = at >= WORDS || words[at][16*VB+1] || words[at][16*VB] != parity;
                if (at < WORDS && words[at][16*VB] != parity) stale[at] = 1;
                beyond = beyond + (at >= WORDS);
                for (e = 0; e < 16; e = e + 1) begin
                    v = zeros ? 0 : words[at][e*VB +: VB];
                    if (k == 0 || (min ? v < best[e] : v > best[e])) best[e] = v;
                end
                if (whole) expect_events;
                req = 1;
                #1;
                while (!req_ready) begin
                    tick;
                    #1;
                end
                tick;
                req = 0;
                if (below(4) == 0) repeat (below(20)) tick;
            end
        end
        while (!idle) tick;
        check(found, wanted, 3);
        check(addresses, beyond, 4);
        finish(5000);
    end

    // What the word in best[] gives.
    task expect_events;
        integer before_word, i;
        begin
            before_word = wanted;
            for (i = 0; i < 16; i = i + 1)
                if (mask[i] && best[i] != 0) begin
                    want[wanted] = {1'b0, best[i][VB-1:0], row + i[RB-1:0]};
                    alone[wanted] = 0;
                    wanted = wanted + 1;
                end
            if (ends && wanted > before_word) want[wanted-1][VB+RB] = 1;
            else if (ends) begin
                want[wanted] = {1'b1, {(VB + RB) {1'b0}}};
                alone[wanted] = 1;
                wanted = wanted + 1;
            end
        end
    endtask
endmodule
