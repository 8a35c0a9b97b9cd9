// SPDX-License-Identifier: Apache-2.0
// proof: 22
// of: wrap
// wrong: CORRUPT
// wrong: SOONER
// mutant: wrap/ttfs_axil.v s/(bvalid_q && !b_goes) || wrote/wrote/
// mutant: wrap/ttfs_axil.v s/aw_q && w_q && !bvalid_q/aw_q \&\& !bvalid_q/
// mutant: wrap/ttfs_axil.v s/ar_q && !rvalid_q/ar_q/
// mutant: wrap/ttfs_regs.v s/word <= REG_LAST &&/1'b1 \&\&/
// ttfs_axil: AXI4-Lite, for any master that keeps its valids and any chip. Valid, once high, stays with the same answer until
// ready; no answer before all of its access has come, one answer an access, within 16 cycles when the chip answers within two;
// what was written is read; offsets that are nothing and parts of words are errors. From reset on, so many cycles.
module axil (
    input wire        clk,
    input wire        awvalid, wvalid, bready, arvalid, rready,
    input wire [7:0]  awaddr, araddr,
    input wire [31:0] wdata,
    input wire [3:0]  wstrb,
    input wire        cfg_ready, cfg_rvalid, busy, done, in_ready, out_valid, slot_valid,
    input wire [31:0] cfg_rdata,
    input wire [7:0]  out_flit,
    input wire [11:0] slot,
    input wire [10:0] flags
);
    reg rst_n = 0;
    always @(posedge clk) rst_n <= 1;
    wire awready, wready, bvalid, arready, rvalid, cfg_valid, cfg_write;
    wire [1:0] bresp, rresp;
    wire [31:0] rdata;

    ttfs_axil #(.FLIT(8)) dut (
        .clk_i(clk), .rst_ni(rst_n), .awvalid_i(awvalid), .awready_o(awready), .awaddr_i(awaddr), .awprot_i(3'd0),
        .wvalid_i(wvalid), .wready_o(wready), .wdata_i(wdata), .wstrb_i(wstrb), .bvalid_o(bvalid), .bready_i(bready),
        .bresp_o(bresp), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr), .arprot_i(3'd0), .rvalid_o(rvalid),
        .rready_i(rready), .rdata_o(rdata), .rresp_o(rresp), .cfg_valid_o(cfg_valid), .cfg_ready_i(cfg_ready),
        .cfg_write_o(cfg_write), .cfg_rvalid_i(cfg_rvalid), .cfg_rdata_i(cfg_rdata), .busy_i(busy), .done_i(done),
        .in_ready_i(in_ready), .out_valid_i(out_valid), .out_flit_i(out_flit), .slot_valid_i(slot_valid), .slot_i(slot),
        .flags_i(flags)
    );

    // The master keeps what it has begun.
    reg past = 0, aw_waits, w_waits, ar_waits, b_waits, r_waits, rresp_1;
    reg [7:0] awaddr_1, araddr_1;
    reg [35:0] w_1;
    reg [1:0] bresp_1;
    reg [33:0] r_1;
    always @(posedge clk) begin
        past <= rst_n;
        aw_waits <= rst_n && awvalid && !awready; awaddr_1 <= awaddr;
        w_waits <= rst_n && wvalid && !wready; w_1 <= {wstrb, wdata};
        ar_waits <= rst_n && arvalid && !arready; araddr_1 <= araddr;
        b_waits <= rst_n && bvalid && !bready; bresp_1 <= bresp;
        r_waits <= rst_n && rvalid && !rready; r_1 <= {rresp, rdata};
    end

    // What is open: an address, data, a read that is not answered; and for how long.
    reg aw = 0, w = 0, ar = 0;
    reg [4:0] b_age = 0, r_age = 0, cfg_age = 0;
    reg asked = 0;
    reg [7:0] aw_at, ar_at;
    reg [35:0] w_is;
    always @(posedge clk) if (rst_n) begin
        if (awvalid && awready) aw_at <= awaddr;
        if (wvalid && wready) w_is <= {wstrb, wdata};
        if (arvalid && arready) ar_at <= araddr;
        aw <= (aw && !(bvalid && bready)) || (awvalid && awready);
        w <= (w && !(bvalid && bready)) || (wvalid && wready);
        ar <= (ar && !(rvalid && rready)) || (arvalid && arready);
        b_age <= aw && w && !bvalid ? b_age + 1 : 0;
        r_age <= ar && !rvalid ? r_age + 1 : 0;
        asked <= (asked && !cfg_rvalid) || (cfg_valid && cfg_ready && !cfg_write);
        cfg_age <= (cfg_valid && !cfg_ready) || (asked && !cfg_rvalid) ? cfg_age + 1 : 0;
    end

    // The register IRQ_ENABLE, while no write is on its way.
    reg set = 0, sees = 0;
    reg [2:0] is;
    wire enable = aw && w && aw_at == 8'h14 && w_is[35:32] == 4'hf;
    always @(posedge clk) if (rst_n) begin
        if (bvalid && bready && enable) begin set <= 1; is <= w_is[2:0]; end
        if ((awvalid && awready) || (bvalid && bready && !enable)) set <= 0;
        if (arvalid && arready) sees <= araddr == 8'h14 && set && !awvalid;
        else if (awvalid) sees <= 0;
    end

    always @* begin
        if (aw_waits) assume (awvalid && awaddr == awaddr_1);
        if (w_waits) assume (wvalid && {wstrb, wdata} == w_1);
        if (ar_waits) assume (arvalid && araddr == araddr_1);
        assume (!cfg_rvalid || asked);
        assume (cfg_age < 2 || !cfg_valid || cfg_ready);
        assume (cfg_age < 2 || !asked || cfg_rvalid);
        if (rst_n && !past) assert (!bvalid && !rvalid);
        if (past && rst_n) begin
            if (b_waits) assert (bvalid && bresp == bresp_1);
            if (r_waits) assert (rvalid && {rresp, rdata} == r_1);
            assert (!bvalid || (aw && w));
            assert (!rvalid || ar);
`ifdef SOONER
            assert (b_age < 15 && r_age < 15);
`else
            assert (b_age < 16 && r_age < 16);
`endif
            if (bvalid) assert ((bresp == 2'd0) == (aw_at[1:0] == 0 && aw_at <= 8'h40 && w_is[35:32] == 4'hf));
            if (rvalid) assert ((rresp == 2'd0) == (ar_at[1:0] == 0 && ar_at <= 8'h40));
            if (rvalid && sees && set)
`ifdef CORRUPT
                assert (rdata[2:0] == ~is);
`else
                assert (rdata[2:0] == is && rdata[31:3] == 0);
`endif
        end
    end
endmodule
