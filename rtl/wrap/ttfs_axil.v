// SPDX-License-Identifier: Apache-2.0
//
// AXI4-Lite: the registers of hw/registers.def, 32 bits, 256 bytes. Address and data of a write may come in any order. One
// access at a time, writes and reads in turn when both wait; the next of a kind is taken when the answer is. Every output is
// a register. An unknown offset and a write of less than a word are answered with SLVERR. Latency of a write 4 cycles from its
// last half to bvalid, of a read 4 from its address to rvalid; of CFG_DATA what the chip takes beside that. Ports towards the
// chip are those of ttfs_chip, clock and reset are the chip's.

`default_nettype none

module ttfs_axil #(
    parameter FLIT    = 40,
    parameter STREAMS = 0
) (
    input  wire            clk_i,
    input  wire            rst_ni,
    // AXI4-Lite
    input  wire            awvalid_i,
    output wire            awready_o,
    input  wire [7:0]      awaddr_i,
    input  wire [2:0]      awprot_i,
    input  wire            wvalid_i,
    output wire            wready_o,
    input  wire [31:0]     wdata_i,
    input  wire [3:0]      wstrb_i,
    output wire            bvalid_o,
    input  wire            bready_i,
    output wire [1:0]      bresp_o,
    input  wire            arvalid_i,
    output wire            arready_o,
    input  wire [7:0]      araddr_i,
    input  wire [2:0]      arprot_i,
    output wire            rvalid_o,
    input  wire            rready_i,
    output wire [31:0]     rdata_o,
    output wire [1:0]      rresp_o,
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
    localparam [1:0] OKAY = 2'b00, SLVERR = 2'b10;

    // What has come and is not answered yet. ready is "the place is free", known since the last cycle.
    reg        aw_q, w_q, ar_q, bvalid_q, rvalid_q, awready_q, wready_q, arready_q;
    reg [7:0]  awaddr_q, araddr_q;
    reg [31:0] wdata_q, rdata_q;
    reg        whole_q, berror_q, rerror_q;
    reg        run_q, write_q;   // an access runs; it is a write

    wire        ack, error;
    wire [31:0] rdata;
    wire        may_write = aw_q && w_q && !bvalid_q;
    wire        may_read  = ar_q && !rvalid_q;
    wire        begins    = !run_q && (may_write || may_read);
    wire        wrote     = run_q && write_q && ack;
    wire        has_read  = run_q && !write_q && ack;
    wire        b_goes    = bvalid_q && bready_i;
    wire        r_goes    = rvalid_q && rready_i;
    wire        aw_next   = (aw_q && !b_goes) || (awvalid_i && awready_q);
    wire        w_next    = (w_q && !b_goes) || (wvalid_i && wready_q);
    wire        ar_next   = (ar_q && !r_goes) || (arvalid_i && arready_q);

    always @(posedge clk_i)
        if (!rst_ni) begin
            {aw_q, w_q, ar_q, bvalid_q, rvalid_q, run_q, write_q} <= 7'd0;
            {awready_q, wready_q, arready_q} <= 3'd0;
        end else begin
            aw_q      <= aw_next;
            w_q       <= w_next;
            ar_q      <= ar_next;
            awready_q <= !aw_next;
            wready_q  <= !w_next;
            arready_q <= !ar_next;
            if (begins) write_q <= may_write && (!may_read || !write_q);
            run_q     <= (run_q && !ack) || begins;
            bvalid_q  <= (bvalid_q && !b_goes) || wrote;
            rvalid_q  <= (rvalid_q && !r_goes) || has_read;
        end

    always @(posedge clk_i) begin
        if (awvalid_i && awready_q) awaddr_q <= awaddr_i;
        if (arvalid_i && arready_q) araddr_q <= araddr_i;
        if (wvalid_i && wready_q) begin
            wdata_q <= wdata_i;
            whole_q <= &wstrb_i;
        end
        if (wrote) berror_q <= error;
        if (has_read) begin
            rerror_q <= error;
            rdata_q  <= rdata;
        end
    end

    ttfs_regs #(.FLIT(FLIT), .STREAMS(STREAMS)) u_regs (
        .clk_i       (clk_i),
        .rst_ni      (rst_ni),
        .req_valid_i (run_q),
        .req_write_i (write_q),
        .req_whole_i (whole_q),
        .req_addr_i  (write_q ? awaddr_q : araddr_q),
        .req_data_i  (wdata_q),
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

    assign awready_o = awready_q;
    assign wready_o  = wready_q;
    assign arready_o = arready_q;
    assign bvalid_o  = bvalid_q;
    assign bresp_o   = berror_q ? SLVERR : OKAY;
    assign rvalid_o  = rvalid_q;
    assign rdata_o   = rdata_q;
    assign rresp_o   = rerror_q ? SLVERR : OKAY;
    wire unused = &{1'b0, awprot_i, arprot_i};
endmodule

`default_nettype wire
