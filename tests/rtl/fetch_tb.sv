// SPDX-License-Identifier: Apache-2.0
// ttfs_fetch: records of a random program, read by an engine that takes its time through a memory that is
// not always free: every word in order with its index, ends of slots of one word, parts read again, back
// to the start; from next_i to ready_o as many cycles as promised when the memory is free.
module fetch_tb;
    `include "bench.svh"
    localparam WORDS = 5, AGAIN = 2, AB = 7;
    reg next = 0, restart = 0, again = 0, back = 0, busy = 0, grant_q = 0;
    wire req, word, ready;
    wire [AB-1:0] at;
    wire [3:0] index;
    reg [31:0] words [0:127], data = 0;
    wire grant = req && !busy;

    ttfs_fetch #(.ENTRY(1), .WORDS(WORDS), .AGAIN(AGAIN), .ADDR_BITS(AB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .req_o(req), .at_o(at), .grant_i(grant), .data_i(data), .next_i(next),
        .restart_i(restart), .again_i(again), .back_i(back), .word_o(word), .index_o(index), .ready_o(ready)
    );

    always @(posedge clk) data <= grant ? words[at] : 32'hx;

    integer pauses = 0;
    always @(posedge clk) #1 busy = pauses && below(3) == 0;

    integer expect_at = 0, expect_index = 0, last = 0, came = 0, cycles, n, part, round, parts;
    always @(negedge clk) if (rst_n && word) begin
        check({index, data}, {expect_index[3:0], words[expect_at]}, 1);
        expect_at = expect_at + 1;
        expect_index = expect_index + 1;
        came = came + 1;
    end

    // Waits for the words up to ready; `most` of them.
    task await_words(input integer most, input integer least);
        begin
            came = 0; cycles = 1;
            tick;
            next = 0; again = 0; restart = 0; back = 0;
            while (!ready && cycles < 100) begin
                tick;
                cycles = cycles + 1;
            end
            check(came, most, 2);
            if (!pauses) check(cycles, least, 3);
        end
    endtask

    initial begin
        for (n = 0; n < 128; n = n + 1) words[n] = {$random(seed), 4'd1};
        words[1] = 7;
        // A record with two parts, one with one, an end of slot, a record with three parts, an end.
        words[7+8+5] = 32'hf0; words[7+8+5+1+11] = 32'h1230;
        expect_at = 7; expect_index = 0;
        rst_n = 0;
        repeat (3) tick;
        rst_n = 1;
        for (round = 0; round < 20; round = round + 1) begin
            if (round == 0) while (!ready) tick;
            for (n = 0; n < 5; n = n + 1) begin
                if (round + n != 0) begin
                    next = 1; restart = n == 0;
                    if (n == 0) expect_at = 7;
                    expect_index = 0;
                    await_words(n == 2 || n == 4 ? 1 : WORDS, (n == 2 || n == 4 ? 3 : WORDS + 2) + (n == 0 ? 2 : 0));
                end
                parts = n == 0 ? 2 : n == 3 ? 3 : 1;
                for (part = 1; part < 2 * parts && parts > 1; part = part + 1) begin
                    again = 1; back = part == parts;
                    if (back) expect_at = expect_at - 3 * parts;
                    expect_index = AGAIN;
                    await_words(3, 5);
                end
                repeat (below(4)) tick;
                check(ready, 1, 4);
                pauses = round % 2;
            end
        end
        for (round = 0; round < 12; round = round + 1) begin  // resets in the middle: from the entry on again
            next = 1; restart = 1; expect_at = 7; expect_index = 0;
            tick;
            next = 0; restart = 0;
            repeat (round) tick;
            rst_n = 0;
            repeat (3) tick;
            rst_n = 1;
            expect_at = 7; expect_index = 0; came = 0;
            for (n = 0; n < 100 && !ready; n = n + 1) tick;
            check(came, WORDS, 5);
        end
        finish(800);
    end
endmodule
