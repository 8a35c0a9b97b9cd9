// SPDX-License-Identifier: Apache-2.0
//
// AXI4-Stream: samples in, readouts out. A packet in is a sample: beats are flits (docs/core.md: flow, row, column,
// channel, value in the lowest bits, zeros above them), the last one has s_last_i; one with no byte kept, or of zeros (as a
// value is never 0), is no flit, so that a silent sample is one such beat. The first beat starts the chip when it is not busy. A packet out is what the host gets
// of a sample, a flit a beat; the last has m_last_o, which is known when the chip is done: a flit is given when the next one
// is there or the sample is through. Both sides may pause as they like; nothing is lost, no output depends on an
// input in the same cycle. When no sample runs in the middle of a packet (the chip refused it, or went on without its host:
// FLAGS says which) the rest up to s_last_i is dropped and the next packet is a sample again; what waits for the chip is taken
// back then. A refused packet has none out. Ports towards the chip are those of ttfs_chip, clock and reset are the chip's.

`default_nettype none

module ttfs_axis #(
    parameter FLIT  = 40,
    parameter BYTES = (FLIT + 7) / 8
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    // samples
    input  wire               s_valid_i,
    output wire               s_ready_o,
    input  wire [8*BYTES-1:0] s_data_i,
    input  wire [BYTES-1:0]   s_keep_i,
    input  wire               s_last_i,
    // readouts
    output wire               m_valid_o,
    input  wire               m_ready_i,
    output wire [8*BYTES-1:0] m_data_o,
    output wire               m_last_o,
    // ttfs_chip
    output wire               start_o,
    input  wire               busy_i,
    input  wire               done_i,
    output wire               in_valid_o,
    input  wire               in_ready_i,
    output wire               in_end_o,
    output wire [FLIT-1:0]    in_flit_o,
    input  wire               slot_valid_i,
    input  wire               out_valid_i,
    output wire               out_ready_o,
    input  wire [FLIT-1:0]    out_flit_i
);
    localparam [1:0] REST = 2'd0, START = 2'd1, FEED = 2'd2, DROP = 2'd3;

    // Samples: a place for one beat, and the end marker behind it.
    reg [1:0]      state_q;
    reg            in_q, end_q;          // a flit, an end marker waits for the chip
    reg [FLIT-1:0] in_flit_q;

    wire free    = state_q[1] && !in_q && !end_q;   // FEED, DROP
    wire accept  = s_valid_i && free;
    wire given   = in_valid_o && in_ready_i;
    wire closes  = given && in_end_o;
    wire drops   = state_q == DROP || (state_q == FEED && !slot_valid_i);
    wire dropped = drops && (end_q || (accept && s_last_i));

    always @(posedge clk_i)
        if (!rst_ni) begin
            state_q <= REST;
            in_q    <= 1'b0;
            end_q   <= 1'b0;
        end else begin
            case (state_q)
                REST:    if (s_valid_i && !busy_i && !slot_valid_i) state_q <= START;   // with EARLY busy falls before the end
                START:   if (!busy_i) state_q <= FEED;   // an access of the configuration may have come first
                default: if (closes || dropped) state_q <= REST; else if (drops) state_q <= DROP;
            endcase
            if (drops || given) in_q <= 1'b0;
            else if (accept) in_q <= |s_keep_i && |s_data_i[FLIT-1:0];
            if (drops || closes) end_q <= 1'b0;
            else if (accept) end_q <= s_last_i;
        end

    always @(posedge clk_i) if (accept) in_flit_q <= s_data_i[FLIT-1:0];

    // Readouts: one is held until it is known whether it is the last; one more is on its way out.
    reg            held_q, last_q, m_valid_q, m_last_q;   // last: the sample is through and the held one waits
    reg [FLIT-1:0] held_flit_q, m_flit_q;

    wire room    = !m_valid_q || m_ready_i;
    wire comes   = out_valid_i && out_ready_o;
    wire through = done_i || last_q;
    wire leaves  = held_q && room && (comes || through);

    always @(posedge clk_i)
        if (!rst_ni) begin
            held_q    <= 1'b0;
            last_q    <= 1'b0;
            m_valid_q <= 1'b0;
        end else begin
            held_q    <= comes || (held_q && !leaves);
            last_q    <= through && held_q && !leaves;
            m_valid_q <= leaves || (m_valid_q && !m_ready_i);
        end

    always @(posedge clk_i) begin
        if (comes) held_flit_q <= out_flit_i;
        if (leaves) begin
            m_flit_q <= held_flit_q;
            m_last_q <= through;
        end
    end

    assign start_o     = state_q == START;
    assign s_ready_o   = free;
    assign in_valid_o  = in_q || end_q;
    assign in_end_o    = !in_q;
    assign in_flit_o   = in_flit_q;
    assign out_ready_o = !last_q && (!held_q || !m_valid_q);
    assign m_valid_o   = m_valid_q;
    assign m_last_o    = m_last_q;
    generate
        if (8 * BYTES > FLIT) begin : g_pad
            assign m_data_o = {{(8 * BYTES - FLIT) {1'b0}}, m_flit_q};
        end else begin : g_whole
            assign m_data_o = m_flit_q;
        end
    endgenerate
    wire unused = &{1'b0, s_data_i};
endmodule

`default_nettype wire
