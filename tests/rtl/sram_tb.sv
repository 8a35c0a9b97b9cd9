// SPDX-License-Identifier: Apache-2.0
// ttfs_sram: random reads and writes against an array; data hold while re_i is low.
module sram_tb;
    `include "bench.svh"
    localparam WORDS = 13, WIDTH = 9;
    reg re = 0, we = 0;
    reg [3:0] raddr = 0, waddr = 0;
    reg [WIDTH-1:0] wdata = 0, model [0:WORDS-1], want;
    wire [WIDTH-1:0] rdata;
    integer i, known = 0;

    ttfs_sram #(.WIDTH(WIDTH), .WORDS(WORDS)) dut (
        .clk_i(clk), .re_i(re), .raddr_i(raddr), .rdata_o(rdata), .we_i(we), .waddr_i(waddr),
        .wdata_i(wdata)
    );

    initial begin
        for (i = 0; i < WORDS; i = i + 1) begin
            we = 1; waddr = i; wdata = $random(seed); model[i] = wdata;
            tick;
        end
        for (i = 0; i < 2000; i = i + 1) begin
            re = below(3) != 0; raddr = below(WORDS);
            we = below(2); waddr = below(WORDS); wdata = $random(seed);
            if (we && waddr == raddr) we = 0;
            if (re) begin want = model[raddr]; known = 1; end
            if (we) model[waddr] = wdata;
            tick;
            if (known) check(rdata, want, i);
        end
        finish(1000);
    end
endmodule
