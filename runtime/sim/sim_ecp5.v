// SPDX-License-Identifier: Apache-2.0
//
// Cells of ECP5 for simulations of a netlist, in place of Yosys' models: the block RAM and the PLL, which are boxes there, and
// the tables, for speed. DP16KD is as Yosys uses it (share/yosys/ecp5/brams_map.v; Lattice FPGA-TN-02204): no output register, chip selects low; a
// port is 1, 2, 4, 9 or 18 bits wide, with a byte enable for each 9 of 18, or port A writes and port B reads 36 bits.
// What it begins with is anything, whatever INITVAL says: a board's memories are configured by their host. Other uses do
// not elaborate.

`default_nettype none

module DP16KD #(
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "AUTO",
    parameter INITVAL_00 = 320'h0, INITVAL_01 = 320'h0, INITVAL_02 = 320'h0, INITVAL_03 = 320'h0,
    parameter INITVAL_04 = 320'h0, INITVAL_05 = 320'h0, INITVAL_06 = 320'h0, INITVAL_07 = 320'h0,
    parameter INITVAL_08 = 320'h0, INITVAL_09 = 320'h0, INITVAL_0A = 320'h0, INITVAL_0B = 320'h0,
    parameter INITVAL_0C = 320'h0, INITVAL_0D = 320'h0, INITVAL_0E = 320'h0, INITVAL_0F = 320'h0,
    parameter INITVAL_10 = 320'h0, INITVAL_11 = 320'h0, INITVAL_12 = 320'h0, INITVAL_13 = 320'h0,
    parameter INITVAL_14 = 320'h0, INITVAL_15 = 320'h0, INITVAL_16 = 320'h0, INITVAL_17 = 320'h0,
    parameter INITVAL_18 = 320'h0, INITVAL_19 = 320'h0, INITVAL_1A = 320'h0, INITVAL_1B = 320'h0,
    parameter INITVAL_1C = 320'h0, INITVAL_1D = 320'h0, INITVAL_1E = 320'h0, INITVAL_1F = 320'h0,
    parameter INITVAL_20 = 320'h0, INITVAL_21 = 320'h0, INITVAL_22 = 320'h0, INITVAL_23 = 320'h0,
    parameter INITVAL_24 = 320'h0, INITVAL_25 = 320'h0, INITVAL_26 = 320'h0, INITVAL_27 = 320'h0,
    parameter INITVAL_28 = 320'h0, INITVAL_29 = 320'h0, INITVAL_2A = 320'h0, INITVAL_2B = 320'h0,
    parameter INITVAL_2C = 320'h0, INITVAL_2D = 320'h0, INITVAL_2E = 320'h0, INITVAL_2F = 320'h0,
    parameter INITVAL_30 = 320'h0, INITVAL_31 = 320'h0, INITVAL_32 = 320'h0, INITVAL_33 = 320'h0,
    parameter INITVAL_34 = 320'h0, INITVAL_35 = 320'h0, INITVAL_36 = 320'h0, INITVAL_37 = 320'h0,
    parameter INITVAL_38 = 320'h0, INITVAL_39 = 320'h0, INITVAL_3A = 320'h0, INITVAL_3B = 320'h0,
    parameter INITVAL_3C = 320'h0, INITVAL_3D = 320'h0, INITVAL_3E = 320'h0, INITVAL_3F = 320'h0
) (
    input wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3,
    DIA2, DIA1, DIA0,
    input wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input wire CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3,
    DOA2, DOA1, DOA0,
    input wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3,
    DIB2, DIB1, DIB0,
    input wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input wire CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3,
    DOB2, DOB1, DOB0
);
    localparam WIDE = DATA_WIDTH_A == 36;   // both halves of a row: A writes, B reads

    generate
        if (WIDE != (DATA_WIDTH_B == 36) || REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CLKAMUX != "CLKA"
            || CLKBMUX != "CLKB") begin : g_check
            ttfs_dp16kd_used_otherwise u_stop ();
        end
    endgenerate

    wire [17:0] dia = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5,
        DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] dib = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
        DIB4, DIB3, DIB2, DIB1, DIB0};
    wire [13:0] ada = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] adb = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};

    // 1,024 words of two bytes of 9 bits; a narrow port has bits 0 to 7 of a byte.
    reg [17:0] mem [0:1023];
    reg [17:0] doa_q, dob_q;
    wire       at_once_a = RESETMODE == "ASYNC" && RSTA, at_once_b = RESETMODE == "ASYNC" && RSTB;

    function [17:0] narrow;   // what a port of `width` bits sees of a word
        input integer    width;
        input [17:0]     word;
        input [3:0]      at;
        reg   [8:0]      part;
        begin
            part = at[3] ? word[17:9] : word[8:0];
            narrow = width >= 18 ? word
                   : width == 9 ? {9'd0, part}
                   : width == 4 ? {14'd0, part[4*at[2] +: 4]}
                   : width == 2 ? {16'd0, part[2*at[2:1] +: 2]}
                   : {17'd0, part[{1'b0, at[2:0]}]};
        end
    endfunction

    function [17:0] merged;   // the word behind a write
        input integer    width;
        input [17:0]     word, data;
        input [3:0]      at;
        reg   [8:0]      part;
        begin
            part = at[3] ? word[17:9] : word[8:0];
            if (width == 9) part = data[8:0];
            else if (width == 4) part[4*at[2] +: 4] = data[3:0];
            else if (width == 2) part[2*at[2:1] +: 2] = data[1:0];
            else if (width == 1) part[{1'b0, at[2:0]}] = data[0];
            merged = width >= 18 ? {at[1] ? data[17:9] : word[17:9], at[0] ? data[8:0] : word[8:0]}
                   : at[3] ? {part, word[8:0]} : {word[17:9], part};
        end
    endfunction

    generate
        if (WIDE) begin : g_wide
            wire [8:0] row = ada[13:5], from = adb[13:5];
            always @(posedge CLKA) if (CEA && WEA) begin
                mem[{row, 1'b0}] <= merged(18, mem[{row, 1'b0}], dia, {2'd0, ada[1:0]});
                mem[{row, 1'b1}] <= merged(18, mem[{row, 1'b1}], dib, {2'd0, ada[3:2]});
            end
            always @(posedge CLKB or posedge at_once_b) begin
                if (at_once_b || RSTB) {dob_q, doa_q} <= 36'd0;
                else if (CEB) {dob_q, doa_q} <= {mem[{from, 1'b1}], mem[{from, 1'b0}]};
            end
        end else begin : g_narrow
            wire [17:0] behind_a = merged(DATA_WIDTH_A, mem[ada[13:4]], dia, ada[3:0]);
            wire [17:0] behind_b = merged(DATA_WIDTH_B, mem[adb[13:4]], dib, adb[3:0]);
            wire reads_a = !WEA || WRITEMODE_A == "READBEFOREWRITE";
            wire reads_b = !WEB || WRITEMODE_B == "READBEFOREWRITE";
            always @(posedge CLKA) if (CEA && WEA) mem[ada[13:4]] <= behind_a;
            always @(posedge CLKB) if (CEB && WEB) mem[adb[13:4]] <= behind_b;
            always @(posedge CLKA or posedge at_once_a) begin
                if (at_once_a || RSTA) doa_q <= 18'd0;
                else if (CEA && reads_a) doa_q <= narrow(DATA_WIDTH_A, mem[ada[13:4]], ada[3:0]);
                else if (CEA && WRITEMODE_A == "WRITETHROUGH") doa_q <= narrow(DATA_WIDTH_A, behind_a, ada[3:0]);
            end
            always @(posedge CLKB or posedge at_once_b) begin
                if (at_once_b || RSTB) dob_q <= 18'd0;
                else if (CEB && reads_b) dob_q <= narrow(DATA_WIDTH_B, mem[adb[13:4]], adb[3:0]);
                else if (CEB && WRITEMODE_B == "WRITETHROUGH") dob_q <= narrow(DATA_WIDTH_B, behind_b, adb[3:0]);
            end
        end
    endgenerate

    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3,
        DOA2, DOA1, DOA0} = doa_q;
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3,
        DOB2, DOB1, DOB0} = dob_q;
    wire unused = &{1'b0, OCEA, OCEB, CSA2, CSA1, CSA0, CSB2, CSB1, CSB0};
endmodule

// A PLL: the clock that goes in, locked from the start: a simulation has cycles, no time. Only CLKOP is a clock of it.
module EHXPLLL #(
    parameter CLKI_DIV = 1,
    parameter CLKFB_DIV = 1,
    parameter CLKOP_DIV = 8,
    parameter CLKOP_CPHASE = 0,
    parameter FEEDBK_PATH = "CLKOP"
) (
    input  wire CLKI, CLKFB, PHASESEL1, PHASESEL0, PHASEDIR, PHASESTEP, PHASELOADREG, STDBY, PLLWAKESYNC, RST, ENCLKOP,
    output wire CLKOP, LOCK
);
    assign CLKOP = CLKI;
    assign LOCK = !RST;
    wire unused = &{1'b0, CLKFB, PHASESEL1, PHASESEL0, PHASEDIR, PHASESTEP, PHASELOADREG, STDBY, PLLWAKESYNC, ENCLKOP};
endmodule

// Tables and carries as one look-up each, which a simulator computes without a branch: several times faster than Yosys'
// models, which choose halves of a table one after the other (rtl ecp5 holds these against them).
module LUT4 #(
    parameter [15:0] INIT = 16'h0000
) (
    input  wire A, B, C, D,
    output wire Z
);
    assign Z = INIT[{D, C, B, A}];
endmodule

module PFUMX (
    input  wire ALUT, BLUT, C0,
    output wire Z
);
    assign Z = (ALUT & C0) | (BLUT & ~C0);
endmodule

module L6MUX21 (
    input  wire D0, D1, SD,
    output wire Z
);
    assign Z = (D1 & SD) | (D0 & ~SD);
endmodule

module CCU2C #(
    parameter [15:0] INIT0 = 16'h0000,
    parameter [15:0] INIT1 = 16'h0000,
    parameter INJECT1_0 = "YES",
    parameter INJECT1_1 = "YES"
) (
    input  wire CIN, A0, B0, C0, D0, A1, B1, C1, D1,
    output wire S0, S1, COUT
);
    localparam FIRST = INJECT1_0 != "YES", SECOND = INJECT1_1 != "YES";   // sums, with a carry

    wire table_0 = INIT0[{D0, C0, B0, A0}], part_0 = FIRST && INIT0[{2'd0, B0, A0}];
    wire table_1 = INIT1[{D1, C1, B1, A1}], part_1 = SECOND && INIT1[{2'd0, B1, A1}];
    wire between = (table_0 & CIN) | (~table_0 & part_0);
    assign S0 = table_0 ^ (FIRST && CIN);
    assign S1 = table_1 ^ (SECOND && between);
    assign COUT = (table_1 & between) | (~table_1 & part_1);
endmodule

`default_nettype wire
