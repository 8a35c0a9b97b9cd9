// SPDX-License-Identifier: Apache-2.0
// ttfs_seq with ttfs_reader: random linear operations (rows, columns, groups, band, patch, readout) over
// random lists, with and without freezes: the steps come in the right order with the right rows, bases
// and windows, copies read the right lists into the right places, and without freezes the operation
// takes the cycles of docs/core.md.
module seq_tb;
    `include "bench.svh"
    localparam VR = 3, SR = 2, LANES = 4, TB = 4, AB = 8, RB = 10, ID = 6, DRAIN = 9;
    reg en = 1, start = 0, fetched = 0, sealed = 0, seal = 0, readout = 0, band = 0, patch = 0;
    reg [TB-1:0] dst_ticks = 1, src_ticks = 1;
    reg [RB-1:0] weight_base = 0, param_base = 0, group_rows = 0;
    reg [15:0] groups = 1, y_start = 0, x_start = 0;
    reg [11:0] rows = 1, cols = 1;
    reg [7:0] sy = 1, sx = 1;
    wire busy, listens, seal_start, read_start, word_take, copy_start, load, copy, rows_only, op_start;
    wire word_valid, word_last, word_spike, word_eot, re, prepare, pass;
    wire [AB-1:0] read_base, copy_base, raddr;
    wire [2:0] kind;
    wire [RB-1:0] row, base;
    wire [15:0] y0, x0;
    wire [ID-1:0] word_id;
    reg [ID+1:0] mem [0:255], rdata = 0;
    localparam [AB-1:0] SRC = 5, BAND = 80, PATCH = 160;

    ttfs_seq #(.V_ROWS(VR), .S_ROWS(SR), .LANES(LANES), .TICK_BITS(TB), .ADDR_BITS(AB), .ROW_BITS(RB),
        .DRAIN(DRAIN)) dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .start_i(start), .busy_o(busy), .listens_o(listens),
        .fetched_i(fetched), .seal_start_o(seal_start), .sealed_i(sealed), .op_i(2'd1), .seal_i(seal),
        .readout_i(readout), .band_i(band), .patch_i(patch), .dst_ticks_i(dst_ticks),
        .src_base_i(SRC), .band_base_i(BAND), .patch_base_i(PATCH), .weight_base_i(weight_base),
        .param_base_i(param_base), .group_rows_i(group_rows), .groups_i(groups), .rows_i(rows),
        .cols_i(cols), .sy_i(sy), .sx_i(sx), .y_start_i(y_start), .x_start_i(x_start),
        .read_start_o(read_start), .read_base_o(read_base), .word_valid_i(word_valid),
        .word_last_i(word_last), .word_spike_i(word_spike), .word_eot_i(word_eot),
        .word_take_o(word_take), .copy_start_o(copy_start), .copy_base_o(copy_base), .kind_o(kind),
        .load_o(load), .row_o(row), .copy_o(copy), .rows_only_o(rows_only), .y0_o(y0), .x0_o(x0),
        .base_o(base), .op_start_o(op_start), .pool_prepare_o(prepare), .pool_ready_i(1'b1),
        .pool_pass_o(pass), .pool_take_i(1'b0), .pool_busy_i(1'b0), .out_idle_i(1'b1)
    );
    ttfs_reader #(.ADDR_BITS(AB), .ID_BITS(ID), .TICK_BITS(TB)) reader (
        .clk_i(clk), .rst_ni(rst_n), .en_i(en), .start_i(read_start), .base_i(read_base),
        .ticks_i(src_ticks), .re_o(re), .raddr_o(raddr), .rdata_i(rdata), .valid_o(word_valid),
        .take_i(word_take), .last_o(word_last), .spike_o(word_spike), .eot_o(word_eot), .id_o(word_id)
    );
    always @(posedge clk) if (re) rdata <= mem[raddr];

    // Words of a list, from the contents.
    function integer words(input integer from);
        integer ends;
        begin
            ends = 0;
            for (words = 0; ends < src_ticks; words = words + 1) ends = ends + mem[from+words][ID];
        end
    endfunction

    // Expected: copies {base, rows only, words, y0, x0} and steps {kind, row or base}.
    reg [63:0] copies [0:255];
    reg [63:0] steps [0:65535];
    integer run, r, c, g, i, n, k, copied, left, stepped, cycles, cost, ramp, spent, list, calm, tail;

    reg [7:0] length;
    reg [RB-1:0] at;

    task add_copy(input [AB-1:0] to, input only, input integer from);
        begin
            length = words(from);
            copies[k] = {to, only, length, y_start + r[15:0] * sy, x_start + c[15:0] * sx};
            k = k + 1;
            spent = spent + length + 6;
        end
    endtask

    initial begin
        reset;
        for (run = 0; run < 120; run = run + 1) begin
            calm = run % 3 != 0;
            src_ticks = run % 5 == 0 ? 1 : 1 + below(15);
            for (i = 0; i < 256; i = i + 1) mem[i] = $random(seed) | (i % 5 == 4) << ID;
            dst_ticks = run % 4 == 0 ? 1 : 1 + below(15);
            readout = run % 7 == 0; band = below(2); patch = below(2); seal = below(2);
            rows = 1 + below(3); cols = 1 + below(3); groups = 1 + below(3);
            sy = below(4); sx = below(4); y_start = $random(seed); x_start = $random(seed);
            weight_base = $random(seed); param_base = $random(seed); group_rows = $random(seed);
            tail = readout ? LANES : dst_ticks;
            // What is to come.
            n = 0; k = 0; cost = 1; ramp = 0;
            for (r = 0; r < rows; r = r + 1) for (c = 0; c < cols; c = c + 1) begin
                spent = 0;
                if (band && c == 0) add_copy(BAND, 1, SRC);
                list = band ? BAND : SRC;
                if (patch) add_copy(PATCH, 0, list);
                if (patch) list = PATCH;
                cost = cost + spent;
                ramp = ramp > spent ? ramp - spent : 0;
                for (g = 0; g < groups; g = g + 1) begin
                    for (i = 0; i < VR; i = i + 1) begin
                        at = param_base + g * (VR + SR) + i;
                        steps[n] = {3'd4, at};
                        n = n + 1;
                    end
                    for (i = 0; i < words(list); i = i + 1) begin
                        at = weight_base + g * group_rows;
                        steps[n] = {1'b0, mem[list+i][ID], mem[list+i][ID+1], at};
                        steps[n][63:32] = {y_start + r[15:0] * sy, x_start + c[15:0] * sx};
                        n = n + (mem[list+i][ID+1:ID] != 0);  // neither spike nor end: no step
                    end
                    for (i = 0; i < SR; i = i + 1) begin
                        at = param_base + g * (VR + SR) + VR + i;
                        steps[n] = {3'd5, at};
                        n = n + 1;
                    end
                    for (i = 0; i < tail; i = i + 1) begin
                        steps[n] = readout ? 7 : 6;
                        n = n + 1;
                    end
                    cost = cost + (ramp + VR > 3 ? ramp + VR : 3) + words(list) + SR;
                    ramp = tail;
                end
            end
            cost = cost + ramp + DRAIN;
            // Fetch and seal.
            en = 1; start = 1; tick; start = 0;
            repeat (below(4)) tick;
            fetched = 1; tick; fetched = 0;
            if (seal) begin
                repeat (below(4)) tick;
                sealed = 1; tick; sealed = 0;
            end
            cycles = 0; stepped = 0; copied = -1; left = 0;
            while (busy) begin
                en = calm || below(4) != 0;
                #3;
                check(listens, 1, 1);
                if (en && copy_start) begin
                    copied = copied + 1;
                    check(left, 0, 2);
                    left = copies[copied][39:32];
                    check({copy_base, rows_only, y0, x0}, {copies[copied][48:40], copies[copied][31:0]}, 3);
                end
                if (en && copy) left = left - 1;
                if (en && kind != 0) begin
                    if (kind[2] && kind[1]) check(kind, steps[stepped][2:0], 4);
                    else if (load) check({kind, row}, steps[stepped][12:0], 5);
                    else check({y0, x0, kind, base}, {steps[stepped][63:32], steps[stepped][12:0]}, 6);
                    stepped = stepped + 1;
                end
                tick;
                cycles = cycles + 1;
            end
            check(stepped, n, 7);
            check(copied + 1, k, 8);
            check(left, 0, 9);
            if (calm) check(cycles, cost, 10);
        end
        finish(5000);
    end
endmodule
