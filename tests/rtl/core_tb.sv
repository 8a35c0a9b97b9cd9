// SPDX-License-Identifier: Apache-2.0
// ttfs_core: random programs (lists of several segments with strides, steps of both signs and several
// runs, pools, groups, classes, potentials of several lists, readouts, several tasks a slot, slots and
// turns, copies and delays), results fed back as values, with pauses at both ends: every flit is what core_model.svh says,
// in order. Parameters other than these: iverilog -Pcore_tb.CONV=0.
`include "ttfs_records.vh"
module core_tb;
    parameter LANES = 4, WEIGHT_BITS = 4, SLOPE_BITS = 12, ACC_BITS = 18, RAMP_BITS = 9, VALUE_BITS = 4;
    parameter C_BITS = 6, Y_BITS = 3, X_BITS = 4, SEGMENTS = 3, STRIDES = 1, CONV = 1, POOL = 1, CLASSES = 1;
    parameter FLIT_VALUE = VALUE_BITS, NETS = 8;
    localparam ACT_WORDS = 1024, LIST_ENTRIES = 128, WEIGHT_ROWS = 1024, PARAMS = 512, PROGRAM = 1024, FLOWS = 16;
    localparam ELEMENTS = 16 * ACT_WORDS, ELEMENT_BITS = $clog2(ELEMENTS);
    localparam FLOW_BITS = $clog2(FLOWS), FLIT = FLOW_BITS + Y_BITS + X_BITS + C_BITS + FLIT_VALUE;
    localparam TOP = (1 << VALUE_BITS) - 1;
    `include "bench.svh"
    `include "core_model.svh"
    `include "core_program.svh"

    reg cfg_en = 0, cfg_we = 0, go = 0, put_valid = 0, put_parity = 0, out_ready = 0;
    reg [3:0] cfg_mem = 0;
    reg [17:0] cfg_word = 0;
    reg [31:0] cfg_data = 0;
    reg [ELEMENT_BITS-1:0] put_element = 0;
    reg [VALUE_BITS-1:0] put_value = 0;
    wire [31:0] cfg_back;
    wire cfg_known, ready, done, sample_end, put_ready, out_valid, out_sum, over, address, moves, takes, stalls;
    wire [FLIT-1:0] out_flit;

    ttfs_core #(
        .LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS), .SLOPE_BITS(SLOPE_BITS), .ACC_BITS(ACC_BITS), .RAMP_BITS(RAMP_BITS),
        .VALUE_BITS(VALUE_BITS), .C_BITS(C_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS), .ACT_WORDS(ACT_WORDS),
        .LIST_ENTRIES(LIST_ENTRIES), .WEIGHT_ROWS(WEIGHT_ROWS), .PARAM_WORDS(PARAMS), .PROGRAM_WORDS(PROGRAM),
        .FLOWS(FLOWS), .SEGMENTS(SEGMENTS), .STRIDES(STRIDES), .CONV(CONV), .POOL(POOL), .CLASSES(CLASSES),
        .FLIT_VALUE(FLIT_VALUE)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(cfg_en), .cfg_we_i(cfg_we), .cfg_mem_i(cfg_mem), .cfg_word_i(cfg_word),
        .cfg_data_i(cfg_data), .cfg_data_o(cfg_back), .cfg_known_o(cfg_known), .go_i(go), .turn_i(turn[3:0]),
        .ready_o(ready), .done_o(done), .sample_end_o(sample_end), .put_valid_i(put_valid), .put_ready_o(put_ready),
        .put_element_i(put_element), .put_value_i(put_value), .put_parity_i(put_parity), .out_valid_o(out_valid),
        .out_ready_i(out_ready), .out_flit_o(out_flit), .out_sum_o(out_sum), .over_o(over), .address_o(address),
        .count_move_o(moves), .count_event_o(takes), .count_stall_o(stalls)
    );

    // Configuration.
    task cfg(input [3:0] mem, input [17:0] word, input [31:0] data);
        begin
            cfg_en = 1; cfg_we = 1; cfg_mem = mem; cfg_word = word; cfg_data = data;
            tick;
            cfg_en = 0;
            tick;
            cfg_we = 0;
        end
    endtask

    task fill_weights;
        integer row, c, l, b;
        reg [LANES*WEIGHT_BITS+31:0] bits;
        begin
            b = $clog2((LANES * WEIGHT_BITS + 31) / 32);
            for (row = 0; row < WEIGHT_ROWS; row = row + 1) begin
                bits = 0;
                for (l = 0; l < LANES; l = l + 1) begin
                    weight[row*LANES+l] = below(1 << WEIGHT_BITS) - (1 << (WEIGHT_BITS - 1));
                    bits[l*WEIGHT_BITS +: WEIGHT_BITS] = weight[row*LANES+l];
                end
                for (c = 0; c * 32 < LANES * WEIGHT_BITS; c = c + 1) cfg(2, (row << b) | c, bits[32*c +: 32]);
            end
        end
    endtask

    task fill_params;
        integer n, c, b;
        reg [95:0] bits;
        begin
            b = $clog2((ACC_BITS + RAMP_BITS + 31) / 32);
            for (n = 0; n < PARAMS; n = n + 1) begin
                bias[n] = below(2000) - 600;
                ramp[n] = 1 + below(n % 3 == 0 ? 500 : 60);
                bits = {bias[n][ACC_BITS-1:0], ramp[n][RAMP_BITS-1:0]};
                for (c = 0; c * 32 < ACC_BITS + RAMP_BITS; c = c + 1) cfg(3, (n << b) | c, bits[32*c +: 32]);
            end
        end
    endtask

    integer flow_base [0:FLOWS-1], flow_banks [0:FLOWS-1];
    task make_program;
        integer n;
        begin
            make_words;
            for (n = 0; n < FLOWS; n = n + 1) begin
                flow_base[n] = below(8 * STRIP);
                flow_banks[n] = below(4);
            end
            check(at_word < PROGRAM, 1, 9);
            for (n = at_word - 1; n >= 0; n = n - 1) cfg(1, n, prog[n]);
            tick;
            while (!ready) tick;
            for (n = 0; n < ELEMENTS; n = n + 1) kept_turn[n] = NEVER;
            for (n = 0; n < ACT_WORDS; n = n + 1) word_turn[n] = NEVER;
        end
    endtask

    // Values on their way to the core, into a strip's eighths that slots of this parity write.
    integer put_at [0:4095], put_v [0:4095], put_b [0:4095], puts, given, found, cycles, pauses, spent = 0, allowed = 0;
    task give(input integer at, input integer value, input integer banks);
        begin
            put_at[puts] = copy(region(banks, (at / STRIP & 6) + 1 - slot % 2) + at % STRIP, banks, turn);
            put_v[puts] = value;
            put_b[puts] = banks;
            puts = puts + 1;
        end
    endtask

    // What the model reads changes only behind the slot.
    task store_all;
        integer n;
        for (n = 0; n < puts; n = n + 1) begin
            word_turn[put_at[n]/16] = turn;
            kept[put_at[n]] = put_v[n];
            kept_turn[put_at[n]] = turn;
        end
    endtask

    always @(negedge clk) if (rst_n) begin
        if (out_valid && out_ready) begin
            check({out_sum, out_flit}, {want_sum[found], want_flit[found]}, 1);
            found = found + 1;
            if (!out_sum)
                give(flow_base[out_flit[FLIT-1 -: FLOW_BITS]] + out_flit[FLIT_VALUE +: C_BITS]
                     + 37 * out_flit[FLIT_VALUE+C_BITS +: X_BITS] + 91 * out_flit[FLIT_VALUE+C_BITS+X_BITS +: Y_BITS],
                     out_flit[VALUE_BITS-1:0], flow_banks[out_flit[FLIT-1 -: FLOW_BITS]]);
        end
        if (put_valid && put_ready) given = given + 1;
        check(over || address, 0, 2);
    end
    always @(posedge clk) begin
        #1 out_ready = (!pauses || puts - given < 8) && (!pauses || below(3) == 0);
        put_valid = given < puts && (put_valid || !pauses || below(2) == 0);
        put_element = put_at[given];
        put_value = put_v[given];
        put_parity = turn >> put_b[given];
    end

    task one_slot;
        integer n;
        begin
            puts = 0; given = 0; found = 0; cycles = 0;
            run_slot;
            go = 1; tick; go = 0;
            check(done, 0, 3);
            if (slot == 0)
                for (n = below(400); n > 0; n = n - 1) give(below(8 * STRIP), 1 + below(TOP), below(4));
            while (!(done && given == puts) && cycles < 100000) begin
                tick;
                cycles = cycles + 1;
            end
            check(found, wanted, 4);
            check(sample_end, sample_ends, 5);
            if (!pauses && slot != 0) begin
                check(cycles <= bound + `TTFS_CYCLES_PUT * puts, 1, 6);
                if (wanted != 0) begin
                    spent = spent + cycles;
                    allowed = allowed + bound;
                end
            end
            store_all;
        end
    endtask

    integer net, s, n;
    initial begin
        puts = 0; given = 0; pauses = 0; found = 0;
        reset;
        while (!ready) tick;
        fill_weights;
        fill_params;
        for (net = 0; net < NETS; net = net + 1) begin
            make_program;
            for (s = 0; s < 10; s = s + 1) begin
                pauses = below(2);
                for (slot = 0; slot < slots; slot = slot + 1) one_slot;
                turn = turn + 1;
            end
        end
        check(spent * 5 > allowed * 4, 1, 7);
        finish(1000);
    end
endmodule
