// SPDX-License-Identifier: Apache-2.0
//
// Random programs of a core (docs/core.md): make_words leaves one in prog and its starts in pc, of `slots` slots.
// Included by core_tb and the benches of the engines, behind core_model.svh.

    // Programs. Three lists of words side by side, put one behind the other in the end.
    reg [31:0] words [0:3*PROGRAM-1];
    integer length [0:2];
    integer slots, slot, at_word;

    task emit(input integer engine, input [31:0] word);
        begin
            words[engine*PROGRAM+length[engine]] = word;
            length[engine] = length[engine] + 1;
        end
    endtask

    // One segment of a random patch with `rows` x `cols` positions, at most `limit` elements, inside a strip; of this
    // turn's values one that slots of the other parity write; `number` grows by its elements. A pool's lies on whole
    // words.
    integer number;
    task emit_segment(input integer rows, input integer cols, input integer limit, input integer unit);
        integer len, nx, ny, run, row, col, line, low, high, base, banks, delay, eighth;
        reg fits;
        begin
            fits = 0;
            while (!fits) begin
                len = unit > 1 ? 1 + below(40) : 1 + below(below(3) == 0 ? limit : least(limit, 24));
                nx = CONV ? 1 + below(3) : 1;
                ny = CONV ? 1 + below(3) : 1;
                run = (below(90) - 20) * unit; row = (below(120) - 30) * unit;
                col = (below(60) - 15) * unit; line = (below(120) - 40) * unit;
                low = least(0, (nx - 1) * run) + least(0, (ny - 1) * row) + least(0, (cols - 1) * col)
                    + least(0, (rows - 1) * line);
                high = (nx - 1) * run + (ny - 1) * row + (cols - 1) * col + (rows - 1) * line - 2 * low;
                high = -least(0, -(nx - 1) * run) - least(0, -(ny - 1) * row) - least(0, -(cols - 1) * col)
                    - least(0, -(rows - 1) * line) + (unit > 1 ? (len + 15) / 16 * 16 : len);
                fits = high - low <= STRIP && (unit > 1 || nx * ny * len <= limit);
            end
            banks = slot == 0 ? 1 + below(3) : below(4);
            delay = slot == 0 || banks == 3 || below(2) ? below((1 << banks) - 1) + 1 : 0;
            if (banks == 0) delay = 0;
            eighth = delay == 0 ? below(4) * 2 + slot % 2 : below(8);
            base = -low + below(STRIP - (high - low) + 1);
            if (unit > 1) base = base / 16 * 16;
            base = base + region(banks, eighth);
            number = number + nx * ny * len;
            emit(0, {1'd0, delay[2:0], 2'd0, banks[1:0], base[23:0]});
            emit(0, len);
            emit(0, {ny[11:0], nx[11:0]});
            emit(0, run & 24'hffffff);
            emit(0, row & 24'hffffff);
            emit(0, col & 24'hffffff);
            emit(0, line & 24'hffffff);
        end
    endtask

    task emit_fire(input integer op, input integer channels, input integer rows, input integer cols);
        integer flow, y, x, c, t, b, l, r, base, class_row, last;
        begin
            flow = below(FLOWS);
            y = below((1 << Y_BITS) - rows + 1); x = below((1 << X_BITS) - cols + 1);
            c = below((1 << C_BITS) - channels + 1);
            t = below(rows); b = below(rows - t); l = below(cols); r = below(cols - l);
            class_row = (l + r + 1) * channels;
            last = CLASSES ? (t + b + 1) * class_row : channels;
            while (last > PARAMS) begin
                t = 0; b = 0; l = 0; r = 0; class_row = channels; last = channels;
            end
            base = below(PARAMS - last + 1);
            emit(2, {TOP[15:0] - (below(3) == 0 ? 16'd1 + below(TOP - 1) : 16'd0), 12'd0, op[3:0]});
            emit(2, {flow[15:0], channels[15:0]});
            emit(2, {cols[11:0], rows[11:0]});
            emit(2, {x[11:0], y[11:0]});
            emit(2, c);
            emit(2, base);
            emit(2, {b[11:0], t[11:0]});
            emit(2, {r[11:0], l[11:0]});
            emit(2, class_row);
        end
    endtask

    task emit_walk(input integer more, input integer lists_of, input integer rows_of, input integer groups);
        integer base;
        begin
            base = below(WEIGHT_ROWS - groups * rows_of + 1);
            emit(1, {TOP[15:0], 10'd0, more[0], 5'd1});
            emit(1, lists_of);
            emit(1, base);
            emit(1, rows_of);
            emit(1, groups);
        end
    endtask

    task emit_task;
        integer kind, rows, cols, channels, groups, segments, s, g, n;
        begin
            kind = below(6);
            rows = CONV ? 1 + below(3) : 1;
            cols = CONV ? 1 + below(5) : 1;
            channels = 1 + below(below(2) ? 3 * LANES : 5);
            groups = (channels + LANES - 1) / LANES;
            if (kind == 0 && POOL) begin
                emit(0, 32'h102 + below(2));
                emit(0, {cols[11:0], rows[11:0]});
                emit_segment(rows, cols, 0, 16);
                emit_fire(3, words[length[0]-6], rows, cols);
            end else if (kind == 1) begin   // potentials of several lists
                n = 1 + below(3);
                for (g = 0; g < groups; g = g + 1)
                    for (s = 0; s < n; s = s + 1) begin
                        emit(0, 32'h101);
                        emit(0, 32'h1001);
                        number = 0;
                        emit_segment(1, 1, 80, 1);
                        emit_walk(s != n - 1, 1, number, 1);
                    end
                emit_fire(1 + below(2), channels, 1, 1);
            end else begin
                segments = 1 + below(SEGMENTS);
                emit(0, 32'h1 + (segments << 8));
                emit(0, {cols[11:0], rows[11:0]});
                number = 0;
                for (s = 0; s < segments; s = s + 1) emit_segment(rows, cols, LIST_ENTRIES / segments, 1);
                emit_walk(0, rows * cols, number, groups);
                emit_fire(1 + (below(4) == 0), channels, rows, cols);
            end
        end
    endtask

    task make_words;
        integer e, n, tasks;
        begin
            slots = 1 + below(4);
            flip = below(8);
            for (e = 0; e < 3; e = e + 1) length[e] = 0;
            for (slot = 0; slot < slots; slot = slot + 1) begin
                tasks = slot == 0 ? below(2) : below(4);
                for (n = 0; n < tasks; n = n + 1) emit_task;
                for (e = 0; e < 3; e = e + 1) emit(e, slot == slots - 1 ? 32'h10 : 32'h0);
            end
            at_word = 3;
            for (e = 0; e < 3; e = e + 1) begin
                prog[e] = at_word;
                pc[e] = at_word;
                for (n = 0; n < length[e]; n = n + 1) prog[at_word+n] = words[e*PROGRAM+n];
                at_word = at_word + length[e];
            end
        end
    endtask
