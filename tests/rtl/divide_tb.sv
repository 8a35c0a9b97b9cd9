// SPDX-License-Identifier: Apache-2.0
// ttfs_divide: random and extreme potentials and ramps, one a cycle, with pauses: the clamped quotient comes
// VALUE_BITS + 2 steps later, and a step before it whether it is 0.
module divide_tb;
    `include "bench.svh"
    localparam AB = 14, RB = 9, VB = 4, DEPTH = VB + 2;
    reg en = 1;
    reg [AB-1:0] potential = 0;
    reg [RB-1:0] ramp = 1;
    reg [VB-1:0] top = 15;
    wire [VB-1:0] value;
    wire zero;
    reg zero_q;
    always @(posedge clk) if (en) zero_q <= zero;

    ttfs_divide #(.ACC_BITS(AB), .RAMP_BITS(RB), .VALUE_BITS(VB)) dut (
        .clk_i(clk), .en_i(en), .potential_i(potential), .ramp_i(ramp), .top_i(top), .value_o(value), .zero_o(zero)
    );

    integer want [0:4095], given, n, u, y, mode;
    initial begin
        for (mode = 0; mode < 3; mode = mode + 1) begin
            top = mode == 0 ? 15 : mode == 1 ? 9 : 1;
            given = 0;
            for (n = 0; n < 3000; n = n + 1) begin
                en = below(4) != 0;
                ramp = n % 5 == 0 ? 1 : n % 5 == 1 ? 511 : 1 + below(511);
                u = n % 7 == 0 ? -8192 : n % 7 == 1 ? 8191 : n % 7 == 2 ? ramp * below(18) - below(2)
                    : below(16384) - 8192;
                if (u > 8191) u = 8191;
                potential = u;
                y = u < 0 ? 0 : u / ramp;
                if (en) begin
                    want[given] = y > top ? top : y;
                    given = given + 1;
                end
                tick;
                if (given >= DEPTH) begin
                    check(value, want[given-DEPTH], 1);
                    check(zero_q, want[given-DEPTH] == 0, 2);
                end
            end
        end
        finish(16000);
    end
endmodule
