// SPDX-License-Identifier: Apache-2.0
// proof: inductive 1
// wrong: TURNS
// mutant: ttfs_router.v s/held_q\[p\] <= look\[p\] || (held_q\[p\] && rest != 5'd0)/held_q[p] <= look[p] || held_q[p]/
// A mesh of routers never deadlocks: while a flit is anywhere in it, in every cycle in which its ends take (the
// cores, the host) one moves: the table is read for it, it is given to an output, or it goes to the next
// router. Proven of any traffic of any length and of all flow tables that route in x first, then in y: whoever
// came in from north or south goes on south or north, to the core, or at node 0 to the host; from west or east
// not back. (A flit moves a bounded number of times: so when no more come in, all are delivered.)
//
// What makes it inductive: the ports that a flit in a router still waits for are ones that its input allows.
`ifndef WIDTH
`define WIDTH 2
`define HEIGHT 2
`endif

module mesh (
    input wire                         clk,
    input wire [5*`WIDTH*`HEIGHT-1:0]  offer, offer_flow, take    // only those of the ends are used
);
    localparam W = `WIDTH, N = W * `HEIGHT, FLIT = 2;
    (* anyconst *) reg [2*6*N-1:0] rows;         // of a node: flow 1, flow 0: {buffer, ports}
    reg [1:0] boot = 0;
    wire rst_n = boot == 2;
    always @(posedge clk) if (!rst_n) boot <= boot + 1;

    wire [5*N-1:0]      valid, ready, in_valid, out_ready;
    wire [5*N*FLIT-1:0] flits;
    wire [2*N-1:0]      busy;
    wire [N-1:0]        moves, open;         // open: its ends take
    wire [4:0]          ends [0:N-1];            // ports that lead out of the mesh

    function [4:0] ports_of(input integer n);
        ports_of = 5'd16 | (n >= W ? 1 : 0) | (n % W < W - 1 ? 2 : 0) | (n < N - W ? 4 : 0) | (n % W > 0 || n == 0 ? 8 : 0);
    endfunction
    // Where what came in at a port may leave; wrong: anywhere but back.
    function [4:0] allows(input integer n, input integer from);
`ifdef TURNS
        allows = 5'd31 & ~(from == 4 ? 5'd0 : 5'd1 << from);
`else
        case (from)
            0: allows = 5'd20 | (n == 0 ? 5'd8 : 5'd0);
            1: allows = 5'd29;
            2: allows = 5'd17 | (n == 0 ? 5'd8 : 5'd0);
            3: allows = n == 0 ? 5'd31 : 5'd23;
            default: allows = 5'd31;
        endcase
`endif
    endfunction
    function integer beyond(input integer n, input integer port);   // the neighbour, or the node itself
        beyond = port == 0 && n >= W ? n - W : port == 1 && n % W < W - 1 ? n + 1
                 : port == 2 && n < N - W ? n + W : port == 3 && n % W > 0 ? n - 1 : n;
    endfunction

    genvar i, d;
    integer p;
    generate
        for (i = 0; i < N; i = i + 1) begin : node
            localparam [4:0] PORTS = ports_of(i);
            wire [5:0]        row [0:1];
            wire [5*FLIT-1:0] in;
            wire [31:0]       back;
            wire              known, nowhere;
            wire [0:0]        buffer;
            assign row[0] = rows[12*i +: 6];
            assign row[1] = rows[12*i+6 +: 6];
            for (d = 0; d < 5; d = d + 1) begin : port
                localparam TO = beyond(i, d), BACK = 5*TO + (d ^ 2);
                localparam END = d == 4 || (i == 0 && d == 3), WIRE = d < 4 && TO != i;
                assign in_valid[5*i+d]  = END ? offer[5*i+d] : WIRE ? valid[WIRE ? BACK : 0] : 1'b0;
                assign in[d*FLIT +: FLIT] = WIRE ? flits[(WIRE ? BACK : 0)*FLIT +: FLIT] : {offer_flow[5*i+d], 1'b0};
                assign out_ready[5*i+d] = END ? take[5*i+d] : WIRE ? ready[WIRE ? BACK : 0] : 1'b0;
                assign ends[i][d] = END;
                // A flit goes where its row there allows those that come from here.
                wire [11:0] there = rows[12*TO +: 12];
                wire [4:0] allowed = allows(TO, d ^ 2);
                always @* if (WIRE) begin
                    assume (!row[0][d] || (there[4:0] & ~allowed) == 0);
                    assume (!row[1][d] || (there[10:6] & ~allowed) == 0);
                end
            end
            ttfs_router #(.FLOWS(2), .BUFFERS(2), .PAYLOAD(1)) dut (
                .ports_i(PORTS[3:0]),
                .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(!rst_n), .cfg_we_i(1'b1), .cfg_word_i({17'd0, boot[0]}),
                .cfg_data_i({26'd0, row[boot[0]]}), .cfg_data_o(back), .cfg_known_o(known),
                .in_valid_i(in_valid[5*i +: 5]), .in_ready_o(ready[5*i +: 5]), .in_flit_i(in),
                .out_valid_o(valid[5*i +: 5]), .out_ready_i(out_ready[5*i +: 5]), .out_flit_o(flits[5*i*FLIT +: 5*FLIT]),
                .out_buffer_o(buffer), .flow_o(nowhere), .busy_o(busy[2*i +: 2])
            );
            (* hierconn *) wire [4:0] \dut.wait_q , \dut.held_q , \dut.asked_q , \dut.look , \dut.give ;
            (* hierconn *) wire [9:0] \dut.waiting , \dut.held ;
            (* hierconn *) wire [24:0] \dut.left ;
            (* hierconn *) wire [5:0] \dut.route ;
            (* hierconn *) wire [11:0] \dut.u_table.g_chunk[0].g_few.u_ram.words ;
            wire [4:0] waits = \dut.wait_q , holds = \dut.held_q , asked = \dut.asked_q ;
            wire [9:0] waiting = \dut.waiting , held = \dut.held ;
            wire [24:0] left = \dut.left ;
            wire [5:0] route = \dut.route ;
            wire [11:0] words = \dut.u_table.g_chunk[0].g_few.u_ram.words ;
            assign moves[i] = |\dut.look || |\dut.give || |(asked & holds) || |(valid[5*i +: 5] & out_ready[5*i +: 5]);

            always @* assume (((row[0][4:0] | row[1][4:0]) & ~PORTS) == 0);

`ifndef OUTSIDE
            always @* for (p = 0; p < 5; p = p + 1) begin
                if (rst_n && waits[p]) assert ((row[waiting[2*p+1]][4:0] & ~allows(i, p)) == 0);
                if (rst_n && holds[p]) begin
                    assert ((row[held[2*p+1]][4:0] & ~allows(i, p)) == 0);
                    assert ((left[5*p +: 5] & ~row[held[2*p+1]][4:0]) == 0);
                    assert (asked[p] || left[5*p +: 5] != 0);
                end
                if (rst_n && asked[p]) assert (route == row[held[2*p+1]]);
                if (rst_n && !PORTS[p]) assert (!waits[p] && !holds[p] && !valid[5*i+p]);
                if (rst_n && valid[5*i+p]) assert (row[flits[2*(5*i+p)+1]][p]);
            end
            always @* begin
                if (boot >= 1) assert (words[5:0] == row[0]);
                if (rst_n) assert (words[11:6] == row[1]);
                else assert (boot == 0 || {waits, holds, asked, valid[5*i +: 5]} == 0);
                assert (boot != 3);
            end
`endif
            assign open[i] = &(take[5*i +: 5] | ~ends[i]);
        end
    endgenerate

    always @* if (rst_n && &open) assert (busy == 0 || |moves);
endmodule
