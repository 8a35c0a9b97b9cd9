// SPDX-License-Identifier: Apache-2.0
// ttfs_ram: random reads, writes and pauses: what was read holds until the next access, and is unknown behind a write.
module ram_tb;
    `include "bench.svh"
    localparam WIDTH = 13, WORDS = 11;
    reg en = 0, we = 0;
    reg [3:0] at = 0;
    reg [WIDTH-1:0] data = 0;
    wire [WIDTH-1:0] read;

    ttfs_ram #(.WIDTH(WIDTH), .WORDS(WORDS)) dut (
        .clk_i(clk), .en_i(en), .we_i(we), .addr_i(at), .wdata_i(data), .rdata_o(read)
    );

    reg [WIDTH-1:0] want [0:WORDS-1], held;
    integer n;
    initial begin
        held = {WIDTH{1'bx}};
        for (n = 0; n < WORDS; n = n + 1) want[n] = {WIDTH{1'bx}};
        for (n = 0; n < 2000; n = n + 1) begin
            en = below(3) != 0; we = below(2); at = below(WORDS); data = $random(seed);
            if (en && we) want[at] = data;
            if (en) held = we ? {WIDTH{1'bx}} : want[at];
            tick;
            if (^held !== 1'bx) check(read, held, 1);
            else if (en && we) check(^read === 1'bx, 1, 2);
        end
        finish(1000);
    end
endmodule
