// SPDX-License-Identifier: Apache-2.0
// ttfs_router: a mesh of 2 x 2, the host at port west of node 0. Random flows (a source, several
// destinations, a tree of x first, then y), tables written and read back through the configuration port,
// random traffic and stalls: every flit arrives once at every destination, a flow's in order, with its
// buffer's number; of whose turns something is under way is told; flits that lead nowhere are told, each once; alone, a hop takes three cycles and a flit
// follows every other cycle.
module router_tb;
    `include "bench.svh"
    localparam N = 4, FLOWS = 14, FLOW_BITS = 4, PAYLOAD = 12, FLIT = FLOW_BITS + PAYLOAD, BUFFERS = 6;
    localparam HOST = 4;  // as source and destination; 0 .. 3: the cores
    reg [N-1:0] cfg_en = 0;
    reg cfg_we = 0;
    reg [17:0] cfg_word = 0;
    reg [31:0] cfg_data = 0;
    wire [31:0] cfg_back [0:N-1];
    wire [N-1:0] known, nowhere;
    wire [1:0] busy [0:N-1];
    wire [1:0] under_way = busy[0] | busy[1] | busy[2] | busy[3];
    reg [HOST:0] valid = 0, take = 0;
    wire [HOST:0] ready, out_valid;
    reg [FLIT-1:0] flit [0:HOST];
    wire [FLIT-1:0] out [0:HOST];
    wire [2:0] out_buffer [0:N-1];
    wire [4:0] ov [0:N-1], ir [0:N-1];
    wire [5*FLIT-1:0] of [0:N-1];

    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : g
            wire x = i % 2, y = i / 2;
            localparam H = i ^ 1, V = i ^ 2;  // neighbours
            wire west_valid = i == 0 && valid[HOST];
            wire west_ready = i == 0 && take[HOST];
            ttfs_router #(.FLOWS(FLOWS), .BUFFERS(BUFFERS), .PAYLOAD(PAYLOAD)) dut (
                .clk_i(clk), .rst_ni(rst_n), .cfg_en_i(cfg_en[i]), .cfg_we_i(cfg_we), .cfg_word_i(cfg_word),
                .cfg_data_i(cfg_data), .cfg_data_o(cfg_back[i]), .cfg_known_o(known[i]),
                .ports_i({x || i == 0, !y, !x, y}),
                .in_valid_i({valid[i], x ? ov[H][1] : west_valid, !y && ov[V][0], !x && ov[H][3], y && ov[V][2]}),
                .in_ready_o(ir[i]),
                .in_flit_i({flit[i], x ? of[H][1*FLIT +: FLIT] : flit[HOST], of[V][0 +: FLIT],
                    of[H][3*FLIT +: FLIT], of[V][2*FLIT +: FLIT]}),
                .out_valid_o(ov[i]),
                .out_ready_i({take[i], x ? ir[H][1] : west_ready, !y && ir[V][0], !x && ir[H][3], y && ir[V][2]}),
                .out_flit_o(of[i]), .out_buffer_o(out_buffer[i]), .flow_o(nowhere[i]), .busy_o(busy[i])
            );
            assign ready[i] = ir[i][4];
            assign out_valid[i] = ov[i][4];
            assign out[i] = of[i][4*FLIT +: FLIT];
        end
    endgenerate
    assign ready[HOST] = ir[0][3];
    assign out_valid[HOST] = ov[0][3];
    assign out[HOST] = of[0][3*FLIT +: FLIT];

    reg [4:0] ports [0:N-1], to [0:15];           // of a flow while it is made; its destinations
    reg [2:0] number [0:N-1][0:15];               // buffers
    integer source [0:15], lost [0:15];           // pulses of nowhere that a flit of the flow makes
    reg [PAYLOAD-1:0] sent [0:15], next [0:HOST][0:15];
    integer pending [0:1], apart = 0;             // deliveries to come of a turn
    integer told, untold, moved, round, f, d, k, n, cycle;

    task access(input integer node, input reg write, input integer word, input reg [31:0] data);
        begin
            cfg_en = 1 << node; cfg_we = write; cfg_word = word; cfg_data = data;
            tick;
            cfg_en = 0;
        end
    endtask

    // The tree from node s to its destinations: in x, then in y.
    task make_flow(input integer flow);
        integer s, t, at;
        begin
            for (n = 0; n < N; n = n + 1) ports[n] = 0;
            source[flow] = below(5);
            s = source[flow] == HOST ? 0 : source[flow];
            to[flow] = 1 + below(31);
            for (t = 0; t <= HOST; t = t + 1)
                if (to[flow][t]) begin
                    at = s;
                    if (at % 2 != t % 2 && t != HOST) begin ports[at] = ports[at] | (at % 2 ? 8 : 2); at = at ^ 1; end
                    if (t == HOST && at % 2) begin ports[at] = ports[at] | 8; at = at ^ 1; end
                    if (at / 2 != (t == HOST ? 0 : t / 2)) begin ports[at] = ports[at] | (at / 2 ? 1 : 4); at = at ^ 2; end
                    ports[at] = ports[at] | (t == HOST ? 8 : 16);
                end
        end
    endtask

    task configure;
        begin
            for (f = 0; f < FLOWS; f = f + 1) begin
                make_flow(f);
                lost[f] = 0;
                if (f == 3) begin  // without ports where it begins
                    to[f] = 0; lost[f] = 1;
                    for (n = 0; n < N; n = n + 1) ports[n] = 0;
                end
                if (f == 5 && to[f][1]) begin ports[1] = ports[1] | 3; lost[f] = 1; end  // and off the mesh
                for (n = 0; n < N; n = n + 1) begin
                    number[n][f] = below(BUFFERS);
                    access(n, 1, f, {$random(seed), number[n][f], ports[n]});
                    check(known[n], 1, 1);
                end
                for (n = 0; n < N; n = n + 1) begin
                    access(n, 0, f, 0);
                    tick;
                    check(cfg_back[n], {number[n][f], ports[n]}, 2);
                end
            end
            access(0, 1, FLOWS, 0);
            check(known[0], 0, 3);
            for (f = FLOWS; f < 16; f = f + 1) begin to[f] = 0; lost[f] = 1; source[f] = below(5); end
            for (f = 0; f < 16; f = f + 1) begin
                sent[f] = 0;
                for (d = 0; d <= HOST; d = d + 1) next[d][f] = 0;
            end
        end
    endtask

    // The payload of a flow's flit: its number, above it a turn that goes to and fro.
    function [PAYLOAD-1:0] payload_of(input [PAYLOAD-2:0] i);
        payload_of = {^i[3:0], i};
    endfunction

    // A cycle's outputs.
    task look;
        begin
            for (k = 0; k < 2; k = k + 1) if (pending[k] != 0) check(under_way[k], 1, 13);
            apart = apart + ^under_way;
            for (d = 0; d <= HOST; d = d + 1)
                if (out_valid[d] && take[d]) begin
                    f = out[d][PAYLOAD +: FLOW_BITS];
                    check(to[f][d], 1, 4);
                    check(out[d][PAYLOAD-1:0], payload_of(next[d][f]), 5);
                    if (d != HOST) check(out_buffer[d], number[d][f], 6);
                    next[d][f] = next[d][f] + 1;
                    moved = moved + 1;
                    pending[out[d][PAYLOAD-1]] = pending[out[d][PAYLOAD-1]] - 1;
                end
            untold = untold - $countones(nowhere);
        end
    endtask

    // The rest of a cycle: what is offered and taken is under way behind it.
    task go_on;
        begin
            #3 look;
            told = ready & valid;
            for (d = 0; d <= HOST; d = d + 1)
                if (told[d]) pending[flit[d][PAYLOAD-1]] = pending[flit[d][PAYLOAD-1]] + $countones(to[flit[d][PAYLOAD +: FLOW_BITS]]);
            tick;
            valid = valid & ~told;
        end
    endtask

    // Offers of the sources; half a source's flows are not its own.
    task offer(input integer load);
        begin
            for (d = 0; d <= HOST; d = d + 1)
                if (!valid[d] && below(load) == 0) begin
                    f = below(16);
                    for (k = 0; k < 16 && source[f] != d; k = k + 1) f = (f + 1) % 16;
                    if (source[f] == d) begin
                        flit[d] = {f[FLOW_BITS-1:0], payload_of(sent[f])};
                        sent[f] = sent[f] + 1;
                        valid[d] = 1;
                        untold = untold + lost[f];
                    end
                end
        end
    endtask

    task settle;
        begin
            for (cycle = 0; cycle < 400 && (under_way != 0 || valid != 0); cycle = cycle + 1) go_on;
            check(under_way, 0, 7);
            check(untold, 0, 8);
            for (f = 0; f < 16; f = f + 1)
                for (d = 0; d <= HOST; d = d + 1) check(next[d][f], to[f][d] ? sent[f] : 0, 9);
        end
    endtask

    initial begin
        moved = 0; untold = 0; pending[0] = 0; pending[1] = 0;
        for (round = 0; round < 12; round = round + 1) begin
            reset;
            configure;
            for (cycle = 0; cycle < 700; cycle = cycle + 1) begin
                offer(1 + 3 * (round % 3));
                for (d = 0; d <= HOST; d = d + 1) take[d] = below(1 + round % 4) == 0;
                if (round % 6 == 5) take = cycle < 300 ? 0 : take;  // all is full, then flows again
                go_on;
            end
            take = -1;
            settle;
        end
        check(moved > 7000 && apart > 150, 1, 10);   // what versions of Icarus draw differs
        check(pending[0] == 0 && pending[1] == 0, 1, 14);

        // Alone, through one router: host to core 0.
        reset;
        access(0, 1, 0, 16);
        flit[HOST] = 1 << PAYLOAD - 1; valid[HOST] = 1;
        for (cycle = 0; cycle < 20; cycle = cycle + 1) begin
            #3;
            check(ready[HOST], cycle % 2 == 0, 11);
            check(under_way, cycle > 0 ? 2 : 0, 15);
            check(out_valid[0], cycle >= 3 && cycle % 2 == 1, 12);
            tick;
        end
        finish(30000);
    end
endmodule
