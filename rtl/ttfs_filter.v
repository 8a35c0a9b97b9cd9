// SPDX-License-Identifier: Apache-2.0
//
// Copies an event list without the events that miss. Takes a word a cycle and writes at most one:
// a hit waits in one register until it is known whether it ends its tick. A list comes out: all ends
// of tick, a word for each hit and each tick without. The last word is written two cycles after it
// came in. en_i low freezes everything. Driven by ttfs_seq, with words from ttfs_addr.

`default_nettype none

module ttfs_filter #(
    parameter ADDR_BITS = 12,
    parameter ID_BITS   = 16
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    input  wire                 start_i,
    input  wire [ADDR_BITS-1:0] base_i,
    input  wire                 valid_i,
    input  wire                 hit_i,
    input  wire                 eot_i,
    input  wire [ID_BITS-1:0]   id_i,
    output wire                 we_o,
    output wire [ADDR_BITS-1:0] waddr_o,
    output wire [ID_BITS+1:0]   wdata_o
);
    reg                 full_q, we_q;
    reg [ADDR_BITS-1:0] next_q, waddr_q;
    reg [ID_BITS+1:0]   word_q, wdata_q;

    wire ended = word_q[ID_BITS];
    wire hit = valid_i && hit_i;
    wire end_only = valid_i && eot_i && !hit_i;
    wire flush = full_q && (ended || hit);       // the waiting word is complete
    wire open = full_q && !ended && !flush;      // it goes on waiting

    always @(posedge clk_i) begin
        if (en_i) begin
            if (hit || (end_only && !open)) word_q <= {hit, eot_i, id_i};
            else if (end_only) word_q[ID_BITS] <= 1'b1;
            wdata_q <= word_q;
            waddr_q <= next_q;
            if (start_i) next_q <= base_i;
            else if (flush) next_q <= next_q + 1'b1;
        end
        if (!rst_ni) begin
            full_q <= 1'b0;
            we_q   <= 1'b0;
        end else if (en_i) begin
            full_q <= hit || end_only || open;
            we_q   <= flush;
        end
    end

    assign we_o    = we_q && en_i;
    assign waddr_o = waddr_q;
    assign wdata_o = wdata_q;
endmodule

`default_nettype wire
