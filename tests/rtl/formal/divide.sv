// SPDX-License-Identifier: Apache-2.0
// proof: 9
// wrong: CORRUPT
// mutant: ttfs_divide.v s/|| quo_q\[VALUE_BITS\] > top_i//
// ttfs_divide: for all potentials, ramps and tops of small widths, one a cycle, with pauses anywhere,
// the value is floor(potential / ramp) between 0 and top: VALUE_BITS + 2 unpaused cycles later. The
// pipeline has no loop, so those steps are all that there is.
module divide (
    input wire              clk,
    input wire              en,
    input wire signed [6:0] potential,
    input wire [3:0]        ramp
);
    localparam AB = 7, RB = 4, VB = 3, DEEP = VB + 2;
    (* anyconst *) reg [VB-1:0] top;
    wire [VB-1:0] value;
    wire zero;
    reg zero_q;
    always @(posedge clk) if (en) zero_q <= zero;   // it comes a step early
    reg signed [AB-1:0] p [0:DEEP];
    reg [RB-1:0] r [0:DEEP];
    reg [3:0] passed = 0;
    integer i;

    ttfs_divide #(.ACC_BITS(AB), .RAMP_BITS(RB), .VALUE_BITS(VB)) dut (
        .clk_i(clk), .en_i(en), .potential_i(potential), .ramp_i(ramp), .top_i(top), .value_o(value),
        .zero_o(zero)
    );

    always @(posedge clk) if (en) begin
        p[1] <= potential;
        r[1] <= ramp;
        for (i = 2; i <= DEEP; i = i + 1) begin p[i] <= p[i-1]; r[i] <= r[i-1]; end
        if (passed < DEEP) passed <= passed + 1;
    end

    // y R <= P < (y + 1) R, but for the clamps.
    wire [9:0] low = value * r[DEEP], high = low + r[DEEP], u = p[DEEP];
    always @* begin
        assume (ramp != 0);
        if (passed == DEEP) begin
            assert (value <= top);
            assert (zero_q == (value == 0));
            if (p[DEEP] < 0) assert (value == 0);
            else begin
                assert (low <= u);
`ifdef CORRUPT
                assert (u < high);
`else
                assert (u < high || value == top);
`endif
            end
        end
    end
endmodule
