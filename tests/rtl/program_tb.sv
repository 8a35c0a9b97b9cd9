// SPDX-License-Identifier: Apache-2.0
// ttfs_program: three readers and the configuration port ask at random: the port first, then the lowest
// reader, one at a time, the word a cycle later; words that are there are known, writes are told.
module program_tb;
    `include "bench.svh"
    localparam WORDS = 20, AB = 5;
    reg [2:0] req = 0;
    reg [3*AB-1:0] at = 0;
    reg cfg_en = 0, cfg_we = 0;
    reg [17:0] word = 0;
    reg [31:0] data = 0;
    wire [2:0] grant;
    wire [31:0] read, back;
    wire known, wrote;

    ttfs_program #(.WORDS(WORDS)) dut (
        .clk_i(clk), .req_i(req), .at_i(at), .grant_o(grant), .data_o(read), .cfg_mine_i(1'b1), .cfg_en_i(cfg_en), .cfg_we_i(cfg_we),
        .cfg_word_i(word), .cfg_data_i(data), .cfg_data_o(back), .cfg_known_o(known), .wrote_o(wrote)
    );

    reg [31:0] want [0:WORDS-1];
    integer n, i, who, a;
    initial begin
        for (n = 0; n < WORDS; n = n + 1) begin
            cfg_en = 1; cfg_we = 1; word = n; data = $random(seed); want[n] = data;
            tick;
        end
        for (n = 0; n < 3000; n = n + 1) begin
            req = $random(seed); cfg_en = below(4) == 0; cfg_we = below(2); word = below(24); data = $random(seed);
            for (i = 0; i < 3; i = i + 1) at[i*AB +: AB] = below(WORDS);
            #1;
            check(known, word < WORDS, 4);
            cfg_en = cfg_en && known;
            #1;
            who = cfg_en ? 3 : req[0] ? 0 : req[1] ? 1 : req[2] ? 2 : 3;
            check(grant, who == 3 ? 0 : 1 << who, 1);
            check(wrote, cfg_en && cfg_we, 2);
            if (wrote) want[word] = data;
            tick;
            if (who < 3) begin
                a = at[who*AB +: AB];
                check(read, want[a], 3);
            end
        end
        finish(10000);
    end
endmodule
