// SPDX-License-Identifier: Apache-2.0
//
// A core: slot descriptors, weights, event lists, an array of lanes. start_i begins a slot; busy_o is
// high until its spikes have left, listens_o is low while it fetches and sorts. Two paths share
// ttfs_addr: linear steps go on to the weights and the lanes, pool targets to the seen flags and back.
// A spike or readout that cannot leave freezes both (`en` low). Cycles: docs/core.md.
// Driven by ttfs_chip.

`default_nettype none
`include "ttfs_fields.vh"
`include "ttfs_kinds.vh"

module ttfs_core #(
    parameter LANES        = 16,
    parameter WEIGHT_BITS  = 8,
    parameter SLOPE_BITS   = 16,
    parameter ACC_BITS     = 24,
    parameter TICK_BITS    = 8,
    parameter C_BITS       = 6,
    parameter Y_BITS       = 5,
    parameter X_BITS       = 5,
    parameter SLOTS        = 8,
    parameter WEIGHT_ROWS  = 1024,
    parameter LIST_WORDS   = 1024,
    parameter LOG_WORDS    = 1024,
    parameter SEEN_WORDS   = 256,
    parameter PRELOAD      = 0,
    parameter WEIGHTS_INIT = "",
    parameter DESC_INIT    = "",
    parameter ID_BITS      = C_BITS + Y_BITS + X_BITS,
    parameter SLOT_BITS    = (SLOTS > 1) ? $clog2(SLOTS) : 1,
    parameter ROW_BITS     = (WEIGHT_ROWS > 1) ? $clog2(WEIGHT_ROWS) : 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    // configuration
    input  wire                         desc_we_i,
    input  wire [SLOT_BITS+4:0]         desc_addr_i,
    input  wire [31:0]                  desc_data_i,
    input  wire                         row_we_i,
    input  wire [ROW_BITS-1:0]          row_addr_i,
    input  wire [LANES*WEIGHT_BITS-1:0] row_data_i,
    // slots
    input  wire                         start_i,
    input  wire [SLOT_BITS-1:0]         slot_i,
    output wire                         busy_o,
    output wire                         listens_o,
    output wire                         last_slot_o,
    // the bus: what it carries, and this core's spikes
    input  wire                         bus_valid_i,
    input  wire [TICK_BITS-1:0]         bus_tick_i,
    input  wire [ID_BITS-1:0]           bus_id_i,
    output wire                         spike_valid_o,
    input  wire                         spike_ready_i,
    output wire [TICK_BITS-1:0]         spike_tick_o,
    output wire [ID_BITS-1:0]           spike_id_o,
    // readout
    output wire                         ro_valid_o,
    input  wire                         ro_ready_i,
    output wire [ID_BITS-1:0]           ro_id_o,
    output wire [ACC_BITS-1:0]          ro_value_o
);
    localparam ADDR_BITS = $clog2(LIST_WORDS);
    localparam SEEN_BITS = (SEEN_WORDS > 1) ? $clog2(SEEN_WORDS) : 1;
    localparam LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1;
    localparam ADDR_ROW_BITS = (ROW_BITS > SEEN_BITS) ? ROW_BITS : SEEN_BITS;
    localparam ROW_Y_BITS = (ADDR_ROW_BITS < 12) ? ADDR_ROW_BITS : 12;
    localparam CHANNEL_BITS = (ID_BITS + 1 < 24) ? ID_BITS + 1 : 24;
    localparam FIRST_BITS = (ID_BITS < 24) ? ID_BITS : 24;
    localparam S_ROWS = (SLOPE_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS;
    localparam V_ROWS = (ACC_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS;
    localparam DIGITS = ((C_BITS > Y_BITS + 1 ? C_BITS : Y_BITS + 1) + 3) / 4;  // of ttfs_addr

    // What the widths of the descriptor and of its fields leave as legal.
    generate
        if (SLOPE_BITS < WEIGHT_BITS || ACC_BITS < SLOPE_BITS || TICK_BITS < 1 || TICK_BITS > 16
            || C_BITS < 1 || C_BITS > 23 || Y_BITS < 1 || Y_BITS > 11 || X_BITS < 1 || X_BITS > 11
            || SLOTS < 1 || LIST_WORDS < 2 || LIST_WORDS > (1 << 24) || ADDR_ROW_BITS > 23
            || V_ROWS > 31 || LANES < 1) begin : g_check
            ttfs_core_parameter_out_of_range u_stop ();
        end
    endgenerate

    // The descriptor.
    wire [`TTFS_DESC_WORDS*32-1:0] desc;
    wire fetched;
    wire [1:0] op = desc[`TTFS_OP_AT +: 2];
    wire readout = desc[`TTFS_READOUT_AT];
    wire dst_flat = desc[`TTFS_DST_FLAT_AT];
    wire in_pool = op == 2'd2;
    wire [ID_BITS:0] channels;
    wire [ID_BITS-1:0] ch_first;
    wire [ADDR_ROW_BITS-1:0] row_y;

    generate
        if (ID_BITS + 1 > CHANNEL_BITS) begin : g_channels_extend
            assign channels = {{(ID_BITS + 1 - CHANNEL_BITS) {1'b0}},
                               desc[`TTFS_CHANNELS_AT +: CHANNEL_BITS]};
        end else begin : g_channels
            assign channels = desc[`TTFS_CHANNELS_AT +: CHANNEL_BITS];
        end
        if (ID_BITS > FIRST_BITS) begin : g_first_extend
            assign ch_first = {{(ID_BITS - FIRST_BITS) {1'b0}}, desc[`TTFS_CH_FIRST_AT +: FIRST_BITS]};
        end else begin : g_first
            assign ch_first = desc[`TTFS_CH_FIRST_AT +: FIRST_BITS];
        end
        if (ADDR_ROW_BITS > ROW_Y_BITS) begin : g_row_y_extend
            assign row_y = {{(ADDR_ROW_BITS - ROW_Y_BITS) {1'b0}}, desc[`TTFS_ROW_Y_AT +: ROW_Y_BITS]};
        end else begin : g_row_y
            assign row_y = desc[`TTFS_ROW_Y_AT +: ROW_Y_BITS];
        end
    endgenerate

    ttfs_desc #(.SLOTS(SLOTS), .PRELOAD(PRELOAD), .INIT(DESC_INIT)) u_desc (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .we_i   (desc_we_i),
        .waddr_i(desc_addr_i),
        .wdata_i(desc_data_i),
        .fetch_i(start_i),
        .slot_i (slot_i),
        .done_o (fetched),
        .desc_o (desc)
    );

    // A freeze: a spike or a readout cannot leave.
    wire fire_hold, pool_hold;
    wire en = !fire_hold && !pool_hold;

    // The log, the lists, and who reads and writes them.
    wire                 sort_busy, seal_start, sealed;
    wire                 sort_we, filter_we, list_re;
    wire [ADDR_BITS-1:0] sort_waddr, filter_waddr, list_raddr;
    wire [ID_BITS+1:0]   sort_wdata, filter_wdata, list_rdata;

    ttfs_sort #(
        .TICK_BITS(TICK_BITS),
        .ID_BITS  (ID_BITS),
        .LOG_WORDS(LOG_WORDS),
        .ADDR_BITS(ADDR_BITS)
    ) u_sort (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .spike_valid_i(bus_valid_i && desc[`TTFS_LISTEN_AT]),
        .spike_tick_i (bus_tick_i),
        .spike_id_i   (bus_id_i),
        .start_i      (seal_start),
        .ticks_i      (desc[`TTFS_SEAL_TICKS_AT +: TICK_BITS]),
        .base_i       (desc[`TTFS_SEAL_BASE_AT +: ADDR_BITS]),
        .busy_o       (sort_busy),
        .done_o       (sealed),
        .we_o         (sort_we),
        .waddr_o      (sort_waddr),
        .wdata_o      (sort_wdata)
    );

    ttfs_sram #(.WIDTH(ID_BITS + 2), .WORDS(LIST_WORDS)) u_list (
        .clk_i  (clk_i),
        .re_i   (list_re),
        .raddr_i(list_raddr),
        .rdata_o(list_rdata),
        .we_i   (sort_we || filter_we),
        .waddr_i(sort_we ? sort_waddr : filter_waddr),
        .wdata_i(sort_we ? sort_wdata : filter_wdata)
    );

    wire                 read_start, word_valid, word_take, word_last, word_spike, word_eot;
    wire [ADDR_BITS-1:0] read_base;
    wire [ID_BITS-1:0]   word_id;

    ttfs_reader #(.ADDR_BITS(ADDR_BITS), .ID_BITS(ID_BITS), .TICK_BITS(TICK_BITS)) u_reader (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (en),
        .start_i(read_start),
        .base_i (read_base),
        .ticks_i(desc[`TTFS_SRC_TICKS_AT +: TICK_BITS]),
        .re_o   (list_re),
        .raddr_o(list_raddr),
        .rdata_i(list_rdata),
        .valid_o(word_valid),
        .take_i (word_take),
        .last_o (word_last),
        .spike_o(word_spike),
        .eot_o  (word_eot),
        .id_o   (word_id)
    );

    // The sequencer.
    wire                     seq_busy, seq_listens, copy_start, op_start, out_idle;
    wire                     step_load, step_copy, rows_only;
    wire                     pool_prepare, pool_ready, pool_pass, pool_take, pool_busy;
    wire [2:0]               step_kind;
    wire [ADDR_BITS-1:0]     copy_base;
    wire [ADDR_ROW_BITS-1:0] step_row, base;
    wire [15:0]              y0, x0;

    ttfs_seq #(
        .V_ROWS   (V_ROWS),
        .S_ROWS   (S_ROWS),
        .LANES    (LANES),
        .TICK_BITS(TICK_BITS),
        .ADDR_BITS(ADDR_BITS),
        .ROW_BITS (ADDR_ROW_BITS),
        .DRAIN    (DIGITS + 7)
    ) u_seq (
        .clk_i         (clk_i),
        .rst_ni        (rst_ni),
        .en_i          (en),
        .start_i       (start_i),
        .busy_o        (seq_busy),
        .listens_o     (seq_listens),
        .fetched_i     (fetched),
        .seal_start_o  (seal_start),
        .sealed_i      (sealed),
        .op_i          (op),
        .seal_i        (desc[`TTFS_SEAL_AT]),
        .readout_i     (readout),
        .band_i        (desc[`TTFS_BAND_AT]),
        .patch_i       (desc[`TTFS_PATCH_AT]),
        .dst_ticks_i   (desc[`TTFS_DST_TICKS_AT +: TICK_BITS]),
        .src_base_i    (desc[`TTFS_SRC_BASE_AT +: ADDR_BITS]),
        .band_base_i   (desc[`TTFS_BAND_BASE_AT +: ADDR_BITS]),
        .patch_base_i  (desc[`TTFS_PATCH_BASE_AT +: ADDR_BITS]),
        .weight_base_i (desc[`TTFS_WEIGHT_BASE_AT +: ADDR_ROW_BITS]),
        .param_base_i  (desc[`TTFS_PARAM_BASE_AT +: ADDR_ROW_BITS]),
        .group_rows_i  (desc[`TTFS_GROUP_ROWS_AT +: ADDR_ROW_BITS]),
        .groups_i      (desc[`TTFS_GROUPS_AT +: 16]),
        .rows_i        (desc[`TTFS_OY_COUNT_AT +: 12]),
        .cols_i        (desc[`TTFS_OX_COUNT_AT +: 12]),
        .sy_i          (desc[`TTFS_SY_AT +: 8]),
        .sx_i          (desc[`TTFS_SX_AT +: 8]),
        .y_start_i     (desc[`TTFS_Y_START_AT +: 16]),
        .x_start_i     (desc[`TTFS_X_START_AT +: 16]),
        .read_start_o  (read_start),
        .read_base_o   (read_base),
        .word_valid_i  (word_valid),
        .word_last_i   (word_last),
        .word_spike_i  (word_spike),
        .word_eot_i    (word_eot),
        .word_take_o   (word_take),
        .copy_start_o  (copy_start),
        .copy_base_o   (copy_base),
        .kind_o        (step_kind),
        .load_o        (step_load),
        .row_o         (step_row),
        .copy_o        (step_copy),
        .rows_only_o   (rows_only),
        .y0_o          (y0),
        .x0_o          (x0),
        .base_o        (base),
        .op_start_o    (op_start),
        .pool_prepare_o(pool_prepare),
        .pool_ready_i  (pool_ready),
        .pool_pass_o   (pool_pass),
        .pool_take_i   (pool_take),
        .pool_busy_i   (pool_busy),
        .out_idle_i    (out_idle)
    );

    // From words and targets to rows.
    wire                     copy_valid, copy_hit, copy_eot;
    wire [ID_BITS-1:0]       copy_id;
    wire [2:0]               target_kind, row_kind;
    wire [C_BITS-1:0]        target_c, row_c;
    wire [Y_BITS-1:0]        target_y, row_ty;
    wire [X_BITS-1:0]        target_x, row_tx;
    wire [ADDR_ROW_BITS-1:0] row;

    ttfs_addr #(
        .C_BITS  (C_BITS),
        .Y_BITS  (Y_BITS),
        .X_BITS  (X_BITS),
        .ROW_BITS(ADDR_ROW_BITS)
    ) u_addr (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .en_i       (en),
        .kind_i     (step_kind),
        .load_i     (step_load),
        .row_i      (step_row),
        .copy_i     (step_copy),
        .eot_i      (word_eot),
        .spike_i    (word_spike),
        .id_i       (word_id),
        .flat_i     (desc[`TTFS_SRC_FLAT_AT]),
        .rows_only_i(rows_only),
        .y0_i       (y0),
        .x0_i       (x0),
        .kh_i       (desc[`TTFS_KH_AT +: 8]),
        .kw_i       (desc[`TTFS_KW_AT +: 8]),
        .base_i     (base),
        .row_c_i    (desc[`TTFS_ROW_C_AT +: ADDR_ROW_BITS]),
        .row_y_i    (row_y),
        .copy_o     (copy_valid),
        .hit_o      (copy_hit),
        .eot_o      (copy_eot),
        .id_o       (copy_id),
        .pool_i     (in_pool),
        .pool_kind_i(target_kind),
        .pool_c_i   (target_c),
        .pool_y_i   (target_y),
        .pool_x_i   (target_x),
        .kind_o     (row_kind),
        .row_o      (row),
        .c_o        (row_c),
        .y_o        (row_ty),
        .x_o        (row_tx)
    );

    ttfs_filter #(.ADDR_BITS(ADDR_BITS), .ID_BITS(ID_BITS)) u_filter (
        .clk_i  (clk_i),
        .rst_ni (rst_ni),
        .en_i   (en),
        .start_i(copy_start),
        .base_i (copy_base),
        .valid_i(copy_valid),
        .hit_i  (copy_hit),
        .eot_i  (copy_eot),
        .id_i   (copy_id),
        .we_o   (filter_we),
        .waddr_o(filter_waddr),
        .wdata_o(filter_wdata)
    );

    // Weights, lanes, fire unit. The kind goes beside the weight memory.
    wire [LANES*WEIGHT_BITS-1:0] weights;
    wire [2:0]                   fire_kind;
    wire [LANES-1:0]             negative;
    wire [LANE_BITS-1:0]         read_lane;
    wire [ACC_BITS-1:0]          potential;
    reg  [2:0]                   weights_kind_q;

    always @(posedge clk_i)
        if (!rst_ni) weights_kind_q <= `TTFS_KIND_NONE;
        else if (en) weights_kind_q <= in_pool ? `TTFS_KIND_NONE : row_kind;

    ttfs_sram #(
        .WIDTH  (LANES * WEIGHT_BITS),
        .WORDS  (WEIGHT_ROWS),
        .PRELOAD(PRELOAD),
        .INIT   (WEIGHTS_INIT)
    ) u_weights (
        .clk_i  (clk_i),
        .re_i   (en),
        .raddr_i(row[ROW_BITS-1:0]),
        .rdata_o(weights),
        .we_i   (row_we_i),
        .waddr_i(row_addr_i),
        .wdata_i(row_data_i)
    );

    ttfs_lanes #(
        .LANES      (LANES),
        .WEIGHT_BITS(WEIGHT_BITS),
        .SLOPE_BITS (SLOPE_BITS),
        .ACC_BITS   (ACC_BITS)
    ) u_lanes (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .en_i       (en),
        .kind_i     (weights_kind_q),
        .weights_i  (weights),
        .kind_o     (fire_kind),
        .negative_o (negative),
        .read_lane_i(read_lane),
        .potential_o(potential)
    );

    wire                 fire_valid, fire_idle, pool_valid, out_ready;
    wire [TICK_BITS-1:0] fire_tick, pool_tick;
    wire [ID_BITS-1:0]   fire_id, pool_id;
    wire [LANE_BITS-1:0] fire_lane;

    ttfs_fire #(
        .LANES    (LANES),
        .ACC_BITS (ACC_BITS),
        .TICK_BITS(TICK_BITS),
        .C_BITS   (C_BITS),
        .Y_BITS   (Y_BITS),
        .X_BITS   (X_BITS)
    ) u_fire (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .en_i         (en),
        .hold_o       (fire_hold),
        .idle_o       (fire_idle),
        .start_i      (op_start),
        .channels_i   (channels),
        .ch_first_i   (ch_first),
        .row_first_i  (desc[`TTFS_OY_FIRST_AT +: Y_BITS]),
        .cols_i       (desc[`TTFS_OX_COUNT_AT +: X_BITS + 1]),
        .flat_i       (dst_flat),
        .kind_i       (fire_kind),
        .negative_i   (negative),
        .read_lane_o  (read_lane),
        .potential_i  (potential),
        .spike_valid_o(fire_valid),
        .spike_ready_i(out_ready),
        .spike_tick_o (fire_tick),
        .spike_id_o   (fire_id),
        .spike_lane_o (fire_lane),
        .ro_valid_o   (ro_valid_o),
        .ro_ready_i   (ro_ready_i),
        .ro_id_o      (ro_id_o),
        .ro_value_o   (ro_value_o)
    );

    ttfs_pool #(
        .C_BITS    (C_BITS),
        .Y_BITS    (Y_BITS),
        .X_BITS    (X_BITS),
        .TICK_BITS (TICK_BITS),
        .SEEN_WORDS(SEEN_WORDS)
    ) u_pool (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .en_i         (en),
        .prepare_i    (pool_prepare),
        .ready_o      (pool_ready),
        .busy_o       (pool_busy),
        .channels_i   (channels[C_BITS:0]),
        .ch_first_i   (ch_first[C_BITS-1:0]),
        .per_channel_i(desc[`TTFS_ROW_C_AT +: SEEN_BITS + 1]),
        .rows_i       (desc[`TTFS_OY_COUNT_AT +: Y_BITS + 1]),
        .cols_i       (desc[`TTFS_OX_COUNT_AT +: X_BITS + 1]),
        .kh_i         (desc[`TTFS_KH_AT +: 8]),
        .kw_i         (desc[`TTFS_KW_AT +: 8]),
        .sy_i         (desc[`TTFS_SY_AT +: 8]),
        .sx_i         (desc[`TTFS_SX_AT +: 8]),
        .qy_i         (desc[`TTFS_POOL_QY_AT +: 8]),
        .ry_i         (desc[`TTFS_POOL_RY_AT +: 8]),
        .qx_i         (desc[`TTFS_POOL_QX_AT +: 8]),
        .rx_i         (desc[`TTFS_POOL_RX_AT +: 8]),
        .flat_i       (dst_flat),
        .word_valid_i (word_valid && pool_pass),
        .word_take_o  (pool_take),
        .spike_i      (word_spike),
        .eot_i        (word_eot),
        .id_i         (word_id),
        .kind_o       (target_kind),
        .c_o          (target_c),
        .y_o          (target_y),
        .x_o          (target_x),
        .kind_i       (in_pool ? row_kind : `TTFS_KIND_NONE),
        .seen_addr_i  (row[SEEN_BITS-1:0]),
        .c_i          (row_c),
        .y_i          (row_ty),
        .x_i          (row_tx),
        .hold_o       (pool_hold),
        .spike_valid_o(pool_valid),
        .spike_ready_i(out_ready),
        .spike_tick_o (pool_tick),
        .spike_id_o   (pool_id)
    );

    // One way out for both. The lane is added behind it, where there is time.
    wire [ID_BITS-1:0]   out_id;
    wire [LANE_BITS-1:0] out_lane;

    ttfs_skid #(.WIDTH(TICK_BITS + ID_BITS + LANE_BITS)) u_out (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .in_valid_i (fire_valid || pool_valid),
        .in_ready_o (out_ready),
        .in_data_i  (in_pool ? {pool_tick, pool_id, {LANE_BITS{1'b0}}}
                             : {fire_tick, fire_id, fire_lane}),
        .out_valid_o(spike_valid_o),
        .out_ready_i(spike_ready_i),
        .out_data_o ({spike_tick_o, out_id, out_lane})
    );

    wire [ID_BITS-1:0] lane_id = {{(ID_BITS - LANE_BITS) {1'b0}}, out_lane};

    assign spike_id_o  = out_id + (dst_flat ? lane_id : lane_id << (Y_BITS + X_BITS));
    assign out_idle    = fire_idle && !spike_valid_o;
    assign busy_o      = seq_busy || (sort_busy && seq_listens);
    assign listens_o   = seq_listens;
    assign last_slot_o = desc[`TTFS_LAST_AT];

    wire unused = &{1'b0, desc, row, channels, ch_first};
endmodule

`default_nettype wire
