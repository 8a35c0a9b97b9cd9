// SPDX-License-Identifier: Apache-2.0
//
// Fetches weights from a memory outside (docs/core.md, Streaming): in every slot (go_i) one section of what lies
// there, the turn's first (first_i with go_i) from word 0 on, each of the others behind the one before. Words are
// asked for in bursts that cross no multiple of 64 words, as soon as it is known how many there are, and written to
// the cores as they come, one a cycle: nothing here makes the memory wait. done_o is low from the cycle after
// go_i until the section is written. A section that is not what its CRC says, or writes what is no word of a core's
// weights, is told of (pulses); what is not there is not written. All outputs come from registers. Driven by ttfs_chip.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_stream #(
    parameter CORES = 4
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    // slots
    input  wire             go_i,
    input  wire             first_i,
    output wire             done_o,
    // the memory
    output wire             req_valid_o,
    input  wire             req_ready_i,
    output wire [31:0]      req_addr_o,    // words
    output wire [6:0]       req_words_o,
    input  wire             valid_i,
    output wire             ready_o,
    input  wire [31:0]      data_i,
    // the weights of the cores; known_i in the same cycle: there is such a word
    output wire [CORES-1:0] en_o,
    output wire [17:0]      word_o,
    output wire [31:0]      data_o,
    input  wire             known_i,
    // errors
    output wire             checksum_o,
    output wire             nowhere_o
);
    localparam [2:0] IDLE = 3'd0, HEAD = 3'd1, ADDRESS = 3'd2, COUNT = 3'd3, DATA = 3'd4, CHECK = 3'd5;
    localparam [3:0] WEIGHTS = 4'd2;
    localparam [6:0] BURST = 7'd64;

    reg [2:0]  state_q;
    reg [31:0] at_q, ask_q;    // the next word to be asked for; how many are still to be
    reg [31:0] left_q;         // words of the section before its CRC
    reg [31:0] block_q;        // of the block
    reg [31:0] addr_q, crc_q;
    reg        write_q, here_q, checksum_q, nowhere_q;
    reg [31:0] to_q, data_q;   // what is written

    wire take  = valid_i && ready_o;
    wire write = take && state_q == DATA;
    wire last  = left_q == 32'd1;

    // Requests.
    wire [6:0] room  = BURST - {1'b0, at_q[5:0]};
    wire [6:0] burst = (ask_q < {25'd0, room}) ? ask_q[6:0] : room;
    wire       asked = req_valid_o && req_ready_i;

    function [31:0] crc_word;
        input [31:0] crc;
        input [31:0] data;
        integer      i;
        begin
            crc_word = crc ^ data;
            for (i = 0; i < 32; i = i + 1)
                crc_word = (crc_word >> 1) ^ (32'hedb88320 & {32{crc_word[0]}});
        end
    endfunction

    always @(posedge clk_i) begin
        if (go_i && first_i) at_q <= 32'd0;
        else if (asked) at_q <= at_q + {25'd0, burst};
        if (take) begin
            crc_q  <= crc_word((state_q == HEAD) ? 32'hffffffff : crc_q, data_i);
            left_q <= (state_q == HEAD) ? data_i : left_q - 32'd1;
        end
        if (take && state_q == COUNT) block_q <= data_i;
        else if (write) block_q <= block_q - 32'd1;
        if (take && state_q == ADDRESS) addr_q <= data_i;
        else if (write) addr_q[17:0] <= addr_q[17:0] + 18'd1;
        to_q   <= addr_q;
        data_q <= data_i;
    end

    always @(posedge clk_i)
        if (!rst_ni) begin
            state_q    <= IDLE;
            ask_q      <= 32'd0;
            write_q    <= 1'b0;
            here_q     <= 1'b0;
            checksum_q <= 1'b0;
            nowhere_q  <= 1'b0;
        end else begin
            if (go_i) ask_q <= 32'd1;
            else if (take && state_q == HEAD) ask_q <= data_i + 32'd1;
            else if (asked) ask_q <= ask_q - {25'd0, burst};
            case (state_q)
                IDLE:    if (go_i) state_q <= HEAD;
                HEAD:    if (take) state_q <= (data_i == 32'd0) ? CHECK : ADDRESS;
                ADDRESS: if (take) state_q <= last ? CHECK : COUNT;
                COUNT:   if (take) state_q <= last ? CHECK : (data_i == 32'd0) ? ADDRESS : DATA;
                DATA:    if (take) state_q <= last ? CHECK : (block_q == 32'd1) ? ADDRESS : DATA;
                default: if (take) state_q <= IDLE;
            endcase
            write_q    <= write;
            here_q     <= addr_q[21:18] == WEIGHTS;
            checksum_q <= take && state_q == CHECK && data_i != ~crc_q;
            nowhere_q  <= write_q && !(here_q && known_i);
        end

    genvar i;
    generate
        for (i = 0; i < CORES; i = i + 1) begin : g_core
            assign en_o[i] = write_q && here_q && to_q[31:22] == i;
        end
    endgenerate

    assign done_o      = state_q == IDLE;
    assign req_valid_o = ask_q != 32'd0;
    assign req_addr_o  = at_q;
    assign req_words_o = burst;
    assign ready_o     = state_q != IDLE;
    assign word_o      = to_q[17:0];
    assign data_o      = data_q;
    assign checksum_o  = checksum_q;
    assign nowhere_o   = nowhere_q;
    wire unused = &{1'b0, to_q[21:18]};

    `TTFS_ALWAYS(bursts, !req_valid_o || (burst != 7'd0 && {1'b0, at_q[5:0]} + burst <= BURST))
endmodule

`default_nettype wire
