// SPDX-License-Identifier: Apache-2.0
// ttfs_stream: turns of random sections of random blocks (empty ones too) behind a memory that takes requests and
// gives words with random pauses: every word of a block is written once, in order, to its core; bursts lie one
// behind the other, cross no multiple of 64 words, and end where the section does; a damaged word is told of as
// CHECKSUM, one that is no core's as NOWHERE, and the section's writes end with it.
module stream_tb;
    `include "bench.svh"
    localparam CORES = 3, MOST = 4096;
    reg go = 0, first = 0, req_ready = 0, valid = 0;
    reg [31:0] data = 0;
    wire done, req_valid, ready, checksum, nowhere;
    wire [31:0] req_addr, word32;
    wire [6:0] req_words;
    wire [CORES-1:0] en;
    wire [17:0] word;

    ttfs_stream #(.CORES(CORES)) dut (
        .clk_i(clk), .rst_ni(rst_n), .go_i(go), .first_i(first), .done_o(done), .req_valid_o(req_valid),
        .req_ready_i(req_ready), .req_addr_o(req_addr), .req_words_o(req_words), .valid_i(valid), .ready_o(ready),
        .data_i(data), .en_o(en), .word_o(word), .data_o(word32), .known_i(|en && word < 18'h20000),
        .checksum_o(checksum), .nowhere_o(nowhere)
    );

    reg [31:0] memory [0:MOST-1];
    reg [59:0] want [0:MOST-1];       // {core, word, data} of every write that is one
    integer words, wanted, found, strays, sums, lost, given, asked, section, sections, damaged, i, quick, looks = 1;
    reg [31:0] crc;

    function [31:0] crc_byte(input [31:0] c, input [7:0] b);
        integer k;
        begin
            crc_byte = c ^ b;
            for (k = 0; k < 8; k = k + 1) crc_byte = crc_byte[0] ? crc_byte >> 1 ^ 32'hedb88320 : crc_byte >> 1;
        end
    endfunction

    task put(input [31:0] w);
        begin
            memory[words] = w;
            words = words + 1;
            for (i = 0; i < 4; i = i + 1) crc = crc_byte(crc, w >> 8 * i);
        end
    endtask

    // A section; one in eight blocks is no core's or no weights.
    task make_section;
        integer blocks, count, head, b, k;
        reg [31:0] at;
        begin
            head = words;
            crc = 32'hffffffff;
            blocks = below(4);
            put(0);
            for (b = 0; b < blocks; b = b + 1) begin
                count = below(40);
                at = {8'd0, 2'(below(CORES)), 4'd2, 18'(below(1000))};
                if (below(8) == 0) at = at ^ (below(2) ? 32'h40000 : 32'h20000000);
                else if (below(8) == 0) at[17] = 1;
                put(at);
                put(count);
                for (k = 0; k < count; k = k + 1) begin
                    put($random(seed));
                    if (at[31:24] == 0 && at[21:18] == 2) begin
                        want[wanted] = {at[31:22], at[17:0] + 18'(k), memory[words - 1]};
                        wanted = wanted + 1;
                    end
                    if (at[31:24] != 0 || at[21:18] != 2 || at[17]) lost = lost + 1;
                end
            end
            // The header is known only now: the CRC again, from the start.
            memory[head] = words - head - 1;
            crc = 32'hffffffff;
            for (k = head; k < words; k = k + 1)
                for (i = 0; i < 4; i = i + 1) crc = crc_byte(crc, memory[k] >> 8 * i);
            memory[words] = ~crc;
            words = words + 1;
        end
    endtask

    always @(negedge clk) if (rst_n) begin
        if (|en) begin
            for (i = 0; looks && i < CORES; i = i + 1)
                if (en[i]) check({10'(i), word, word32}, want[found], 1);
            found = found + 1;
        end
        strays = strays + nowhere;
        sums = sums + checksum;
        if (req_valid && req_ready) begin
            check(req_addr, asked, 2);
            check(req_words > 0 && req_addr[5:0] + req_words <= 64, 1, 3);
            asked = asked + req_words;
        end
        if (valid && ready) given = given + 1;
    end

    task run_section(input integer bad);
        integer was;
        begin
            was = sums;
            go = 1; first = section == 0;
            tick;
            go = 0; first = 0;
            check(done, 0, 4);
            while (!done) begin
                req_ready = quick || below(3) == 0;
                valid = given < asked && (quick || below(3) != 0);
                data = memory[given] ^ (given == bad ? 32'h1 << below(32) : 0);
                tick;
            end
            valid = 0;
            tick;
            tick;
            check(asked, given, 5);
            check(sums - was, bad >= 0, 6);
        end
    endtask

    integer turn, ends [0:63], bad;
    initial begin
        reset;
        for (turn = 0; turn < 60; turn = turn + 1) begin
            words = 0; wanted = 0; found = 0; lost = 0; strays = 0; sums = 0; given = 0; asked = 0;
            quick = turn & 1;
            sections = 1 + below(8);
            for (section = 0; section < sections; section = section + 1) begin
                make_section;
                ends[section] = words;
            end
            damaged = turn % 5 == 4 ? below(sections) : -1;
            for (section = 0; section < sections; section = section + 1) begin
                // The CRC, so that what is written stays what it is.
                bad = section == damaged ? ends[section] - 1 : -1;
                run_section(bad);
                check(given, ends[section], 7);
            end
            check(found, wanted, 8);
            check(strays, lost, 9);
        end
        // Any word but the header may be damaged: told of, and the section ends where it does.
        for (turn = 0; turn < 60; turn = turn + 1) begin
            words = 0; wanted = 0; found = 0; given = 0; asked = 0; section = 0; sums = 0;
            make_section;
            looks = 0;  // what is written may be anything
            bad = 1 + below(words - 1);
            damage_only(bad);
        end
        finish(3000);
    end

    // Like run_section.
    task damage_only(input integer at);
        begin
            go = 1; first = 1;
            tick;
            go = 0; first = 0; req_ready = 1;
            while (!done) begin
                valid = given < asked;
                data = memory[given] ^ (given == at ? 32'h1 << below(32) : 0);
                tick;
            end
            valid = 0;
            tick;
            tick;
            check(given, words, 10);
            check(sums, 1, 11);
        end
    endtask
endmodule
