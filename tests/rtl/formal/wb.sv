// SPDX-License-Identifier: Apache-2.0
// proof: 16
// of: wrap
// wrong: CORRUPT
// mutant: wrap/ttfs_wb.v s/end_q && !left_q && cyc_i && !error_q/end_q \&\& !error_q/
// mutant: wrap/ttfs_wb.v s/cyc_i && stb_i && !busy/stb_i \&\& !busy/
// mutant: wrap/ttfs_wb.v s/(left_q || !cyc_i) && busy/1'b0/
// ttfs_wb: Wishbone B4, for any master, classic or pipelined, that may leave at any time, and any chip. Answers (ack or err, not
// both) come in a cycle that is on, one an access that was taken and not left, within 12 cycles when the chip answers within
// two; while one is open the next is stalled; what was written is read; offsets that are nothing and parts of words are errors.
module wb (
    input wire        clk,
    input wire        cyc, stb, we,
    input wire [7:0]  adr,
    input wire [3:0]  sel,
    input wire [31:0] dat,
    input wire        cfg_ready, cfg_rvalid, busy, done, in_ready, out_valid, slot_valid,
    input wire [31:0] cfg_rdata,
    input wire [7:0]  out_flit,
    input wire [11:0] slot,
    input wire [10:0] flags
);
    reg rst_n = 0, past = 0;
    always @(posedge clk) begin rst_n <= 1; past <= rst_n; end
    wire stall, ack, err, cfg_valid, cfg_write;
    wire [31:0] read;

    ttfs_wb #(.FLIT(8)) dut (
        .clk_i(clk), .rst_ni(rst_n), .cyc_i(cyc), .stb_i(stb), .we_i(we), .adr_i(adr), .sel_i(sel), .dat_i(dat), .stall_o(stall),
        .ack_o(ack), .err_o(err), .dat_o(read), .cfg_valid_o(cfg_valid), .cfg_ready_i(cfg_ready), .cfg_write_o(cfg_write),
        .cfg_rvalid_i(cfg_rvalid), .cfg_rdata_i(cfg_rdata), .busy_i(busy), .done_i(done), .in_ready_i(in_ready),
        .out_valid_i(out_valid), .out_flit_i(out_flit), .slot_valid_i(slot_valid), .slot_i(slot), .flags_i(flags)
    );

    wire taken = cyc && stb && !stall;
    reg open = 0, asked = 0, write_q, set = 0;
    reg [7:0] at;
    reg [3:0] part;
    reg [2:0] is, new;
    reg [3:0] age = 0, cfg_age = 0;
    always @(posedge clk) if (rst_n) begin
        open <= (open && cyc && !ack && !err) || taken;
        age <= open && cyc && !ack && !err ? age + 1 : 0;
        if (taken) begin at <= adr; part <= sel; write_q <= we; new <= dat[2:0]; end
        if (taken && we) set <= 0;
        else if (ack && write_q && at == 8'h14) begin set <= 1; is <= new; end
        asked <= (asked && !cfg_rvalid) || (cfg_valid && cfg_ready && !cfg_write);
        cfg_age <= (cfg_valid && !cfg_ready) || (asked && !cfg_rvalid) ? cfg_age + 1 : 0;
    end

    always @* begin
        assume (!cfg_rvalid || asked);
        assume (cfg_age < 2 || !cfg_valid || cfg_ready);
        assume (cfg_age < 2 || !asked || cfg_rvalid);
        if (past && rst_n) begin
            assert (!(ack && err));
            assert (!(ack || err) || (open && cyc));
            assert (!open || stall);
            assert (age < 12);
            if (ack || err) assert (ack == (at[1:0] == 0 && at <= 8'h40 && (!write_q || part == 4'hf)));
            if (ack && !write_q && at == 8'h14 && set)
`ifdef CORRUPT
                assert (read[2:0] != is);
`else
                assert (read == {29'd0, is});
`endif
        end
    end
endmodule
