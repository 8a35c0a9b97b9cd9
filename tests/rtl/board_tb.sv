// SPDX-License-Identifier: Apache-2.0
//
// ttfs_board before a model of the chip: random frames of every command against what they must do. Frames of another
// length do nothing; one that comes while a command waits gets ones alone and does nothing; configuration reads answer
// in the frame behind; a result is given once; inputs out of a sample or behind its end and starts in one are refused,
// and that is told until it is cleared: none of them waits for a sample that may wait for the host. Sessions of SPI that begin
// with a flag carry the UART's frames: whole, damaged, cut off, out of step, replies in pieces, other frames between them.
module board_tb;
    `include "bench.svh"
    localparam FLIT = 20;
    localparam [7:0] NOTHING = 0, WRITE = 1, READ = 2, START = 3, INPUT = 4, END = 5, TAKE = 6, CLEAR = 7, POLL = 8, PIXELS = 9, TABLE = 10, TABLE_END = 11;
    reg sck = 0, cs_n = 1, mosi = 0;
    wire miso, busy, trace_valid;
    wire [FLIT-1:0] trace_flit;

    ttfs_board #(.FLIT(FLIT)) dut (
        .clk_i(clk), .rst_ni(rst_n), .spi_sck_i(sck), .spi_cs_ni(cs_n), .spi_mosi_i(mosi), .spi_miso_o(miso),
        .uart_rx_i(1'b1), .uart_tx_o(),
        .busy_o(busy), .trace_valid_o(trace_valid), .trace_flit_o(trace_flit)
    );

    // The same with an encoder, on the same wires.
    wire coded_miso;
    ttfs_board #(.FLIT(FLIT), .ENCODER(1), .VALUE(6), .VALUE_BITS(4), .C_BITS(3), .X_BITS(3), .Y_BITS(3)) coded (
        .clk_i(clk), .rst_ni(rst_n), .spi_sck_i(sck), .spi_cs_ni(cs_n), .spi_mosi_i(mosi), .spi_miso_o(coded_miso),
        .uart_rx_i(1'b1), .uart_tx_o(),
        .busy_o(), .trace_valid_o(), .trace_flit_o()
    );

    // A frame of `bits` bits, highest first; what came back.
    reg [71:0] back;
    task frame(input [7:0] command, input [63:0] payload, input integer bits);
        reg [71:0] send;
        begin
            send = {command, payload};
            cs_n = 0;
            repeat (5 + below(3)) tick;
            for (int i = 0; i < bits; i = i + 1) begin
                mosi = send[71 - i % 72];
                repeat (4 + below(2)) tick;
                back = {back[70:0], miso};
                sck = 1;
                repeat (4 + below(2)) tick;
                sck = 0;
            end
            repeat (4) tick;
            cs_n = 1;
            repeat (4) tick;
        end
    endtask
    // The status and the data that a frame gets.
    task status(input [7:0] want, input integer what);
        begin
            frame(NOTHING, 0, 72);
            check(back[71:64], want, what);
        end
    endtask

    // Sessions of bytes: the UART's frames over SPI. What comes back is a reply's bytes, flags between them; the first one
    // of a session is nothing.
    reg [7:0] in_byte, said [0:15];
    integer said_bytes = 0, replies = 0;
    reg escaped = 0;
    task byte_bits(input [7:0] b, input integer bits);
        for (int k = 0; k < bits; k = k + 1) begin
            mosi = b[7 - k];
            repeat (4 + below(2)) tick;
            in_byte = {in_byte[6:0], miso};
            sck = 1;
            repeat (4 + below(2)) tick;
            sck = 0;
        end
    endtask
    task exchange(input [7:0] b);
        begin
            byte_bits(b, 8);
            if (in_byte == 8'h7e) begin
                if (said_bytes > 0) begin
                    replies = replies + 1;
                    cut = said_bytes;
                end
                said_bytes = 0;
            end else if (in_byte == 8'h7d) escaped = 1;
            else begin
                said[said_bytes] = escaped ? in_byte ^ 8'h20 : in_byte;
                said_bytes = said_bytes + 1;
                escaped = 0;
            end
        end
    endtask
    integer cut = 0, n_sent = 0, broken = -1, short = -1;
    task open_bytes;
        begin
            cs_n = 0;
            repeat (5 + below(3)) tick;
            byte_bits(8'h7e, 8);
        end
    endtask
    task close_bytes;
        begin
            repeat (4) tick;
            cs_n = 1;
            repeat (6) tick;
        end
    endtask
    // A byte of a frame: the one numbered `broken` has a bit changed, behind that numbered `short` the session ends.
    task data_byte(input [7:0] b);
        begin
            if (n_sent == broken) b = b ^ 8'h10;
            if (short < 0 || n_sent < short) begin
                if (b == 8'h7e || b == 8'h7d) exchange(8'h7d);
                exchange((b == 8'h7e || b == 8'h7d) ? b ^ 8'h20 : b);
            end
            n_sent = n_sent + 1;
        end
    endtask
    function [31:0] crc_byte(input [31:0] crc, input [7:0] data);
        begin
            crc_byte = crc ^ {data, 24'd0};
            for (int k = 0; k < 8; k = k + 1) crc_byte = (crc_byte << 1) ^ (crc_byte[31] ? 32'h04c11db7 : 0);
        end
    endfunction
    task checked(input [7:0] number, input [7:0] command, input [63:0] payload);
        reg [31:0] crc;
        begin
            open_bytes;
            n_sent = 0;
            crc = crc_byte(crc_byte(32'hffffffff, number), command);
            data_byte(number);
            data_byte(command);
            for (int k = 0; k < 8 && (command == WRITE || command == READ || command == INPUT); k = k + 1) begin
                crc = crc_byte(crc, payload[56 - 8 * k +: 8]);
                data_byte(payload[56 - 8 * k +: 8]);
            end
            crc = ~crc;
            for (int k = 0; k < 4; k = k + 1) data_byte(crc[24 - 8 * k +: 8]);
            if (short < 0) exchange(8'h7e);
            close_bytes;
        end
    endtask
    // The reply, in sessions of so many bytes: it came, is sound, and says this.
    task told(input [7:0] number, input [7:0] state, input integer session, input integer what);
        reg [31:0] crc;
        begin
            n = replies;
            for (int k = 0; k < 40 && replies == n; k = k + 1) begin
                open_bytes;
                for (int m = 0; m < session; m = m + 1) if (replies == n) exchange(8'h7e);
                close_bytes;
            end
            check(replies, n + 1, what);
            check(said[0], number, what);
            check(said[1], state, what);
            check(cut, state[6] ? 10 : state[5] ? 14 : 6, what);
            crc = 32'hffffffff;
            for (int k = 0; k < cut - 4; k = k + 1) crc = crc_byte(crc, said[k]);
            crc = ~crc;
            check({said[cut-4], said[cut-3], said[cut-2], said[cut-1]}, crc, what);
        end
    endtask
    task sessions_of_bytes;
        begin
            checked(8'd1, WRITE, 64'h0102037e_7d0a0b0c);
            told(8'd1, 8'h00, 20, 41);
            check(dut.u_top.addr_q, 32'h0102037e, 42);
            check(dut.u_top.data_q, 32'h7d0a0b0c, 43);
            i = dut.u_top.writes;
            checked(8'd1, WRITE, 64'h11111111_22222222);  // done already
            told(8'd1, 8'h00, 20, 44);
            check(dut.u_top.writes, i, 45);
            checked(8'd2, READ, 64'h81828384_00000000);
            told(8'd2, 8'h40, 3, 46);  // a reply in pieces
            check({said[2], said[3], said[4], said[5]}, 32'h7e7d7c7b, 47);
            broken = below(14);
            checked(8'd3, WRITE, 64'h11111111_22222222);
            told(8'd2, 8'h41, 20, 48);
            broken = -1;
            short = 7;  // the session ends in a frame
            checked(8'd3, WRITE, 64'h11111111_22222222);
            short = -1;
            i = replies;
            checked(8'd3, WRITE, 64'h33333333_44444444);
            check(replies, i + 1, 59);  // of the one that was cut off, beside the next one
            told(8'd3, 8'h00, 20, 49);
            check(dut.u_top.data_q, 32'h44444444, 50);
            open_bytes;
            byte_bits(8'h55, 3);  // a session out of step
            close_bytes;
            checked(8'd4, WRITE, 64'h55555555_66666666);
            told(8'd4, 8'h00, 20, 51);
            check(dut.u_top.data_q, 32'h66666666, 52);
            frame(WRITE, 64'h77777777_88888888, 72);  // a frame without check, and the other kind again
            repeat (30) tick;
            check(dut.u_top.data_q, 32'h88888888, 53);
            status(8'h00, 54);
            flit = $random(seed);
            dut.u_top.result = flit;
            dut.u_top.has_result = 1;
            checked(8'd5, POLL, 0);
            told(8'd5, 8'h20, 5, 55);
            check({said[2], said[3], said[4], said[5], said[6], said[7], said[8], said[9]}, flit, 56);
            checked(8'd6, TAKE, 0);
            told(8'd6, 8'h00, 20, 57);
            check(dut.u_top.has_result, 0, 58);
        end
    endtask

    // Samples of bytes: 2 rows of 2 columns, pixels 1, 2, 3 are values 9, 0, 4. What is left of a table that was cut off goes
    // nowhere, nor do bytes behind the last pixel; a start forgets where an earlier sample was. Before a whole table came pixels
    // are refused, and TABLE of FLAGS stays until a host clears it.
    task sample_of_bytes(input [63:0] bytes, input integer frames, input integer values, input [31:0] mix, input integer what);
        begin
            frame(START, 0, 72);
            repeat (10) tick;
            coded.u_top.mix = 0;
            n = coded.u_top.inputs;
            i = coded.u_top.ends;
            for (int k = 0; k < frames; k = k + 1) frame(PIXELS, bytes, 72);
            frame(END, 0, 72);
            repeat (60) tick;
            check(coded.u_top.inputs, n + values, what);
            check(coded.u_top.ends, i + 1, what);
            check(coded.u_top.mix, mix, what);
            check(coded.refused_q, 0, what);
            dut.u_top.over = 1;
            coded.u_top.over = 1;
            tick;
            dut.u_top.over = 0;
            coded.u_top.over = 0;
            repeat (4) tick;
        end
    endtask
    localparam [31:0] FLAGS = 15 << 18 | 2;
    localparam [19:0] FLOW = 20'd5 << 15, Y1 = 20'd1 << 12, X1 = 20'd1 << 9;
    task encoder;
        begin
            frame(CLEAR, 0, 72);
            frame(TABLE, 64'h7777777777777777, 72);
            frame(TABLE_END, 0, 72);
            frame(START, 0, 72);
            repeat (10) tick;
            n = coded.u_top.inputs;
            frame(PIXELS, 64'h0101010101010101, 72);
            repeat (60) tick;
            check({coded.u_top.inputs != n, coded.refused_q, coded.own_q, coded.status[1]}, 5'b01101, 67);
            frame(END, 0, 72);
            dut.u_top.over = 1;
            coded.u_top.over = 1;
            tick;
            dut.u_top.over = 0;
            coded.u_top.over = 0;
            repeat (20) tick;
            frame(CLEAR, 0, 72);
            frame(WRITE, {FLAGS, 32'h0800}, 72);
            frame(NOTHING, 0, 72);
            check({coded.refused_q, coded.own_q}, 3'b010, 68);
            frame(WRITE, {FLAGS, 32'h1000}, 72);
            frame(TABLE, 64'h0000_0001_0001_0005, 72);
            frame(TABLE, 64'h0000_0009_0000_0000, 72);
            frame(TABLE, 64'h0004, 72);
            for (i = 0; i < 62; i = i + 1) frame(TABLE, 0, 72);
            repeat (20) tick;
            check({coded.own_q, coded.status[1], coded.tabled}, 4'd0, 69);
            frame(TABLE_END, 0, 72);
            repeat (20) tick;
            check(coded.tabled, 1, 70);
            sample_of_bytes(64'h0303030303030101, 1, 4,
                27 * (FLOW | 9) + 9 * (FLOW | X1 | 9) + 3 * (FLOW | Y1 | 4) + (FLOW | Y1 | X1 | 4), 62);
            sample_of_bytes(64'h0101010102030203, 2, 2, 3 * (FLOW | 4) + (FLOW | Y1 | 4), 63);
            sample_of_bytes(0, 0, 0, 0, 64);
            frame(START, 0, 72);
            repeat (10) tick;
            frame(PIXELS, 64'h0101010102020203, 72);  // half of a sample that somebody left
            frame(TABLE, 0, 72);
            repeat (20) tick;
            check(coded.refused_q, 1, 65);            // no table in a sample
            dut.u_top.over = 1;
            coded.u_top.over = 1;
            tick;
            dut.u_top.over = 0;
            coded.u_top.over = 0;
            frame(PIXELS, 0, 72);
            frame(CLEAR, 0, 72);
            repeat (10) tick;
            sample_of_bytes(64'h0101010102030203, 1, 2, 3 * (FLOW | 4) + (FLOW | Y1 | 4), 66);
        end
    endtask

    // A command that is refused: the link takes the next frame, which tells of it beside `state`.
    task refused(input [7:0] command, input [7:0] state, input integer what);
        begin
            frame(command, 5, 72);
            repeat (10) tick;
            status(state | 8'h04, what);
            frame(CLEAR, 0, 72);
            repeat (10) tick;
            status(state, what);
        end
    endtask

    integer i, n;
    reg [31:0] addr, data;
    reg [FLIT-1:0] flit;
    initial begin
        reset;
        repeat (40) tick;
        status(8'h00, 1);
        for (i = 0; i < 6; i = i + 1) begin
            addr = $random(seed); data = $random(seed);
            n = dut.u_top.writes;
            frame(WRITE, {addr, data}, 72);
            repeat (30) tick;
            check(dut.u_top.writes, n + 1, 2);
            check(dut.u_top.addr_q, addr, 3);
            check(dut.u_top.data_q, data, 4);
            frame(WRITE, {data, addr}, 71);  // too short, too long
            frame(WRITE, {data, addr}, 73);
            frame(WRITE, {data, addr}, 144);
            repeat (30) tick;
            check(dut.u_top.writes, n + 1, 5);
            addr = $random(seed);
            frame(READ, {addr, data}, 72);
            repeat (30) tick;
            status(8'h40, 6);
            check(back[31:0], {~addr}, 7);
            status(8'h00, 8);  // once
        end
        // What waits holds off the next frame: it gets ones, and is not done.
        dut.u_top.stuck = 1;
        n = dut.u_top.writes;
        frame(WRITE, 64'h12345678_9abcdef0, 72);
        repeat (10) tick;
        frame(WRITE, 64'h11111111_22222222, 72);
        check(back, {72{1'b1}}, 9);
        dut.u_top.stuck = 0;
        repeat (30) tick;
        check(dut.u_top.writes, n + 1, 10);
        check(dut.u_top.data_q, 32'h9abcdef0, 11);
        // A sample.
        refused(INPUT, 8'h00, 12);
        refused(END, 8'h00, 13);
        refused(PIXELS, 8'h00, 60);  // there is no encoder
        refused(TABLE, 8'h00, 61);
        check(dut.u_top.inputs + dut.u_top.ends, 0, 14);
        frame(START, 0, 72);
        repeat (10) tick;
        check(dut.u_top.starts, 1, 15);
        check(busy, 1, 16);
        status(8'h08, 17);
        for (i = 0; i < 5; i = i + 1) begin
            flit = $random(seed);
            frame(INPUT, flit, 72);
            repeat (20) tick;
            check(dut.u_top.inputs, i + 1, 18);
            check(dut.u_top.flit_q, flit, 19);
        end
        frame(END, 0, 72);
        repeat (10) tick;
        check(dut.u_top.ends, 1, 20);
        refused(START, 8'h08, 37);
        refused(END, 8'h08, 38);
        refused(INPUT, 8'h08, 39);
        check(dut.u_top.starts + dut.u_top.ends, 2, 40);
        check(dut.u_top.inputs, 5, 40);
        // Results: held until they are taken, given once, and a frame that does not take gives them too.
        for (i = 0; i < 4; i = i + 1) begin
            flit = $random(seed);
            dut.u_top.result = flit;
            dut.u_top.has_result = 1;
            tick;
            status(8'h28, 21);
            check(back[FLIT-1:0], flit, 22);
            check(dut.u_top.has_result, 1, 23);
            frame(TAKE, 0, 72);
            check(back[71:64], 8'h28, 24);
            check(back[63:0], flit, 25);
            repeat (10) tick;
            check(dut.u_top.has_result, 0, 26);
            frame(TAKE, 0, 72);  // there is none
            check(back[71:64], 8'h08, 27);
        end
        // A result that comes in the frame that would take it is not taken unseen.
        fork
            frame(TAKE, 0, 72);
            begin repeat (100) tick; dut.u_top.has_result = 1; end
        join
        repeat (10) tick;
        check(back[69], 0, 28);
        check(dut.u_top.has_result, 1, 29);
        frame(TAKE, 0, 72);
        repeat (10) tick;
        check(dut.u_top.has_result, 0, 30);
        dut.u_top.over = 1;
        tick;
        dut.u_top.over = 0;
        repeat (4) tick;
        status(8'h10, 31);
        // Behind a sample a start waits until the chip is ready.
        dut.u_top.wait_q = 2000;
        frame(START, 0, 72);
        repeat (10) tick;
        check(dut.u_top.starts, 1, 41);
        frame(NOTHING, 0, 72);
        check(back, {72{1'b1}}, 42);
        repeat (1200) tick;
        check(dut.u_top.starts, 2, 43);
        status(8'h08, 32);
        // The chip gives up on its host (HOST): as behind an end, also once HOST is cleared; no start before that.
        dut.u_top.open_q = 0;
        dut.u_top.flags = 11'h080;
        refused(INPUT, 8'h0a, 44);
        dut.u_top.flags = 0;
        refused(END, 8'h08, 45);
        dut.u_top.flags = 11'h080;
        dut.u_top.over = 1;
        tick;
        dut.u_top.over = 0;
        refused(START, 8'h12, 46);
        dut.u_top.flags = 0;
        frame(START, 0, 72);
        frame(INPUT, 5, 72);
        repeat (10) tick;
        check(dut.u_top.starts, 3, 47);
        check(dut.u_top.inputs, 6, 48);
        status(8'h08, 49);
        dut.u_top.flags = 11'h400;
        tick;
        status(8'h0a, 33);
        // The monitor is the chip's trace, a cycle later.
        for (i = 0; i < 20; i = i + 1) begin
            flit = $random(seed);
            dut.u_top.spike = flit;
            dut.u_top.spikes = flit[3];
            tick;
            check(trace_valid, flit[3], 34);
            check(trace_flit, flit, 35);
        end
        // Reset in the middle of everything.
        rst_n = 0;
        repeat (10) tick;
        rst_n = 1;
        dut.u_top.flags = 0;
        repeat (10) tick;
        status(8'h00, 36);
        sessions_of_bytes;
        encoder;
        finish(150);
    end
endmodule

// The ports of a chip; what the board asks of it is counted.
module ttfs_top (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        cfg_valid_i,
    output wire        cfg_ready_o,
    input  wire        cfg_write_i,
    input  wire [31:0] cfg_addr_i,
    input  wire [31:0] cfg_data_i,
    output reg         cfg_rvalid_o,
    output reg  [31:0] cfg_rdata_o,
    input  wire        start_i,
    output wire        busy_o,
    output wire        done_o,
    input  wire        in_valid_i,
    output wire        in_ready_o,
    input  wire        in_end_i,
    input  wire [19:0] in_flit_i,
    output wire        mem_req_valid_o,
    input  wire        mem_req_ready_i,
    output wire [31:0] mem_req_addr_o,
    output wire [6:0]  mem_req_words_o,
    input  wire        mem_valid_i,
    output wire        mem_ready_o,
    input  wire [31:0] mem_data_i,
    output wire        out_valid_o,
    input  wire        out_ready_i,
    output wire [19:0] out_flit_o,
    output wire        slot_valid_o,
    output wire [11:0] slot_o,
    output wire [10:0] flags_o,
    output wire        trace_valid_o,
    output wire [19:0] trace_flit_o
);
    reg stuck = 0, has_result = 0, over = 0, spikes = 0, running_q = 0;
    reg open_q = 0;  // takes the input: its end has not come
    reg [19:0] result = 0, spike = 0, flit_q = 0;
    reg [10:0] flags = 0;
    reg [31:0] addr_q = 0, data_q = 0, wait_q = 0, read_q = 0;
    integer writes = 0, starts = 0, inputs = 0, ends = 0;
    reg [31:0] mix = 0;  // of all flits, in order
    assign cfg_ready_o = wait_q == 0 && read_q == 0 && !stuck;
    assign busy_o = running_q || wait_q != 0;
    assign done_o = over;
    assign in_ready_o = open_q && wait_q == 0;
    assign out_valid_o = has_result;
    assign out_flit_o = result;
    assign slot_valid_o = running_q;
    assign slot_o = 0;
    assign flags_o = flags;
    assign trace_valid_o = spikes;
    assign trace_flit_o = spike;
    always @(posedge clk_i) begin
        cfg_rvalid_o <= read_q == 1;
        cfg_rdata_o <= ~addr_q;
        wait_q <= wait_q == 0 ? 0 : wait_q - 1;
        read_q <= read_q == 0 ? 0 : read_q - 1;
        if (cfg_valid_i && cfg_ready_o) begin
            addr_q <= cfg_addr_i;
            data_q <= cfg_data_i;
            if (cfg_write_i) begin writes <= writes + 1; wait_q <= 11; end
            else read_q <= 7;
        end
        if (start_i && !busy_o) begin starts <= starts + 1; running_q <= 1; open_q <= 1; end
        if (in_valid_i && in_ready_o) begin
            wait_q <= 3;
            if (in_end_i) begin ends <= ends + 1; open_q <= 0; end
            else begin inputs <= inputs + 1; flit_q <= in_flit_i; mix = 3 * mix + in_flit_i; end
        end
        if (out_ready_i && has_result) has_result <= 0;
        if (over) begin running_q <= 0; open_q <= 0; end
        if (!rst_ni) begin running_q <= 0; open_q <= 0; wait_q <= 0; read_q <= 0; has_result <= 0; end
    end
endmodule
