// SPDX-License-Identifier: Apache-2.0
//
// A router of the mesh: five ports (0 north, 1 east, 2 south, 3 west, 4 the core). A flit is {flow,
// payload}, the payload's highest bit the lowest one of its turn's number; the flow table says through which ports it leaves, several for a multicast, and which
// buffer of the core takes it. Inputs take turns: the table is read for one a cycle, and one a cycle
// gives its flit to all of its outputs that are free, until every one has it: of those that can, the one
// that gave longest ago, so that nobody is passed over by the same other twice. An input takes a flit every
// other cycle; a hop is three cycles. A flit of a flow without a port, or with one that leads off the
// mesh (ports_i: those that there are, a constant), goes where it can, and flow_o tells.
//
// Nothing waits for two outputs at once, and an output waits for its neighbour's input alone. The tables
// route in x first, then in y, then to the core, whose side always takes in the end: so the waiting of
// ports for one another has no circle (rtl/README.md). All outputs come from registers. Driven by ttfs_node.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_router #(
    parameter FLOWS       = 64,
    parameter BUFFERS     = 32,
    parameter PAYLOAD     = 24,
    parameter PRELOAD     = 0,
    parameter INIT        = "",
    parameter FLOW_BITS   = (FLOWS > 1) ? $clog2(FLOWS) : 1,
    parameter BUFFER_BITS = (BUFFERS > 1) ? $clog2(BUFFERS) : 1,
    parameter FLIT        = FLOW_BITS + PAYLOAD
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    // configuration of the flow table
    input  wire                   cfg_en_i,
    input  wire                   cfg_we_i,
    input  wire [17:0]            cfg_word_i,
    input  wire [31:0]            cfg_data_i,
    output wire [31:0]            cfg_data_o,
    output wire                   cfg_known_o,
    // the ports
    input  wire [3:0]             ports_i,
    input  wire [4:0]             in_valid_i,
    output wire [4:0]             in_ready_o,
    input  wire [5*FLIT-1:0]      in_flit_i,
    output wire [4:0]             out_valid_o,
    input  wire [4:0]             out_ready_i,
    output wire [5*FLIT-1:0]      out_flit_o,
    output wire [BUFFER_BITS-1:0] out_buffer_o,  // of the flit at the core's port
    output wire                   flow_o,        // pulse: a flit that leads nowhere
    output wire [1:0]             busy_o         // of a turn with this lowest bit something is under way in here
);
    localparam ROUTE = 5 + BUFFER_BITS;

    // A flit waits until its input has nothing else, then the table is read for it (look). A cycle
    // later its way is known, and it leaves.
    reg  [4:0]             wait_q, held_q, asked_q, beyond_q, look_turn_q, full_q;
    reg  [24:0]            older_q;   // bit 5 * p + k: input k gave longer ago than p
    reg  [BUFFER_BITS-1:0] out_buffer_q;
    wire [4:0]             can, nowhere, wait_turn, turn, out_turn;
    wire [ROUTE-1:0]       route;
    wire [4:0]             free = ~full_q | out_ready_i;
    wire [4:0]             there = {1'b1, ports_i};

    // The input that the table is read for: one of those that ask, the first behind the last one (one hot).
    wire [4:0] asks = wait_q & ~held_q;
    wire [9:0] look_twice = {asks, asks} & ~({5'd0, look_turn_q} | ({5'd0, look_turn_q} - 10'd1));
    wire [9:0] look_first = look_twice & (~look_twice + 10'd1);
    wire [4:0] look = look_first[9:5] | look_first[4:0];
    wire [4:0] give;

    // What the inputs have, and what the served ones of them put on the table's address, on the outputs.
    wire [5*FLIT-1:0]        waiting, held;
    wire [5*5-1:0]           left;
    wire [5*BUFFER_BITS-1:0] buffer;
    reg  [FLOW_BITS-1:0]     flow;
    reg  [FLIT-1:0]          given;
    reg  [BUFFER_BITS-1:0]   given_buffer;
    reg  [4:0]               to;
    integer i;
    always @* begin
        flow         = {FLOW_BITS{1'b0}};
        given        = {FLIT{1'b0}};
        given_buffer = {BUFFER_BITS{1'b0}};
        to           = 5'd0;
        for (i = 0; i < 5; i = i + 1) begin
            flow         = flow | ({FLOW_BITS{look[i]}} & waiting[i*FLIT+PAYLOAD +: FLOW_BITS]);
            given        = given | ({FLIT{give[i]}} & held[i*FLIT +: FLIT]);
            given_buffer = given_buffer | ({BUFFER_BITS{give[i]}} & buffer[i*BUFFER_BITS +: BUFFER_BITS]);
            to           = to | ({5{give[i]}} & left[i*5 +: 5]);
        end
    end

    ttfs_memory #(.WIDTH(ROUTE), .WORDS(FLOWS), .PRELOAD(PRELOAD), .INIT(INIT)) u_table (
        .clk_i      (clk_i),
        .en_i       (|look),
        .at_i       (flow),
        .data_o     (route),
        .kept_i     ({ROUTE{1'b0}}),
        .cfg_mine_i (1'b1),
        .cfg_en_i   (cfg_en_i),
        .cfg_we_i   (cfg_we_i),
        .cfg_word_i (cfg_word_i),
        .cfg_data_i (cfg_data_i),
        .cfg_data_o (cfg_data_o),
        .cfg_known_o(cfg_known_o)
    );

    genvar p;
    generate
        for (p = 0; p < 5; p = p + 1) begin : g_port
            // The input: a flit that waits, a flit whose way is known and the ports still to take it.
            reg  [FLIT-1:0]        wait_flit_q, flit_q;
            reg  [4:0]             left_q;
            reg  [BUFFER_BITS-1:0] buffer_q;
            wire [4:0] ports = route[4:0] & {5{!beyond_q[p]}};
            wire [4:0] now = asked_q[p] ? ports & there : left_q;
            wire [4:0] rest = now & ~(free & {5{give[p]}});
            wire       takes = in_valid_i[p] && !wait_q[p];

            assign wait_turn[p] = wait_flit_q[PAYLOAD-1];
            assign turn[p]      = flit_q[PAYLOAD-1];
            assign waiting[p*FLIT +: FLIT]             = wait_flit_q;
            assign held[p*FLIT +: FLIT]                = flit_q;
            assign left[p*5 +: 5]                      = now;
            assign buffer[p*BUFFER_BITS +: BUFFER_BITS] = asked_q[p] ? route[5 +: BUFFER_BITS] : buffer_q;
            assign can[p]     = held_q[p] && |(now & free);
            assign nowhere[p] = asked_q[p] && (ports == 5'd0 || |(ports & ~there));

            // It gives when nobody can who gave longer ago.
            localparam [4:0] SELF = 5'd1 << p;
            wire [4:0] older = older_q[p*5 +: 5];
            assign give[p] = can[p] && (can & older) == 5'd0;
            always @(posedge clk_i) older_q[p*5 +: 5] <= !rst_ni ? SELF - 5'd1 : give[p] ? ~SELF : older & ~give;

            always @(posedge clk_i) begin
                if (takes) wait_flit_q <= in_flit_i[p*FLIT +: FLIT];
                if (look[p]) flit_q <= wait_flit_q;
                if (asked_q[p]) buffer_q <= route[5 +: BUFFER_BITS];
                left_q      <= rest;
                beyond_q[p] <= {{(32-FLOW_BITS){1'b0}}, wait_flit_q[PAYLOAD +: FLOW_BITS]} >= FLOWS;
                if (!rst_ni) begin
                    wait_q[p] <= 1'b0;
                    held_q[p] <= 1'b0;
                end else begin
                    wait_q[p] <= takes || (wait_q[p] && !look[p]);
                    held_q[p] <= look[p] || (held_q[p] && rest != 5'd0);
                end
            end

            `TTFS_ALWAYS(leaves, !held_q[p] || asked_q[p] || left_q != 5'd0)

            // The output.
            reg [FLIT-1:0] out_q;
            always @(posedge clk_i) begin
                if (to[p] && free[p]) out_q <= given;
                if (!rst_ni) full_q[p] <= 1'b0;
                else if (free[p]) full_q[p] <= to[p];
            end
            assign out_flit_o[p*FLIT +: FLIT] = out_q;
            assign out_turn[p] = out_q[PAYLOAD-1];
        end
    endgenerate

    always @(posedge clk_i) begin
        if (to[4] && free[4]) out_buffer_q <= given_buffer;
        if (!rst_ni) begin
            asked_q     <= 5'd0;
            look_turn_q <= 5'd1;
        end else begin
            asked_q <= look;
            if (|look) look_turn_q <= look;
        end
    end

    assign in_ready_o   = ~wait_q;
    assign out_valid_o  = full_q;
    assign out_buffer_o = out_buffer_q;
    assign flow_o       = |nowhere;
    assign busy_o[0]    = |{wait_q & ~wait_turn, held_q & ~turn, full_q & ~out_turn};
    assign busy_o[1]    = |{wait_q & wait_turn, held_q & turn, full_q & out_turn};

    // Who gave longer ago is an order of the inputs: whoever is older than b is older than all those as well that
    // b is older than.
    function is_order;
        input [24:0] sooner;
        integer a, b;
        begin
            is_order = 1'b1;
            for (a = 0; a < 5; a = a + 1)
                for (b = 0; b < 5; b = b + 1)
                    if ((a == b) ? sooner[6*a] : (sooner[5*a + b] == sooner[5*b + a])) is_order = 1'b0;
                    else if (sooner[5*a + b] && |(sooner[5*b +: 5] & ~sooner[5*a +: 5])) is_order = 1'b0;
        end
    endfunction
    `TTFS_ALWAYS(order, is_order(older_q))

    // Turns and what is served by them are one hot, or nothing; who was asked for holds its flit.
    function one;
        input [4:0] set;
        one = set != 5'd0 && (set & (set - 5'd1)) == 5'd0;
    endfunction
    `TTFS_ALWAYS(turns, one(look_turn_q))
    `TTFS_ALWAYS(serves, (look == 5'd0 || one(look)) && (give == 5'd0 || one(give)))
    `TTFS_ALWAYS(asks, (asked_q == 5'd0 || one(asked_q)) && (asked_q & ~held_q) == 5'd0)
endmodule

`default_nettype wire
