// SPDX-License-Identifier: Apache-2.0
//
// A memory of a core: rows that the machine reads whole (en_i; data_o a cycle later, until the next
// access) and that the configuration port reads and writes in chunks of 32 bits, word = {row, chunk},
// chunk 0 the lowest bits. cfg_data_o comes two cycles after a read and holds while this memory is meant
// (cfg_mine_i), else it is zeros, so that what several memories answer is or-ed; bits beyond the row are
// zeros. Bits that USED leaves out are zeros too: no memory is made for them. With KEPT what is read back comes from
// the reader's register of a row (kept_i: data_o a cycle ago, when the port has read), a cycle later: nothing but that
// register is behind the memory then. The port asks for nothing but chunks of rows (cfg_known_o, which waits for
// nothing), and has precedence: the machine does not read while it is used. A memory of few words, which synthesis makes
// of registers, has an address of its own to write: their enables do not wait for the machine's, which comes late.

`default_nettype none

module ttfs_memory #(
    parameter WIDTH     = 32,
    parameter WORDS     = 256,
    parameter PRELOAD   = 0,
    parameter INIT      = "",
    parameter [WIDTH-1:0] USED = {WIDTH{1'b1}},
    parameter KEPT      = 0,
    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                 clk_i,
    // the machine
    input  wire                 en_i,
    input  wire [ADDR_BITS-1:0] at_i,
    output wire [WIDTH-1:0]     data_o,
    input  wire [WIDTH-1:0]     kept_i,
    // configuration
    input  wire                 cfg_mine_i,   // it is this memory's word, from the cycle before cfg_en_i on
    input  wire                 cfg_en_i,
    input  wire                 cfg_we_i,
    input  wire [17:0]          cfg_word_i,
    input  wire [31:0]          cfg_data_i,
    output wire [31:0]          cfg_data_o,
    output wire                 cfg_known_o
);
    localparam CHUNKS = (WIDTH + 31) / 32;
    localparam CHUNK_BITS = $clog2(CHUNKS);
    localparam WIDE = 32 << CHUNK_BITS;
    localparam FEW = WORDS <= 8 && PRELOAD == 0;

    wire [17:0] row = cfg_word_i >> CHUNK_BITS;
    wire [17:0] chunk = cfg_word_i & ~(18'h3ffff << CHUNK_BITS);
    wire [ADDR_BITS-1:0] at = cfg_en_i ? row[ADDR_BITS-1:0] : at_i;
    wire [WIDTH-1:0]     raw;
    wire [WIDTH-1:0]     read = (KEPT != 0) ? kept_i : data_o;
    wire [WIDE-1:0]      wide;   // what was read, zeros above it
    wire [31:0]          part;   // the chunk of it that was asked for
    reg                  read_q, comes_q;   // comes_q: a cycle later
    reg [31:0]           data_q;

    // Of a power of two words the row's address is below it when its other bits are zeros: no comparison.
    wire row_known = (row >> ADDR_BITS) == 18'd0 && (WORDS == 1 << ADDR_BITS || {14'd0, row} < WORDS);
    assign cfg_known_o = row_known && (CHUNKS == 1 << CHUNK_BITS || {14'd0, chunk} < CHUNKS);

    genvar c;
    generate
        if (ADDR_BITS + CHUNK_BITS > 18) begin : g_check
            ttfs_memory_parameter_out_of_range u_stop ();
        end
        for (c = 0; c < CHUNKS; c = c + 1) begin : g_chunk
            localparam BITS = (WIDTH - 32 * c < 32) ? WIDTH - 32 * c : 32;
            wire here = chunk == c;
            wire write = cfg_en_i && cfg_we_i && here;   // said apart: the machine's en_i, which comes late, is no part of it
            wire access = cfg_en_i ? here : en_i;
            wire [BITS-1:0] data = cfg_data_i[BITS-1:0] & USED[32*c +: BITS];
            if (FEW) begin : g_few
                ttfs_sram #(.WIDTH(BITS), .WORDS(WORDS)) u_ram (
                    .clk_i  (clk_i),
                    .re_i   (access),
                    .raddr_i(at),
                    .rdata_o(raw[32*c +: BITS]),
                    .we_i   (write),
                    .waddr_i(row[ADDR_BITS-1:0]),
                    .wdata_i(data)
                );
            end else begin : g_many
                ttfs_ram #(
                    .WIDTH(BITS), .WORDS(WORDS), .PRELOAD(PRELOAD), .INIT(INIT), .FILE_BITS(WIDTH),
                    .FILE_LSB(32 * c)
                ) u_ram (
                    .clk_i  (clk_i),
                    .en_i   (write || access),
                    .we_i   (write),
                    .addr_i (at),
                    .wdata_i(data),
                    .rdata_o(raw[32*c +: BITS])
                );
            end
        end
        if (WIDE > WIDTH) begin : g_pad
            assign wide = {{(WIDE - WIDTH) {1'b0}}, read};
        end else begin : g_whole
            assign wide = read;
        end
        if (CHUNKS > 1) begin : g_chunks
            reg [CHUNK_BITS-1:0] chunk_q;
            always @(posedge clk_i) chunk_q <= chunk[CHUNK_BITS-1:0];
            assign part = wide[32*chunk_q +: 32];
        end else begin : g_one
            assign part = wide;
        end
    endgenerate

    always @(posedge clk_i) begin
        read_q  <= cfg_en_i && !cfg_we_i;
        comes_q <= read_q;
        if (!cfg_mine_i) data_q <= 32'd0;
        else if ((KEPT != 0) ? comes_q : read_q) data_q <= part;
    end

    assign data_o     = raw & USED;
    assign cfg_data_o = data_q;
    wire unused = &{1'b0, cfg_data_i, kept_i, comes_q};
endmodule

`default_nettype wire
