// SPDX-License-Identifier: Apache-2.0
//
// Runs the scan program: SCAN records, each followed by its SEGMENTs (docs/core.md). For every position
// (ttfs_positions) the patches of all segments go through ttfs_patch and ttfs_scan and make one list of
// events, or, for a pool, one of pooled values with the channel as number (pool_o). One segment's words stay for all
// positions; of several each is read again when its turn comes. done_o: at the end of a slot, with nothing
// under way; go_i begins the next one. Driven by ttfs_core.

`default_nettype none
`include "ttfs_records.vh"

module ttfs_scan_engine #(
    parameter VALUE_BITS = 4,
    parameter ACT_WORDS  = 128,
    parameter ROW_BITS   = 12,   // of an event's number, at least 5
    parameter Y_BITS     = 5,
    parameter X_BITS     = 5,
    parameter SEGMENTS   = 4,
    parameter CONV       = 1,
    parameter POOL       = 1,
    parameter PC_BITS    = 10,
    parameter WORD_BITS  = (ACT_WORDS > 1) ? $clog2(ACT_WORDS) : 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     go_i,
    input  wire [3:0]               turn_i,       // its number
    output wire                     done_o,
    output wire                     sample_end_o,
    output wire                     address_o,
    // the program
    output wire                     fetch_o,
    output wire [PC_BITS-1:0]       fetch_at_o,
    input  wire                     grant_i,
    output wire                     fetched_o,    // the next record is there
    input  wire [31:0]              data_i,
    // the store
    output wire                     get_o,
    output wire                     get_write_o,
    output wire [WORD_BITS-1:0]     get_at_o,
    input  wire                     get_ready_i,
    input  wire                     lost_i,
    input  wire [16*VALUE_BITS-1:0] word_i,
    input  wire                     empty_i,
    input  wire                     odd_i,
    // events
    output wire                     pool_o,
    output wire                     event_o,
    output wire                     close_o,
    input  wire                     ready_i,
    output wire [VALUE_BITS-1:0]    value_o,
    output wire [ROW_BITS-1:0]      row_o
);
    localparam ADDR_BITS = WORD_BITS + 4;
    localparam AGAIN = (SEGMENTS > 1) ? `TTFS_SCAN_WORDS : 0;
    localparam SEGMENT = `TTFS_SCAN_WORDS;   // index of a segment's word 0
    localparam SEG_BITS = (SEGMENTS > 1) ? $clog2(SEGMENTS) : 1;

    // The program. end_q: the slot is over; over_q: the record's last patch has begun.
    reg       end_q, sample_end_q, over_q, ends_sample_q;
    reg [1:0] op_q;
    wire [3:0]           index;
    wire                 word, ready, again, back;
    wire                 busy, finish, scan_idle;
    wire                 more;            // another segment's words are to be read before the next patch
    wire                 last_position, last_segment, last_block;
    wire [SEG_BITS-1:0]  seg;             // whose turn it is
    wire [ADDR_BITS-1:0] base;
    wire pool = POOL != 0 && op_q[1];
    // A patch may begin with the last word of the one before it; without maps a record has one patch a segment.
    wire free = !busy || (CONV != 0 && finish);
    wire start = ready && !end_q && !over_q && !more && op_q != 2'd0 && free;
    wire part_end = start && last_block;
    wire list_end = part_end && last_segment;
    wire ends = ready && !end_q && op_q == 2'd0;
    wire next = ends || (over_q && !busy && (POOL == 0 || scan_idle));

    always @(posedge clk_i) begin
        if (word && index == `TTFS_SCAN_OP_WORD) begin
            op_q          <= data_i[`TTFS_SCAN_OP_LSB +: 2];
            ends_sample_q <= data_i[`TTFS_SCAN_SAMPLE_END_LSB];
        end
        if (ends) sample_end_q <= ends_sample_q;
        if (!rst_ni) begin
            end_q  <= 1'b1;
            over_q <= 1'b0;
        end else begin
            if (ends) end_q <= 1'b1;
            else if (go_i) end_q <= 1'b0;
            if (next) over_q <= 1'b0;
            else if (list_end && last_position) over_q <= 1'b1;
        end
    end

    ttfs_fetch #(
        .ENTRY(0), .WORDS(SEGMENT + `TTFS_SEGMENT_WORDS), .AGAIN(AGAIN), .ADDR_BITS(PC_BITS)
    ) u_fetch (
        .clk_i    (clk_i),
        .rst_ni   (rst_ni),
        .req_o    (fetch_o),
        .at_o     (fetch_at_o),
        .grant_i  (grant_i),
        .data_i   (data_i),
        .next_i   (next),
        .restart_i(ends && ends_sample_q),
        .again_i  (again),
        .back_i   (back),
        .word_o   (word),
        .index_o  (index),
        .ready_o  (ready)
    );

    // The segment at work.
    reg [1:0]           banks_q;
    reg [2:0]           delay_q;
    reg [ADDR_BITS:0]   length_q;
    reg                 closes_q;         // the patch under way is its list's last
    wire base_comes = word && index == SEGMENT + `TTFS_SEGMENT_BASE_WORD;
    always @(posedge clk_i) begin
        if (base_comes) begin
            banks_q <= data_i[`TTFS_SEGMENT_BANKS_LSB +: 2];
            delay_q <= data_i[`TTFS_SEGMENT_DELAY_LSB +: 3];
        end
        if (word && index == SEGMENT + `TTFS_SEGMENT_LENGTH_WORD)
            length_q <= data_i[`TTFS_SEGMENT_LENGTH_LSB +: ADDR_BITS+1];
        if (start) closes_q <= last_segment && last_block;
    end

    // Several segments: which one, and the reading of its words.
    generate
        if (SEGMENTS > 1) begin : g_segments
            reg [SEG_BITS:0]   count_q;
            reg [SEG_BITS-1:0] seg_q;
            reg                more_q;
            always @(posedge clk_i) begin
                if (word && index == `TTFS_SCAN_SEGMENTS_WORD)
                    count_q <= data_i[`TTFS_SCAN_SEGMENTS_LSB +: SEG_BITS+1];
                if (!rst_ni) begin
                    seg_q  <= {SEG_BITS{1'b0}};
                    more_q <= 1'b0;
                end else begin
                    if (part_end) seg_q <= last_segment ? {SEG_BITS{1'b0}} : seg_q + 1'b1;
                    if (part_end) more_q <= count_q != 1 && !(last_segment && last_position);
                    else if (again) more_q <= 1'b0;
                end
            end
            assign seg = seg_q;
            assign last_segment = {1'b0, seg_q} + 1'b1 == count_q;
            assign more  = more_q;
            assign again = more_q && !busy;
            assign back  = seg_q == {SEG_BITS{1'b0}};
        end else begin : g_segment
            assign seg = 1'b0;
            assign last_segment = 1'b1;
            assign more  = 1'b0;
            assign again = 1'b0;
            assign back  = 1'b0;
            wire unused_segment = &{1'b0, part_end};
        end
    endgenerate

    // Where its patch lies.
    wire [11:0]          nx, ny;
    wire [ADDR_BITS-1:0] run_step, row_step;
    generate
        if (CONV != 0) begin : g_positions
            ttfs_positions #(
                .ADDR_BITS(ADDR_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS), .SEGMENTS(SEGMENTS)
            ) u_positions (
                .clk_i     (clk_i),
                .rst_ni    (rst_ni),
                .word_i    (word),
                .index_i   (index),
                .data_i    (data_i),
                .next_i    (next),
                .seg_i     (seg),
                .part_end_i(part_end),
                .list_end_i(list_end),
                .last_o    (last_position),
                .base_o    (base),
                .nx_o      (nx),
                .ny_o      (ny),
                .run_step_o(run_step),
                .row_step_o(row_step)
            );
        end else begin : g_position
            reg [ADDR_BITS-1:0] base_q;
            always @(posedge clk_i) if (base_comes) base_q <= data_i[`TTFS_SEGMENT_BASE_LSB +: ADDR_BITS];
            assign last_position = 1'b1;
            assign base     = base_q;
            assign nx       = 12'd1;
            assign ny       = 12'd1;
            assign run_step = {ADDR_BITS{1'b0}};
            assign row_step = {ADDR_BITS{1'b0}};
            wire unused_position = &{1'b0, seg};
        end
    endgenerate

    // A pool: a patch of words for each 16 channels, block_q the first of them.
    wire [ADDR_BITS-1:0] block;
    wire [15:0]          channels;        // that the block has
    wire [ROW_BITS-1:0]  patch_row, row;
    generate
        if (POOL != 0) begin : g_pool
            reg [ADDR_BITS:0]  block_q;
            reg [ROW_BITS-1:0] row_q;
            reg [15:0]         channels_q;
            wire [ADDR_BITS:0] block_next = block_q + 16;
            wire [ROW_BITS+ADDR_BITS:0] block_wide = {{ROW_BITS{1'b0}}, block_q};
            wire unused_block = &{1'b0, block_wide};
            assign last_block = !pool || block_next >= length_q;
            assign block = block_q[ADDR_BITS-1:0];
            assign channels = pool ? channels_q : 16'hffff;
            assign row = pool ? row_q : patch_row;
            always @(posedge clk_i) begin
                if (start) row_q <= block_wide[ROW_BITS-1:0];
                if (start) channels_q <= ~((last_block && length_q[3:0] != 4'd0) ? 16'hffff << length_q[3:0] : 16'd0);
                if (!rst_ni) block_q <= {(ADDR_BITS + 1) {1'b0}};
                else if (start) block_q <= last_block ? {(ADDR_BITS + 1) {1'b0}} : block_next;
            end
        end else begin : g_no_pool
            assign last_block = 1'b1;
            assign block = {ADDR_BITS{1'b0}};
            assign channels = 16'hffff;
            assign row = patch_row;
        end
    endgenerate

    wire                 req, req_ready, req_first, req_end;
    wire [WORD_BITS-1:0] req_at;
    wire [15:0]          req_mask;

    ttfs_patch #(.ADDR_BITS(ADDR_BITS), .ROW_BITS(ROW_BITS), .RUNS(CONV)) u_patch (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .start_i    (start),
        .go_on_i    (seg != {SEG_BITS{1'b0}}),
        .base_i     (base + block),
        .length_i   (pool ? {{(ADDR_BITS - 4) {1'b0}}, 5'd16} : length_q),
        .nx_i       (nx),
        .ny_i       (ny),
        .run_step_i (run_step),
        .row_step_i (row_step),
        .busy_o     (busy),
        .done_o     (finish),
        .req_o      (req),
        .req_ready_i(req_ready),
        .req_at_o   (req_at),
        .req_mask_o (req_mask),
        .req_row_o  (patch_row),
        .req_first_o(req_first),
        .req_last_o (req_end)
    );

    // The copy of the turn that it reads, and its parity; a record is there before its turn begins.
    localparam BELOW = 4 * ACT_WORDS <= 3 << WORD_BITS ? 1 : 0;   // banks are those of a memory of half the words
    wire [2:0]           copy;
    wire                 parity;
    reg  [WORD_BITS+2:0] copy_q;
    reg                  parity_q;
    ttfs_bank u_bank (
        .turn_i  (turn_i - {1'b0, delay_q}),
        .banks_i (banks_q),
        .at_o    (copy),
        .parity_o(parity)
    );
    always @(posedge clk_i) begin
        copy_q   <= {copy, {WORD_BITS{1'b0}}} >> BELOW;
        parity_q <= parity;
    end

    ttfs_scan #(
        .VALUE_BITS(VALUE_BITS), .WORDS(ACT_WORDS), .ROW_BITS(ROW_BITS), .POOL(POOL)
    ) u_scan (
        .clk_i       (clk_i),
        .rst_ni      (rst_ni),
        .req_i       (req),
        .req_ready_o (req_ready),
        .req_at_i    (req_at ^ copy_q[3 +: WORD_BITS]),
        .req_parity_i(parity_q),
        .req_mask_i  (req_mask & channels),
        .req_row_i   (row),
        .req_first_i (req_first || !pool),
        .req_end_i   (req_end || !pool),
        .req_last_i  (req_end && closes_q),
        .min_i       (op_q[0]),
        .address_o   (address_o),
        .get_o       (get_o),
        .get_write_o (get_write_o),
        .get_at_o    (get_at_o),
        .get_ready_i (get_ready_i),
        .lost_i      (lost_i),
        .word_i      (word_i),
        .empty_i     (empty_i),
        .odd_i       (odd_i),
        .event_o     (event_o),
        .close_o     (close_o),
        .ready_i     (ready_i),
        .value_o     (value_o),
        .row_o       (row_o),
        .idle_o      (scan_idle)
    );

    assign pool_o       = pool;
    assign fetched_o    = ready;
    assign done_o       = end_q && !busy && scan_idle;
    assign sample_end_o = sample_end_q;
    wire unused = &{1'b0, data_i, copy_q};
endmodule

`default_nettype wire
