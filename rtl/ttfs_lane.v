// SPDX-License-Identifier: Apache-2.0
//
// One lane: slope register S, potential register V, an adder each. S += weight at a spike; V += S at the end of a tick, V += 2 S or 8 S at
// that of two or eight. A clear goes before an addition.
// No multiplier, no comparator, no load path: bias, ramp and threshold are the fire unit's. Driven by ttfs_lanes.

`default_nettype none

module ttfs_lane #(
    parameter WEIGHT_BITS = 8,
    parameter SLOPE_BITS  = 16,
    parameter ACC_BITS    = 24,
    parameter STRIDE      = 2   // 1: there is V += 2 S, 2: V += 8 S too
) (
    input  wire                   clk_i,
    input  wire [WEIGHT_BITS-1:0] weight_i,
    input  wire                   s_en_i,
    input  wire                   s_clear_i,
    input  wire                   v_en_i,
    input  wire                   v_pair_i,
    input  wire                   v_far_i,
    input  wire                   v_clear_i,
    output wire [ACC_BITS-1:0]    v_o
);
    reg [SLOPE_BITS-1:0] s_q;
    reg [ACC_BITS-1:0]   v_q;
    wire [ACC_BITS-1:0] slope = {{(ACC_BITS - SLOPE_BITS) {s_q[SLOPE_BITS-1]}}, s_q};
    // One operand or another: written so that synthesis folds it into the adder's own LUTs.
    wire pair = STRIDE > 0 && v_pair_i;
    wire far = STRIDE > 1 && v_far_i;
    wire [ACC_BITS-1:0] step = ({ACC_BITS{!pair && !far}} & slope) | ({ACC_BITS{pair}} & (slope << 1))
                             | ({ACC_BITS{far}} & (slope << 3));

    always @(posedge clk_i) begin
        if (s_clear_i) s_q <= {SLOPE_BITS{1'b0}};
        else if (s_en_i) s_q <= s_q + {{(SLOPE_BITS - WEIGHT_BITS) {weight_i[WEIGHT_BITS-1]}}, weight_i};
        if (v_clear_i) v_q <= {ACC_BITS{1'b0}};
        else if (v_en_i) v_q <= v_q + step;
    end

    assign v_o = v_q;
endmodule

`default_nettype wire
