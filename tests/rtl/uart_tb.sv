// SPDX-License-Identifier: Apache-2.0
//
// ttfs_uart against a host: random frames, whole, damaged, with bytes lost or doubled, out of order, sent again, too early; each
// command is given once and in order with its payload, nothing else is; to every frame comes a reply that says how far
// things are and whether the frame was whole, with an answer, a result or neither behind it, and a checksum.
module uart_tb;
    `include "bench.svh"
    localparam CLOCKS = 5;
    reg rx = 1, busy = 0, done = 0, other = 0;
    reg [5:0] status = 0;
    reg [31:0] answer = 0;
    reg [63:0] result = 0;
    wire tx, bit_valid, bit_, take;
    wire [7:0] command;

    ttfs_uart #(.CLOCKS(CLOCKS)) dut (
        .clk_i(clk), .rst_ni(rst_n), .rx_i(rx), .tx_o(tx), .spi_open_i(1'b0), .spi_begins_i(1'b0), .spi_rises_i(1'b0), .spi_falls_i(1'b0),
        .spi_bit_i(1'b0), .spi_bytes_o(), .spi_bit_o(), .bit_valid_o(bit_valid), .bit_o(bit_), .take_o(take),
        .command_o(command), .busy_i(busy || other), .done_i(done), .status_i(status), .answer_i(answer), .result_i(result)
    );

    function [31:0] crc_byte(input [31:0] crc, input [7:0] data);
        begin
            crc_byte = crc ^ {data, 24'd0};
            for (int k = 0; k < 8; k = k + 1) crc_byte = (crc_byte << 1) ^ (crc_byte[31] ? 32'h04c11db7 : 0);
        end
    endfunction

    // The board top: takes bits of a payload, is at work for some cycles.
    reg [63:0] payload;
    integer taken = 0, work = 0, longest = 20;
    always @(posedge clk) begin
        if (bit_valid) payload <= {payload[62:0], bit_};
        if (take) begin
            taken <= taken + 1;
            busy  <= 1;
            work  <= 1 + below(longest);
        end
        done <= work == 1;
        if (work > 0) work <= work - 1;
        if (done) busy <= 0;
    end

    // What comes back: frames as a host sees them.
    reg [7:0] got [0:15];
    integer length = 0, replies = 0, cut;
    reg escaped = 0;
    reg [7:0] byte_in;
    initial forever begin
        @(negedge tx);
        repeat (CLOCKS + CLOCKS / 2) @(posedge clk);
        for (int k = 0; k < 8; k = k + 1) begin
            byte_in = {tx, byte_in[7:1]};
            repeat (CLOCKS) @(posedge clk);
        end
        if (tx !== 1) begin errors = errors + 1; $display("no stop bit"); end
        if (byte_in == 8'h7e) begin
            if (length > 0) begin replies = replies + 1; cut = length; end
            length = 0;
            escaped = 0;
        end else if (byte_in == 8'h7d && !escaped) escaped = 1;
        else begin
            if (length < 16) got[length] = escaped ? byte_in ^ 8'h20 : byte_in;
            length = length + 1;
            escaped = 0;
        end
    end

    reg broken = 0;  // no stop bit
    task send_byte(input [7:0] b);
        begin
            rx = 0;
            repeat (CLOCKS) tick;
            for (int k = 0; k < 8; k = k + 1) begin rx = b[k]; repeat (CLOCKS) tick; end
            rx = !broken;
            repeat (CLOCKS) tick;
            rx = 1;
            repeat (below(2) * below(9) + broken * CLOCKS) tick;
        end
    endtask
    // A byte of a frame; `how` 1: damaged, but to no flag, 2: lost, 3: doubled, 4: without its stop bit.
    task send_data(input [7:0] b, input integer how);
        begin
            if (how == 1) b = (b ^ 1 << below(8)) == 8'h7e ? b ^ 8'h81 : b ^ 1 << below(8);
            if (how == 1 && b == 8'h7e) b = 8'h00;
            if (how != 2) begin
                if (b == 8'h7e || b == 8'h7d) send_byte(8'h7d);
                broken = how == 4;
                send_byte((b == 8'h7e || b == 8'h7d) ? b ^ 8'h20 : b);
                broken = 0;
                if (how == 3) send_byte(8'h55);
            end
        end
    endtask
    task send_frame(input [7:0] number, input [7:0] what, input [63:0] data, input integer how);
        reg [31:0] crc;
        integer n, at;
        reg wide;
        begin
            wide = what == 1 || what == 2 || what == 4;
            n = wide ? 14 : 6;
            at = below(how == 3 ? n - 1 : n);  // what comes behind a whole frame does not matter
            crc = crc_byte(crc_byte(32'hffffffff, number), what);
            send_byte(8'h7e);
            send_data(number, at == 0 ? how : 0);
            send_data(what, at == 1 ? how : 0);
            for (int k = 0; wide && k < 8; k = k + 1) begin
                crc = crc_byte(crc, data[56 - 8 * k +: 8]);
                send_data(data[56 - 8 * k +: 8], at == 2 + k ? how : 0);
            end
            crc = ~crc;
            for (int k = 0; k < 4; k = k + 1) send_data(crc[24 - 8 * k +: 8], at == n - 4 + k ? how : 0);
            send_byte(8'h7e);
        end
    endtask

    // The reply to the last frame: it came, it is sound, and says this.
    reg [7:0] last = 0;
    task reply(input reg unsound, input integer what);
        reg [31:0] crc;
        reg [63:0] data;
        integer n;
        begin
            repeat (60 * CLOCKS + 14 * 20 * CLOCKS) tick;
            check(replies > 0, 1, what);
            replies = 0;
            n = status[5] ? 6 : status[4] ? 10 : 2;
            check(cut, n + 4, what + 1);
            crc = 32'hffffffff;
            for (int k = 0; k < n; k = k + 1) crc = crc_byte(crc, got[k]);
            check({got[n], got[n + 1], got[n + 2], got[n + 3]}, {224'd0, ~crc}, what + 2);
            check(got[0], last, what + 3);
            check(got[1], {1'b0, status[5], status[4] && !status[5], status[3:0], unsound}, what + 4);
            for (int k = 0; k < n - 2; k = k + 1) data = {data[55:0], got[2 + k]};
            if (n == 6) check(data[31:0], answer, what + 5);
            if (n == 10) check(data, result, what + 5);
        end
    endtask

    integer i, earlier;
    reg [63:0] data;
    reg [7:0] what;
    initial begin
        reset;
        repeat (5) tick;
        send_byte(8'h55);  // of no frame
        last = 8'hf8;
        send_frame(last, 0, 0, 0);
        reply(0, 10);
        for (i = 0; i < 130; i = i + 1) begin
            data = {$random(seed), $random(seed)};
            if (i % 9 == 0) data[31:0] = 32'h7e7d7e7d;
            what = 1 + below(8);
            status = $random(seed);
            answer = i % 5 == 0 ? 32'h7d7e5d5e : $random(seed);
            result = {$random(seed), $random(seed)};
            earlier = taken;
            case (i % 13)
                1: begin send_frame(last + 1, what, data, 1); reply(1, 20); end
                2: begin send_frame(last + 1, what, data, 4); reply(1, 25); end
                3: begin send_frame(last + 1, what, data, 2); reply(1, 30); end
                5: begin send_frame(last + 1, what, data, 3); reply(1, 40); end
                7: begin send_frame(last, what, data, 0); reply(0, 50); end                     // once more
                9: begin send_frame(last + 2 + below(100), what, data, 0); reply(0, 60); end    // too early
                11: begin  // the board top serves another link meanwhile
                    fork
                        send_frame(last + 1, what, data, 0);
                        begin repeat (30 * CLOCKS) tick; other = 1; repeat (10 * CLOCKS) tick; other = 0; end
                    join
                    reply(1, 70);
                end
                12: begin last = $random(seed); send_frame(last, 0, data, 0); reply(0, 80); end
                default: begin
                    send_frame(last + 1, what, data, 0);
                    last = last + 1;
                    reply(0, 90);
                    earlier = earlier + 1;
                    check(command, what, 96);
                    if (what == 1 || what == 2 || what == 4) check(payload, data, 97);
                end
            endcase
            check(taken, earlier, 98);
        end
        // An escape alone is no frame; a line that is low for less than half a bit is no byte.
        send_byte(8'h7d);
        send_byte(8'h7e);
        reply(1, 130);
        rx = 0;
        tick;
        rx = 1;
        repeat (20 * CLOCKS) tick;
        send_byte(8'h7e);
        repeat (14 * 20 * CLOCKS) tick;
        check(replies, 0, 140);
        // Behind a frame whose command is at work for long none is taken; then there is one reply to both.
        longest = 1;
        work = 0;
        force dut.done_i = 0;
        send_frame(last + 1, 3, 0, 0);
        busy = 1; work = 0;
        send_frame(last + 2, 4, 64'h123456789, 0);
        check(command, 3, 100);
        check(replies, 0, 101);
        earlier = taken;
        release dut.done_i;
        work = 1;
        last = last + 1;
        reply(1, 110);
        check(taken, earlier, 120);
        finish(900);
    end
endmodule
