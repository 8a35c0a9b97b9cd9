// SPDX-License-Identifier: Apache-2.0
//
// The tables and carries of runtime/sim/sim_ecp5.v against Yosys' models (there NAME_box), for all inputs of some tables.

module pair #(
    parameter [15:0] INIT0 = 0,
    parameter [15:0] INIT1 = 0,
    parameter FIRST = "NO",
    parameter SECOND = "NO"
) (
    input wire [8:0] x,
    output wire wrong
);
    wire [2:0] sum, sum_box;
    wire [2:0] one, one_box;
    CCU2C #(.INIT0(INIT0), .INIT1(INIT1), .INJECT1_0(FIRST), .INJECT1_1(SECOND)) u_sum (
        .CIN(x[8]), .A0(x[0]), .B0(x[1]), .C0(x[2]), .D0(x[3]), .A1(x[4]), .B1(x[5]), .C1(x[6]), .D1(x[7]),
        .S0(sum[0]), .S1(sum[1]), .COUT(sum[2]));
    CCU2C_box #(.INIT0(INIT0), .INIT1(INIT1), .INJECT1_0(FIRST), .INJECT1_1(SECOND)) u_sum_box (
        .CIN(x[8]), .A0(x[0]), .B0(x[1]), .C0(x[2]), .D0(x[3]), .A1(x[4]), .B1(x[5]), .C1(x[6]), .D1(x[7]),
        .S0(sum_box[0]), .S1(sum_box[1]), .COUT(sum_box[2]));
    LUT4 #(.INIT(INIT0)) u_one (.A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]), .Z(one[0]));
    LUT4_box #(.INIT(INIT0)) u_one_box (.A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]), .Z(one_box[0]));
    PFUMX u_five (.ALUT(x[0]), .BLUT(x[1]), .C0(x[2]), .Z(one[1]));
    PFUMX_box u_five_box (.ALUT(x[0]), .BLUT(x[1]), .C0(x[2]), .Z(one_box[1]));
    L6MUX21 u_six (.D0(x[0]), .D1(x[1]), .SD(x[2]), .Z(one[2]));
    L6MUX21_box u_six_box (.D0(x[0]), .D1(x[1]), .SD(x[2]), .Z(one_box[2]));
    assign wrong = {sum, one} !== {sum_box, one_box};
endmodule

module tables;
    reg [8:0] x;
    wire [31:0] wrong;
    genvar g;
    generate
        for (g = 0; g < 32; g = g + 1) begin : g_pair
            pair #(.INIT0(16'hb1e5 * (2 * g + 1)), .INIT1(16'h6d2b * (2 * g + 1)), .FIRST(g[0] ? "YES" : "NO"), .SECOND(g[1] ? "YES" : "NO"))
                u_pair (.x(x), .wrong(wrong[g]));
        end
    endgenerate
    integer n, faults = 0;
    initial begin
        for (n = 0; n < 512; n = n + 1) begin
            x = n;
            #1 if (wrong != 0) faults = faults + 1;
        end
        if (faults == 0) $display("PASS %0d inputs", n);
        else $display("FAIL %0d of %0d inputs", faults, n);
    end
endmodule
