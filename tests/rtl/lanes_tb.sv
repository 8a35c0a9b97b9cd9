// SPDX-License-Identifier: Apache-2.0
// ttfs_lanes: random groups of steps with freezes, at widths that do and do not divide: the signs and
// potentials of every lane when a ramp or read step arrives are those of the sums, from the lowest
// potential to the largest. Steps follow one another without a gap, groups too.
module lanes_case #(parameter LANES = 3, WB = 4, SB = 10, AB = 14) (input wire go, output reg over = 0);
    `include "bench.svh"
    localparam LB = (LANES > 1) ? $clog2(LANES) : 1;
    localparam SR = (SB + WB - 1) / WB, VR = (AB + WB - 1) / WB;
    reg en = 1;
    reg [2:0] kind = 0, kinds [0:8191], want_kind;
    reg [LANES*WB-1:0] row = 0, rows [0:8191];
    reg [AB-1:0] want [0:8191], v [0:LANES-1];
    reg [SB-1:0] s [0:LANES-1];
    reg [LANES-1:0] want_sign [0:8191];
    wire [2:0] kind_o;
    wire [LANES-1:0] negative;
    reg [LB-1:0] lane = 0;
    wire [AB-1:0] potential;
    integer group, i, j, l, n, sent, seen, extreme;

    ttfs_lanes #(.LANES(LANES), .WEIGHT_BITS(WB), .SLOPE_BITS(SB), .ACC_BITS(AB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .kind_i(kind), .weights_i(row), .kind_o(kind_o),
        .negative_o(negative), .read_lane_i(lane), .potential_o(potential)
    );

    task put(input [2:0] k, input [LANES*WB-1:0] w);
        begin
            kinds[n] = k; rows[n] = w;
            for (l = 0; l < LANES; l = l + 1) want_sign[n][l] = v[l][AB-1];
            want[n] = v[n%LANES];
            n = n + 1;
        end
    endtask

    reg [SR*WB-1:0] sv [0:LANES-1];
    reg [VR*WB-1:0] vv [0:LANES-1];
    reg [LANES*WB-1:0] r;

    initial begin
        wait (go);
        reset;
        n = 0;
        for (group = 0; group < 60; group = group + 1) begin
            for (l = 0; l < LANES; l = l + 1) begin
                vv[l] = {$random(seed), $random(seed)};
                if (group % 5 == 0) vv[l] = {1'b1, {AB-1{1'b0}}};
                if (group % 5 == 1) vv[l] = {1'b0, {AB-1{1'b1}}};
                v[l] = vv[l]; s[l] = 0;
            end
            for (j = 0; j < VR; j = j + 1) begin
                for (l = 0; l < LANES; l = l + 1) r[l*WB +: WB] = vv[l] >> j * WB;
                kinds[n] = 4; rows[n] = r; n = n + 1;
            end
            put(7, 0);  // read what was loaded
            for (i = below(12); i >= 0; i = i - 1) begin
                r = {$random(seed), $random(seed), $random(seed)};
                kinds[n] = below(4); rows[n] = r;
                for (l = 0; l < LANES; l = l + 1) begin
                    if (kinds[n][0]) s[l] = s[l] + {{SB{r[l*WB+WB-1]}}, r[l*WB +: WB]};
                    if (kinds[n][1]) v[l] = v[l] + {{AB{s[l][SB-1]}}, s[l]};
                end
                n = n + 1;
            end
            for (l = 0; l < LANES; l = l + 1) begin
                sv[l] = {$random(seed), $random(seed)};
                s[l] = sv[l];
            end
            for (j = 0; j < SR; j = j + 1) begin
                for (l = 0; l < LANES; l = l + 1) r[l*WB +: WB] = sv[l] >> j * WB;
                kinds[n] = 5; rows[n] = r; n = n + 1;
            end
            for (i = below(6); i >= 0; i = i - 1) begin
                put(6, 0);
                for (l = 0; l < LANES; l = l + 1) v[l] = v[l] + {{AB{s[l][SB-1]}}, s[l]};
            end
        end
        // Two cycles from a step in to its kind out.
        sent = 0; seen = 0;
        while (seen < n) begin
            kind = sent < n ? kinds[sent] : 0;
            row = sent < n ? rows[sent] : 0;
            en = below(4) != 0;
            lane = seen % LANES;
            #3;
            if (sent >= 2) begin
                check(kind_o, kinds[seen], 1);
                if (kinds[seen] >= 6) begin
                    check(negative, want_sign[seen], 2);
                    check(potential, want[seen], 3);
                end
            end
            tick;
            if (en) begin
                if (sent >= 2) seen = seen + 1;
                sent = sent + 1;
            end
        end
        if (errors == 0 && checks > 1000) $display("ok %0d lanes, %0d checks", LANES, checks);
        else $display("bad %0d lanes, %0d of %0d", LANES, errors, checks);
        over = errors == 0 && checks > 1000;
    end
endmodule

module lanes_tb;
    wire a, b, c, d;
    reg go = 1;
    lanes_case #(3, 4, 10, 14) c1 (go, a);
    lanes_case #(1, 8, 16, 24) c2 (go, b);
    lanes_case #(4, 8, 24, 32) c3 (go, c);
    lanes_case #(2, 3, 11, 11) c4 (go, d);
    initial begin
        #300000;
        $display("%0s", a && b && c && d ? "PASS" : "FAIL");
        $finish;
    end
endmodule
