// SPDX-License-Identifier: Apache-2.0
//
// From an event to a weight row: window test, then row = base + c*ROW_C + dy*ROW_Y + dx. Steps that
// load parameters bring their row with them; steps without a row pass. The products are sums of four
// gated terms a stage, c and dy side by side. A miss loses its SPIKE bit. Latency 3 + DIGITS cycles, one
// step a cycle; the words of a copy leave for the filter after two. In a pool slot the target
// counters feed stage 2: row = c*ROW_C + y*ROW_Y + x. en_i low freezes everything.
// Driven by ttfs_seq and ttfs_pool.

`default_nettype none

module ttfs_addr #(
    parameter C_BITS   = 6,
    parameter Y_BITS   = 5,
    parameter X_BITS   = 5,
    parameter ROW_BITS = 12,
    parameter ID_BITS  = C_BITS + Y_BITS + X_BITS
) (
    input  wire                clk_i,
    input  wire                rst_ni,
    input  wire                en_i,
    // one step
    input  wire [2:0]          kind_i,
    input  wire                load_i,   // a parameter row: row_i
    input  wire [ROW_BITS-1:0] row_i,
    input  wire                copy_i,   // the word is for the filter
    input  wire                eot_i,
    input  wire                spike_i,
    input  wire [ID_BITS-1:0]  id_i,
    // held by the sequencer and the descriptor
    input  wire                flat_i,
    input  wire                rows_only_i,  // a copy of the band: any column
    input  wire [15:0]         y0_i,
    input  wire [15:0]         x0_i,
    input  wire [7:0]          kh_i,
    input  wire [7:0]          kw_i,
    input  wire [ROW_BITS-1:0] base_i,
    input  wire [ROW_BITS-1:0] row_c_i,
    input  wire [ROW_BITS-1:0] row_y_i,
    // to the filter
    output wire                copy_o,
    output wire                hit_o,
    output wire                eot_o,
    output wire [ID_BITS-1:0]  id_o,
    // from the pool; no step comes while pool_i, no target while not
    input  wire                pool_i,
    input  wire [2:0]          pool_kind_i,
    input  wire [C_BITS-1:0]   pool_c_i,
    input  wire [Y_BITS-1:0]   pool_y_i,
    input  wire [X_BITS-1:0]   pool_x_i,
    // to the weights and the seen flags
    output wire [2:0]          kind_o,
    output wire [ROW_BITS-1:0] row_o,
    output wire [C_BITS-1:0]   c_o,
    output wire [Y_BITS-1:0]   y_o,
    output wire [X_BITS-1:0]   x_o
);
    // Wide enough that a difference that is negative or beyond the kernel cannot alias into it.
    localparam YD_BITS = ((Y_BITS > 8) ? Y_BITS : 8) + 2;
    localparam XD_BITS = ((X_BITS > 8) ? X_BITS : 8) + 2;
    // dy and dx of a hit: a kernel row lies in the source or in its padding, which is smaller.
    localparam DY_BITS = Y_BITS + 1;
    localparam DX_BITS = X_BITS + 1;
    localparam C_DIGITS = (C_BITS + 3) / 4;
    localparam Y_DIGITS = (DY_BITS + 3) / 4;
    localparam DIGITS = (C_DIGITS > Y_DIGITS) ? C_DIGITS : Y_DIGITS;

    wire [Y_BITS-1:0] y = id_i[X_BITS +: Y_BITS];
    wire [X_BITS-1:0] x = id_i[X_BITS-1:0];
    wire [ROW_BITS-1:0] id_row;

    generate
        if (ID_BITS >= ROW_BITS) begin : g_id_cut
            assign id_row = id_i[ROW_BITS-1:0];
        end else begin : g_id_extend
            assign id_row = {{(ROW_BITS - ID_BITS) {1'b0}}, id_i};
        end
    endgenerate

    // Stage 1: offsets into the window. Stage 2: inside or not, and the part without products.
    reg [2:0]          kind1_q, kind2_q;
    reg                load1_q, copy1_q, copy2_q, eot1_q, eot2_q, spike1_q, hit2_q;
    reg [ID_BITS-1:0]  id1_q, id2_q;
    reg [ROW_BITS-1:0] direct1_q, sum2_q;
    reg [YD_BITS-1:0]  dy1_q;
    reg [XD_BITS-1:0]  dx1_q;
    reg [C_BITS-1:0]   c2_q;
    reg [DY_BITS-1:0]  dy2_q;
    reg [X_BITS-1:0]   x2_q;

    wire direct1 = load1_q || flat_i;
    wire in_y = dy1_q < {{(YD_BITS - 8) {1'b0}}, kh_i};
    wire in_x = dx1_q < {{(XD_BITS - 8) {1'b0}}, kw_i};
    wire in_window = flat_i || (in_y && (in_x || (copy1_q && rows_only_i)));
    wire [ROW_BITS-1:0] dx_row;

    generate
        if (DX_BITS >= ROW_BITS) begin : g_dx_cut
            assign dx_row = dx1_q[ROW_BITS-1:0];
        end else begin : g_dx_extend
            assign dx_row = {{(ROW_BITS - DX_BITS) {1'b0}}, dx1_q[DX_BITS-1:0]};
        end
    endgenerate

    wire [ROW_BITS-1:0] pool_x_row;

    generate
        if (X_BITS >= ROW_BITS) begin : g_x_cut
            assign pool_x_row = pool_x_i[ROW_BITS-1:0];
        end else begin : g_x_extend
            assign pool_x_row = {{(ROW_BITS - X_BITS) {1'b0}}, pool_x_i};
        end
    endgenerate

    always @(posedge clk_i) begin
        if (en_i) begin
            load1_q   <= load_i;
            direct1_q <= load_i ? row_i : id_row;
            eot1_q    <= eot_i;
            spike1_q  <= spike_i;
            id1_q     <= id_i;
            dy1_q     <= {{(YD_BITS - Y_BITS) {1'b0}}, y} - y0_i[YD_BITS-1:0];
            dx1_q     <= {{(XD_BITS - X_BITS) {1'b0}}, x} - x0_i[XD_BITS-1:0];
            hit2_q    <= spike1_q && in_window;
            eot2_q    <= eot1_q;
            id2_q     <= id1_q;
            sum2_q    <= (load1_q || pool_i ? {ROW_BITS{1'b0}} : base_i)
                + (pool_i ? pool_x_row : direct1 ? direct1_q : dx_row);
            c2_q      <= pool_i ? pool_c_i
                : direct1 ? {C_BITS{1'b0}} : id1_q[Y_BITS+X_BITS +: C_BITS];
            dy2_q     <= pool_i ? {1'b0, pool_y_i}
                : direct1 ? {DY_BITS{1'b0}} : dy1_q[DY_BITS-1:0];
            x2_q      <= pool_x_i;
        end
        if (!rst_ni) begin
            kind1_q <= 3'd0;
            kind2_q <= 3'd0;
            copy1_q <= 1'b0;
            copy2_q <= 1'b0;
        end else if (en_i) begin
            kind1_q <= kind_i;
            kind2_q <= {kind1_q[2:1], kind1_q[0] && (kind1_q[2] || in_window)} | pool_kind_i;
            copy1_q <= copy_i;
            copy2_q <= copy1_q;
        end
    end

    // A stage for every four bits of c and dy; c, y and x of a pool's target go along.
    genvar k;
    generate
        for (k = 0; k <= DIGITS; k = k + 1) begin : g_sum
            wire [2:0]          kind;
            wire [C_BITS-1:0]   c_along;
            wire [DY_BITS-1:0]  y_along;
            wire [X_BITS-1:0]   x_along;
            wire [ROW_BITS-1:0] c_sum, y_sum;
            if (k == 0) begin : g_seed
                assign kind    = kind2_q;
                assign c_along = c2_q;
                assign y_along = dy2_q;
                assign x_along = x2_q;
                assign c_sum   = sum2_q;
                assign y_sum   = {ROW_BITS{1'b0}};
            end else begin : g_stage
                reg  [2:0]          kind_q;
                reg  [C_BITS-1:0]   c_q;
                reg  [DY_BITS-1:0]  y_q;
                reg  [X_BITS-1:0]   x_q;
                reg  [ROW_BITS-1:0] c_sum_q, y_sum_q;
                wire [4*DIGITS-1:0] c_all = {{(4 * DIGITS - C_BITS) {1'b0}}, g_sum[k-1].c_along};
                wire [4*DIGITS-1:0] y_all = {{(4 * DIGITS - DY_BITS) {1'b0}}, g_sum[k-1].y_along};
                wire [ROW_BITS-1:0] c_term, y_term;
                ttfs_digit #(.WIDTH(ROW_BITS), .SHIFT(4 * k - 4)) u_c (
                    .digit_i(c_all[4*k-4 +: 4]), .scale_i(row_c_i), .product_o(c_term)
                );
                ttfs_digit #(.WIDTH(ROW_BITS), .SHIFT(4 * k - 4)) u_y (
                    .digit_i(y_all[4*k-4 +: 4]), .scale_i(row_y_i), .product_o(y_term)
                );
                always @(posedge clk_i) begin
                    if (en_i) begin
                        c_q     <= g_sum[k-1].c_along;
                        y_q     <= g_sum[k-1].y_along;
                        x_q     <= g_sum[k-1].x_along;
                        c_sum_q <= g_sum[k-1].c_sum + c_term;
                        y_sum_q <= g_sum[k-1].y_sum + y_term;
                    end
                    if (!rst_ni) kind_q <= 3'd0;
                    else if (en_i) kind_q <= g_sum[k-1].kind;
                end
                assign kind    = kind_q;
                assign c_along = c_q;
                assign y_along = y_q;
                assign x_along = x_q;
                assign c_sum   = c_sum_q;
                assign y_sum   = y_sum_q;
                wire unused = &{1'b0, c_all, y_all};
            end
        end
    endgenerate

    reg [2:0]          kind_q;
    reg [ROW_BITS-1:0] row_q;
    reg [C_BITS-1:0]   c_q;
    reg [Y_BITS-1:0]   y_q;
    reg [X_BITS-1:0]   x_q;

    always @(posedge clk_i) begin
        if (en_i) begin
            row_q <= g_sum[DIGITS].c_sum + g_sum[DIGITS].y_sum;
            c_q   <= g_sum[DIGITS].c_along;
            y_q   <= g_sum[DIGITS].y_along[Y_BITS-1:0];
            x_q   <= g_sum[DIGITS].x_along;
        end
        if (!rst_ni) kind_q <= 3'd0;
        else if (en_i) kind_q <= g_sum[DIGITS].kind;
    end

    wire unused = &{1'b0, y0_i, x0_i, g_sum[DIGITS].y_along};

    assign copy_o = copy2_q;
    assign hit_o  = hit2_q;
    assign eot_o  = eot2_q;
    assign id_o   = id2_q;
    assign kind_o = kind_q;
    assign row_o  = row_q;
    assign c_o    = c_q;
    assign y_o    = y_q;
    assign x_o    = x_q;
endmodule

`default_nettype wire
