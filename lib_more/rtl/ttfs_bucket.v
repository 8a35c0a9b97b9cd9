// SPDX-License-Identifier: Apache-2.0
//
// Time order by bucket lists. Filling: {value, row}, one a cycle in any order, goes to the front of
// its value's list; close_i with the last one, or alone behind it, completes the list. Walking: from the
// largest value (the earliest tick) down to 1, one event or the end of an empty tick a cycle; eight empty
// ticks that stand in one aligned block pass in one cycle when STRIDE. Two banks: one is filled while the
// other is walked, any number of times; the last walk leaves it empty. A bank takes ENTRIES events, which
// the plan proves; those beyond are dropped (over_o).
//
// Walk of values top..1: 2 cycles, then one for each event, each empty tick of a block with events
// and each block without (0 events: the blocks, or the ticks without STRIDE). A list is complete (full_o)
// three cycles after close_i. Driven by ttfs_core.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_bucket #(
    parameter VALUE_BITS = 4,
    parameter ENTRIES    = 1024,
    parameter ROW_BITS   = 12,
    parameter STRIDE     = 1,
    parameter ENTRY_BITS = (ENTRIES > 1) ? $clog2(ENTRIES) : 1
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    output wire                  ready_o,    // after reset: the heads are empty
    // filling
    output wire                  fill_o,     // there is a bank to fill
    input  wire                  insert_i,   // only with fill_o, close_i too
    input  wire [VALUE_BITS-1:0] value_i,    // 1..
    input  wire [ROW_BITS-1:0]   row_i,
    input  wire                  close_i,
    output wire                  over_o,     // one event too many
    // walking
    output wire                  full_o,     // a complete bank waits, or is being walked
    input  wire                  start_i,
    input  wire                  release_i,  // with start_i: the last walk of this bank
    input  wire [VALUE_BITS-1:0] top_i,      // with start_i: the largest value that can be there
    input  wire                  en_i,
    output wire                  event_o,
    output wire [ROW_BITS-1:0]   row_o,
    output wire                  tick_o,     // an end of tick, with the last event of the tick
    output wire                  far_o,      // eight of them
    output wire                  last_o,     // with the last of the walk
    output wire                  busy_o
);
    localparam VALUES = 1 << VALUE_BITS;
    localparam BLOCKS = (VALUES > 8) ? VALUES / 8 : 1;
    localparam BLOCK_BITS = (BLOCKS > 1) ? $clog2(BLOCKS) : 1;
    localparam LOW = (VALUE_BITS > 3) ? 3 : VALUE_BITS;  // bits of a value inside its block

    reg       fill_q, walk_q;   // which bank
    reg       close_q;          // the event that is being inserted, if there is one, is its list's last
    reg [1:0] full_q;
    wire      freed;

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            fill_q  <= 1'b0;
            walk_q  <= 1'b0;
            full_q  <= 2'b00;
            close_q <= 1'b0;
        end else begin
            close_q <= close_i;
            if (close_q) begin
                fill_q         <= !fill_q;
                full_q[fill_q] <= 1'b1;
            end
            if (freed) begin
                walk_q         <= !walk_q;
                full_q[walk_q] <= 1'b0;
            end
        end
    end

    assign fill_o = !full_q[fill_q ^ close_q];
    assign full_o = full_q[walk_q];

    // Ticks count from 0 here: a value's index is one less. Filling takes two cycles: read the
    // head; write the event in front of it and make it the head.
    wire [VALUE_BITS-1:0] index = value_i - 1'b1;
    reg                   insert_q, same_q;
    reg [VALUE_BITS-1:0]  index_q;
    reg [ROW_BITS-1:0]    row_q;
    reg [ENTRY_BITS:0]    count_q;
    reg [ENTRY_BITS-1:0]  before_q;   // the event that came before this one
    wire [ENTRY_BITS:0]   head_f;     // of the bank that is filled: {there is one, which}

    always @(posedge clk_i) begin
        index_q  <= index;
        row_q    <= row_i;
        same_q   <= insert_q && index == index_q && !close_q;
        before_q <= count_q[ENTRY_BITS-1:0];
        if (!rst_ni) begin
            insert_q <= 1'b0;
            count_q  <= {(ENTRY_BITS + 1) {1'b0}};
        end else begin
            insert_q <= insert_i;
            if (close_q) count_q <= {(ENTRY_BITS + 1) {1'b0}};
            else if (put) count_q <= count_q + 1'b1;
        end
    end

    wire                  chained = same_q || head_f[ENTRY_BITS];
    wire [ENTRY_BITS-1:0] chain = same_q ? before_q : head_f[ENTRY_BITS-1:0];
    wire                  put = insert_q && !over_o;
    assign over_o = insert_q && {{(31 - ENTRY_BITS) {1'b0}}, count_q} >= ENTRIES;

    // Walking. The next token is a tick's head, read one ahead, or a block without events.
    reg                   token_q, token_far_q, token_last_q;
    reg [VALUE_BITS-1:0]  token_at_q;   // its tick, of a block the lowest
    reg                   release_q;
    wire [ENTRY_BITS:0]   head_w;
    wire [ROW_BITS+ENTRY_BITS:0] entry;    // {last of its tick, next, row}
    reg                   on_q, list_q, far_q, last_q;
    wire                  tick_end = !on_q || !list_q || entry[ROW_BITS+ENTRY_BITS];
    wire                  take = en_i && token_q && tick_end;
    wire                  walk_end = en_i && on_q && last_q && tick_end;

    wire [VALUE_BITS-1:0] below = start_i ? top_i - 1'b1 : token_at_q - 1'b1;
    wire                  enters = start_i || ~|token_at_q[LOW-1:0];   // another block
    wire                  empty;
    wire                  far = STRIDE != 0 && enters && empty;
    wire                  advance = start_i || (take && !token_last_q);
    wire [VALUE_BITS-1:0] next_at = far ? below & ({VALUE_BITS{1'b1}} << LOW) : below;

    always @(posedge clk_i) begin
        if (advance) begin
            token_far_q  <= far;
            token_at_q   <= next_at;
            token_last_q <= next_at == 0;
        end
        if (start_i) release_q <= release_i;
        if (take) begin
            list_q <= !token_far_q && head_w[ENTRY_BITS];
            far_q  <= token_far_q;
            last_q <= token_last_q;
        end
        if (!rst_ni) begin
            token_q <= 1'b0;
            on_q    <= 1'b0;
        end else begin
            if (advance) token_q <= 1'b1;
            else if (take) token_q <= 1'b0;
            if (take) on_q <= 1'b1;
            else if (walk_end) on_q <= 1'b0;
        end
    end

    assign freed   = walk_end && release_q;
    assign event_o = on_q && list_q;
    assign row_o   = entry[ROW_BITS-1:0];
    assign tick_o  = on_q && tick_end && !far_q;
    assign far_o   = on_q && far_q;
    assign last_o  = on_q && last_q && tick_end;
    assign busy_o  = on_q || token_q;

    wire entry_re = en_i && (take || (on_q && list_q && !tick_end));
    wire [ENTRY_BITS-1:0] entry_at = tick_end ? head_w[ENTRY_BITS-1:0] : entry[ROW_BITS +: ENTRY_BITS];

    ttfs_sram #(.WIDTH(1 + ENTRY_BITS + ROW_BITS), .WORDS((1 << ENTRY_BITS) + ENTRIES)) u_entries (
        .clk_i  (clk_i),
        .re_i   (entry_re),
        .raddr_i({walk_q, entry_at}),
        .rdata_o(entry),
        .we_i   (put),
        .waddr_i({fill_q, count_q[ENTRY_BITS-1:0]}),
        .wdata_i({!chained, chain, row_q})
    );

    // The heads, a memory a bank: the bank that is filled reads and writes one a cycle, the bank that
    // is walked reads one a cycle and, in its last walk, empties what it has read. After reset both
    // are emptied.
    reg                  clear_q, emptied_q;
    reg [VALUE_BITS-1:0] at_q;
    wire                 head_re = advance && !far;

    always @(posedge clk_i) begin
        at_q <= clear_q ? at_q + 1'b1 : next_at;
        if (!rst_ni) begin
            clear_q   <= 1'b1;
            emptied_q <= 1'b0;
            at_q      <= {VALUE_BITS{1'b0}};
        end else begin
            if (&at_q) clear_q <= 1'b0;
            emptied_q <= head_re && (start_i ? release_i : release_q);
        end
    end

    assign ready_o = !clear_q;

    wire [2*(ENTRY_BITS+1)-1:0] heads;
    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            wire fills = full_q[b] == 1'b0;
            ttfs_sram #(.WIDTH(ENTRY_BITS + 1), .WORDS(VALUES)) u_heads (
                .clk_i  (clk_i),
                .re_i   (fills ? insert_i : head_re),
                .raddr_i(fills ? index : next_at),
                .rdata_o(heads[b*(ENTRY_BITS+1) +: ENTRY_BITS+1]),
                .we_i   (clear_q || (fills ? put && fill_q == b : emptied_q && walk_q == b)),
                .waddr_i(clear_q || !fills ? at_q : index_q),
                .wdata_i(clear_q || !fills ? {(ENTRY_BITS + 1) {1'b0}} : {1'b1, count_q[ENTRY_BITS-1:0]})
            );
        end
        // Which blocks have events, a bit a block and bank.
        if (STRIDE == 0) begin : g_no_blocks
            assign empty = 1'b0;
        end else begin : g_blocks
            reg [BLOCKS-1:0] has_q [0:1];
            wire [VALUE_BITS-1:0] block = below >> LOW;
            wire [VALUE_BITS-1:0] filled = index_q >> LOW;
            assign empty = !has_q[walk_q][block[BLOCK_BITS-1:0]];
            wire unused_block = &{1'b0, block, filled};
            for (b = 0; b < 2; b = b + 1) begin : g_has
                always @(posedge clk_i)
                    if (!rst_ni || (freed && walk_q == b)) has_q[b] <= {BLOCKS{1'b0}};
                    else if (put && fill_q == b) has_q[b][filled[BLOCK_BITS-1:0]] <= 1'b1;
            end
        end
    endgenerate

    assign head_f = fill_q ? heads[2*(ENTRY_BITS+1)-1 -: ENTRY_BITS+1] : heads[ENTRY_BITS:0];
    assign head_w = walk_q ? heads[2*(ENTRY_BITS+1)-1 -: ENTRY_BITS+1] : heads[ENTRY_BITS:0];

    `TTFS_ALWAYS(fills, !(insert_i || close_i) || (fill_o && ready_o))
    `TTFS_ALWAYS(starts, !start_i || (full_o && !busy_o))
    `TTFS_ALWAYS(bank, !(insert_q || close_q) || !full_q[fill_q])
    `TTFS_ALWAYS(walks, !busy_o || full_q[walk_q])
    `TTFS_ALWAYS(steps, !(event_o && far_o) && !(tick_o && far_o))
endmodule

`default_nettype wire
