// SPDX-License-Identifier: Apache-2.0
//
// The fire unit's arithmetic: y = clamp(floor(potential / ramp), 0, top), one a cycle, VALUE_BITS + 2
// cycles deep. It is the tick of the ramp: a neuron with potential U, that starts at U - R T and climbs
// R a tick, fires at tick T - y (docs/semantics.md). Restoring division, a quotient bit a stage;
// ramp_i >= 1. Freezes while en_i is low. Driven by ttfs_fire.

`default_nettype none

module ttfs_divide #(
    parameter ACC_BITS   = 24,  // of the potential, signed
    parameter RAMP_BITS  = 16,  // unsigned
    parameter VALUE_BITS = 8
) (
    input  wire                       clk_i,
    input  wire                       en_i,
    input  wire [ACC_BITS-1:0]        potential_i,
    input  wire [RAMP_BITS-1:0]       ramp_i,
    input  wire [VALUE_BITS-1:0]      top_i,     // constant while values are under way
    output wire [VALUE_BITS-1:0]      value_o,
    output wire                       zero_o     // the value of the next step is 0
);
    // Behind stage i the remainder is below ramp << (VALUE_BITS - i), or the value is the top: a bit less a stage.
    localparam REM_BITS = RAMP_BITS + VALUE_BITS;
    localparam WIDE = (ACC_BITS > REM_BITS + 1) ? ACC_BITS : REM_BITS + 1;

    reg [REM_BITS-1:0]   rem_q  [0:VALUE_BITS];
    reg [RAMP_BITS-1:0]  ramp_q [0:VALUE_BITS];
    reg [VALUE_BITS-1:0] quo_q  [0:VALUE_BITS];
    reg [VALUE_BITS:0]   full_q;
    reg [VALUE_BITS-1:0] value_q;

    wire [WIDE-1:0] wide = {{(WIDE - ACC_BITS) {potential_i[ACC_BITS-1]}}, potential_i};
    wire [WIDE-1:0] limit = {{(WIDE - RAMP_BITS) {1'b0}}, ramp_i} << VALUE_BITS;
    wire negative = potential_i[ACC_BITS-1];

    always @(posedge clk_i) if (en_i) begin
        rem_q[0]  <= negative ? {REM_BITS{1'b0}} : wide[REM_BITS-1:0];
        ramp_q[0] <= ramp_i;
        quo_q[0]  <= {VALUE_BITS{1'b0}};
        full_q[0] <= !negative && wide >= limit;
    end

    genvar i;
    generate
        for (i = 1; i <= VALUE_BITS; i = i + 1) begin : g_bit
            localparam BIT = VALUE_BITS - i;
            localparam KEEP = RAMP_BITS + BIT;   // bits of the remainder behind this stage
            wire [KEEP+1:0] left = {1'b0, rem_q[i-1][KEEP:0]} - ({{(BIT + 2) {1'b0}}, ramp_q[i-1]} << BIT);
            always @(posedge clk_i) if (en_i) begin
                rem_q[i]  <= {{(REM_BITS - KEEP) {1'b0}}, left[KEEP+1] ? rem_q[i-1][KEEP-1:0] : left[KEEP-1:0]};
                ramp_q[i] <= ramp_q[i-1];
                quo_q[i]  <= quo_q[i-1] | ({{(VALUE_BITS - 1) {1'b0}}, !left[KEEP+1]} << BIT);
                full_q[i] <= full_q[i-1];
            end
        end
    endgenerate

    always @(posedge clk_i) if (en_i) begin
        value_q <= (full_q[VALUE_BITS] || quo_q[VALUE_BITS] > top_i) ? top_i : quo_q[VALUE_BITS];
    end

    assign value_o = value_q;
    assign zero_o  = top_i == 0 || (!full_q[VALUE_BITS] && quo_q[VALUE_BITS] == 0);
endmodule

`default_nettype wire
