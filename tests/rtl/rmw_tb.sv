// SPDX-License-Identifier: Apache-2.0
// ttfs_rmw: random requests, mostly for the same few words, with pauses and freezes: every request
// sees the value that the one before it left.
module rmw_tb;
    `include "bench.svh"
    localparam WORDS = 8, WIDTH = 11;
    reg en = 1, valid = 0;
    reg [2:0] addr = 0;
    wire valid_o;
    wire [WIDTH-1:0] old;
    reg [WIDTH-1:0] add = 0, model [0:WORDS-1];
    reg [2:0] pipe [0:3];
    reg [3:0] full = 0;
    integer i, range;

    ttfs_rmw #(.WIDTH(WIDTH), .WORDS(WORDS)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .valid_i(valid), .addr_i(addr), .valid_o(valid_o),
        .old_o(old), .new_i(add == 0 ? {WIDTH{1'b0}} : old + add)
    );

    initial begin
        reset;
        for (i = 0; i < 20000; i = i + 1) begin
            range = 1 + (i / 2500) % 8;
            en = below(5) != 0;
            valid = i < WORDS || below(4) != 0;
            addr = i < WORDS ? i : below(range);
            if (i < WORDS + 4) en = 1;
            add = i < WORDS + 4 ? 0 : 1 + below(5);  // the first requests clear
            #3;
            check(valid_o, full[2], 1);
            if (en && full[2]) begin
                if (i >= WORDS + 4) check(old, model[pipe[2]], 2);
                model[pipe[2]] = add == 0 ? 0 : model[pipe[2]] + add;
            end
            if (en) begin
                pipe[2] = pipe[1]; pipe[1] = pipe[0]; pipe[0] = addr;
                full = {full[2:0], valid};
            end
            tick;
        end
        finish(20000);
    end
endmodule
