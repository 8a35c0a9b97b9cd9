// SPDX-License-Identifier: Apache-2.0
//
// Max pool: the earliest spike of every window. prepare_i fills the quotient and remainder tables by
// counting and clears the seen flags of the slice, max(2^Y_BITS, 2^X_BITS, CHANNELS*ROW_C) + 2 cycles
// to ready_o. Then list words come in, time order, and each goes through the targets that it reaches,
// q, q-1, ... as often as S goes into what the remainder leaves of the kernel, in y and x: a target a
// cycle, at least one cycle a word.
// Targets leave through ttfs_addr and come back with the address of their seen flag; one not seen
// yet is a spike three cycles later. hold_o asks for a freeze when a spike is not taken.
// Driven by ttfs_seq.

`default_nettype none
`include "ttfs_kinds.vh"

module ttfs_pool #(
    parameter C_BITS     = 6,
    parameter Y_BITS     = 5,
    parameter X_BITS     = 5,
    parameter TICK_BITS  = 8,
    parameter SEEN_WORDS = 1024,
    parameter ID_BITS    = C_BITS + Y_BITS + X_BITS,
    parameter SEEN_BITS  = (SEEN_WORDS > 1) ? $clog2(SEEN_WORDS) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    input  wire                 prepare_i,
    output wire                 ready_o,
    output wire                 busy_o,    // words or targets are still on their way to ttfs_addr
    // the descriptor
    input  wire [C_BITS:0]      channels_i,
    input  wire [C_BITS-1:0]    ch_first_i,
    input  wire [SEEN_BITS:0]   per_channel_i,
    input  wire [Y_BITS:0]      rows_i,
    input  wire [X_BITS:0]      cols_i,
    input  wire [7:0]           kh_i,
    input  wire [7:0]           kw_i,
    input  wire [7:0]           sy_i,
    input  wire [7:0]           sx_i,
    input  wire [7:0]           qy_i,
    input  wire [7:0]           ry_i,
    input  wire [7:0]           qx_i,
    input  wire [7:0]           rx_i,
    input  wire                 flat_i,
    // list words
    input  wire                 word_valid_i,
    output wire                 word_take_o,
    input  wire                 spike_i,
    input  wire                 eot_i,
    input  wire [ID_BITS-1:0]   id_i,
    // targets, out and back with their address
    output wire [2:0]           kind_o,
    output wire [C_BITS-1:0]    c_o,
    output wire [Y_BITS-1:0]    y_o,
    output wire [X_BITS-1:0]    x_o,
    input  wire [2:0]           kind_i,
    input  wire [SEEN_BITS-1:0] seen_addr_i,
    input  wire [C_BITS-1:0]    c_i,
    input  wire [Y_BITS-1:0]    y_i,
    input  wire [X_BITS-1:0]    x_i,
    // spikes
    output wire                 hold_o,
    output wire                 spike_valid_o,
    input  wire                 spike_ready_i,
    output wire [TICK_BITS-1:0] spike_tick_o,
    output wire [ID_BITS-1:0]   spike_id_o
);
    localparam TABLE_BITS = (Y_BITS > X_BITS) ? Y_BITS : X_BITS;
    // A quotient: at most the last row plus a padding below 256.
    localparam QY_BITS = ((Y_BITS > 8) ? Y_BITS : 8) + 1;
    localparam QX_BITS = ((X_BITS > 8) ? X_BITS : 8) + 1;

    // Preparation: the tables (quotient; kernel less remainder) and, beside them, the flags of every channel in turn.
    reg                  fill_q, clear_q;
    reg [TABLE_BITS-1:0] entry_q;
    reg [QY_BITS-1:0]    fill_qy_q;
    reg [QX_BITS-1:0]    fill_qx_q;
    reg [7:0]            fill_ry_q, fill_rx_q;
    reg [8:0]            fill_ly_q, fill_lx_q;  // signed
    reg [SEEN_BITS-1:0]  clear_addr_q;
    reg [SEEN_BITS:0]    clear_left_q;
    reg [C_BITS:0]       channels_left_q;

    wire wrap_y = fill_ry_q == sy_i - 1'b1;
    wire wrap_x = fill_rx_q == sx_i - 1'b1;
    wire channel_end = clear_left_q == 1;

    always @(posedge clk_i) begin
        if (prepare_i) begin
            entry_q         <= {TABLE_BITS{1'b0}};
            fill_qy_q       <= {{(QY_BITS - 8) {1'b0}}, qy_i};
            fill_ry_q       <= ry_i;
            fill_ly_q       <= {1'b0, kh_i} - {1'b0, ry_i};
            fill_qx_q       <= {{(QX_BITS - 8) {1'b0}}, qx_i};
            fill_rx_q       <= rx_i;
            fill_lx_q       <= {1'b0, kw_i} - {1'b0, rx_i};
            clear_addr_q    <= {SEEN_BITS{1'b0}};
            clear_left_q    <= per_channel_i;
            channels_left_q <= channels_i;
        end else begin
            entry_q      <= entry_q + 1'b1;
            fill_ry_q    <= wrap_y ? 8'd0 : fill_ry_q + 1'b1;
            fill_rx_q    <= wrap_x ? 8'd0 : fill_rx_q + 1'b1;
            fill_ly_q    <= wrap_y ? {1'b0, kh_i} : fill_ly_q - 1'b1;
            fill_lx_q    <= wrap_x ? {1'b0, kw_i} : fill_lx_q - 1'b1;
            if (wrap_y) fill_qy_q <= fill_qy_q + 1'b1;
            if (wrap_x) fill_qx_q <= fill_qx_q + 1'b1;
            clear_addr_q <= clear_addr_q + 1'b1;
            clear_left_q <= channel_end ? per_channel_i : clear_left_q - 1'b1;
            if (channel_end) channels_left_q <= channels_left_q - 1'b1;
        end
        if (!rst_ni) begin
            fill_q  <= 1'b0;
            clear_q <= 1'b0;
        end else if (prepare_i) begin
            fill_q  <= 1'b1;
            clear_q <= 1'b1;
        end else begin
            if (&entry_q) fill_q <= 1'b0;
            if (channel_end && channels_left_q == 1) clear_q <= 1'b0;
        end
    end

    assign ready_o = !fill_q && !clear_q;

    // Words: the table is read, then registered, then the counters take the word.
    reg                 valid1_q, valid2_q, spike1_q, spike2_q, eot1_q, eot2_q;
    reg [C_BITS-1:0]    c1_q, c2_q;
    reg [QY_BITS-1:0]   qy2_q;
    reg [QX_BITS-1:0]   qx2_q;
    reg signed [8:0]    ly2_q, lx2_q;
    wire [QY_BITS+8:0]  y1;
    wire [QX_BITS+8:0]  x1;
    wire [C_BITS-1:0]   channel = id_i[Y_BITS+X_BITS +: C_BITS] - ch_first_i;
    wire                step;  // the counters take the next word

    ttfs_sram #(.WIDTH(QY_BITS + 9), .WORDS(1 << Y_BITS)) u_table_y (
        .clk_i  (clk_i),
        .re_i   (step),
        .raddr_i(id_i[X_BITS +: Y_BITS]),
        .rdata_o(y1),
        .we_i   (fill_q && in_y_table),
        .waddr_i(entry_q[Y_BITS-1:0]),
        .wdata_i({fill_qy_q, fill_ly_q})
    );
    ttfs_sram #(.WIDTH(QX_BITS + 9), .WORDS(1 << X_BITS)) u_table_x (
        .clk_i  (clk_i),
        .re_i   (step),
        .raddr_i(id_i[X_BITS-1:0]),
        .rdata_o(x1),
        .we_i   (fill_q && in_x_table),
        .waddr_i(entry_q[X_BITS-1:0]),
        .wdata_i({fill_qx_q, fill_lx_q})
    );

    wire in_y_table, in_x_table;
    generate
        if (TABLE_BITS > Y_BITS) begin : g_short_y
            assign in_y_table = ~|entry_q[TABLE_BITS-1:Y_BITS];
        end else begin : g_long_y
            assign in_y_table = 1'b1;
        end
        if (TABLE_BITS > X_BITS) begin : g_short_x
            assign in_x_table = ~|entry_q[TABLE_BITS-1:X_BITS];
        end else begin : g_long_x
            assign in_x_table = 1'b1;
        end
    endgenerate

    // The counters: target (ty, tx), what is left of the kernel from here on, whether another follows.
    reg               valid_q, spike_q, eot_q, more_y_q, more_x_q, more_x0_q;
    reg               last_q;  // no target of this word follows
    reg [C_BITS-1:0]  c_q;
    reg [QY_BITS-1:0] ty_q;
    reg [QX_BITS-1:0] tx_q, tx0_q;
    reg [8:0]         ly_q, lx_q, lx0_q;

    wire more_y2 = ly2_q > $signed({1'b0, sy_i});
    wire more_x2 = lx2_q > $signed({1'b0, sx_i});
    wire more_y = ly_q > {sy_i, 1'b0};
    wire more_x = lx_q > {sx_i, 1'b0};
    wire reaches2 = spike2_q && ly2_q > 0 && lx2_q > 0;
    wire in_bounds = ty_q < {{(QY_BITS - Y_BITS - 1) {1'b0}}, rows_i}
        && tx_q < {{(QX_BITS - X_BITS - 1) {1'b0}}, cols_i};

    assign step = en_i && last_q;

    always @(posedge clk_i) begin
        if (step) begin
            {spike1_q, eot1_q, c1_q} <= {spike_i && {1'b0, channel} < channels_i, eot_i, channel};
            {spike2_q, eot2_q, c2_q} <= {spike1_q, eot1_q, c1_q};
            {qy2_q, ly2_q} <= y1;
            {qx2_q, lx2_q} <= x1;
            {eot_q, c_q}   <= {eot2_q, c2_q};
            spike_q        <= reaches2;
            {ty_q, ly_q, more_y_q} <= {qy2_q, ly2_q, more_y2};
            {tx_q, lx_q, more_x_q} <= {qx2_q, lx2_q, more_x2};
            {tx0_q, lx0_q, more_x0_q} <= {qx2_q, lx2_q, more_x2};
        end else if (en_i && more_x_q) begin
            tx_q     <= tx_q - 1'b1;
            lx_q     <= lx_q - {1'b0, sx_i};
            more_x_q <= more_x;
        end else if (en_i) begin
            ty_q     <= ty_q - 1'b1;
            ly_q     <= ly_q - {1'b0, sy_i};
            more_y_q <= more_y;
            {tx_q, lx_q, more_x_q} <= {tx0_q, lx0_q, more_x0_q};
        end
        if (!rst_ni) last_q <= 1'b1;
        else if (step) last_q <= !(valid2_q && reaches2 && (more_y2 || more_x2));
        else if (en_i && more_x_q) last_q <= !(more_x || more_y_q);
        else if (en_i) last_q <= !(more_x0_q || more_y);
        if (!rst_ni) {valid1_q, valid2_q, valid_q} <= 3'b000;
        else if (step) {valid1_q, valid2_q, valid_q} <= {word_valid_i, valid1_q, valid2_q};
    end

    assign word_take_o = step;
    assign busy_o      = valid1_q || valid2_q || valid_q;
    assign kind_o      = {1'b0, valid_q && eot_q && last_q, valid_q && spike_q && in_bounds};
    assign c_o         = c_q;
    assign y_o         = ty_q[Y_BITS-1:0];
    assign x_o         = tx_q[X_BITS-1:0];

    // Targets back from ttfs_addr: the first spike at each passes.
    reg [C_BITS-1:0]    c3_q, c4_q, c5_q;
    reg [Y_BITS-1:0]    y3_q, y4_q, y5_q;
    reg [X_BITS-1:0]    x3_q, x4_q, x5_q;
    reg                 end3_q, end4_q, end5_q;
    reg [TICK_BITS-1:0] tick_q;
    wire                target, seen;
    wire                spike = target && !seen && !clear5_q;
    reg                 clear3_q, clear4_q, clear5_q;

    ttfs_rmw #(.WIDTH(1), .WORDS(SEEN_WORDS)) u_seen (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (en_i),
        .valid_i(clear_q || (!kind_i[2] && kind_i[0])),
        .addr_i (clear_q ? clear_addr_q : seen_addr_i),
        .valid_o(target),
        .old_o  (seen),
        .new_i  (!clear5_q)
    );

    wire [C_BITS-1:0] c_out = c5_q + ch_first_i;

    always @(posedge clk_i) begin
        if (en_i) begin
            {c3_q, y3_q, x3_q} <= {c_i, y_i, x_i};
            {c4_q, y4_q, x4_q} <= {c3_q, y3_q, x3_q};
            {c5_q, y5_q, x5_q} <= {c4_q, y4_q, x4_q};
            {clear3_q, clear4_q, clear5_q} <= {clear_q, clear3_q, clear4_q};
        end
        if (prepare_i) tick_q <= {TICK_BITS{1'b0}};
        else if (en_i && end5_q) tick_q <= tick_q + 1'b1;
        if (!rst_ni) {end3_q, end4_q, end5_q} <= 3'b000;
        else if (en_i) {end3_q, end4_q, end5_q} <= {!kind_i[2] && kind_i[1], end3_q, end4_q};
    end

    assign hold_o        = spike && !spike_ready_i;
    assign spike_valid_o = spike;
    assign spike_tick_o  = tick_q;
    assign spike_id_o    = flat_i ? {{(Y_BITS + X_BITS) {1'b0}}, c_out} : {c_out, y5_q, x5_q};
endmodule

`default_nettype wire
