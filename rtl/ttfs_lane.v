// SPDX-License-Identifier: Apache-2.0
//
// One lane: slope register S, potential register V, an adder each. S += weight; V += S; the sign of V
// is the fire test. Parameter row r holds bits [r*WEIGHT_BITS +: WEIGHT_BITS] of what it loads. The
// rows of S go straight in. V is loaded through S: the rows but the last fill S (as far as it
// reaches, the rest of V directly); with the last row V takes over S and S becomes zero. So V needs
// no load path of its own but its upper bits, and a load selects the adder's second operand only.
// A register changes in the cycle after its enable. Driven by ttfs_lanes; the controls come from
// registers and are common to all lanes.

`default_nettype none

module ttfs_lane #(
    parameter WEIGHT_BITS = 8,
    parameter SLOPE_BITS  = 16,
    parameter ACC_BITS    = 24,
    parameter S_ROWS = (SLOPE_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS,
    parameter V_ROWS = (ACC_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS
) (
    input  wire                   clk_i,
    input  wire [WEIGHT_BITS-1:0] weight_i,
    input  wire                   s_load_i,   // take the operand alone, not the sum
    input  wire                   s_extend_i, // the operand is a weight with its sign, else a row
    input  wire                   s_clear_i,  // S = 0, stronger than the rest
    input  wire [S_ROWS-1:0]      s_en_i,     // by row
    input  wire                   v_load_i,   // take the operand alone, not the sum
    input  wire                   v_extend_i, // the operand is S with its sign, else S and a row
    input  wire                   v_low_en_i, // the bits of V that load from S
    input  wire [V_ROWS-1:0]      v_en_i,     // the others, by row
    output wire [ACC_BITS-1:0]    potential_o
);
    localparam BELOW_LAST = (V_ROWS - 1) * WEIGHT_BITS;
    localparam LOW_BITS = (SLOPE_BITS < BELOW_LAST) ? SLOPE_BITS : BELOW_LAST;

    reg  [SLOPE_BITS-1:0] s_q;
    reg  [ACC_BITS-1:0]   v_q;
    wire [SLOPE_BITS-1:0] s_operand;
    wire [ACC_BITS-1:0]   v_operand;
    wire [SLOPE_BITS-1:0] s_d = s_load_i ? s_operand : s_q + s_operand;
    wire [ACC_BITS-1:0]   v_d = v_load_i ? v_operand : v_q + v_operand;

    genvar i;
    generate
        for (i = 0; i < SLOPE_BITS; i = i + 1) begin : g_s
            if (i < WEIGHT_BITS) begin : g_weight
                assign s_operand[i] = weight_i[i];
            end else begin : g_sign
                assign s_operand[i] =
                    s_extend_i ? weight_i[WEIGHT_BITS-1] : weight_i[i%WEIGHT_BITS];
            end
            always @(posedge clk_i)
                if (s_en_i[i/WEIGHT_BITS]) s_q[i] <= s_clear_i ? 1'b0 : s_d[i];
        end
        for (i = 0; i < ACC_BITS; i = i + 1) begin : g_v
            localparam FROM = (i < SLOPE_BITS) ? i : SLOPE_BITS - 1;
            if (i < LOW_BITS) begin : g_low
                assign v_operand[i] = s_q[i];
                always @(posedge clk_i) if (v_low_en_i) v_q[i] <= v_d[i];
            end else begin : g_high
                assign v_operand[i] = v_extend_i ? s_q[FROM] : weight_i[i%WEIGHT_BITS];
                always @(posedge clk_i) if (v_en_i[i/WEIGHT_BITS]) v_q[i] <= v_d[i];
            end
        end
        if (LOW_BITS == 0) begin : g_no_low
            wire unused = &{1'b0, v_low_en_i};
        end
    endgenerate
    // The rows of V that lie wholly in S have no bit of their own.
    wire unused = &{1'b0, v_en_i};

    assign potential_o = v_q;
endmodule

`default_nettype wire
