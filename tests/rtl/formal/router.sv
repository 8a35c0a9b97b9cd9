// SPDX-License-Identifier: Apache-2.0
// proof: inductive 1
// wrong: CORRUPT
// mutant: ttfs_router.v s/rest = now & ~(free & {5{give\[p\]}})/rest = now \& ~{5{give[p]}}/
// mutant: ttfs_router.v s/left_q      <= rest/left_q      <= now/
// mutant: ttfs_router.v s/: older & ~give/: older/
// mutant: ttfs_router.v s/held_q \& turn, full_q/full_q/
// mutant: ttfs_router.v s/takes = in_valid_i\[p\] && !wait_q\[p\]/takes = in_valid_i[p]/
// ttfs_router, for any flow table, with neighbours that offer and take whatever they like. Of the flits
// that come in at one input any two are followed, A, then B (a bit each of the payload says which, and of
// payloads the router looks at the turn alone: what holds of these holds of all). Each leaves through exactly the
// ports that its flow's row names and that exist, at each once, unchanged, with its buffer, A before B; what
// is offered stays until it is taken; when the router says that nothing of a turn is under way nothing of it is left in it.
//
// What makes it inductive: of every port that a flit that came in must leave through, the flit is on its way
// there in exactly one place: waiting, held and not given yet, in the output's register, or gone.

module router (
    input wire        clk,
    input wire [4:0]  valid, take,
    input wire [24:0] flits      // of a port: {flow, turn, is B, is A}
);
    localparam [4:0] PORTS = 5'b11011; // none south
    (* anyconst *) reg [2:0]  source;
    (* anyconst *) reg [17:0] rows;
    wire [5:0]  row [0:3];       // {buffer, ports}; flow 3 has none
    wire [4:0]  ready, out_valid;
    wire [24:0] out;
    wire        buffer, nowhere, known;
    wire [1:0]  busy;
    wire [31:0] back;
    reg  [1:0]  boot = 0;        // in reset the table is written
    wire        rst_n = boot == 3;
    assign row[0] = rows[5:0];
    assign row[1] = rows[11:6];
    assign row[2] = rows[17:12];
    assign row[3] = 0;

    ttfs_router #(.FLOWS(3), .BUFFERS(2), .PAYLOAD(3)) dut (
        .ports_i(PORTS[3:0]),
        .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(!rst_n), .cfg_we_i(1'b1), .cfg_word_i({16'd0, boot}),
        .cfg_data_i({26'd0, row[boot]}), .cfg_data_o(back), .cfg_known_o(known), .in_valid_i(valid),
        .in_ready_o(ready), .in_flit_i(flits), .out_valid_o(out_valid), .out_ready_i(take), .out_flit_o(out),
        .out_buffer_o(buffer), .flow_o(nowhere), .busy_o(busy)
    );

    genvar k;
    integer p;
    generate
        for (k = 0; k < 2; k = k + 1) begin : flit
            reg        sent = 0;
            reg  [1:0] flow;
            reg        turn;
            reg  [4:0] got = 0;
            wire [4:0] to = row[flow][4:0] & PORTS;
            wire [4:0] in_out = out_valid & {out[20+k], out[15+k], out[10+k], out[5+k], out[k]};
            always @(posedge clk) for (p = 0; p < 5; p = p + 1) begin
                if (rst_n && valid[p] && ready[p] && flits[5*p+k]) begin
                    sent <= 1;
                    flow <= flits[5*p+3 +: 2];
                    turn <= flits[5*p+2];
                end
                if (rst_n && take[p] && in_out[p]) got[p] <= 1;
            end
            // What is said of it.
            always @* if (rst_n) begin
                for (p = 0; p < 5; p = p + 1)
                    if (in_out[p]) assert (sent && to[p] && !got[p] && out[5*p+2 +: 3] == {flow, turn});
                if (in_out[4]) assert (buffer == row[flow][5]);
                if (sent && !busy[turn]) assert (got == to);
            end
        end
    endgenerate

    always @* for (p = 0; p < 5; p = p + 1) begin
        assume (source < 5);
        if (valid[p] && flits[5*p]) assume (p == source && !flit[0].sent && !flits[5*p+1]);
        if (valid[p] && flits[5*p+1]) assume (p == source && flit[0].sent && !flit[1].sent);
    end

    // A before B, at every port that both go to.
    wire [4:0] both = flit[0].to & flit[1].to;
    always @* if (rst_n) begin
        assert (!flit[1].sent || flit[0].sent);
`ifdef CORRUPT
        assert ((flit[1].to & flit[1].got & ~flit[0].got) == 0);
`else
        assert ((both & flit[1].got & ~flit[0].got) == 0);
`endif
        assert ((both & flit[1].in_out & ~flit[0].got) == 0);
    end

    // An input waits for nothing but its own outputs: where the ports of all that comes in at this one take
    // every cycle, a flit is gone WAIT cycles after it was taken, whatever the others do.
    localparam WAIT = 16;
    (* anyconst *) reg       prompt;
    (* anyconst *) reg [4:0] open;
    reg  [4:0] age = 0;
    wire       gone = !flit[0].sent || flit[0].got == flit[0].to;
    function closed(input [1:0] flow); closed = (row[flow][4:0] & PORTS & ~open) != 0; endfunction
    always @(posedge clk) age <= gone ? 0 : age + 1;
    always @* if (prompt && rst_n) begin
        assume ((open & ~take) == 0);
        assume (!valid[source] || !closed(flits[5*source+3 +: 2]));
        assert (gone || age < WAIT);
    end

    // Outputs hold.
    reg [4:0]  stay = 0;
    reg [24:0] last;
    always @(posedge clk) begin
        if (!rst_n) boot <= boot + 1;
        stay <= out_valid & ~take & {5{rst_n}};
        last <= out;
    end
    always @* for (p = 0; p < 5; p = p + 1) if (stay[p]) assert (out_valid[p] && out[5*p +: 5] == last[5*p +: 5]);

`ifndef OUTSIDE
    // What is inside: wires of these names are the router's own when it is made flat.
    (* hierconn *) wire [4:0]  \dut.wait_q , \dut.held_q , \dut.asked_q , \dut.look_turn_q , \dut.can , \dut.give , \dut.buffer ;
    (* hierconn *) wire [24:0] \dut.waiting , \dut.held ;
    (* hierconn *) wire [24:0] \dut.left , \dut.older_q ;
    (* hierconn *) wire [5:0]  \dut.route ;
    (* hierconn *) wire [17:0] \dut.u_table.g_chunk[0].g_few.u_ram.words ;
    wire [4:0]  waits = \dut.wait_q , holds = \dut.held_q , asked = \dut.asked_q , buffers = \dut.buffer ;
    wire [4:0]  look_turn = \dut.look_turn_q , can = \dut.can , give = \dut.give , older = \dut.older_q [5*source +: 5];
    wire [24:0] waiting = \dut.waiting , held = \dut.held ;
    wire [24:0] left = \dut.left ;
    wire [5:0]  route = \dut.route ;
    wire [17:0] words = \dut.u_table.g_chunk[0].g_few.u_ram.words ;

    genvar w;
    generate
        for (w = 0; w < 2; w = w + 1) begin : where
            wire [4:0] in_wait = waits & {waiting[20+w], waiting[15+w], waiting[10+w], waiting[5+w], waiting[w]};
            wire [4:0] in_hold = holds & {held[20+w], held[15+w], held[10+w], held[5+w], held[w]};
            wire [4:0] giving = left[5*source +: 5] & {5{in_hold[source]}};
            reg  [2:0] places [0:4];
            always @* begin
                for (p = 0; p < 5; p = p + 1) begin
                    places[p] = flit[w].got[p] + flit[w].in_out[p] + giving[p] + (in_wait[source] && flit[w].to[p]);
                    if (rst_n) assert (places[p] == (flit[w].sent && flit[w].to[p]));
                    if (rst_n && in_wait[p]) assert (p == source && waiting[5*p+2 +: 3] == {flit[w].flow, flit[w].turn});
                    if (rst_n && in_hold[p]) assert (p == source && held[5*p+2 +: 3] == {flit[w].flow, flit[w].turn});
                end
                if (rst_n) assert (!(in_wait[source] && in_hold[source]));
                if (!flit[w].sent) assert (flit[w].got == 0 && (!rst_n || (in_wait | in_hold) == 0));
                if (!rst_n) assert (!flit[w].sent);
            end
        end
    endgenerate

    // A is ahead of B.
    always @* if (rst_n && flit[1].sent)
        assert (!where[0].in_wait[source] && (!where[0].in_hold[source] || where[1].in_wait[source]));

    // The inputs in general: the table's row is that of the flit that was asked for.
    reg [1:0] f;
    always @* for (p = 0; p < 5; p = p + 1) begin
        f = held[5*p+3 +: 2];
        if (rst_n && holds[p]) begin
            assert (asked[p] || left[5*p +: 5] != 0);
            assert ((left[5*p +: 5] & ~(row[f][4:0] & PORTS)) == 0);
            assert (f == 3 || buffers[p] == row[f][5]);
        end
        if (rst_n && asked[p]) assert (f == 3 || route == row[f]);
    end
    always @* begin
        if (boot >= 1) assert (words[5:0] == row[0]);
        if (boot >= 2) assert (words[11:6] == row[1]);
        if (rst_n) assert (words[17:12] == row[2]);
        else assert (boot == 0 || {waits, holds, out_valid, asked} == 0);
    end

    // Turns: at most five for the flit before to leave, five for the table, five to leave, and one cycle more.
    wire [2:0] look_turns = turns(look_turn), give_turns = 1 + count(older);
    wire [4:0] more = where[0].in_hold[source] ? give_turns + 1 : !where[0].in_wait[source] ? 1
                      : holds[source] ? give_turns + 11 : look_turns + 6;
    function [2:0] count(input [4:0] set);
        count = set[0] + set[1] + set[2] + set[3] + set[4];
    endfunction
    function [2:0] turns(input [4:0] served);
        integer i;
        begin
            turns = 0;
            for (i = 0; i < 5; i = i + 1) if (served[i]) turns = source > i ? source - i : source + 3'd5 - i;
        end
    endfunction
    always @* begin
        if (prompt && rst_n) begin
            assert (!waits[source] || !closed(waiting[5*source+3 +: 2]));
            assert (!holds[source] || !closed(held[5*source+3 +: 2]));
            assert (gone || (!closed(flit[0].flow) && age + more <= WAIT));
        end
        assert (rst_n || age == 0);
    end

    // Whenever outputs take, and whatever the others hold: an input that could give is passed over four times at most.
    reg [2:0] passed = 0;
    always @(posedge clk)
        if (!rst_n || !holds[source] || give[source]) passed <= 0;
        else if (can[source]) passed <= passed + 1;
    always @* assert (rst_n ? passed + count(older) <= 4 : passed == 0);
`endif
endmodule
