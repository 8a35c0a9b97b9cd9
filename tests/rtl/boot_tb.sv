// SPDX-License-Identifier: Apache-2.0
//
// ttfs_boot between a model of a flash and one of the configuration port: it is asleep until it is woken and its time is over,
// gives its bytes from the address that it is asked for; the port takes words when it likes. What is written are the runs of words
// that lie there, in order, each at its address; where there is no magic number nothing is written, which is told, and where something else
// stands in place of a run, or the end where no CHECK was, that goes to CHIP, and no more; a reset begins anew.
module boot_tb;
    `include "bench.svh"
    localparam OFFSET = 24'h0a0000;
    localparam [31:0] CHIP = 15 << 18 | 1, CHECK = 15 << 18 | 3, END = 32'h54544645;
    wire sck, cs_n, mosi, valid, done, empty;
    integer emptied = 0;
    wire [31:0] addr, data;
    reg busy = 1, ready = 0, miso = 0;
    ttfs_boot #(.OFFSET(OFFSET)) dut (
        .clk_i(clk), .rst_ni(rst_n), .sck_o(sck), .cs_no(cs_n), .mosi_o(mosi), .miso_i(miso),
        .busy_i(busy), .valid_o(valid), .ready_i(ready), .addr_o(addr), .data_o(data), .empty_o(empty), .done_o(done)
    );
    always @(negedge clk) if (empty) begin
        check(done, 1, 11);
        emptied = emptied + 1;
    end

    // The flash.
    reg [31:0] content [0:255], order, shift;
    integer bits = 0, at = 0, woken = 0, sessions = 0;
    always @(negedge cs_n) begin
        bits = 0;
        sessions = sessions + 1;
    end
    always @(posedge cs_n) if (bits == 8 && order[7:0] == 8'hab) woken = $time;
    always @(posedge sck) if (!cs_n) begin
        order = {order[30:0], mosi};
        bits = bits + 1;
    end
    always @(negedge sck) if (!cs_n && bits >= 32) begin
        if (bits == 32) begin
            check(order, {8'h03, OFFSET}, 1);
            check(woken > 0 && $time - woken >= 10000, 1, 2);  // 1,000 cycles
            at = 0;
        end
        if (bits % 32 == 0) begin
            shift = content[at];
            at = at + 1;
        end
        #3 miso = shift[31];
        shift = shift << 1;
    end

    // The port.
    integer k = 0, run_left = 0, next = 0, writes = 0;
    reg [31:0] base;
    reg [31:0] wrote_addr [0:255], wrote_data [0:255];
    always @(posedge clk) begin
        #1 ready = below(4) == 0;
    end
    always @(negedge clk) if (valid && ready) begin
        wrote_addr[writes] = addr;
        wrote_data[writes] = data;
        writes = writes + 1;
    end

    // Runs of words: what is expected is what is put there.
    integer n, i, filled;
    reg [31:0] want_addr [0:255], want_data [0:255];
    task fill(input integer runs);
        begin
            content[0] = 32'h54544642;
            n = 1;
            filled = 0;
            for (int r = 0; r < runs; r = r + 1) begin
                run_left = (r == runs - 1) ? 1 : 1 + below(9);
                base = (r == runs - 1) ? CHECK : $random(seed) & 32'h3fffff;
                content[n] = run_left;
                content[n+1] = base;
                n = n + 2;
                for (int w = 0; w < run_left; w = w + 1) begin
                    content[n] = $random(seed);
                    want_addr[filled] = base + w;
                    want_data[filled] = content[n];
                    n = n + 1;
                    filled = filled + 1;
                end
            end
            content[n] = END;
        end
    endtask
    task boot(input integer words, input integer what);
        begin
            writes = 0;
            woken = 0;
            busy = 1;
            reset;
            n = sessions;
            repeat (50) tick;
            check(sessions, n, what);  // the chip is not ready
            check(done, 0, what);
            busy = 0;
            for (i = 0; i < 40000 && !done; i = i + 1) tick;
            check(done, 1, what);
            check(cs_n, 1, what);
            check(writes, words, what);
            for (i = 0; i < words; i = i + 1) begin
                check(wrote_addr[i], want_addr[i], what);
                check(wrote_data[i], want_data[i], what);
            end
            repeat (2000) tick;
            check(sessions, n + 2, what);  // and rests
            check(writes, words, what);
        end
    endtask
    // In place of the second run, or of the end.
    task damage(input [31:0] word, input integer what);
        begin
            fill(2);
            n = 3 + content[1];
            want_addr[content[1]] = CHIP;
            want_data[content[1]] = word;
            content[n] = word;
            boot(content[1] + 1, what);
            fill(3);
            content[n] = word;
            want_addr[filled] = CHIP;
            want_data[filled] = word;
            boot(filled + 1, what);
        end
    endtask
    initial begin
        fill(8);
        boot(filled, 3);
        fill(1);
        boot(filled, 4);
        check(emptied, 0, 12);
        content[0] = 32'hffffffff;
        boot(0, 5);
        check(emptied, 1, 13);
        content[0] = 32'h54544642;
        content[1] = END;  // also behind a reset
        want_addr[0] = CHIP;
        want_data[0] = END;
        boot(1, 6);
        damage(0, 7);
        damage(32'h00040001, 8);
        damage(32'hffffffff, 9);
        fill(4);
        content[n-2] = CHECK + 8;
        want_addr[filled-1] = CHECK + 8;
        want_addr[filled] = CHIP;
        want_data[filled] = END;
        boot(filled + 1, 10);
        check(emptied, 1, 14);
        finish(200);
    end
endmodule
