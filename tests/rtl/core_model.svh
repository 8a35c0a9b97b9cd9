// SPDX-License-Identifier: Apache-2.0
//
// What docs/core.md says a core does, in closed form: takes prog, weights and params as the machine has
// them, and the activations; run_slot leaves the flits of a slot in want_*, in order, and in `bound` the
// cycles that docs/core.md allows. A buffer of 2^b copies lies in strip b of the eighths of the activations: of as
// many as there are copies, the highest b bits of an eighth's number say which. Included by core_tb.

    reg [31:0] prog [0:PROGRAM-1];
    integer weight [0:WEIGHT_ROWS*LANES-1];
    integer bias [0:PARAMS-1], ramp [0:PARAMS-1];
    localparam EIGHTH = ELEMENTS / 8, STRIP = EIGHTH / 4, NEVER = -100;
    integer kept [0:ELEMENTS-1];         // what is held, and since which turn
    integer kept_turn [0:ELEMENTS-1];
    integer word_turn [0:ACT_WORDS-1];   // the turn in which a word was last written; NEVER: it is empty
    integer flip = 0;                    // the eighth where copies of turn 0 lie
    integer pc [0:2];
    integer turn = 0;

    // What passes from engine to engine in a slot, and what leaves.
    integer list_number [0:65535], list_value [0:65535], list_end [0:4095];
    integer lists, events, walked;
    integer pool_channel [0:65535], pool_value [0:65535], pool_end [0:4095];
    integer pools, pool_events, pool_taken;
    integer potential [0:65535], potentials, fired;
    reg [FLIT-1:0] want_flit [0:65535];
    reg want_sum [0:65535];
    integer wanted;
    reg sample_ends;

    // What it costs: of each list or pooled position in the order of the scan program; of each walk.
    integer item_cost [0:8191], items;
    integer walk_steps [0:8191], walks;
    reg walk_first [0:8191], walk_last [0:8191], walk_take [0:8191], walk_over [0:8191];   // walk_over: its record is
    integer bound;

    function integer step(input [23:0] field);   // a signed field
        step = $signed({{8{field[23]}}, field});
    endfunction

    // An element of a buffer of 2^banks copies: that of turn 0, and that of turn t.
    function integer region(input integer banks, input integer eighth);
        region = ((flip & ~(7 >> banks)) | (eighth & (7 >> banks))) * EIGHTH + banks * STRIP;
    endfunction
    function integer copy(input integer at, input integer banks, input integer t);
        copy = (at & (ELEMENTS - 1)) ^ (t & ((1 << banks) - 1)) * (ELEMENTS >> banks);
    endfunction

    // The last turn to whose copy an element belongs.
    function integer turn_of(input integer at);
        integer banks;
        begin
            banks = at / STRIP % 4;
            turn_of = turn - ((turn - ((at / EIGHTH ^ flip) >> (3 - banks))) & ((1 << banks) - 1));
        end
    endfunction

    function integer held(input integer at, input integer banks, input integer delay);
        held = kept_turn[copy(at, banks, turn - delay)] == turn - delay ? kept[copy(at, banks, turn - delay)] : 0;
    endfunction

    // What the word of element `at` costs a scan that finds `found` values in it.
    function integer word_cost(input integer at, input integer banks, input integer delay, input integer found);
        integer w;
        begin
            w = copy(at, banks, turn - delay) / 16;
            word_cost = found != 0 ? found : 1;
            if (word_turn[w] != NEVER && word_turn[w] != turn - delay) begin
                word_cost = 2;
                word_turn[w] = NEVER;
            end
        end
    endfunction

    // Where an engine's program goes on behind the end of a slot.
    task slot_end(input integer engine);
        begin
            sample_ends = `TTFS_SCAN_SAMPLE_END_IN(prog, pc[engine]);
            pc[engine] = sample_ends ? prog[engine] : pc[engine] + 1;
        end
    endtask

    task scan_lists(input integer at);
        integer r, q, g, s, i, j, k, number, v, e, in_word, cost;
        begin
        in_word = 0;
        for (r = 0; r < `TTFS_SCAN_ROWS_IN(prog, at); r = r + 1)
            for (q = 0; q < `TTFS_SCAN_COLS_IN(prog, at); q = q + 1) begin
                number = 0;
                cost = r == 0 && q == 0 ? `TTFS_CYCLES_SCAN : 0;
                for (g = 0; g < `TTFS_SCAN_SEGMENTS_IN(prog, at); g = g + 1) begin
                    s = at + `TTFS_SCAN_WORDS + g * `TTFS_SEGMENT_WORDS;
                    for (i = 0; i < `TTFS_SEGMENT_NY_IN(prog, s); i = i + 1)
                        for (j = 0; j < `TTFS_SEGMENT_NX_IN(prog, s); j = j + 1)
                            for (k = 0; k < `TTFS_SEGMENT_LENGTH_IN(prog, s); k = k + 1) begin
                                e = `TTFS_SEGMENT_BASE_IN(prog, s) + r * step(`TTFS_SEGMENT_ROW_STRIDE_IN(prog, s))
                                    + q * step(`TTFS_SEGMENT_COL_STRIDE_IN(prog, s)) + i * step(`TTFS_SEGMENT_ROW_STEP_IN(prog, s))
                                    + j * step(`TTFS_SEGMENT_RUN_STEP_IN(prog, s)) + k;
                                v = held(e, `TTFS_SEGMENT_BANKS_IN(prog, s), `TTFS_SEGMENT_DELAY_IN(prog, s));
                                if (v != 0) begin
                                    list_number[events] = number;
                                    list_value[events] = v;
                                    events = events + 1;
                                    in_word = in_word + 1;
                                end
                                number = number + 1;
                                if (e % 16 == 15 || k == `TTFS_SEGMENT_LENGTH_IN(prog, s) - 1) begin
                                    cost = cost + word_cost(e, `TTFS_SEGMENT_BANKS_IN(prog, s),
                                                            `TTFS_SEGMENT_DELAY_IN(prog, s), in_word);
                                    in_word = 0;
                                end
                            end
                    if (`TTFS_SCAN_SEGMENTS_IN(prog, at) > 1) cost = cost + `TTFS_CYCLES_SEGMENT;
                end
                item_cost[items] = cost;
                items = items + 1;
                list_end[lists] = events;
                lists = lists + 1;
            end
        end
    endtask

    task scan_pool(input integer at);
        integer r, q, s, i, j, k, best, v, e, cost;
        for (r = 0; r < `TTFS_SCAN_ROWS_IN(prog, at); r = r + 1)
            for (q = 0; q < `TTFS_SCAN_COLS_IN(prog, at); q = q + 1) begin
                s = at + `TTFS_SCAN_WORDS;
                cost = r == 0 && q == 0 ? `TTFS_CYCLES_SCAN : 0;
                for (k = 0; k < ((`TTFS_SEGMENT_LENGTH_IN(prog, s) + 24'd15) & ~24'd15); k = k + 1) begin
                    best = -1;
                    for (i = 0; i < `TTFS_SEGMENT_NY_IN(prog, s); i = i + 1)
                        for (j = 0; j < `TTFS_SEGMENT_NX_IN(prog, s); j = j + 1) begin
                            e = `TTFS_SEGMENT_BASE_IN(prog, s) + r * step(`TTFS_SEGMENT_ROW_STRIDE_IN(prog, s))
                                + q * step(`TTFS_SEGMENT_COL_STRIDE_IN(prog, s)) + i * step(`TTFS_SEGMENT_ROW_STEP_IN(prog, s))
                                + j * step(`TTFS_SEGMENT_RUN_STEP_IN(prog, s)) + k;
                            v = held(e, `TTFS_SEGMENT_BANKS_IN(prog, s), `TTFS_SEGMENT_DELAY_IN(prog, s));
                            if (k % 16 == 0)
                                cost = cost + word_cost(e, `TTFS_SEGMENT_BANKS_IN(prog, s),
                                                        `TTFS_SEGMENT_DELAY_IN(prog, s), 0);
                            if (best < 0 || (`TTFS_SCAN_OP_IN(prog, at) == 3 ? v < best : v > best)) best = v;
                        end
                    if (best > 0 && k < `TTFS_SEGMENT_LENGTH_IN(prog, s)) begin
                        pool_channel[pool_events] = k;
                        pool_value[pool_events] = best;
                        pool_events = pool_events + 1;
                        cost = cost + 1;
                    end
                end
                item_cost[items] = cost;
                items = items + 1;
                pool_end[pools] = pool_events;
                pools = pools + 1;
            end
    endtask

    task run_scan;
        integer at;
        begin
            items = 0; lists = 0; events = 0; pools = 0; pool_events = 0;
            at = pc[0];
            while (`TTFS_SCAN_OP_IN(prog, at) != 0) begin
                if (`TTFS_SCAN_OP_IN(prog, at) == 1) scan_lists(at);
                else scan_pool(at);
                at = at + `TTFS_SCAN_WORDS + `TTFS_SCAN_SEGMENTS_IN(prog, at) * `TTFS_SEGMENT_WORDS;
            end
            pc[0] = at;
            slot_end(0);
        end
    endtask

    integer v_lane [0:LANES-1], record_end;
    integer tick_events [0:TOP];

    // What a run of ticks costs beyond the events of its first.
    function integer parts(input integer ticks);
        parts = !STRIDES ? ticks : ticks == 8 && VALUE_BITS > 4 ? 1 : (ticks + 1) / 2;
    endfunction

    // Steps of a walk of tick_events: block by block from below, a run from a tick with events down to the next.
    function integer steps(input integer top);
        integer n, run, first;
        begin
            steps = 0; run = 0; first = 1;
            for (n = 1; n <= top; n = n + 1) begin
                run = run + 1;
                if (tick_events[n]) begin
                    steps = steps + tick_events[n] - 1 + parts(run);
                    run = 0; first = 0;
                end
                if (n % 8 == 0 || n == top) begin
                    if (first && STRIDES && (n == top || VALUE_BITS > 4)) steps = steps + 1;
                    else steps = steps + parts(run);
                    run = 0; first = 1;
                end
            end
        end
    endfunction

    task walk_list(input integer at, input integer g);
        integer n, l, row;
        begin
            for (l = 0; l <= TOP; l = l + 1) tick_events[l] = 0;
            for (n = walked == 0 ? 0 : list_end[walked-1]; n < list_end[walked]; n = n + 1) begin
                tick_events[list_value[n]] = tick_events[list_value[n]] + 1;
                row = `TTFS_WALK_WEIGHT_BASE_IN(prog, at) + g * `TTFS_WALK_GROUP_ROWS_IN(prog, at) + list_number[n];
                for (l = 0; l < LANES; l = l + 1)
                    v_lane[l] = v_lane[l] + weight[row * LANES + l] * list_value[n];
            end
            walk_steps[walks] = steps(`TTFS_WALK_TOP_IN(prog, at));
            walk_first[walks] = g == 0;
            walk_last[walks] = g + 1 == `TTFS_WALK_GROUPS_IN(prog, at);
            walk_over[walks] = walk_last[walks] && walked + 1 == record_end;
            walk_take[walks] = !`TTFS_WALK_MORE_IN(prog, at);
            walks = walks + 1;
            if (!`TTFS_WALK_MORE_IN(prog, at))
                for (l = 0; l < LANES; l = l + 1) begin
                    potential[potentials] = v_lane[l];
                    potentials = potentials + 1;
                    v_lane[l] = 0;
                end
        end
    endtask

    task run_walk;
        integer at, l, g;
        begin
            walked = 0; potentials = 0; walks = 0;
            for (l = 0; l < LANES; l = l + 1) v_lane[l] = 0;
            at = pc[1];
            while (`TTFS_WALK_OP_IN(prog, at) != 0) begin
                record_end = walked + `TTFS_WALK_LISTS_IN(prog, at);
                for (l = 0; l < `TTFS_WALK_LISTS_IN(prog, at); l = l + 1) begin
                    for (g = 0; g < `TTFS_WALK_GROUPS_IN(prog, at); g = g + 1) walk_list(at, g);
                    walked = walked + 1;
                end
                at = at + `TTFS_WALK_WORDS;
            end
            pc[1] = at;
            slot_end(1);
        end
    endtask

    function integer most(input integer a, input integer b);
        most = a > b ? a : b;
    endfunction
    function integer least(input integer a, input integer b);
        least = a < b ? a : b;
    endfunction

    function integer class_of(input integer n, input integer count, input integer low, input integer high);
        class_of = least(n, low) + (n > count - 1 - high ? n - (count - 1 - high) : 0);
    endfunction

    task push(input integer at, input integer r, input integer q, input integer c, input [FLIT_VALUE-1:0] value,
              input sum);
        reg [Y_BITS-1:0] y;
        reg [X_BITS-1:0] x;
        reg [C_BITS-1:0] channel;
        reg [FLOW_BITS-1:0] flow;
        begin
            y = CONV ? `TTFS_FIRE_Y_IN(prog, at) + r : 0;
            x = CONV ? `TTFS_FIRE_X_IN(prog, at) + q : 0;
            channel = `TTFS_FIRE_C_IN(prog, at) + c;
            flow = `TTFS_FIRE_FLOW_IN(prog, at);
            want_flit[wanted] = {flow, y, x, channel, value};
            want_sum[wanted] = sum;
            wanted = wanted + 1;
        end
    endtask

    task fire_channel(input integer at, input integer r, input integer q, input integer c);
        integer p, u, y, i;
        begin
            p = `TTFS_FIRE_PARAM_BASE_IN(prog, at) + c;
            if (CLASSES)
                p = p + class_of(r, `TTFS_FIRE_ROWS_IN(prog, at), `TTFS_FIRE_EDGE_TOP_IN(prog, at), `TTFS_FIRE_EDGE_BOTTOM_IN(prog, at))
                        * `TTFS_FIRE_CLASS_ROW_IN(prog, at)
                    + class_of(q, `TTFS_FIRE_COLS_IN(prog, at), `TTFS_FIRE_EDGE_LEFT_IN(prog, at), `TTFS_FIRE_EDGE_RIGHT_IN(prog, at))
                        * `TTFS_FIRE_CHANNELS_IN(prog, at);
            u = potential[fired + c] + bias[p];
            if (`TTFS_FIRE_OP_IN(prog, at) == 2)
                for (i = 0; i < (ACC_BITS + FLIT_VALUE - 1) / FLIT_VALUE; i = i + 1)
                    push(at, r, q, c, u >>> (i * FLIT_VALUE), 1'b1);
            else begin
                y = u < 0 ? 0 : least(u / ramp[p], `TTFS_FIRE_TOP_IN(prog, at));
                if (y != 0) push(at, r, q, c, y, 1'b0);
            end
        end
    endtask

    task run_fire;
        integer at, r, q, c, n;
        begin
            fired = 0; pool_taken = 0; wanted = 0;
            at = pc[2];
            while (`TTFS_FIRE_OP_IN(prog, at) != 0) begin
                for (r = 0; r < `TTFS_FIRE_ROWS_IN(prog, at); r = r + 1)
                    for (q = 0; q < `TTFS_FIRE_COLS_IN(prog, at); q = q + 1)
                        if (`TTFS_FIRE_OP_IN(prog, at) == 3) begin
                            for (n = pool_taken == 0 ? 0 : pool_end[pool_taken-1]; n < pool_end[pool_taken]; n = n + 1)
                                push(at, r, q, pool_channel[n], pool_value[n], 1'b0);
                            pool_taken = pool_taken + 1;
                        end else begin
                            for (c = 0; c < `TTFS_FIRE_CHANNELS_IN(prog, at); c = c + 1) fire_channel(at, r, q, c);
                            n = (`TTFS_FIRE_CHANNELS_IN(prog, at) + LANES - 1) / LANES;
                            fired = fired + n * LANES;
                        end
                at = at + `TTFS_FIRE_WORDS;
            end
            pc[2] = at;
            slot_end(2);
        end
    endtask

    // The walks up to the one that the fire unit takes.
    integer time_a, time_w, time_c, time_f, item, walk, list, begun, freed [0:1];
    task walk_group;
        reg taken;
        begin
            taken = 0;
            while (!taken) begin
                if (walk_first[walk]) begin
                    time_a = most(time_a, freed[list%2]) + item_cost[item];
                    item = item + 1;
                    time_w = most(time_w, time_a + `TTFS_CYCLES_LIST);
                end
                begun = time_w;
                time_w = time_w + `TTFS_CYCLES_WALK + walk_steps[walk];
                if (walk_over[walk]) time_w = most(time_w, begun + `TTFS_CYCLES_RECORD);
                if (walk_last[walk]) begin
                    freed[list%2] = time_w;
                    list = list + 1;
                end
                taken = walk_take[walk];
                walk = walk + 1;
            end
        end
    endtask

    // The recurrence of docs/core.md over the slot's fire records, the first at `at`.
    task run_time(input integer at);
        integer r, g, sums;
        begin
            time_a = 0; time_w = 0; time_c = 0; time_f = 0; item = 0; walk = 0; list = 0;
            freed[0] = 0; freed[1] = 0;
            while (`TTFS_FIRE_OP_IN(prog, at) != 0) begin
                time_c = most(time_c, time_f);
                sums = `TTFS_FIRE_OP_IN(prog, at) == 2 ? (ACC_BITS + FLIT_VALUE - 1) / FLIT_VALUE : 1;
                for (r = `TTFS_FIRE_ROWS_IN(prog, at) * `TTFS_FIRE_COLS_IN(prog, at); r > 0; r = r - 1)
                    if (`TTFS_FIRE_OP_IN(prog, at) == 3) begin
                        time_a = most(time_a, time_f) + item_cost[item];
                        item = item + 1;
                    end else
                        for (g = `TTFS_FIRE_CHANNELS_IN(prog, at); g > 0; g = g - LANES) begin
                            walk_group;
                            time_w = most(time_w, most(time_c, `TTFS_CYCLES_START));
                            time_c = time_w + least(g, LANES) * sums;
                        end
                if (`TTFS_FIRE_OP_IN(prog, at) == 3) time_f = time_a + `TTFS_CYCLES_FIRE;
                else time_f = time_c + VALUE_BITS + `TTFS_CYCLES_FIRE;
                at = at + `TTFS_FIRE_WORDS;
            end
            bound = most(time_a, most(time_w, time_c + VALUE_BITS)) + `TTFS_CYCLES_END;
        end
    endtask

    task run_slot;
        integer at;
        begin
            at = pc[2];
            run_scan;
            run_walk;
            run_fire;
            run_time(at);
        end
    endtask
