// SPDX-License-Identifier: Apache-2.0
//
// Drives ttfs_chip by a script and prints what it does; chip.py writes the one and judges the other. A line of
// +script=FILE is an op and two hexadecimal numbers:
//     w ADDRESS DATA   writes over the configuration port        r ADDRESS 0   reads: prints "read ADDRESS DATA"
//     s 0 0            start as soon as may be; prints "sample"  z 0 0         waits while the chip is busy
//     i END FLIT       an input, or the end marker               n COUNT 0     waits cycles
//     d 0 0            waits for done of all that began: prints "done CYCLES"   f 0 0   prints "flags FLAGS", of flags_o
//     p 0 0            one cycle of start that begins nothing  m ADDRESS DATA   changes the memory behind the port
// Prints beside that: "t SLOT CORE FLIT" a result of a core, "o FLIT" a sum that the host takes, "slot N CYCLES", "over"
// when a sample is done, "fault: ..." what no script may see. Without d a sample begins behind the input of the one before,
// when the register EARLY is set. +pauses: a host that pauses, in and out. +rude: noise on every line that
// nothing says is valid and inputs outside slot 0; while the chip is busy starts, and accesses to memories.
// The memory that weights are streamed from (INIT_PREFIX outside.hex) answers at once, or with pauses as the host has,
// some so long that cores come to rest before it goes on.

`timescale 1ns / 1ps
`include "params.vh"

module chip_tb;
    localparam CORES = `CORES_X * `CORES_Y, HOST = 7;   // of the flags: the chip ended a sample's input

    reg clk = 0, rst_n = 0;
    always #1 clk = !clk;

    reg cfg_valid = 0, cfg_write = 0, start = 0, in_valid = 0, in_end = 0, out_ready = 1;
    reg [31:0] cfg_addr = 0, cfg_data = 0;
    reg [`FLIT-1:0] in_flit = 0;
    wire cfg_ready, cfg_rvalid, busy, done, in_ready, out_valid, slot_valid;
    wire [31:0] cfg_rdata;
    wire [`FLIT-1:0] out_flit;
    wire [11:0] slot;
    wire [10:0] flags;
    wire [CORES-1:0] trace_valid;
    wire mem_req, mem_ready;
    wire [31:0] mem_at;
    wire [6:0] mem_words;
    reg mem_req_ready = 0, mem_valid = 0;
    reg [31:0] mem_data = 0;
    wire [CORES*`FLIT-1:0] trace_flit;

    ttfs_chip #(
        `CHIP_PARAMETERS, .CHIP_HASH(`CHIP_HASH), .CLOCK_GATES(`CLOCK_GATES), .PRELOAD(`PRELOAD),
        .INIT_PREFIX(`INIT_PREFIX)
    ) chip (
        .clk_i(clk), .rst_ni(rst_n),
        .cfg_valid_i(cfg_valid), .cfg_ready_o(cfg_ready), .cfg_write_i(cfg_write), .cfg_addr_i(cfg_addr),
        .cfg_data_i(cfg_data), .cfg_rvalid_o(cfg_rvalid), .cfg_rdata_o(cfg_rdata),
        .mem_req_valid_o(mem_req), .mem_req_ready_i(mem_req_ready), .mem_req_addr_o(mem_at), .mem_req_words_o(mem_words),
        .mem_valid_i(mem_valid), .mem_ready_o(mem_ready), .mem_data_i(mem_data),
        .start_i(start), .busy_o(busy), .done_o(done),
        .in_valid_i(in_valid), .in_ready_o(in_ready), .in_end_i(in_end), .in_flit_i(in_flit),
        .out_valid_o(out_valid), .out_ready_i(out_ready), .out_flit_o(out_flit),
        .slot_valid_o(slot_valid), .slot_o(slot), .flags_o(flags),
        .trace_valid_o(trace_valid), .trace_flit_o(trace_flit)
    );

    reg [8*512-1:0] name;
    reg [7:0] op;
    reg [127:0] a, b;
    integer file, scanned, seed = 1, memory_seed = 1, c, left;
    integer cycles = 0, since = 0, reads = 0, answers = 0;  // of this slot; since start; reads taken and answered
    integer begun = 0, ended = 0;   // samples
    reg early = 0, open = 0;        // EARLY is set; a sample's input has not ended
    reg [11:0] slot_before = 0;
    reg pauses, rude, stalled = 0, took, own = 0;
    reg [`FLIT-1:0] held;

    // --- the memory behind the port: addresses of words that were asked for wait in a line

    reg [31:0] outside [0:`OUTSIDE_WORDS-1], asked [0:`OUTSIDE_WORDS-1];
    integer first_asked = 0, last_asked = 0, sleeps = 0, i;
    initial $readmemh({`INIT_PREFIX, "outside.hex"}, outside);

    always @(negedge clk) if (rst_n) begin
        if (mem_req && mem_req_ready)
            for (i = 0; i < mem_words; i = i + 1) begin
                asked[last_asked % `OUTSIDE_WORDS] = mem_at + i;
                last_asked = last_asked + 1;
            end
        if (mem_valid && mem_ready) first_asked = first_asked + 1;
    end

    task memory;
        begin
            mem_req_ready = !(pauses || rude) || ($random(memory_seed) & 1);
            sleeps = sleeps > 0 ? sleeps - 1 : (pauses || rude) && !($random(memory_seed) & 7) ? 1 << ($random(memory_seed) & 7) : 0;
            mem_valid = first_asked != last_asked && sleeps == 0;
            mem_data = mem_valid ? outside[asked[first_asked % `OUTSIDE_WORDS]] : $random(memory_seed);
        end
    endtask

    // --- monitors, in the middle of a cycle

    always @(negedge clk) if (rst_n) begin
        for (c = 0; c < CORES; c = c + 1)
            if (trace_valid[c]) begin
                $display("t %0d %0d %h", slot, c, trace_flit[c*`FLIT +: `FLIT]);
                if (!slot_valid) $display("fault: a core's result outside of slots");
            end
        if (^{mem_req, mem_ready, out_valid, in_ready, cfg_ready, cfg_rvalid, busy, done, slot_valid, flags, trace_valid} === 1'bx)
            $display("fault: an output is unknown");
        if (stalled && (!out_valid || out_flit !== held)) $display("fault: a sum that waits changes");
        stalled = out_valid && !out_ready;
        held = out_flit;
        if (out_valid && out_ready) $display("o %h", out_flit);
        if (slot_valid && cycles > 0 && (slot != slot_before || done)) show_slot;
        if (slot_valid) begin
            cycles = cycles + 1;
            slot_before = slot;
        end else if (cycles > 0) show_slot;
        if (in_ready && !(slot_valid && slot == 0)) $display("fault: hears the host in slot %0d", slot);
        if (done) begin
            $display("over");
            ended = ended + 1;
        end
        if (ended > begun) $display("fault: done twice");
        if (slot_valid && !busy && !(early && (start || !open || flags[HOST]) && begun - ended - start == 1)) $display("fault: not busy in a sample");
        if (slot_valid && mem_req && early) $display("fault: asks for weights with EARLY");
        since = since + 1;
        if (cfg_valid && cfg_ready && !cfg_write) reads = reads + 1;
        if (cfg_rvalid) answers = answers + 1;
        if (answers > reads) $display("fault: an answer that nobody asked for");
        if (cfg_rvalid && own) $display("read %h %h", a[31:0], cfg_rdata);
        else if (cfg_rvalid && cfg_rdata !== 0) $display("fault: a memory is read in a sample");
    end

    task show_slot;
        begin
            $display("slot %0d %0d", slot_before, cycles);
            cycles = 0;
        end
    endtask

    // --- the host, just after a clock edge: it knows what the chip puts out in this cycle

    task tick;
        begin
            @(posedge clk);
            #0.1;
            if (pauses || rude) out_ready = $random(seed);
            memory;
        end
    endtask

    // Noise beside what the script does. A host that means it is busy with `own` or `in_valid`.
    task noise(input mine_cfg, input mine_in);
        begin
            if (!mine_cfg) begin
                cfg_valid = busy && cfg_ready && slot_valid && reads == answers && !($random(seed) & 7);
                cfg_write = $random(seed);
                cfg_addr = $random(seed);
                cfg_addr[31:22] = $unsigned($random(seed)) % CORES;
                cfg_addr[21:18] = 1 + $unsigned($random(seed)) % 7;
                if ($random(seed) & 1) cfg_addr[17:4] = 0;
                cfg_data = $random(seed);
                start = slot_valid && busy && ($random(seed) & 1);
            end
            if (!mine_in) begin
                in_valid = !open && busy && !in_ready;
                in_end = $random(seed);
                in_flit = {$random(seed), $random(seed), $random(seed)};
            end
        end
    endtask

    task access(input write);
        begin
            cfg_valid = 1; cfg_write = write; cfg_addr = a; cfg_data = b;
            if (write && CORES > 1 && a[31:0] == 32'h3c0007 && !slot_valid) early = b;
            start = 0; in_valid = 0;
            own = !write;
            took = 0;
            while (!took) begin
                @(negedge clk) took = cfg_ready;
                tick;
            end
            cfg_valid = 0;
            while (own && reads != answers) tick;
            own = 0;
        end
    endtask

    task give;
        begin
            took = 0;
            while (!took) begin
                in_valid = !(pauses || rude) || ($random(seed) & 1);
                in_end = in_valid ? a : $random(seed);
                in_flit = in_valid && !(rude && in_end) ? b : {$random(seed), $random(seed), $random(seed)};
                if (rude) noise(0, 1);
                @(negedge clk) took = in_valid && in_ready;
                tick;
            end
            if (a) open = 0;
            quiet;
        end
    endtask

    task quiet;
        begin
            cfg_valid = 0; start = 0; in_valid = 0;
        end
    endtask

    task wait_done;
        begin
            while (ended != begun) begin
                if (rude) noise(0, 0);
                tick;
            end
            quiet;
            while (reads != answers) tick;
            $display("done %0d", since);
        end
    endtask

    task begin_sample;
        begin
            for (left = early && (pauses || rude) ? $random(seed) & 255 : 0; left > 0 || busy; left = left - 1) begin
                if (early && rude) noise(0, 0);
                tick;
            end
            quiet;
            $display("sample");
            begun = begun + 1; open = 1; since = 0; start = 1;
            tick;
            start = 0;
        end
    endtask

    initial begin
        pauses = $test$plusargs("pauses");
        rude = $test$plusargs("rude");
        scanned = $value$plusargs("script=%s", name);
        file = $fopen(name, "r");
        repeat (3) begin if (rude) begin start = 1; in_valid = 1; cfg_valid = 1; cfg_write = 1; cfg_addr = 32'h40000; end tick; end
        quiet;
        rst_n = 1;
        tick;
        while ($fscanf(file, "%c %h %h\n", op, a, b) == 3)
            case (op)
            "w": access(1);
            "r": access(0);
            "s": begin_sample;
            "i": give;
            "d": wait_done;
            "p": begin start = 1; tick; start = 0; end
            "z": while (busy) tick;
            "n": repeat (a) tick;
            "f": $display("flags %h", flags);
            "m": outside[a] = b;
            default: $display("fault: no such op");
            endcase
        repeat (3) tick;
        $display("end");
        $finish;
    end

    initial begin
        #(2.0 * `CYCLE_LIMIT) $display("hung in slot %0d, busy %b", slot, busy);
        $finish;
    end
endmodule
