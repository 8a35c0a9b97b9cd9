// SPDX-License-Identifier: Apache-2.0
//
// The chip (docs/core.md): CORES_X x CORES_Y nodes, the slots, the configuration port. A sample begins
// with start_i while busy_o is low; its slots follow one another, each when all nodes are quiet in one and
// the same cycle (the first also when the host has sent the end) until core 0 says that it was the last:
// done_o, one cycle. busy_o is high after reset too, until the cores are ready, and while the
// configuration port works. With STREAM a slot waits for the weights of the next one too. The host is at
// port west of node 0. Reset is synchronous, active low; one clock. No output depends on an input in the
// same cycle. With PRELOAD the memories come from <INIT_PREFIX>core<N>_<memory>.hex.

`default_nettype none

module ttfs_chip #(
    parameter CORES_X       = 1,
    parameter CORES_Y       = 1,
    parameter LANES         = 16,
    parameter WEIGHT_BITS   = 8,
    parameter SLOPE_BITS    = 24,
    parameter ACC_BITS      = 32,
    parameter RAMP_BITS     = 24,
    parameter VALUE_BITS    = 8,
    parameter C_BITS        = 11,
    parameter Y_BITS        = 7,
    parameter X_BITS        = 7,
    parameter ACT_WORDS     = 256,
    parameter LIST_ENTRIES  = 256,
    parameter WEIGHT_ROWS   = 1024,
    parameter PARAM_WORDS   = 256,
    parameter PROGRAM_WORDS = 1024,
    parameter FLOWS         = 64,
    parameter BUFFERS       = 32,
    parameter TABLE_WORDS   = 512,
    parameter SEGMENTS      = 4,
    parameter STRIDES       = 1,
    parameter CONV          = 1,
    parameter POOL          = 1,
    parameter CLASSES       = 1,
    parameter COUNTERS      = 1,
    parameter STREAM        = 0,
    parameter CLOCK_GATES   = 0,   // cores that rest have no clock; nothing else differs
    parameter PRELOAD       = 0,
    parameter INIT_PREFIX   = "",
    parameter CHIP_HASH     = 0,
    parameter CORES         = CORES_X * CORES_Y,
    parameter FLOW_BITS     = (FLOWS > 1) ? $clog2(FLOWS) : 1,
    parameter FLIT_VALUE    = (CORES > 1) ? VALUE_BITS : ACC_BITS,
    parameter ID_BITS       = Y_BITS + X_BITS + C_BITS,
    parameter TURN          = (CORES > 1) ? 1 : 0,   // bits of a flit's turn
    parameter FLIT          = FLOW_BITS + TURN + ID_BITS + FLIT_VALUE
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // configuration
    input  wire                  cfg_valid_i,
    output wire                  cfg_ready_o,
    input  wire                  cfg_write_i,
    input  wire [31:0]           cfg_addr_i,
    input  wire [31:0]           cfg_data_i,
    output wire                  cfg_rvalid_o,
    output wire [31:0]           cfg_rdata_o,
    // samples
    input  wire                  start_i,
    output wire                  busy_o,
    output wire                  done_o,
    // the input's values; a transfer with in_end_i is the end marker and carries none
    input  wire                  in_valid_i,
    output wire                  in_ready_o,
    input  wire                  in_end_i,
    input  wire [FLIT-1:0]       in_flit_i,
    // the memory that weights are streamed from: bursts are asked for, words come in that order
    output wire                  mem_req_valid_o,
    input  wire                  mem_req_ready_i,
    output wire [31:0]           mem_req_addr_o,   // words
    output wire [6:0]            mem_req_words_o,
    input  wire                  mem_valid_i,
    output wire                  mem_ready_o,
    input  wire [31:0]           mem_data_i,
    // sums of readouts
    output wire                  out_valid_o,
    input  wire                  out_ready_i,
    output wire [FLIT-1:0]       out_flit_o,
    // monitors: the current slot, high from its first cycle to its last; errors; each core's results
    output wire                  slot_valid_o,
    output wire [11:0]           slot_o,
    output wire [10:0]           flags_o,
    output wire [CORES-1:0]      trace_valid_o,
    output wire [CORES*FLIT-1:0] trace_flit_o
);
    generate
        if (CORES_X < 1 || CORES_X > 32 || CORES_Y < 1 || CORES_Y > 32 || LANES < 1 || LANES > 256
            || WEIGHT_BITS < 2 || WEIGHT_BITS > 16 || SLOPE_BITS < 4 || SLOPE_BITS > 32
            || SLOPE_BITS < WEIGHT_BITS || ACC_BITS < 4 || ACC_BITS > 32 || ACC_BITS < SLOPE_BITS
            || RAMP_BITS < 1 || RAMP_BITS >= ACC_BITS || VALUE_BITS < 1 || VALUE_BITS > 10
            || C_BITS < 1 || C_BITS > 16 || Y_BITS < 1 || Y_BITS > 11 || X_BITS < 1 || X_BITS > 11
            || ACT_WORDS < 2 || ACT_WORDS > 65536 || LIST_ENTRIES < 2 || LIST_ENTRIES > 32768
            || WEIGHT_ROWS < 2 || WEIGHT_ROWS > 262144 || PARAM_WORDS < 2 || PARAM_WORDS > 131072
            || PROGRAM_WORDS < 16 || PROGRAM_WORDS > 65536 || FLOWS < 2 || FLOWS > 4096
            || BUFFERS < 2 || BUFFERS > 1024 || TABLE_WORDS < 2 || TABLE_WORDS > 65536
            || SEGMENTS < 1 || SEGMENTS > 8 || STRIDES < 0 || STRIDES > 1 || STREAM < 0 || STREAM > 1 || FLIT > 64
            || (CONV == 0 && (POOL != 0 || CLASSES != 0))) begin : g_check
            ttfs_chip_parameter_out_of_range u_stop ();
        end
    endgenerate

    // Slots. What all nodes are is two cycles old (settle_q): nothing can begin again in between.
    localparam [1:0] IDLE = 2'd0, GO = 2'd1, RUN = 2'd2;

    reg [1:0]         state_q, settle_q;
    reg [3:0]         turn_q;
    reg [11:0]        slot_q;
    reg               open_q;   // takes the input: slot 0 runs, and its end has not come
    reg               closed_q, quiet_q, ready_q, done_q;
    reg [31:0]        waited_q;   // cycles that the host has kept it waiting, and one
    wire [CORES-1:0]  node_ready, node_quiet, node_sample_end;
    wire [31:0]       patience;
    wire              refuse, config_idle, stream_done, trace, early;
    wire              ahead;   // with early: the turn behind this one has begun
    wire [31:0]       cycles;

    wire first    = slot_q == 12'd0;
    wire takes    = in_valid_i && in_ready_o;
    wire gives_up = open_q && !in_valid_i && waited_q == patience && patience != 32'd0;
    wire asked    = start_i && !busy_o;
    wire slot_end = state_q == RUN && settle_q[1] && quiet_q;
    wire turn_end = slot_end && (early || node_sample_end[0]);
    wire next     = early && state_q == RUN && !ahead && !open_q && !slot_end;   // may begin
    wire begins   = asked && !refuse;

    generate
        if (CORES > 1) begin : g_ahead
            reg ahead_q;
            always @(posedge clk_i) ahead_q <= rst_ni && ((next && begins) || (ahead_q && !turn_end));
            assign ahead = ahead_q;
        end else begin : g_alone
            assign ahead = 1'b0;
        end
    endgenerate

    always @(posedge clk_i) begin
        closed_q <= state_q == RUN && (ahead || !open_q);
        quiet_q  <= &node_quiet && closed_q && stream_done;
        settle_q <= (state_q != RUN || slot_end) ? 2'd0 : settle_q[1] ? settle_q : settle_q + 2'd1;
        waited_q <= (!open_q || in_valid_i) ? 32'd1 : waited_q + 32'd1;
        if (!rst_ni) begin
            state_q  <= IDLE;
            slot_q   <= 12'd0;
            turn_q   <= 4'd0;
            open_q   <= 1'b0;
            ready_q  <= 1'b0;
            done_q   <= 1'b0;
        end else begin
            ready_q <= &node_ready;
            done_q  <= turn_end;
            if (state_q == GO || (next && begins)) open_q <= first;
            else if ((takes && in_end_i) || gives_up) open_q <= 1'b0;
            case (state_q)
                IDLE: if (begins) begin
                    state_q <= GO;
                    slot_q  <= 12'd0;
                end
                GO: state_q <= RUN;
                default: if (slot_end) begin
                    state_q <= !turn_end ? GO : ahead ? RUN : IDLE;
                    if (turn_end) turn_q <= turn_q + 4'd1;
                    else slot_q <= slot_q + 12'd1;
                end
            endcase
        end
    end

    // The cycles of the last sample; with early since the end of the one before.
    generate
        if (COUNTERS != 0) begin : g_cycles
            reg [31:0] cycles_q;
            always @(posedge clk_i)
                if (!rst_ni || (state_q == IDLE && begins) || (turn_end && ahead)) cycles_q <= 32'd0;
                else if (state_q != IDLE) cycles_q <= cycles_q + 32'd1;
            assign cycles = cycles_q;
        end else begin : g_no_cycles
            assign cycles = 32'd0;
        end
    endgenerate

    assign busy_o       = !(state_q == IDLE || next) || !ready_q || !config_idle;
    assign done_o       = done_q;
    assign slot_o       = slot_q;
    assign slot_valid_o = state_q != IDLE;

    // Configuration and errors.
    wire [CORES-1:0]    cfg_en, cfg_at, node_known;
    wire                cfg_we;
    wire [3:0]          cfg_mem;
    wire [17:0]         cfg_word;
    wire [31:0]         cfg_data;
    wire [4:0]          clear;
    wire [CORES*32-1:0] node_data;
    wire [CORES*5-1:0]  node_flags;
    wire [CORES-1:0]    stream_en, node_stream_known;
    wire [17:0]         stream_word;
    wire [31:0]         stream_data;
    wire                stream_checksum, stream_nowhere;
    reg  [31:0]         back;
    reg  [4:0]          any, flags_q;
    integer n;
    always @* begin
        back = 32'd0;
        any  = 5'd0;
        for (n = 0; n < CORES; n = n + 1) begin
            back = back | (node_data[32*n +: 32] & {32{CORES == 1 || cfg_at[n]}});
            any  = any | node_flags[5*n +: 5];
        end
    end
    always @(posedge clk_i) flags_q <= rst_ni ? any : 5'd0;

    ttfs_config #(.CORES(CORES), .CHIP_HASH(CHIP_HASH)) u_config (
        .clk_i       (clk_i),
        .rst_ni      (rst_ni),
        .valid_i     (cfg_valid_i),
        .ready_o     (cfg_ready_o),
        .write_i     (cfg_write_i),
        .addr_i      (cfg_addr_i),
        .data_i      (cfg_data_i),
        .rvalid_o    (cfg_rvalid_o),
        .rdata_o     (cfg_rdata_o),
        .en_o        (cfg_en),
        .at_o        (cfg_at),
        .we_o        (cfg_we),
        .mem_o       (cfg_mem),
        .word_o      (cfg_word),
        .data_o      (cfg_data),
        .known_i     (|(node_known & cfg_at)),
        .node_data_i (back),
        .clear_o     (clear),
        .sample_i    (state_q != IDLE || begins),
        .host_i      (gives_up),
        .refused_i   (asked && refuse),
        .checksum_i  (stream_checksum),
        .nowhere_i   (stream_nowhere),
        .node_flags_i(flags_q),
        .cycles_i    (cycles),
        .patience_o  (patience),
        .trace_o     (trace),
        .early_o     (early),
        .refuse_o    (refuse),
        .idle_o      (config_idle),
        .flags_o     (flags_o)
    );

    // Weights from outside.
    generate
        if (STREAM != 0) begin : g_stream
            ttfs_stream #(.CORES(CORES)) u_stream (
                .clk_i      (clk_i),
                .rst_ni     (rst_ni),
                .go_i       (state_q == GO && !early),
                .first_i    (first),
                .done_o     (stream_done),
                .req_valid_o(mem_req_valid_o),
                .req_ready_i(mem_req_ready_i),
                .req_addr_o (mem_req_addr_o),
                .req_words_o(mem_req_words_o),
                .valid_i    (mem_valid_i),
                .ready_o    (mem_ready_o),
                .data_i     (mem_data_i),
                .en_o       (stream_en),
                .word_o     (stream_word),
                .data_o     (stream_data),
                .known_i    (|node_stream_known),
                .checksum_o (stream_checksum),
                .nowhere_o  (stream_nowhere)
            );
        end else begin : g_still
            assign stream_done     = 1'b1;
            assign mem_req_valid_o = 1'b0;
            assign mem_req_addr_o  = 32'd0;
            assign mem_req_words_o = 7'd0;
            assign mem_ready_o     = 1'b0;
            assign stream_en       = {CORES{1'b0}};
            assign stream_word     = 18'd0;
            assign stream_data     = 32'd0;
            assign stream_checksum = 1'b0;
            assign stream_nowhere  = 1'b0;
            wire unused_stream = &{1'b0, mem_req_ready_i, mem_valid_i, mem_data_i, node_stream_known};
        end
    endgenerate

    // The nodes, and the wires of their ports: 0 north, 1 east, 2 south, 3 west. All nodes are one and the same module
    // with the same parameters (but those of preloaded memories): a tool may build it once.
    wire [4*CORES-1:0]      in_valid, in_ready, out_valid, out_ready;
    wire [4*CORES*FLIT-1:0] in_flit, out_flit;

    // What enters is of the turn that began last.
    wire [FLIT-1:0] entered;
    generate
        if (TURN != 0) begin : g_entered
            localparam BELOW = ID_BITS + FLIT_VALUE;
            assign entered = {in_flit_i[FLIT-1 -: FLOW_BITS], turn_q[0] ^ ahead, in_flit_i[BELOW-1:0]};
        end else begin : g_as_it_is
            assign entered = in_flit_i;
        end
    endgenerate

    genvar x, y;
    generate
        for (y = 0; y < CORES_Y; y = y + 1) begin : g_row
            for (x = 0; x < CORES_X; x = x + 1) begin : g_col
                localparam I = y * CORES_X + x;
                localparam NORTH = (y > 0), EAST = (x < CORES_X - 1), SOUTH = (y < CORES_Y - 1), WEST = (x > 0);
                localparam HOST = (I == 0);
                localparam [3:0] PORTS = {WEST || HOST, SOUTH, EAST, NORTH};
                // The neighbour's port that faces each port; where there is none, the port itself.
                localparam N = NORTH ? 4 * (I - CORES_X) + 2 : 4 * I;
                localparam E = EAST ? 4 * (I + 1) + 3 : 4 * I + 1;
                localparam S = SOUTH ? 4 * (I + CORES_X) : 4 * I + 2;
                localparam W = WEST ? 4 * (I - 1) + 1 : 4 * I + 3;

                assign in_valid[4*I +: 4] = {HOST ? in_valid_i && !in_end_i && open_q : WEST && out_valid[W],
                    SOUTH && out_valid[S], EAST && out_valid[E], NORTH && out_valid[N]};
                assign in_flit[4*I*FLIT +: 4*FLIT] = {HOST ? entered : out_flit[W*FLIT +: FLIT],
                    out_flit[S*FLIT +: FLIT], out_flit[E*FLIT +: FLIT], out_flit[N*FLIT +: FLIT]};
                assign out_ready[4*I +: 4] = {HOST ? out_ready_i : WEST && in_ready[W],
                    SOUTH && in_ready[S], EAST && in_ready[E], NORTH && in_ready[N]};

                ttfs_node #(
                    .LANES(LANES), .WEIGHT_BITS(WEIGHT_BITS), .SLOPE_BITS(SLOPE_BITS), .ACC_BITS(ACC_BITS),
                    .RAMP_BITS(RAMP_BITS), .VALUE_BITS(VALUE_BITS), .C_BITS(C_BITS), .Y_BITS(Y_BITS),
                    .X_BITS(X_BITS), .ACT_WORDS(ACT_WORDS), .LIST_ENTRIES(LIST_ENTRIES),
                    .WEIGHT_ROWS(WEIGHT_ROWS), .PARAM_WORDS(PARAM_WORDS), .PROGRAM_WORDS(PROGRAM_WORDS),
                    .FLOWS(FLOWS), .BUFFERS(BUFFERS), .TABLE_WORDS(TABLE_WORDS), .SEGMENTS(SEGMENTS),
                    .STRIDES(STRIDES), .CONV(CONV), .POOL(POOL), .CLASSES(CLASSES), .STREAM(STREAM), .COUNTERS(COUNTERS),
                    .MESH(CORES > 1), .CLOCK_GATES(CLOCK_GATES), .PRELOAD(PRELOAD), .INIT_PREFIX(INIT_PREFIX),
                    .CORE((PRELOAD != 0) ? I : 0)
                ) u_node (
                    .clk_i        (clk_i),
                    .rst_ni       (rst_ni),
                    .cfg_en_i     (cfg_en[I]),
                    .cfg_we_i     (cfg_we),
                    .cfg_mem_i    (cfg_mem),
                    .cfg_word_i   (cfg_word),
                    .cfg_data_i   (cfg_data),
                    .cfg_data_o   (node_data[32*I +: 32]),
                    .cfg_known_o  (node_known[I]),
                    .stream_en_i  (stream_en[I]),
                    .stream_word_i(stream_word),
                    .stream_data_i(stream_data),
                    .stream_known_o(node_stream_known[I]),
                    .clear_i      (clear),
                    .flags_o      (node_flags[5*I +: 5]),
                    .go_i         (state_q == GO),
                    .turn_i       (turn_q),
                    .early_i      (early),
                    .run_i        (state_q == RUN),
                    .ahead_i      (ahead),
                    .trace_i      (trace),
                    .ready_o      (node_ready[I]),
                    .quiet_o      (node_quiet[I]),
                    .sample_end_o (node_sample_end[I]),
                    .ports_i      (PORTS),
                    .in_valid_i   (in_valid[4*I +: 4]),
                    .in_ready_o   (in_ready[4*I +: 4]),
                    .in_flit_i    (in_flit[4*I*FLIT +: 4*FLIT]),
                    .out_valid_o  (out_valid[4*I +: 4]),
                    .out_ready_i  (out_ready[4*I +: 4]),
                    .out_flit_o   (out_flit[4*I*FLIT +: 4*FLIT]),
                    .trace_valid_o(trace_valid_o[I]),
                    .trace_flit_o (trace_flit_o[I*FLIT +: FLIT])
                );
            end
        end
    endgenerate

    assign in_ready_o  = open_q && in_ready[3];
    assign out_valid_o = out_valid[3];
    assign out_flit_o  = out_flit[3*FLIT +: FLIT];
    wire unused = &{1'b0, node_sample_end, in_ready, out_valid, out_flit, in_flit_i};
endmodule

`default_nettype wire
