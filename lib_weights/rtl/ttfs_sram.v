// SPDX-License-Identifier: Apache-2.0
//
// The one memory: a read port and a write port, registered read (data follow the address by one
// cycle and hold while re_i is low). A read of the word being written returns anything (x in a
// simulation), so no bypass is built; nothing depends on it. Replace the body to map it to a foundry
// macro. With PRELOAD the contents come from the $readmemh file INIT.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_sram #(
    parameter WIDTH   = 16,
    parameter WORDS   = 256,
    parameter PRELOAD = 0,
    parameter INIT    = "",
    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                 clk_i,
    input  wire                 re_i,
    input  wire [ADDR_BITS-1:0] raddr_i,
    output wire [WIDTH-1:0]     rdata_o,
    input  wire                 we_i,
    input  wire [ADDR_BITS-1:0] waddr_i,
    input  wire [WIDTH-1:0]     wdata_i
);
    reg [WIDTH-1:0] mem [0:WORDS-1];
    reg [WIDTH-1:0] rdata_q;

    generate
        if (PRELOAD != 0) begin : g_init
            initial $readmemh(INIT, mem);
        end
    endgenerate

    always @(posedge clk_i) begin
        if (we_i) mem[waddr_i] <= wdata_i;
        if (re_i) rdata_q <= (we_i && waddr_i == raddr_i) ? {WIDTH{1'bx}} : mem[raddr_i];
    end

    assign rdata_o = rdata_q;

    `TTFS_WORDS(mem)
endmodule

`default_nettype wire
