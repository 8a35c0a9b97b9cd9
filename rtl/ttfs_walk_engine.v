// SPDX-License-Identifier: Apache-2.0
//
// Runs the walk program: WALK records (docs/core.md). Starts the walks of ttfs_bucket, each list GROUPS
// times, and gives the lanes the weight row of each event. The next record is read while the last walk of
// this one runs. done_o: at the end of a slot, no walk running; go_i begins the next one.
// Driven by ttfs_core.

`default_nettype none
`include "ttfs_records.vh"

module ttfs_walk_engine #(
    parameter VALUE_BITS = 4,
    parameter ROW_BITS   = 12,
    parameter GROUP_BITS = 8,
    parameter LIST_BITS  = 10,   // of the lists of a record
    parameter CONV       = 1,    // 0: a record is one list
    parameter PC_BITS    = 10
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire                  go_i,
    output wire                  done_o,
    output wire                  sample_end_o,
    // the program
    output wire                  fetch_o,
    output wire [PC_BITS-1:0]    fetch_at_o,
    input  wire                  grant_i,
    output wire                  fetched_o,    // the next record is there
    input  wire [31:0]           data_i,
    // the lists
    input  wire                  full_i,
    output wire                  start_o,
    output wire                  release_o,   // with start_o: this list's last walk
    output wire [VALUE_BITS-1:0] top_o,
    input  wire                  last_i,      // the walk ends in this cycle
    input  wire [ROW_BITS-1:0]   number_i,
    // the lanes
    output wire [ROW_BITS-1:0]   row_o,
    output wire                  take_o       // what the walk leaves is complete
);
    reg                  end_q, sample_end_q, ends_sample_q;
    reg                  op_q, more_q, take_q, walking_q;
    reg                  first_q, last_q;     // the next walk is its list's first, last
    reg [VALUE_BITS-1:0] top_q;
    reg [ROW_BITS-1:0]   base_q, group_rows_q, row_q;
    reg [GROUP_BITS-1:0] groups_q, left_q;    // left_q: walks of this list behind the next
    wire [3:0]           index;
    wire                 word, ready, last_list;

    wire [GROUP_BITS-1:0] left = first_q ? groups_q - 1'b1 : left_q;
    wire counts = word && index == `TTFS_WALK_GROUPS_WORD;
    wire start = ready && !end_q && op_q && full_i && !walking_q;
    wire ends = ready && !end_q && !op_q;
    wire next = ends || (start && last_q && last_list);

    always @(posedge clk_i) begin
        if (word && index == `TTFS_WALK_OP_WORD) begin
            op_q          <= data_i[`TTFS_WALK_OP_LSB];
            ends_sample_q <= data_i[`TTFS_WALK_SAMPLE_END_LSB];
            more_q        <= data_i[`TTFS_WALK_MORE_LSB];
            top_q         <= data_i[`TTFS_WALK_TOP_LSB +: VALUE_BITS];
        end
        if (word && index == `TTFS_WALK_WEIGHT_BASE_WORD) base_q <= data_i[`TTFS_WALK_WEIGHT_BASE_LSB +: ROW_BITS];
        if (word && index == `TTFS_WALK_GROUP_ROWS_WORD) group_rows_q <= data_i[`TTFS_WALK_GROUP_ROWS_LSB +: ROW_BITS];
        if (counts) groups_q <= data_i[`TTFS_WALK_GROUPS_LSB +: GROUP_BITS];
        // A record is read when the last walk of the one before has begun.
        if (counts) last_q <= data_i[`TTFS_WALK_GROUPS_LSB +: GROUP_BITS] == 1;
        else if (start) last_q <= last_q ? groups_q == 1 : left == 1;
        if (ends) sample_end_q <= ends_sample_q;
        if (start) begin
            left_q <= left - 1'b1;
            row_q  <= first_q ? base_q : row_q + group_rows_q;
            take_q <= !more_q;
        end
        if (!rst_ni) begin
            end_q     <= 1'b1;
            walking_q <= 1'b0;
            first_q   <= 1'b1;
        end else begin
            if (ends) end_q <= 1'b1;
            else if (go_i) end_q <= 1'b0;
            if (start) walking_q <= 1'b1;
            else if (last_i) walking_q <= 1'b0;
            if (start) first_q <= last_q;
        end
    end

    generate
        if (CONV != 0) begin : g_lists
            reg [LIST_BITS-1:0] lists_q;
            always @(posedge clk_i)
                if (word && index == `TTFS_WALK_LISTS_WORD) lists_q <= data_i[`TTFS_WALK_LISTS_LSB +: LIST_BITS];
                else if (start && last_q) lists_q <= lists_q - 1'b1;
            assign last_list = lists_q == 1;
        end else begin : g_list
            assign last_list = 1'b1;
        end
    endgenerate

    ttfs_fetch #(.ENTRY(1), .WORDS(`TTFS_WALK_WORDS), .ADDR_BITS(PC_BITS)) u_fetch (
        .clk_i    (clk_i),
        .rst_ni   (rst_ni),
        .req_o    (fetch_o),
        .at_o     (fetch_at_o),
        .grant_i  (grant_i),
        .data_i   (data_i),
        .next_i   (next),
        .restart_i(ends && ends_sample_q),
        .again_i  (1'b0),
        .back_i   (1'b0),
        .word_o   (word),
        .index_o  (index),
        .ready_o  (ready)
    );

    assign start_o      = start;
    assign release_o    = last_q;
    assign top_o        = top_q;
    assign row_o        = number_i + row_q;
    assign take_o       = take_q;
    assign fetched_o    = ready;
    assign done_o       = end_q && !walking_q;
    assign sample_end_o = sample_end_q;
    wire unused = &{1'b0, data_i};
endmodule

`default_nettype wire
