// SPDX-License-Identifier: Apache-2.0
//
// From words of activations to events: takes requests {word, which elements, row of element 0}, reads
// the words, and gives {row, value} of every element that is not zero, lowest first, one a cycle.
// A word takes as many cycles as it has events, one when it has none or was never written in this use
// (two then, for the zeros that are written over it). Driven by ttfs_core between ttfs_patch, ttfs_store
// and ttfs_bucket; events are always taken.

`default_nettype none

module ttfs_scan #(
    parameter VALUE_BITS = 4,
    parameter ELEMENTS   = 16,
    parameter WORD_BITS  = 7,
    parameter ROW_BITS   = 12,
    parameter ELEMENT_BITS = $clog2(ELEMENTS)
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    // requests
    input  wire                           req_i,
    output wire                           req_ready_o,
    input  wire [WORD_BITS-1:0]           req_at_i,
    input  wire [ELEMENTS-1:0]            req_mask_i,
    input  wire [ROW_BITS-1:0]            req_row_i,
    input  wire                           parity_i,
    // the store
    output wire                           get_o,
    output wire                           get_write_o,
    output wire [WORD_BITS-1:0]           get_at_o,
    input  wire                           get_ready_i,
    input  wire                           lost_i,
    input  wire [ELEMENTS*VALUE_BITS-1:0] word_i,
    input  wire                           odd_i,
    // events
    output wire                           event_o,
    output wire [VALUE_BITS-1:0]          value_o,
    output wire [ROW_BITS-1:0]            row_o,
    output wire                           idle_o
);
    // The word that is being read, or waits in the memory's output.
    reg                  wait_q, here_q;   // there is one; the output has it
    reg [WORD_BITS-1:0]  at_q;
    reg [ELEMENTS-1:0]   mask_q;
    reg [ROW_BITS-1:0]   row_q;
    // The word that is taken apart.
    reg [ELEMENTS*VALUE_BITS-1:0] word_q;
    reg [ELEMENTS-1:0]            left_q;
    reg [ROW_BITS-1:0]            base_q;

    wire [ELEMENTS-1:0]     first, nonzero;
    wire [ELEMENT_BITS-1:0] index;
    wire                    more;
    wire any = |left_q;

    wire stale = odd_i != parity_i;
    wire free = !more;                                     // nothing is left after this cycle
    wire wipe = wait_q && here_q && stale;
    wire load = wait_q && here_q && !stale && free;
    wire done = load || (wipe && get_ready_i);             // the waiting word is dealt with
    wire again = wait_q && !here_q;
    wire next = req_i && (!wait_q || load) && !wipe;
    assign req_ready_o = next && get_ready_i;
    assign get_o       = wipe || again || next;
    assign get_write_o = wipe;
    assign get_at_o    = wait_q && !load ? at_q : req_at_i;

    genvar e;
    generate
        for (e = 0; e < ELEMENTS; e = e + 1) begin : g_element
            assign nonzero[e] = mask_q[e] && |word_i[e*VALUE_BITS +: VALUE_BITS];
        end
    endgenerate

    always @(posedge clk_i) begin
        if (req_ready_o) begin
            at_q   <= req_at_i;
            mask_q <= req_mask_i;
            row_q  <= req_row_i;
        end
        if (load) begin
            word_q <= word_i;
            base_q <= row_q;
        end
        if (!rst_ni) begin
            wait_q <= 1'b0;
            here_q <= 1'b0;
            left_q <= {ELEMENTS{1'b0}};
        end else begin
            wait_q <= req_ready_o || (wait_q && !done);
            here_q <= get_o && get_ready_i && !get_write_o || (here_q && !done && !lost_i);
            left_q <= load ? nonzero : left_q & ~first;
        end
    end

    ttfs_first #(.WIDTH(ELEMENTS)) u_first (
        .bits_i (left_q),
        .more_o (more),
        .first_o(first),
        .index_o(index)
    );

    // The value, and its event in the cycle after.
    reg                  event_q;
    reg [VALUE_BITS-1:0] value_q;
    reg [ROW_BITS-1:0]   event_row_q;
    wire [VALUE_BITS-1:0] value;
    genvar b;
    generate
        for (b = 0; b < VALUE_BITS; b = b + 1) begin : g_bit
            wire [ELEMENTS-1:0] column;
            for (e = 0; e < ELEMENTS; e = e + 1) begin : g_from
                assign column[e] = word_q[e*VALUE_BITS+b];
            end
            assign value[b] = column[index];
        end
    endgenerate

    always @(posedge clk_i) begin
        value_q     <= value;
        event_row_q <= base_q + {{(ROW_BITS - ELEMENT_BITS) {1'b0}}, index};
        if (!rst_ni) event_q <= 1'b0;
        else event_q <= any;
    end

    assign event_o = event_q;
    assign value_o = value_q;
    assign row_o   = event_row_q;
    assign idle_o  = !wait_q && !any && !event_q;
endmodule

`default_nettype wire
