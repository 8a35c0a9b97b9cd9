// SPDX-License-Identifier: Apache-2.0
//
// Reads one engine's program: the words of a record one after the other (word_o, index_o; data_i is the
// word), then ready_o until the engine says that it has used the record up (next_i). A record whose op is
// 0 ends with its word 0. After reset, and with restart_i, the program begins anew at the address that
// word ENTRY of the program memory holds. With AGAIN the words from AGAIN on are a part of which a
// record may have several: again_i reads the next one, with back_i the first one again.
//
// From next_i to ready_o: a record's words + 2 cycles (an end of slot: 3), 2 more with restart_i; from
// again_i: its words + 2; more when others have the memory. Driven by the engines.

`default_nettype none

module ttfs_fetch #(
    parameter ENTRY     = 0,
    parameter WORDS     = 9,   // of a record, at most 15
    parameter AGAIN     = 0,   // 0: no such part
    parameter ADDR_BITS = 10
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // the program memory: a cycle after the grant the word is there
    output wire                 req_o,
    output wire [ADDR_BITS-1:0] at_o,
    input  wire                 grant_i,
    input  wire [31:0]          data_i,
    // the engine
    input  wire                 next_i,
    input  wire                 restart_i,
    input  wire                 again_i,
    input  wire                 back_i,
    output wire                 word_o,
    output wire [3:0]           index_o,
    output wire                 ready_o
);
    localparam LAST = WORDS - 1;

    reg                 ask_q, entry_q;            // asks for words; for where the program begins
    reg [3:0]           index_q;                   // of the word that it asks for
    reg [ADDR_BITS-1:0] at_q;                      // its address
    reg                 come_q, come_entry_q;      // a word is there
    reg                 head_q;                    // it is a record's first
    reg [3:0]           come_index_q;
    reg                 ready_q;
    reg                 beyond_q;                  // it went a word beyond the record's end
    wire [ADDR_BITS-1:0] part;

    wire stop = head_q && data_i[3:0] == 4'd0;
    wire took = grant_i && !entry_q;   // also behind an end: what comes late from the memory decides nothing here
    wire last = index_q == LAST[3:0];

    always @(posedge clk_i) begin
        come_entry_q <= entry_q;
        come_index_q <= index_q;
        if (!rst_ni || (next_i && restart_i)) at_q <= ENTRY[ADDR_BITS-1:0];
        else if (come_q && come_entry_q) at_q <= data_i[ADDR_BITS-1:0];
        else if (again_i && back_i) at_q <= part;
        else if (beyond_q) at_q <= at_q - 1'b1;
        else if (took) at_q <= at_q + 1'b1;
        if (next_i) index_q <= 4'd0;
        else if (again_i) index_q <= AGAIN[3:0];
        else if (took) index_q <= index_q + 1'b1;
        if (!rst_ni) begin
            ask_q   <= 1'b1;
            entry_q <= 1'b1;
            index_q <= 4'd0;
            come_q  <= 1'b0;
            head_q  <= 1'b0;
            ready_q <= 1'b0;
            beyond_q  <= 1'b0;
        end else begin
            beyond_q <= took && stop;
            come_q <= grant_i && !stop;
            head_q <= took && index_q == 4'd0;
            ask_q <= next_i || again_i || (come_q && come_entry_q) || (ask_q && !stop && !(grant_i && (entry_q || last)));
            if (next_i) entry_q <= restart_i;
            else if (grant_i) entry_q <= 1'b0;
            ready_q <= !next_i && !again_i && (ready_q || stop || (word_o && come_index_q == LAST[3:0]));
        end
    end

    generate
        if (AGAIN != 0) begin : g_part
            reg [ADDR_BITS-1:0] part_q;
            wire first = come_q && !come_entry_q && come_index_q == AGAIN[3:0] - 4'd1;
            always @(posedge clk_i) if (first) part_q <= at_q;
            assign part = part_q;
        end else begin : g_no_part
            assign part = {ADDR_BITS{1'b0}};
        end
    endgenerate

    assign req_o   = ask_q;
    assign at_o    = at_q;
    assign word_o  = come_q && !come_entry_q;
    assign index_o = come_index_q;
    assign ready_o = ready_q;
    wire unused = &{1'b0, data_i};
endmodule

`default_nettype wire
