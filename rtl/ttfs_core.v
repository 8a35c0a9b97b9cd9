// SPDX-License-Identifier: Apache-2.0
//
// A core (docs/core.md): three engines run three programs and meet only through data. The scan engine
// reads activations and makes lists of events (ttfs_bucket), the walk engine replays them into the lanes,
// the fire engine makes results of what the lanes hold. go_i, one cycle, begins a slot; done_o is low
// from the cycle after until everything is done that the core can do by itself: the chip waits for
// all cores and for what is under way between them. Values that arrive (put_*) are stored at any time.
// After reset and after a write to the program memory everything begins anew: the activations are emptied,
// ready_o is low meanwhile. out_*, done_o and the counters' pulses come from registers. Driven by ttfs_node.

`default_nettype none

module ttfs_core #(
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
    parameter SEGMENTS      = 4,
    parameter STRIDES       = 1,
    parameter CONV          = 1,
    parameter POOL          = 1,
    parameter CLASSES       = 1,
    parameter STREAM        = 0,
    parameter FLIT_VALUE    = VALUE_BITS,   // or ACC_BITS
    parameter PRELOAD       = 0,
    parameter INIT_PREFIX   = "",
    parameter CORE          = 0,            // its number, for the names of files
    parameter ELEMENT_BITS  = ((ACT_WORDS > 1) ? $clog2(ACT_WORDS) : 1) + 4,
    parameter FLOW_BITS     = (FLOWS > 1) ? $clog2(FLOWS) : 1,
    parameter FLIT          = FLOW_BITS + Y_BITS + X_BITS + C_BITS + FLIT_VALUE
) (
    input  wire                    clk_i,
    input  wire                    rst_ni,
    // configuration: memories 1, 2, 3; what an access means holds for the cycle behind cfg_en_i too
    input  wire                    cfg_en_i,
    input  wire                    cfg_we_i,
    input  wire [3:0]              cfg_mem_i,
    input  wire [17:0]             cfg_word_i,
    input  wire [31:0]             cfg_data_i,
    output wire [31:0]             cfg_data_o,   // three cycles after cfg_en_i, holds; zeros when cfg_mem_i is none of these
    output wire                    cfg_known_o,  // there is such a word
    // weights that are written while the core works
    input  wire                    stream_en_i,
    input  wire [17:0]             stream_word_i,
    input  wire [31:0]             stream_data_i,
    output wire                    stream_known_o,  // there is such a word
    // slots
    input  wire                    go_i,
    input  wire [3:0]              turn_i,       // its number, there with go_i
    output wire                    ready_o,
    output wire                    done_o,
    output wire                    rest_o,       // the engines have done the slot; what arrives may still be stored
    output wire                    kept_o,       // what had come two cycles ago is written back, or was the cycle before
    output wire                    sample_end_o, // with done_o: the slot was the sample's last
    output wire                    rests_o,      // nothing will change until something comes in
    // values that arrive
    input  wire                    put_valid_i,
    output wire                    put_ready_o,
    input  wire [ELEMENT_BITS-1:0] put_element_i,
    input  wire [VALUE_BITS-1:0]   put_value_i,
    input  wire                    put_parity_i,
    // results
    output wire                    out_valid_o,
    input  wire                    out_ready_i,
    output wire [FLIT-1:0]         out_flit_o,
    output wire                    out_sum_o,
    // errors and counters
    output wire                    over_o,       // a list was full
    output wire                    address_o,    // an element beyond the activations was to be read
    output wire                    count_move_o,
    output wire                    count_event_o,
    output wire                    count_stall_o
);
    localparam PC_BITS    = (PROGRAM_WORDS > 1) ? $clog2(PROGRAM_WORDS) : 1;
    localparam WEIGHT_AT  = (WEIGHT_ROWS > 1) ? $clog2(WEIGHT_ROWS) : 1;
    localparam PARAM_BITS = (PARAM_WORDS > 1) ? $clog2(PARAM_WORDS) : 1;
    localparam WORD_BITS  = ELEMENT_BITS - 4;
    localparam LANE_BITS  = $clog2(LANES + 1);
    // Numbers of elements: weight rows, channels of a pool, at least those of a word.
    localparam ROW_LEAST  = (WEIGHT_AT > 5) ? WEIGHT_AT : 5;
    localparam ROW_BITS   = (POOL != 0 && C_BITS > ROW_LEAST) ? C_BITS : ROW_LEAST;
    localparam CHANNELS   = (C_BITS >= LANE_BITS) ? C_BITS + 1 : LANE_BITS + 1;
    localparam CHANNEL_BITS = (CHANNELS < 16) ? CHANNELS : 16;
    // Windows of two blocks or fewer seldom have an empty one: lanes need no step of eight for them.
    localparam STRIDE     = (STRIDES == 0) ? 0 : (VALUE_BITS > 4) ? 2 : 1;
    localparam LIST_BITS  = Y_BITS + X_BITS + 1;   // both have 11 bits at most

    generate
        if (SLOPE_BITS < WEIGHT_BITS || ACC_BITS < SLOPE_BITS || ACC_BITS > 32 || RAMP_BITS >= ACC_BITS
            || VALUE_BITS < 1 || VALUE_BITS > 10 || C_BITS < 1 || C_BITS > 16 || Y_BITS < 1 || Y_BITS > 11
            || X_BITS < 1 || X_BITS > 11 || ACT_WORDS < 2 || ACT_WORDS > 65536 || LIST_ENTRIES < 2
            || SEGMENTS < 1 || SEGMENTS > 8 || LANES < 1 || LANES > 256 || PROGRAM_WORDS < 16
            || (CONV == 0 && (POOL != 0 || CLASSES != 0))) begin : g_check
            ttfs_core_parameter_out_of_range u_stop ();
        end
    endgenerate

    // The core's number as text, without leading zeros, for the names of files.
    localparam [79:0] DIGITS = "9876543210";  // digit d at bits [8*d +: 8]
    localparam LENGTH = (CORE < 10) ? 1 : (CORE < 100) ? 2 : (CORE < 1000) ? 3 : 4;
    localparam [31:0] TEXT = {DIGITS[8*(CORE/1000%10) +: 8], DIGITS[8*(CORE/100%10) +: 8],
                              DIGITS[8*(CORE/10%10) +: 8], DIGITS[8*(CORE%10) +: 8]};
    localparam [8*LENGTH-1:0] NUMBER = TEXT[8*LENGTH-1:0];

    // Everything but memories and their port begins anew when the program changes.
    reg  rst_q;
    wire wrote;
    always @(posedge clk_i) rst_q <= rst_ni && !wrote;

    // Configuration.
    wire [3:1]  here = {cfg_mem_i == 4'd3, cfg_mem_i == 4'd2, cfg_mem_i == 4'd1};
    wire [3:1]  known;
    wire [31:0] back [1:3];
    assign cfg_known_o = |(here & known);
    assign cfg_data_o  = back[1] | back[2] | back[3];

    // An access to the program or the parameters is done a cycle later: what it means holds until then.
    reg program_en_q, params_en_q;
    always @(posedge clk_i) begin
        program_en_q <= cfg_en_i && here[1];
        params_en_q  <= cfg_en_i && here[3];
    end

    // The programs.
    wire [2:0]         fetch, grant;
    wire [3*PC_BITS-1:0] fetch_at;
    wire [31:0]        word32;
    wire [2:0]         fetched;           // an engine has its next record

    ttfs_program #(
        .WORDS(PROGRAM_WORDS), .PRELOAD(PRELOAD), .INIT({INIT_PREFIX, "core", NUMBER, "_program.hex"})
    ) u_program (
        .clk_i      (clk_i),
        .req_i      (fetch),
        .at_i       (fetch_at),
        .grant_o    (grant),
        .data_o     (word32),
        .cfg_mine_i (here[1]),
        .cfg_en_i   (program_en_q),
        .cfg_we_i   (cfg_we_i),
        .cfg_word_i (cfg_word_i),
        .cfg_data_i (cfg_data_i),
        .cfg_data_o (back[1]),
        .cfg_known_o(known[1]),
        .wrote_o    (wrote)
    );

    // Activations.
    wire                     get, get_write, get_ready, lost, odd, empty, store_ready, clean, stored;
    wire [WORD_BITS-1:0]     get_at;
    wire [16*VALUE_BITS-1:0] word;
    wire                     scan_done, walk_done, fire_done, full, lanes_idle;
    wire                     engines_done = scan_done && walk_done && fire_done && !full && lanes_idle;

    ttfs_store #(.VALUE_BITS(VALUE_BITS), .WORDS(ACT_WORDS)) u_store (
        .clk_i        (clk_i),
        .rst_ni       (rst_q),
        .ready_o      (store_ready),
        .put_i        (put_valid_i),
        .put_ready_o  (put_ready_o),
        .put_at_i     (put_element_i[ELEMENT_BITS-1:4]),
        .put_element_i(put_element_i[3:0]),
        .put_value_i  (put_value_i),
        .put_parity_i (put_parity_i),
        .flush_i      (engines_done),
        .drop_i       (go_i && clean && !put_valid_i),   // a later slot's go does, where values come now
        .clean_o      (clean),
        .wrote_o      (stored),
        .get_i        (get),
        .get_write_i  (get_write),
        .get_at_i     (get_at),
        .get_ready_o  (get_ready),
        .lost_o       (lost),
        .get_word_o   (word),
        .get_empty_o  (empty),
        .get_odd_o    (odd)
    );

    // Scan.
    wire                  pool, ev, ev_close, fill, pool_ready;
    wire [VALUE_BITS-1:0] ev_value;
    wire [ROW_BITS-1:0]   ev_row;
    wire                  ev_ready = pool ? pool_ready : fill;

    ttfs_scan_engine #(
        .VALUE_BITS(VALUE_BITS), .ACT_WORDS(ACT_WORDS), .ROW_BITS(ROW_BITS), .Y_BITS(Y_BITS),
        .X_BITS(X_BITS), .SEGMENTS(SEGMENTS), .CONV(CONV), .POOL(POOL), .PC_BITS(PC_BITS)
    ) u_scan (
        .clk_i       (clk_i),
        .rst_ni      (rst_q),
        .go_i        (go_i),
        .turn_i      (turn_i),
        .done_o      (scan_done),
        .sample_end_o(sample_end_o),
        .address_o   (address_o),
        .fetch_o     (fetch[0]),
        .fetch_at_o  (fetch_at[0 +: PC_BITS]),
        .grant_i     (grant[0]),
        .fetched_o   (fetched[0]),
        .data_i      (word32),
        .get_o       (get),
        .get_write_o (get_write),
        .get_at_o    (get_at),
        .get_ready_i (get_ready),
        .lost_i      (lost),
        .word_i      (word),
        .empty_i     (empty),
        .odd_i       (odd),
        .pool_o      (pool),
        .event_o     (ev),
        .close_o     (ev_close),
        .ready_i     (ev_ready),
        .value_o     (ev_value),
        .row_o       (ev_row)
    );

    // Lists, walk.
    wire                  list_ready, walk_start, walk_release, lanes_ready, take;
    wire                  step_event, step_tick, step_pair, step_far, step_last;
    wire [VALUE_BITS-1:0] top;
    wire [ROW_BITS-1:0]   number, row;
    wire                  unused_busy, unused_walk_end;

    ttfs_bucket #(
        .VALUE_BITS(VALUE_BITS), .ENTRIES(LIST_ENTRIES), .ROW_BITS(ROW_BITS), .STRIDE(STRIDE)
    ) u_bucket (
        .clk_i    (clk_i),
        .rst_ni   (rst_q),
        .ready_o  (list_ready),
        .fill_o   (fill),
        .insert_i (ev && !pool && fill),
        .value_i  (ev_value),
        .row_i    (ev_row),
        .close_i  (ev_close && !pool && fill),
        .over_o   (over_o),
        .full_o   (full),
        .start_i  (walk_start),
        .release_i(walk_release),
        .top_i    (top),
        .en_i     (lanes_ready),
        .event_o  (step_event),
        .row_o    (number),
        .tick_o   (step_tick),
        .pair_o   (step_pair),
        .far_o    (step_far),
        .last_o   (step_last),
        .busy_o   (unused_busy)
    );

    ttfs_walk_engine #(
        .VALUE_BITS(VALUE_BITS), .ROW_BITS(ROW_BITS), .GROUP_BITS(CHANNEL_BITS), .LIST_BITS(LIST_BITS),
        .CONV(CONV), .PC_BITS(PC_BITS)
    ) u_walk (
        .clk_i       (clk_i),
        .rst_ni      (rst_q),
        .go_i        (go_i),
        .done_o      (walk_done),
        .sample_end_o(unused_walk_end),
        .fetch_o     (fetch[1]),
        .fetch_at_o  (fetch_at[PC_BITS +: PC_BITS]),
        .grant_i     (grant[1]),
        .fetched_o   (fetched[1]),
        .data_i      (word32),
        .full_i      (full),
        .start_o     (walk_start),
        .release_o   (walk_release),
        .top_o       (top),
        .last_i      (step_last && lanes_ready),
        .number_i    (number),
        .row_o       (row),
        .take_o      (take)
    );

    // Lanes.
    wire                         weights_re, chain_free, capture, shift, moved_event;
    wire [WEIGHT_AT-1:0]         weights_at;
    wire [LANES*WEIGHT_BITS-1:0] weights, weights_read, weights_kept;
    wire                         streams;
    wire [ACC_BITS-1:0]          potential;

    ttfs_lanes #(
        .LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS), .SLOPE_BITS(SLOPE_BITS), .ACC_BITS(ACC_BITS),
        .ROW_BITS(WEIGHT_AT), .STRIDE(STRIDE)
    ) u_lanes (
        .clk_i       (clk_i),
        .rst_ni      (rst_q),
        .ready_o     (lanes_ready),
        .event_i     (step_event),
        .row_i       (row[WEIGHT_AT-1:0]),
        .tick_i      (step_tick),
        .pair_i      (step_pair),
        .far_i       (step_far),
        .last_i      (step_last),
        .take_i      (take),
        .weights_re_o(weights_re),
        .weights_at_o(weights_at),
        .weights_i   (weights),
        .weights_o   (weights_kept),
        .busy_i      (streams),
        .chain_free_i(chain_free),
        .capture_o   (capture),
        .shift_i     (shift),
        .potential_o (potential),
        .idle_o      (lanes_idle),
        .event_o     (moved_event)
    );

    ttfs_memory #(
        .WIDTH(LANES * WEIGHT_BITS), .WORDS(WEIGHT_ROWS), .KEPT(STREAM == 0), .PRELOAD(PRELOAD),
        .INIT({INIT_PREFIX, "core", NUMBER, "_weights.hex"})
    ) u_weights (
        .clk_i      (clk_i),
        .en_i       (weights_re),
        .at_i       (weights_at),
        .data_o     (weights_read),
        .kept_i     (weights_kept),
        .cfg_mine_i (here[2]),
        .cfg_en_i   ((cfg_en_i && here[2]) || streams),
        .cfg_we_i   (cfg_we_i || streams),
        .cfg_word_i (streams ? stream_word_i : cfg_word_i),
        .cfg_data_i (streams ? stream_data_i : cfg_data_i),
        .cfg_data_o (back[2]),
        .cfg_known_o(known[2])
    );
    assign stream_known_o = streams && known[2];

    // A word that is streamed takes the port of the weights for its cycle; a row that was read the cycle before is
    // kept for the lanes, which wait.
    generate
        if (STREAM != 0) begin : g_stream
            reg                         read_q;
            reg [LANES*WEIGHT_BITS-1:0] kept_q;
            always @(posedge clk_i) begin
                read_q <= weights_re;
                if (read_q) kept_q <= weights_read;
            end
            assign streams = stream_en_i;
            assign weights = read_q ? weights_read : kept_q;
        end else begin : g_still
            assign streams = 1'b0;
            assign weights = weights_read;
            wire unused_stream = &{1'b0, stream_en_i, stream_word_i, stream_data_i};
        end
    endgenerate

    // Fire.
    wire                          param_re;
    wire [PARAM_BITS-1:0]         param_at;
    wire [ACC_BITS+RAMP_BITS-1:0] param;
    wire                          unused_fire_end;

    ttfs_fire_engine #(
        .LANES(LANES), .ACC_BITS(ACC_BITS), .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS),
        .FLOW_BITS(FLOW_BITS), .Y_BITS(Y_BITS), .X_BITS(X_BITS), .C_BITS(C_BITS), .ROW_BITS(ROW_BITS),
        .PARAM_BITS(PARAM_BITS), .CHANNEL_BITS(CHANNEL_BITS), .FLIT_VALUE(FLIT_VALUE), .CONV(CONV),
        .POOL(POOL), .CLASSES(CLASSES), .PC_BITS(PC_BITS)
    ) u_fire (
        .clk_i         (clk_i),
        .rst_ni        (rst_q),
        .go_i          (go_i),
        .done_o        (fire_done),
        .sample_end_o  (unused_fire_end),
        .fetch_o       (fetch[2]),
        .fetch_at_o    (fetch_at[2*PC_BITS +: PC_BITS]),
        .grant_i       (grant[2]),
        .fetched_o     (fetched[2]),
        .data_i        (word32),
        .chain_free_o  (chain_free),
        .capture_i     (capture),
        .shift_o       (shift),
        .potential_i   (potential),
        .param_re_o    (param_re),
        .param_at_o    (param_at),
        .param_i       (param),
        .pool_event_i  (ev),
        .pool_close_i  (ev_close),
        .pool_ready_o  (pool_ready),
        .pool_value_i  (ev_value),
        .pool_channel_i(ev_row),
        .out_valid_o   (out_valid_o),
        .out_ready_i   (out_ready_i),
        .out_flit_o    (out_flit_o),
        .out_sum_o     (out_sum_o)
    );

    ttfs_memory #(
        .WIDTH(ACC_BITS + RAMP_BITS), .WORDS(PARAM_WORDS), .PRELOAD(PRELOAD),
        .INIT({INIT_PREFIX, "core", NUMBER, "_params.hex"})
    ) u_params (
        .clk_i      (clk_i),
        .en_i       (param_re),
        .at_i       (param_at),
        .data_o     (param),
        .kept_i     ({(ACC_BITS + RAMP_BITS) {1'b0}}),
        .cfg_mine_i (here[3]),
        .cfg_en_i   (params_en_q),
        .cfg_we_i   (cfg_we_i),
        .cfg_word_i (cfg_word_i),
        .cfg_data_i (cfg_data_i),
        .cfg_data_o (back[3]),
        .cfg_known_o(known[3])
    );

    // What the chip sees. A put that arrives now is not stored yet.
    reg done_q, rest_q, kept_q, move_q, event_q, stall_q;
    always @(posedge clk_i) begin
        done_q  <= rst_q && engines_done && clean && !go_i && !put_valid_i;
        rest_q  <= rst_q && engines_done && !go_i;
        kept_q  <= clean || stored;
        move_q  <= lanes_ready && !lanes_idle;
        event_q <= moved_event;
        stall_q <= !lanes_ready;
    end

    assign ready_o       = rst_q && store_ready && list_ready;
    assign done_o        = done_q;
    assign rest_o        = rest_q;
    assign kept_o        = kept_q;
    assign rests_o       = done_q && ready_o && &fetched;
    assign count_move_o  = move_q;
    assign count_event_o = event_q;
    assign count_stall_o = stall_q;
    wire unused = &{1'b0, unused_busy, unused_walk_end, unused_fire_end, row};
endmodule

`default_nettype wire
