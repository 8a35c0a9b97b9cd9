// SPDX-License-Identifier: Apache-2.0
//
// Two places between a valid/ready source and sink: both directions are registered, one word a cycle
// passes, latency one cycle. The source sees ready low only while the second place is taken.
// Driven by ttfs_core (spikes) and ttfs_chip (readout).

`default_nettype none

module ttfs_skid #(
    parameter WIDTH = 32
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             in_valid_i,
    output wire             in_ready_o,
    input  wire [WIDTH-1:0] in_data_i,
    output wire             out_valid_o,
    input  wire             out_ready_i,
    output wire [WIDTH-1:0] out_data_o
);
    reg             valid_q, spare_valid_q;
    reg [WIDTH-1:0] data_q, spare_q;

    wire push = in_valid_i && !spare_valid_q;
    wire take = out_ready_i || !valid_q;

    always @(posedge clk_i) begin
        if (push) spare_q <= in_data_i;
        if (take) data_q <= spare_valid_q ? spare_q : in_data_i;
        if (!rst_ni) begin
            valid_q       <= 1'b0;
            spare_valid_q <= 1'b0;
        end else if (take) begin
            valid_q       <= spare_valid_q || push;
            spare_valid_q <= 1'b0;
        end else if (push) begin
            spare_valid_q <= 1'b1;
        end
    end

    assign in_ready_o  = !spare_valid_q;
    assign out_valid_o = valid_q;
    assign out_data_o  = data_q;
endmodule

`default_nettype wire
