// SPDX-License-Identifier: Apache-2.0
//
// The positions of a fire record, row by row, counted twice: of what comes in (step_in_i with a
// position's last potentials; last_o: it is the record's last, param_o the parameters of the position
// that comes next) and of what goes out (step_out_i with its last result; y_o, x_o). The parameters
// depend on the class of the position (CLASSES): rows and columns near an edge are a class each.
// Driven by ttfs_fire_engine.

`default_nettype none
`include "ttfs_records.vh"

module ttfs_place #(
    parameter Y_BITS     = 5,
    parameter X_BITS     = 5,
    parameter PARAM_BITS = 8,
    parameter CHANNEL_BITS = 10,
    parameter CLASSES    = 1
) (
    input  wire                    clk_i,
    input  wire                    word_i,
    input  wire [3:0]              index_i,
    input  wire [31:0]             data_i,
    input  wire                    start_i,
    input  wire [PARAM_BITS-1:0]   base_i,
    input  wire [CHANNEL_BITS-1:0] channels_i,
    input  wire                    step_in_i,
    output wire                    last_o,
    output wire [PARAM_BITS-1:0]   param_o,
    input  wire                    step_out_i,
    output wire [Y_BITS-1:0]       y_o,
    output wire [X_BITS-1:0]       x_o
);
    reg [Y_BITS:0]   rows_q, rows_in_q;             // of the record; left, this one too
    reg [X_BITS:0]   cols_q, cols_in_q, cols_out_q;
    reg [Y_BITS-1:0] first_y_q, y_q;
    reg [X_BITS-1:0] first_x_q, x_q;
    wire last_in = cols_in_q == 1;
    wire last_out = cols_out_q == 1;

    always @(posedge clk_i) begin
        if (word_i && index_i == `TTFS_FIRE_ROWS_WORD) begin
            rows_q <= data_i[`TTFS_FIRE_ROWS_LSB +: Y_BITS+1];
            cols_q <= data_i[`TTFS_FIRE_COLS_LSB +: X_BITS+1];
        end
        if (word_i && index_i == `TTFS_FIRE_Y_WORD) begin
            first_y_q <= data_i[`TTFS_FIRE_Y_LSB +: Y_BITS];
            first_x_q <= data_i[`TTFS_FIRE_X_LSB +: X_BITS];
        end
        if (start_i) rows_in_q <= rows_q;
        else if (step_in_i && last_in) rows_in_q <= rows_in_q - 1'b1;
        if (start_i || (step_in_i && last_in)) cols_in_q <= cols_q;
        else if (step_in_i) cols_in_q <= cols_in_q - 1'b1;
        if (start_i) y_q <= first_y_q;
        else if (step_out_i && last_out) y_q <= y_q + 1'b1;
        if (start_i || (step_out_i && last_out)) begin
            x_q        <= first_x_q;
            cols_out_q <= cols_q;
        end else if (step_out_i) begin
            x_q        <= x_q + 1'b1;
            cols_out_q <= cols_out_q - 1'b1;
        end
    end

    assign last_o = last_in && rows_in_q == 1;
    assign y_o    = y_q;
    assign x_o    = x_q;

    // class(r) grows from r to r + 1 by one while r is among the first EDGE_TOP, and by one when r is
    // among the last EDGE_BOTTOM + 1.
    generate
        if (CLASSES != 0) begin : g_classes
            reg [Y_BITS:0]       top_q, bottom_q, row_q;
            reg [X_BITS:0]       left_q, right_q, col_q;
            reg [PARAM_BITS-1:0] class_row_q, line_q, at_q;
            wire [PARAM_BITS-1:0] channels;
            wire row_first = row_q < top_q;
            wire row_last = rows_in_q - 1'b1 <= bottom_q;
            wire col_first = col_q < left_q;
            wire col_last = cols_in_q - 1'b1 <= right_q;
            wire [PARAM_BITS-1:0] line = line_q + ({PARAM_BITS{row_first}} & class_row_q)
                                       + ({PARAM_BITS{row_last}} & class_row_q);
            always @(posedge clk_i) begin
                if (word_i && index_i == `TTFS_FIRE_EDGE_TOP_WORD) begin
                    top_q    <= data_i[`TTFS_FIRE_EDGE_TOP_LSB +: Y_BITS+1];
                    bottom_q <= data_i[`TTFS_FIRE_EDGE_BOTTOM_LSB +: Y_BITS+1];
                end
                if (word_i && index_i == `TTFS_FIRE_EDGE_LEFT_WORD) begin
                    left_q  <= data_i[`TTFS_FIRE_EDGE_LEFT_LSB +: X_BITS+1];
                    right_q <= data_i[`TTFS_FIRE_EDGE_RIGHT_LSB +: X_BITS+1];
                end
                if (word_i && index_i == `TTFS_FIRE_CLASS_ROW_WORD)
                    class_row_q <= data_i[`TTFS_FIRE_CLASS_ROW_LSB +: PARAM_BITS];
                if (start_i) begin
                    row_q  <= {(Y_BITS + 1) {1'b0}};
                    col_q  <= {(X_BITS + 1) {1'b0}};
                    line_q <= base_i;
                    at_q   <= base_i;
                end else if (step_in_i && last_in) begin
                    row_q  <= row_q + 1'b1;
                    col_q  <= {(X_BITS + 1) {1'b0}};
                    line_q <= line;
                    at_q   <= line;
                end else if (step_in_i) begin
                    col_q <= col_q + 1'b1;
                    at_q  <= at_q + ({PARAM_BITS{col_first}} & channels) + ({PARAM_BITS{col_last}} & channels);
                end
            end
            if (CHANNEL_BITS >= PARAM_BITS) begin : g_cut
                assign channels = channels_i[PARAM_BITS-1:0];
            end else begin : g_extend
                assign channels = {{(PARAM_BITS - CHANNEL_BITS) {1'b0}}, channels_i};
            end
            assign param_o = at_q;
        end else begin : g_class
            assign param_o = base_i;
        end
    endgenerate

    wire unused = &{1'b0, data_i, channels_i};
endmodule

`default_nettype wire
