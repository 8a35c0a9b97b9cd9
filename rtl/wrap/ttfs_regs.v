// SPDX-License-Identifier: Apache-2.0
//
// The registers of hw/registers.def between a bus and the ports of ttfs_chip. An access is asked for with req_valid_i,
// which stays with the rest until ack_o, one cycle: rdata_o and error_o are good in it. Most take two cycles; CFG_DATA
// takes as long as the chip's configuration port (up to some fifteen). A flit that waits while no sample runs, or behind the end
// marker of the one that was started last, is dropped, and IRQ tells: the next sample must not begin with it. With STREAMS the input and the readouts are
// ttfs_axis' and the ports in_*, out_* here are dead. Driven by ttfs_axil and ttfs_wb.

`default_nettype none

module ttfs_regs #(
    parameter FLIT    = 40,
    parameter STREAMS = 0
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    // a bus
    input  wire            req_valid_i,
    input  wire            req_write_i,
    input  wire            req_whole_i,   // a write of all four bytes
    input  wire [7:0]      req_addr_i,
    input  wire [31:0]     req_data_i,
    output wire            ack_o,
    output wire            error_o,
    output wire [31:0]     rdata_o,
    output wire            irq_o,
    // ttfs_chip
    output wire            cfg_valid_o,
    input  wire            cfg_ready_i,
    output wire            cfg_write_o,
    output wire [31:0]     cfg_addr_o,
    output wire [31:0]     cfg_data_o,
    input  wire            cfg_rvalid_i,
    input  wire [31:0]     cfg_rdata_i,
    output wire            start_o,
    input  wire            busy_i,
    input  wire            done_i,
    output wire            in_valid_o,
    input  wire            in_ready_i,
    output wire            in_end_o,
    output wire [FLIT-1:0] in_flit_o,
    input  wire            out_valid_i,
    output wire            out_ready_o,
    input  wire [FLIT-1:0] out_flit_i,
    input  wire            slot_valid_i,
    input  wire [11:0]     slot_i,
    input  wire [10:0]     flags_i
);
    `include "ttfs_registers.vh"
    localparam [31:0] ID_WORD = 32'h54544653;
    localparam [15:0] TABLE = 16'd1;
    localparam [7:0]  FLIT_WORD = FLIT;
    localparam [1:0]  IDLE = 2'd0, ASK = 2'd1, WAIT = 2'd2, ACK = 2'd3;

    reg [1:0]  state_q;
    reg        error_q, start_q, in_full_q, in_end_q, ended_q, irq_level_q;
    reg [31:0] rdata_q, cfg_addr_q, samples_q, cycles_q, count_q, in_high_q, in_low_q;
    reg [2:0]  irq_q, enable_q;
    reg [63:0] flit;

    wire [5:0] word    = req_addr_i[7:2];
    wire       known   = req_addr_i[1:0] == 2'd0 && word <= REG_LAST && (!req_write_i || req_whole_i);
    wire       take    = state_q == IDLE && req_valid_i;
    wire       set     = take && known && req_write_i;
    wire       get     = take && known && !req_write_i;
    wire       window  = take && known && word == REG_CFG_DATA;
    wire       given   = in_valid_o && in_ready_i;
    wire       give    = set && (word == REG_IN_LOW || word == REG_IN_END) && STREAMS == 0;
    wire       starts  = set && word == REG_CONTROL && req_data_i[CONTROL_START];
    wire       passes  = state_q == ASK && cfg_ready_i;
    wire       answers = state_q == WAIT && cfg_rvalid_i;
    wire       drops   = in_full_q && (!slot_valid_i || ended_q);   // with EARLY a slot runs from sample to sample
    wire [2:0] happens = {(give && in_full_q) || drops, flags_i != 11'd0, done_i};

    always @* begin
        flit = 64'd0;
        flit[FLIT-1:0] = out_flit_i;
    end

    // What a read answers.
    reg [31:0] value;
    always @* begin
        value = 32'd0;
        case (word)
            REG_ID:         value = ID_WORD;
            REG_VERSION:    value = {7'd0, STREAMS != 0, FLIT_WORD, TABLE};
            REG_STATUS:     value = {28'd0, out_valid_i && STREAMS == 0, in_full_q, slot_valid_i, busy_i};
            REG_IRQ:        value = {29'd0, irq_q};
            REG_IRQ_ENABLE: value = {29'd0, enable_q};
            REG_SLOT:       value = {20'd0, slot_i};
            REG_FLAGS:      value = {21'd0, flags_i};
            REG_SAMPLES:    value = samples_q;
            REG_CYCLES:     value = cycles_q;
            REG_CFG_ADDR:   value = cfg_addr_q;
            REG_IN_HIGH:    value = in_high_q;
            REG_OUT_HIGH:   value = STREAMS == 0 ? flit[63:32] : 32'd0;
            REG_OUT_LOW:    value = STREAMS == 0 ? flit[31:0] : 32'd0;
            default:        value = 32'd0;
        endcase
    end

    // An access: at once, or by the chip's configuration port.
    always @(posedge clk_i)
        if (!rst_ni) state_q <= IDLE;
        else
            case (state_q)
                IDLE:    if (window) state_q <= ASK; else if (req_valid_i) state_q <= ACK;
                ASK:     if (cfg_ready_i) state_q <= req_write_i ? ACK : WAIT;
                WAIT:    if (cfg_rvalid_i) state_q <= ACK;
                default: state_q <= IDLE;
            endcase

    always @(posedge clk_i) begin
        if (take) error_q <= !known;
        if (take) rdata_q <= known && !req_write_i ? value : 32'd0;
        if (answers) rdata_q <= cfg_rdata_i;
        if (set && word == REG_IN_HIGH) in_high_q <= req_data_i;
        if (give && !in_full_q) begin
            in_low_q <= req_data_i;
            in_end_q <= word == REG_IN_END;
        end
    end

    always @(posedge clk_i)
        if (!rst_ni) begin
            cfg_addr_q  <= 32'd0;
            start_q     <= 1'b0;
            in_full_q   <= 1'b0;
            ended_q     <= 1'b0;
            irq_q       <= 3'd0;
            enable_q    <= 3'd0;
            irq_level_q <= 1'b0;
        end else begin
            if (set && word == REG_CFG_ADDR) cfg_addr_q <= req_data_i;
            else if ((passes && req_write_i) || answers) cfg_addr_q <= cfg_addr_q + 32'd1;
            start_q     <= starts;
            in_full_q   <= in_full_q ? !given && !drops : give;
            ended_q     <= (given && in_end_q) || (ended_q && !(start_q && !busy_i));
            irq_q       <= (irq_q & ~(req_data_i[2:0] & {3{set && word == REG_IRQ}})) | happens;
            if (set && word == REG_IRQ_ENABLE) enable_q <= req_data_i[2:0];
            irq_level_q <= (irq_q & enable_q) != 3'd0;
        end

    // Cycles of a sample: those with a slot, as the chip's own register CYCLES has them. (busy_i is high in accesses of the
    // configuration and after reset too.) In the cycle of done_i a slot runs with EARLY alone: the next sample's.
    always @(posedge clk_i)
        if (!rst_ni) begin
            samples_q <= 32'd0;
            cycles_q  <= 32'd0;
            count_q   <= 32'd0;
        end else begin
            count_q <= slot_valid_i ? (done_i ? 32'd1 : count_q + 32'd1) : 32'd0;
            if (done_i) begin
                samples_q <= samples_q + 32'd1;
                cycles_q  <= count_q;
            end
        end

    wire [63:0] in_flit = {in_high_q, in_low_q};

    assign ack_o       = state_q == ACK;
    assign error_o     = error_q;
    assign rdata_o     = rdata_q;
    assign irq_o       = irq_level_q;
    assign cfg_valid_o = state_q == ASK;
    assign cfg_write_o = req_write_i;
    assign cfg_addr_o  = cfg_addr_q;
    assign cfg_data_o  = req_data_i;
    assign start_o     = start_q;
    assign in_valid_o  = in_full_q;
    assign in_end_o    = in_end_q;
    assign in_flit_o   = in_flit[FLIT-1:0];
    assign out_ready_o = get && word == REG_OUT_LOW && STREAMS == 0;
    wire unused = &{1'b0, in_flit};
endmodule

`default_nettype wire
