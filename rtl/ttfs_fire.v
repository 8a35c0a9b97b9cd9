// SPDX-License-Identifier: Apache-2.0
//
// From potentials to activations: takes the chain's potentials, one a cycle, adds the neuron's bias,
// divides by its ramp (ttfs_divide), and gives what is not silent with its channel; a readout gives
// the sums themselves. A group's channels beyond the last are dropped. {bias, ramp} of each channel lie
// in a memory of their own, one after the other.
// While results are not taken (ready_i) everything stands still, the lanes too in the end: so ready_i is a register, and
// what it will be (ready_next_i, from reset on) decides a cycle ahead whether the chain is free.
// Driven by ttfs_fire_engine.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_fire #(
    parameter LANES      = 16,
    parameter ACC_BITS   = 14,
    parameter RAMP_BITS  = 10,
    parameter VALUE_BITS = 4,
    parameter PARAM_BITS = 8,    // address of a parameter word
    parameter CHANNEL_BITS = 10
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    // the record; constant while it is at work
    input  wire                          start_i,
    input  wire                          run_i,         // takes from the chain
    input  wire                          readout_i,
    input  wire [CHANNEL_BITS-1:0]       channels_i,
    input  wire [PARAM_BITS-1:0]         param_base_i,  // of the position whose first group comes next
    input  wire [VALUE_BITS-1:0]         top_i,
    // the chain
    output wire                          chain_free_o,
    input  wire                          capture_i,
    output wire                          position_o,    // capture_i of a position's last group
    output wire                          shift_o,
    input  wire [ACC_BITS-1:0]           potential_i,
    // the parameters
    output wire                          param_re_o,
    output wire [PARAM_BITS-1:0]         param_at_o,
    input  wire [ACC_BITS+RAMP_BITS-1:0] param_i,      // {bias, ramp}
    // results: the channel, and whether it is the position's last
    output wire                          valid_o,
    input  wire                          ready_i,
    input  wire                          ready_next_i,
    output wire                          silent_o,
    output wire [VALUE_BITS-1:0]         value_o,
    output wire [ACC_BITS-1:0]           sum_o,
    output wire [CHANNEL_BITS-1:0]       channel_o,
    output wire                          last_o,
    output wire                          idle_o
);
    localparam DEPTH = VALUE_BITS + 2;   // of the divider
    localparam LANE_BITS = $clog2(LANES + 1), TWO = 2;

    reg [LANE_BITS-1:0]    count_q;      // potentials in the chain that count
    reg [CHANNEL_BITS-1:0] left_q;       // channels of the position behind those in the chain
    reg [PARAM_BITS-1:0]   param_q;
    reg [ACC_BITS-1:0]     sum_q;
    reg [RAMP_BITS-1:0]    ramp_q;
    reg                    first_q, sum_valid_q;   // first_q: the next group is its position's first
    reg [DEPTH-1:0]        valid_q;                // in the divider; the last also with a sum
    reg [CHANNEL_BITS-1:0] channel_q;
    reg                    busy_q, one_q;          // count_q is not 0, is 1
    reg                    loose_q;                // the chain is empty, or its last potential leaves in this cycle
    reg                    live_q;                 // a result leaves the divider that is not silent
    wire                   zero;
    wire                   en = ready_i;   // from a register

    wire full = left_q >= LANES[CHANNEL_BITS-1:0];
    wire [LANE_BITS-1:0] count = full ? LANES[LANE_BITS-1:0] : left_q[LANE_BITS-1:0];
    wire position_end = left_q <= LANES[CHANNEL_BITS-1:0];
    assign shift_o      = busy_q && en;
    assign chain_free_o = run_i && loose_q;
    assign position_o   = capture_i && position_end;
    assign param_re_o   = capture_i || (shift_o && !one_q);
    assign param_at_o   = capture_i && first_q ? param_base_i : param_q;
    wire busy = capture_i || (busy_q && !(en && one_q));
    wire one  = capture_i ? (full ? LANES == 1 : left_q == 1) : shift_o ? count_q == TWO[LANE_BITS-1:0] : one_q;

    always @(posedge clk_i) begin
        if (start_i || (capture_i && position_end)) left_q <= channels_i;
        else if (capture_i) left_q <= left_q - LANES[CHANNEL_BITS-1:0];
        if (param_re_o) param_q <= param_at_o + 1'b1;
        one_q <= one;
        if (start_i || capture_i) first_q <= start_i || position_end;
        if (en) begin
            sum_q  <= potential_i + param_i[RAMP_BITS +: ACC_BITS];
            ramp_q <= param_i[RAMP_BITS-1:0];
        end
        if (!rst_ni) begin
            count_q     <= {LANE_BITS{1'b0}};
            busy_q      <= 1'b0;
            loose_q     <= 1'b1;
            live_q      <= 1'b0;
            sum_valid_q <= 1'b0;
            valid_q     <= {DEPTH{1'b0}};
        end else begin
            if (capture_i) count_q <= count;
            else if (shift_o) count_q <= count_q - 1'b1;
            busy_q  <= busy;
            loose_q <= !busy || (one && ready_next_i);
            if (en) begin
                sum_valid_q <= busy_q;
                valid_q     <= {valid_q[DEPTH-2] || (busy_q && readout_i), valid_q[DEPTH-3:0],
                                sum_valid_q && !readout_i};
                live_q      <= (valid_q[DEPTH-2] && !zero) || (busy_q && readout_i);
            end
        end
        if (start_i) channel_q <= {CHANNEL_BITS{1'b0}};
        else if (valid_o && en) channel_q <= last_o ? {CHANNEL_BITS{1'b0}} : channel_q + 1'b1;
    end

    ttfs_divide #(.ACC_BITS(ACC_BITS), .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS)) u_divide (
        .clk_i      (clk_i),
        .en_i       (en),
        .potential_i(sum_q),
        .ramp_i     (ramp_q),
        .top_i      (top_i),
        .value_o    (value_o),
        .zero_o     (zero)
    );

    assign valid_o   = valid_q[DEPTH-1];
    assign silent_o  = !live_q;
    assign sum_o     = sum_q;
    assign channel_o = channel_q;
    assign last_o    = channel_q + 1'b1 == channels_i;
    assign idle_o    = !busy_q && !sum_valid_q && ~|valid_q;

    `TTFS_ALWAYS(flags, busy_q == (count_q != 0) && (!busy_q || one_q == (count_q == 1)) && (!live_q || valid_o))
    `TTFS_ALWAYS(loose, loose_q == (!busy_q || (one_q && en)))
    `TTFS_ALWAYS(drained, !start_i || idle_o)
    `TTFS_ALWAYS(captures, !capture_i || chain_free_o)
    `TTFS_ALWAYS(counts, {{(32-LANE_BITS) {1'b0}}, count_q} <= LANES)
endmodule

`default_nettype wire
