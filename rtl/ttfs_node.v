// SPDX-License-Identifier: Apache-2.0
//
// A node of the chip: the core, where its values arrive, and on a mesh its router (MESH 1; ports 0
// north, 1 east, 2 south, 3 west; ports_i: those that there are, a constant). On a chip of one core the ports are
// the host's, 3 alone: results go into the core's own buffers, buffer number = flow, before what the host
// sends; sums go to the host. Also the core's registers (memory 0): its errors, sticky, and counters.
// quiet_o: the slot's work is done and nothing is under way in here, a cycle ago. Driven by ttfs_chip.

`default_nettype none

module ttfs_node #(
    parameter LANES         = 16,
    parameter WEIGHT_BITS   = 8,
    parameter SLOPE_BITS    = 16,
    parameter ACC_BITS      = 24,
    parameter RAMP_BITS     = 16,
    parameter VALUE_BITS    = 4,
    parameter C_BITS        = 8,
    parameter Y_BITS        = 5,
    parameter X_BITS        = 5,
    parameter ACT_WORDS     = 256,
    parameter LIST_ENTRIES  = 256,
    parameter WEIGHT_ROWS   = 1024,
    parameter PARAM_WORDS   = 256,
    parameter PROGRAM_WORDS = 256,
    parameter FLOWS         = 16,
    parameter BUFFERS       = 16,
    parameter TABLE_WORDS   = 64,
    parameter SEGMENTS      = 4,
    parameter STRIDES       = 1,
    parameter CONV          = 1,
    parameter POOL          = 1,
    parameter CLASSES       = 1,
    parameter STREAM        = 0,
    parameter COUNTERS      = 1,
    parameter MESH          = 1,
    parameter CLOCK_GATES   = 0,   // the core's clock stands still while it rests
    parameter PRELOAD       = 0,
    parameter INIT_PREFIX   = "",
    parameter CORE          = 0,
    parameter FLOW_BITS     = (FLOWS > 1) ? $clog2(FLOWS) : 1,
    parameter FLIT_VALUE    = (MESH != 0) ? VALUE_BITS : ACC_BITS,
    parameter ID_BITS       = Y_BITS + X_BITS + C_BITS,
    parameter TURN          = (MESH != 0) ? 1 : 0,   // bits of a flit's turn
    parameter FLIT          = FLOW_BITS + TURN + ID_BITS + FLIT_VALUE
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    // configuration
    input  wire              cfg_en_i,
    input  wire              cfg_we_i,
    input  wire [3:0]        cfg_mem_i,
    input  wire [17:0]       cfg_word_i,
    input  wire [31:0]       cfg_data_i,
    output wire [31:0]       cfg_data_o,     // three cycles after cfg_en_i, while cfg_mem_i and cfg_word_i hold
    output wire              cfg_known_o,    // there is such a word
    input  wire              stream_en_i,    // weights that are written in a turn
    input  wire [17:0]       stream_word_i,
    input  wire [31:0]       stream_data_i,
    output wire              stream_known_o,
    input  wire [4:0]        clear_i,        // flags
    output wire [4:0]        flags_o,
    // slots
    input  wire              go_i,
    input  wire [3:0]        turn_i,    // the number of the oldest turn that is not complete
    input  wire              early_i,   // cores begin turns by themselves; a mesh only, as all of these
    input  wire              run_i,     // that turn has begun
    input  wire              ahead_i,   // so has the next
    input  wire              trace_i,   // alone: a result is given to the host before it goes to the core's own buffers
    output wire              ready_o,
    output wire              quiet_o,
    output wire              sample_end_o,
    // neighbours
    input  wire [3:0]        ports_i,
    input  wire [3:0]        in_valid_i,
    output wire [3:0]        in_ready_o,
    input  wire [4*FLIT-1:0] in_flit_i,
    output wire [3:0]        out_valid_o,
    input  wire [3:0]        out_ready_i,
    output wire [4*FLIT-1:0] out_flit_o,
    // monitor: results of the core, each for one cycle
    output wire              trace_valid_o,
    output wire [FLIT-1:0]   trace_flit_o
);
    // A simulation of a mesh has its nodes once (with --hierarchical as a library), not each within the whole.
    /*verilator hier_block*/
    /*verilator no_inline_module*/
    localparam BUFFER_BITS  = (BUFFERS > 1) ? $clog2(BUFFERS) : 1;
    localparam ELEMENT_BITS = ((ACT_WORDS > 1) ? $clog2(ACT_WORDS) : 1) + 4;
    localparam PAYLOAD      = FLIT - FLOW_BITS;
    localparam BARE         = FLOW_BITS + ID_BITS + FLIT_VALUE;   // a result, as the core makes it

    // The beginning of the names of the core's files: its number without leading zeros.
    localparam [79:0] DIGITS = "9876543210";  // digit d at bits [8*d +: 8]
    localparam LENGTH = (CORE < 10) ? 1 : (CORE < 100) ? 2 : (CORE < 1000) ? 3 : 4;
    localparam [31:0] TEXT = {DIGITS[8*(CORE/1000%10) +: 8], DIGITS[8*(CORE/100%10) +: 8],
                              DIGITS[8*(CORE/10%10) +: 8], DIGITS[8*(CORE%10) +: 8]};
    localparam [8*LENGTH-1:0] NUMBER = TEXT[8*LENGTH-1:0];

    // The core.
    wire [31:0]             core_back;
    wire                    core_clk, awake, rests;
    wire                    core_known, done, rest, kept, over, core_address, move, event_, stall;
    wire                    put_valid, put_ready, put_parity;
    wire [ELEMENT_BITS-1:0] put_element;
    wire [VALUE_BITS-1:0]   put_value;
    wire                    result_valid, result_ready, result_sum;
    wire [BARE-1:0]         bare;
    wire [FLIT-1:0]         result;
    wire                    go, finished;
    wire [3:0]              turn;   // that the core works at, or will next

    ttfs_core #(
        .LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS), .SLOPE_BITS(SLOPE_BITS), .ACC_BITS(ACC_BITS),
        .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS), .C_BITS(C_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS),
        .ACT_WORDS(ACT_WORDS), .LIST_ENTRIES(LIST_ENTRIES), .WEIGHT_ROWS(WEIGHT_ROWS),
        .PARAM_WORDS(PARAM_WORDS), .PROGRAM_WORDS(PROGRAM_WORDS), .FLOWS(FLOWS), .SEGMENTS(SEGMENTS),
        .STRIDES(STRIDES), .CONV(CONV), .POOL(POOL), .CLASSES(CLASSES), .STREAM(STREAM), .FLIT_VALUE(FLIT_VALUE),
        .PRELOAD(PRELOAD), .INIT_PREFIX(INIT_PREFIX), .CORE(CORE)
    ) u_core (
        .clk_i        (core_clk),
        .rst_ni       (rst_ni),
        .cfg_en_i     (cfg_en_i),
        .cfg_we_i     (cfg_we_i),
        .cfg_mem_i    (cfg_mem_i),
        .cfg_word_i   (cfg_word_i),
        .cfg_data_i   (cfg_data_i),
        .stream_en_i  (stream_en_i),
        .stream_word_i(stream_word_i),
        .stream_data_i(stream_data_i),
        .stream_known_o(stream_known_o),
        .cfg_data_o   (core_back),
        .cfg_known_o  (core_known),
        .go_i         (go),
        .turn_i       (turn),
        .ready_o      (ready_o),
        .done_o       (done),
        .rest_o       (rest),
        .kept_o       (kept),
        .sample_end_o (sample_end_o),
        .rests_o      (rests),
        .put_valid_i  (put_valid),
        .put_ready_o  (put_ready),
        .put_element_i(put_element),
        .put_value_i  (put_value),
        .put_parity_i (put_parity),
        .out_valid_o  (result_valid),
        .out_ready_i  (result_ready),
        .out_flit_o   (bare),
        .out_sum_o    (result_sum),
        .over_o       (over),
        .address_o    (core_address),
        .count_move_o (move),
        .count_event_o(event_),
        .count_stall_o(stall)
    );

    // The core's clock. What comes in wakes the core in the same cycle; seven cycles after it has come to rest its pulses and
    // answers are out as well, and everything in it holds. A weight that is streamed into a core at rest needs its own edge alone.
    generate
        if (CLOCK_GATES != 0) begin : g_gate
            reg [2:0] rest_q;
            wire stirs   = !rst_ni || go || cfg_en_i || put_valid || result_valid || !rests;
            wire settles = ~&rest_q;
            always @(posedge clk_i)
                if (stirs) rest_q <= 3'd0;
                else if (settles) rest_q <= rest_q + 3'd1;
            assign awake = stirs || settles || (STREAM != 0 && stream_en_i);
            ttfs_clock_gate u_gate (
                .clk_i(clk_i),
                .en_i (awake),
                .clk_o(core_clk)
            );
        end else begin : g_always
            assign awake    = 1'b1;
            assign core_clk = clk_i;
            wire unused_rests = &{1'b0, rests};
        end
    endgenerate

    // Turns. With early_i a core begins one by itself, when it has finished the one before, that one has begun which it
    // would begin, and the one before the last is complete. What came of that one may still wait in the line of the
    // activations, until the first time that it is written back (old_q). So what a core reads is there, and nobody
    // writes where it reads, while values of later turns come.
    generate
        if (MESH != 0) begin : g_turns
            reg        works_q, old_q;
            reg  [3:0] turn_q, base_q;
            wire       ends = works_q && rest && !result_valid;
            wire       free = !works_q && rest && !old_q && base_q == turn_i;
            always @(posedge clk_i) begin
                base_q <= rst_ni ? turn_i : 4'd0;
                if (!rst_ni) begin
                    works_q <= 1'b0;
                    old_q   <= 1'b0;
                    turn_q  <= 4'd0;
                end else begin
                    works_q <= go || (works_q && !ends);
                    old_q   <= base_q != turn_i || (old_q && !kept);
                    turn_q  <= early_i ? turn_q + {3'd0, ends} : turn_i;
                end
            end
            assign turn     = early_i ? turn_q : turn_i;
            assign go       = early_i ? free && (turn_q == turn_i ? run_i : ahead_i && turn_q == turn_i + 4'd1) : go_i;
            assign finished = early_i ? turn_q != turn_i : done && !result_valid;
            assign result   = {bare[BARE-1 -: FLOW_BITS], turn[0], bare[BARE-FLOW_BITS-1:0]};
        end else begin : g_turn
            assign turn     = turn_i;
            assign go       = go_i;
            assign finished = done && !result_valid;
            assign result   = bare;
            wire unused_turns = &{1'b0, early_i, run_i, ahead_i, rest, kept};
        end
    endgenerate

    // A result is told once, when it comes.
    reg told_q;
    always @(posedge clk_i)
        if (!rst_ni) told_q <= 1'b0;
        else told_q <= result_valid && !result_ready;
    assign trace_valid_o = result_valid && !told_q;
    assign trace_flit_o  = result;

    // Where values arrive.
    wire                   arrive_valid, arrive_ready, arrive_none;
    wire [PAYLOAD-1:0]     arrive;
    wire [BUFFER_BITS-1:0] arrive_buffer;
    wire [31:0]            receive_back;
    wire                   receive_known, value, no_buffer, place, address;
    wire                   arrive_turn;
    wire [1:0]             receive_busy;

    ttfs_receive #(
        .VALUE_BITS(VALUE_BITS), .FLIT_VALUE(FLIT_VALUE), .C_BITS(C_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS),
        .ACT_WORDS(ACT_WORDS), .BUFFERS(BUFFERS), .TABLE_WORDS(TABLE_WORDS), .CONV(CONV), .MESH(MESH), .PRELOAD(PRELOAD),
        .BUFFERS_INIT({INIT_PREFIX, "core", NUMBER, "_buffers.hex"}),
        .ROWS_INIT({INIT_PREFIX, "core", NUMBER, "_rows.hex"}),
        .COLS_INIT({INIT_PREFIX, "core", NUMBER, "_cols.hex"})
    ) u_receive (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .cfg_en_i     (cfg_en_i),
        .cfg_we_i     (cfg_we_i),
        .cfg_mem_i    (cfg_mem_i),
        .cfg_word_i   (cfg_word_i),
        .cfg_data_i   (cfg_data_i),
        .cfg_data_o   (receive_back),
        .cfg_known_o  (receive_known),
        .turn_i       (turn_i),
        .in_turn_i    (arrive_turn),
        .in_valid_i   (arrive_valid),
        .in_ready_o   (arrive_ready),
        .in_none_i    (arrive_none),
        .in_buffer_i  (arrive_buffer),
        .in_y_i       (arrive[FLIT_VALUE+C_BITS+X_BITS +: Y_BITS]),
        .in_x_i       (arrive[FLIT_VALUE+C_BITS +: X_BITS]),
        .in_c_i       (arrive[FLIT_VALUE +: C_BITS]),
        .in_value_i   (arrive[FLIT_VALUE-1:0]),
        .put_valid_o  (put_valid),
        .put_ready_i  (put_ready),
        .put_element_o(put_element),
        .put_value_o  (put_value),
        .put_parity_o (put_parity),
        .value_o      (value),
        .flow_o       (no_buffer),
        .place_o      (place),
        .address_o    (address),
        .busy_o       (receive_busy)
    );

    // Between the core, its buffers and the ports.
    wire        to_router = cfg_mem_i == 4'd4;
    wire [31:0] router_back;
    wire        router_known, nowhere;
    wire [1:0]  way_busy;   // of a turn with this lowest bit something is under way to the core's buffers

    genvar t;
    generate
        if (MESH != 0) begin : g_mesh
            wire                        core_valid, core_ready;
            wire [1:0]                  router_busy;
            wire [5*FLIT-1:0]           out_flit;
            wire [BUFFER_BITS-1:0]      out_buffer;

            ttfs_router #(
                .FLOWS(FLOWS), .BUFFERS(BUFFERS), .PAYLOAD(PAYLOAD), .PRELOAD(PRELOAD),
                .INIT({INIT_PREFIX, "core", NUMBER, "_flows.hex"})
            ) u_router (
                .clk_i       (clk_i),
                .rst_ni      (rst_ni),
                .cfg_en_i    (cfg_en_i && to_router),
                .cfg_we_i    (cfg_we_i),
                .cfg_word_i  (cfg_word_i),
                .cfg_data_i  (cfg_data_i),
                .cfg_data_o  (router_back),
                .cfg_known_o (router_known),
                .ports_i     (ports_i),
                .in_valid_i  ({result_valid, in_valid_i}),
                .in_ready_o  ({result_ready, in_ready_o}),
                .in_flit_i   ({result, in_flit_i}),
                .out_valid_o ({core_valid, out_valid_o}),
                .out_ready_i ({core_ready, out_ready_i}),
                .out_flit_o  (out_flit),
                .out_buffer_o(out_buffer),
                .flow_o      (nowhere),
                .busy_o      (router_busy)
            );
            assign out_flit_o = out_flit[4*FLIT-1:0];

            // The store's ready comes late in a cycle and goes no further than this.
            ttfs_skid #(.WIDTH(BUFFER_BITS + PAYLOAD)) u_skid (
                .clk_i      (clk_i),
                .rst_ni     (rst_ni),
                .in_valid_i (core_valid),
                .in_ready_o (core_ready),
                .in_data_i  ({out_buffer, out_flit[4*FLIT +: PAYLOAD]}),
                .out_valid_o(arrive_valid),
                .out_ready_i(arrive_ready),
                .out_data_o ({arrive_buffer, arrive})
            );
            assign arrive_none = 1'b0;
            assign arrive_turn = arrive[PAYLOAD-1];

            // What lies in between, two at most.
            reg  [3:0] between_q;
            wire       core_turn = out_flit[4*FLIT+PAYLOAD-1];
            for (t = 0; t < 2; t = t + 1) begin : g_between
                wire comes = core_valid && core_ready && core_turn == t;
                wire goes  = arrive_valid && arrive_ready && arrive_turn == t;
                always @(posedge clk_i)
                    if (!rst_ni) between_q[2*t +: 2] <= 2'd0;
                    else between_q[2*t +: 2] <= between_q[2*t +: 2] + {1'b0, comes} - {1'b0, goes};
                assign way_busy[t] = router_busy[t] || between_q[2*t +: 2] != 2'd0;
            end
            wire unused_mesh = &{1'b0, result_sum, out_flit, trace_i};
        end else begin : g_alone
            reg  given_q;   // the host has the result that waits
            wire offers = trace_i && !result_sum && !given_q;
            wire loops  = result_valid && !result_sum && !offers;
            always @(posedge clk_i)
                if (!rst_ni || (result_valid && result_ready)) given_q <= 1'b0;
                else if (result_valid && offers && out_ready_i[3]) given_q <= 1'b1;
            wire [FLIT-1:0]      flit = loops ? result : in_flit_i[3*FLIT +: FLIT];
            wire [FLOW_BITS-1:0] flow = flit[PAYLOAD +: FLOW_BITS];
            wire [31:0]          buffer = {{(32-FLOW_BITS){1'b0}}, flow};
            assign arrive_valid  = loops || in_valid_i[3];
            assign arrive_none   = buffer >= BUFFERS;
            assign arrive_buffer = buffer[BUFFER_BITS-1:0];
            assign arrive        = flit[PAYLOAD-1:0];
            assign result_ready  = result_sum ? out_ready_i[3] : arrive_ready && !offers;
            assign in_ready_o    = {arrive_ready && !loops, 3'd0};
            assign out_valid_o   = {result_valid && (result_sum || offers), 3'd0};
            assign out_flit_o    = {result, {(3*FLIT){1'b0}}};
            assign router_back   = 32'd0;
            assign router_known  = 1'b0;
            assign nowhere       = 1'b0;
            assign arrive_turn   = 1'b0;
            assign way_busy      = 2'd0;
            wire unused_alone = &{1'b0, in_valid_i, in_flit_i, out_ready_i, buffer, ports_i};
        end
    endgenerate

    // Registers.
    reg [4:0] flags_q;
    reg       quiet_q;
    wire [1:0] on_way = way_busy | receive_busy;
    wire       busy = (MESH != 0) ? on_way[turn_i[0]] : |on_way;
    always @(posedge clk_i) begin
        quiet_q <= finished && !busy;
        if (!rst_ni) flags_q <= 5'd0;
        else flags_q <= (flags_q & ~clear_i) | {over, address || core_address, place, no_buffer || nowhere, value};
    end
    assign flags_o = flags_q;
    assign quiet_o = quiet_q;

    wire [31:0] count;
    wire        count_known;
    generate
        if (COUNTERS != 0) begin : g_counters
            reg [31:0] moves_q, events_q, stalls_q, flits_q, awake_q;
            always @(posedge clk_i)
                if (!rst_ni) begin
                    moves_q  <= 32'd0;
                    events_q <= 32'd0;
                    stalls_q <= 32'd0;
                    flits_q  <= 32'd0;
                    awake_q  <= 32'd0;
                end else begin
                    if (move) moves_q <= moves_q + 32'd1;
                    if (event_) events_q <= events_q + 32'd1;
                    if (stall) stalls_q <= stalls_q + 32'd1;
                    if (result_valid && result_ready) flits_q <= flits_q + 32'd1;
                    if (awake) awake_q <= awake_q + 32'd1;
                end
            assign count_known = cfg_word_i >= 18'd1 && cfg_word_i <= 18'd5;
            assign count = cfg_word_i[2] ? (cfg_word_i[0] ? awake_q : flits_q) : cfg_word_i[1:0] == 2'd3 ? stalls_q
                : cfg_word_i[1] ? events_q : moves_q;
        end else begin : g_none
            assign count_known = 1'b0;
            assign count       = 32'd0;
            wire unused_counts = &{1'b0, move, event_, stall, awake};
        end
    endgenerate

    // What does not mean the word answers zeros; a core without a clock may keep its last answer.
    wire own = cfg_mem_i == 4'd0;
    wire cores = CLOCK_GATES == 0 || cfg_mem_i == 4'd1 || cfg_mem_i == 4'd2 || cfg_mem_i == 4'd3;
    wire [31:0] register = cfg_word_i == 18'd0 ? {27'd0, flags_q} : count_known ? count : 32'd0;
    assign cfg_known_o = core_known || receive_known || (to_router && router_known)
        || (own && (cfg_word_i == 18'd0 || count_known));
    assign cfg_data_o = (register & {32{own}}) | (router_back & {32{to_router}}) | receive_back
        | (core_back & {32{cores}});
endmodule

`default_nettype wire
