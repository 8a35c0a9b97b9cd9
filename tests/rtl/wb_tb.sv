// SPDX-License-Identifier: Apache-2.0
// ttfs_wb: 1,000 random accesses of a classic master and 1,000 of a pipelined one, with pauses, some left in the middle,
// against a model of what the words of the chip's configuration hold: each that is not left is answered once, with what it is
// to be. Then of each a sample through the registers.
module wb_tb;
    `include "bench.svh"
    `include "ttfs_registers.vh"
    `include "wrap_chip.svh"
    `include "wrap_bus.svh"

    reg         cyc = 0, stb = 0, we = 0;
    reg  [7:0]  adr = 0;
    reg  [3:0]  sel = 4'hf;
    reg  [31:0] dat = 0;
    wire        stall, ack, err, irq;
    wire [31:0] dat_r;
    reg         bad, left, pipelined = 0;
    integer     i, mode, asked_for = 0, answers = 0, leaves = 0;

    ttfs_wb #(.FLIT(FLIT)) dut (
        .clk_i(clk), .rst_ni(rst_n), .cyc_i(cyc), .stb_i(stb), .we_i(we), .adr_i(adr), .sel_i(sel), .dat_i(dat),
        .stall_o(stall), .ack_o(ack), .err_o(err), .dat_o(dat_r), .irq_o(irq), .cfg_valid_o(cfg_valid),
        .cfg_ready_i(cfg_ready), .cfg_write_o(cfg_write), .cfg_addr_o(cfg_addr), .cfg_data_o(cfg_data),
        .cfg_rvalid_i(cfg_rvalid), .cfg_rdata_i(cfg_rdata), .start_o(start), .busy_i(busy), .done_i(done),
        .in_valid_o(in_valid), .in_ready_i(in_ready), .in_end_o(in_end), .in_flit_o(in_flit), .out_valid_i(out_valid),
        .out_ready_o(out_ready), .out_flit_i(out_flit), .slot_valid_i(busy), .slot_i(12'd0), .flags_i(11'd0)
    );

    always @(negedge clk) if (rst_n && (ack || err)) answers = answers + 1;

    // A pipelined master takes its address away once it is taken, a classic one keeps it.
    task access(input write, input [7:0] a, input [31:0] d, input [3:0] s);
        begin
            asked_for = asked_for + 1;
            cyc = 1; stb = 1; we = write; adr = a; dat = d; sel = s;
            #3;
            if (pipelined) begin
                while (stall) begin tick; #3; end
                tick;
                stb = 0; adr = $random(seed); dat = $random(seed);
                #3;
            end
            while (!ack && !err) begin tick; #3; end
            got = dat_r;
            bad = err;
            tick;
            stb = 0;
            if (below(2)) cyc = 0;
            repeat (below(3)) tick;
        end
    endtask
    task set(input [5:0] word, input [31:0] data);
        begin
            access(1, {word, 2'd0}, data, 4'hf);
            check(bad, 0, 1);
        end
    endtask
    task get(input [5:0] word);
        begin
            access(0, {word, 2'd0}, 0, 4'hf);
            check(bad, 0, 2);
        end
    endtask
    // Asks for a register that an access changes in nothing, and leaves before the answer.
    task leave;
        begin
            while (cyc && stall) tick;
            cyc = 1; stb = 1; we = 0; adr = 8'h00;
            #3;
            while (stall) begin tick; #3; end
            tick;
            cyc = 0; stb = 0;
            leaves = leaves + 1;
            repeat (1 + below(4)) tick;
        end
    endtask

    initial begin
        reset;
        fill_words;
        set(REG_IN_HIGH, 32'h33);
        for (mode = 0; mode < 2; mode = mode + 1) begin
            pipelined = mode;
            for (i = 0; i < 1000; i = i + 1)
                case (below(8))
                    0: begin access(1, 8'h14, 7, below(15)); check(bad, 1, 5); end
                    1: leave;
                    default: some_word;
                endcase
            sample(20);
        end
        check_fed(8'h33);
        check(answers, asked_for, 6);
        check(leaves > 100, 1, 7);
        finish(1500);
    end
endmodule
