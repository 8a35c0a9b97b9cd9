// SPDX-License-Identifier: Apache-2.0
//
// The activations: words of ELEMENTS values behind one memory port. Values come one at a time in any
// order (put) and are gathered in a line, the word last written to; a word is read whole (get). A word
// carries the parity of the sample in which it was written: one of another parity counts as zeros, so
// nothing is cleared between samples. (All puts of a word have one parity until the line was written back and then dropped, or
// is another word's. Without early turns that is from one drop_i to the next; with them drop_i is left out where values come,
// and ttfs_node lets a core begin when the line was written back.) Whoever reads such a word makes it an empty one in its turn
// (get_write_i), else it would come to life again two samples later; an empty word is zeros for ever. A buffer is either read or written
// in a slot: flush_i writes the line back whenever no put waits, drop_i forgets it before the next slot.
//
// A put has a register, where it waits until it is in the line: one cycle when the put before it was of the
// same word, else two: its word is read, and in the cycle in which that takes the line's place the line is written back if
// it was changed. Whether it is of the same word is found while it comes.
// lost_o: a put has the port, what was read is gone. After reset the memory is emptied: WORDS cycles.
// Driven by ttfs_core.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_store #(
    parameter VALUE_BITS = 4,
    parameter ELEMENTS   = 16,
    parameter WORDS      = 128,
    parameter WORD_BITS    = (WORDS > 1) ? $clog2(WORDS) : 1,
    parameter ELEMENT_BITS = $clog2(ELEMENTS)
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    output wire                           ready_o,  // emptied
    // values to store
    input  wire                           put_i,
    output wire                           put_ready_o,
    input  wire [WORD_BITS-1:0]           put_at_i,
    input  wire [ELEMENT_BITS-1:0]        put_element_i,
    input  wire [VALUE_BITS-1:0]          put_value_i,
    input  wire                           put_parity_i,
    input  wire                           flush_i,
    input  wire                           drop_i,   // only when clean
    output wire                           clean_o,  // the line is written back
    output wire                           wrote_o,  // it is in this cycle
    // words to read
    input  wire                           get_i,
    input  wire                           get_write_i,  // make it empty instead
    input  wire [WORD_BITS-1:0]           get_at_i,
    output wire                           get_ready_o,
    output wire                           lost_o,
    output wire [ELEMENTS*VALUE_BITS-1:0] get_word_o,   // a cycle later
    output wire                           get_empty_o,
    output wire                           get_odd_o     // its parity
);
    localparam WIDTH = ELEMENTS * VALUE_BITS;
    localparam LAST = WORDS - 1;

    // The put at work: as put_*, and whether the one before it, of which the line is if any is, was of its word.
    reg                    put_q, put_parity_q;
    reg [WORD_BITS-1:0]    put_at_q;
    reg [ELEMENT_BITS-1:0] element_q;
    reg [VALUE_BITS-1:0]   value_q;
    // The line.
    reg                 clear_q, valid_q, dirty_q, fetch_q, parity_q;   // fetch_q: the word comes, the line is the old one
    reg [WORD_BITS-1:0] at_q;
    reg [WIDTH-1:0]     line_q;
    wire [WIDTH+1:0]    word;      // {empty, parity, values}; an empty one's are anything
    // What this cycle does, known before it: the put's word is read; the line is written back, for that word's sake or
    // for nobody's; one of these, or the emptying, has the port.
    reg                 miss_q, back_q, flush_q, port_q;

    wire back = flush_q || back_q;
    wire merge = put_q && !miss_q;
    wire alive = !word[WIDTH+1] && word[WIDTH] == put_parity_q;

    wire comes = put_i && !miss_q;
    wire same = put_at_i == put_at_q && put_parity_i == put_parity_q && (fetch_q || (valid_q && !drop_i));
    wire miss = comes && !same;
    wire behind = miss_q && dirty_q;   // the line is written back behind the fetch
    wire flush = flush_i && !flush_q && !miss_q && !put_i && (dirty_q || put_q);
    wire clear = clear_q && at_q != LAST[WORD_BITS-1:0];

    genvar e;
    generate
        for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
            wire here = element_q == e;
            always @(posedge clk_i)
                if (merge && here) line_q[e*VALUE_BITS +: VALUE_BITS] <= value_q;
                else if (fetch_q)
                    line_q[e*VALUE_BITS +: VALUE_BITS] <= word[e*VALUE_BITS +: VALUE_BITS] & {VALUE_BITS{alive}};
        end
    endgenerate

    always @(posedge clk_i) begin
        if (clear_q) at_q <= at_q + 1'b1;
        else if (fetch_q) at_q <= put_at_q;
        if (fetch_q) parity_q <= put_parity_q;
        if (comes) begin
            put_at_q     <= put_at_i;
            element_q    <= put_element_i;
            value_q      <= put_value_i;
            put_parity_q <= put_parity_i;
        end
        if (!rst_ni) begin
            put_q   <= 1'b0;
            clear_q <= 1'b1;
            at_q    <= {WORD_BITS{1'b0}};
            valid_q <= 1'b0;
            dirty_q <= 1'b0;
            fetch_q <= 1'b0;
            miss_q  <= 1'b0;
            back_q  <= 1'b0;
            flush_q <= 1'b0;
            port_q  <= 1'b1;
        end else begin
            clear_q <= clear;
            if (!miss_q) put_q <= put_i;
            fetch_q <= miss_q;
            miss_q  <= miss;
            back_q  <= behind;
            flush_q <= flush;
            port_q  <= miss || behind || flush || clear;
            if (fetch_q) valid_q <= 1'b1;
            else if (miss_q || drop_i) valid_q <= 1'b0;
            if (merge) dirty_q <= 1'b1;
            else if (flush_q) dirty_q <= 1'b0;
        end
    end

    assign ready_o     = !clear_q;
    assign clean_o     = !put_q && !dirty_q;
    assign wrote_o     = back;
    assign put_ready_o = !miss_q;
    assign get_ready_o = !port_q;
    assign lost_o      = port_q;
    assign get_word_o  = word[WIDTH-1:0];
    assign get_empty_o = word[WIDTH+1];
    assign get_odd_o   = word[WIDTH];

    ttfs_ram #(.WIDTH(WIDTH + 2), .WORDS(WORDS)) u_words (
        .clk_i  (clk_i),
        .en_i   (port_q || get_i),
        .we_i   (port_q ? !miss_q : get_write_i),
        .addr_i (!port_q ? get_at_i : miss_q ? put_at_q : at_q),
        .wdata_i({clear_q || !back, parity_q, line_q}),
        .rdata_o(word)
    );

    `TTFS_ALWAYS(line, !dirty_q || valid_q || fetch_q)
    `TTFS_ALWAYS(fetches, !fetch_q || (!valid_q && put_q))
    `TTFS_ALWAYS(merges, !merge || fetch_q || (valid_q && at_q == put_at_q && parity_q == put_parity_q))
    `TTFS_ALWAYS(waits, !miss_q || (put_q && !fetch_q))
    `TTFS_ALWAYS(backs, !back_q || (dirty_q && fetch_q))
    `TTFS_ALWAYS(turns, !back_q || at_q != put_at_q)   // what was read was not about to be written
    `TTFS_ALWAYS(flushes, !flush_q || (dirty_q && !put_q))
    `TTFS_ALWAYS(port, port_q == (miss_q || back_q || flush_q || clear_q))
    `TTFS_ALWAYS(drops, !drop_i || clean_o)
endmodule

`default_nettype wire
