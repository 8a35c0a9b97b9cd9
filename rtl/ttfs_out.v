// SPDX-License-Identifier: Apache-2.0
//
// The way out of a core: makes flits {id, value} of results. A sum (sum_i) leaves in as many flits of
// the same id as it fills, its lowest bits first, the last one sign-extended. The result that leaves has a
// register, and there is a spare one behind it for the result that comes in the cycle in which the first must
// stay: so ready_o comes from a register, and the way from the activations' port back to the lanes ends here.
// Driven by ttfs_fire_engine.

`default_nettype none

module ttfs_out #(
    parameter ID_BITS    = 20,
    parameter VALUE_BITS = 4,
    parameter ACC_BITS   = 14,
    parameter FLIT_VALUE = 4     // VALUE_BITS, or ACC_BITS
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    input  wire                          valid_i,
    output wire                          ready_o,
    output wire                          ready_next_o,   // that of the next cycle
    input  wire                          is_sum_i,
    input  wire [ID_BITS-1:0]            id_i,
    input  wire [VALUE_BITS-1:0]         value_i,
    input  wire [ACC_BITS-1:0]           sum_i,
    output wire                          out_valid_o,
    input  wire                          out_ready_i,
    output wire [ID_BITS+FLIT_VALUE-1:0] out_flit_o,
    output wire                          out_sum_o
);
    localparam FLITS = (ACC_BITS + FLIT_VALUE - 1) / FLIT_VALUE;   // of a sum
    localparam LEFT_BITS = $clog2(FLITS + 1);
    localparam LAST = FLITS - 1;
    localparam WIDE = FLITS * FLIT_VALUE;

    reg                    valid_q, sum_q, spare_valid_q;
    reg [ID_BITS-1:0]      id_q;
    reg [WIDE-1:0]         data_q;
    reg [ID_BITS+WIDE:0]   spare_q;
    wire                   last, next_sum;
    wire [ID_BITS-1:0]     next_id;
    wire [WIDE-1:0]        sum, value, next_data;

    wire free  = !valid_q || (out_ready_i && last);
    wire shift = !free && out_ready_i;
    wire [ID_BITS+WIDE:0] comes = {is_sum_i, id_i, is_sum_i ? sum : value};
    wire spare_next = !free && (spare_valid_q || valid_i);
    assign ready_o      = !spare_valid_q;
    assign ready_next_o = !spare_next;
    assign {next_sum, next_id, next_data} = spare_valid_q ? spare_q : comes;

    always @(posedge clk_i) begin
        if (ready_o) spare_q <= comes;
        if (free) {sum_q, id_q, data_q} <= {next_sum, next_id, next_data};
        else if (shift) data_q <= data_q >> FLIT_VALUE;
        if (!rst_ni) begin
            valid_q       <= 1'b0;
            spare_valid_q <= 1'b0;
        end else begin
            spare_valid_q <= spare_next;
            if (free) valid_q <= spare_valid_q || valid_i;
        end
    end

    generate
        if (WIDE > ACC_BITS) begin : g_extend
            assign sum = {{(WIDE - ACC_BITS) {sum_i[ACC_BITS-1]}}, sum_i};
        end else begin : g_sum
            assign sum = sum_i;
        end
        if (WIDE > VALUE_BITS) begin : g_value_extend
            assign value = {{(WIDE - VALUE_BITS) {1'b0}}, value_i};
        end else begin : g_value
            assign value = value_i;
        end
        if (FLITS > 1) begin : g_flits
            reg [LEFT_BITS-1:0] left_q;   // flits behind this one
            always @(posedge clk_i)
                if (free) left_q <= next_sum ? LAST[LEFT_BITS-1:0] : {LEFT_BITS{1'b0}};
                else if (shift) left_q <= left_q - 1'b1;
            assign last = left_q == 0;
        end else begin : g_flit
            assign last = 1'b1;
        end
    endgenerate

    assign out_valid_o = valid_q;
    assign out_flit_o  = {id_q, data_q[FLIT_VALUE-1:0]};
    assign out_sum_o   = sum_q;
endmodule

`default_nettype wire
