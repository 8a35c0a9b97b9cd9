// SPDX-License-Identifier: Apache-2.0
//
// The chip: cores on a spike bus, the slot controller, the configuration port and the readout. A
// sample begins with start_i while busy_o is low; its slots follow one another, each when all cores
// have finished, the bus is empty and the readouts are taken (the first also when the host has sent
// the end). done_o is high for one cycle at the end. busy_o is high after reset too, until the cores
// are ready. The host's spikes pass only in slot 0. Reset is synchronous, active low. With PRELOAD the
// memories come from <INIT_PREFIX>core<N>_weights.hex and <INIT_PREFIX>core<N>_desc.hex.

`default_nettype none

module ttfs_chip #(
    parameter CORES       = 2,
    parameter LANES       = 16,
    parameter WEIGHT_BITS = 8,
    parameter SLOPE_BITS  = 16,
    parameter ACC_BITS    = 24,
    parameter TICK_BITS   = 8,
    parameter C_BITS      = 6,
    parameter Y_BITS      = 5,
    parameter X_BITS      = 5,
    parameter SLOTS       = 8,
    parameter WEIGHT_ROWS = 1024,
    parameter LIST_WORDS  = 1024,
    parameter LOG_WORDS   = 1024,
    parameter SEEN_WORDS  = 256,
    parameter PRELOAD     = 0,
    parameter INIT_PREFIX = "",
    parameter ID_BITS     = C_BITS + Y_BITS + X_BITS,
    parameter SLOT_BITS   = (SLOTS > 1) ? $clog2(SLOTS) : 1
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    // configuration
    input  wire                       cfg_valid_i,
    output wire                       cfg_ready_o,
    input  wire [31:0]                cfg_addr_i,
    input  wire [31:0]                cfg_data_i,
    // samples
    input  wire                       start_i,
    output wire                       busy_o,
    output wire                       done_o,
    // the input's spikes; a transfer with in_end_i is the end marker and carries none
    input  wire                       in_valid_i,
    output wire                       in_ready_o,
    input  wire                       in_end_i,
    input  wire [TICK_BITS-1:0]       in_tick_i,
    input  wire [ID_BITS-1:0]         in_id_i,
    // monitors: the current slot, high from its first cycle to its last; each core's spikes
    output wire                       slot_valid_o,
    output wire [SLOT_BITS-1:0]       slot_o,
    output wire [CORES-1:0]           trace_valid_o,
    output wire [CORES*TICK_BITS-1:0] trace_tick_o,
    output wire [CORES*ID_BITS-1:0]   trace_id_o,
    // readouts
    output wire                       ro_valid_o,
    input  wire                       ro_ready_i,
    output wire [ID_BITS-1:0]         ro_id_o,
    output wire [ACC_BITS-1:0]        ro_value_o
);
    localparam ROW_BITS = (WEIGHT_ROWS > 1) ? $clog2(WEIGHT_ROWS) : 1;
    localparam ROW_WIDTH = LANES * WEIGHT_BITS;
    localparam SPIKE = TICK_BITS + ID_BITS;
    localparam READOUT = ID_BITS + ACC_BITS;
    localparam [79:0] DIGITS = "9876543210";  // digit d at bits [8*d +: 8]

    // The address of a configuration word has eight bits for the core and 22 for the word.
    generate
        if (CORES < 1 || CORES > 256 || SLOT_BITS > 16
            || ROW_BITS + $clog2((ROW_WIDTH + 31) / 32) > 21) begin : g_check
            ttfs_chip_parameter_out_of_range u_stop ();
        end
    endgenerate

    // The slot controller.
    localparam IDLE = 2'd0, START = 2'd1, WAIT = 2'd2, RUN = 2'd3;

    reg [1:0]           state_q;
    reg [SLOT_BITS-1:0] slot_q;
    reg                 end_q, open_q, done_q;
    wire [CORES-1:0]    core_busy, core_listens, core_last;
    wire                bus_valid;

    wire first_slot = slot_q == 0;
    wire slot_end = state_q == RUN && !(|core_busy) && !bus_valid && !ro_valid_o
        && (end_q || !first_slot);

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            slot_q  <= {SLOT_BITS{1'b0}};
            end_q   <= 1'b0;
            open_q  <= 1'b0;
            done_q  <= 1'b0;
        end else begin
            // Open from the slot's end of fetch and seal on, closed for the next slot's.
            open_q <= state_q == RUN && &core_listens && !slot_end;
            done_q <= slot_end && core_last[0];
            if (state_q == START) end_q <= 1'b0;
            else if (in_valid_i && in_ready_o && in_end_i) end_q <= 1'b1;
            case (state_q)
                IDLE: if (start_i && !busy_o) begin
                    state_q <= START;
                    slot_q  <= {SLOT_BITS{1'b0}};
                end
                START: state_q <= WAIT;
                WAIT: state_q <= RUN;
                default: if (slot_end) begin
                    state_q <= core_last[0] ? IDLE : START;
                    if (!core_last[0]) slot_q <= slot_q + 1'b1;
                end
            endcase
        end
    end

    assign busy_o       = state_q != IDLE || |core_busy;
    assign done_o       = done_q;
    assign slot_o       = slot_q;
    assign slot_valid_o = state_q != IDLE;
    assign cfg_ready_o  = state_q == IDLE;

    // Configuration.
    wire [CORES-1:0]     desc_we, row_we;
    wire [SLOT_BITS+4:0] desc_addr;
    wire [31:0]          desc_data;
    wire [ROW_BITS-1:0]  row_addr;
    wire [ROW_WIDTH-1:0] row_data;

    ttfs_config #(
        .CORES      (CORES),
        .SLOTS      (SLOTS),
        .WEIGHT_ROWS(WEIGHT_ROWS),
        .ROW_WIDTH  (ROW_WIDTH)
    ) u_config (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .valid_i    (cfg_valid_i && cfg_ready_o),
        .addr_i     (cfg_addr_i),
        .data_i     (cfg_data_i),
        .desc_we_o  (desc_we),
        .desc_addr_o(desc_addr),
        .desc_data_o(desc_data),
        .row_we_o   (row_we),
        .row_addr_o (row_addr),
        .row_data_o (row_data)
    );

    // The bus. The host is its last source, in slot 0 until the end marker.
    wire [CORES:0]                  spike_valid, spike_ready, bus_source;
    wire [CORES*SPIKE+SPIKE-1:0]    spike_data;
    wire [SPIKE-1:0]                bus_data;
    wire                            host = first_slot && !end_q;

    assign spike_valid[CORES] = in_valid_i && !in_end_i && host;
    assign spike_data[CORES*SPIKE +: SPIKE] = {in_tick_i, in_id_i};
    assign in_ready_o = open_q && host && (in_end_i || spike_ready[CORES]);

    ttfs_bus #(.CORES(CORES), .WIDTH(SPIKE)) u_bus (
        .clk_i     (clk_i),
        .rst_ni    (rst_ni),
        .open_i    (open_q),
        .in_valid_i(spike_valid),
        .in_ready_o(spike_ready),
        .in_data_i (spike_data),
        .valid_o   (bus_valid),
        .source_o  (bus_source),
        .data_o    (bus_data)
    );

    wire unused = &{1'b0, bus_source[CORES], core_last};

    // The cores. Readouts carry {id, value}.
    wire [CORES-1:0]         core_ro_valid, core_ro_ready;
    wire [CORES*READOUT-1:0] core_ro_data;

    genvar i;
    generate
        for (i = 0; i < CORES; i = i + 1) begin : g_core
            // The core's number as text, without leading zeros.
            localparam LENGTH = (i < 10) ? 1 : (i < 100) ? 2 : 3;
            localparam [23:0] TEXT =
                {DIGITS[8*(i/100) +: 8], DIGITS[8*(i/10%10) +: 8], DIGITS[8*(i%10) +: 8]};
            localparam [8*LENGTH-1:0] NUMBER = TEXT[8*LENGTH-1:0];
            ttfs_core #(
                .LANES       (LANES),
                .WEIGHT_BITS (WEIGHT_BITS),
                .SLOPE_BITS  (SLOPE_BITS),
                .ACC_BITS    (ACC_BITS),
                .TICK_BITS   (TICK_BITS),
                .C_BITS      (C_BITS),
                .Y_BITS      (Y_BITS),
                .X_BITS      (X_BITS),
                .SLOTS       (SLOTS),
                .WEIGHT_ROWS (WEIGHT_ROWS),
                .LIST_WORDS  (LIST_WORDS),
                .LOG_WORDS   (LOG_WORDS),
                .SEEN_WORDS  (SEEN_WORDS),
                .PRELOAD     (PRELOAD),
                .WEIGHTS_INIT({INIT_PREFIX, "core", NUMBER, "_weights.hex"}),
                .DESC_INIT   ({INIT_PREFIX, "core", NUMBER, "_desc.hex"})
            ) u_core (
                .clk_i        (clk_i),
                .rst_ni       (rst_ni),
                .desc_we_i    (desc_we[i]),
                .desc_addr_i  (desc_addr),
                .desc_data_i  (desc_data),
                .row_we_i     (row_we[i]),
                .row_addr_i   (row_addr),
                .row_data_i   (row_data),
                .start_i      (state_q == START),
                .slot_i       (slot_q),
                .busy_o       (core_busy[i]),
                .listens_o    (core_listens[i]),
                .last_slot_o  (core_last[i]),
                .bus_valid_i  (bus_valid),
                .bus_tick_i   (bus_data[ID_BITS +: TICK_BITS]),
                .bus_id_i     (bus_data[ID_BITS-1:0]),
                .spike_valid_o(spike_valid[i]),
                .spike_ready_i(spike_ready[i]),
                .spike_tick_o (spike_data[i*SPIKE+ID_BITS +: TICK_BITS]),
                .spike_id_o   (spike_data[i*SPIKE +: ID_BITS]),
                .ro_valid_o   (core_ro_valid[i]),
                .ro_ready_i   (core_ro_ready[i]),
                .ro_id_o      (core_ro_data[i*READOUT+ACC_BITS +: ID_BITS]),
                .ro_value_o   (core_ro_data[i*READOUT +: ACC_BITS])
            );
        end
    endgenerate

    assign trace_valid_o = bus_source[CORES-1:0];
    assign trace_tick_o  = {CORES{bus_data[ID_BITS +: TICK_BITS]}};
    assign trace_id_o    = {CORES{bus_data[ID_BITS-1:0]}};

    // Readouts of all cores, one way out.
    wire               ro_valid, ro_ready;
    wire [READOUT-1:0] ro_data;

    ttfs_merge #(.SOURCES(CORES), .WIDTH(READOUT)) u_readouts (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .in_valid_i (core_ro_valid),
        .in_ready_o (core_ro_ready),
        .in_data_i  (core_ro_data),
        .out_valid_o(ro_valid),
        .out_ready_i(ro_ready),
        .out_data_o (ro_data)
    );

    ttfs_skid #(.WIDTH(READOUT)) u_readout (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .in_valid_i (ro_valid),
        .in_ready_o (ro_ready),
        .in_data_i  (ro_data),
        .out_valid_o(ro_valid_o),
        .out_ready_i(ro_ready_i),
        .out_data_o ({ro_id_o, ro_value_o})
    );
endmodule

`default_nettype wire
