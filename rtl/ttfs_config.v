// SPDX-License-Identifier: Apache-2.0
//
// The configuration port: core = address[31:24], memory = [23:22] (1 descriptors, 2 weights), word =
// [21:0]. A descriptor word is written as it comes. A weight row comes in chunks of 32 bits, lowest
// first, and is written with the last one. What names no memory or core is taken and dropped.
// Writes take place two cycles after the transfer, three for a row. Driven by ttfs_chip.

`default_nettype none

module ttfs_config #(
    parameter CORES       = 4,
    parameter SLOTS       = 8,
    parameter WEIGHT_ROWS = 1024,
    parameter ROW_WIDTH   = 128,
    parameter SLOT_BITS   = (SLOTS > 1) ? $clog2(SLOTS) : 1,
    parameter ROW_BITS    = (WEIGHT_ROWS > 1) ? $clog2(WEIGHT_ROWS) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 valid_i,
    input  wire [31:0]          addr_i,
    input  wire [31:0]          data_i,
    output wire [CORES-1:0]     desc_we_o,
    output wire [SLOT_BITS+4:0] desc_addr_o,
    output wire [31:0]          desc_data_o,
    output wire [CORES-1:0]     row_we_o,
    output wire [ROW_BITS-1:0]  row_addr_o,
    output wire [ROW_WIDTH-1:0] row_data_o
);
    localparam CHUNKS = (ROW_WIDTH + 31) / 32;
    localparam CHUNK_BITS = $clog2(CHUNKS);
    localparam LAST = CHUNKS - 1;

    reg                valid_q, row_q;
    reg [31:0]         addr_q, data_q;
    reg [32*CHUNKS-1:0] chunks_q;
    reg [CORES-1:0]    row_core_q;
    reg [ROW_BITS-1:0] row_addr_q;
    wire [CORES-1:0]   core;
    wire               last_chunk;

    wire to_desc = valid_q && addr_q[23:22] == 2'd1 && ~|addr_q[21:SLOT_BITS+5];
    wire to_row = valid_q && addr_q[23:22] == 2'd2;

    genvar i;
    generate
        for (i = 0; i < CORES; i = i + 1) begin : g_core
            assign core[i] = addr_q[31:24] == i;
        end
        for (i = 0; i < CHUNKS; i = i + 1) begin : g_chunk
            wire here;
            if (CHUNKS == 1) begin : g_only
                assign here = 1'b1;
            end else begin : g_select
                assign here = addr_q[CHUNK_BITS-1:0] == i;
            end
            always @(posedge clk_i) if (to_row && here) chunks_q[32*i +: 32] <= data_q;
            if (i == LAST) begin : g_last
                assign last_chunk = here;
            end
        end
    endgenerate

    always @(posedge clk_i) begin
        addr_q     <= addr_i;
        data_q     <= data_i;
        row_addr_q <= addr_q[CHUNK_BITS +: ROW_BITS];
        row_core_q <= core;
        if (!rst_ni) begin
            valid_q <= 1'b0;
            row_q   <= 1'b0;
        end else begin
            valid_q <= valid_i;
            row_q   <= to_row && last_chunk && ~|addr_q[21:CHUNK_BITS+ROW_BITS];
        end
    end

    wire unused = &{1'b0, chunks_q};

    assign desc_we_o   = core & {CORES{to_desc}};
    assign desc_addr_o = addr_q[SLOT_BITS+4:0];
    assign desc_data_o = data_q;
    assign row_we_o    = row_core_q & {CORES{row_q}};
    assign row_addr_o  = row_addr_q;
    assign row_data_o  = chunks_q[ROW_WIDTH-1:0];
endmodule

`default_nettype wire
