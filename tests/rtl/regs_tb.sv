// SPDX-License-Identifier: Apache-2.0
// ttfs_regs: every register at its offset, accesses beyond and parts of words refused, the window to the chip's
// configuration, flits in and out in order, none lost but those that it tells of, counters, the interrupt.
module regs_tb;
    `include "bench.svh"
    `include "ttfs_registers.vh"
    `include "wrap_chip.svh"
    `include "wrap_bus.svh"

    reg         req = 0, we = 0, whole = 1;
    reg  [7:0]  addr = 0;
    reg  [31:0] wdata = 0;
    wire        ack, error, irq;
    wire [31:0] rdata;
    reg  [11:0] slot = 12'h123;
    reg  [10:0] flags = 0;
    reg         bad, ahead = 0;   // ahead: the chip's next sample has begun
    integer     i, ran = 0, last_ran = 0;

    ttfs_regs #(.FLIT(FLIT)) dut (
        .clk_i(clk), .rst_ni(rst_n), .req_valid_i(req), .req_write_i(we), .req_whole_i(whole), .req_addr_i(addr),
        .req_data_i(wdata), .ack_o(ack), .error_o(error), .rdata_o(rdata), .irq_o(irq), .cfg_valid_o(cfg_valid),
        .cfg_ready_i(cfg_ready), .cfg_write_o(cfg_write), .cfg_addr_o(cfg_addr), .cfg_data_o(cfg_data),
        .cfg_rvalid_i(cfg_rvalid), .cfg_rdata_i(cfg_rdata), .start_o(start), .busy_i(busy || cfg_valid), .done_i(done),
        .in_valid_o(in_valid), .in_ready_i(in_ready), .in_end_o(in_end), .in_flit_o(in_flit), .out_valid_i(out_valid),
        .out_ready_o(out_ready), .out_flit_i(out_flit), .slot_valid_i(busy || ahead), .slot_i(slot), .flags_i(flags)
    );

    // Cycles of a sample as the chip counts them. busy_i is high in accesses of the configuration as well.
    always @(negedge clk) begin
        if (done) last_ran = ran;
        ran = !(busy || ahead) ? 0 : done ? 1 : ran + 1;
    end

    task access(input write, input [7:0] at, input [31:0] data, input all);
        begin
            req = 1; we = write; addr = at; wdata = data; whole = all;
            #3;
            while (!ack) begin tick; #3; end
            got = rdata;
            bad = error;
            tick;
            req = 0;
        end
    endtask

    task set(input [5:0] word, input [31:0] data);
        access(1, {word, 2'd0}, data, 1);
    endtask
    task get(input [5:0] word);
        access(0, {word, 2'd0}, 0, 1);
    endtask

    initial begin
        reset;
        get(REG_ID); check(got, 32'h54544653, 1);
        get(REG_VERSION); check(got, {8'd0, 8'd40, 16'd1}, 2);
        for (i = 0; i < 64; i = i + 1) begin
            access(0, 4 * i, 0, 1); check(bad, i > REG_LAST, 3);
            if (i > REG_LAST) begin access(1, 4 * i, 1, 1); check(bad, 1, 4); end
        end
        access(0, 8'h01, 0, 1); check(bad, 1, 5);
        set(REG_IRQ_ENABLE, 32'hffffffff);
        access(1, 8'h14, 32'd0, 0); check(bad, 1, 6);
        get(REG_IRQ_ENABLE); check(got, 7, 7);
        get(REG_SLOT); check(got, 32'h123, 8);
        set(REG_CFG_ADDR, 32'd16);
        for (i = 0; i < 100; i = i + 1) set(REG_CFG_DATA, 32'h1000 + i * 77);
        get(REG_CFG_ADDR); check(got, 116, 9);
        set(REG_CFG_ADDR, 32'd16);
        for (i = 0; i < 100; i = i + 1) begin get(REG_CFG_DATA); check(got, 32'h1000 + i * 77, 10); end
        set(REG_IN_HIGH, 32'h5a);
        for (i = 0; i < 4; i = i + 1) begin
            sample(20);
            while (!irq) tick;
            get(REG_IRQ); check(got[2:0], 1, 13);
            set(REG_IRQ, 1);
            get(REG_IRQ); check(got[2:0], 0, 14);
            get(REG_SAMPLES); check(got, i + 1, 15);
            get(REG_CYCLES); check(got, last_ran, 24);
        end
        // With EARLY a sample's cycles are those behind the one before.
        ahead = 1;
        for (i = 0; i < 3; i = i + 1) begin
            sample(20);
            while (!irq) tick;
            set(REG_IRQ, 1);
            get(REG_CYCLES); check(got, last_ran, 27);
            // Behind the end of a sample none is taken, though a slot runs: the next one would begin with it.
            set(REG_IN_LOW, 32'hbad);
            get(REG_STATUS); check(got[STATUS_IN_FULL], 0, 31);
            get(REG_IRQ); check(got[2:0], 4, 32);
            set(REG_IRQ, 4);
        end
        ahead = 0;
        // Flits that no sample takes are lost, and that is told: out of one, and when the chip goes on without its host.
        set(REG_IN_LOW, 1);
        get(REG_IRQ); check(got[2:0], 4, 18);
        get(REG_STATUS); check(got[STATUS_IN_FULL], 0, 16);
        set(REG_IRQ, 4);
        set(REG_CONTROL, 1 << CONTROL_START);
        give_flits(5);
        while (in_valid) tick;
        tired = 1;
        while (hears) tick;
        tired = 0;
        set(REG_IN_END, 0);
        take_sums;
        while (!irq) tick;
        get(REG_IRQ); check(got[2:0], 5, 17);
        set(REG_IRQ, 5);
        sample(20);
        get(REG_IRQ); check(got[2:0], 1, 11);
        set(REG_IRQ, 1);
        check_fed(8'h5a);
        set(REG_IN_LOW, 2);
        flags = 11'h21;
        tick;
        get(REG_IRQ); check(got[2:0], 6, 19);
        get(REG_FLAGS); check(got, 32'h21, 20);
        check(irq, 1, 21);
        flags = 0;
        set(REG_IRQ, 7);
        tick; tick;
        check(irq, 0, 22);
        check(refused, 0, 23);
        check(last_ran > 20 && last_ran < 2000, 1, 25);
        reset;
        // A sample written without a look at IN_FULL: flits are lost, which is told; none goes twice.
        n_given = n_fed;
        set(REG_CONTROL, 1 << CONTROL_START);
        for (i = 0; i < 200; i = i + 1) set(REG_IN_LOW, i);
        get(REG_IRQ); check(got[2:0], 4, 26);
        give(REG_IN_END, 0);
        take_sums;
        check(fed[n_given][31:0], 0, 30);
        for (i = n_given + 1; i < n_fed; i = i + 1) check(fed[i] > fed[i - 1], 1, 28);
        check(n_fed > n_given + 20 && n_fed < n_given + 200, 1, 29);
        finish(250);
    end
endmodule
