// SPDX-License-Identifier: Apache-2.0
//
// A router of the mesh: five ports (0 north, 1 east, 2 south, 3 west, 4 the core). Each flit is one
// spike {flow, payload}; the flow table says through which ports it leaves, several for a multicast.
// turn, gives to all of its outputs that are free. Nothing is dropped and nothing waits for two outputs
// at once. The tables route in x first, then in y, then to the core, whose side always takes: so the
// waiting between ports has no circle, and the mesh cannot deadlock. An input takes a flit every other
// cycle; all wires between routers come from registers but `ready`.

`default_nettype none

module ttfs_router #(
    parameter FLOWS     = 64,
    parameter PAYLOAD   = 24,
    parameter FLOW_BITS = (FLOWS > 1) ? $clog2(FLOWS) : 1,
    parameter FLIT      = FLOW_BITS + PAYLOAD
) (
    input  wire              clk_i,
    input  wire              rst_ni,
    // the flow table: a bit a port
    input  wire                 table_we_i,
    input  wire [FLOW_BITS-1:0] table_at_i,
    input  wire [4:0]           table_data_i,
    input  wire [4:0]        in_valid_i,
    output wire [4:0]        in_ready_o,
    input  wire [5*FLIT-1:0] in_flit_i,
    output wire [4:0]        out_valid_o,
    input  wire [4:0]        out_ready_i,
    output wire [5*FLIT-1:0] out_flit_o,
    output wire              idle_o
);
    // Arrived, and waiting for the table; then known, with the outputs that are still to take it.
    reg [4:0]      new_q, look_q, known_q, turn_q, looks_q;
    reg [FLIT-1:0] new_flit_q [0:4];
    reg [FLIT-1:0] flit_q [0:4];
    reg [4:0]      left_q [0:4];
    reg [4:0]      full_q;                    // outputs
    reg [FLIT-1:0] out_q [0:4];
    wire [4:0]     ports;

    wire [4:0] free = ~full_q | out_ready_i;
    wire [4:0] can, give, look, ask;

    // One of the requests, the first from the place behind the last that was served.
    function [4:0] next;
        input [4:0] requests, last;   // last: one hot
        reg [9:0] twice;
        begin
            twice = {requests, requests} & ~({5'd0, last} | ({5'd0, last} - 10'd1));
            twice = twice & (~twice + 10'd1);
            next = twice[9:5] | twice[4:0];
        end
    endfunction

    assign give = next(can, turn_q);
    assign ask  = new_q & ~look_q;            // a flit whose ports nobody has looked up
    assign look = next(ask, looks_q);

    wire [FLIT-1:0]      given;
    wire [4:0]           to;
    wire [FLOW_BITS-1:0] asked;

    ttfs_sram #(.WIDTH(5), .WORDS(FLOWS)) u_table (
        .clk_i  (clk_i),
        .re_i   (|look),
        .raddr_i(asked),
        .rdata_o(ports),
        .we_i   (table_we_i),
        .waddr_i(table_at_i),
        .wdata_i(table_data_i)
    );

    // answer_q: the input whose ports are at the table's output.
    reg  [4:0] answer_q;
    genvar p;
    generate
        for (p = 0; p < 5; p = p + 1) begin : g_port
            wire [4:0] rest = left_q[p] & ~(give[p] ? free : 5'd0);
            wire       leaves = known_q[p] && rest == 5'd0;
            wire       moves = answer_q[p] && (!known_q[p] || leaves);
            assign can[p] = known_q[p] && |(left_q[p] & free);
            assign in_ready_o[p] = !new_q[p];
            always @(posedge clk_i) begin
                if (in_valid_i[p] && in_ready_o[p]) new_flit_q[p] <= in_flit_i[p*FLIT +: FLIT];
                if (moves) begin
                    flit_q[p] <= new_flit_q[p];
                    left_q[p] <= ports;
                end else if (give[p]) left_q[p] <= rest;
                if (!rst_ni) begin
                    new_q[p]   <= 1'b0;
                    look_q[p]  <= 1'b0;
                    known_q[p] <= 1'b0;
                end else begin
                    if (in_valid_i[p] && in_ready_o[p]) new_q[p] <= 1'b1;
                    else if (moves) new_q[p] <= 1'b0;
                    if (look[p]) look_q[p] <= 1'b1;
                    else if (answer_q[p]) look_q[p] <= 1'b0;   // looked up again when it could not move
                    if (moves) known_q[p] <= 1'b1;
                    else if (leaves) known_q[p] <= 1'b0;
                end
            end
            // The output.
            always @(posedge clk_i) begin
                if (to[p] && free[p]) out_q[p] <= given;
                if (!rst_ni) full_q[p] <= 1'b0;
                else if (free[p]) full_q[p] <= to[p];
            end
            assign out_flit_o[p*FLIT +: FLIT] = out_q[p];
        end
    endgenerate

    assign to = (give[0] ? left_q[0] : 5'd0) | (give[1] ? left_q[1] : 5'd0) | (give[2] ? left_q[2] : 5'd0)
        | (give[3] ? left_q[3] : 5'd0) | (give[4] ? left_q[4] : 5'd0);
    assign given = (give[0] ? flit_q[0] : {FLIT{1'b0}}) | (give[1] ? flit_q[1] : {FLIT{1'b0}})
        | (give[2] ? flit_q[2] : {FLIT{1'b0}}) | (give[3] ? flit_q[3] : {FLIT{1'b0}})
        | (give[4] ? flit_q[4] : {FLIT{1'b0}});
    assign asked = (look[0] ? new_flit_q[0][PAYLOAD +: FLOW_BITS] : {FLOW_BITS{1'b0}})
        | (look[1] ? new_flit_q[1][PAYLOAD +: FLOW_BITS] : {FLOW_BITS{1'b0}})
        | (look[2] ? new_flit_q[2][PAYLOAD +: FLOW_BITS] : {FLOW_BITS{1'b0}})
        | (look[3] ? new_flit_q[3][PAYLOAD +: FLOW_BITS] : {FLOW_BITS{1'b0}})
        | (look[4] ? new_flit_q[4][PAYLOAD +: FLOW_BITS] : {FLOW_BITS{1'b0}});

    always @(posedge clk_i) begin
        if (!rst_ni) begin
            turn_q   <= 5'd1;
            looks_q  <= 5'd1;
            answer_q <= 5'd0;
        end else begin
            if (|give) turn_q <= give;
            if (|look) looks_q <= look;
            answer_q <= look;
        end
    end

    assign out_valid_o = full_q;
    assign idle_o = ~|{new_q, known_q, full_q};
endmodule

`default_nettype wire
