// SPDX-License-Identifier: Apache-2.0
//
// Fire unit: from the lanes' signs on ramp steps to spikes, and from read steps to readouts. A lane
// fires on the first step at which its potential is not negative. The lanes that fire on a tick form
// a vector, registered; then it waits in the pending register, from which spikes leave one a cycle,
// lowest lane first. hold_o asks for a freeze only when a vector with a spike meets a pending register
// that has some, or a readout is not taken. Position and channel are counted here, by groups as they
// pass. Spike latency: two cycles from the step to the pending register. Driven by ttfs_core.

`default_nettype none
`include "ttfs_kinds.vh"

module ttfs_fire #(
    parameter LANES     = 16,
    parameter ACC_BITS  = 24,
    parameter TICK_BITS = 8,
    parameter C_BITS    = 6,
    parameter Y_BITS    = 5,
    parameter X_BITS    = 5,
    parameter ID_BITS   = C_BITS + Y_BITS + X_BITS,
    parameter LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    output wire                 hold_o,
    output wire                 idle_o,
    input  wire                 start_i,     // of an operation: back to the first position
    // the descriptor
    input  wire [ID_BITS:0]     channels_i,
    input  wire [ID_BITS-1:0]   ch_first_i,
    input  wire [Y_BITS-1:0]    row_first_i,
    input  wire [X_BITS:0]      cols_i,
    input  wire                 flat_i,
    // the lanes
    input  wire [2:0]           kind_i,
    input  wire [LANES-1:0]     negative_i,
    output wire [LANE_BITS-1:0] read_lane_o,
    input  wire [ACC_BITS-1:0]  potential_i,
    // spikes
    output wire                 spike_valid_o,
    input  wire                 spike_ready_i,
    output wire [TICK_BITS-1:0] spike_tick_o,
    output wire [ID_BITS-1:0]   spike_id_o,    // of lane 0
    output wire [LANE_BITS-1:0] spike_lane_o,  // whose channel is that many higher
    // readouts
    output wire                 ro_valid_o,
    input  wire                 ro_ready_i,
    output wire [ID_BITS-1:0]   ro_id_o,
    output wire [ACC_BITS-1:0]  ro_value_o
);
    // Where the group at the lanes is: a group begins with its first LOAD_V.
    reg                 first_q, load_q, begin_q;
    reg [ID_BITS:0]     left_q;     // channels from this group on
    reg [ID_BITS-1:0]   channel_q;  // of lane 0
    reg [Y_BITS-1:0]    row_q;
    reg [X_BITS-1:0]    col_q;
    reg [TICK_BITS-1:0] tick_q;
    reg [LANE_BITS-1:0] lane_q;

    wire loads = kind_i == `TTFS_KIND_LOAD_V;
    wire ramps = kind_i == `TTFS_KIND_RAMP;
    wire reads = kind_i == `TTFS_KIND_READ;
    wire begins = loads && !load_q;
    wire more_groups = left_q > LANES[ID_BITS:0];
    wire row_end = {1'b0, col_q} + 1'b1 == cols_i;

    always @(posedge clk_i) begin
        if (start_i || (en_i && begins && !first_q && !more_groups)) begin
            left_q    <= channels_i;
            channel_q <= ch_first_i;
        end else if (en_i && begins && !first_q) begin
            left_q    <= left_q - LANES[ID_BITS:0];
            channel_q <= channel_q + LANES[ID_BITS-1:0];
        end
        if (start_i) begin
            row_q <= row_first_i;
            col_q <= {X_BITS{1'b0}};
        end else if (en_i && begins && !first_q && !more_groups) begin
            if (row_end) row_q <= row_q + 1'b1;
            col_q <= row_end ? {X_BITS{1'b0}} : col_q + 1'b1;
        end
        if (start_i) first_q <= 1'b1;
        else if (en_i && begins) first_q <= 1'b0;
        if (en_i) begin
            load_q  <= loads;
            begin_q <= begins;
            if (begins) tick_q <= {TICK_BITS{1'b0}};
            else if (ramps) tick_q <= tick_q + 1'b1;
            if (begins) lane_q <= {LANE_BITS{1'b0}};
            else if (reads) lane_q <= lane_q + 1'b1;
        end
    end

    // The vector of a tick. A lane that has fired, or has no channel, is spent.
    reg  [LANES-1:0]     spent_q, vector_q;
    reg                  vector_any_q;
    reg  [TICK_BITS-1:0] vector_tick_q;
    wire [LANES-1:0]     has_channel;
    wire [LANES-1:0]     fires = ~negative_i & ~spent_q & {LANES{ramps}};

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : g_lane
            assign has_channel[l] = left_q > l;
        end
    endgenerate

    always @(posedge clk_i) begin
        if (en_i) begin
            if (begin_q) spent_q <= ~has_channel;
            else if (ramps) spent_q <= spent_q | ~negative_i;
            vector_q      <= fires;
            vector_tick_q <= tick_q;
        end
        if (!rst_ni) vector_any_q <= 1'b0;
        else if (en_i) vector_any_q <= |fires;
    end

    // The pending register, with tick and place of its own: the group may move on meanwhile.
    reg  [LANES-1:0]     pending_q;
    reg                  pending_any_q;
    reg  [TICK_BITS-1:0] pending_tick_q;
    reg  [ID_BITS-1:0]   pending_channel_q;
    reg  [Y_BITS-1:0]    pending_row_q;
    reg  [X_BITS-1:0]    pending_col_q;
    wire [LANES-1:0]     next;
    wire [LANE_BITS-1:0] next_lane;
    wire                 more;
    wire                 load = vector_any_q && !pending_any_q;

    ttfs_first #(.WIDTH(LANES)) u_next (
        .bits_i (pending_q),
        .more_o (more),
        .first_o(next),
        .index_o(next_lane)
    );

    always @(posedge clk_i) begin
        if (load) begin
            pending_q         <= vector_q;
            pending_tick_q    <= vector_tick_q;
            pending_channel_q <= channel_q;
            pending_row_q     <= row_q;
            pending_col_q     <= col_q;
        end else if (spike_ready_i) begin
            pending_q <= pending_q & ~next;
        end
        if (!rst_ni) pending_any_q <= 1'b0;
        else if (load) pending_any_q <= 1'b1;
        else if (spike_ready_i) pending_any_q <= more && pending_any_q;
    end

    assign spike_valid_o = pending_any_q;
    assign spike_tick_o  = pending_tick_q;
    assign spike_lane_o  = next_lane;
    assign spike_id_o    = flat_i
        ? pending_channel_q : {pending_channel_q[C_BITS-1:0], pending_row_q, pending_col_q};

    // The readout register.
    reg                ro_valid_q;
    reg [ID_BITS-1:0]  ro_channel_q;
    reg [ACC_BITS-1:0] ro_value_q;

    always @(posedge clk_i) begin
        if (en_i) begin
            ro_channel_q <= channel_q + {{(ID_BITS - LANE_BITS) {1'b0}}, lane_q};
            ro_value_q   <= potential_i;
        end
        if (!rst_ni) ro_valid_q <= 1'b0;
        else if (en_i) ro_valid_q <= reads && left_q > {{(ID_BITS - LANE_BITS + 1) {1'b0}}, lane_q};
    end

    assign read_lane_o = lane_q;
    assign ro_valid_o  = ro_valid_q;
    assign ro_id_o     = flat_i ? ro_channel_q : {ro_channel_q[C_BITS-1:0], row_q, col_q};
    assign ro_value_o  = ro_value_q;

    assign hold_o = (vector_any_q && pending_any_q) || (ro_valid_q && !ro_ready_i);
    assign idle_o = !vector_any_q && !pending_any_q && !ro_valid_q;
endmodule

`default_nettype wire
