// SPDX-License-Identifier: Apache-2.0
//
// The encoder: AXI4-Stream of uint8 samples in, packets of flits for ttfs_axis out. A packet in is a sample, PIXELS bytes a
// beat, the lowest first, kept ones without a gap; pixels that are 0 on the chip's grid leave nothing, an end without a flit
// is a beat with no byte kept. Which value a pixel is says a table; a packet whose beats have s_config_i sets it. Its bytes,
// lowest first: the input's flow (2 bytes), its columns, rows, channels, each less one (2 each), 1 if a sample has its
// channels last, 0 if first (2), then 2 bytes for each value of a pixel 0 .. 255, so TABLES times: channel c takes table c
// modulo TABLES, a power of two. What is left out stays; nothing is set after reset; table_o pulses when
// the last value of the last table is set. Pixels beyond the last are dropped,
// missing ones are silent. A pixel a cycle and a cycle a beat; both sides may pause, no output depends on an input in the
// same cycle. Widths are the chip's: VALUE is that of a flit's value (ACC_BITS on one core, else VALUE_BITS).

`default_nettype none

module ttfs_axis_raw #(
    parameter FLIT       = 40,
    parameter VALUE      = 16,
    parameter VALUE_BITS = 8,
    parameter C_BITS     = 6,
    parameter X_BITS     = 6,
    parameter Y_BITS     = 6,
    parameter TABLES     = 1,
    parameter PIXELS     = 4,
    parameter TURN       = (VALUE == VALUE_BITS) ? 1 : 0,   // bits of a flit's turn, which are zeros: 1 on a mesh
    parameter BYTES      = (FLIT + 7) / 8
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    // pixels
    input  wire                s_valid_i,
    output wire                s_ready_o,
    input  wire [8*PIXELS-1:0] s_data_i,
    input  wire [PIXELS-1:0]   s_keep_i,
    input  wire                s_last_i,
    input  wire                s_config_i,
    output wire                table_o,
    // ttfs_axis
    output wire                m_valid_o,
    input  wire                m_ready_i,
    output wire [8*BYTES-1:0]  m_data_o,
    output wire [BYTES-1:0]    m_keep_o,
    output wire                m_last_o
);
    localparam FLOW_BITS  = FLIT - TURN - VALUE - C_BITS - X_BITS - Y_BITS;
    localparam ENTRY_BITS = 8 + ((TABLES > 1) ? $clog2(TABLES) : 0);
    localparam COUNT_BITS = ENTRY_BITS + 3;   // of bytes of a configuration
    localparam HEAD = 10;                     // of them before the tables

    // A beat, byte by byte.
    reg                have_q, last_q, config_q;
    reg [8*PIXELS-1:0] data_q;
    reg [PIXELS-1:0]   keep_q;
    wire               room;
    wire [PIXELS:0]    keep  = {1'b0, keep_q};
    wire               step  = have_q && room;   // of a configuration too: a flit that waits is of the one before
    wire               ends  = step && !keep[1];           // the beat
    wire               ends_packet = ends && last_q;
    wire [7:0]         octet = data_q[7:0];

    always @(posedge clk_i) begin
        if (s_valid_i && s_ready_o) begin
            {last_q, config_q, keep_q, data_q} <= {s_last_i, s_config_i, s_keep_i, s_data_i};
        end else if (step) begin
            keep_q <= keep[PIXELS:1];
            data_q <= data_q >> 8;
        end
        if (!rst_ni) have_q <= 1'b0;
        else have_q <= have_q ? !ends : s_valid_i;
    end

    // Configuration.
    reg [COUNT_BITS-1:0] count_q;
    reg [7:0]            low_q;
    reg [FLOW_BITS-1:0]  flow_q;
    reg [X_BITS-1:0]     columns_q;   // less one, these three
    reg [Y_BITS-1:0]     rows_q;
    reg [C_BITS-1:0]     channels_q;
    reg                  channels_last_q;
    wire                 sets  = step && config_q && keep[0];
    wire [15:0]          word  = {octet, low_q};
    wire [COUNT_BITS-1:0] entry = count_q - HEAD;
    wire                 fills = sets && count_q[0] && count_q >= HEAD && entry[COUNT_BITS-1:ENTRY_BITS+1] == 0;
    wire                 head  = sets && count_q[0];
    reg                  table_q;

    always @(posedge clk_i) begin
        if (sets) low_q <= octet;
        table_q <= rst_ni && fills && (&entry[ENTRY_BITS:1]);
        if (head && count_q == 1) flow_q <= word[FLOW_BITS-1:0];
        if (head && count_q == 3) columns_q <= word[X_BITS-1:0];
        if (head && count_q == 5) rows_q <= word[Y_BITS-1:0];
        if (head && count_q == 7) channels_q <= word[C_BITS-1:0];
        if (head && count_q == 9) channels_last_q <= word[0];
        if (!rst_ni || ends_packet) count_q <= 0;
        else if (sets && !(&count_q)) count_q <= count_q + 1'b1;
    end

    // Where the pixel lies.
    reg [X_BITS-1:0] x_q;
    reg [Y_BITS-1:0] y_q;
    reg [C_BITS-1:0] c_q;
    reg              over_q;   // beyond the last
    wire pixel  = step && !config_q && keep[0] && !over_q;
    wire next_x = channels_last_q ? c_q == channels_q : 1'b1;
    wire next_y = next_x && x_q == columns_q;
    wire next_c = channels_last_q ? 1'b1 : next_y && y_q == rows_q;
    wire past_y = next_y && y_q == rows_q;
    wire past_c = next_c && c_q == channels_q;

    always @(posedge clk_i)
        if (!rst_ni || ends_packet) begin
            x_q    <= 0;
            y_q    <= 0;
            c_q    <= 0;
            over_q <= 1'b0;
        end else if (pixel) begin
            if (next_x) x_q <= (x_q == columns_q) ? 0 : x_q + 1'b1;
            if (next_y) y_q <= (y_q == rows_q) ? 0 : y_q + 1'b1;
            if (next_c) c_q <= (c_q == channels_q) ? 0 : c_q + 1'b1;
            if (channels_last_q ? past_y : past_c) over_q <= 1'b1;
        end

    // Its value, a cycle later.
    wire [ENTRY_BITS-1:0] at;
    wire [VALUE_BITS-1:0] value;
    generate
        if (TABLES > 1) begin : g_tables
            assign at = {c_q[ENTRY_BITS-9:0], octet};
        end else begin : g_table
            assign at = octet;
        end
    endgenerate

    ttfs_sram #(.WIDTH(VALUE_BITS), .WORDS(256 * TABLES)) u_table (
        .clk_i  (clk_i),
        .re_i   (pixel),
        .raddr_i(at),
        .rdata_o(value),
        .we_i   (fills),
        .waddr_i(entry[ENTRY_BITS:1]),
        .wdata_i(word[VALUE_BITS-1:0])
    );

    reg                            there_q, pixel_q, end_q;
    reg [Y_BITS+X_BITS+C_BITS-1:0] id_q;
    always @(posedge clk_i) begin
        if (room) begin
            pixel_q <= pixel;
            end_q   <= ends_packet;
            id_q    <= {y_q, x_q, c_q};
        end
        if (!rst_ni) there_q <= 1'b0;
        else if (room) there_q <= step && !config_q;
    end

    wire speaks = pixel_q && value != 0;
    wire [FLIT-1:0] flit = {flow_q, {TURN{1'b0}}, id_q, {(VALUE - VALUE_BITS) {1'b0}}, value};
    wire kept;
    ttfs_skid #(.WIDTH(FLIT + 2)) u_out (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .in_valid_i (there_q && (speaks || end_q)),
        .in_ready_o (room),
        .in_data_i  ({end_q, speaks, flit}),
        .out_valid_o(m_valid_o),
        .out_ready_i(m_ready_i),
        .out_data_o ({m_last_o, kept, m_data_o[FLIT-1:0]})
    );

    assign s_ready_o = !have_q;
    assign table_o   = table_q;
    assign m_keep_o  = {BYTES{kept}};
    generate
        if (8 * BYTES > FLIT) begin : g_pad
            assign m_data_o[8*BYTES-1:FLIT] = 0;
        end
    endgenerate
    wire unused = &{1'b0, entry[0], word};
endmodule

`default_nettype wire
