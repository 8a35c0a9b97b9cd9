// SPDX-License-Identifier: Apache-2.0
//
// Descriptor memory and the current slot's descriptor in registers. fetch_i reads the words of slot_i,
// one a cycle; done_o is high in the cycle before the last word is in place. Driven by ttfs_seq; the
// write port by ttfs_config.

`default_nettype none
`include "ttfs_fields.vh"

module ttfs_desc #(
    parameter SLOTS   = 32,
    parameter PRELOAD = 0,
    parameter INIT    = "",
    parameter SLOT_BITS = (SLOTS > 1) ? $clog2(SLOTS) : 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    input  wire                           we_i,
    input  wire [SLOT_BITS+4:0]           waddr_i,
    input  wire [31:0]                    wdata_i,
    input  wire                           fetch_i,
    input  wire [SLOT_BITS-1:0]           slot_i,
    output wire                           done_o,
    output wire [`TTFS_DESC_WORDS*32-1:0] desc_o
);
    localparam [4:0] LAST = `TTFS_DESC_WORDS - 1;

    reg        run_q, valid1_q, valid2_q;
    reg [4:0]  word_q, word1_q, word2_q;
    reg [31:0] data2_q;
    wire [31:0] data1;

    ttfs_sram #(.WIDTH(32), .WORDS(SLOTS * 32), .PRELOAD(PRELOAD), .INIT(INIT)) u_mem (
        .clk_i  (clk_i),
        .re_i   (1'b1),
        .raddr_i({slot_i, word_q}),
        .rdata_o(data1),
        .we_i   (we_i),
        .waddr_i(waddr_i),
        .wdata_i(wdata_i)
    );

    always @(posedge clk_i) begin
        word_q  <= run_q ? word_q + 1'b1 : 5'd0;
        word1_q <= word_q;
        word2_q <= word1_q;
        data2_q <= data1;
        if (!rst_ni) begin
            {run_q, valid1_q, valid2_q} <= 3'b000;
        end else begin
            if (fetch_i) run_q <= 1'b1;
            else if (word_q == LAST) run_q <= 1'b0;
            valid1_q <= run_q;
            valid2_q <= valid1_q;
        end
    end

    genvar w;
    generate
        for (w = 0; w < `TTFS_DESC_WORDS; w = w + 1) begin : g_word
            reg [31:0] desc_q;
            always @(posedge clk_i) if (valid2_q && word2_q == w) desc_q <= data2_q;
            assign desc_o[32*w +: 32] = desc_q;
        end
    endgenerate

    assign done_o = valid2_q && word2_q == LAST;
endmodule

`default_nettype wire
