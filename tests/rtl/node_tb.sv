// SPDX-License-Identifier: Apache-2.0
// ttfs_node around a stand-in for the core, alone and with a router: random results and arrivals, random
// stalls of store and neighbours: every value is stored once and in order, sums leave, the monitor tells
// every result once, and when it is asked for the host gets each before it is stored; quiet only when nothing is under way; errors stick until they are cleared; counters
// count; every memory of the node answers for itself. With clock gates a core at rest has no clock some cycles later,
// and whatever stirs it has its edge in the same cycle. On a mesh at last turns that the core begins by itself, each as
// soon as it may and no sooner, values of two turns arriving meanwhile: each is stored as of its own, each result leaves as
// of the turn that it is made in, and quiet is of the older one alone.
module ttfs_core #(  // the stand-in: the bench sets what it does
    parameter LANES = 0, WEIGHT_BITS = 0, SLOPE_BITS = 0, ACC_BITS = 0, RAMP_BITS = 0, VALUE_BITS = 0, C_BITS = 0,
    Y_BITS = 0, X_BITS = 0, ACT_WORDS = 0, LIST_ENTRIES = 0, WEIGHT_ROWS = 0, PARAM_WORDS = 0, PROGRAM_WORDS = 0,
    FLOWS = 0, SEGMENTS = 0, STRIDES = 0, CONV = 0, POOL = 0, CLASSES = 0, STREAM = 0, FLIT_VALUE = 0,
    PRELOAD = 0, INIT_PREFIX = "", CORE = 0, FLIT = $clog2(FLOWS) + Y_BITS + X_BITS + C_BITS + FLIT_VALUE
) (
    input clk_i, rst_ni, cfg_en_i, cfg_we_i, input [3:0] cfg_mem_i, input [17:0] cfg_word_i, input [31:0] cfg_data_i,
    output reg [31:0] cfg_data_o, output cfg_known_o, input stream_en_i, input [17:0] stream_word_i,
    input [31:0] stream_data_i, output stream_known_o, input go_i, input [3:0] turn_i, output reg ready_o, done_o, output rest_o, kept_o,
    output reg sample_end_o, rests_o, input put_valid_i, output reg put_ready_o, input [$clog2(ACT_WORDS)+3:0] put_element_i,
    input [VALUE_BITS-1:0] put_value_i, input put_parity_i, output reg out_valid_o, input out_ready_i,
    output reg [FLIT-1:0] out_flit_o, output reg out_sum_o, over_o, address_o, count_move_o, count_event_o, count_stall_o
);
    initial {ready_o, done_o, sample_end_o, rests_o, put_ready_o, out_valid_o, out_sum_o, over_o, address_o, count_move_o,
        count_event_o, count_stall_o} = 0;
    assign rest_o = done_o, kept_o = done_o;
    assign stream_known_o = stream_en_i && stream_word_i < 9 && stream_data_i != 0;
    assign cfg_known_o = cfg_mem_i >= 1 && cfg_mem_i <= 3 && cfg_word_i < 9;
    always @(posedge clk_i) cfg_data_o <= cfg_mem_i >= 1 && cfg_mem_i <= 3 ? {10'h2aa, cfg_mem_i, cfg_word_i} : 0;
endmodule

module node_case #(parameter MESH = 0, GATES = 0) (input wire go, output reg over = 0);
    `include "bench.svh"
    initial own_end = 1;
    localparam VB = 4, AB = 12, FV = MESH ? VB : AB, CB = 5, FLOWS = 12, BUFFERS = 5;
    localparam BARE = 4 + 1 + 1 + CB + FV, FLIT = BARE + MESH;
    reg cfg_en = 0, cfg_we = 0, go_slot = 0;
    reg [3:0] mem = 0;
    reg [17:0] word = 0;
    reg [31:0] data = 0;
    wire [31:0] back;
    wire known, ready, quiet, sample_end, trace;
    reg [4:0] clear = 0;
    reg [3:0] turn = 5;
    reg early = 0, run = 0, ahead = 0;
    reg trace_on = 0;  // alone: the host gets the results that are stored too, each before it is
    integer owed = 0, shown = 0;
    wire [4:0] flags;
    reg [3:0] valid = 0, take = 0;
    wire [3:0] in_ready, out_valid;
    reg [4*FLIT-1:0] in = 0;
    wire [4*FLIT-1:0] out;
    wire [FLIT-1:0] told;

    ttfs_node #(
        .LANES(2), .VALUE_BITS(VB), .ACC_BITS(AB), .C_BITS(CB), .Y_BITS(1), .X_BITS(1), .ACT_WORDS(12),
        .FLOWS(FLOWS), .BUFFERS(BUFFERS), .CONV(0), .POOL(0), .CLASSES(0), .MESH(MESH), .CLOCK_GATES(GATES), .CORE(7)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(cfg_en), .cfg_we_i(cfg_we), .cfg_mem_i(mem), .cfg_word_i(word),
        .cfg_data_i(data), .cfg_data_o(back), .cfg_known_o(known), .stream_en_i(1'b0), .stream_word_i(18'd0),
        .stream_data_i(32'd0), .clear_i(clear), .flags_o(flags), .go_i(go_slot),
        .turn_i(turn), .early_i(early), .run_i(run), .ahead_i(ahead), .trace_i(trace_on), .ports_i(4'd15), .ready_o(ready), .quiet_o(quiet), .sample_end_o(sample_end), .in_valid_i(valid),
        .in_ready_o(in_ready), .in_flit_i(in), .out_valid_o(out_valid), .out_ready_i(take), .out_flit_o(out),
        .trace_valid_o(trace), .trace_flit_o(told)
    );

    // Sequences: [0] values of the core's results that are stored here, [1] of what comes in at west;
    // [2] sums that leave at west. A value's number is its channel.
    integer sent [0:2], came [0:2], results = 0, traces = 0, bad = 0, left = 0, moves = 0, i, j, s;
    reg [CB-1:0] c;
    reg passes, passes_in;

    task access(input reg w, input [3:0] m, input integer n, input [31:0] d);
        begin
            cfg_en = 1; cfg_we = w; mem = m; word = n; data = d;
            tick;
            cfg_en = 0;
            repeat (2) tick;
        end
    endtask
    // Buffer b holds elements 32 b .. 32 b + 31, values up to 9.
    task configure;
        begin
            for (i = 0; i < BUFFERS; i = i + 1) begin
                access(1, 5, 4 * i, 32 * i);
                access(1, 5, 4 * i + 2, 32 << 16);
                access(1, 5, 4 * i + 3, 9);
            end
            // Flow f: into buffer f, those from 8 on out at west; flow 5 leads nowhere.
            for (i = 0; MESH && i < FLOWS; i = i + 1)
                access(1, 4, i, (i < BUFFERS ? i << 5 | 16 : 0) | (i >= 8 ? 8 : 0));
        end
    endtask

    function [BARE-1:0] flit(input integer f, input integer channel, input integer value);
        flit = f << BARE - 4 | channel << FV | value;
    endfunction
    function [FLIT-1:0] of_turn(input [BARE-1:0] bare, input of);
        of_turn = MESH ? {bare[BARE-1 -: 4], of, bare[BARE-5:0]} : bare;
    endfunction

    // One cycle: the core's result and an arrival at west, perhaps; then what came out.
    task traffic(input integer load, input reg errors_too);
        begin
            if (!dut.u_core.out_valid_o && below(load) == 0) begin
                dut.u_core.out_sum_o = below(3) == 0;
                s = dut.u_core.out_sum_o ? 2 : 0;
                c = sent[s];
                dut.u_core.out_flit_o = flit(s ? 8 + below(4) : 0, c, s ? 0 : 1 + c % 9);
                if (errors_too && !s && below(9) == 0) begin
                    dut.u_core.out_flit_o = flit(5, c, 1); bad[1] = 1;
                end else sent[s] = sent[s] + 1;
                dut.u_core.out_valid_o = 1;
                if (trace_on && !MESH && !dut.u_core.out_sum_o) owed = owed + 1;
                results = results + 1;
            end
            if (!valid[3] && below(load) == 0) begin
                valid[3] = 1;
                c = sent[1];
                in[3*FLIT +: FLIT] = of_turn(flit(1, c, 1 + c % 9), turn[0]);
                if (errors_too && below(9) == 0) begin
                    in[3*FLIT +: FLIT] = of_turn(flit(1, c, 10 * below(2)), turn[0]); bad[0] = 1;
                end else sent[1] = sent[1] + 1;
            end
            #2;
            if (trace) begin traces = traces + 1; check(told, of_turn(dut.u_core.out_flit_o, turn[0]), 1); end
            if (dut.put_valid && dut.u_core.put_ready_o) begin
                s = dut.put_element / 32;
                c = came[s];
                check({dut.put_element, dut.put_value}, {8'(32 * s) + 8'(c), 4'(1 + c % 9)}, 2);
                came[s] = came[s] + 1;
            end
            if (!MESH && out_valid[3] && take[3] && !dut.u_core.out_sum_o) begin
                check(out[3*FLIT +: FLIT], of_turn(dut.u_core.out_flit_o, turn[0]), 19);
                shown = shown + 1;
            end else if (out_valid[3] && take[3]) begin
                c = came[2];
                check(out[3*FLIT+FV +: CB], c, 3);
                came[2] = came[2] + 1;
            end
            check(out_valid[2:0], 0, 4);
            passes = dut.u_core.out_valid_o && dut.result_ready;
            passes_in = valid[3] && in_ready[3];
            left = left + passes;
            tick;
            if (passes) dut.u_core.out_valid_o = 0;
            if (passes_in) valid[3] = 0;
        end
    endtask

    task drain;
        begin
            dut.u_core.put_ready_o = 1; take = -1;
            for (j = 0; j < 40 || dut.u_core.out_valid_o; j = j + 1) traffic(1 << 30, 0);
            check(quiet, dut.u_core.done_o, 5);
            for (s = 0; s < 3; s = s + 1) check(came[s], sent[s], 6);
            check(traces, results, 7);
            check(shown, owed, 20);
        end
    endtask

    // Whatever is under way, the node is not quiet; quiet_o tells of the cycle before.
    reg busy_q = 1;
    integer rests = 0;
    always @(posedge clk) busy_q <= dut.u_core.out_valid_o || |out_valid || dut.put_valid || !dut.u_core.done_o
        || (came[0] != sent[0] && bad == 0);
    always @(negedge clk) if (rst_n && quiet && !early) begin
        if (busy_q) begin errors = errors + 1; $display("at %0t: quiet", $time); end
        rests = rests + 1;
    end

    task expect_flags(input [4:0] want);
        begin
            check(flags, want, 8);
            access(0, 0, 0, 0);
            check(back, want, 9);
            clear = 5'b10101; tick; clear = 0; tick;
            check(flags, want & ~5'b10101, 10);
            clear = -1; tick; clear = 0; tick;
            check(flags, 0, 11);
        end
    endtask

    integer edges = 0;
    always @(posedge dut.core_clk) edges = edges + 1;
    task stir(input integer how);
        begin
            edges = 0;
            repeat (20) tick;
            check(edges, 0, 22);
            cfg_en = how == 0; go_slot = how == 1; dut.u_core.out_valid_o = how == 2; dut.u_core.rests_o = how != 3;
            tick;
            cfg_en = 0; go_slot = 0; dut.u_core.out_valid_o = 0; dut.u_core.rests_o = 1;
            check(edges, 1, 23);
            repeat (20) tick;
            check(edges >= 8 && edges <= (MESH ? 16 : 12), 1, 24);  // a result that waits holds the clock, one that arrives stirs it again
        end
    endtask

    // Turns side by side: numbers of the one that ends next, of those that the core has begun; what is under way of each.
    integer base, begun, work, idle_for, aheads, first_in, last_in, first_out, last_out, under_way [0:1];
    reg working, calm, changed, goes;
    reg [3:0] in_turn [0:1023], out_turn [0:1023];
    task early_cycle;
        begin
            if (!run) run = below(3) == 0;
            else if (!ahead) ahead = below(30) == 0;
            dut.u_core.put_ready_o = below(3) != 0;
            take[3] = below(3) != 0;
            if (!valid[3] && run && below(4) == 0) begin
                in_turn[last_in % 1024] = base + (ahead && below(2));
                in[3*FLIT +: FLIT] = of_turn(flit(1, last_in % 32, 1 + last_in % 9), in_turn[last_in % 1024]);
                valid[3] = 1;
                last_in = last_in + 1;
            end
            if (working && !dut.u_core.out_valid_o && work > 0 && below(4) == 0) begin
                out_turn[last_out % 1024] = begun - 1;
                dut.u_core.out_flit_o = flit(8, last_out % 32, 1);
                dut.u_core.out_valid_o = 1;
                last_out = last_out + 1;
            end
            if (working && work == 0 && !dut.u_core.out_valid_o) begin
                dut.u_core.done_o = 1;
                working = 0;
            end
            #2 goes = dut.go;
            if (goes) begin
                check(!working && (begun == base ? run : begun == base + 1 && ahead), 1, 30);
                check(dut.u_core.turn_i, begun[3:0], 31);
            end
            idle_for = !working && (begun == base ? run : begun == base + 1 && ahead) ? idle_for + 1 : 0;
            check(idle_for <= 4, 1, 32);
            if (quiet && !changed) check(calm, 1, 33);
            if (dut.put_valid && dut.u_core.put_ready_o) begin
                s = in_turn[first_in % 1024];
                check({dut.put_element, dut.put_parity}, {8'(32 + first_in % 32 ^ (s % 8) << 4), s[3]}, 34);
                under_way[s % 2] = under_way[s % 2] - 1;
                first_in = first_in + 1;
            end
            if (out_valid[3] && take[3]) begin
                s = out_turn[first_out % 1024];
                check(out[3*FLIT +: FLIT], of_turn(flit(8, first_out % 32, 1), s[0]), 35);
                under_way[s % 2] = under_way[s % 2] - 1;
                first_out = first_out + 1;
            end
            calm = begun > base && !(working && begun == base + 1) && under_way[base % 2] == 0;
            changed = quiet && calm && !(valid[3] && in_turn[(last_in - 1) % 1024] == base % 16) && below(2);
            passes = dut.u_core.out_valid_o && dut.result_ready;
            passes_in = valid[3] && in_ready[3];
            tick;
            if (passes) under_way[out_turn[(last_out - 1) % 1024][0]] = under_way[out_turn[(last_out - 1) % 1024][0]] + 1;
            if (passes) dut.u_core.out_valid_o = 0;
            if (passes_in) under_way[in_turn[(last_in - 1) % 1024][0]] = under_way[in_turn[(last_in - 1) % 1024][0]] + 1;
            if (passes_in) valid[3] = 0;
            if (changed) begin
                base = base + 1;
                turn = base;
                run = ahead;
                ahead = 0;
            end
            if (goes) begin
                dut.u_core.done_o = 0;
                working = 1;
                aheads = aheads + (begun > base);
                begun = begun + 1;
                work = below(60);
            end else if (work > 0) work = work - 1;
        end
    endtask

    task early_turns;
        begin
            for (s = 0; s < 4; s = s + 1) access(1, 5, 4 + s, s == 0 ? 32 : s == 2 ? 32 << 16 : s == 3 ? 3 << 16 | 9 : 0);
            base = turn; begun = turn; early = 1; working = 0; calm = 0; changed = 1; work = 0; idle_for = 0; aheads = 0;
            first_in = 0; last_in = 0; first_out = 0; last_out = 0; under_way[0] = 0; under_way[1] = 0;
            repeat (6000) early_cycle;
            check(base > 60 && aheads > 20 && first_in > 600 && first_out > 300, 1, 36);
        end
    endtask

    initial begin
        wait (go);
        for (s = 0; s < 3; s = s + 1) begin sent[s] = 0; came[s] = 0; end
        reset;
        configure;
        dut.u_core.done_o = 1;
        for (i = 0; i < 24; i = i + 1) begin
            trace_on = i % 3 == 1;
            for (j = 0; j < 100; j = j + 1) begin
                dut.u_core.put_ready_o = below(1 + i % 4) == 0;
                take = {below(1 + i % 3) == 0, 3'd7};
                dut.u_core.done_o = i % 5 != 2;
                traffic(1 + i % 6, i >= 12);
            end
            drain;
            expect_flags(bad);
            bad = 0;
        end
        // Errors of the core; counters; who answers.
        dut.u_core.over_o = 1; tick; dut.u_core.over_o = 0; dut.u_core.address_o = 1; tick; dut.u_core.address_o = 0;
        expect_flags(5'b11000);
        for (i = 0; i < 300; i = i + 1) begin
            dut.u_core.count_move_o = below(2);
            dut.u_core.count_event_o = i < 200;
            dut.u_core.count_stall_o = i % 3 == 0;
            moves = moves + dut.u_core.count_move_o;
            tick;
        end
        {dut.u_core.count_move_o, dut.u_core.count_event_o, dut.u_core.count_stall_o} = 0;
        for (i = 0; i < 16; i = i + 1)
            for (j = 0; j < 12; j = j + 1) begin
                access(0, i, j, 0);
                check(known, i == 0 ? j < 6 : i < 4 ? j < 9 : i == 4 ? MESH : i == 5, 12);
                if (i == 0 && j < 5) check(back, j == 0 ? 0 : j == 1 ? moves : j == 2 ? 200 : j == 3 ? 100 : left, 13);
                if (i >= 1 && i <= 3) check(back, {10'h2aa, 4'(i), 18'(j)}, 14);
                if (i == 4 && MESH) check(back, (j < BUFFERS ? j << 5 | 16 : 0) | (j >= 8 ? 8 : 0), 15);
                if (i == 5) check(back, j % 4 == 0 ? 8 * j : j % 4 == 2 ? 32 << 16 : j % 4 == 3 ? 9 : 0, 16);
            end
        dut.u_core.ready_o = 1; dut.u_core.sample_end_o = 1;
        #2 check({ready, sample_end}, 3, 17);
        check(rests > 100, 1, 18);
        check(MESH || owed > 50, 1, 21);
        dut.u_core.rests_o = 1;
        repeat (10) tick;
        for (i = 0; GATES && i < 4; i = i + 1) stir(i);
        if (MESH) early_turns;
        over = errors == 0 && checks > 2000;
        $display("%0s %0d checks", over ? "ok" : "bad", checks);
        if (!over) begin
            $display("FAIL");
            $finish;
        end
    end
endmodule

module node_tb;
    wire a, b, c, d;
    node_case #(0) c1 (1'b1, a);
    node_case #(1) c2 (a, b);
    node_case #(0, 1) c3 (b, c);
    node_case #(1, 1) c4 (c, d);
    initial begin
        wait (a && b && c && d);
        $display("PASS");
        $finish;
    end
    initial begin
        #2000000 $display("FAIL");
        $finish;
    end
endmodule
