// SPDX-License-Identifier: Apache-2.0
//
// The elements of a patch as words to read. A patch is NY rows of NX runs of LENGTH elements that lie
// one after the other in the store; rows begin ROW_STEP, runs RUN_STEP elements apart. Elements are
// numbered through, and the number is the weight row: no multiplier, whatever the kernel. Each
// request is a word, the elements of it that count, and the number of its element 0 (modulo 2^ROW_BITS:
// it may lie before the run). A word a cycle, the first in the cycle after start_i, which may come with the
// last word of the patch before (done_o) where there are RUNS; go_on_i holds from the cycle behind that word on.
// Driven by ttfs_scan_engine.

`default_nettype none

module ttfs_patch #(
    parameter ELEMENTS  = 16,
    parameter ADDR_BITS = 11,   // of an element
    parameter ROW_BITS  = 12,
    parameter RUNS      = 1,    // 0: one run a patch, as dense layers have
    parameter ELEMENT_BITS = $clog2(ELEMENTS),
    parameter WORD_BITS    = ADDR_BITS - ELEMENT_BITS
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 start_i,
    input  wire                 go_on_i,     // with start_i: the numbers go on from the last patch
    input  wire [ADDR_BITS-1:0] base_i,      // of the first run; the rest holds during the patch
    input  wire [ADDR_BITS:0]   length_i,    // 1..
    input  wire [11:0]          nx_i,        // 1..
    input  wire [11:0]          ny_i,
    input  wire [ADDR_BITS-1:0] run_step_i,
    input  wire [ADDR_BITS-1:0] row_step_i,
    output wire                 busy_o,
    output wire                 done_o,      // this cycle takes the last word
    output wire                 req_o,
    input  wire                 req_ready_i,
    output wire [WORD_BITS-1:0] req_at_o,
    output wire [ELEMENTS-1:0]  req_mask_o,
    output wire [ROW_BITS-1:0]  req_row_o,
    output wire                 req_first_o, // of the patch
    output wire                 req_last_o
);
    reg                 busy_q, first_q;
    reg [ADDR_BITS-1:0] at_q;              // where it goes on
    reg [ADDR_BITS:0]   limit_q;           // where the run ends, counted from element 0 of that word
    reg [ROW_BITS-1:0]  row_q;             // of the element at at_q
    wire                last_run;
    wire [ADDR_BITS-1:0] next_run;

    // What holds where a patch begins is taken all the time that none is at work: start_i comes late.
    wire                    begins = !busy_q || (RUNS != 0 && start_i);
    wire [ELEMENT_BITS-1:0] skip = at_q[ELEMENT_BITS-1:0];
    wire                    ends_here = limit_q[ADDR_BITS:ELEMENT_BITS] == 0;   // before the word does
    wire                    run_end = limit_q <= ELEMENTS[ADDR_BITS:0];
    wire [ELEMENT_BITS:0]   stop = run_end ? limit_q[ELEMENT_BITS:0] : ELEMENTS[ELEMENT_BITS:0];
    // Where the next run begins, and its limit there.
    wire [ADDR_BITS-1:0]    run = begins ? base_i : next_run;
    wire [ADDR_BITS:0]      run_limit = length_i + {{(ADDR_BITS + 1 - ELEMENT_BITS) {1'b0}}, run[ELEMENT_BITS-1:0]};
    wire [ELEMENTS-1:0]     from = {ELEMENTS{1'b1}} << skip;
    wire [ELEMENTS-1:0]     beyond = {ELEMENTS{ends_here}} & ({ELEMENTS{1'b1}} << limit_q[ELEMENT_BITS-1:0]);
    wire                    step = busy_q && req_ready_i;
    wire                    to_run = begins || (RUNS != 0 && run_end);

    always @(posedge clk_i) begin
        if (begins && !go_on_i) row_q <= {ROW_BITS{1'b0}};
        else if (step) row_q <= req_row_o + {{(ROW_BITS - ELEMENT_BITS - 1) {1'b0}}, stop};
        if (begins || step) begin
            at_q    <= to_run ? run : {at_q[ADDR_BITS-1:ELEMENT_BITS] + 1'b1, {ELEMENT_BITS{1'b0}}};
            limit_q <= to_run ? run_limit : limit_q - ELEMENTS[ADDR_BITS:0];
        end
        if (begins) first_q <= 1'b1;
        else if (step) first_q <= 1'b0;
        if (!rst_ni) busy_q <= 1'b0;
        else if (start_i) busy_q <= 1'b1;
        else if (done_o) busy_q <= 1'b0;
    end

    assign busy_o     = busy_q;
    assign done_o     = step && req_last_o;
    assign req_o      = busy_q;
    assign req_at_o   = at_q[ADDR_BITS-1:ELEMENT_BITS];
    assign req_mask_o = from & ~beyond;
    assign req_row_o  = row_q - {{(ROW_BITS - ELEMENT_BITS) {1'b0}}, skip};
    assign req_first_o = first_q;
    assign req_last_o  = run_end && last_run;

    generate
        if (RUNS == 0) begin : g_one
            assign last_run = 1'b1;
            assign next_run = {ADDR_BITS{1'b0}};
            wire unused_runs = &{1'b0, nx_i, ny_i, run_step_i, row_step_i};
        end else begin : g_runs
            reg [11:0]          x_q, y_q;        // runs and rows left, this one too
            reg [ADDR_BITS-1:0] run_q, line_q;   // where this run and this row began
            wire last_x = x_q == 1;
            assign last_run = last_x && y_q == 1;
            assign next_run = last_x ? line_q + row_step_i : run_q + run_step_i;
            always @(posedge clk_i) begin
                if (start_i) begin
                    x_q    <= nx_i;
                    y_q    <= ny_i;
                    run_q  <= base_i;
                    line_q <= base_i;
                end else if (step && run_end) begin
                    run_q <= next_run;
                    x_q   <= last_x ? nx_i : x_q - 1'b1;
                    if (last_x) begin
                        y_q    <= y_q - 1'b1;
                        line_q <= next_run;
                    end
                end
            end
        end
    endgenerate
endmodule

`default_nettype wire
