// SPDX-License-Identifier: Apache-2.0
// ttfs_pool with ttfs_addr, as the core joins them: random shapes, kernels, strides and paddings, slices
// of the channels, a sink that pauses: every output that an event reaches fires once, at the earliest
// tick. A second pass starts from cleared flags. Preparation and pass take the cycles of docs/core.md.
module pool_tb;
    `include "bench.svh"
    localparam CB = 3, YB = 4, XB = 3, TB = 4, SEEN = 128, ID = CB + YB + XB;
    reg prepare = 0, word_valid = 0, spike = 0, eot = 0, flat = 0, ready = 1;
    reg [CB:0] channels = 1;
    reg [CB-1:0] first = 0;
    reg [7:0] per_channel = 1;
    reg [YB:0] rows = 1;
    reg [XB:0] cols = 1;
    reg [7:0] kh = 1, kw = 1, sy = 1, sx = 1, qy = 0, ry = 0, qx = 0, rx = 0;
    reg [ID-1:0] id = 0;
    wire prepared, busy, take, hold, spike_valid;
    wire [2:0] kind, back_kind;
    wire [CB-1:0] c, back_c;
    wire [YB-1:0] y, back_y;
    wire [XB-1:0] x, back_x;
    wire [6:0] seen;
    wire [TB-1:0] spike_tick;
    wire [ID-1:0] spike_id;

    ttfs_pool #(.C_BITS(CB), .Y_BITS(YB), .X_BITS(XB), .TICK_BITS(TB), .SEEN_WORDS(SEEN)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(!hold), .prepare_i(prepare), .ready_o(prepared),
        .busy_o(busy), .channels_i(channels), .ch_first_i(first), .per_channel_i(per_channel),
        .rows_i(rows), .cols_i(cols), .kh_i(kh), .kw_i(kw), .sy_i(sy), .sx_i(sx), .qy_i(qy),
        .ry_i(ry), .qx_i(qx), .rx_i(rx), .flat_i(flat), .word_valid_i(word_valid),
        .word_take_o(take), .spike_i(spike), .eot_i(eot), .id_i(id), .kind_o(kind), .c_o(c), .y_o(y),
        .x_o(x), .kind_i(back_kind), .seen_addr_i(seen), .c_i(back_c), .y_i(back_y), .x_i(back_x),
        .hold_o(hold), .spike_valid_o(spike_valid), .spike_ready_i(ready), .spike_tick_o(spike_tick),
        .spike_id_o(spike_id)
    );
    ttfs_addr #(.C_BITS(CB), .Y_BITS(YB), .X_BITS(XB), .ROW_BITS(7)) addr (
        .clk_i(clk), .rst_ni(rst_n), .en_i(!hold), .kind_i(3'd0), .load_i(1'b0), .row_i(7'd0),
        .copy_i(1'b0), .eot_i(1'b0), .spike_i(1'b0), .id_i({ID{1'b0}}), .flat_i(1'b0),
        .rows_only_i(1'b0), .y0_i(16'd0), .x0_i(16'd0), .kh_i(8'd0), .kw_i(8'd0), .base_i(7'd0),
        .row_c_i(per_channel[6:0]), .row_y_i({3'd0, cols}), .copy_o(), .hit_o(), .eot_o(), .id_o(),
        .pool_i(1'b1), .pool_kind_i(kind), .pool_c_i(c), .pool_y_i(y), .pool_x_i(x),
        .kind_o(back_kind), .row_o(seen), .c_o(back_c), .y_o(back_y), .x_o(back_x)
    );

    integer got [0:1023], want [0:1023], found, pauses = 0;
    always @(negedge clk) if (rst_n && spike_valid && ready) begin
        check(got[spike_id], 99, 1);  // not yet
        got[spike_id] = spike_tick;
        found = found + 1;
    end
    always @(posedge clk) #1 ready = !pauses || below(3) == 0;

    integer run, i, h, w, oh, ow, all, py, px, t, ticks, n, ci, yi, xi, oy, ox, cycles, targets, nty, ntx;
    reg [ID-1:0] o;

    initial begin
        reset;
        for (run = 0; run < 150; run = run + 1) begin
            do begin
                all = 1 + below(8); h = 1 + below(16); w = 1 + below(8);
                kh = 1 + below(h < 5 ? h : 5); kw = 1 + below(w < 5 ? w : 5);
                sy = 1 + below(4); sx = 1 + below(4); py = below(kh); px = below(kw);
                oh = (h + 2 * py - kh) / sy + 1; ow = (w + 2 * px - kw) / sx + 1;
                first = below(all); channels = 1 + below(all - first);
                flat = oh == 1 && ow == 1 && below(2);
            end while (channels * oh * ow > SEEN || oh > 16 || ow > 8);
            rows = oh; cols = ow; per_channel = oh * ow;
            qy = py / sy; ry = py % sy; qx = px / sx; rx = px % sx;
            for (i = 0; i < 1024; i = i + 1) begin got[i] = 99; want[i] = 99; end
            found = 0; pauses = run % 2;
            prepare = 1; tick; prepare = 0;
            cycles = 1;
            while (!prepared) begin tick; cycles = cycles + 1; end
            check(cycles, 1 + (channels * oh * ow > 16 ? channels * oh * ow : 16), 2);
            ticks = 1 + below(15);
            cycles = 0; targets = 0;
            for (t = 0; t < ticks; t = t + 1) begin
                n = below(30);
                for (i = n ? 1 : 0; i <= n; i = i + 1) begin
                    spike = n > 0; eot = i == n;
                    ci = below(all); yi = below(h); xi = below(w);
                    id = {ci[CB-1:0], yi[YB-1:0], xi[XB-1:0]};
                    nty = 0; ntx = 0;
                    if (spike && ci >= first && ci < first + channels) begin
                        for (oy = 0; oy < oh; oy = oy + 1) for (ox = 0; ox < ow; ox = ox + 1)
                            if (oy * sy <= yi + py && yi + py < oy * sy + kh
                                && ox * sx <= xi + px && xi + px < ox * sx + kw) begin
                                o = flat ? ci : {ci[CB-1:0], oy[YB-1:0], ox[XB-1:0]};
                                if (want[o] == 99) want[o] = t;
                            end
                        for (oy = (yi + py) % sy; oy < kh; oy = oy + sy) nty = nty + 1;
                        for (ox = (xi + px) % sx; ox < kw; ox = ox + sx) ntx = ntx + 1;
                    end
                    targets = targets + (nty * ntx > 0 ? nty * ntx : 1);
                    word_valid = 1;
                    @(negedge clk) cycles = cycles + 1;
                    while (!take) @(negedge clk) cycles = cycles + 1;
                    tick;
                    word_valid = 0;
                    if (pauses && below(8) == 0) tick;
                end
            end
            @(negedge clk);
            while (busy) @(negedge clk) cycles = cycles + 1;
            if (!pauses) check(cycles <= targets + 3, 1, 3);
            repeat (20) tick;
            while (hold) tick;
            repeat (10) begin tick; while (hold) tick; end
            n = 0;
            for (i = 0; i < 1024; i = i + 1) begin
                n = n + (want[i] != 99);
                if (got[i] !== want[i]) check(got[i], want[i], 4);
            end
            check(found, n, 5);
        end
        finish(500);
    end
endmodule
