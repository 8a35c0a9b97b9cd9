// SPDX-License-Identifier: Apache-2.0
//
// A chip of one core for place and route (tools/clock.sh): a register at every port of the chip, all of them one
// long shift register from a pin to a pin, so that the clock is the chip's own and no FPGA has too few pins.

`default_nettype none

module clock #(
    parameter FLIT = 28
) (
    input  wire clk_i,
    input  wire pin_i,
    output wire pin_o
);
    localparam IN = 71 + FLIT, OUT = 63 + 2 * FLIT;

    reg [IN-1:0]   in_q;
    reg [OUT-1:0]  out_q;
    reg            load_q;
    wire [OUT-1:0] out;

    always @(posedge clk_i) begin
        in_q   <= {in_q[IN-2:0], pin_i};
        load_q <= in_q[IN-1];
        out_q  <= load_q ? out : {out_q[OUT-2:0], pin_i};
    end
    assign pin_o = out_q[OUT-1];

    ttfs_chip u_chip (
        .clk_i        (clk_i),
        .rst_ni       (in_q[0]),
        .cfg_valid_i  (in_q[1]),
        .cfg_ready_o  (out[0]),
        .cfg_write_i  (in_q[2]),
        .cfg_addr_i   (in_q[34:3]),
        .cfg_data_i   (in_q[66:35]),
        .cfg_rvalid_o (out[1]),
        .cfg_rdata_o  (out[33:2]),
        .start_i      (in_q[67]),
        .busy_o       (out[34]),
        .done_o       (out[35]),
        .in_valid_i   (in_q[68]),
        .in_ready_o   (out[36]),
        .in_end_i     (in_q[69]),
        .in_flit_i    (in_q[71 +: FLIT]),
        .out_valid_o  (out[37]),
        .out_ready_i  (in_q[70]),
        .out_flit_o   (out[63 +: FLIT]),
        .slot_valid_o (out[38]),
        .slot_o       (out[50:39]),
        .flags_o      (out[61:51]),
        .trace_valid_o(out[62]),
        .trace_flit_o (out[63+FLIT +: FLIT])
    );
endmodule

`default_nettype wire
