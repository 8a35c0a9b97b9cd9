// SPDX-License-Identifier: Apache-2.0
//
// Runs the fire program: FIRE records (docs/core.md). What the lanes leave in the chain goes through
// ttfs_fire, what the scan engine has pooled comes ready made; ttfs_place says where the results are,
// ttfs_out sends them. Takes from the chain only while a record is at work. done_o: at the end of a slot,
// everything has left; go_i begins the next one. Driven by ttfs_core.

`default_nettype none
`include "ttfs_records.vh"

module ttfs_fire_engine #(
    parameter LANES      = 16,
    parameter ACC_BITS   = 14,
    parameter RAMP_BITS  = 10,
    parameter VALUE_BITS = 4,
    parameter FLOW_BITS  = 4,
    parameter Y_BITS     = 5,
    parameter X_BITS     = 5,
    parameter C_BITS     = 8,
    parameter ROW_BITS   = 12,    // of the number of a pooled value, at least C_BITS
    parameter PARAM_BITS = 8,
    parameter CHANNEL_BITS = 9,
    parameter FLIT_VALUE = 4,
    parameter CONV       = 1,
    parameter POOL       = 1,
    parameter CLASSES    = 1,
    parameter PC_BITS    = 10,
    parameter FLIT       = FLOW_BITS + Y_BITS + X_BITS + C_BITS + FLIT_VALUE
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire                          go_i,
    output wire                          done_o,
    output wire                          sample_end_o,
    // the program
    output wire                          fetch_o,
    output wire [PC_BITS-1:0]            fetch_at_o,
    input  wire                          grant_i,
    output wire                          fetched_o,    // the next record is there
    input  wire [31:0]                   data_i,
    // the chain
    output wire                          chain_free_o,
    input  wire                          capture_i,
    output wire                          shift_o,
    input  wire [ACC_BITS-1:0]           potential_i,
    // the parameters
    output wire                          param_re_o,
    output wire [PARAM_BITS-1:0]         param_at_o,
    input  wire [ACC_BITS+RAMP_BITS-1:0] param_i,
    // pooled values
    input  wire                          pool_event_i,
    input  wire                          pool_close_i,
    output wire                          pool_ready_o,
    input  wire [VALUE_BITS-1:0]         pool_value_i,
    input  wire [ROW_BITS-1:0]           pool_channel_i,
    // results
    output wire                          out_valid_o,
    input  wire                          out_ready_i,
    output wire [FLIT-1:0]               out_flit_o,
    output wire                          out_sum_o
);
    reg                    end_q, sample_end_q, ends_sample_q, run_q;
    reg                    takes_q;   // from the chain, or pooled values: some of the record are to come
    reg [1:0]              op_q;
    reg [VALUE_BITS-1:0]   top_q;
    reg [CHANNEL_BITS-1:0] channels_q;
    reg [FLOW_BITS-1:0]    flow_q;
    reg [C_BITS-1:0]       first_c_q;
    reg [PARAM_BITS-1:0]   base_q;
    wire [3:0]             index;
    wire                   word, ready, last_position, idle;
    wire                   step_in, step_out;   // a position's last comes in, goes out

    wire start = ready && !end_q && !run_q && op_q != 2'd0;
    wire ends = ready && !end_q && op_q == 2'd0;
    wire over = run_q && !takes_q && idle;
    wire pools = POOL != 0 && op_q == 2'd3;
    wire sums = op_q == 2'd2;

    always @(posedge clk_i) begin
        if (word && index == `TTFS_FIRE_OP_WORD) begin
            op_q          <= data_i[`TTFS_FIRE_OP_LSB +: 2];
            ends_sample_q <= data_i[`TTFS_FIRE_SAMPLE_END_LSB];
            top_q         <= data_i[`TTFS_FIRE_TOP_LSB +: VALUE_BITS];
        end
        if (word && index == `TTFS_FIRE_CHANNELS_WORD) begin
            channels_q <= data_i[`TTFS_FIRE_CHANNELS_LSB +: CHANNEL_BITS];
            flow_q     <= data_i[`TTFS_FIRE_FLOW_LSB +: FLOW_BITS];
        end
        if (word && index == `TTFS_FIRE_C_WORD) first_c_q <= data_i[`TTFS_FIRE_C_LSB +: C_BITS];
        if (word && index == `TTFS_FIRE_PARAM_BASE_WORD) base_q <= data_i[`TTFS_FIRE_PARAM_BASE_LSB +: PARAM_BITS];
        if (ends) sample_end_q <= ends_sample_q;
        if (!rst_ni) begin
            end_q   <= 1'b1;
            run_q   <= 1'b0;
            takes_q <= 1'b0;
        end else begin
            if (ends) end_q <= 1'b1;
            else if (go_i) end_q <= 1'b0;
            if (start) run_q <= 1'b1;
            else if (over) run_q <= 1'b0;
            if (start) takes_q <= 1'b1;
            else if (step_in && last_position) takes_q <= 1'b0;
        end
    end

    ttfs_fetch #(.ENTRY(2), .WORDS(`TTFS_FIRE_WORDS), .ADDR_BITS(PC_BITS)) u_fetch (
        .clk_i    (clk_i),
        .rst_ni   (rst_ni),
        .req_o    (fetch_o),
        .at_o     (fetch_at_o),
        .grant_i  (grant_i),
        .data_i   (data_i),
        .next_i   (ends || over),
        .restart_i(ends && ends_sample_q),
        .again_i  (1'b0),
        .back_i   (1'b0),
        .word_o   (word),
        .index_o  (index),
        .ready_o  (ready)
    );

    // From the chain.
    wire                    valid, silent, last, position;
    wire [VALUE_BITS-1:0]   fire_value;
    wire [ACC_BITS-1:0]     sum;
    wire [CHANNEL_BITS-1:0] fire_channel;
    wire [PARAM_BITS-1:0]   param_base;
    wire                    out_ready, out_ready_next;

    ttfs_fire #(
        .LANES(LANES), .ACC_BITS(ACC_BITS), .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS),
        .PARAM_BITS(PARAM_BITS), .CHANNEL_BITS(CHANNEL_BITS)
    ) u_fire (
        .clk_i       (clk_i),
        .rst_ni      (rst_ni),
        .start_i     (start),
        .run_i       (takes_q && !pools),
        .readout_i   (sums),
        .channels_i  (channels_q),
        .param_base_i(param_base),
        .top_i       (top_q),
        .chain_free_o(chain_free_o),
        .capture_i   (capture_i),
        .position_o  (position),
        .shift_o     (shift_o),
        .potential_i (potential_i),
        .param_re_o  (param_re_o),
        .param_at_o  (param_at_o),
        .param_i     (param_i),
        .valid_o     (valid),
        .ready_i     (out_ready),
        .ready_next_i(out_ready_next),
        .silent_o    (silent),
        .value_o     (fire_value),
        .sum_o       (sum),
        .channel_o   (fire_channel),
        .last_o      (last),
        .idle_o      (idle)
    );

    // Either way.
    wire [C_BITS-1:0]     channel;
    wire [VALUE_BITS-1:0] value;
    wire                  result;
    generate
        if (POOL != 0) begin : g_pool
            assign pool_ready_o = takes_q && pools && out_ready;
            assign result   = pools ? takes_q && pool_event_i : valid && !silent;
            assign value    = pools ? pool_value_i : fire_value;
            assign channel  = pools ? pool_channel_i[C_BITS-1:0] : fire_channel[C_BITS-1:0];
            assign step_in  = pools ? pool_close_i && pool_ready_o : position;
            assign step_out = pools ? pool_close_i && pool_ready_o : valid && last && out_ready;
        end else begin : g_no_pool
            assign pool_ready_o = 1'b1;
            assign result   = valid && !silent;
            assign value    = fire_value;
            assign channel  = fire_channel[C_BITS-1:0];
            assign step_in  = position;
            assign step_out = valid && last && out_ready;
            wire unused_pool = &{1'b0, pool_event_i, pool_close_i, pool_value_i};
        end
    endgenerate

    wire [Y_BITS-1:0] y;
    wire [X_BITS-1:0] x;
    generate
        if (CONV != 0) begin : g_place
            ttfs_place #(
                .Y_BITS(Y_BITS), .X_BITS(X_BITS), .PARAM_BITS(PARAM_BITS), .CHANNEL_BITS(CHANNEL_BITS),
                .CLASSES(CLASSES)
            ) u_place (
                .clk_i     (clk_i),
                .word_i    (word),
                .index_i   (index),
                .data_i    (data_i),
                .start_i   (start),
                .base_i    (base_q),
                .channels_i(channels_q),
                .step_in_i (step_in),
                .last_o    (last_position),
                .param_o   (param_base),
                .step_out_i(step_out),
                .y_o       (y),
                .x_o       (x)
            );
        end else begin : g_flat
            assign last_position = 1'b1;
            assign param_base = base_q;
            assign y = {Y_BITS{1'b0}};
            assign x = {X_BITS{1'b0}};
            wire unused_flat = &{1'b0, step_out};
        end
    endgenerate

    ttfs_out #(
        .ID_BITS(FLIT - FLIT_VALUE), .VALUE_BITS(VALUE_BITS), .ACC_BITS(ACC_BITS), .FLIT_VALUE(FLIT_VALUE)
    ) u_out (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .valid_i    (result),
        .ready_o    (out_ready),
        .ready_next_o(out_ready_next),
        .is_sum_i   (sums),
        .id_i       ({flow_q, y, x, first_c_q + channel}),
        .value_i    (value),
        .sum_i      (sum),
        .out_valid_o(out_valid_o),
        .out_ready_i(out_ready_i),
        .out_flit_o (out_flit_o),
        .out_sum_o  (out_sum_o)
    );

    assign fetched_o    = ready;
    assign done_o       = end_q && !out_valid_o;
    assign sample_end_o = sample_end_q;
    wire unused = &{1'b0, data_i, fire_channel, pool_channel_i};
endmodule

`default_nettype wire
