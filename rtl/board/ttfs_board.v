// SPDX-License-Identifier: Apache-2.0
//
// The top for boards with few pins: a chip (ttfs_top) behind serial host links, SPI mode 0 and a UART (ttfs_uart), and its
// spikes on monitor pins. One link is used at a time: while spi_cs_ni is low the UART takes and sends nothing. A frame of
// SPI is 72 bits while spi_cs_ni is low, highest first: a command and 64 bits of payload come in, a status and
// 64 bits of data leave in the same frame (rtl/README.md, "The board top"). A command begins when spi_cs_ni rises after
// exactly 72 bits; until it is done the link takes no frame: all its bits read 1, and the host sends it again. Where the first
// eight bits are a flag (7e) it is no such frame: the UART's checked frames come and go instead (ttfs_uart). Inputs of
// the link go through two registers; spi_sck_i is sampled by clk_i, each half of its period is four cycles or more. An
// FPGA's registers are 0 when it is configured: reset lasts 15 cycles from then on, and while rst_ni is low.

`default_nettype none

module ttfs_board #(
    parameter FLIT       = 28,   // of the chip
    parameter CLOCKS     = 12,   // cycles a bit of the UART
    parameter ENCODER    = 0,    // 1: samples of bytes are taken too, by ttfs_axis_raw; for it, of the chip:
    parameter VALUE      = 14,   // bits of a value in a flit
    parameter VALUE_BITS = 8,
    parameter C_BITS     = 6,
    parameter X_BITS     = 3,
    parameter Y_BITS     = 3
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    input  wire            spi_sck_i,
    input  wire            spi_cs_ni,
    input  wire            spi_mosi_i,
    output wire            spi_miso_o,
    input  wire            uart_rx_i,
    output wire            uart_tx_o,
    output wire            busy_o,
`ifdef TTFS_BOOT
    // the board's flash, out of which a chip is loaded (ttfs_boot)
    output wire            flash_sck_o,
    output wire            flash_cs_no,
    output wire            flash_mosi_o,
    input  wire            flash_miso_i,
`endif
    // monitor: a result of the core, as the chip's trace says it, a cycle later
    output wire            trace_valid_o,
    output wire [FLIT-1:0] trace_flit_o
);
    localparam [7:0] WRITE = 8'd1, READ = 8'd2, START = 8'd3, INPUT = 8'd4, END = 8'd5, TAKE = 8'd6, CLEAR = 8'd7,
                     PIXELS = 8'd9, TABLE = 8'd10, TABLE_END = 8'd11;

    // Synchronizers.
    reg [1:0] reset_q;
    reg [2:0] sck_q, cs_q;
    reg [1:0] mosi_q;
    reg [3:0] power_q = 4'd0;
    always @(posedge clk_i) begin
        reset_q <= {reset_q[0], rst_ni};
        sck_q   <= {sck_q[1:0], spi_sck_i};
        cs_q    <= {cs_q[1:0], spi_cs_ni};
        mosi_q  <= {mosi_q[0], spi_mosi_i};
        if (!(&power_q)) power_q <= power_q + 4'd1;
    end

    reg rst_q;
    always @(posedge clk_i) rst_q <= reset_q[1] && &power_q;

    // Until the chip is loaded from the flash, if there is one, the links do nothing: SPI reads ones.
    wire        booted, boot_valid, boot_empty;
    wire [31:0] boot_addr, boot_data;
    wire        linked = rst_q && booted;

    wire rises  = sck_q[2:1] == 2'b01;
    wire falls  = sck_q[2:1] == 2'b10;
    wire begins = cs_q[2:1] == 2'b10;
    wire ends   = cs_q[2:1] == 2'b01;

    // The frame: open_q while one is taken; what it held stays in shift_q for the command.
    reg [71:0] shift_q;
    reg [6:0]  count_q;
    reg        open_q, pending_q, miso_q, done_q, ended_q, refused_q, answer_q, given_q;
    reg        raw_q;   // this sample came in bytes
    reg [31:0] answer_data_q;

    wire        cfg_ready, cfg_rvalid, busy, done, in_ready, out_valid, slot_valid;
    wire [31:0] cfg_rdata;
    wire [FLIT-1:0] out_flit;
    wire [10:0] flags;

    // Errors of the board top itself, in FLAGS as a host reads it: bit 11 EMPTY, there is no network in the flash; bit 12 TABLE,
    // pixels came and the encoder has no table. They stay until a host clears them, as the chip's do.
    wire [1:0] own_q;

    reg         uart_q;   // the command is the UART's
    wire        uart_bit_valid, uart_bit, uart_take;
    wire        bytes, bytes_bit;   // SPI carries the UART's frames
    wire [7:0]  uart_command;
    wire [7:0]  command = uart_q ? uart_command : shift_q[71:64];
    wire [63:0] flit    = {{(64 - FLIT) {1'b0}}, out_flit};
    wire [7:0]  status  = {1'b0, answer_q, out_valid && !answer_q, done_q, busy, refused_q, |{flags, own_q}, 1'b0};
    wire        whole   = ends && open_q && count_q == 7'd72;

    wire writes  = pending_q && command == WRITE;
    wire reads   = pending_q && command == READ;
    wire starts  = pending_q && command == START;
    wire ending  = pending_q && command == END;
    wire inputs  = pending_q && (command == INPUT || (command == END && !raw_q));
    wire pixels  = pending_q && (command == PIXELS || (command == END && raw_q));
    wire tables  = pending_q && (command == TABLE || command == TABLE_END);
    wire takes   = pending_q && command == TAKE;
    wire clears  = pending_q && command == CLEAR;
    // A start waits until the chip is ready, an input until it is taken. Neither may wait for a sample to go on, as that
    // may wait for the host: refused are a start in a sample, and an input out of one or behind its end (the end marker,
    // or HOST of the chip's flags: PATIENCE is over). HOST is cleared before the next start: so it is of this sample.
    // Refused too: a table of the encoder in a sample, bytes for it where there is none or it has no table, and a start of a
    // chip that found no network.
    localparam HOST = 7;
    wire coded_table, tabled;
    wire blind   = pixels && !tabled;
    wire late    = (starts && (slot_valid || flags[HOST] || own_q[0])) || blind || ((inputs || pixels) && (!slot_valid || ended_q))
                 || (tables && slot_valid) || ((pixels || tables) && ENCODER == 0);
    wire started = starts && !busy && !late;
    wire coded_ready, coded_valid, coded_end;   // the encoder takes bytes; it has a value, the end
    wire [FLIT-1:0] coded_flit;
    wire taken   = !late && (inputs ? in_ready && !coded_valid : pixels && coded_ready);
    wire finished = (writes || reads) ? cfg_ready && (writes || cfg_rvalid)
                  : starts ? started || late : inputs || pixels ? taken || late : tables ? coded_ready || late : pending_q;

    reg  asked_q;   // the chip has taken the read
    wire answered = reads && asked_q && cfg_rvalid;
    wire over     = pending_q && (reads ? answered : finished);

    // The access is to the chip's FLAGS, of which the board has bits of its own.
    localparam [31:0] FLAGS = {10'd0, 4'd15, 18'd2};
    wire at_flags = shift_q[63:32] == FLAGS;

    always @(posedge clk_i) begin
        if (begins && !pending_q) shift_q <= {status, answer_q ? {32'd0, answer_data_q} : flit};
        else if (rises && open_q) shift_q <= {shift_q[70:0], mosi_q[1]};
        else if (uart_bit_valid) shift_q <= {shift_q[70:0], uart_bit};
        if (begins) miso_q <= pending_q || status[7] || !booted;
        else if (falls && bytes) miso_q <= bytes_bit;
        else if (falls && open_q) miso_q <= shift_q[71];
        if (answered) answer_data_q <= cfg_rdata | (at_flags ? {19'd0, own_q, 11'd0} : 32'd0);
    end

    always @(posedge clk_i)
        if (!linked) begin
            open_q    <= 1'b0;
            pending_q <= 1'b0;
            count_q   <= 7'd0;
            asked_q   <= 1'b0;
            answer_q  <= 1'b0;
            given_q   <= 1'b0;
            done_q    <= 1'b0;
            ended_q   <= 1'b0;
            raw_q     <= 1'b0;
            refused_q <= 1'b0;
            uart_q    <= 1'b0;
        end else begin
            if (begins) begin
                open_q  <= !pending_q;
                count_q <= 7'd0;
                given_q <= out_valid && !answer_q;
            end else if (ends || bytes) open_q <= 1'b0;
            else if (rises && open_q && !(&count_q)) count_q <= count_q + 7'd1;
            if (whole || uart_take) pending_q <= 1'b1;
            else if (over) pending_q <= 1'b0;
            if (whole || uart_take) uart_q <= uart_take;
            if (reads && cfg_ready && !asked_q) asked_q <= 1'b1;
            else if (answered) asked_q <= 1'b0;
            if (answered) answer_q <= 1'b1;
            else if (whole || uart_take) answer_q <= 1'b0;   // this frame, the UART's last reply gave it
            if (started) done_q <= 1'b0;
            else if (done) done_q <= 1'b1;
            if (started) ended_q <= 1'b0;
            else if ((taken && ending) || flags[HOST]) ended_q <= 1'b1;
            if (started) raw_q <= 1'b0;
            else if (pixels && taken) raw_q <= 1'b1;
            if (late) refused_q <= 1'b1;
            else if (clears) refused_q <= 1'b0;
        end

    ttfs_uart #(.CLOCKS(CLOCKS)) u_uart (
        .clk_i       (clk_i),
        .rst_ni      (linked),
        .rx_i        (uart_rx_i),
        .tx_o        (uart_tx_o),
        .spi_open_i  (!cs_q[1]),
        .spi_begins_i(begins),
        .spi_rises_i (rises && !cs_q[1]),
        .spi_falls_i (falls && !cs_q[1]),
        .spi_bit_i   (mosi_q[1]),
        .spi_bytes_o (bytes),
        .spi_bit_o   (bytes_bit),
        .bit_valid_o (uart_bit_valid),
        .bit_o       (uart_bit),
        .take_o      (uart_take),
        .command_o   (uart_command),
        .busy_i      (pending_q || (!cs_q[1] && !bytes)),
        .done_i      (over && uart_q),
        .status_i    (status[6:1]),
        .answer_i    (answer_data_q),
        .result_i    (flit)
    );

`ifdef TTFS_BOOT
    ttfs_boot u_boot (
        .clk_i  (clk_i),
        .rst_ni (rst_q),
        .sck_o  (flash_sck_o),
        .cs_no  (flash_cs_no),
        .mosi_o (flash_mosi_o),
        .miso_i (flash_miso_i),
        .busy_i (busy),
        .valid_o(boot_valid),
        .ready_i(cfg_ready),
        .addr_o (boot_addr),
        .data_o (boot_data),
        .empty_o(boot_empty),
        .done_o (booted)
    );
`else
    assign booted     = 1'b1;
    assign boot_empty = 1'b0;
    assign boot_valid = 1'b0;
    assign boot_addr  = 32'd0;
    assign boot_data  = 32'd0;
`endif

    // The encoder; a start empties it of what an earlier sample left.
    generate
        if (ENCODER != 0) begin : g_encoder
            localparam BYTES = (FLIT + 7) / 8;
            wire [8*BYTES-1:0] data;
            wire [BYTES-1:0]   keep;
            ttfs_axis_raw #(
                .FLIT(FLIT), .VALUE(VALUE), .VALUE_BITS(VALUE_BITS), .C_BITS(C_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS),
                .TABLES(1), .PIXELS(8), .TURN(0)
            ) u_encoder (
                .clk_i     (clk_i),
                .rst_ni    (rst_q && !started),
                .s_valid_i ((pixels || tables) && !late),
                .s_ready_o (coded_ready),
                .s_data_i  (shift_q[63:0]),
                .s_keep_i  ({8{!ending}}),
                .s_last_i  (ending || command == TABLE_END),
                .s_config_i(tables),
                .table_o   (coded_table),
                .m_valid_o (coded_valid),
                .m_ready_i (in_ready),
                .m_data_o  (data),
                .m_keep_o  (keep),
                .m_last_o  (coded_end)
            );
            assign coded_flit = data[FLIT-1:0];
            wire unused_encoder = &{1'b0, data, keep};
        end else begin : g_flits
            wire unused_widths = &{1'b0, VALUE != 0, VALUE_BITS != 0, C_BITS != 0, X_BITS != 0, Y_BITS != 0};
            assign coded_ready = 1'b0;
            assign coded_valid = 1'b0;
            assign coded_end   = 1'b0;
            assign coded_table = 1'b0;
            assign coded_flit  = {FLIT{1'b0}};
        end
    endgenerate

`ifdef TTFS_BOOT
    localparam BOOT = 1;
`else
    localparam BOOT = 0;
`endif
    generate
        if (BOOT != 0 || ENCODER != 0) begin : g_own
            reg [1:0] flags_q;
            reg       tabled_q;
            wire      clears_flags = writes && cfg_ready && at_flags;
            always @(posedge clk_i)
                if (!rst_q) begin
                    flags_q  <= 2'd0;
                    tabled_q <= 1'b0;
                end else begin
                    flags_q <= (flags_q & ~(shift_q[12:11] & {2{clears_flags}})) | {ENCODER != 0 && blind, boot_empty};
                    if (coded_table) tabled_q <= 1'b1;
                end
            assign own_q  = flags_q;
            assign tabled = tabled_q;
        end else begin : g_none
            assign own_q  = 2'd0;
            assign tabled = 1'b0;
            wire unused_own = &{1'b0, boot_empty, coded_table};
        end
    endgenerate

    wire [40:0] unused_mem;
    wire [11:0] unused_slot;
    wire unused = &{1'b0, unused_mem, unused_slot};
    wire trace_valid;
    wire [FLIT-1:0] trace_flit;

    ttfs_top u_top (
        .clk_i          (clk_i),
        .rst_ni         (rst_q),
        .cfg_valid_i    (boot_valid || writes || (reads && !asked_q)),
        .cfg_ready_o    (cfg_ready),
        .cfg_write_i    (boot_valid || writes),
        .cfg_addr_i     (booted ? shift_q[63:32] : boot_addr),
        .cfg_data_i     (booted ? shift_q[31:0] : boot_data),
        .cfg_rvalid_o   (cfg_rvalid),
        .cfg_rdata_o    (cfg_rdata),
        .start_i        (started),
        .busy_o         (busy),
        .done_o         (done),
        .in_valid_i     (coded_valid || (inputs && !late)),
        .in_ready_o     (in_ready),
        .in_end_i       (coded_valid ? coded_end : ending),
        .in_flit_i      (coded_valid ? coded_flit : shift_q[FLIT-1:0]),
        .mem_req_valid_o(unused_mem[0]),
        .mem_req_ready_i(1'b0),
        .mem_req_addr_o (unused_mem[33:2]),
        .mem_req_words_o(unused_mem[40:34]),
        .mem_valid_i    (1'b0),
        .mem_ready_o    (unused_mem[1]),
        .mem_data_i     (32'd0),
        .out_valid_o    (out_valid),
        .out_ready_i    (takes && (given_q || uart_q)),
        .out_flit_o     (out_flit),
        .slot_valid_o   (slot_valid),
        .slot_o         (unused_slot),
        .flags_o        (flags),
        .trace_valid_o  (trace_valid),
        .trace_flit_o   (trace_flit)
    );

    reg            trace_valid_q, busy_q;
    reg [FLIT-1:0] trace_flit_q;
    always @(posedge clk_i) begin
        busy_q        <= busy;
        trace_valid_q <= rst_q && trace_valid;
        trace_flit_q  <= trace_flit;
    end

    assign spi_miso_o    = miso_q;
    assign busy_o        = busy_q;
    assign trace_valid_o = trace_valid_q;
    assign trace_flit_o  = trace_flit_q;
endmodule

`default_nettype wire
