// SPDX-License-Identifier: Apache-2.0
//
// A host before ttfs_board, for simulations: the ports of a chip of one core (ttfs_top) as frames over the board's
// serial link. Whoever drives those ports runs the board as if it were the chip: what is written, read, put in and
// taken out goes through the link, frame by frame; spikes come from the monitor's pins, or as results where there is none
// (TTFS_TRACED). It says nothing of slots: a
// sample takes as long as the link does. TTFS_FLIT is defined by whoever reads this in.

`default_nettype none

module ttfs_top #(
    parameter FLIT = `TTFS_FLIT
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    input  wire            cfg_valid_i,
    output wire            cfg_ready_o,
    input  wire            cfg_write_i,
    input  wire [31:0]     cfg_addr_i,
    input  wire [31:0]     cfg_data_i,
    output wire            cfg_rvalid_o,
    output wire [31:0]     cfg_rdata_o,
    input  wire            start_i,
    output wire            busy_o,
    output wire            done_o,
    input  wire            in_valid_i,
    output wire            in_ready_o,
    input  wire            in_end_i,
    input  wire [FLIT-1:0] in_flit_i,
    output wire            mem_req_valid_o,
    input  wire            mem_req_ready_i,
    output wire [31:0]     mem_req_addr_o,
    output wire [6:0]      mem_req_words_o,
    input  wire            mem_valid_i,
    output wire            mem_ready_o,
    input  wire [31:0]     mem_data_i,
    output wire            out_valid_o,
    input  wire            out_ready_i,
    output wire [FLIT-1:0] out_flit_o,
    output wire            slot_valid_o,
    output wire [11:0]     slot_o,
    output wire [10:0]     flags_o,
    output wire            trace_valid_o,
    output wire [FLIT-1:0] trace_flit_o
);
    localparam [7:0] NOTHING = 8'd0, WRITE = 8'd1, READ = 8'd2, START = 8'd3, INPUT = 8'd4, END = 8'd5, TAKE = 8'd6;
    localparam [31:0] FLAGS = {10'd0, 4'd15, 18'd2}, EMPTY = 32'h800;
    // A frame: two cycles a bit, and some behind. (The link has four cycles a half of spi_sck_i's period for hosts with a
    // clock of their own; one on the chip's clock needs one.) A bit of the answer is there three cycles behind its fall.
    localparam [7:0] BITS = 8'd72, LENGTH = 2 * BITS, BEHIND = 8'd3, GAP = 8'd4;
    localparam [2:0] IDLE = 3'd0, FRAME = 3'd1, REST = 3'd2, JUDGE = 3'd3;

    reg [2:0]  state_q;
    reg [7:0]  at_q, wait_q;
    reg [71:0] send_q, back_q;
    reg        running_q, ended_q, reading_q, own_q, answer_q, result_q, done_q;
    reg [31:0] data_q;
    reg [10:0] flags_q;
    reg [FLIT-1:0] flit_q;

    wire       miso, busy, unused_uart;
    wire [7:0] command = send_q[71:64], status = back_q[71:64];
    wire [6:0] next = BITS[6:0] - 7'd1 - at_q[7:1];   // the bit that is on the line
    wire       answers = at_q[0] && at_q >= BEHIND && at_q < LENGTH + BEHIND;
    wire       taken = state_q == JUDGE && !status[7];
    wire       starts = taken && command == START;
    // Behind the input's end, nothing left to take, and done or given up.
    wire       over = taken && command == TAKE && ended_q && !(|status[6:5]) && !status[3] && (status[4] || status[1]);

    always @(posedge clk_i) begin
        answer_q <= taken && reading_q && !own_q && status[6];
        result_q <= taken && command == TAKE && status[5];
        done_q   <= (over && !status[1]) || (taken && reading_q && own_q && status[6]);
        if (state_q == JUDGE) begin
            data_q <= back_q[31:0];
            flit_q <= back_q[FLIT-1:0];
        end
        if (answers) back_q <= {back_q[70:0], miso};
        at_q <= (state_q == FRAME || state_q == REST) ? at_q + 8'd1 : 8'd0;
        wait_q <= (state_q == REST) ? wait_q + 8'd1 : 8'd0;
        case (state_q)
            IDLE: begin
                state_q <= FRAME;
                if (reading_q) send_q <= {NOTHING, 64'd0};
                else if (cfg_valid_i) send_q <= {cfg_write_i ? WRITE : READ, cfg_addr_i, cfg_data_i};
                else if (start_i) send_q <= {START, 64'd0};
                else if (running_q && in_valid_i)
                    send_q <= {in_end_i ? END : INPUT, {(64 - FLIT) {1'b0}}, in_flit_i};
                else if (running_q) send_q <= {TAKE, 64'd0};
                else state_q <= IDLE;
            end
            FRAME: if (at_q == LENGTH - 8'd1) state_q <= REST;
            REST:  if (wait_q == GAP) state_q <= JUDGE;
            default: begin
                state_q <= status[7] ? FRAME : IDLE;
                if (taken && command == READ) reading_q <= 1'b1;
                if (taken && reading_q && status[6]) begin
                    reading_q <= 1'b0;
                    own_q     <= 1'b0;
                    if (own_q) flags_q <= back_q[10:0];
                end
                if (starts) running_q <= 1'b1;
                if (taken && command == END) ended_q <= 1'b1;
                if (over && status[1]) begin
                    state_q <= FRAME;
                    send_q  <= {READ, FLAGS, 32'd0};
                    own_q   <= 1'b1;
                end
                if (over) running_q <= 1'b0;
            end
        endcase
        if (starts || !rst_ni) begin
            ended_q <= 1'b0;
            flags_q <= 11'd0;
        end
        if (!rst_ni) begin
            state_q   <= REST;   // and the board out of its own reset
            wait_q    <= 8'd200;
            at_q      <= LENGTH + BEHIND;
            send_q    <= {WRITE, FLAGS, EMPTY};   // the first frame, as if it was not taken: a board that boots has no flash here
            back_q    <= {72{1'b1}};
            running_q <= 1'b0;
            reading_q <= 1'b0;
            own_q     <= 1'b0;
            answer_q  <= 1'b0;
            result_q  <= 1'b0;
            done_q    <= 1'b0;
        end
    end

    ttfs_board u_board (
        .clk_i        (clk_i),
        .rst_ni       (rst_ni),
        .spi_sck_i    (state_q == FRAME && at_q[0]),
        .spi_cs_ni    (state_q != FRAME),
        .spi_mosi_i   (send_q[next]),
        .spi_miso_o   (miso),
        .uart_rx_i    (1'b1),
        .uart_tx_o    (unused_uart),
`ifndef TTFS_TRACED
        .trace_valid_o(trace_valid_o),
        .trace_flit_o (trace_flit_o),
`endif
        .busy_o       (busy)
    );
`ifdef TTFS_TRACED
    assign trace_valid_o = 1'b0;
    assign trace_flit_o  = {FLIT{1'b0}};
`endif

    wire judged = taken && !own_q;
    assign cfg_ready_o     = judged && (command == WRITE || command == READ);
    assign cfg_rvalid_o    = answer_q;
    assign cfg_rdata_o     = data_q;
    assign busy_o          = state_q != IDLE || running_q || reading_q || busy;
    assign done_o          = done_q;
    assign in_ready_o      = judged && (command == INPUT || command == END);
    assign mem_req_valid_o = 1'b0;
    assign mem_req_addr_o  = 32'd0;
    assign mem_req_words_o = 7'd0;
    assign mem_ready_o     = 1'b0;
    assign out_valid_o     = result_q;
    assign out_flit_o      = flit_q;
    assign slot_valid_o    = 1'b0;   // a sample takes as long as the link does: no slot is timed
    assign slot_o          = 12'd0;
    assign flags_o         = flags_q;
    wire unused = &{1'b0, status[2], status[0], unused_uart, out_ready_i, mem_req_ready_i, mem_valid_i, mem_data_i};
endmodule

`default_nettype wire
