// SPDX-License-Identifier: Apache-2.0
// ttfs_desc: random descriptors are written and fetched, slot by slot in any order; done_o 22 cycles
// after fetch_i, all words in place in the cycle after.
module desc_tb;
    `include "bench.svh"
    `include "ttfs_fields.vh"
    reg we = 0, fetch = 0;
    reg [6:0] waddr = 0;
    reg [31:0] wdata = 0, model [0:127];
    reg [1:0] slot = 0;
    wire done;
    wire [`TTFS_DESC_WORDS*32-1:0] desc;
    integer i, w, cycles;

    ttfs_desc #(.SLOTS(4)) dut (
        .clk_i(clk), .rst_ni(rst_n), .we_i(we), .waddr_i(waddr), .wdata_i(wdata), .fetch_i(fetch),
        .slot_i(slot), .done_o(done), .desc_o(desc)
    );

    initial begin
        reset;
        for (i = 0; i < 128; i = i + 1) begin
            we = 1; waddr = i; wdata = $random(seed); model[i] = wdata;
            tick;
        end
        we = 0;
        for (i = 0; i < 30; i = i + 1) begin
            slot = below(4);
            fetch = 1; tick; fetch = 0;
            cycles = 1;
            while (!done) begin tick; cycles = cycles + 1; end
            check(cycles, 22, 1);
            tick;
            for (w = 0; w < `TTFS_DESC_WORDS; w = w + 1) check(desc[32*w +: 32], model[slot*32+w], 2);
            repeat (below(3)) tick;
        end
        finish(600);
    end
endmodule
