// SPDX-License-Identifier: Apache-2.0
// ttfs_receive, with tables and without: random buffers (of 1 to 8 copies, parts of a population, none, that lie
// beyond tables and activations), random flits, right ones and ones with every error, a store that pauses:
// puts and error pulses are those of docs/core.md, in order; memories read back without their unused bits;
// a flit a cycle when the store takes it. On a mesh values of two turns come side by side, and the older one ends as soon as
// nothing of it is under way, which busy_o says.
module receive_case #(parameter CONV = 1, MESH = 1) (input wire go, output reg over = 0);
    `include "bench.svh"
    initial own_end = 1;
    localparam VB = 4, FV = MESH ? 5 : 9, CB = 5, YB = 3, XB = 2, ACT = 20, BUFFERS = 6, TABLE = 24, EB = 9;
    localparam BELOW = 1;   // of so few words: banks are those of 16
    reg cfg_en = 0, cfg_we = 0;
    reg [3:0] mem = 0;
    reg [17:0] word = 0;
    reg [31:0] data = 0;
    wire [31:0] back;
    wire known;
    reg [3:0] turn = 0;
    reg valid = 0, none = 0, put_ready = 0, of_turn = 0;
    wire ready, put, parity, value_e, flow_e, place_e, address_e;
    wire [1:0] busy;
    reg [2:0] buffer = 0;
    reg [YB-1:0] y = 0;
    reg [XB-1:0] x = 0;
    reg [CB-1:0] c = 0;
    reg [FV-1:0] value = 0;
    wire [EB-1:0] element;
    wire [VB-1:0] put_value;

    ttfs_receive #(
        .VALUE_BITS(VB), .FLIT_VALUE(FV), .C_BITS(CB), .Y_BITS(YB), .X_BITS(XB), .ACT_WORDS(ACT),
        .BUFFERS(BUFFERS), .TABLE_WORDS(TABLE), .CONV(CONV), .MESH(MESH)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(cfg_en), .cfg_we_i(cfg_we), .cfg_mem_i(mem), .cfg_word_i(word),
        .cfg_data_i(data), .cfg_data_o(back), .cfg_known_o(known), .turn_i(turn), .in_turn_i(of_turn), .in_valid_i(valid),
        .in_ready_o(ready), .in_none_i(none), .in_buffer_i(buffer), .in_y_i(y), .in_x_i(x), .in_c_i(c),
        .in_value_i(value), .put_valid_o(put), .put_ready_i(put_ready), .put_element_o(element),
        .put_value_o(put_value), .put_parity_o(parity), .value_o(value_e), .flow_o(flow_e), .place_o(place_e),
        .address_o(address_e), .busy_o(busy)
    );

    // What the memories hold, and what is expected: puts in order, pulses by number.
    reg [31:0] words [0:BUFFERS-1][0:3], rows [0:TABLE-1], cols [0:TABLE-1];
    reg [EB+VB:0] queue [0:8191];
    reg [3:0] queue_turn [0:8191];
    wire [3:0] now = MESH && of_turn != turn[0] ? turn + 1 : turn;   // the flit's turn
    integer ended = 0, apart = 0;
    integer first, last, flows, values, places, addresses, i, b, at, dropped, taken;

    task write(input [3:0] m, input integer w, input [31:0] d);
        begin
            cfg_en = 1; cfg_we = 1; mem = m; word = w; data = d;
            tick;
            cfg_en = 0;
            tick;
            cfg_we = 0;
        end
    endtask
    task read(input [3:0] m, input integer w, input [31:0] want, input integer what);
        begin
            cfg_en = 1; mem = m; word = w;
            #2 check(known, 1, what);
            tick;
            cfg_en = 0;
            repeat (2) tick;
            check(back, want, what);
        end
    endtask

    task configure;
        begin
            for (b = 0; b < BUFFERS; b = b + 1) begin
                words[b][0] = CONV ? {11'd0, 5'(below(18)), 11'd0, 5'(below(18))} : below(2) ? below(512) : below(200);
                words[b][1] = {8'd0, 12'(1 + below(4)), 12'(1 + below(8))};
                words[b][2] = {16'(1 + below(20)), 16'(below(16))};
                words[b][3] = {13'd0, 3'(below(8)), 16'(below(10) == 0 ? 0 : 4 + below(12))};
                for (i = 0; i < 4; i = i + 1) write(5, 4 * b + i, words[b][i] | (i == 3 ? 32'hfff8_0000 : 0));
            end
            for (b = 0; b < BUFFERS; b = b + 1)
                for (i = 0; i < 4; i = i + 1)
                    read(5, 4 * b + i, CONV || i != 1 ? words[b][i] : 0, 1);
            for (i = 0; CONV && i < TABLE; i = i + 1) begin
                rows[i] = {1'(below(8) != 0), 22'd0, 9'(below(300))};
                cols[i] = {1'(below(8) != 0), 22'd0, 9'(below(below(20) ? 60 : 512))};
                write(6, i, rows[i] | 32'h7fff_fe00);
                write(7, i, cols[i]);
            end
            for (i = 0; CONV && i < TABLE; i = i + 1) begin
                read(6, i, rows[i], 2);
                read(7, i, cols[i], 3);
            end
            mem = 5; word = 4 * BUFFERS; #2 check(known, 0, 4);
            mem = 6; word = CONV ? TABLE : 0; #2 check(known, 0, 5);
            mem = 7; #2 check(known, 0, 6);
            mem = 4; word = 0; #2 check(known, 0, 7);
            tick;
        end
    endtask

    // What a flit does, as docs/core.md says it.
    task expect_flit;
        integer top, held, diff, r, q, outside, wrong, banks;
        begin
            top = words[buffer][3][15:0];
            if (none || buffer >= BUFFERS || top == 0) flows = flows + 1;
            else begin
                diff = c - words[buffer][2][15:0];
                held = diff >= 0 && diff < words[buffer][2][31:16];
                outside = CONV ? y >= words[buffer][1][11:0] || x >= words[buffer][1][23:12] : y != 0 || x != 0;
                outside = outside || (!held && !words[buffer][3][18]);
                wrong = value == 0 || value > top;
                if (wrong) values = values + 1;
                if (outside) places = places + 1;
                if (!wrong && !outside && held) begin
                    r = words[buffer][0][15:0] + y;
                    q = words[buffer][0][31:16] + x;
                    at = CONV ? rows[r][30:0] + cols[q][30:0] + diff : words[buffer][0] + diff;
                    banks = words[buffer][3][17:16];
                    at = at ^ (now % (1 << banks)) << EB - BELOW - banks;
                    if (CONV && (r >= TABLE || q >= TABLE)) addresses = addresses + 1;
                    else if (CONV && !(rows[r][31] && cols[q][31])) dropped = dropped + 1;
                    else if (at >= 16 * ACT) addresses = addresses + 1;
                    else begin
                        queue[last] = {at[EB-1:0], value[VB-1:0], 1'(now >> banks)};
                        queue_turn[last] = now;
                        last = last + 1;
                    end
                end else if (!wrong && !outside) dropped = dropped + 1;
            end
        end
    endtask

    task choose;
        begin
            of_turn = $random(seed);
            none = below(40) == 0;
            buffer = below(30) ? below(BUFFERS) : 6 + below(2);
            b = buffer % BUFFERS;
            y = below(10) && (CONV || below(20)) ? below(CONV ? words[b][1][11:0] : 1) : $random(seed);
            x = below(10) ? below(CONV ? words[b][1][23:12] : 1) : $random(seed);
            c = below(10) ? words[b][2][15:0] + below(words[b][2][31:16]) : $random(seed);
            value = below(10) ? 1 + below(words[b][3][15:0] + (words[b][3][15:0] == 0)) : $random(seed);
        end
    endtask

    reg both_q;
    always @(posedge clk) both_q <= dut.advance && dut.sound && dut.beyond && dut.put_q && dut.far_q && put_ready;
    task look;
        begin
            for (b = first; b < last; b = b + 1) check(MESH ? busy[queue_turn[b][0]] : |busy, 1, 17);
            apart = apart + ^busy;
            if (put && put_ready) begin
                check({element, put_value, parity}, queue[first], 8);
                first = first + 1;
            end
            flows = flows - flow_e; values = values - value_e;
            places = places - place_e;
            // One pulse of two flits: one whose table has no such word, one before it.
            addresses = addresses - address_e - both_q;
        end
    endtask

    initial begin
        wait (go);
        first = 0; last = 0; flows = 0; values = 0; places = 0; addresses = 0; dropped = 0;
        reset;
        for (int round = 0; round < 16; round = round + 1) begin
            configure;
            turn = round;
            for (i = 0; i < 500 || valid; i = i + 1) begin
                put_ready = below(1 + round % 3) == 0;
                if (MESH && !busy[turn[0]] && !(valid && now == turn) && below(4) == 0) begin
                    turn = turn + 1;
                    ended = ended + 1;
                end
                if (!valid && i < 500 && (round % 2 || below(2))) begin choose; valid = 1; end
                #2 look;
                if (round % 3 == 0) check(ready, 1, 9);
                if (valid && ready) begin expect_flit; taken = 1; end else taken = 0;
                tick;
                if (taken) valid = 0;
            end
            put_ready = 1;
            repeat (5) begin #2 look; tick; end
            check(busy, 0, 10);
            check(first, last, 11);
            check(flows, 0, 12); check(values, 0, 13); check(places, 0, 14); check(addresses, 0, 15);
        end
        check(dropped > 50 && last > 1500, 1, 16);
        if (MESH) check(ended > 500 && apart > 1000, 1, 18);
        over = errors == 0 && checks > 3000;
        $display("%0s %0d checks", over ? "ok" : "bad", checks);
        if (!over) begin
            $display("FAIL");
            $finish;
        end
    end
endmodule

module receive_tb;
    wire a, b, c;
    receive_case #(1) c1 (1'b1, a);
    receive_case #(0) c2 (a, b);
    receive_case #(0, 0) c3 (b, c);
    initial begin
        wait (a && b && c);
        $display("PASS");
        $finish;
    end
    initial begin
        #2000000 $display("FAIL");
        $finish;
    end
endmodule
