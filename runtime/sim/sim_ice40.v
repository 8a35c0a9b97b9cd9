// SPDX-License-Identifier: Apache-2.0
//
// Cells of iCE40 for simulations of a netlist or a bitstream, in place of Yosys' models: the table, for speed, and the PLLs,
// which are boxes there. The clock that comes out is the one
// that goes in, locked from the start: a simulation has cycles, no time. Read before the cells of Yosys, whose boxes are given
// other names. A second clock, another feedback and delays do not elaborate.

`default_nettype none

module SB_PLL40_CORE #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED",
    parameter SHIFTREG_DIV_MODE = 0,
    parameter FDA_FEEDBACK = 0,
    parameter FDA_RELATIVE = 0,
    parameter PLLOUT_SELECT = "GENCLK",
    parameter DIVR = 0,
    parameter DIVF = 0,
    parameter DIVQ = 0,
    parameter FILTER_RANGE = 0,
    parameter ENABLE_ICEGATE = 0,
    parameter TEST_MODE = 0,
    parameter EXTERNAL_DIVIDE_FACTOR = 1
) (
    input  wire       REFERENCECLK,
    output wire       PLLOUTCORE,
    output wire       PLLOUTGLOBAL,
    input  wire       EXTFEEDBACK,
    input  wire [7:0] DYNAMICDELAY,
    output wire       LOCK,
    input  wire       BYPASS,
    input  wire       RESETB,
    input  wire       LATCHINPUTVALUE,
    output wire       SDO,
    input  wire       SDI,
    input  wire       SCLK
);
    generate
        if (FEEDBACK_PATH != "SIMPLE" || PLLOUT_SELECT != "GENCLK" || ENABLE_ICEGATE != 0 || TEST_MODE != 0) begin : g_check
            ttfs_sb_pll40_used_otherwise u_stop ();
        end
    endgenerate

    assign PLLOUTCORE = REFERENCECLK;
    assign PLLOUTGLOBAL = REFERENCECLK;
    assign LOCK = RESETB;
    assign SDO = 1'b0;
    wire unused = &{1'b0, EXTFEEDBACK, DYNAMICDELAY, BYPASS, LATCHINPUTVALUE, SDI, SCLK};
endmodule

// The same behind a pin.
module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED",
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED",
    parameter SHIFTREG_DIV_MODE = 0,
    parameter FDA_FEEDBACK = 0,
    parameter FDA_RELATIVE = 0,
    parameter PLLOUT_SELECT = "GENCLK",
    parameter DIVR = 0,
    parameter DIVF = 0,
    parameter DIVQ = 0,
    parameter FILTER_RANGE = 0,
    parameter ENABLE_ICEGATE = 0,
    parameter TEST_MODE = 0,
    parameter EXTERNAL_DIVIDE_FACTOR = 1
) (
    input  wire       PACKAGEPIN,
    output wire       PLLOUTCORE,
    output wire       PLLOUTGLOBAL,
    input  wire       EXTFEEDBACK,
    input  wire [7:0] DYNAMICDELAY,
    output wire       LOCK,
    input  wire       BYPASS,
    input  wire       RESETB,
    input  wire       LATCHINPUTVALUE,
    output wire       SDO,
    input  wire       SDI,
    input  wire       SCLK
);
    SB_PLL40_CORE #(
        .FEEDBACK_PATH (FEEDBACK_PATH),
        .PLLOUT_SELECT (PLLOUT_SELECT),
        .ENABLE_ICEGATE(ENABLE_ICEGATE),
        .TEST_MODE     (TEST_MODE)
    ) u_core (
        .REFERENCECLK   (PACKAGEPIN),
        .PLLOUTCORE     (PLLOUTCORE),
        .PLLOUTGLOBAL   (PLLOUTGLOBAL),
        .EXTFEEDBACK    (EXTFEEDBACK),
        .DYNAMICDELAY   (DYNAMICDELAY),
        .LOCK           (LOCK),
        .BYPASS         (BYPASS),
        .RESETB         (RESETB),
        .LATCHINPUTVALUE(LATCHINPUTVALUE),
        .SDO            (SDO),
        .SDI            (SDI),
        .SCLK           (SCLK)
    );
endmodule

// A table as one look-up, which a simulator computes without a branch.
module SB_LUT4 #(
    parameter [15:0] LUT_INIT = 16'h0000
) (
    input  wire I0, I1, I2, I3,
    output wire O
);
    assign O = LUT_INIT[{I3, I2, I1, I0}];
endmodule

`default_nettype wire
