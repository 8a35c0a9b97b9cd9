// SPDX-License-Identifier: Apache-2.0
//
// N valid/ready sources onto one, round robin: after a source has sent, those above it come first, so
// nobody waits for more than N - 1 others. Combinational but for the turn. Driven by ttfs_chip (spike
// bus and readout).

`default_nettype none

module ttfs_merge #(
    parameter SOURCES = 4,
    parameter WIDTH   = 24,
    parameter INDEX_BITS = (SOURCES > 1) ? $clog2(SOURCES) : 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire [SOURCES-1:0]       in_valid_i,
    output wire [SOURCES-1:0]       in_ready_o,
    input  wire [SOURCES*WIDTH-1:0] in_data_i,
    output wire                     out_valid_o,
    input  wire                     out_ready_i,
    output wire [WIDTH-1:0]         out_data_o
);
    reg  [SOURCES-1:0]    above_q;  // whose turn comes before the others'
    wire [SOURCES-1:0]    ahead = in_valid_i & above_q;
    wire                  any_ahead = |ahead;
    wire [SOURCES-1:0]    first_ahead, first_all;
    wire [INDEX_BITS-1:0] index_ahead, index_all;
    wire                  more_ahead, more_all;

    ttfs_first #(.WIDTH(SOURCES)) u_ahead (
        .bits_i(ahead), .more_o(more_ahead), .first_o(first_ahead), .index_o(index_ahead)
    );
    ttfs_first #(.WIDTH(SOURCES)) u_all (
        .bits_i(in_valid_i), .more_o(more_all), .first_o(first_all), .index_o(index_all)
    );

    wire [SOURCES-1:0]    grant = any_ahead ? first_ahead : first_all;
    wire [INDEX_BITS-1:0] index = any_ahead ? index_ahead : index_all;

    always @(posedge clk_i)
        if (!rst_ni) above_q <= {SOURCES{1'b0}};
        else if (out_valid_o && out_ready_i) above_q <= ~(grant | (grant - 1'b1));

    wire unused = &{1'b0, more_ahead, more_all};

    assign in_ready_o  = grant & {SOURCES{out_ready_i}};
    assign out_valid_o = |in_valid_i;
    assign out_data_o  = in_data_i[index*WIDTH +: WIDTH];
endmodule

`default_nettype wire
