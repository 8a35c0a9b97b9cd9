// SPDX-License-Identifier: Apache-2.0
//
// The spike bus: one spike a cycle from the cores and the host, in turn, to every core. open_i high
// says that all cores listen; they then take whatever comes. What a source gives in one cycle is on
// the bus in the next. The host is the last source. Driven by ttfs_chip.

`default_nettype none

module ttfs_bus #(
    parameter CORES = 4,
    parameter WIDTH = 24  // a tick and an id
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   open_i,
    input  wire [CORES:0]         in_valid_i,
    output wire [CORES:0]         in_ready_o,
    input  wire [CORES*WIDTH+WIDTH-1:0] in_data_i,
    output wire                   valid_o,
    output wire [CORES:0]         source_o,  // one hot while valid_o
    output wire [WIDTH-1:0]       data_o
);
    wire             valid;
    wire [WIDTH-1:0] data;

    ttfs_merge #(.SOURCES(CORES + 1), .WIDTH(WIDTH)) u_merge (
        .clk_i      (clk_i),
        .rst_ni     (rst_ni),
        .in_valid_i (in_valid_i),
        .in_ready_o (in_ready_o),
        .in_data_i  (in_data_i),
        .out_valid_o(valid),
        .out_ready_i(open_i),
        .out_data_o (data)
    );

    reg             valid_q;
    reg [CORES:0]   source_q;
    reg [WIDTH-1:0] data_q;

    always @(posedge clk_i) begin
        data_q <= data;
        if (!rst_ni) begin
            valid_q  <= 1'b0;
            source_q <= {(CORES + 1) {1'b0}};
        end else begin
            valid_q  <= valid && open_i;
            source_q <= in_ready_o;
        end
    end

    assign valid_o  = valid_q;
    assign source_o = source_q;
    assign data_o   = data_q;
endmodule

`default_nettype wire
