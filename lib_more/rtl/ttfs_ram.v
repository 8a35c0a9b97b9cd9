// SPDX-License-Identifier: Apache-2.0
//
// The memory with one port: each cycle reads or writes (en_i), registered read that holds until the
// next read or write. After a write rdata_o is anything (x in a simulation). Replace the body to map
// it to a foundry macro. With PRELOAD the contents come from the $readmemh file INIT, rows of
// FILE_BITS, of which the bits from FILE_LSB on are this memory's (a part of a row: simulations only).

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_ram #(
    parameter WIDTH     = 16,
    parameter WORDS     = 256,
    parameter PRELOAD   = 0,
    parameter INIT      = "",
    parameter FILE_BITS = WIDTH,
    parameter FILE_LSB  = 0,
    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                 clk_i,
    input  wire                 en_i,
    input  wire                 we_i,
    input  wire [ADDR_BITS-1:0] addr_i,
    input  wire [WIDTH-1:0]     wdata_i,
    output wire [WIDTH-1:0]     rdata_o
);
    reg [WIDTH-1:0] mem [0:WORDS-1];
    reg [WIDTH-1:0] rdata_q;

    generate
        if (PRELOAD != 0 && FILE_BITS == WIDTH) begin : g_init
            initial $readmemh(INIT, mem);
        end
`ifndef SYNTHESIS
        if (PRELOAD != 0 && FILE_BITS != WIDTH) begin : g_split
            reg [FILE_BITS-1:0] rows [0:WORDS-1];
            integer i;
            initial begin
                $readmemh(INIT, rows);
                for (i = 0; i < WORDS; i = i + 1) mem[i] = rows[i][FILE_LSB +: WIDTH];
            end
        end
`endif
    endgenerate

    always @(posedge clk_i) if (en_i) begin
        if (we_i) mem[addr_i] <= wdata_i;
`ifdef SYNTHESIS
        else rdata_q <= mem[addr_i];
`else
        rdata_q <= we_i ? {WIDTH{1'bx}} : mem[addr_i];
`endif
    end

    assign rdata_o = rdata_q;

    `TTFS_WORDS(mem)
endmodule

`default_nettype wire
