// SPDX-License-Identifier: Apache-2.0
//
// The core's sequencer: fetch, seal, operate. It drives the list reader and puts one step a cycle into
// ttfs_addr. A linear operation goes through rows, columns and groups; for each group the rows of V,
// the list, the rows of S and then the ramp's ticks (or the readout's lanes). The ramp counts by
// itself, so a copy of the next position's events runs beside it and the next group's steps follow
// its last tick without a gap. en_i low (a freeze) stops all of it. Cycles: docs/core.md.
// Driven by ttfs_core.

`default_nettype none
`include "ttfs_kinds.vh"

module ttfs_seq #(
    parameter V_ROWS    = 3,   // parameter rows of V and of S
    parameter S_ROWS    = 2,
    parameter LANES     = 16,
    parameter TICK_BITS = 8,
    parameter ADDR_BITS = 12,  // of the list
    parameter ROW_BITS  = 12,  // of the weights
    parameter DRAIN     = 12,  // from a step to its effect at the fire unit, or a target's to a spike
    parameter RAMP_BITS = (TICK_BITS > $clog2(LANES + 1)) ? TICK_BITS : $clog2(LANES + 1)
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    input  wire                 start_i,
    output wire                 busy_o,
    output wire                 listens_o,  // fetch and seal are over
    // fetch and seal
    input  wire                 fetched_i,
    output wire                 seal_start_o,
    input  wire                 sealed_i,
    // the descriptor
    input  wire [1:0]           op_i,
    input  wire                 seal_i,
    input  wire                 readout_i,
    input  wire                 band_i,
    input  wire                 patch_i,
    input  wire [TICK_BITS-1:0] dst_ticks_i,
    input  wire [ADDR_BITS-1:0] src_base_i,
    input  wire [ADDR_BITS-1:0] band_base_i,
    input  wire [ADDR_BITS-1:0] patch_base_i,
    input  wire [ROW_BITS-1:0]  weight_base_i,
    input  wire [ROW_BITS-1:0]  param_base_i,
    input  wire [ROW_BITS-1:0]  group_rows_i,
    input  wire [15:0]          groups_i,
    input  wire [11:0]          rows_i,
    input  wire [11:0]          cols_i,
    input  wire [7:0]           sy_i,
    input  wire [7:0]           sx_i,
    input  wire [15:0]          y_start_i,
    input  wire [15:0]          x_start_i,
    // the list reader and the filter
    output wire                 read_start_o,
    output wire [ADDR_BITS-1:0] read_base_o,
    input  wire                 word_valid_i,
    input  wire                 word_last_i,
    input  wire                 word_spike_i,
    input  wire                 word_eot_i,
    output wire                 word_take_o,
    output wire                 copy_start_o,
    output wire [ADDR_BITS-1:0] copy_base_o,
    // steps for ttfs_addr
    output wire [2:0]           kind_o,
    output wire                 load_o,
    output wire [ROW_BITS-1:0]  row_o,
    output wire                 copy_o,
    output wire                 rows_only_o,
    output wire [15:0]          y0_o,
    output wire [15:0]          x0_o,
    output wire [ROW_BITS-1:0]  base_o,
    // the pool and the fire unit
    output wire                 op_start_o,
    output wire                 pool_prepare_o,
    input  wire                 pool_ready_i,
    output wire                 pool_pass_o,
    input  wire                 pool_take_i,
    input  wire                 pool_busy_i,
    input  wire                 out_idle_i
);
    localparam IDLE = 4'd0, FETCH = 4'd1, SEAL = 4'd2, OP = 4'd3, COPY = 4'd4, SETTLE = 4'd5,
        LOAD_V = 4'd6, LIST = 4'd7, LOAD_S = 4'd8, PREPARE = 4'd9, PASS = 4'd10, DRAINING = 4'd11;
    localparam [1:0] LINEAR = 2'd1, POOL = 2'd2;
    localparam V_LAST = V_ROWS - 1, S_LAST = S_ROWS - 1, SETTLE_LAST = 2, DRAIN_LAST = DRAIN - 1;

    reg [3:0]           state_q, state_d;
    reg [4:0]           count_q;          // rows of a load, cycles of a wait
    reg                 read_start_q, rows_only_q, last_group_q, last_col_q, last_row_q;
    reg                 ramping_q;
    reg [RAMP_BITS-1:0] ramp_q;           // steps of the ramp or the readout still to go
    reg [15:0]          groups_q;         // still to do, this one included
    reg [11:0]          cols_q, rows_q;
    reg [15:0]          y0_q, x0_q;
    reg [ROW_BITS-1:0]  base_q, param_q;

    wire [RAMP_BITS-1:0] dst_ticks;
    generate
        if (RAMP_BITS > TICK_BITS) begin : g_wide
            assign dst_ticks = {{(RAMP_BITS - TICK_BITS) {1'b0}}, dst_ticks_i};
        end else begin : g_same
            assign dst_ticks = dst_ticks_i;
        end
    endgenerate

    wire load_v = state_q == LOAD_V && !ramping_q;
    wire load_s = state_q == LOAD_S;
    wire load_v_end = load_v && count_q == V_LAST[4:0];
    wire group_end = load_s && count_q == S_LAST[4:0];
    wire settled = state_q == SETTLE && count_q == SETTLE_LAST[4:0];
    wire list_end = word_last_i && word_take_o;

    // The position that begins: a new row (with its band), a new column, or another group.
    wire new_row = (state_q == OP && op_i == LINEAR)
        || (group_end && last_group_q && last_col_q && !last_row_q);
    wire new_col = new_row || (group_end && last_group_q && !last_col_q);
    wire new_group = new_col || (group_end && !last_group_q);
    wire [3:0] position = patch_i ? COPY : LOAD_V;

    always @* begin
        state_d = state_q;
        case (state_q)
            IDLE: if (start_i) state_d = FETCH;
            FETCH: if (fetched_i) state_d = seal_start_o ? SEAL : OP;
            SEAL: if (sealed_i) state_d = OP;
            OP: state_d = (op_i == LINEAR) ? (band_i ? COPY : position)
                : (op_i == POOL) ? PREPARE : IDLE;
            COPY: if (list_end) state_d = SETTLE;
            SETTLE: if (settled) state_d = rows_only_q ? position : LOAD_V;
            LOAD_V: if (load_v_end) state_d = LIST;
            LIST: if (list_end) state_d = LOAD_S;
            LOAD_S: if (group_end)
                state_d = new_row ? (band_i ? COPY : position)
                    : new_col ? position : new_group ? LOAD_V : DRAINING;
            PREPARE: if (pool_ready_i) state_d = PASS;
            PASS: if (list_end) state_d = DRAINING;
            DRAINING: if (count_q == DRAIN_LAST[4:0] && out_idle_i) state_d = IDLE;
            default: state_d = IDLE;
        endcase
    end

    wire counts = load_v || load_s || state_q == SETTLE
        || (state_q == DRAINING && !ramping_q && !pool_busy_i && count_q != DRAIN_LAST[4:0]);

    always @(posedge clk_i) begin
        if (en_i) begin
            if (load_v_end || group_end || settled || state_q == OP) count_q <= 5'd0;
            else if (counts) count_q <= count_q + 1'b1;
            // A position lasts three cycles or more: time to look whether it is the last.
            last_group_q <= groups_q == 1;
            last_col_q   <= cols_q == 1;
            last_row_q   <= rows_q == 1;
            // A copy for a row comes before that for its first column.
            if (new_row) rows_only_q <= band_i;
            else if (new_col || settled) rows_only_q <= 1'b0;
            if (new_row) begin
                y0_q   <= (state_q == OP) ? y_start_i : y0_q + {8'd0, sy_i};
                rows_q <= (state_q == OP) ? rows_i : rows_q - 1'b1;
            end
            if (new_col) begin
                x0_q   <= new_row ? x_start_i : x0_q + {8'd0, sx_i};
                cols_q <= new_row ? cols_i : cols_q - 1'b1;
            end
            if (new_group) begin
                base_q   <= new_col ? weight_base_i : base_q + group_rows_i;
                groups_q <= new_col ? groups_i : groups_q - 1'b1;
            end
            ramp_q <= group_end ? (readout_i ? LANES[RAMP_BITS-1:0] : dst_ticks) : ramp_q - 1'b1;
            if (new_col) param_q <= param_base_i;
            else if (load_v || load_s) param_q <= param_q + 1'b1;
        end
        if (!rst_ni) begin
            state_q      <= IDLE;
            read_start_q <= 1'b0;
            ramping_q    <= 1'b0;
        end else if (en_i) begin
            state_q      <= state_d;
            read_start_q <= new_group || settled || (state_q == PREPARE && pool_ready_i);
            if (group_end) ramping_q <= readout_i || dst_ticks_i != 0;
            else if (ramp_q == 1) ramping_q <= 1'b0;
        end
    end

    wire [ADDR_BITS-1:0] band_list = band_i ? band_base_i : src_base_i;
    wire [ADDR_BITS-1:0] patch_list = patch_i ? patch_base_i : band_list;

    assign busy_o       = state_q != IDLE;
    assign listens_o    = state_q != FETCH && state_q != SEAL;
    assign seal_start_o = state_q == FETCH && fetched_i && seal_i;
    assign op_start_o   = state_q == OP;

    assign read_start_o = read_start_q;
    assign read_base_o  = (state_q == LOAD_V) ? patch_list
        : (state_q == COPY && !rows_only_q) ? band_list : src_base_i;
    assign word_take_o  = state_q == COPY || state_q == LIST || (state_q == PASS && pool_take_i);
    assign copy_start_o = read_start_q && state_q == COPY;
    assign copy_base_o  = rows_only_q ? band_base_i : patch_base_i;

    assign kind_o = load_v ? `TTFS_KIND_LOAD_V
        : load_s ? `TTFS_KIND_LOAD_S
        : (state_q == LIST && word_valid_i) ? {1'b0, word_eot_i, word_spike_i}
        : !ramping_q ? `TTFS_KIND_NONE
        : readout_i ? `TTFS_KIND_READ : `TTFS_KIND_RAMP;
    assign load_o      = load_v || load_s;
    assign row_o       = param_q;
    assign copy_o      = state_q == COPY && word_valid_i;
    assign rows_only_o = rows_only_q;
    assign y0_o        = y0_q;
    assign x0_o        = x0_q;
    assign base_o      = base_q;

    assign pool_prepare_o = state_q == OP && op_i == POOL;
    assign pool_pass_o    = state_q == PASS;
endmodule

`default_nettype wire
