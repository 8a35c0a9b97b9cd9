// SPDX-License-Identifier: Apache-2.0
//
// Spike log and counting sort. In the idle state a spike a cycle is logged and counted by its tick.
// start_i sorts the log into an event list at base_i and empties it: a pass over the ticks turns
// counts into places (and clears the counts), a pass over the log puts every spike at its place, each
// tick filled from its end so that the first one placed ends the tick. A tick without spikes gets an
// empty word. done_o comes TICKS + spikes + 7 cycles after start_i, with the list whole in memory.
// After reset the counts are cleared, 2^TICK_BITS cycles with busy_o high. Driven by ttfs_core.

`default_nettype none

module ttfs_sort #(
    parameter TICK_BITS = 8,
    parameter ID_BITS   = 16,
    parameter LOG_WORDS = 1024,
    parameter ADDR_BITS = 12  // of the list
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 spike_valid_i,
    input  wire [TICK_BITS-1:0] spike_tick_i,
    input  wire [ID_BITS-1:0]   spike_id_i,
    input  wire                 start_i,
    input  wire [TICK_BITS-1:0] ticks_i,
    input  wire [ADDR_BITS-1:0] base_i,
    output wire                 busy_o,
    output wire                 done_o,
    output wire                 we_o,
    output wire [ADDR_BITS-1:0] waddr_o,
    output wire [ID_BITS+1:0]   wdata_o
);
    localparam COUNT_BITS = $clog2(LOG_WORDS + 1);
    localparam LOG_BITS   = (LOG_WORDS > 1) ? $clog2(LOG_WORDS) : 1;

    localparam IDLE = 2'd0, TICKS = 2'd1, SPIKES = 2'd2, CLEAR = 2'd3;

    reg [1:0]            state_q;
    reg [TICK_BITS-1:0]  tick_q;          // of the pass over the ticks
    reg [COUNT_BITS-1:0] count_q, next_q; // spikes in the log, next one to place

    wire tick_last  = (state_q == CLEAR) ? &tick_q : tick_q == ticks_i - 1'b1;
    wire spikes_end = next_q == count_q;
    wire over_ticks = state_q == TICKS || state_q == CLEAR;
    wire reads_log  = state_q == SPIKES && !spikes_end;

    // From the last read of the log to its write into the list take six cycles.
    reg [5:0] settle_q;
    wire drained = settle_q[5];

    always @(posedge clk_i) begin
        settle_q <= {6{state_q == SPIKES && spikes_end}} & {settle_q[4:0], 1'b1};
        if (over_ticks) tick_q <= tick_q + 1'b1;
        else tick_q <= {TICK_BITS{1'b0}};
        if (reads_log) next_q <= next_q + 1'b1;
        else if (state_q == IDLE) next_q <= {COUNT_BITS{1'b0}};
        if (!rst_ni) begin
            state_q <= CLEAR;
            tick_q  <= {TICK_BITS{1'b0}};
            count_q <= {COUNT_BITS{1'b0}};
        end else begin
            case (state_q)
                IDLE: begin
                    if (spike_valid_i) count_q <= count_q + 1'b1;
                    if (start_i) state_q <= TICKS;
                end
                TICKS: if (tick_last) state_q <= SPIKES;
                SPIKES: if (drained) begin
                    state_q <= IDLE;
                    count_q <= {COUNT_BITS{1'b0}};
                end
                default: if (tick_last) state_q <= IDLE;
            endcase
        end
    end

    // Counts by tick: +1 for a spike that arrives, read and cleared by the pass over the ticks.
    wire                  counted;
    wire [COUNT_BITS-1:0] spikes_now;
    reg                   pass1_q, pass2_q, pass3_q;

    ttfs_rmw #(.WIDTH(COUNT_BITS), .WORDS(1 << TICK_BITS)) u_counts (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (1'b1),
        .valid_i(over_ticks || spike_valid_i),
        .addr_i (over_ticks ? tick_q : spike_tick_i),
        .valid_o(counted),
        .old_o  (spikes_now),
        .new_i  (pass3_q ? {COUNT_BITS{1'b0}} : spikes_now + 1'b1)
    );

    // The last word of each tick: where the tick before ended, plus its spikes, at least one word.
    reg [COUNT_BITS-1:0] words_q;
    reg                  empty_q;
    reg [ADDR_BITS-1:0]  end_q;  // of the tick before
    wire [ADDR_BITS-1:0] tick_end;

    generate
        if (COUNT_BITS > ADDR_BITS) begin : g_narrow
            assign tick_end = end_q + words_q[ADDR_BITS-1:0];
            wire unused = &{1'b0, words_q[COUNT_BITS-1:ADDR_BITS]};
        end else begin : g_wide
            assign tick_end = end_q + {{(ADDR_BITS - COUNT_BITS) {1'b0}}, words_q};
        end
    endgenerate

    // The log. Its word i reaches the place memory three cycles after it is asked for.
    wire [TICK_BITS+ID_BITS-1:0] logged;
    reg  [TICK_BITS+ID_BITS-1:0] log_q;
    reg                          log1_q, log2_q;

    ttfs_sram #(.WIDTH(TICK_BITS + ID_BITS), .WORDS(LOG_WORDS)) u_log (
        .clk_i  (clk_i),
        .re_i   (1'b1),
        .raddr_i(next_q[LOG_BITS-1:0]),
        .rdata_o(logged),
        .we_i   (spike_valid_i),
        .waddr_i(count_q[LOG_BITS-1:0]),
        .wdata_i({spike_tick_i, spike_id_i})
    );

    // Places by tick: {fresh, next place}, set by the pass over the ticks and counted down by spikes.
    wire                 placed, fresh;
    wire [ADDR_BITS-1:0] place;
    reg                  tick1_q, set1_q, set2_q, set3_q;
    reg  [TICK_BITS-1:0] tick_place_q;
    reg  [ID_BITS-1:0]   id1_q, id2_q, id3_q;

    ttfs_rmw #(.WIDTH(ADDR_BITS + 1), .WORDS(1 << TICK_BITS)) u_places (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (1'b1),
        .valid_i(tick1_q || log2_q),
        .addr_i (tick1_q ? tick_place_q : log_q[ID_BITS +: TICK_BITS]),
        .valid_o(placed),
        .old_o  ({fresh, place}),
        .new_i  (set3_q ? {1'b1, tick_end} : {1'b0, place - 1'b1})
    );

    reg                 we_q;
    reg [ADDR_BITS-1:0] waddr_q;
    reg [ID_BITS+1:0]   wdata_q;

    always @(posedge clk_i) begin
        tick_place_q <= tick_q;
        words_q <= (spikes_now == 0) ? {{(COUNT_BITS - 1) {1'b0}}, 1'b1} : spikes_now;
        empty_q <= spikes_now == 0;
        if (start_i) end_q <= base_i - 1'b1;
        else if (set3_q) end_q <= tick_end;
        log_q   <= logged;
        id1_q   <= log_q[ID_BITS-1:0];
        id2_q   <= id1_q;
        id3_q   <= id2_q;
        waddr_q <= set3_q ? tick_end : place;
        wdata_q <= set3_q ? {2'b01, id3_q} : {1'b1, fresh, id3_q};
        {pass1_q, pass2_q, pass3_q} <= {over_ticks, pass1_q, pass2_q};
        {set1_q, set2_q, set3_q} <= {tick1_q, set1_q, set2_q};
        if (!rst_ni) begin
            {log1_q, log2_q, tick1_q, we_q} <= 4'd0;
        end else begin
            tick1_q <= state_q == TICKS;
            log1_q  <= reads_log;
            log2_q  <= log1_q;
            we_q    <= placed && (!set3_q || empty_q);
        end
    end

    wire unused = &{1'b0, counted};

    assign busy_o  = state_q != IDLE;
    assign done_o  = state_q == SPIKES && drained;
    assign we_o    = we_q;
    assign waddr_o = waddr_q;
    assign wdata_o = wdata_q;
endmodule

`default_nettype wire
