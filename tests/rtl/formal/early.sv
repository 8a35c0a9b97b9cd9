// SPDX-License-Identifier: Apache-2.0
// proof: inductive 1
// instead: ttfs_core ttfs_router ttfs_memory ttfs_config
// wrong: CORRUPT
// mutant: ttfs_node.v s/ahead_i && turn_q == turn_i + 4'd1/ahead_i \&\& turn_q != turn_i/
// mutant: ttfs_node.v s/quiet_q <= finished && !busy/quiet_q <= finished/
// mutant: ttfs_node.v s/(old_q && !kept)/1'b0/
// mutant: ttfs_receive.v s/MESH == 0 || found_turn == turn_i\[0\]/1/
// mutant: ttfs_chip.v s/turn_q\[0\] ^ ahead/turn_q[0]/
// Turns with EARLY: ttfs_chip with two ttfs_node, ttfs_receive and what lies between them; instead of cores some that make
// results and finish whenever they like, or never, instead of routers places from which flits go anywhere after any time, a
// host that starts, sends, ends and takes whenever it may. For ever, with any of these: a core begins its turns in order, turn
// m when it was started, all cores have finished m - 2 and nothing of m - 2 is under way or in a line that is not written back; turns end in order, each when all
// cores have finished it, its input has ended and nothing of it is under way; each value is stored in the copy of the turn
// that it was made in, and the host can tell that turn of each result by its bit; a sample is begun when the input of the one
// before has ended and no more than that one is on its way.
//
// Every flit carries the number of its turn as its channel: the turns that go by at once are two, so sixteen are as good as all.
//
// What makes it inductive: of every place whose flit may be there, and how far the cores may be.

// --- what stands instead

module ttfs_core #(
    parameter LANES = 0, WEIGHT_BITS = 0, SLOPE_BITS = 0, ACC_BITS = 0, RAMP_BITS = 0, VALUE_BITS = 0, C_BITS = 0,
    Y_BITS = 0, X_BITS = 0, ACT_WORDS = 0, LIST_ENTRIES = 0, WEIGHT_ROWS = 0, PARAM_WORDS = 0, PROGRAM_WORDS = 0,
    FLOWS = 0, SEGMENTS = 0, STRIDES = 0, CONV = 0, POOL = 0, CLASSES = 0, STREAM = 0, FLIT_VALUE = 0,
    PRELOAD = 0, INIT_PREFIX = "", CORE = 0
) (
    input wire clk_i, rst_ni, cfg_en_i, cfg_we_i, input wire [3:0] cfg_mem_i, input wire [17:0] cfg_word_i, input wire [31:0] cfg_data_i,
    output wire [31:0] cfg_data_o, output wire cfg_known_o, input wire stream_en_i, input wire [17:0] stream_word_i,
    input wire [31:0] stream_data_i, output wire stream_known_o, input wire go_i, input wire [3:0] turn_i, output wire ready_o,
    output wire done_o, rest_o, kept_o, sample_end_o, rests_o, input wire put_valid_i, output wire put_ready_o, input wire [6:0] put_element_i,
    input wire [0:0] put_value_i, input wire put_parity_i, output wire out_valid_o, input wire out_ready_i,
    output wire [7:0] out_flit_o, output wire out_sum_o, over_o, address_o, count_move_o, count_event_o, count_stall_o
);
    (* anyseq *) wire makes, finishes, settles, takes, flow, stores;
    // What has come and is not stored: two values on their way into the line, the line.
    reg        came = 0, comes = 0, line = 0, kept;
    (* keep *) reg [3:0] came_of, comes_of, line_of;
    wire       saves = stores && line;
    always @(posedge clk_i) begin
        came    <= rst_ni && put_valid_i && put_ready_o;
        comes   <= rst_ni && came;
        line    <= rst_ni && (comes || (line && !saves));
        came_of <= put_element_i[3:0];
        comes_of <= came_of;
        if (comes) line_of <= comes_of;
        kept    <= saves || !(came || comes || line);
    end
    assign kept_o = kept;
    assign rest_o = done_o;
    reg       works = 0, result = 0, done = 0, of_flow;
    reg [3:0] number;
    always @(posedge clk_i) begin
        if (go_i) number <= turn_i;
        if (makes) of_flow <= flow;
        result <= rst_ni && (works && !result ? makes : result && !out_ready_i);
        works  <= rst_ni && (go_i || (works && !(finishes && !result && !makes)));
        done   <= rst_ni && !works && !go_i && settles;
    end
    assign {cfg_data_o, cfg_known_o, stream_known_o, out_sum_o, over_o, address_o, count_move_o, count_event_o, count_stall_o} = 0;
    assign {ready_o, sample_end_o, rests_o} = 3'b110;
    assign done_o = done;
    assign put_ready_o = takes;
    assign out_valid_o = result;
    assign out_flit_o = {of_flow, 2'd0, number, 1'b1};
endmodule

// Each input and each output has a place.
module ttfs_router #(parameter FLOWS = 0, BUFFERS = 0, PAYLOAD = 0, PRELOAD = 0, INIT = "") (
    input wire clk_i, rst_ni, cfg_en_i, cfg_we_i, input wire [17:0] cfg_word_i, input wire [31:0] cfg_data_i,
    output wire [31:0] cfg_data_o, output wire cfg_known_o, input wire [3:0] ports_i, input wire [4:0] in_valid_i,
    output wire [4:0] in_ready_o, input wire [44:0] in_flit_i, output wire [4:0] out_valid_o, input wire [4:0] out_ready_i,
    output wire [44:0] out_flit_o, output wire [0:0] out_buffer_o, output wire flow_o, output wire [1:0] busy_o
);
    (* anyseq *) wire [4:0]  moves;
    (* anyseq *) wire [14:0] ways;
    reg  [9:0]  full = 0;     // outputs, inputs
    reg  [89:0] flits;
    wire [9:0]  odd;
    wire [4:0]  ok;           // the input's flit moves: to a port that is there and free, the only one that does
    genvar p;
    generate
        for (p = 0; p < 5; p = p + 1) begin : port
            wire [2:0] way = ways[3*p +: 3];
            wire [4:0] to  = (5'd1 << way) & {1'b1, ports_i};
            assign ok[p] = full[p] && moves[p] && |(to & ~full[9:5]);
            wire [4:0] from;
            assign from = {ok[4] && ways[12 +: 3] == p, ok[3] && ways[9 +: 3] == p, ok[2] && ways[6 +: 3] == p,
                           ok[1] && ways[3 +: 3] == p, ok[0] && ways[0 +: 3] == p};
            always @* assume ((from & (from - 5'd1)) == 0);
            always @(posedge clk_i) begin
                if (in_valid_i[p] && !full[p]) flits[9*p +: 9] <= in_flit_i[9*p +: 9];
                if (|from) flits[45+9*p +: 9] <= (flits[0 +: 9] & {9{from[0]}}) | (flits[9 +: 9] & {9{from[1]}})
                    | (flits[18 +: 9] & {9{from[2]}}) | (flits[27 +: 9] & {9{from[3]}}) | (flits[36 +: 9] & {9{from[4]}});
                full[p]   <= rst_ni && (full[p] ? !ok[p] : in_valid_i[p]);
                full[5+p] <= rst_ni && (full[5+p] ? !out_ready_i[p] : |from);
            end
            assign odd[p] = flits[9*p+7], odd[5+p] = flits[45+9*p+7];
        end
    endgenerate
    assign in_ready_o = ~full[4:0];
    assign out_valid_o = full[9:5];
    assign out_flit_o = flits[89:45];
    assign busy_o = {|(full & odd), |(full & ~odd)};
    assign {cfg_data_o, cfg_known_o, out_buffer_o, flow_o} = 0;
endmodule

// A buffer of eight copies, of 16 channels, that begins at 0.
module ttfs_memory #(parameter WIDTH = 0, WORDS = 0, PRELOAD = 0, INIT = "", KEPT = 0, USED = 0) (
    input wire clk_i, en_i, input wire at_i, output wire [WIDTH-1:0] data_o, input wire [WIDTH-1:0] kept_i, input wire cfg_mine_i, cfg_en_i, cfg_we_i,
    input wire [17:0] cfg_word_i, input wire [31:0] cfg_data_i, output wire [31:0] cfg_data_o, output wire cfg_known_o
);
    assign data_o = {13'd0, 1'b0, 2'd3, 16'd1, 16'd16, 16'd0, 64'd0};
    assign {cfg_data_o, cfg_known_o} = 0;
endmodule

module ttfs_config #(parameter CORES = 0, CHIP_HASH = 0) (
    input wire clk_i, rst_ni, valid_i, output wire ready_o, input wire write_i, input wire [31:0] addr_i, data_i, output wire rvalid_o,
    output wire [31:0] rdata_o, output wire [CORES-1:0] en_o, at_o, output wire we_o, output wire [3:0] mem_o,
    output wire [17:0] word_o, output wire [31:0] data_o, input wire known_i, input wire [31:0] node_data_i, output wire [4:0] clear_o,
    input wire sample_i, host_i, refused_i, checksum_i, nowhere_i, input wire [4:0] node_flags_i, input wire [31:0] cycles_i,
    output wire [31:0] patience_o, output wire trace_o, early_o, refuse_o, idle_o, output wire [10:0] flags_o
);
    (* anyconst *) wire [1:0] patience;
    (* anyseq *) wire idle;
    assign {ready_o, rvalid_o, rdata_o, en_o, at_o, we_o, mem_o, word_o, data_o, clear_o, trace_o, refuse_o, flags_o} = 0;
    assign {patience_o, early_o, idle_o} = {30'd0, patience, 1'b1, idle};
endmodule

// --- the chip

module early (
    input wire       clk,
    input wire       start, in_valid, in_end, out_ready,
    input wire [8:0] in_flit
);
    reg  rst_n = 0;
    always @(posedge clk) rst_n <= 1;
    wire busy, done, in_ready, out_valid;
    wire [8:0] out;
    ttfs_chip #(
        .CORES_X(2), .LANES(1), .VALUE_BITS(1), .C_BITS(4), .Y_BITS(1), .X_BITS(1), .ACT_WORDS(8), .FLOWS(2), .BUFFERS(2),
        .CONV(0), .POOL(0), .CLASSES(0), .COUNTERS(0)
    ) dut (
        .clk_i(clk), .rst_ni(rst_n), .cfg_valid_i(1'b0), .cfg_write_i(1'b0), .cfg_addr_i(32'd0), .cfg_data_i(32'd0),
        .start_i(start), .busy_o(busy), .done_o(done), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_end_i(in_end),
        .in_flit_i(in_flit), .mem_req_ready_i(1'b0), .mem_valid_i(1'b0), .mem_data_i(32'd0), .out_valid_o(out_valid),
        .out_ready_i(out_ready), .out_flit_o(out)
    );

    // The host: samples begun and done, whether the input of the last one has ended.
    reg [3:0] begun = 0, ended = 0;
    reg       closed = 1;
    wire      begins = rst_n && start && !busy;
    wire [3:0] open_turns = begun - ended;
    (* hierconn *) wire \dut.gives_up ;
    always @(posedge clk) begin
        begun  <= begun + begins;
        ended  <= ended + (rst_n && done);
        closed <= !rst_n || (!begins && (closed || (in_valid && in_ready && in_end) || \dut.gives_up ));
    end
    always @* begin
        assume (in_flit[4:1] == begun - 4'd1);   // of the sample begun last; its turn's bit is anything
        assume (in_flit[6:5] == 0 && in_flit[0]);
    end

    // What is inside.
    (* hierconn *) wire [1:0] \dut.state_q , \dut.settle_q , \dut.node_quiet ;
    (* hierconn *) wire [3:0] \dut.turn_q ;
    (* hierconn *) wire [11:0] \dut.slot_q ;
    (* hierconn *) wire \dut.open_q , \dut.closed_q , \dut.quiet_q , \dut.ahead , \dut.turn_end ;
    wire [1:0] settle = \dut.settle_q , node_quiet = \dut.node_quiet ;
    wire [3:0] base = \dut.turn_q ;
    wire       ahead = \dut.ahead , open = \dut.open_q , running = \dut.state_q == 2, ends = \dut.turn_end ;

    // Of node 1 and 0.
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.go , \dut.g_row[0].g_col[1].u_node.go ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.g_turns.works_q , \dut.g_row[0].g_col[1].u_node.g_turns.works_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.works , \dut.g_row[0].g_col[1].u_node.u_core.works ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.result , \dut.g_row[0].g_col[1].u_node.u_core.result ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.done , \dut.g_row[0].g_col[1].u_node.u_core.done ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.put_valid , \dut.g_row[0].g_col[1].u_node.put_valid ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.put_parity , \dut.g_row[0].g_col[1].u_node.put_parity ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.valid_q , \dut.g_row[0].g_col[1].u_node.u_receive.valid_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.turn_q , \dut.g_row[0].g_col[1].u_node.u_receive.turn_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.put_q , \dut.g_row[0].g_col[1].u_node.u_receive.put_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.put_turn_q , \dut.g_row[0].g_col[1].u_node.u_receive.put_turn_q ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.g_turns.turn_q , \dut.g_row[0].g_col[1].u_node.g_turns.turn_q ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.u_core.number , \dut.g_row[0].g_col[1].u_node.u_core.number ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.g_mesh.between_q , \dut.g_row[0].g_col[1].u_node.g_mesh.between_q ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.u_receive.c_q , \dut.g_row[0].g_col[1].u_node.u_receive.c_q ;
    (* hierconn *) wire [6:0] \dut.g_row[0].g_col[0].u_node.put_element , \dut.g_row[0].g_col[1].u_node.put_element ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.valid_q , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.valid_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.spare_valid_q , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.spare_valid_q ;
    (* hierconn *) wire [8:0] \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.data_q , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.data_q ;
    (* hierconn *) wire [8:0] \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.spare_q , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.spare_q ;
    (* hierconn *) wire [9:0] \dut.g_row[0].g_col[0].u_node.g_mesh.u_router.full , \dut.g_row[0].g_col[1].u_node.g_mesh.u_router.full ;
    (* hierconn *) wire [89:0] \dut.g_row[0].g_col[0].u_node.g_mesh.u_router.flits , \dut.g_row[0].g_col[1].u_node.g_mesh.u_router.flits ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.none_q , \dut.g_row[0].g_col[1].u_node.u_receive.none_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.large_q , \dut.g_row[0].g_col[1].u_node.u_receive.large_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.y_q , \dut.g_row[0].g_col[1].u_node.u_receive.y_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.x_q , \dut.g_row[0].g_col[1].u_node.u_receive.x_q ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_receive.value_q , \dut.g_row[0].g_col[1].u_node.u_receive.value_q ;
    wire [1:0] goes = {\dut.g_row[0].g_col[1].u_node.go , \dut.g_row[0].g_col[0].u_node.go };
    wire [1:0] works = {\dut.g_row[0].g_col[1].u_node.g_turns.works_q , \dut.g_row[0].g_col[0].u_node.g_turns.works_q };
    wire [1:0] core_works = {\dut.g_row[0].g_col[1].u_node.u_core.works , \dut.g_row[0].g_col[0].u_node.u_core.works };
    wire [1:0] result = {\dut.g_row[0].g_col[1].u_node.u_core.result , \dut.g_row[0].g_col[0].u_node.u_core.result };
    wire [1:0] core_done = {\dut.g_row[0].g_col[1].u_node.u_core.done , \dut.g_row[0].g_col[0].u_node.u_core.done };
    wire [1:0] put = {\dut.g_row[0].g_col[1].u_node.put_valid , \dut.g_row[0].g_col[0].u_node.put_valid };
    wire [1:0] put_parity = {\dut.g_row[0].g_col[1].u_node.put_parity , \dut.g_row[0].g_col[0].u_node.put_parity };
    wire [1:0] first = {\dut.g_row[0].g_col[1].u_node.u_receive.valid_q , \dut.g_row[0].g_col[0].u_node.u_receive.valid_q };
    wire [1:0] first_odd = {\dut.g_row[0].g_col[1].u_node.u_receive.turn_q , \dut.g_row[0].g_col[0].u_node.u_receive.turn_q };
    wire [1:0] last = {\dut.g_row[0].g_col[1].u_node.u_receive.put_q , \dut.g_row[0].g_col[0].u_node.u_receive.put_q };
    wire [1:0] last_odd = {\dut.g_row[0].g_col[1].u_node.u_receive.put_turn_q , \dut.g_row[0].g_col[0].u_node.u_receive.put_turn_q };
    wire [7:0] turns = {\dut.g_row[0].g_col[1].u_node.g_turns.turn_q , \dut.g_row[0].g_col[0].u_node.g_turns.turn_q };
    wire [7:0] number = {\dut.g_row[0].g_col[1].u_node.u_core.number , \dut.g_row[0].g_col[0].u_node.u_core.number };
    wire [7:0] between = {\dut.g_row[0].g_col[1].u_node.g_mesh.between_q , \dut.g_row[0].g_col[0].u_node.g_mesh.between_q };
    wire [7:0] first_number = {\dut.g_row[0].g_col[1].u_node.u_receive.c_q , \dut.g_row[0].g_col[0].u_node.u_receive.c_q };
    wire [13:0] element = {\dut.g_row[0].g_col[1].u_node.put_element , \dut.g_row[0].g_col[0].u_node.put_element };
    wire [9:0] first_id = {\dut.g_row[0].g_col[1].u_node.u_receive.none_q , \dut.g_row[0].g_col[1].u_node.u_receive.large_q , \dut.g_row[0].g_col[1].u_node.u_receive.y_q , \dut.g_row[0].g_col[1].u_node.u_receive.x_q , \dut.g_row[0].g_col[1].u_node.u_receive.value_q , \dut.g_row[0].g_col[0].u_node.u_receive.none_q , \dut.g_row[0].g_col[0].u_node.u_receive.large_q , \dut.g_row[0].g_col[0].u_node.u_receive.y_q , \dut.g_row[0].g_col[0].u_node.u_receive.x_q , \dut.g_row[0].g_col[0].u_node.u_receive.value_q };   // sound: 1
    wire [23:0] full = {\dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.spare_valid_q  , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.valid_q  , \dut.g_row[0].g_col[1].u_node.g_mesh.u_router.full  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.spare_valid_q  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.valid_q  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_router.full };
    wire [215:0] flits = {\dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.spare_q  , \dut.g_row[0].g_col[1].u_node.g_mesh.u_skid.data_q  , \dut.g_row[0].g_col[1].u_node.g_mesh.u_router.flits  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.spare_q  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_skid.data_q  , \dut.g_row[0].g_col[0].u_node.g_mesh.u_router.flits };

    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.came , \dut.g_row[0].g_col[1].u_node.u_core.came ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.comes , \dut.g_row[0].g_col[1].u_node.u_core.comes ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.line , \dut.g_row[0].g_col[1].u_node.u_core.line ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.u_core.kept , \dut.g_row[0].g_col[1].u_node.u_core.kept ;
    (* hierconn *) wire \dut.g_row[0].g_col[0].u_node.g_turns.old_q , \dut.g_row[0].g_col[1].u_node.g_turns.old_q ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.u_core.came_of , \dut.g_row[0].g_col[1].u_node.u_core.came_of ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.u_core.comes_of , \dut.g_row[0].g_col[1].u_node.u_core.comes_of ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.u_core.line_of , \dut.g_row[0].g_col[1].u_node.u_core.line_of ;
    (* hierconn *) wire [3:0] \dut.g_row[0].g_col[0].u_node.g_turns.base_q , \dut.g_row[0].g_col[1].u_node.g_turns.base_q ;
    wire [1:0] came = {\dut.g_row[0].g_col[1].u_node.u_core.came , \dut.g_row[0].g_col[0].u_node.u_core.came };
    wire [1:0] comes = {\dut.g_row[0].g_col[1].u_node.u_core.comes , \dut.g_row[0].g_col[0].u_node.u_core.comes };
    wire [1:0] line = {\dut.g_row[0].g_col[1].u_node.u_core.line , \dut.g_row[0].g_col[0].u_node.u_core.line };
    wire [1:0] kept = {\dut.g_row[0].g_col[1].u_node.u_core.kept , \dut.g_row[0].g_col[0].u_node.u_core.kept };
    wire [1:0] waits = {\dut.g_row[0].g_col[1].u_node.g_turns.old_q , \dut.g_row[0].g_col[0].u_node.g_turns.old_q };
    wire [7:0] came_of = {\dut.g_row[0].g_col[1].u_node.u_core.came_of , \dut.g_row[0].g_col[0].u_node.u_core.came_of };
    wire [7:0] comes_of = {\dut.g_row[0].g_col[1].u_node.u_core.comes_of , \dut.g_row[0].g_col[0].u_node.u_core.comes_of };
    wire [7:0] line_of = {\dut.g_row[0].g_col[1].u_node.u_core.line_of , \dut.g_row[0].g_col[0].u_node.u_core.line_of };
    wire [7:0] seen = {\dut.g_row[0].g_col[1].u_node.g_turns.base_q , \dut.g_row[0].g_col[0].u_node.g_turns.base_q };

    reg [3:0] count [0:1];    // turns that the core has begun
    reg       old, right;     // something of turn `base` is under way; all that is under way is as it should be
    function is_right(input [3:0] of, input odd);
        is_right = odd == of[0] && running && (of == base || (ahead && of == base + 4'd1));
    endfunction
    reg [3:0] at, n;
    integer   i, k;
    always @* begin
        old = 0;
        right = 1;
        for (k = 0; k < 24; k = k + 1) if (full[k]) begin
            at = flits[9*k+1 +: 4];
            old = old || at == base;
            right = right && is_right(at, flits[9*k+7]) && flits[9*k+5 +: 2] == 0 && flits[9*k];
        end
        for (i = 0; i < 2; i = i + 1) begin
            if (result[i]) old = old || number[4*i +: 4] == base;
            if (first[i]) begin
                old = old || first_number[4*i +: 4] == base;
                right = right && is_right(first_number[4*i +: 4], first_odd[i]) && first_id[5*i +: 5] == 1;
            end
            if (last[i]) begin
                old = old || element[7*i +: 4] == base;
                right = right && is_right(element[7*i +: 4], last_odd[i]) && put[i]
                    && {put_parity[i], element[7*i+4 +: 3]} == element[7*i +: 4];
            end
        end
    end
    wire calm = running && (ahead || !open) && turns[3:0] != base && turns[7:4] != base && !old;

    always @(posedge clk) for (i = 0; i < 2; i = i + 1) count[i] <= rst_n ? count[i] + goes[i] : 0;
    always @* if (rst_n) begin
        // What is said: of cores that begin, of values, of turns that end, of the host.
        for (i = 0; i < 2; i = i + 1) begin
            n = turns[4*i +: 4];
            if (goes[i]) assert (n == count[i] && begun - n - 4'd1 < 4'd2 && n - ended - done < 4'd2);
            if (goes[i]) for (k = 0; k < 24; k = k + 1)
`ifdef CORRUPT
                assert (!full[k] || flits[9*k+1 +: 4] != n - 4'd1);
`else
                assert (!full[k] || flits[9*k+1 +: 4] != n - 4'd2);
`endif
            if (goes[i]) assert (turns[4-4*i +: 4] - n + 4'd1 < 4'd4);
            if (goes[i]) assert ((!came[i] || came_of[4*i +: 4] - n + 4'd1 < 4'd3) && (!comes[i] || comes_of[4*i +: 4] - n + 4'd1 < 4'd3)
                && (!line[i] || line_of[4*i +: 4] - n + 4'd1 < 4'd3));
            if (put[i]) assert ({put_parity[i], element[7*i+4 +: 3]} == element[7*i +: 4]);
        end
        assert (!ends || (calm && open_turns != 0));
        if (begins) assert (closed && open_turns - done < 4'd2);
        if (out_valid) assert (out[7] == out[1] && out[4:1] - ended < open_turns);
    end

`ifndef OUTSIDE
    always @* if (rst_n) begin
        assert (\dut.slot_q == 0 && \dut.state_q != 3 && (\dut.state_q == 0 || settle != 3));
        assert (running || (!ahead && !open && (\dut.state_q == 0 || settle == 0)));
        assert (open != closed || \dut.state_q == 1);
        assert (\dut.state_q != 1 || !closed);
        assert (begun == base + (\dut.state_q != 0) + ahead && ended == base - done && !(done && ahead));
        assert (right);
        for (i = 0; i < 2; i = i + 1) begin
            n = turns[4*i +: 4] - base;
            assert (works[i] ? (n == 0 ? running : n == 1 && ahead) : n == 0 || (n == 1 ? running : n == 2 && ahead));
            assert (!came[i] || is_right(came_of[4*i +: 4], came_of[4*i]));
            assert (!comes[i] || is_right(comes_of[4*i +: 4], comes_of[4*i]));
            assert (!line[i] || line_of[4*i +: 4] - turns[4*i +: 4] + 4'd2 - works[i] < 4'd4 - works[i]);
            assert (!line[i] || is_right(line_of[4*i +: 4], line_of[4*i]) || (base - line_of[4*i +: 4] - 4'd1 < 4'd2
                && (waits[i] || seen[4*i +: 4] != base)));
            assert (seen[4*i +: 4] == base || (base == seen[4*i +: 4] + 4'd1 && settle == 0));
            if (kept[i] && seen[4*i +: 4] == base) assert (!line[i] || line_of[4*i +: 4] == base || line_of[4*i +: 4] == base + 4'd1);
            if (running && settle > 0 && &node_quiet && \dut.closed_q ) assert (!came[i] || came_of[4*i +: 4] != base);
            if (running && settle > 1 && \dut.quiet_q ) assert ((!came[i] || came_of[4*i +: 4] != base) && (!comes[i] || comes_of[4*i +: 4] != base));
            assert (count[i] == turns[4*i +: 4] + works[i]);
            assert (!result[i] || core_works[i]);
            assert (!core_works[i] || (works[i] && !core_done[i] && number[4*i +: 4] == turns[4*i +: 4]));
            assert (between[4*i +: 2] == (full[12*i+10] && !flits[9*(12*i+10)+7]) + (full[12*i+11] && !flits[9*(12*i+11)+7]));
            assert (between[4*i+2 +: 2] == (full[12*i+10] && flits[9*(12*i+10)+7]) + (full[12*i+11] && flits[9*(12*i+11)+7]));
        end
        if (running && settle > 0 && &node_quiet && \dut.closed_q ) assert (calm);
        if (running && settle > 1 && \dut.quiet_q ) assert (calm);
    end else assert ({begun, ended, closed} == 1);
`endif
endmodule
