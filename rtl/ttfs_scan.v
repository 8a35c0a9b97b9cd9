// SPDX-License-Identifier: Apache-2.0
//
// From words of activations to events: takes requests {word, which elements, number of element 0}, reads
// the words, and gives {number, value} of every element that is not zero, lowest first, one a cycle, and
// close_o with a list's last event, or alone behind it when that word has none. A word takes as many
// cycles as it has events, at least one; one of another parity reads as zeros and takes two, for it
// is made an empty one (get_write_o), a cycle later or when the port is free; one beyond the memory (address_o) is
// zeros. POOL: the words from req_first_i to req_end_i become one, the largest or smallest of each element
// (ttfs_pool), before it is taken apart. Driven by ttfs_scan_engine.

`default_nettype none

module ttfs_scan #(
    parameter VALUE_BITS = 4,
    parameter ELEMENTS   = 16,
    parameter WORDS      = 128,
    parameter ROW_BITS   = 12,
    parameter POOL       = 0,
    parameter ELEMENT_BITS = $clog2(ELEMENTS),
    parameter WORD_BITS    = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    // requests
    input  wire                           req_i,
    output wire                           req_ready_o,
    input  wire [WORD_BITS-1:0]           req_at_i,
    input  wire                           req_parity_i,
    input  wire [ELEMENTS-1:0]            req_mask_i,
    input  wire [ROW_BITS-1:0]            req_row_i,
    input  wire                           req_first_i,  // of those that become one
    input  wire                           req_end_i,    // the last of them
    input  wire                           req_last_i,   // of the list
    input  wire                           min_i,        // holds while words are under way
    output wire                           address_o,
    // the store
    output wire                           get_o,
    output wire                           get_write_o,
    output wire [WORD_BITS-1:0]           get_at_o,
    input  wire                           get_ready_i,
    input  wire                           lost_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] word_i,
    input  wire                           empty_i,
    input  wire                           odd_i,
    // events
    output wire                           event_o,
    output wire                           close_o,
    input  wire                           ready_i,
    output wire [VALUE_BITS-1:0]          value_o,
    output wire [ROW_BITS-1:0]            row_o,
    output wire                           idle_o   // nothing is under way, when no request of a list is to come
);
    localparam FOURS = (ELEMENTS + 3) / 4;

    // The word that is being read, or waits in the memory's output.
    reg                  wait_q, here_q;   // there is one; the output has it
    reg                  parity_q, beyond_q, last_q;
    reg [WORD_BITS-1:0]  at_q;
    reg [ELEMENTS-1:0]   mask_q;
    reg [ROW_BITS-1:0]   row_q;
    // The word that is to be made empty, when the port is next free: that a word is stale comes late from the memory.
    // One that is read twice in a row (same_q) needs it once.
    reg                  wipe_q, same_q, seen_q;   // seen_q: at_q, parity_q are those of a word
    reg [WORD_BITS-1:0]  wipe_at_q;
    // The word that is taken apart.
    reg [ELEMENTS*VALUE_BITS-1:0] word_q;
    reg [ELEMENTS-1:0]            left_q;
    reg [FOURS-1:0]               any_q, two_q;   // of every four of them: one or more, two or more are left
    reg [ROW_BITS-1:0]            base_q;
    reg                           close_q;
    // The event that leaves.
    reg                  event_q, event_close_q;
    reg [VALUE_BITS-1:0] value_q;
    reg [ROW_BITS-1:0]   event_row_q;

    wire [ELEMENTS-1:0]     first, nonzero, comes;
    wire [FOURS-1:0]        any_comes, two_comes, any_left, two_left;
    wire [ELEMENT_BITS-1:0] index;
    wire [VALUE_BITS-1:0]   value;
    wire                    more;
    wire any = |any_q;
    wire en = ready_i || !(event_q || event_close_q);

    wire free = en && !more;                               // nothing is left after this cycle
    wire zero = empty_i || odd_i != parity_q || beyond_q;  // reads as zeros
    wire stale = odd_i != parity_q && !empty_i && !beyond_q && !same_q;
    wire load = wait_q && here_q && free && (!wipe_q || get_ready_i);
    wire again = wait_q && !here_q;
    wire next = req_i && !wipe_q && (!wait_q || (here_q && free));
    wire beyond = {{(32 - WORD_BITS) {1'b0}}, req_at_i} >= WORDS;
    assign req_ready_o = next && get_ready_i;
    assign address_o   = req_ready_o && beyond;
    assign get_o       = wipe_q || again || next;
    assign get_write_o = wipe_q;
    assign get_at_o    = wipe_q ? wipe_at_q : again ? at_q : req_at_i;   // load comes late, and decides nothing here

    wire                whole;
    genvar e;
    generate
        if (POOL != 0) begin : g_pool
            reg first_q, end_q;
            wire [ELEMENTS-1:0] takes;   // the word that comes has it, larger or smaller than the one that is there
            integer             i;
            ttfs_pool #(.VALUE_BITS(VALUE_BITS), .ELEMENTS(ELEMENTS)) u_pool (
                .min_i  (min_i),
                .a_i    (word_i),
                .b_i    (word_q),
                .takes_o(takes)
            );
            always @(posedge clk_i) if (req_ready_o) begin
                first_q <= req_first_i;
                end_q   <= req_end_i;
            end
            always @(posedge clk_i) if (load) begin
                if (zero && (first_q || min_i)) word_q <= {(ELEMENTS * VALUE_BITS) {1'b0}};
                else if (!zero)
                    for (i = 0; i < ELEMENTS; i = i + 1)
                        if (first_q || takes[i]) word_q[i*VALUE_BITS +: VALUE_BITS] <= word_i[i*VALUE_BITS +: VALUE_BITS];
            end
            for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
                wire here = |word_i[e*VALUE_BITS +: VALUE_BITS] && !zero;
                wire there = |word_q[e*VALUE_BITS +: VALUE_BITS] && !first_q;
                assign nonzero[e] = min_i && !first_q ? here && there : here || there;
            end
            assign whole  = end_q;
        end else begin : g_no_pool
            always @(posedge clk_i) if (load) word_q <= word_i;
            for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
                assign nonzero[e] = |word_i[e*VALUE_BITS +: VALUE_BITS];
            end
            assign whole  = !zero;
            wire unused_pool = &{1'b0, req_first_i, req_end_i, min_i};
        end
    endgenerate

    assign comes = nonzero & mask_q;   // if it is whole, which comes later than the values and counts last
    ttfs_fours #(.WIDTH(ELEMENTS)) u_fours (
        .bits_i(comes),
        .any_o (any_comes),
        .two_o (two_comes)
    );

    always @(posedge clk_i) begin
        if (req_ready_o) begin
            at_q     <= req_at_i;
            mask_q   <= req_mask_i;
            row_q    <= req_row_i;
            parity_q <= req_parity_i;
            same_q   <= seen_q && req_at_i == at_q && req_parity_i == parity_q;
            last_q   <= req_last_i;
            beyond_q <= beyond;
        end
        if (load) begin
            base_q    <= row_q;
            wipe_at_q <= at_q;
        end
        if (en) begin
            value_q     <= value;
            event_row_q <= base_q + {{(ROW_BITS - ELEMENT_BITS) {1'b0}}, index};
        end
        if (!rst_ni) begin
            wait_q        <= 1'b0;
            here_q        <= 1'b0;
            wipe_q        <= 1'b0;
            seen_q        <= 1'b0;
            left_q        <= {ELEMENTS{1'b0}};
            any_q         <= {FOURS{1'b0}};
            two_q         <= {FOURS{1'b0}};
            close_q       <= 1'b0;
            event_q       <= 1'b0;
            event_close_q <= 1'b0;
        end else begin
            wait_q <= req_ready_o || (wait_q && !load);
            here_q <= (get_o && get_ready_i && !get_write_o) || (here_q && !load && !lost_i && !wipe_q);
            if (load) wipe_q <= stale;
            else if (get_ready_i) wipe_q <= 1'b0;
            if (req_ready_o) seen_q <= 1'b1;
            if (load) {left_q, any_q, two_q} <= {comes, any_comes, two_comes} & {(ELEMENTS + 2 * FOURS) {whole}};
            else if (en) {left_q, any_q, two_q} <= {left_q & ~first, any_left, two_left};
            if (load) close_q <= last_q;
            else if (free) close_q <= 1'b0;
            if (en) begin
                event_q       <= any;
                event_close_q <= close_q && !more;
            end
        end
    end

    ttfs_first #(.WIDTH(ELEMENTS), .VALUE_BITS(VALUE_BITS)) u_first (
        .bits_i  (left_q),
        .any_i   (any_q),
        .two_i   (two_q),
        .values_i(word_q),
        .more_o  (more),
        .first_o (first),
        .any_o   (any_left),
        .two_o   (two_left),
        .index_o (index),
        .value_o (value)
    );

    assign event_o = event_q;
    assign close_o = event_close_q;
    assign value_o = value_q;
    assign row_o   = event_row_q;
    // A word that is not its list's last is followed by another, which waits for it.
    assign idle_o  = !(wait_q || wipe_q || close_q || event_q || event_close_q);
endmodule

`default_nettype wire
