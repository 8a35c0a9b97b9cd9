// SPDX-License-Identifier: Apache-2.0
// ttfs_scan_engine: random programs of several slots and turns over random activations, in one to eight copies, of
// any delay, ones of another parity among them, while others use the ports and the taker pauses: every list and every pooled
// position is what core_model.svh says, in order; slots end where they should.
`include "ttfs_records.vh"
module scan_engine_tb;
    localparam LANES = 4, WEIGHT_ROWS = 1024, VALUE_BITS = 4, C_BITS = 6, Y_BITS = 3, X_BITS = 4, SEGMENTS = 3;
    localparam STRIDES = 1, CONV = 1, POOL = 1, CLASSES = 1, ACC_BITS = 16, FLIT_VALUE = 4, PARAMS = 512, PROGRAM = 1024;
    localparam ACT_WORDS = 1024, LIST_ENTRIES = 128, FLOWS = 16, FLOW_BITS = 4, FLIT = 21, TOP = 15, ROW_BITS = 10;
    localparam ELEMENTS = 16 * ACT_WORDS;
    `include "bench.svh"
    `include "core_model.svh"
    `include "core_program.svh"

    reg go = 0, busy = 0, get_ready = 1, ready = 1;
    reg [31:0] data = 0;
    reg [65:0] memory [0:ACT_WORDS-1], read = 0;   // {empty, parity, values}
    wire done, sample_end, address, fetch, get, get_write, pool, ev, close;
    wire [9:0] fetch_at;
    wire [9:0] get_at;
    wire [3:0] value;
    wire [ROW_BITS-1:0] row;
    wire grant = fetch && !busy;

    ttfs_scan_engine #(
        .VALUE_BITS(VALUE_BITS), .ACT_WORDS(ACT_WORDS), .ROW_BITS(ROW_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS),
        .SEGMENTS(SEGMENTS), .PC_BITS(10)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .go_i(go), .turn_i(turn[3:0]), .done_o(done), .sample_end_o(sample_end),
        .address_o(address), .fetch_o(fetch), .fetch_at_o(fetch_at), .grant_i(grant), .data_i(data), .get_o(get),
        .get_write_o(get_write), .get_at_o(get_at), .get_ready_i(get_ready), .lost_i(!get_ready), .word_i(read[63:0]),
        .empty_i(read[65]), .odd_i(read[64]), .pool_o(pool), .event_o(ev), .close_o(close), .ready_i(ready),
        .value_o(value), .row_o(row)
    );

    always @(posedge clk) data <= grant ? prog[fetch_at] : 32'hx;
    always @(posedge clk)
        if (!get_ready || (get && get_write)) read <= 66'hx;
        else if (get) read <= memory[get_at];
    always @(posedge clk) if (get_ready && get && get_write) memory[get_at][65] <= 1;
    always @(posedge clk) begin
        #1 busy = below(4) == 0;
        get_ready = below(5) != 0;
        ready = below(4) != 0;
    end

    // Lists and pooled positions come in the order of the program, each kind in the order of its own.
    integer list_at = 0, lists_seen = 0, pool_at = 0, pools_seen = 0;
    always @(negedge clk) if (rst_n && ready && (ev || close)) begin
        if (pool) begin
            if (ev) check({row, value}, {pool_channel[pool_at][ROW_BITS-1:0], pool_value[pool_at][3:0]}, 1);
            pool_at = pool_at + ev;
            if (close) check(pool_at, pool_end[pools_seen], 2);
            pools_seen = pools_seen + close;
        end else begin
            if (ev) check({row, value}, {list_number[list_at][ROW_BITS-1:0], list_value[list_at][3:0]}, 3);
            list_at = list_at + ev;
            if (close) check(list_at, list_end[lists_seen], 4);
            lists_seen = lists_seen + close;
        end
    end

    // New activations: what is alive by its parity, and stale and empty words, as the model sees them.
    task fill_memory;
        integer w, e, banks, last, alive;
        for (w = 0; w < ACT_WORDS; w = w + 1) begin
            banks = 16 * w / STRIP % 4;
            last = turn_of(16 * w);
            alive = last >> banks & 1;
            memory[w] = {below(4) == 0, 1'(below(4) == 0 ? !alive : alive), {2{$random(seed)}} & {2{$random(seed)}}};
            for (e = 0; e < 16; e = e + 1) begin
                kept[16*w+e] = memory[w][65] || memory[w][64] != alive ? 0 : memory[w][4*e +: 4];
                kept_turn[16*w+e] = last;
            end
        end
    endtask

    integer net, s, n;
    initial begin
        for (net = 0; net < 25; net = net + 1) begin
            make_words;
            reset;
            for (s = 0; s < 3; s = s + 1) begin
                fill_memory;
                for (slot = 0; slot < slots; slot = slot + 1) begin
                    run_scan;
                    list_at = 0; lists_seen = 0; pool_at = 0; pools_seen = 0;
                    repeat (below(20)) tick;
                    go = 1; tick; go = 0;
                    for (n = 0; n < 20000 && !done; n = n + 1) tick;
                    check({lists_seen, pools_seen}, {lists, pools}, 5);
                    check({done, sample_end, address}, {1'b1, sample_ends, 1'b0}, 6);
                end
                turn = turn + 1;
            end
        end
        finish(5000);
    end
endmodule
