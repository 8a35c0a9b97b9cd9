// SPDX-License-Identifier: Apache-2.0
// ttfs_bank: every number of a turn and of copies, as docs/core.md says it: the highest BANKS bits of an address are
// exclusive-ored with the number's lowest, the parity is bit BANKS.
module bank_tb;
    `include "bench.svh"
    reg [3:0] turn;
    reg [1:0] banks;
    wire [2:0] at;
    wire parity;
    ttfs_bank dut (.turn_i(turn), .banks_i(banks), .at_o(at), .parity_o(parity));

    integer n;
    initial begin
        for (n = 0; n < 64; n = n + 1) begin
            {turn, banks} = n;
            #1 check(at, turn % (1 << banks) * 8 / (1 << banks), 1);
            check(parity, turn / (1 << banks) % 2, 2);
        end
        finish(128);
    end
endmodule
