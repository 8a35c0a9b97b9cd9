// SPDX-License-Identifier: Apache-2.0
// ttfs_fire_engine: random programs of several slots and turns, potentials and pooled values that come as soon as
// they are taken or later, and a sink that pauses: every flit is what core_model.svh says, in order; slots end
// where they should, and not before everything has left. A reset in the middle of a slot ends it.
`include "ttfs_records.vh"
module fire_engine_tb;
    localparam LANES = 5, WEIGHT_ROWS = 1024, VALUE_BITS = 4, C_BITS = 6, Y_BITS = 3, X_BITS = 4, SEGMENTS = 3;
    localparam STRIDES = 1, CONV = 1, POOL = 1, CLASSES = 1, ACC_BITS = 15, RAMP_BITS = 9, FLIT_VALUE = 4, PARAMS = 512;
    localparam PROGRAM = 1024, ACT_WORDS = 1024, LIST_ENTRIES = 128, FLOWS = 16, FLOW_BITS = 4, FLIT = 21, TOP = 15;
    localparam ELEMENTS = 16 * ACT_WORDS;
    `include "bench.svh"
    `include "core_model.svh"
    `include "core_program.svh"

    reg go = 0, busy = 0, out_ready = 0, offered = 0;
    reg pool_ev = 0, pool_close = 0;
    reg [3:0] pool_v = 0;
    reg [9:0] pool_c = 0;
    reg [31:0] data = 0;
    reg [ACC_BITS+RAMP_BITS-1:0] param = 0;
    reg [ACC_BITS-1:0] chain [0:LANES];
    wire done, sample_end, fetch, free, shift, param_re, pool_ready, out_valid, out_sum;
    wire [9:0] fetch_at;
    wire [8:0] param_at;
    wire [FLIT-1:0] flit;
    wire grant = fetch && !busy;
    wire capture = offered && free;

    ttfs_fire_engine #(
        .LANES(LANES), .ACC_BITS(ACC_BITS), .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS), .FLOW_BITS(FLOW_BITS),
        .Y_BITS(Y_BITS), .X_BITS(X_BITS), .C_BITS(C_BITS), .ROW_BITS(10), .PARAM_BITS(9), .CHANNEL_BITS(7),
        .FLIT_VALUE(FLIT_VALUE), .PC_BITS(10)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .go_i(go), .done_o(done), .sample_end_o(sample_end), .fetch_o(fetch),
        .fetch_at_o(fetch_at), .grant_i(grant), .data_i(data), .chain_free_o(free), .capture_i(capture),
        .shift_o(shift), .potential_i(chain[0]), .param_re_o(param_re), .param_at_o(param_at), .param_i(param),
        .pool_event_i(pool_ev), .pool_close_i(pool_close), .pool_ready_o(pool_ready), .pool_value_i(pool_v),
        .pool_channel_i(pool_c), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_flit_o(flit), .out_sum_o(out_sum)
    );

    // The chain and the pooled values, offered in the order of the model.
    integer next = 0, pool_at = 0, pools_given = 0, found = 0, i;
    reg captured = 0, pooled = 0, cut = 0;
    always @(posedge clk) begin
        data <= grant ? prog[fetch_at] : 32'hx;
        if (param_re) param <= {bias[param_at][ACC_BITS-1:0], ramp[param_at][RAMP_BITS-1:0]};
        if (capture) for (i = 0; i < LANES; i = i + 1) chain[i] <= potential[next+i];
        else if (shift) for (i = 0; i < LANES; i = i + 1) chain[i] <= chain[i+1];
    end
    always @(negedge clk) if (rst_n && !cut) begin
        captured = capture;
        pooled = (pool_ev || pool_close) && pool_ready;
        if (out_valid && out_ready) begin
            check({out_sum, flit}, {want_sum[found], want_flit[found]}, 1);
            found = found + 1;
        end
        check(done && out_valid, 0, 2);
    end
    always @(posedge clk) begin
        #1 busy = below(4) == 0;
        out_ready = below(4) != 0;
        if (captured) next = next + LANES;
        if (captured || !offered) offered = next < potentials && below(3) != 0;
        if (pooled) begin
            pool_at = pool_at + pool_ev;
            pools_given = pools_given + pool_close;
        end
        if (pooled || !(pool_ev || pool_close)) begin
            pool_ev = 0;
            pool_close = 0;
            if (pools_given < pools && below(3) != 0) begin
                pool_ev = pool_at < pool_end[pools_given];
                pool_close = pool_at + 1 == pool_end[pools_given] || !pool_ev;
                pool_v = pool_value[pool_at];
                pool_c = pool_channel[pool_at];
            end
        end
    end

    integer net, s, n, e;
    initial begin
        potentials = 0; pools = 0;
        for (n = 0; n < PARAMS; n = n + 1) begin
            bias[n] = below(2000) - 600;
            ramp[n] = 1 + below(n % 3 == 0 ? 500 : 60);
        end
        for (n = 0; n < WEIGHT_ROWS * LANES; n = n + 1) weight[n] = below(16) - 8;
        for (net = 0; net < 25; net = net + 1) begin
            if (net > 0) begin
                cut = 1; go = 1; tick; go = 0;
                repeat (below(60)) tick;
            end
            make_words;
            reset;
            cut = 0;
            repeat (2) begin
                check({done, out_valid, shift}, 3'b100, 5);
                tick;
            end
            for (s = 0; s < 3; s = s + 1) begin
                for (e = 0; e < ELEMENTS; e = e + 1) begin
                    kept[e] = $random(seed) & $random(seed) & 15;
                    kept_turn[e] = turn_of(e);
                end
                for (slot = 0; slot < slots; slot = slot + 1) begin
                    run_slot;
                    next = 0; pool_at = 0; pools_given = 0; found = 0;
                    repeat (below(20)) tick;
                    go = 1; tick; go = 0;
                    for (n = 0; n < 20000 && !done; n = n + 1) tick;
                    check({found, next}, {wanted, potentials}, 3);
                    check({done, sample_end}, {1'b1, sample_ends}, 4);
                end
                turn = turn + 1;
            end
        end
        finish(5000);
    end
endmodule
