// SPDX-License-Identifier: Apache-2.0
//
// Wishbone B4: the registers of hw/registers.def, 32 bits, byte addresses, 256 bytes. For classic masters, which hold stb_i
// until ack_o or err_o, and for pipelined ones, which give an address in every cycle in which stall_o is low: one access at
// a time, so stall_o is high while one runs and classic masters may leave it open. An unknown offset and a write of less than
// a word end with err_o. When cyc_i falls an access that runs goes on to its end and is not answered. A bus that takes it
// from one master and gives it to another must let cyc_i fall between, or the other one gets that answer. Latency 3 cycles, of
// CFG_DATA what the chip takes. Ports towards the chip are those of ttfs_chip, clock and reset are the chip's.

`default_nettype none

module ttfs_wb #(
    parameter FLIT    = 40,
    parameter STREAMS = 0
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    // Wishbone
    input  wire            cyc_i,
    input  wire            stb_i,
    input  wire            we_i,
    input  wire [7:0]      adr_i,
    input  wire [3:0]      sel_i,
    input  wire [31:0]     dat_i,
    output wire            stall_o,
    output wire            ack_o,
    output wire            err_o,
    output wire [31:0]     dat_o,
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
    reg        run_q, end_q, write_q, whole_q, left_q, error_q;   // left: the master has gone meanwhile
    reg [7:0]  addr_q;
    reg [31:0] data_q, rdata_q;

    wire        ack, error;
    wire [31:0] rdata;
    wire        busy = run_q || end_q;
    wire        take = cyc_i && stb_i && !busy;

    always @(posedge clk_i)
        if (!rst_ni) begin
            {run_q, end_q, left_q} <= 3'd0;
        end else begin
            run_q  <= (run_q && !ack) || take;
            end_q  <= run_q && ack;
            left_q <= (left_q || !cyc_i) && busy;
        end

    always @(posedge clk_i) begin
        if (take) begin
            write_q <= we_i;
            whole_q <= &sel_i;
            addr_q  <= adr_i;
            data_q  <= dat_i;
        end
        if (run_q && ack) begin
            error_q <= error;
            rdata_q <= rdata;
        end
    end

    ttfs_regs #(.FLIT(FLIT), .STREAMS(STREAMS)) u_regs (
        .clk_i       (clk_i),
        .rst_ni      (rst_ni),
        .req_valid_i (run_q),
        .req_write_i (write_q),
        .req_whole_i (whole_q),
        .req_addr_i  (addr_q),
        .req_data_i  (data_q),
        .ack_o       (ack),
        .error_o     (error),
        .rdata_o     (rdata),
        .irq_o       (irq_o),
        .cfg_valid_o (cfg_valid_o),
        .cfg_ready_i (cfg_ready_i),
        .cfg_write_o (cfg_write_o),
        .cfg_addr_o  (cfg_addr_o),
        .cfg_data_o  (cfg_data_o),
        .cfg_rvalid_i(cfg_rvalid_i),
        .cfg_rdata_i (cfg_rdata_i),
        .start_o     (start_o),
        .busy_i      (busy_i),
        .done_i      (done_i),
        .in_valid_o  (in_valid_o),
        .in_ready_i  (in_ready_i),
        .in_end_o    (in_end_o),
        .in_flit_o   (in_flit_o),
        .out_valid_i (out_valid_i),
        .out_ready_o (out_ready_o),
        .out_flit_i  (out_flit_i),
        .slot_valid_i(slot_valid_i),
        .slot_i      (slot_i),
        .flags_i     (flags_i)
    );

    assign stall_o = busy;
    assign ack_o   = end_q && !left_q && cyc_i && !error_q;
    assign err_o   = end_q && !left_q && cyc_i && error_q;
    assign dat_o   = rdata_q;
endmodule

`default_nettype wire
