// SPDX-License-Identifier: Apache-2.0
// ttfs_addr: random windows, padded and strided, flat sources, parameter rows, copies and pool targets,
// with freezes: kind, row and hit of every step against plain arithmetic.
module addr_case #(parameter CB = 6, YB = 5, XB = 5, RB = 12) (input wire go, output reg over = 0);
    `include "bench.svh"
    localparam ID = CB + YB + XB;
    localparam DIGITS = ((CB > YB + 1 ? CB : YB + 1) + 3) / 4, LATENCY = 3 + DIGITS;
    reg en = 1, load = 0, copy = 0, eot = 0, spike = 0, flat = 0, rows_only = 0, pool = 0;
    reg [2:0] kind = 0, pool_kind = 0;
    reg [RB-1:0] row_i = 0, base = 0, row_c = 0, row_y = 0;
    reg [ID-1:0] id = 0;
    reg [15:0] y0 = 0, x0 = 0;
    reg [7:0] kh = 0, kw = 0;
    reg [CB-1:0] pc = 0;
    reg [YB-1:0] py = 0;
    reg [XB-1:0] px = 0;
    wire copy_o, hit_o, eot_o;
    wire [ID-1:0] id_o;
    wire [2:0] kind_o;
    wire [RB-1:0] row_o;
    wire [CB-1:0] c_o;
    wire [YB-1:0] y_o;
    wire [XB-1:0] x_o;

    ttfs_addr #(.C_BITS(CB), .Y_BITS(YB), .X_BITS(XB), .ROW_BITS(RB)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .kind_i(kind), .load_i(load), .row_i(row_i),
        .copy_i(copy), .eot_i(eot), .spike_i(spike), .id_i(id), .flat_i(flat),
        .rows_only_i(rows_only), .y0_i(y0), .x0_i(x0), .kh_i(kh), .kw_i(kw), .base_i(base),
        .row_c_i(row_c), .row_y_i(row_y), .copy_o(copy_o), .hit_o(hit_o), .eot_o(eot_o), .id_o(id_o),
        .pool_i(pool), .pool_kind_i(pool_kind), .pool_c_i(pc), .pool_y_i(py), .pool_x_i(px),
        .kind_o(kind_o), .row_o(row_o), .c_o(c_o), .y_o(y_o), .x_o(x_o)
    );

    // What is on its way, by age.
    reg [2:0] k [0:15];
    reg [RB-1:0] r [0:15];
    reg hit [0:15], cp [0:15], end_of [0:15], placed [0:15];
    reg [ID-1:0] ids [0:15], target [0:15];
    integer i, run, c, y, x, dy, dx, in_win, hits = 0;

    initial begin
        wait (go);
        reset;
        for (run = 0; run < 120; run = run + 1) begin
            en = 1; kind = 0; copy = 0; pool_kind = 0;
            repeat (LATENCY + 1) tick;
            for (i = 0; i < 16; i = i + 1) begin k[i] = 0; cp[i] = 0; placed[i] = 0; end
            pool = run % 6 == 5; flat = run % 6 == 4; rows_only = below(2);
            kh = 1 + below(1 << YB); kw = 1 + below(1 << XB);
            if (below(3)) begin kh = 1 + below(5); kw = 1 + below(5); end
            y0 = below(1 << YB) - below(kh); x0 = below(1 << XB) - below(kw);
            base = pool ? 0 : $random(seed);
            row_c = $random(seed); row_y = $random(seed);
            for (i = 0; i < 100; i = i + 1) begin
                id = $random(seed);
                {c, y, x} = 0;
                if (below(4)) begin  // mostly near the window
                    y = $signed(y0) + below(kh + 2) - 1;
                    x = $signed(x0) + below(kw + 2) - 1;
                    id = {id[ID-1:YB+XB], y[YB-1:0], x[XB-1:0]};
                end
                c = id >> (YB + XB); y = id >> XB & (1 << YB) - 1; x = id & (1 << XB) - 1;
                dy = y - $signed(y0); dx = x - $signed(x0);
                load = below(5) == 0; copy = !load && below(3) == 0;
                eot = below(2); spike = below(2);
                kind = load ? 4 + below(2) : copy ? (below(2) ? 6 : 0) : {1'b0, eot, spike};
                row_i = $random(seed);
                en = below(5) != 0;
                pc = $random(seed); py = $random(seed); px = $random(seed); pool_kind = below(4);
                if (pool) begin kind = 0; copy = 0; load = 0; end else pool_kind = 0;
                in_win = flat || (dy >= 0 && dy < kh && ((dx >= 0 && dx < kw) || (copy && rows_only)));
                #3;
                check(kind_o, k[LATENCY-1], 1);
                if (placed[LATENCY-1]) check(row_o, r[LATENCY-1], 2);
                if (pool && k[LATENCY-1][0]) check({c_o, y_o, x_o}, target[LATENCY-1], 3);
                check(copy_o, cp[1], 4);
                if (cp[1]) begin
                    check({hit_o, eot_o, id_o}, {hit[1], end_of[1], ids[1]}, 5);
                    hits = hits + hit_o;
                end
                tick;
                if (en) begin
                    for (c = 15; c > 0; c = c - 1) begin
                        k[c] = k[c-1]; r[c] = r[c-1]; hit[c] = hit[c-1]; cp[c] = cp[c-1];
                        ids[c] = ids[c-1]; target[c] = target[c-1]; placed[c] = placed[c-1];
                        end_of[c] = end_of[c-1];
                    end
                    // A target enters one stage further on.
                    k[0] = kind; placed[0] = load || (kind < 4 && kind[0] && in_win);
                    if (!load && kind < 4 && !in_win) k[0][0] = 0;
                    c = id >> (YB + XB);
                    r[0] = load ? row_i : flat ? base + id : base + c * row_c + dy * row_y + dx;
                    cp[0] = copy; hit[0] = spike && in_win; ids[0] = id; end_of[0] = eot;
                    if (pool) begin
                        k[1] = pool_kind; placed[1] = pool_kind[0];
                        r[1] = pc * row_c + py * row_y + px;
                        target[1] = {pc, py, px};
                    end
                end
            end
        end
        over = errors == 0 && checks > 10000 && hits > 100;
        $display("%0s %0d checks, %0d hits", over ? "ok" : "bad", checks, hits);
    end
endmodule

module addr_tb;
    reg go = 1;
    wire a, b, c, d;
    addr_case #(6, 5, 5, 12) c1 (go, a);
    addr_case #(3, 2, 9, 9) c2 (go, b);
    addr_case #(10, 7, 7, 15) c3 (go, c);
    addr_case #(3, 3, 2, 13) c4 (go, d);  // rows wider than ids
    initial begin
        #250000;
        $display("%0s", a && b && c && d ? "PASS" : "FAIL");
        $finish;
    end
endmodule
