// SPDX-License-Identifier: Apache-2.0
//
// Where values arrive: a flit and the number of the buffer that takes it become the address of an
// element of the activations (docs/core.md, a buffer). A pipeline, a flit a cycle while put is taken: read
// the buffer's four words; check value and place; with CONV read the tables of rows and columns; add. What
// another core holds is dropped; what is in error is dropped and told by a pulse, a cycle later. Memories 5 (buffers),
// 6 (rows), 7 (columns) of the configuration port. put_* come from registers. Driven by ttfs_node.

`include "ttfs_records.vh"

`default_nettype none

module ttfs_receive #(
    parameter VALUE_BITS   = 8,
    parameter FLIT_VALUE   = VALUE_BITS,
    parameter C_BITS       = 8,
    parameter Y_BITS       = 5,
    parameter X_BITS       = 5,
    parameter ACT_WORDS    = 256,
    parameter BUFFERS      = 16,
    parameter TABLE_WORDS  = 64,
    parameter CONV         = 1,
    parameter MESH         = 1,   // values of two turns arrive
    parameter PRELOAD      = 0,
    parameter BUFFERS_INIT = "",
    parameter ROWS_INIT    = "",
    parameter COLS_INIT    = "",
    parameter BUFFER_BITS  = (BUFFERS > 1) ? $clog2(BUFFERS) : 1,
    parameter ELEMENT_BITS = ((ACT_WORDS > 1) ? $clog2(ACT_WORDS) : 1) + 4
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // configuration
    input  wire                    cfg_en_i,
    input  wire                    cfg_we_i,
    input  wire [3:0]              cfg_mem_i,
    input  wire [17:0]             cfg_word_i,
    input  wire [31:0]             cfg_data_i,
    output wire [31:0]             cfg_data_o,
    output wire                    cfg_known_o,
    // what arrives
    input  wire [3:0]              turn_i,        // the number of the oldest turn that is not complete
    input  wire                    in_turn_i,     // the lowest bit of that of the value's turn: this one or the next; with MESH
    input  wire                    in_valid_i,
    output wire                    in_ready_o,
    input  wire                    in_none_i,     // its flow has no buffer
    input  wire [BUFFER_BITS-1:0]  in_buffer_i,
    input  wire [Y_BITS-1:0]       in_y_i,
    input  wire [X_BITS-1:0]       in_x_i,
    input  wire [C_BITS-1:0]       in_c_i,
    input  wire [FLIT_VALUE-1:0]   in_value_i,
    // what is stored
    output wire                    put_valid_o,
    input  wire                    put_ready_i,
    output wire [ELEMENT_BITS-1:0] put_element_o,
    output wire [VALUE_BITS-1:0]   put_value_o,
    output wire                    put_parity_o,
    // pulses
    output wire                    value_o,
    output wire                    flow_o,
    output wire                    place_o,
    output wire                    address_o,
    output wire [1:0]              busy_o         // of a turn with this lowest bit something is under way in here
);
    // A buffer's four words as one row, and its bits that mean anything here.
    localparam TABLE_BITS = (TABLE_WORDS > 1) ? $clog2(TABLE_WORDS) : 1;
    localparam ROW_BASE = 32 * `TTFS_KEEP_ROW_BASE_WORD + `TTFS_KEEP_ROW_BASE_LSB;
    localparam COL_BASE = 32 * `TTFS_KEEP_COL_BASE_WORD + `TTFS_KEEP_COL_BASE_LSB;
    localparam ROWS     = 32 * `TTFS_KEEP_ROWS_WORD + `TTFS_KEEP_ROWS_LSB;
    localparam COLS     = 32 * `TTFS_KEEP_COLS_WORD + `TTFS_KEEP_COLS_LSB;
    localparam FIRST    = 32 * `TTFS_KEEP_C_WORD + `TTFS_KEEP_C_LSB;
    localparam CHANNELS = 32 * `TTFS_KEEP_CHANNELS_WORD + `TTFS_KEEP_CHANNELS_LSB;
    localparam TOP      = 32 * `TTFS_KEEP_TOP_WORD + `TTFS_KEEP_TOP_LSB;
    localparam BANKS    = 32 * `TTFS_KEEP_BANKS_WORD + `TTFS_KEEP_BANKS_LSB;
    localparam PART     = 32 * `TTFS_KEEP_PART_WORD + `TTFS_KEEP_PART_LSB;
    localparam [127:0] ONE = 128'd1;
    localparam [127:0] ID = (((ONE << C_BITS) - ONE) << FIRST) | (((ONE << C_BITS + 1) - ONE) << CHANNELS)
        | (((ONE << VALUE_BITS) - ONE) << TOP) | (128'd3 << BANKS) | (ONE << PART);
    localparam [127:0] AT_TABLES = (((ONE << TABLE_BITS) - ONE) << ROW_BASE) | (((ONE << TABLE_BITS) - ONE) << COL_BASE)
        | (((ONE << Y_BITS + 1) - ONE) << ROWS) | (((ONE << X_BITS + 1) - ONE) << COLS);
    localparam [127:0] AT_BASE = ((ONE << ELEMENT_BITS) - ONE) << ROW_BASE;
    localparam [127:0] USED = ID | ((CONV != 0) ? AT_TABLES : AT_BASE);

    wire         advance, buffer_known, row_known, col_known;
    wire [127:0] keep;
    wire [31:0]  buffer_back, row_back, col_back;
    wire to_buffers = cfg_mem_i == 4'd5, to_rows = cfg_mem_i == 4'd6, to_cols = cfg_mem_i == 4'd7;

    // An access is done a cycle later: what it means holds until then, and the decoding of it goes no further than this.
    reg buffers_en_q;
    always @(posedge clk_i) buffers_en_q <= cfg_en_i && to_buffers;

    ttfs_memory #(.WIDTH(128), .WORDS(BUFFERS), .PRELOAD(PRELOAD), .INIT(BUFFERS_INIT), .USED(USED)) u_buffers (
        .clk_i      (clk_i),
        .en_i       (in_valid_i && advance),
        .at_i       (in_buffer_i),
        .data_o     (keep),
        .kept_i     (128'd0),
        .cfg_mine_i (to_buffers),
        .cfg_en_i   (buffers_en_q),
        .cfg_we_i   (cfg_we_i),
        .cfg_word_i (cfg_word_i),
        .cfg_data_i (cfg_data_i),
        .cfg_data_o (buffer_back),
        .cfg_known_o(buffer_known)
    );
    assign cfg_known_o = (to_buffers && buffer_known) || (to_rows && row_known) || (to_cols && col_known);
    assign cfg_data_o  = buffer_back | row_back | col_back;

    // First stage: what the buffer says of the flit.
    reg                  valid_q, none_q, large_q, turn_q;
    reg [Y_BITS-1:0]     y_q;
    reg [X_BITS-1:0]     x_q;
    reg [C_BITS-1:0]     c_q;
    reg [VALUE_BITS-1:0] value_q;

    // No wider than the numbers are: the bits above are zeros (USED).
    wire [C_BITS:0] channel = {1'b0, c_q} - {1'b0, keep[FIRST +: C_BITS]};   // its highest bit: below FIRST
    wire none  = none_q || keep[TOP +: VALUE_BITS] == {VALUE_BITS{1'b0}};
    wire wrong = large_q || value_q == {VALUE_BITS{1'b0}} || value_q > keep[TOP +: VALUE_BITS];
    wire [16:0] held = {1'b0, keep[CHANNELS +: 16]};
    wire here  = !channel[C_BITS] && {1'b0, channel[C_BITS-1:0]} < held[C_BITS:0];
    wire outside, beyond;   // row or column are not of the population; a table has no such word
    wire place = outside || (!here && !keep[PART]);
    wire sound = valid_q && !none && !wrong && !place && here;

    always @(posedge clk_i) begin
        if (advance) begin
            none_q  <= in_none_i || {{(32-BUFFER_BITS){1'b0}}, in_buffer_i} >= BUFFERS;
            large_q <= |(in_value_i >> VALUE_BITS);
            turn_q  <= in_turn_i;
            y_q     <= in_y_i;
            x_q     <= in_x_i;
            c_q     <= in_c_i;
            value_q <= in_value_i[VALUE_BITS-1:0];
        end
        if (!rst_ni) valid_q <= 1'b0;
        else if (advance) valid_q <= in_valid_i;
    end

    // Where it lies, before the bank: with tables a stage later.
    wire                  found, found_busy, found_turn;
    wire [1:0]            found_banks;
    wire [VALUE_BITS-1:0] found_value;
    wire [23:0]           sum;

    generate
        if (CONV != 0) begin : g_tables
            localparam [31:0] OFFSET = 32'h80000000 | ((32'd1 << ELEMENT_BITS) - 32'd1);
            wire [16:0] row_at = {1'b0, keep[ROW_BASE +: 16]} + {{(17-Y_BITS){1'b0}}, y_q};
            wire [16:0] col_at = {1'b0, keep[COL_BASE +: 16]} + {{(17-X_BITS){1'b0}}, x_q};
            assign outside = {{(12-Y_BITS){1'b0}}, y_q} >= keep[ROWS +: 12]
                || {{(12-X_BITS){1'b0}}, x_q} >= keep[COLS +: 12];
            assign beyond  = {15'd0, row_at} >= TABLE_WORDS || {15'd0, col_at} >= TABLE_WORDS;

            reg                  second_q, second_turn_q;
            reg [1:0]            banks_q;
            reg [C_BITS-1:0]     channel_q;
            reg [VALUE_BITS-1:0] second_value_q;
            wire [31:0]          row, col;
            always @(posedge clk_i) begin
                if (advance) begin
                    banks_q        <= keep[BANKS +: 2];
                    second_turn_q  <= turn_q;
                    channel_q      <= channel[C_BITS-1:0];
                    second_value_q <= value_q;
                end
                if (!rst_ni) second_q <= 1'b0;
                else if (advance) second_q <= sound && !beyond;
            end

            reg rows_en_q, cols_en_q;
            always @(posedge clk_i) begin
                rows_en_q <= cfg_en_i && to_rows;
                cols_en_q <= cfg_en_i && to_cols;
            end

            ttfs_memory #(
                .WIDTH(32), .WORDS(TABLE_WORDS), .PRELOAD(PRELOAD), .INIT(ROWS_INIT), .USED(OFFSET)
            ) u_rows (
                .clk_i      (clk_i),
                .en_i       (valid_q && advance),
                .at_i       (row_at[TABLE_BITS-1:0]),
                .data_o     (row),
                .kept_i     (32'd0),
                .cfg_mine_i (to_rows),
                .cfg_en_i   (rows_en_q),
                .cfg_we_i   (cfg_we_i),
                .cfg_word_i (cfg_word_i),
                .cfg_data_i (cfg_data_i),
                .cfg_data_o (row_back),
                .cfg_known_o(row_known)
            );
            ttfs_memory #(
                .WIDTH(32), .WORDS(TABLE_WORDS), .PRELOAD(PRELOAD), .INIT(COLS_INIT), .USED(OFFSET)
            ) u_cols (
                .clk_i      (clk_i),
                .en_i       (valid_q && advance),
                .at_i       (col_at[TABLE_BITS-1:0]),
                .data_o     (col),
                .kept_i     (32'd0),
                .cfg_mine_i (to_cols),
                .cfg_en_i   (cols_en_q),
                .cfg_we_i   (cfg_we_i),
                .cfg_word_i (cfg_word_i),
                .cfg_data_i (cfg_data_i),
                .cfg_data_o (col_back),
                .cfg_known_o(col_known)
            );
            assign found       = second_q && row[31] && col[31];
            assign found_busy  = second_q;
            assign found_turn  = second_turn_q;
            assign found_banks = banks_q;
            assign found_value = second_value_q;
            assign sum = {{(24-ELEMENT_BITS){1'b0}}, row[ELEMENT_BITS-1:0]}
                + {{(24-ELEMENT_BITS){1'b0}}, col[ELEMENT_BITS-1:0]} + {{(24-C_BITS){1'b0}}, channel_q};
            wire unused_table = &{1'b0, row, col};
        end else begin : g_base
            assign outside     = |{y_q, x_q};
            assign beyond      = 1'b0;
            assign found       = sound;
            assign found_busy  = 1'b0;
            assign found_turn  = turn_q;
            assign found_banks = keep[BANKS +: 2];
            assign found_value = value_q;
            assign sum = {{(24-ELEMENT_BITS){1'b0}}, keep[ROW_BASE +: ELEMENT_BITS]}
                + {{(24-C_BITS){1'b0}}, channel[C_BITS-1:0]};
            assign row_known = 1'b0;
            assign col_known = 1'b0;
            assign row_back  = 32'd0;
            assign col_back  = 32'd0;
        end
    endgenerate

    // Last: the bank, and to the store.
    localparam [31:0] ELEMENTS = ACT_WORDS * 16;
    localparam BANK_BITS = ELEMENT_BITS - (4 * ACT_WORDS <= 3 << (ELEMENT_BITS - 4) ? 1 : 0);   // of all banks
    reg                    put_q, parity_q, far_q, put_turn_q;
    reg [ELEMENT_BITS-1:0] element_q;
    reg [VALUE_BITS-1:0]   put_value_q;
    wire [2:0]  copy;
    wire        parity;
    wire [23:0] element = sum ^ {{(24-BANK_BITS){1'b0}}, copy, {(BANK_BITS-3){1'b0}}};
    wire        too_far = {8'd0, element} >= ELEMENTS;

    wire [3:0] turn = (MESH == 0 || found_turn == turn_i[0]) ? turn_i : turn_i + 4'd1;

    ttfs_bank u_bank (
        .turn_i  (turn),
        .banks_i (found_banks),
        .at_o    (copy),
        .parity_o(parity)
    );

    always @(posedge clk_i) begin
        if (advance) begin
            element_q   <= element[ELEMENT_BITS-1:0];
            put_value_q <= found_value;
            parity_q    <= parity;
            far_q       <= too_far;
            put_turn_q  <= found_turn;
        end
        if (!rst_ni) put_q <= 1'b0;
        else if (advance) put_q <= found;
    end

    // What is wrong, a cycle later.
    reg flow_q, wrong_q, place_q, address_q;
    always @(posedge clk_i) begin
        flow_q    <= rst_ni && advance && valid_q && none;
        wrong_q   <= rst_ni && advance && valid_q && !none && wrong;
        place_q   <= rst_ni && advance && valid_q && !none && place;
        address_q <= rst_ni && ((advance && sound && beyond) || (put_q && far_q && put_ready_i));
    end

    assign advance       = !put_q || put_ready_i;
    assign in_ready_o    = advance;
    assign put_valid_o   = put_q && !far_q;
    assign put_element_o = element_q;
    assign put_value_o   = put_value_q;
    assign put_parity_o  = parity_q;
    assign flow_o        = flow_q;
    assign value_o       = wrong_q;
    assign place_o       = place_q;
    assign address_o     = address_q;
    assign busy_o[0]     = (valid_q && !turn_q) || (found_busy && !found_turn) || (put_q && !put_turn_q);
    assign busy_o[1]     = (valid_q && turn_q) || (found_busy && found_turn) || (put_q && put_turn_q);
    wire unused = &{1'b0, keep, channel, held};
endmodule

`default_nettype wire
