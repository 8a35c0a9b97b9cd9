// SPDX-License-Identifier: Apache-2.0
//
// Runs samples on a chip and prints what it does; chip.py makes the case and judges the print.
// +dir=D has config.hex (address and data in turn), input.hex (end, tick, id packed), +samples,
// +words (of config, 0 = preloaded). +pauses: a host that pauses, in and out. +rude: one that leaves
// noise on every line that nothing says is valid, holds its input valid outside slot 0, writes
// descriptors and rows during a run and to cores that are not there, and asks for a start all the time.

`timescale 1ns / 1ps
`include "params.vh"

module chip_tb;
    localparam ID_BITS = `C_BITS + `Y_BITS + `X_BITS;
    localparam SLOT_BITS = (`SLOTS > 1) ? $clog2(`SLOTS) : 1;

    reg clk = 0, rst_n = 0;
    always #1 clk = !clk;

    reg cfg_valid = 0, start = 0, in_valid = 0, ro_ready = 1;
    reg [31:0] cfg_addr = 0, cfg_data = 0;
    reg [63:0] word = 0;
    wire cfg_ready, busy, done, in_ready, slot_valid, ro_valid;
    wire [SLOT_BITS-1:0] slot;
    wire [`CORES-1:0] trace_valid;
    wire [`CORES*`TICK_BITS-1:0] trace_tick;
    wire [`CORES*ID_BITS-1:0] trace_id;
    wire [ID_BITS-1:0] ro_id;
    wire [`ACC_BITS-1:0] ro_value;

    ttfs_chip #(
        `CHIP_PARAMETERS, .PRELOAD(`PRELOAD), .INIT_PREFIX(`INIT_PREFIX)
    ) chip (
        .clk_i(clk), .rst_ni(rst_n),
        .cfg_valid_i(cfg_valid), .cfg_ready_o(cfg_ready), .cfg_addr_i(cfg_addr), .cfg_data_i(cfg_data),
        .start_i(start), .busy_o(busy), .done_o(done),
        .in_valid_i(in_valid), .in_ready_o(in_ready), .in_end_i(word[63]),
        .in_tick_i(word[32 +: `TICK_BITS]), .in_id_i(word[ID_BITS-1:0]),
        .slot_valid_o(slot_valid), .slot_o(slot),
        .trace_valid_o(trace_valid), .trace_tick_o(trace_tick), .trace_id_o(trace_id),
        .ro_valid_o(ro_valid), .ro_ready_i(ro_ready), .ro_id_o(ro_id), .ro_value_o(ro_value)
    );

    integer words, samples, seed = 1, i, at, n, c, cycles;
    reg [1023:0] dir, name;
    reg [31:0] config_mem [0:`CONFIG_WORDS];
    reg [63:0] input_mem [0:`INPUT_WORDS];
    reg [SLOT_BITS-1:0] slot_before;
    reg finished, took, sent, pauses, rude;

    task tick; begin @(posedge clk); #0.1; end endtask

    // Monitor, just before each clock edge.
    always @(negedge clk) if (rst_n) begin
        for (c = 0; c < `CORES; c = c + 1)
            if (trace_valid[c])
                $display("spike %0d %0d %0d %0d", slot, c, trace_tick[c*`TICK_BITS +: `TICK_BITS],
                    trace_id[c*ID_BITS +: ID_BITS]);
        if (ro_valid && ro_ready) $display("readout %0d %0d", ro_id, $signed(ro_value));
        if (slot_valid && cycles > 0 && slot != slot_before) begin
            $display("slot %0d %0d", slot_before, cycles);
            cycles = 0;
        end
        if (slot_valid) begin
            cycles = cycles + 1;
            slot_before = slot;
        end else if (cycles > 0) begin
            $display("slot %0d %0d", slot_before, cycles);
            cycles = 0;
        end
        if (in_ready && !(slot_valid && slot == 0)) $display("fault: hears the host in slot %0d", slot);
        if (cfg_ready && slot_valid) $display("fault: takes a configuration in slot %0d", slot);
        if (done) finished = 1;
    end

    always @(posedge clk) if (pauses) begin
        #0.1 ro_ready = $random(seed);
    end

    // What a rude host does beside its work, after a clock edge, when the cycle's outputs are known.
    task disturb(input push);
        begin
            cfg_valid = !cfg_ready && ($random(seed) & 3);
            cfg_addr = $random(seed) & 1 ? config_mem[2 * ($unsigned($random(seed)) % (words / 2))] : $random(seed);
            cfg_data = $random(seed);
            start = busy && ($random(seed) & 1);
            if (push) begin
                in_valid = 1;
                word = {$random(seed), $random(seed)};
            end else if (word[63]) word[62:0] = {$random(seed), $random(seed)};
        end
    endtask

    initial begin
        cycles = 0; finished = 0;
        pauses = $test$plusargs("pauses");
        rude = $test$plusargs("rude");
        i = $value$plusargs("dir=%s", dir);
        i = $value$plusargs("samples=%d", samples);
        i = $value$plusargs("words=%d", words);
        $sformat(name, "%0s/config.hex", dir); $readmemh(name, config_mem);
        $sformat(name, "%0s/input.hex", dir); $readmemh(name, input_mem);
        repeat (3) tick;
        rst_n = 1;
        tick;
        if (rude) repeat (3) begin disturb(1); tick; start = 0; end
        for (i = 0; i < words; i = i + 2) begin
            if (rude) while ($random(seed) & 1) begin disturb(1); tick; start = 0; end
            cfg_valid = 1; cfg_addr = config_mem[i]; cfg_data = config_mem[i+1];
            tick;
        end
        cfg_valid = 0;
        while (busy) begin if (rude) disturb(1); tick; end
        at = 0;
        for (n = 0; n < samples; n = n + 1) begin
            $display("sample %0d", n);
            finished = 0; start = 1; tick; start = 0;
            sent = 0;
            while (!sent) begin
                word = input_mem[at];
                in_valid = !pauses || ($random(seed) & 1);
                if (rude) disturb(0);
                @(negedge clk) took = in_valid && in_ready;
                tick;
                if (took) begin
                    at = at + 1;
                    sent = word[63];
                end
            end
            in_valid = 0;
            while (!finished) begin if (rude) disturb(1); tick; end
            in_valid = 0; start = 0; cfg_valid = 0;
            while (busy) tick;
        end
        $display("end");
        $finish;
    end

    initial begin
        #(2 * `CYCLE_LIMIT) $display("hung in slot %0d", slot);
        $finish;
    end
endmodule
