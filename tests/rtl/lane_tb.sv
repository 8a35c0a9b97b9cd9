// SPDX-License-Identifier: Apache-2.0
// ttfs_lane: random controls against S and V as integers; a clear goes before an addition.
module lane_tb;
    `include "bench.svh"
    localparam WB = 4, SB = 9, AB = 13;
    reg [WB-1:0] weight = 0;
    reg s_en = 1, s_clear = 1, v_en = 1, v_pair = 0, v_far = 0, v_clear = 1;
    wire [AB-1:0] potential;

    ttfs_lane #(.WEIGHT_BITS(WB), .SLOPE_BITS(SB), .ACC_BITS(AB)) dut (
        .clk_i(clk), .weight_i(weight), .s_en_i(s_en), .s_clear_i(s_clear), .v_en_i(v_en), .v_pair_i(v_pair),
        .v_far_i(v_far),
        .v_clear_i(v_clear), .v_o(potential)
    );

    reg signed [SB-1:0] s;
    reg signed [AB-1:0] v, w;
    integer n;
    initial begin
        tick;
        s = 0; v = 0;
        for (n = 0; n < 4000; n = n + 1) begin
            weight = $random(seed);
            s_en = below(2); s_clear = below(40) == 0; v_en = below(2); v_far = below(4) == 0; v_pair = !v_far && below(3) == 0;
            v_clear = below(40) == 0;
            w = $signed(weight);
            if (v_clear) v = 0;
            else if (v_en) v = v + (v_far ? s * 8 : v_pair ? s * 2 : s);
            if (s_clear) s = 0;
            else if (s_en) s = s + w;
            tick;
            check(potential, v & 13'h1fff, 1);
        end
        finish(4000);
    end
endmodule
