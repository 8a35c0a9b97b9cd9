// SPDX-License-Identifier: Apache-2.0
// ttfs_store: through samples of alternating parity random values are put in random order, gaps or none,
// then most words are read, stale ones are made empty: what was put in this sample, zeros else. After
// reset, which also comes between two puts, everything is zeros, whatever the parity; behind a put into
// the line another one is taken at once, behind any other a cycle later.
module store_tb;
    `include "bench.svh"
    localparam VB = 4, WORDS = 24, WB = 5;
    reg put = 0, flush = 0, drop = 0, get = 0, get_write = 0, parity = 0;
    reg [WB-1:0] put_at = 0, get_at = 0;
    reg [3:0] element = 0;
    reg [VB-1:0] value = 0;
    wire ready, put_ready, clean, get_ready, lost, empty, odd;
    wire [16*VB-1:0] word;

    ttfs_store #(.VALUE_BITS(VB), .WORDS(WORDS)) dut (
        .clk_i(clk), .rst_ni(rst_n), .ready_o(ready), .put_i(put), .put_ready_o(put_ready), .put_at_i(put_at),
        .put_element_i(element), .put_value_i(value), .put_parity_i(parity), .flush_i(flush), .drop_i(drop),
        .clean_o(clean), .get_i(get), .get_write_i(get_write), .get_at_i(get_at), .get_ready_o(get_ready),
        .lost_o(lost), .get_word_o(word), .get_empty_o(empty), .get_odd_o(odd)
    );

    reg [16*VB-1:0] want [0:WORDS-1];
    integer round, n, w, took, same;
    reg     swift;   // the put before was into the line
    task read(input [WB-1:0] at);
        reg zeros;
        begin
            get = 1; get_write = 0; get_at = at;
            #1;
            while (!get_ready) tick;
            tick;
            get = 0;
            zeros = empty || odd != parity;
            check(zeros ? 0 : word, want[at], 1);
            if (zeros && !empty) begin
                get = 1; get_write = 1;
                tick;
                get = 0; get_write = 0;
            end
        end
    endtask

    // What a reset in the middle of work leaves: nothing, and no line that is valid.
    task restart;
        begin
            reset;
            check({ready, clean, put_ready, get_ready}, 4'b0110, 4);
            took = 0;
            while (!ready) begin
                tick;
                took = took + 1;
            end
            check(took, WORDS, 5);
            for (w = 0; w < WORDS; w = w + 1) want[w] = 0;
            for (parity = 0; parity != 1; parity = 1) for (w = 0; w < WORDS; w = w + 1) read(w);
        end
    endtask

    initial begin
        restart;
        for (round = 0; round < 60; round = round + 1) begin
            if (round % 20 == 19) restart;
            parity = round;
            drop = 1; flush = 0; tick; drop = 0;
            swift = 1;
            for (w = 0; w < WORDS; w = w + 1) want[w] = 0;
            for (n = below(80); n > 0; n = n - 1) begin
                same = put_at;
                put_at = below(3) ? put_at : below(WORDS);
                element = below(16); value = $random(seed); put = 1; flush = round % 3 == 0;
                took = 0;
                #1;
                while (!put_ready) begin
                    tick;
                    #1 took = took + 1;
                end
                tick;
                check(took <= 1, 1, 2);
                if (swift) check(took, 0, 3);
                swift = same == put_at && want[put_at] != 0;
                want[put_at][element*VB +: VB] = value;
                put = 0;
                if (below(4) == 0) repeat (below(4)) tick;
            end
            flush = 1;
            #1;
            while (!clean) tick;
            for (w = 0; w < WORDS; w = w + 1) if (w % 5 != 0) read(w);
        end
        finish(2000);
    end
endmodule
