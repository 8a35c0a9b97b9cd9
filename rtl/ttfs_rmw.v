// SPDX-License-Identifier: Apache-2.0
//
// A memory that is read, changed and written back, one word a cycle. Three cycles after valid_i the
// word's value stands at old_o (valid_o high) and new_i, a function of it, is written. A request for
// a word that is still under way gets the value on its way back: requests act as if one by one.
// en_i low freezes everything. Driven by ttfs_sort and ttfs_pool.

`default_nettype none

module ttfs_rmw #(
    parameter WIDTH = 16,
    parameter WORDS = 256,
    parameter ADDR_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 en_i,
    input  wire                 valid_i,
    input  wire [ADDR_BITS-1:0] addr_i,
    output wire                 valid_o,
    output wire [WIDTH-1:0]     old_o,
    input  wire [WIDTH-1:0]     new_i
);
    reg                 valid1_q, valid2_q, valid3_q, valid4_q;
    reg [ADDR_BITS-1:0] addr1_q, addr2_q, addr3_q, addr4_q;
    reg                 near1_q, near2_q, near3_q;  // the request 1, 2, 3 ahead has the same address
    reg [WIDTH-1:0]     data2_q, old3_q, new4_q, new5_q;
    wire [WIDTH-1:0]    data1;

    ttfs_sram #(.WIDTH(WIDTH), .WORDS(WORDS)) u_mem (
        .clk_i  (clk_i),
        .re_i   (en_i),
        .raddr_i(addr_i),
        .rdata_o(data1),
        .we_i   (en_i && valid3_q),
        .waddr_i(addr3_q),
        .wdata_i(new_i)
    );

    always @(posedge clk_i) begin
        if (en_i) begin
            addr1_q <= addr_i;
            addr2_q <= addr1_q;
            addr3_q <= addr2_q;
            addr4_q <= addr3_q;
            near1_q <= valid2_q && addr1_q == addr2_q;
            near2_q <= valid3_q && addr1_q == addr3_q;
            near3_q <= valid4_q && addr1_q == addr4_q;
            data2_q <= data1;
            old3_q  <= near1_q ? new_i : near2_q ? new4_q : near3_q ? new5_q : data2_q;
            new4_q  <= new_i;
            new5_q  <= new4_q;
        end
        if (!rst_ni) {valid1_q, valid2_q, valid3_q, valid4_q} <= 4'd0;
        else if (en_i)
            {valid1_q, valid2_q, valid3_q, valid4_q} <= {valid_i, valid1_q, valid2_q, valid3_q};
    end

    assign valid_o = valid3_q;
    assign old_o   = old3_q;
endmodule

`default_nettype wire
