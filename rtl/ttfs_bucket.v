// SPDX-License-Identifier: Apache-2.0
//
// Time order by bucket lists. Filling: {value, row}, one a cycle in any order, goes to the front of
// its value's list; close_i with the last one, or alone behind it, completes the list. Walking: from the
// largest value (the earliest tick) down to 1, one event a cycle; with the last of a tick, or alone, ends the tick and,
// with it, as many of the empty ones behind it as a step can take: one, or all to the end of its aligned block of
// eight. Two banks: one is filled while the other is walked, any number of times; the last walk
// leaves it empty. A bank takes ENTRIES events, which the plan proves; those beyond are dropped (over_o).
//
// Walk of values top..1: 2 cycles, then its steps: of a block without events 1; else of its empty ticks before the
// first event half (rounded up), of every tick with events those and half (rounded down) of the empty ones behind it,
// none if they are seven. With STRIDE 1 there is no step of eight: a block without events is 4, if it is the first 1.
// With STRIDE 0 an event or an empty tick is a step. A list is complete (full_o) three cycles after close_i. Driven
// by ttfs_core.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_bucket #(
    parameter VALUE_BITS = 4,
    parameter ENTRIES    = 1024,
    parameter ROW_BITS   = 12,
    parameter STRIDE     = 2,   // ttfs_lane: the steps that lanes can take
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
    output wire                  pair_o,     // with tick_o: of two
    output wire                  far_o,      // with tick_o: of eight, or what there is of an empty first block
    output wire                  last_o,     // with the last of the walk
    output wire                  busy_o
);
    localparam VALUES = 1 << VALUE_BITS;
    localparam BLOCKS = (VALUES > 8) ? VALUES / 8 : 1;
    localparam BLOCK_BITS = (BLOCKS > 1) ? $clog2(BLOCKS) : 1;
    localparam LOW = (VALUE_BITS > 3) ? 3 : VALUE_BITS;  // bits of a value inside its block
    localparam TICKS = 1 << LOW;

    reg       fill_q, walk_q;   // which bank
    reg       close_q;          // the event that is being inserted, if there is one, is its list's last
    reg [1:0] full_q;
    reg       fill_ok_q;        // there is a bank to fill
    wire      freed;
    wire      fill = fill_q ^ close_q;   // the bank that what comes now goes to
    wire [1:0] full = (full_q | ({1'b0, close_q} << fill_q)) & ~({1'b0, freed} << walk_q);   // a cycle later

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            fill_q    <= 1'b0;
            walk_q    <= 1'b0;
            full_q    <= 2'b00;
            close_q   <= 1'b0;
            fill_ok_q <= 1'b1;
        end else begin
            close_q   <= close_i;
            fill_q    <= fill;
            full_q    <= full;
            fill_ok_q <= !full[fill ^ close_i];
            if (freed) walk_q <= !walk_q;
        end
    end

    assign fill_o = fill_ok_q;
    assign full_o = full_q[walk_q];

    // Ticks count from 0 here: a value's index is one less. Filling takes two cycles: read the
    // head, and which ticks of the block have one; write the event in front of it and make it the head.
    wire [VALUE_BITS-1:0] index = value_i - 1'b1;
    reg                   insert_q, same_q, same_block_q;
    reg [VALUE_BITS-1:0]  index_q;
    reg [ROW_BITS-1:0]    row_q;
    reg [ENTRY_BITS:0]    count_q;
    reg [ENTRY_BITS-1:0]  before_q;   // the event that came before this one
    reg                   lone_before_q;   // it was the only one of its tick
    reg  [TICKS-1:0]      made_q;     // what its block was made
    wire [ENTRY_BITS-1:0] head_f;     // of the bank that is filled
    wire                  lone_f;     // it is the only one of its tick
    wire [TICKS-1:0]      has_f;
    wire [TICKS-1:0]      has = same_block_q ? made_q : has_f;
    wire [TICKS-1:0]      made = has | ({{(TICKS - 1) {1'b0}}, 1'b1} << index_q[LOW-1:0]);
    wire                  chained = has[index_q[LOW-1:0]];
    wire [ENTRY_BITS-1:0] chain = same_q ? before_q : head_f;
    wire                  put = insert_q && !over_o;

    always @(posedge clk_i) begin
        index_q  <= index;
        row_q    <= row_i;
        same_q   <= insert_q && index == index_q;
        before_q <= count_q[ENTRY_BITS-1:0];
        lone_before_q <= !chained;
        same_block_q <= insert_q && index >> LOW == index_q >> LOW && !close_q;
        made_q   <= made;
        if (!rst_ni) begin
            insert_q <= 1'b0;
            count_q  <= {(ENTRY_BITS + 1) {1'b0}};
        end else begin
            insert_q <= insert_i;
            if (close_q) count_q <= {(ENTRY_BITS + 1) {1'b0}};
            else if (put) count_q <= count_q + 1'b1;
        end
    end

    assign over_o = insert_q && {{(31 - ENTRY_BITS) {1'b0}}, count_q} >= ENTRIES;

    // Walking. A token is a run of ticks of a block of which no other than the first has events, as long as one
    // step takes; the next one's head is read ahead.
    reg                   token_q;
    reg [VALUE_BITS-1:0]  token_at_q;   // its first tick
    reg                   release_q;
    wire [ENTRY_BITS-1:0] head_w;
    wire                  lone_w;       // it has but one event
    wire [TICKS-1:0]      has_w;        // the ticks of its block that have events
    wire [ROW_BITS+ENTRY_BITS:0] entry;    // {the next one is the last of the tick, next, row}
    reg                   on_q, list_q, pair_q, far_q, last_q;
    reg                   lone_q;       // the entry is the last of its tick: known before the memory gives it
    wire                  tick_end = !on_q || !list_q || lone_q;
    // What waits for nothing but the lanes (en_i, which comes late).
    wire                  due = token_q && tick_end;
    wire                  take = en_i && due;
    wire                  reads = due || (on_q && list_q && !tick_end);
    wire                  entry_re = en_i && reads;
    wire                  walk_end = en_i && on_q && last_q && tick_end;

    // A block that has no events below its highest tick is one run; it begins there, or S is still 0.
    wire [LOW-1:0]        in_block = token_at_q[LOW-1:0];
    wire                  whole, pair;
    wire [LOW:0]          one = {{LOW{1'b0}}, pair};
    wire [LOW-1:0]        more = whole ? in_block : one[LOW-1:0];   // ticks behind the first
    wire [VALUE_BITS+LOW-1:0] back = {{VALUE_BITS{1'b1}}, ~more};   // one tick more, negative
    wire                  leaves = in_block == more;
    wire                  token_last = leaves && token_at_q >> LOW == 0;
    wire                  goes = due && !token_last;
    wire                  crosses = goes && leaves;   // to another block
    wire                  advance = start_i || (en_i && goes);
    wire [VALUE_BITS-1:0] next_at = start_i ? top_i - 1'b1 : token_at_q + back[VALUE_BITS-1:0];
    wire unused_back = &{1'b0, back, one};

    always @(posedge clk_i) begin
        if (advance) token_at_q <= next_at;
        if (start_i) release_q <= release_i;
        if (entry_re) lone_q <= tick_end ? lone_w : entry[ROW_BITS+ENTRY_BITS];
        if (take) begin
            list_q <= has_w[in_block];
            pair_q <= pair && !whole;
            far_q  <= whole;
            last_q <= token_last;
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

    generate
        if (STRIDE == 0) begin : g_steps
            assign {whole, pair} = 2'b00;
        end else begin : g_strides
            wire [TICKS-1:0] below = {has_w[TICKS-2:0], 1'b1};   // nothing lies below the lowest tick
            assign pair = !below[in_block];
            if (STRIDE > 1) begin : g_far
                assign whole = ~|has_w[TICKS-2:0];
            end else begin : g_near
                reg fresh_q;
                always @(posedge clk_i) if (advance) fresh_q <= start_i;
                assign whole = fresh_q && ~|has_w;
            end
        end
    endgenerate

    assign freed   = walk_end && release_q;
    assign event_o = on_q && list_q;
    assign row_o   = entry[ROW_BITS-1:0];
    assign tick_o  = on_q && tick_end;
    assign pair_o  = tick_o && pair_q;
    assign far_o   = tick_o && far_q;
    assign last_o  = on_q && last_q && tick_end;
    assign busy_o  = on_q || token_q;

    wire [ENTRY_BITS-1:0] entry_at = tick_end ? head_w : entry[ROW_BITS +: ENTRY_BITS];

    ttfs_sram #(.WIDTH(1 + ENTRY_BITS + ROW_BITS), .WORDS((1 << ENTRY_BITS) + ENTRIES)) u_entries (
        .clk_i  (clk_i),
        .re_i   (entry_re),
        .raddr_i({walk_q, entry_at}),
        .rdata_o(entry),
        .we_i   (put),
        .waddr_i({fill_q, count_q[ENTRY_BITS-1:0]}),
        .wdata_i({same_q ? lone_before_q : lone_f, chain, row_q})
    );

    // The heads, and which ticks of a block have one, memories of a bank: the bank that is filled reads and writes one
    // a cycle, the bank that is walked reads one a cycle and, in its last walk, empties the blocks that it has read. After
    // reset the blocks of both are emptied.
    reg                  clear_q, emptied_q;
    reg [BLOCK_BITS-1:0] at_q;
    wire                 block_re = start_i || (en_i && crosses);
    wire [VALUE_BITS-1:0] next_block = next_at >> LOW, index_block = index >> LOW, made_block = index_q >> LOW;
    wire unused_block = &{1'b0, next_block, index_block, made_block};

    always @(posedge clk_i) begin
        at_q <= clear_q ? at_q + 1'b1 : next_block[BLOCK_BITS-1:0];
        if (!rst_ni) begin
            clear_q   <= 1'b1;
            emptied_q <= 1'b0;
            at_q      <= {BLOCK_BITS{1'b0}};
        end else begin
            if (&at_q) clear_q <= 1'b0;
            emptied_q <= block_re && (start_i ? release_i : release_q);
        end
    end

    assign ready_o = !clear_q;

    wire [2*ENTRY_BITS+1:0] heads;   // {the only one of its tick, which}
    wire [2*TICKS-1:0]      blocks;
    genvar b;
    generate
        for (b = 0; b < 2; b = b + 1) begin : g_bank
            wire fills = full_q[b] == 1'b0;
            wire made_here = put && fill_q == b;
            wire empties = clear_q || !fills;
            ttfs_sram #(.WIDTH(ENTRY_BITS + 1), .WORDS(VALUES)) u_heads (
                .clk_i  (clk_i),
                .re_i   (fills ? insert_i : advance),
                .raddr_i(fills ? index : next_at),
                .rdata_o(heads[b*(ENTRY_BITS+1) +: ENTRY_BITS+1]),
                .we_i   (made_here),
                .waddr_i(index_q),
                .wdata_i({!chained, count_q[ENTRY_BITS-1:0]})
            );
            ttfs_sram #(.WIDTH(TICKS), .WORDS(1 << BLOCK_BITS)) u_blocks (
                .clk_i  (clk_i),
                .re_i   (fills ? insert_i : block_re),
                .raddr_i(fills ? index_block[BLOCK_BITS-1:0] : next_block[BLOCK_BITS-1:0]),
                .rdata_o(blocks[b*TICKS +: TICKS]),
                .we_i   (empties ? clear_q || (emptied_q && walk_q == b) : made_here),
                .waddr_i(empties ? at_q : made_block[BLOCK_BITS-1:0]),
                .wdata_i(empties ? {TICKS{1'b0}} : made)
            );
        end
    endgenerate

    assign {lone_f, head_f} = fill_q ? heads[2*ENTRY_BITS+1 -: ENTRY_BITS+1] : heads[ENTRY_BITS:0];
    assign {lone_w, head_w} = walk_q ? heads[2*ENTRY_BITS+1 -: ENTRY_BITS+1] : heads[ENTRY_BITS:0];
    assign has_f  = fill_q ? blocks[2*TICKS-1 -: TICKS] : blocks[TICKS-1:0];
    assign has_w  = walk_q ? blocks[2*TICKS-1 -: TICKS] : blocks[TICKS-1:0];

    `TTFS_ALWAYS(bank_free, fill_o == !full_q[fill])
    `TTFS_ALWAYS(fills, !(insert_i || close_i) || (fill_o && ready_o))
    `TTFS_ALWAYS(starts, !start_i || (full_o && !busy_o))
    `TTFS_ALWAYS(bank, !(insert_q || close_q) || !full_q[fill_q])
    `TTFS_ALWAYS(walks, !busy_o || full_q[walk_q])
    `TTFS_ALWAYS(steps, !(pair_o && far_o))
endmodule

`default_nettype wire
