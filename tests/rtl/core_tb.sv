// SPDX-License-Identifier: Apache-2.0
// ttfs_core alone: random dense layers, convolutions (with band and patch), pools and readouts against
// the closed form y = clamp(floor(u / r), 0, T). Rows lie all over a weight memory whose addresses are
// wider than the ids. The bus brings spikes with pauses and noise between them, and while the core
// does not listen spikes that are not for it; spikes and readouts are taken when it pleases the sink.
// Nothing leaves once busy_o is low.
module core_tb;
    `include "bench.svh"
    `include "ttfs_fields.vh"
    localparam LANES = 3, WB = 4, SB = 9, AB = 14, TB = 3, CB = 4, YB = 2, XB = 3;
    localparam ID = CB + YB + XB, ROWS = 2048, VR = 4, SR = 3, HEIGHT = 4, WIDTH = 8;

    reg desc_we = 0, row_we = 0, start = 0, bus_valid = 0, spike_ready = 1, ro_ready = 1;
    reg [6:0] desc_addr = 0;
    reg [31:0] desc_data = 0;
    reg [10:0] row_addr = 0;
    reg [LANES*WB-1:0] row_data = 0;
    reg [1:0] slot = 0;
    reg [TB-1:0] bus_tick = 0;
    reg [ID-1:0] bus_id = 0;
    wire busy, listens, last_slot, spike_valid, ro_valid;
    wire [TB-1:0] spike_tick;
    wire [ID-1:0] spike_id, ro_id;
    wire signed [AB-1:0] ro_value;

    ttfs_core #(.LANES(LANES), .WEIGHT_BITS(WB), .SLOPE_BITS(SB), .ACC_BITS(AB), .TICK_BITS(TB),
        .C_BITS(CB), .Y_BITS(YB), .X_BITS(XB), .SLOTS(4), .WEIGHT_ROWS(ROWS), .LIST_WORDS(512),
        .LOG_WORDS(64), .SEEN_WORDS(128)) dut (
        .clk_i(clk), .rst_ni(rst_n), .desc_we_i(desc_we), .desc_addr_i(desc_addr),
        .desc_data_i(desc_data), .row_we_i(row_we), .row_addr_i(row_addr), .row_data_i(row_data),
        .start_i(start), .slot_i(slot), .busy_o(busy), .listens_o(listens), .last_slot_o(last_slot),
        .bus_valid_i(bus_valid), .bus_tick_i(bus_tick), .bus_id_i(bus_id), .spike_valid_o(spike_valid),
        .spike_ready_i(spike_ready), .spike_tick_o(spike_tick), .spike_id_o(spike_id),
        .ro_valid_o(ro_valid), .ro_ready_i(ro_ready), .ro_id_o(ro_id), .ro_value_o(ro_value)
    );

    // A case. Neuron (c, y, x) of the source fires at at[c][y][x], -1 never; w, r and b by channel.
    integer run, i, j, k, l, c, y, x, oc, oy, ox, dy, dx, g, fired, found;
    integer pool, readout, flat, groups, weights, params;
    integer ci, h, w_, co, first, oh, ow, kh, kw, sy, sx, py, px, src_t, dst_t;
    integer at [0:127], w [0:1023], r [0:15], b [0:15];
    integer got [0:511], want [0:511];
    reg pauses;
    reg [`TTFS_DESC_WORDS*32-1:0] d;
    reg [LANES*WB-1:0] word;

    // Index of a source neuron, and of a weight (channel of the destination first).
    function integer source(input integer sc, input integer yy, input integer xx);
        source = flat ? sc : (sc * HEIGHT + yy) * WIDTH + xx;
    endfunction
    function integer tap(input integer tc, input integer sc, input integer ty, input integer tx);
        tap = ((tc * ci + sc) * kh + ty) * kw + tx;
    endfunction

    task write_desc(input [1:0] to);
        for (i = 0; i < `TTFS_DESC_WORDS; i = i + 1) begin
            desc_we = 1; desc_addr = {to, i[4:0]}; desc_data = d[32*i +: 32];
            tick;
            desc_we = 0; desc_addr = $random(seed); desc_data = $random(seed);
            if (below(4) == 0) tick;
        end
    endtask

    task write_row(input integer to);
        begin
            row_we = 1; row_addr = to; row_data = word; tick;
            row_we = 0; row_addr = $random(seed); row_data = $random(seed);
            if (below(4) == 0) tick;
        end
    endtask

    task begin_slot(input [1:0] number);
        begin
            start = 1; slot = number; tick; start = 0;
            while (!listens) tick;
        end
    endtask

    task random_case;
        begin
            pool = run % 3 == 2; readout = !pool && run % 4 == 0; flat = run % 5 == 4 && !pool;
            pauses = below(2);
            do begin
                ci = 1 + below(3); h = 1 + below(HEIGHT); w_ = 1 + below(WIDTH);
                if (flat) begin ci = 1 + below(30); h = 1; w_ = 1; end
                co = pool ? 1 + below(ci) : 1 + below(8);
                kh = 1 + below(h > 3 ? 3 : h); kw = 1 + below(w_ > 3 ? 3 : w_);
                sy = 1 + below(3); sx = 1 + below(3); py = below(kh); px = below(kw);
                if (readout) begin kh = h; kw = w_; py = 0; px = 0; end
                oh = (h + 2 * py - kh) / sy + 1; ow = (w_ + 2 * px - kw) / sx + 1;
                first = pool ? below(ci - co + 1) : below(16 - co);
            end while (ci * kh * kw > 31 || ci * h * w_ > 60 || oh > HEIGHT || ow > WIDTH);
            src_t = 1 + below(7); dst_t = pool ? src_t : readout ? 0 : 1 + below(7);
            groups = (co + LANES - 1) / LANES;
            for (i = 0; i < 128; i = i + 1) at[i] = below(3) ? below(src_t) : -1;
            for (i = 0; i < 1024; i = i + 1) w[i] = below(16) - 8;
            for (i = 0; i < 16; i = i + 1) begin
                r[i] = 1 + below(run % 2 ? 30 : 255);
                b[i] = below(2 * r[i] * (dst_t + 1)) - r[i];
            end
        end
    endtask

    // Weight and parameter rows, apart, anywhere. Lanes without a channel hold noise.
    task write_rows;
        begin
            weights = below(800); params = 1200 + below(800);
            for (g = 0; g < groups; g = g + 1) begin
                for (c = 0; c < ci; c = c + 1) for (dy = 0; dy < kh; dy = dy + 1)
                    for (dx = 0; dx < kw; dx = dx + 1) begin
                        word = $random(seed);
                        for (l = 0; l < LANES && g * LANES + l < co; l = l + 1)
                            word[l*WB +: WB] = w[tap(g * LANES + l, c, dy, dx)];
                        write_row(weights + ((g * ci + c) * kh + dy) * kw + dx);
                    end
                for (k = 0; k < VR + SR; k = k + 1) begin
                    word = $random(seed);
                    for (l = 0; l < LANES && g * LANES + l < co; l = l + 1) begin
                        j = g * LANES + l;
                        word[l*WB +: WB] = (k < VR ? b[j] - r[j] * dst_t : r[j])
                            >>> (k < VR ? k : k - VR) * WB;
                    end
                    write_row(params + g * (VR + SR) + k);
                end
            end
        end
    endtask

    task write_descriptors;
        begin
            d = 0;
            d[`TTFS_LISTEN_AT] = 1;
            write_desc(0);
            d = 0;
            d[`TTFS_OP_AT +: 2] = pool ? 2 : 1;
            d[`TTFS_SEAL_AT] = 1;
            d[`TTFS_LAST_AT] = run % 2;
            d[`TTFS_READOUT_AT] = readout;
            d[`TTFS_SRC_FLAT_AT] = flat;
            d[`TTFS_DST_FLAT_AT] = readout;
            d[`TTFS_BAND_AT] = !pool && !flat && run[2];
            d[`TTFS_PATCH_AT] = !pool && !flat && run[3];
            d[`TTFS_SRC_TICKS_AT +: 16] = src_t;
            d[`TTFS_DST_TICKS_AT +: 16] = dst_t;
            d[`TTFS_SEAL_TICKS_AT +: 16] = src_t;
            d[`TTFS_SEAL_BASE_AT +: 24] = 0;
            d[`TTFS_SRC_BASE_AT +: 24] = 0;
            d[`TTFS_BAND_BASE_AT +: 24] = 150;
            d[`TTFS_PATCH_BASE_AT +: 24] = 512 - ci * kh * kw - src_t;  // a band there would reach the source
            d[`TTFS_WEIGHT_BASE_AT +: 24] = weights;
            d[`TTFS_PARAM_BASE_AT +: 24] = params;
            d[`TTFS_GROUP_ROWS_AT +: 24] = ci * kh * kw;
            d[`TTFS_GROUPS_AT +: 16] = groups;
            d[`TTFS_CHANNELS_AT +: 24] = co;
            d[`TTFS_CH_FIRST_AT +: 24] = first;
            d[`TTFS_OY_COUNT_AT +: 12] = oh;
            d[`TTFS_OX_COUNT_AT +: 12] = ow;
            d[`TTFS_KH_AT +: 8] = kh;
            d[`TTFS_KW_AT +: 8] = kw;
            d[`TTFS_SY_AT +: 8] = sy;
            d[`TTFS_SX_AT +: 8] = sx;
            d[`TTFS_Y_START_AT +: 16] = -py;
            d[`TTFS_X_START_AT +: 16] = -px;
            d[`TTFS_ROW_C_AT +: 24] = pool ? oh * ow : kh * kw;
            d[`TTFS_ROW_Y_AT +: 12] = pool ? ow : kw;
            {d[`TTFS_POOL_QY_AT +: 8], d[`TTFS_POOL_RY_AT +: 8]} = {py[7:0] / sy[7:0], py[7:0] % sy[7:0]};
            {d[`TTFS_POOL_QX_AT +: 8], d[`TTFS_POOL_RX_AT +: 8]} = {px[7:0] / sx[7:0], px[7:0] % sx[7:0]};
            write_desc(1);
        end
    endtask

    // The source's spikes, with pauses and noise on the lines between them.
    task send_spikes;
        for (c = 0; c < ci; c = c + 1) for (y = 0; y < h; y = y + 1) for (x = 0; x < w_; x = x + 1)
            if (at[source(c, y, x)] >= 0) begin
                bus_valid = 1; bus_tick = at[source(c, y, x)];
                bus_id = flat ? c : {c[CB-1:0], y[YB-1:0], x[XB-1:0]};
                tick;
                bus_valid = 0; bus_tick = $random(seed); bus_id = $random(seed);
                while (below(4) == 0) tick;
            end
    endtask

    // What neuron (oc, oy, ox) of the slice does: its tick or potential; 999 when it is silent.
    function integer expected(input integer oc, input integer oy, input integer ox);
        integer sum, first_tick, t, sc, ty, tx, yy, xx;
        begin
            sum = b[oc]; first_tick = 999;
            for (sc = 0; sc < ci; sc = sc + 1) for (ty = 0; ty < kh; ty = ty + 1)
                for (tx = 0; tx < kw; tx = tx + 1) begin
                    yy = oy * sy - py + ty; xx = ox * sx - px + tx;
                    t = yy < 0 || yy >= h || xx < 0 || xx >= w_ ? -1 : at[source(sc, yy, xx)];
                    if (t >= 0) sum = sum + w[tap(oc, sc, ty, tx)] * (src_t - t);
                    if (t >= 0 && sc == first + oc && t < first_tick) first_tick = t;
                end
            if (pool) expected = first_tick;
            else if (readout) expected = sum;
            else if (sum < r[oc]) expected = 999;
            else expected = sum / r[oc] >= dst_t ? 0 : dst_t - sum / r[oc];
        end
    endfunction

    task take(input integer id, input integer value);
        begin
            check(busy && slot == 1, 1, 1);
            check(got[id], 999, 2);  // not yet
            got[id] = value;
            found = found + 1;
        end
    endtask

    always @(negedge clk) if (rst_n) begin
        if (spike_valid && spike_ready) take(spike_id, spike_tick);
        if (ro_valid && ro_ready) take(ro_id, ro_value);
    end
    always @(posedge clk) #1 {spike_ready, ro_ready} = pauses ? $random(seed) : 2'd3;

    initial begin
        found = 0; pauses = 0;
        reset;
        while (busy) tick;
        for (run = 0; run < 160; run = run + 1) begin
            random_case;
            write_rows;
            write_descriptors;
            for (i = 0; i < 512; i = i + 1) begin got[i] = 999; want[i] = 999; end
            found = 0; fired = 0;
            begin_slot(0);
            check(last_slot, 0, 3);
            send_spikes;
            while (busy) tick;
            begin_slot(1);
            check(last_slot, run % 2, 4);
            while (busy) begin  // not for this core
                bus_valid = below(2); bus_tick = $random(seed); bus_id = $random(seed);
                tick;
            end
            bus_valid = 0;
            repeat (8) tick;
            for (oc = 0; oc < co; oc = oc + 1) for (oy = 0; oy < oh; oy = oy + 1)
                for (ox = 0; ox < ow; ox = ox + 1) begin
                    i = first + oc;
                    i = readout ? i : {i[CB-1:0], oy[YB-1:0], ox[XB-1:0]};
                    want[i] = expected(oc, oy, ox);
                    fired = fired + (want[i] != 999);
                end
            for (i = 0; i < 512; i = i + 1)
                if (got[i] !== want[i]) check(got[i], want[i], 1000 * run + i);
            check(found, fired, 5);
        end
        finish(2000);
    end
endmodule
