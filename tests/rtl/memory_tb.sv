// SPDX-License-Identifier: Apache-2.0
// ttfs_memory: random chunks written through the configuration port, rows read whole and chunks read
// back, at the promised cycles, also through a reader's register (KEPT); zeros when another memory is meant; what is
// no chunk or no row is not known. One memory has few words, the other more.
module memory_tb;
    `include "bench.svh"
    localparam WIDTH = 72, WORDS = 5, CHUNKS = 3;
    reg en = 0, cfg_en = 0, cfg_we = 0, mine = 1;
    reg [2:0] at = 0;
    reg [17:0] word = 0;
    reg [31:0] data = 0;
    wire [WIDTH-1:0] row, same_row;
    reg [WIDTH-1:0] kept;
    wire [31:0] back, late;
    wire known, same_known;
    always @(posedge clk) kept <= same_row;

    ttfs_memory #(.WIDTH(WIDTH), .WORDS(WORDS)) dut (
        .clk_i(clk), .en_i(en), .at_i(at), .data_o(row), .kept_i({WIDTH{1'bx}}), .cfg_mine_i(mine), .cfg_en_i(cfg_en),
        .cfg_we_i(cfg_we), .cfg_word_i(word), .cfg_data_i(data), .cfg_data_o(back), .cfg_known_o(known)
    );
    ttfs_memory #(.WIDTH(WIDTH), .WORDS(9), .KEPT(1)) dut_kept (
        .clk_i(clk), .en_i(en), .at_i({1'b0, at}), .data_o(same_row), .kept_i(kept), .cfg_mine_i(mine), .cfg_en_i(cfg_en),
        .cfg_we_i(cfg_we), .cfg_word_i(word), .cfg_data_i(data), .cfg_data_o(late), .cfg_known_o(same_known)
    );

    reg [95:0] want [0:WORDS-1];
    reg [31:0] expected;
    integer n, r, c;
    reg is;

    initial begin
        for (r = 0; r < WORDS; r = r + 1)
            for (c = 0; c < CHUNKS; c = c + 1) begin
                cfg_en = 1; cfg_we = 1; word = 4 * r + c; data = $random(seed);
                want[r][32*c +: 32] = c == 2 ? data & 32'hff : data;
                tick;
            end
        for (n = 0; n < 3000; n = n + 1) begin
            cfg_en = below(2); cfg_we = below(2); word = below(24); data = $random(seed);
            en = 1; at = below(WORDS);
            #1 r = word >> 2; c = word & 3;
            is = r < WORDS && c < CHUNKS;
            check(known, is, 1);
            cfg_en = cfg_en && is;
            tick;
            if (!cfg_en) check(row, want[at][WIDTH-1:0], 2);
            else if (cfg_we) want[r][32*c +: 32] = c == 2 ? data & 32'hff : data;
            else begin
                expected = want[r][32*c +: 32];
                cfg_en = 0; at = below(WORDS);
                tick;
                check(back, expected, 3);
                check(row, want[at][WIDTH-1:0], 4);
                word = $random(seed);
                tick;
                check(back, expected, 5);
                check(late, expected, 6);
                tick;
                check(late, expected, 7);
                mine = 0;
                tick;
                check(back, 0, 8);
                check(late, 0, 9);
                mine = 1;
            end
        end
        finish(5000);
    end
endmodule
