// SPDX-License-Identifier: Apache-2.0
//
// Reads an event list: from start_i on, words come out in order, the first three cycles later, then
// one a cycle as take_i lets them; last_o marks the end of the last tick, after which it is idle.
// It reads a few words beyond and drops them. en_i low freezes everything. Driven by ttfs_seq.

`default_nettype none

module ttfs_reader #(
    parameter ADDR_BITS = 12,
    parameter ID_BITS   = 16,
    parameter TICK_BITS = 8
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    input  wire                 start_i,
    input  wire [ADDR_BITS-1:0] base_i,
    input  wire [TICK_BITS-1:0] ticks_i,
    output wire                 re_o,
    output wire [ADDR_BITS-1:0] raddr_o,
    input  wire [ID_BITS+1:0]   rdata_i,  // {valid, eot, id}
    output wire                 valid_o,
    input  wire                 take_i,
    output wire                 last_o,
    output wire                 spike_o,
    output wire                 eot_o,
    output wire [ID_BITS-1:0]   id_o
);
    reg [ADDR_BITS-1:0] addr_q;
    reg [TICK_BITS-1:0] left_q;  // ends of tick still to come
    reg                 run_q, valid1_q, valid2_q;
    reg [ID_BITS+1:0]   word_q;

    wire move = en_i && (take_i || !valid2_q);
    wire last = valid2_q && eot_o && left_q == 1;

    always @(posedge clk_i) begin
        if (en_i && start_i) begin
            addr_q <= base_i;
            left_q <= ticks_i;
        end else if (move) begin
            addr_q <= addr_q + 1'b1;
            if (valid2_q && eot_o) left_q <= left_q - 1'b1;
        end
        if (move) word_q <= rdata_i;
        if (!rst_ni) {run_q, valid1_q, valid2_q} <= 3'b000;
        else if (en_i && start_i) {run_q, valid1_q, valid2_q} <= 3'b100;
        else if (move) {run_q, valid1_q, valid2_q} <= last ? 3'b000 : {run_q, run_q, valid1_q};
    end

    assign re_o    = move;
    assign raddr_o = addr_q;
    assign valid_o = valid2_q;
    assign last_o  = last;
    assign {spike_o, eot_o, id_o} = word_q;
endmodule

`default_nettype wire
