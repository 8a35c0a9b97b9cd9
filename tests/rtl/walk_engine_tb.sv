// SPDX-License-Identifier: Apache-2.0
// ttfs_walk_engine: a random program over several slots against a bucket that has lists when it likes and walks
// that take a while: every start with its largest value, the list's last one said so, the weight row of its
// events, whether the potentials are complete; slots end where they should, samples begin anew.
`include "ttfs_records.vh"
module walk_engine_tb;
    `include "bench.svh"
    localparam VB = 4, RB = 10, PC = 9;
    reg go = 0, full = 0, last = 0, busy = 0;
    reg [RB-1:0] number = 0;
    reg [31:0] words [0:511], data = 0;
    wire done, sample_end, fetch, start, release_list, take;
    wire [PC-1:0] at;
    wire [VB-1:0] top;
    wire [RB-1:0] row;
    wire grant = fetch && !busy;

    ttfs_walk_engine #(.VALUE_BITS(VB), .ROW_BITS(RB), .GROUP_BITS(6), .LIST_BITS(6), .PC_BITS(PC)) dut (
        .clk_i(clk), .rst_ni(rst_n), .go_i(go), .done_o(done), .sample_end_o(sample_end), .fetch_o(fetch),
        .fetch_at_o(at), .grant_i(grant), .data_i(data), .full_i(full), .start_o(start), .release_o(release_list),
        .top_o(top), .last_i(last), .number_i(number), .row_o(row), .take_o(take)
    );

    always @(posedge clk) data <= grant ? words[at] : 32'hx;
    always @(posedge clk) #1 busy = below(4) == 0;

    // Walks of the records of a slot, one after the other.
    integer n, pc, slot, sample, list, g, wait_for;
    task one_record;
        for (list = `TTFS_WALK_LISTS_IN(words, pc); list > 0; list = list - 1)
            for (g = 0; g < `TTFS_WALK_GROUPS_IN(words, pc); g = g + 1) begin
                full = g != 0;
                if (!full) begin
                    repeat (below(12)) begin
                        tick;
                        check(start || done, 0, 1);
                    end
                    full = 1;
                end
                #2;
                while (!start) begin
                    tick;
                    #2;
                end
                check({top, release_list}, {VB'(`TTFS_WALK_TOP_IN(words, pc)), g == `TTFS_WALK_GROUPS_IN(words, pc) - 1}, 2);
                tick;
                for (wait_for = 2 + below(15); wait_for > 0; wait_for = wait_for - 1) begin
                    number = below(300);
                    last = wait_for == 1;
                    #2;
                    check(row, RB'(number + `TTFS_WALK_WEIGHT_BASE_IN(words, pc) + g * `TTFS_WALK_GROUP_ROWS_IN(words, pc)), 3);
                    check({start, take}, {1'b0, !`TTFS_WALK_MORE_IN(words, pc)}, 4);
                    tick;
                end
                last = 0;
                if (g == `TTFS_WALK_GROUPS_IN(words, pc) - 1) full = 0;
            end
    endtask

    initial begin
        pc = 30;
        words[1] = pc;
        for (n = 0; n < 40; n = n + 1)
            if (below(4) == 0 || n == 39) begin
                words[pc] = n == 39 ? 32'h10 : 0;
                pc = pc + 1;
            end else begin
                words[pc] = {12'd0, 4'(1 + below(15)), 10'd0, 1'(below(2)), 5'd1};
                words[pc+1] = 1 + below(4); words[pc+2] = below(500); words[pc+3] = below(100); words[pc+4] = 1 + below(3);
                pc = pc + 5;
            end
        reset;
        for (sample = 0; sample < 4; sample = sample + 1) begin
            pc = 30;
            slot = 1;
            while (slot != 0) begin
                repeat (below(30)) tick;
                check(done, 1, 5);
                go = 1; tick; go = 0;
                #1 check(done, 0, 6);
                while (`TTFS_WALK_OP_IN(words, pc) != 0) begin
                    one_record;
                    pc = pc + `TTFS_WALK_WORDS;
                end
                for (n = 0; n < 20 && !done; n = n + 1) tick;
                check({done, sample_end}, {1'b1, `TTFS_WALK_SAMPLE_END_IN(words, pc)}, 7);
                slot = !sample_end;
                pc = pc + 1;
            end
        end
        finish(2000);
    end
endmodule
