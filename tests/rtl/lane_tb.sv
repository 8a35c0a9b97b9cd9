// SPDX-License-Identifier: Apache-2.0
// ttfs_lane: all weights, times, biases and ramps at small widths against the arithmetic's closed
// form: after the list V = c - R*T + sum of w * (T_src - t), and on the ramp the sign first turns at
// tick T - y, y = clamp(floor(U / R), 0, T).
module lane_tb;
    `include "bench.svh"
    localparam WB = 3, SB = 5, AB = 7, SR = 2, VR = 3;
    reg [WB-1:0] weight = 0;
    reg s_load = 0, s_extend = 0, s_clear = 0, v_load = 0, v_extend = 0, v_low = 0;
    reg [SR-1:0] s_en = 0;
    reg [VR-1:0] v_en = 0;
    wire [AB-1:0] v;
    integer w1, w2, t1, t2, c, r, tsrc, t, k, j, u, y, fired, reach;

    ttfs_lane #(.WEIGHT_BITS(WB), .SLOPE_BITS(SB), .ACC_BITS(AB)) dut (
        .clk_i(clk), .weight_i(weight), .s_load_i(s_load), .s_extend_i(s_extend),
        .s_clear_i(s_clear), .s_en_i(s_en), .v_load_i(v_load), .v_extend_i(v_extend),
        .v_low_en_i(v_low), .v_en_i(v_en), .potential_o(v)
    );

    // One step: a weight to add or nothing, and whether V adds S.
    task step(input adds, input [WB-1:0] w, input v_adds);
        begin
            weight = w; s_load = 0; s_clear = 0; s_extend = 1; s_en = {SR{adds}};
            v_load = 0; v_extend = 1; v_low = v_adds; v_en = {VR{v_adds}};
            tick;
        end
    endtask

    task load_v(input [AB-1:0] value);
        for (j = 0; j < VR; j = j + 1) begin
            weight = value >> j * WB;
            s_load = 1; s_extend = 0; s_clear = j == VR - 1;
            s_en = j == VR - 1 ? {SR{1'b1}} : 1 << j;
            v_load = 1; v_extend = 0; v_low = j == VR - 1; v_en = 1 << j;
            tick;
        end
    endtask

    task load_s(input [SB-1:0] value);
        for (j = 0; j < SR; j = j + 1) begin
            weight = value >> j * WB;
            s_load = 1; s_extend = 0; s_clear = 0; s_en = 1 << j;
            v_load = 0; v_low = 0; v_en = 0;
            tick;
        end
    endtask

    initial begin
        tsrc = 2;
        for (t = 1; t <= 3; t = t + 1)
            for (r = 1; r <= 7; r = r + 2)
                for (c = -9; c <= 9; c = c + 3)
                    for (w1 = -4; w1 < 4; w1 = w1 + 1) for (t1 = 0; t1 <= tsrc; t1 = t1 + 1)
                        for (w2 = -4; w2 < 4; w2 = w2 + 1) for (t2 = 0; t2 <= tsrc; t2 = t2 + 1)
                        begin
                            load_v(c - r * t);
                            for (k = 0; k < tsrc; k = k + 1) begin
                                if (t1 == k) step(1, w1, 0);
                                if (t2 == k) step(1, w2, 0);
                                step(0, 0, 1);
                            end
                            u = c + w1 * (tsrc - t1) + w2 * (tsrc - t2);
                            check(v, (u - r * t) & 7'h7f, 1);
                            y = u < 0 ? 0 : u / r > t ? t : u / r;
                            load_s(r);
                            fired = t;
                            for (k = 0; k < t; k = k + 1) begin
                                if (!v[AB-1] && fired == t) fired = k;
                                step(0, 0, 1);
                            end
                            check(fired, t - y, 2);
                        end
        // The lowest and the largest potential, kept and reached.
        load_v(7'h40); check(v, 7'h40, 3);
        load_v(7'h3f); check(v, 7'h3f, 4);
        load_v(7'h43); step(1, -3, 0); step(0, 0, 1); check(v, 7'h40, 5);
        load_v(7'h3c); step(1, 3, 0); step(0, 0, 1); check(v, 7'h3f, 6);
        finish(90000);
    end
endmodule
