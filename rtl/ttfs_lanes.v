// SPDX-License-Identifier: Apache-2.0
//
// The array of lanes: takes what ttfs_bucket walks, one step a cycle, reads the weight row of each event
// and adds it up. Behind the last step of a walk the potentials move into a row of registers, the chain, and
// leave one a cycle, lane 0 first; the lanes start the next walk meanwhile. When the chain is not yet
// empty everything stands still (ready_o low), and so it does while an event's row cannot be read (busy_i).
// A walk of which there is more to come (last_i without take_i) leaves the potentials where they are. Steps
// take five cycles; between two walks is at least one idle step (ready_o high). Driven by ttfs_core.

`default_nettype none
`include "ttfs_assert.vh"

module ttfs_lanes #(
    parameter LANES       = 16,
    parameter WEIGHT_BITS = 4,
    parameter SLOPE_BITS  = 10,
    parameter ACC_BITS    = 14,
    parameter ROW_BITS    = 12,
    parameter STRIDE      = 2    // ttfs_lane
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    output wire                         ready_o,
    // steps
    input  wire                         event_i,
    input  wire [ROW_BITS-1:0]          row_i,    // with the group's base
    input  wire                         tick_i,
    input  wire                         pair_i,   // with tick_i: of two
    input  wire                         far_i,    // with tick_i: of eight
    input  wire                         last_i,
    input  wire                         take_i,   // with last_i: the potentials are complete
    // the weights: read a row, it comes a cycle later
    output wire                         weights_re_o,
    output wire [ROW_BITS-1:0]          weights_at_o,
    input  wire [LANES*WEIGHT_BITS-1:0] weights_i,     // holds until the next read
    output wire [LANES*WEIGHT_BITS-1:0] weights_o,     // a cycle later; nothing stands still when nobody works
    input  wire                         busy_i,        // no row can be read in this cycle
    // the chain
    input  wire                         chain_free_i,  // at the latest what is in it leaves in this cycle
    output wire                         capture_o,     // it is filled in this cycle
    input  wire                         shift_i,
    output wire [ACC_BITS-1:0]          potential_o,   // at its end
    output wire                         idle_o,
    output wire                         event_o   // the lanes take an event
);
    reg [ROW_BITS-1:0]          row_q;
    reg [LANES*WEIGHT_BITS-1:0] weights_q;
    reg [4:1]                   event_q, tick_q, pair_q, far_q, last_q, take_q;
    reg                         last5_q;
    // What the lanes' registers do in the next step that is taken: an addition, S a clear. V is cleared as it leaves.
    reg                         s_adds_q, s_clears_q, v_adds_q;
    reg                         fresh_q;   // after reset V is cleared, too
    wire                        waits = busy_i && event_q[1];
    wire                        en = !(last5_q && !chain_free_i) && !waits;

    always @(posedge clk_i) begin
        fresh_q <= !rst_ni;
        if (en) begin
            row_q     <= row_i;
            weights_q <= weights_i;
        end
        if (!rst_ni) begin
            event_q <= 4'd0;
            tick_q  <= 4'd0;
            pair_q  <= 4'd0;
            far_q   <= 4'd0;
            last_q  <= 4'd0;
            take_q  <= 4'd0;
            last5_q <= 1'b0;
            {s_adds_q, s_clears_q, v_adds_q} <= 3'b010;
        end else if (en) begin
            s_adds_q   <= event_q[2];
            s_clears_q <= last_q[3];
            v_adds_q   <= tick_q[3];
            event_q <= {event_q[3:1], event_i};
            tick_q  <= {tick_q[3:1], tick_i};
            pair_q  <= {pair_q[3:1], pair_i};
            far_q   <= {far_q[3:1], far_i};
            last_q  <= {last_q[3:1], last_i};
            take_q  <= {take_q[3:1], last_i && take_i};
            last5_q <= take_q[4];
        end
    end

    assign ready_o      = en;
    assign weights_re_o = en && event_q[1];
    assign weights_at_o = row_q;
    assign weights_o    = weights_q;
    assign capture_o    = last5_q && chain_free_i && !waits;
    assign idle_o       = ~|{event_q, tick_q, last_q, last5_q};

    assign event_o      = en && event_q[3];

    // The chain. It does not shift, which would cost a lane a multiplexer of its own: the lane whose turn it is is one
    // of four, and a bit goes from four to four.
    localparam FOURS = (LANES + 3) / 4;
    reg  [1:0]          lane_q;
    reg  [FOURS-1:0]    turn_q;
    reg  [ACC_BITS-1:0] next_q;
    wire [4*FOURS*ACC_BITS-1:0] kept;
    wire [ACC_BITS-1:0] v [0:LANES-1];
    reg  [ACC_BITS-1:0] chosen;
    integer             i;
    always @* begin
        chosen = {ACC_BITS{1'b0}};
        for (i = 0; i < FOURS; i = i + 1)
            chosen = chosen | {ACC_BITS{turn_q[i]}} &
                (lane_q[1] ? (lane_q[0] ? kept[(4*i+3)*ACC_BITS +: ACC_BITS] : kept[(4*i+2)*ACC_BITS +: ACC_BITS])
                           : (lane_q[0] ? kept[(4*i+1)*ACC_BITS +: ACC_BITS] : kept[4*i*ACC_BITS +: ACC_BITS]));
    end
    always @(posedge clk_i) begin
        if (capture_o || shift_i) begin
            lane_q <= capture_o ? 2'd1 : lane_q + 2'd1;
            next_q <= capture_o ? v[0] : chosen;
        end
        if (capture_o) turn_q <= {{(FOURS - 1) {1'b0}}, 1'b1};
        else if (shift_i && &lane_q) turn_q <= turn_q << 1;
    end
    assign potential_o = next_q;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : g_lane
            ttfs_lane #(
                .WEIGHT_BITS(WEIGHT_BITS), .SLOPE_BITS(SLOPE_BITS), .ACC_BITS(ACC_BITS), .STRIDE(STRIDE)
            ) u_lane (
                .clk_i       (clk_i),
                .weight_i    (weights_q[l*WEIGHT_BITS +: WEIGHT_BITS]),
                .s_en_i      (s_adds_q && en),
                .s_clear_i   (s_clears_q && !waits),
                .v_en_i      (v_adds_q && en),
                .v_pair_i    (pair_q[4]),
                .v_far_i     (far_q[4]),
                .v_clear_i   (capture_o || fresh_q),
                .v_o         (v[l])
            );
            reg [ACC_BITS-1:0] kept_q;
            always @(posedge clk_i) if (capture_o) kept_q <= v[l];
            assign kept[l*ACC_BITS +: ACC_BITS] = kept_q;
        end
        if (LANES < 4 * FOURS) begin : g_pad
            assign kept[4*FOURS*ACC_BITS-1 : LANES*ACC_BITS] = {((4 * FOURS - LANES) * ACC_BITS) {1'b0}};
        end
    endgenerate

    `TTFS_ALWAYS(steps, ((pair_q | far_q) & ~tick_q) == 4'd0 && (pair_q & far_q) == 4'd0)
    `TTFS_ALWAYS(ends, (take_q & ~last_q) == 4'd0)
    `TTFS_ALWAYS(clears, !s_clears_q || !last5_q)   // so what clears S waits for no chain
    `TTFS_ALWAYS(captures, !capture_o || chain_free_i)
    `TTFS_ALWAYS(idles, !(last5_q && tick_q[4]) && !(last_q[4] && event_q[3]))
endmodule

`default_nettype wire
