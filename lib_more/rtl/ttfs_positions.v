// SPDX-License-Identifier: Apache-2.0
//
// The positions of a scan record, row by row: where the patch of each segment begins there, and the steps
// inside it. Takes the words of the record and of its segments as they are read (word_i, index_i); base_o
// is that of segment seg_i at the position, and moves on to the next position with part_end_i, when that
// segment's patch has begun; list_end_i with the last segment's. Driven by ttfs_scan_engine.

`default_nettype none
`include "ttfs_records.vh"

module ttfs_positions #(
    parameter ADDR_BITS = 11,
    parameter Y_BITS    = 5,
    parameter X_BITS    = 5,
    parameter SEGMENTS  = 4,
    parameter SEG_BITS  = (SEGMENTS > 1) ? $clog2(SEGMENTS) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 word_i,
    input  wire [3:0]           index_i,
    input  wire [31:0]          data_i,
    input  wire                 next_i,     // another record comes
    input  wire [SEG_BITS-1:0]  seg_i,
    input  wire                 part_end_i,
    input  wire                 list_end_i,
    output wire                 last_o,     // the last position
    output wire [ADDR_BITS-1:0] base_o,
    output wire [11:0]          nx_o,
    output wire [11:0]          ny_o,
    output wire [ADDR_BITS-1:0] run_step_o,
    output wire [ADDR_BITS-1:0] row_step_o
);
    localparam SEGMENT = `TTFS_SCAN_WORDS;

    reg [Y_BITS:0]      rows_q;            // rows left, this one too
    reg [X_BITS:0]      cols_q, left_q;    // positions of a row; left of it
    reg                 first_q;           // the record's first position
    reg [11:0]          nx_q, ny_q;
    reg [ADDR_BITS-1:0] run_step_q, row_step_q, col_stride_q, row_stride_q;
    reg [ADDR_BITS-1:0] at_q   [0:SEGMENTS-1];   // of the position
    reg [ADDR_BITS-1:0] line_q [0:SEGMENTS-1];   // of its row's first

    wire counts = word_i && index_i == `TTFS_SCAN_ROWS_WORD;
    wire base_comes = word_i && index_i == SEGMENT + `TTFS_SEGMENT_BASE_WORD && first_q;
    wire last_col = left_q == 1;
    wire [ADDR_BITS-1:0] next_line = line_q[seg_i] + row_stride_q;
    wire [ADDR_BITS-1:0] next_at = last_col ? next_line : at_q[seg_i] + col_stride_q;

    always @(posedge clk_i) begin
        if (word_i && index_i == SEGMENT + `TTFS_SEGMENT_NX_WORD) begin
            nx_q <= data_i[`TTFS_SEGMENT_NX_LSB +: 12];
            ny_q <= data_i[`TTFS_SEGMENT_NY_LSB +: 12];
        end
        if (word_i && index_i == SEGMENT + `TTFS_SEGMENT_RUN_STEP_WORD) run_step_q <= data_i[ADDR_BITS-1:0];
        if (word_i && index_i == SEGMENT + `TTFS_SEGMENT_ROW_STEP_WORD) row_step_q <= data_i[ADDR_BITS-1:0];
        if (word_i && index_i == SEGMENT + `TTFS_SEGMENT_COL_STRIDE_WORD) col_stride_q <= data_i[ADDR_BITS-1:0];
        if (word_i && index_i == SEGMENT + `TTFS_SEGMENT_ROW_STRIDE_WORD) row_stride_q <= data_i[ADDR_BITS-1:0];
        if (counts) begin
            rows_q <= data_i[`TTFS_SCAN_ROWS_LSB +: Y_BITS+1];
            cols_q <= data_i[`TTFS_SCAN_COLS_LSB +: X_BITS+1];
        end else if (list_end_i && last_col) begin
            rows_q <= rows_q - 1'b1;
        end
        if (counts) left_q <= data_i[`TTFS_SCAN_COLS_LSB +: X_BITS+1];
        else if (list_end_i) left_q <= last_col ? cols_q : left_q - 1'b1;
        if (base_comes) begin
            at_q[seg_i]   <= data_i[`TTFS_SEGMENT_BASE_LSB +: ADDR_BITS];
            line_q[seg_i] <= data_i[`TTFS_SEGMENT_BASE_LSB +: ADDR_BITS];
        end else if (part_end_i) begin
            at_q[seg_i] <= next_at;
            if (last_col) line_q[seg_i] <= next_line;
        end
        if (!rst_ni || next_i) first_q <= 1'b1;
        else if (list_end_i) first_q <= 1'b0;
    end

    assign last_o     = last_col && rows_q == 1;
    assign base_o     = at_q[seg_i];
    assign nx_o       = nx_q;
    assign ny_o       = ny_q;
    assign run_step_o = run_step_q;
    assign row_step_o = row_step_q;
    wire unused = &{1'b0, data_i};
endmodule

`default_nettype wire
