// SPDX-License-Identifier: Apache-2.0
// ttfs_config before a model of three nodes: random writes, reads, and every wrong access: what is
// not there, a memory in a sample, a check that does not fit, another chip's hash; the chip's own errors.
// After each: the flags are those expected, what was written reads back, the next good access is right.
// Accesses take the promised cycles. The CRC is formed again here, bit by bit.
module config_tb;
    `include "bench.svh"
    localparam CORES = 3, HASH = 32'h1badcafe;
    localparam CHECKSUM = 5, WRONG = 6, HOST = 7, REFUSED = 8, BUSY = 9, NOWHERE = 10;
    reg valid = 0, write = 0, sample = 0, host = 0, refused = 0, damaged = 0, stray = 0;
    reg [31:0] addr = 0, data = 0, cycles = 0;
    wire ready, rvalid, we, refuse, idle;
    wire [31:0] rdata, wdata, patience;
    wire trace, early;
    wire [CORES-1:0] en, at;
    wire [3:0] mem;
    wire [17:0] word;
    wire [4:0] clear;
    wire [10:0] flags;
    reg [4:0] node_flags = 0;

    // The nodes: memory 0 two registers, 1 twenty words, 7 the words at the end of its addresses.
    function there(input [9:0] c, input [3:0] m, input [17:0] w);
        there = c < CORES && (m == 0 ? w < 2 : m == 1 ? w < 20 : m == 6 ? w >= 18'h3fffe : m == 7 && w < 5);
    endfunction
    reg [31:0] words [0:CORES-1][0:15][0:31], sent [0:CORES-1][0:15][0:31];
    reg [31:0] node_data = 0, first_data;
    integer accesses = 0;
    wire [9:0] node = $clog2(at);
    wire known = |at && there(node, mem, word);
    always @(posedge clk) begin
        first_data <= known ? words[node][mem][word % 32] : 0;
        if (|en && we) words[node][mem][word % 32] <= wdata;
        if (|en) begin
            check(known, 1, 40);
            accesses <= accesses + 1;
        end
        node_data <= first_data;
        node_flags <= node_flags & ~clear;
    end

    ttfs_config #(.CORES(CORES), .CHIP_HASH(HASH)) dut (
        .clk_i(clk), .rst_ni(rst_n), .valid_i(valid), .ready_o(ready), .write_i(write), .addr_i(addr),
        .data_i(data), .rvalid_o(rvalid), .rdata_o(rdata), .en_o(en), .at_o(at), .we_o(we), .mem_o(mem),
        .word_o(word), .data_o(wdata), .known_i(known), .node_data_i(node_data), .clear_o(clear),
        .sample_i(sample), .host_i(host), .refused_i(refused), .checksum_i(damaged), .nowhere_i(stray), .node_flags_i(node_flags), .cycles_i(cycles),
        .patience_o(patience), .trace_o(trace), .early_o(early), .refuse_o(refuse), .idle_o(idle), .flags_o(flags)
    );

    // What is expected.
    reg [31:0] crc, before_at, last_patience = 0;
    reg chained;
    reg [10:0] want = 0;
    integer i, c, m, w, took, expected;
    reg [31:0] r;
    task byte_of_crc(input [7:0] b);
        for (int k = 0; k < 8; k = k + 1) crc = crc[0] ^ b[k] ? crc >> 1 ^ 32'hedb88320 : crc >> 1;
    endtask
    task word_of_crc(input [31:0] v);
        for (int k = 0; k < 4; k = k + 1) byte_of_crc(v >> 8 * k);
    endtask
    task fresh;
        begin crc = -1; chained = 0; end
    endtask

    task put(input [31:0] a, input [31:0] d);
        begin
            while (below(3) == 0) tick;
            check(ready, 1, 1);
            valid = 1; write = 1; addr = a; data = d;
            tick;
            valid = 0; addr = $random(seed); data = $random(seed);
            for (took = 1; !ready; took = took + 1) tick;
        end
    endtask
    task get(input [31:0] a, input [31:0] value, input integer what);
        begin
            while (below(3) == 0) tick;
            valid = 1; write = 0; addr = a;
            tick;
            valid = 0; addr = $random(seed);
            for (took = 1; !rvalid && took < 20; took = took + 1) tick;
            check(took, 7, 3);
            check(rdata, value, what);
            tick;
            check(rvalid, 0, 4);
        end
    endtask
    task look(input integer what);
        begin
            repeat (2) tick;
            check(flags, want, what);
            check(refuse, want[CHECKSUM] || want[WRONG], what);
        end
    endtask
    function [31:0] address(input integer core, input integer memory, input integer number);
        address = core << 22 | memory << 18 | number;
    endfunction

    // A good write, and what the CRC and the time of it are.
    task write_memory(input integer core, input integer memory, input integer number);
        reg [31:0] a;
        begin
            a = address(core, memory, number);
            r = $random(seed);
            expected = memory == 0 ? 3 : chained && a == before_at + 1 ? 7 : 11;
            if (memory != 0) begin
                if (!(chained && a == before_at + 1)) word_of_crc(a);
                word_of_crc(r);
                chained = 1; before_at = a;
            end
            put(a, r);
            check(took, expected, 10);
            sent[core][memory][number % 32] = r;
        end
    endtask

    task bad_access;  // not there: core, memory, word
        begin
            c = below(CORES); m = 1; w = below(20);
            case (below(5))
                0: c = CORES + below(1000);
                1: m = 8 + below(7);
                2: m = 2 + below(3);
                3: w = 20 + below(5000);
                default: begin c = below(2); m = 15; w = c ? below(6) : 8 + below(50); end
            endcase
            want[NOWHERE] = 1;
            if (below(2)) begin put(address(c, m, w), $random(seed)); check(took, 3, 11); end
            else get(address(c, m, w), 0, 12);
            look(13);
        end
    endtask

    task clear_some;
        begin
            r = $random(seed);
            put(address(0, 15, 2), r);
            want = want & ~r;
            look(14);
            get(address(0, 15, 2), want, 15);
        end
    endtask

    // A reset in the middle of an access: no flag, no chain, the CRC from its beginning.
    task restart;
        begin
            write_memory(0, 1, 7);
            put(address(0, 15, 4), 99);
            valid = 1; write = 0; addr = address(0, 1, 7);
            tick;
            valid = 0;
            repeat (below(6)) tick;
            reset;
            check({ready, rvalid, refuse, clear}, {3'b100, 5'd0}, 50);
            check(flags, node_flags, 51);
            check({trace, early, patience}, 0, 52);
            want = node_flags;
            fresh;
            get(address(0, 15, 3), ~crc, 53);
            write_memory(0, 1, 8);
            get(address(0, 1, 8), sent[0][1][8], 54);
        end
    endtask

    initial begin
        for (c = 0; c < CORES; c = c + 1)
            for (i = 0; i < 512; i = i + 1) begin words[c][i / 32][i % 32] = i; sent[c][i / 32][i % 32] = i; end
        reset;
        check({ready, rvalid, refuse, clear, flags}, {3'b100, 16'd0}, 19);
        fresh;
        get(address(0, 15, 0), 32'h54540005, 20);
        get(address(0, 15, 1), HASH, 21);
        for (i = 0; i < 1500; i = i + 1) begin
            c = below(CORES); m = below(2); w = below(m ? 20 : 2);
            case (below(16))
                0, 1: write_memory(c, m, w);
                2, 3: for (w = below(10); w < 16; w = w + 1) write_memory(c, 1, w);
                4: begin  // from a memory into the next
                    write_memory(c, 6, 18'h3fffe);
                    write_memory(c, 6, 18'h3ffff);
                    for (w = 0; w < 3; w = w + 1) write_memory(c, 7, w);
                end
                5, 6, 7: get(address(c, m, w), sent[c][m][w], 30);
                8: bad_access;
                9: begin  // in a sample
                    sample = 1;
                    accesses = 0;
                    put(address(c, 1, w), $random(seed));
                    get(address(c, 1 + below(14), w), 0, 31);
                    check(accesses, 0, 32);
                    want[BUSY] = 1;
                    get(address(c, 0, 1), sent[c][0][1], 33);
                    get(address(0, 15, 2), want, 34);
                    put(address(0, 15, 2), 1 << BUSY);
                    want[BUSY] = 0;
                    look(41);
                    r[0] = early;
                    get(address(0, 15, 7), r[0], 42);
                    put(address(0, 15, 7), !r[0]);   // not changed while cores may be at work
                    want[BUSY] = 1;
                    look(43);
                    check(early, r[0], 44);
                    sample = 0;
                end
                10: begin  // the next address is no next one behind it
                    w = below(14);
                    write_memory(c, 1, w);
                    get(address(0, 15, 3), ~crc, 35);
                    put(address(0, 15, 3), ~crc);
                    fresh;
                    write_memory(c, 1, w + 1);
                end
                11: begin
                    put(address(0, 15, 3), ~crc ^ 1 << below(32));
                    fresh;
                    want[CHECKSUM] = 1;
                end
                12: begin
                    r = below(2) ? HASH : HASH ^ 1 << below(32);
                    put(address(0, 15, 1), r);
                    if (r != HASH) want[WRONG] = 1;
                end
                13: begin
                    case (below(5))
                        3: begin damaged = 1; tick; damaged = 0; want[CHECKSUM] = 1; end
                        4: begin stray = 1; tick; stray = 0; want[NOWHERE] = 1; end
                        0: begin host = 1; tick; host = 0; want[HOST] = 1; end
                        1: begin refused = 1; tick; refused = 0; want[REFUSED] = 1; end
                        default: begin node_flags = $random(seed); want[4:0] = node_flags; end
                    endcase
                end
                14: begin
                    last_patience = $random(seed);
                    put(address(0, 15, 4), last_patience);
                    get(address(0, 15, 4), last_patience, 36);
                    check(patience, last_patience, 37);
                    cycles = $random(seed);
                    put(address(0, 15, 6), cycles);
                    get(address(0, 15, 6), cycles & 1, 54);
                    check(trace, cycles & 1, 55);
                    r = $random(seed);
                    put(address(0, 15, 7), r);
                    get(address(0, 15, 7), r & 1, 56);
                    check(early, r & 1, 57);
                    put(address(0, 15, 5 * below(2)), 0);  // registers that are only read
                    get(address(0, 15, 5), cycles, 38);
                end
                default: clear_some;
            endcase
            look(39);
            if (i % 100 == 50) restart;
        end
        for (c = 0; c < CORES; c = c + 1)
            for (i = 0; i < 512; i = i + 1) check(words[c][i / 32][i % 32], sent[c][i / 32][i % 32], 40);
        finish(8000);
    end
endmodule
