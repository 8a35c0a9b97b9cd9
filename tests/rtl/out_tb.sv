// SPDX-License-Identifier: Apache-2.0
// ttfs_out: random values and sums into a sink that pauses: every value one flit, every sum its flits, the
// lowest bits first, sign-extended, in order; nothing is taken before there is room. A sink that always takes gets
// a value a cycle, and whether there is room does not depend on it in the same cycle.
module out_tb;
    `include "bench.svh"
    localparam ID = 7, VB = 4, AB = 14, FV = 4, FLITS = 4;
    reg valid = 0, is_sum = 0, out_ready = 0;
    reg [ID-1:0] id = 0;
    reg [VB-1:0] value = 0;
    reg signed [AB-1:0] sum = 0;
    wire ready, ready_next, out_valid, out_sum;
    reg  said = 1;
    wire [ID+FV-1:0] flit;

    ttfs_out #(.ID_BITS(ID), .VALUE_BITS(VB), .ACC_BITS(AB), .FLIT_VALUE(FV)) dut (
        .clk_i(clk), .rst_ni(rst_n), .valid_i(valid), .ready_o(ready), .ready_next_o(ready_next), .is_sum_i(is_sum), .id_i(id), .value_i(value),
        .sum_i(sum), .out_valid_o(out_valid), .out_ready_i(out_ready), .out_flit_o(flit), .out_sum_o(out_sum)
    );

    reg [ID+FV:0] want [0:16383];
    integer wanted = 0, found = 0, i, n;
    reg room;
    always @(posedge clk) said <= !rst_n || ready_next;
    always @(negedge clk) if (rst_n) begin
        check(ready, said, 5);
        if (out_valid && out_ready) begin
            check({out_sum, flit}, want[found], 1);
            found = found + 1;
        end
        if (valid && ready)
            for (i = 0; i < (is_sum ? FLITS : 1); i = i + 1) begin
                want[wanted] = {is_sum, id, is_sum ? 4'(sum >>> (4 * i)) : value};
                wanted = wanted + 1;
            end
    end

    initial begin
        reset;
        for (n = 0; n < 4000; n = n + 1) begin
            valid = below(3) != 0; is_sum = below(3) == 0; id = $random(seed);
            value = $random(seed); sum = $random(seed); out_ready = below(4) != 0;
            #1 room = ready; out_ready = !out_ready;
            #1 check(ready, room, 4); out_ready = !out_ready;
            tick;
        end
        valid = 0; out_ready = 1;
        repeat (2 * FLITS + 1) tick;
        valid = 1; is_sum = 0; n = found;
        repeat (100) tick;
        valid = 0; tick;
        check(found - n, 100, 5);
        check(found, wanted, 2);
        check(out_valid, 0, 3);
        finish(2000);
    end
endmodule
