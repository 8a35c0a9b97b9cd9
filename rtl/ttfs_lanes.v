// SPDX-License-Identifier: Apache-2.0
//
// The array of lanes and its control. A step's kind and its weight row (straight from the memory)
// come in one cycle together; the row is registered, in the next cycle S acts, in the one after that
// V acts, so that an end of tick adds the S that has this step's weight. kind_o is the kind whose turn
// it is at V: the signs and the potential are those before that step. en_i low freezes everything.
// Driven by ttfs_core.

`default_nettype none
`include "ttfs_kinds.vh"

module ttfs_lanes #(
    parameter LANES       = 16,
    parameter WEIGHT_BITS = 8,
    parameter SLOPE_BITS  = 16,
    parameter ACC_BITS    = 24,
    parameter LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire                         en_i,
    input  wire [2:0]                   kind_i,
    input  wire [LANES*WEIGHT_BITS-1:0] weights_i,
    output wire [2:0]                   kind_o,
    output wire [LANES-1:0]             negative_o,
    input  wire [LANE_BITS-1:0]         read_lane_i,
    output wire [ACC_BITS-1:0]          potential_o  // of read_lane_i, combinational
);
    localparam S_ROWS = (SLOPE_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS;
    localparam V_ROWS = (ACC_BITS + WEIGHT_BITS - 1) / WEIGHT_BITS;

    reg [LANES*WEIGHT_BITS-1:0] weights_q;
    reg [2:0]                   kind_s_q, kind_v_q;
    reg [V_ROWS-1:0]            row_q;  // which row a load is at, one hot
    reg                         s_load_q, s_extend_q, s_clear_q, v_load_q, v_extend_q, v_low_en_q;
    reg [S_ROWS-1:0]            s_en_q;
    reg [V_ROWS-1:0]            v_en_q;

    wire adds   = !kind_i[2] && kind_i[0];
    wire load_v = kind_i == `TTFS_KIND_LOAD_V;
    wire load_s = kind_i == `TTFS_KIND_LOAD_S;
    wire v_last = load_v && row_q[V_ROWS-1];
    wire last   = v_last || (load_s && row_q[S_ROWS-1]);
    wire v_adds = (!kind_s_q[2] && kind_s_q[1]) || kind_s_q == `TTFS_KIND_RAMP;

    always @(posedge clk_i) begin
        if (en_i) begin
            weights_q  <= weights_i;
            s_load_q   <= load_v || load_s;
            s_extend_q <= adds;
            s_clear_q  <= v_last;
            s_en_q     <= {S_ROWS{adds || v_last}} | ({S_ROWS{load_v || load_s}} & row_q[S_ROWS-1:0]);
            v_load_q   <= load_v;
            v_extend_q <= v_adds && !load_v;
            v_low_en_q <= v_adds || v_last;
            v_en_q     <= {V_ROWS{v_adds}} | ({V_ROWS{load_v}} & row_q);
        end
        if (!rst_ni) begin
            kind_s_q <= `TTFS_KIND_NONE;
            kind_v_q <= `TTFS_KIND_NONE;
            row_q    <= {{(V_ROWS - 1) {1'b0}}, 1'b1};
        end else if (en_i) begin
            kind_s_q <= kind_i;
            kind_v_q <= kind_s_q;
            if (last) row_q <= {{(V_ROWS - 1) {1'b0}}, 1'b1};
            else if (load_v || load_s) row_q <= row_q << 1;
        end
    end

    wire [LANES*ACC_BITS-1:0] potentials;
    genvar l, b;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : g_lane
            ttfs_lane #(
                .WEIGHT_BITS(WEIGHT_BITS),
                .SLOPE_BITS (SLOPE_BITS),
                .ACC_BITS   (ACC_BITS)
            ) u_lane (
                .clk_i      (clk_i),
                .weight_i   (weights_q[l*WEIGHT_BITS +: WEIGHT_BITS]),
                .s_load_i   (s_load_q),
                .s_extend_i (s_extend_q),
                .s_clear_i  (s_clear_q),
                .s_en_i     (s_en_q & {S_ROWS{en_i}}),
                .v_load_i   (v_load_q),
                .v_extend_i (v_extend_q),
                .v_low_en_i (v_low_en_q && en_i),
                .v_en_i     (v_en_q & {V_ROWS{en_i}}),
                .potential_o(potentials[l*ACC_BITS +: ACC_BITS])
            );
            assign negative_o[l] = potentials[l*ACC_BITS+ACC_BITS-1];
        end
        // Bit b of all lanes side by side: a mux of one bit by lane, which synthesis does well.
        for (b = 0; b < ACC_BITS; b = b + 1) begin : g_bit
            wire [LANES-1:0] column;
            for (l = 0; l < LANES; l = l + 1) begin : g_from
                assign column[l] = potentials[l*ACC_BITS+b];
            end
            assign potential_o[b] = column[read_lane_i];
        end
    endgenerate

    assign kind_o = kind_v_q;
endmodule

`default_nettype wire
