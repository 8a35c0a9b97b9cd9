// SPDX-License-Identifier: Apache-2.0
// proof: inductive 1
// wrong: CORRUPT
// mutant: ttfs_bucket.v s/ index_q >> LOW && !close_q;/ index_q >> LOW;/
// mutant: ttfs_bucket.v s/freed   = walk_end && release_q/freed   = walk_end/
// ttfs_bucket: lists of any events in any order, filled while others are walked, any number of times, with any
// pauses, for ever. One event of one list is followed (its row is 1, all others' are 0: what holds of it holds
// of all): every walk of its list gives it once, in the tick of its value, and no other walk does; ticks come from
// the top down to 1 and each once: two in one step exactly if the lower one is of the same block and has no events,
// all to the end of the block exactly if it has none below its highest tick, which begins such a step or nothing
// has come yet. In every enabled cycle from the second behind the start to the last there is an event or the end of a
// tick, and then it is over: so the cycles are 2 and the steps. An event beyond ENTRIES is told, and dropped.
//
// What makes it inductive: what the memories hold, said of the values of the entries (is): an entry points to the
// newest one before it of the same value, a head to the newest of all.
module bucket (
    input wire       clk,
    input wire       insert, close, start, release_list, en, mark,
    input wire [3:0] value, top
);
    localparam VB = 4, V = 16, E = 4, NONE = 4'd15;   // heads, entries; the index that no value has
    reg rst_n = 0;
    always @(posedge clk) rst_n <= 1;
    wire ready, fill, over, full, event_, row, tick, pair, far, last, busy;

    ttfs_bucket #(.VALUE_BITS(VB), .ENTRIES(E), .ROW_BITS(1), .STRIDE(2)) dut (
        .clk_i(clk), .rst_ni(rst_n), .ready_o(ready), .fill_o(fill), .insert_i(insert), .value_i(value), .row_i(mark),
        .close_i(close), .over_o(over), .full_o(full), .start_i(start), .release_i(release_list), .top_i(top),
        .en_i(en), .event_o(event_), .row_o(row), .tick_o(tick), .pair_o(pair), .far_o(far), .last_o(last), .busy_o(busy)
    );

    // What is said of it, from its ports alone. Lists are filled and walked in turn: one bit says which.
    reg          filling = 0, walking = 0;        // the list that is filled; that is walked, or is next
    reg [2:0]    events = 0;                      // of the list that is filled; E + 1 for all that are too many
    reg [VB-1:0] most [0:1];                      // the largest value of a list
    reg [V-1:0]  filled [0:1];                    // its ticks that have events
    reg          used = 0, in = 0, in_list;       // the event that is followed: it came, is there, where
    reg [VB-1:0] in_value;
    reg          on = 0, begun = 0, goes = 0;     // a walk is on; its first cycle is over; it is its list's last
    reg [VB-1:0] now;                             // the value whose tick it is
    reg          fresh = 0;                       // its first step is to come
    reg          seen = 0, more = 0;              // given in this walk; the event that came was one too many
    wire         here = in && in_list == walking;
    wire [VB-1:0] index = value - 1'b1, now_index = now - 1'b1;
    wire [7:0]   in_block = now_index[3] ? filled[walking][15:8] : filled[walking][7:0];
    wire [VB-1:0] lowest = far ? {now_index[3], 3'd0} : pair ? now_index - 1'b1 : now_index;   // tick of the step
    initial begin most[0] = 0; most[1] = 0; filled[0] = 0; filled[1] = 0; end

    always @(posedge clk) if (rst_n) begin
        more <= insert && events >= E;
        if (insert) begin
            if (events <= E) events <= events + 1;
            if (events < E) filled[filling][index] <= 1;
            if (value > most[filling]) most[filling] <= value;
            if (mark) used <= 1;
            if (mark && events < E) begin in <= 1; in_list <= filling; in_value <= value; end
        end
        if (close) begin filling <= !filling; events <= 0; end
        if (start) begin on <= 1; begun <= 0; goes <= release_list; now <= top; fresh <= 1; seen <= 0; end
        else if (on && en) begin
            begun <= 1;
            if (begun && event_ && row) seen <= 1;
            if (begun && tick) begin now <= lowest; fresh <= 0; end
            if (begun && last) on <= 0;
            if (begun && last && goes) begin
                walking <= !walking;
                most[walking] <= 0;
                filled[walking] <= 0;
                if (here) in <= 0;
            end
        end
    end

    always @* begin
        assume (!insert || (rst_n && ready && fill && value != 0));
        assume (!close || (rst_n && ready && fill));
        assume (!mark || !used);
        assume (!start || (rst_n && full && !busy && top != 0 && top >= most[walking]));
        if (rst_n) begin
            assert (over == more);
            assert (busy == on);
            if (!on || !begun) assert (!event_ && !tick && !far && !last);
            if (on && begun && en) begin
                assert (event_ || tick);
                assert (far == (tick && in_block[6:0] == 0));
                assert (pair == (tick && !far && now_index[2:0] != 0 && !filled[walking][now_index-1'b1]));
                if (far) assert (now_index[2:0] == 7 || (fresh && in_block == 0));
`ifdef CORRUPT
                if (event_ && row) assert (here && !seen && in_value + 1 == now);
`else
                if (event_ && row) assert (here && !seen && in_value == now);
`endif
                if (here && tick && now == in_value) assert (seen || (event_ && row));
                if (here && tick && in_value < now) assert (in_value <= lowest);
                assert (last == (tick && lowest == 0));
                if (last && here) assert (seen || (event_ && row));
            end
        end
    end

`ifndef OUTSIDE
    // What is inside: wires of these names become the module's own when it is made flat.
    (* hierconn *) wire \dut.fill_q , \dut.walk_q , \dut.close_q , \dut.insert_q , \dut.same_q , \dut.same_block_q , \dut.row_q , \dut.put , \dut.freed ,
        \dut.token_q , \dut.release_q , \dut.on_q , \dut.list_q , \dut.pair_q , \dut.far_q ,
        \dut.last_q , \dut.clear_q , \dut.emptied_q , \dut.at_q ;
    (* hierconn *) wire [1:0] \dut.full_q , \dut.before_q , \dut.head_f , \dut.head_w ;
    (* hierconn *) wire [VB-1:0] \dut.index_q , \dut.token_at_q ;
    (* hierconn *) wire [2:0] \dut.count_q ;
    (* hierconn *) wire [7:0] \dut.made_q , \dut.has_f , \dut.has_w ;
    (* hierconn *) wire [3:0] \dut.entry ;
    (* hierconn *) wire [8*E-1:0] \dut.u_entries.words ;
    (* hierconn *) wire [3*V-1:0] \dut.g_bank[0].u_heads.words , \dut.g_bank[1].u_heads.words ;
    (* hierconn *) wire \dut.lone_before_q , \dut.lone_f , \dut.lone_w , \dut.lone_q ;
    (* hierconn *) wire [V-1:0] \dut.g_bank[0].u_blocks.words , \dut.g_bank[1].u_blocks.words ;
    wire fill_q = \dut.fill_q , walk_q = \dut.walk_q , close_q = \dut.close_q , insert_q = \dut.insert_q , same_q = \dut.same_q ;
    wire row_q = \dut.row_q , put = \dut.put , freed = \dut.freed , token_q = \dut.token_q ;
    wire same_block_q = \dut.same_block_q , pair_q = \dut.pair_q , at_q = \dut.at_q , release_q = \dut.release_q , on_q = \dut.on_q , list_q = \dut.list_q ;
    wire far_q = \dut.far_q , last_q = \dut.last_q , clear_q = \dut.clear_q , emptied_q = \dut.emptied_q ;
    wire [1:0] full_q = \dut.full_q , before_q = \dut.before_q ;
    wire [VB-1:0] index_q = \dut.index_q , token_at_q = \dut.token_at_q ;
    wire [2:0] count_q = \dut.count_q ;
    wire [1:0] head_f = \dut.head_f , head_w = \dut.head_w ;
    wire [7:0] made_q = \dut.made_q , has_f = \dut.has_f , has_w = \dut.has_w ;
    wire [3:0] entry = \dut.entry ;
    wire [2*V-1:0] has = {\dut.g_bank[1].u_blocks.words , \dut.g_bank[0].u_blocks.words };
    wire lone_before_q = \dut.lone_before_q , lone_f = \dut.lone_f , lone_w = \dut.lone_w , lone_q = \dut.lone_q ;
    wire [8*E-1:0] entries = \dut.u_entries.words ;   // {the one before is its tick's first, which, row}
    wire [6*V-1:0] heads = {\dut.g_bank[1].u_heads.words , \dut.g_bank[0].u_heads.words };

    // The entries' values (from 0), how many there are in a bank, where the followed one is; the walk's tick and entry.
    reg [VB-1:0] is [0:2*E-1];
    reg [2:0]    count [0:1];
    reg [1:0]    in_at, place;
    reg [VB-1:0] at;
    initial begin count[0] = 0; count[1] = 0; end
    always @(posedge clk) if (rst_n) begin
        if (put) begin
            is[{fill_q, count_q[1:0]}] <= index_q;
            count[fill_q] <= count[fill_q] + 1;
            if (row_q) in_at <= count_q[1:0];
        end
        if (freed) count[walk_q] <= 0;
        if (en && token_q && (!on_q || !list_q || lone_q)) begin
            at <= token_at_q;
            place <= head_w;
        end else if (en && on_q && list_q) place <= entry[2:1];
    end

    // Of a bank's first n entries the newest of this value: {there is one, which}.
    function [2:0] newest(input bank, input [2:0] n, input [VB-1:0] v);
        integer j;
        begin
            newest = 0;
            for (j = 0; j < E; j = j + 1) if (j < n && is[bank*E+j] == v) newest = 3'd4 + j;
        end
    endfunction
    // There is another one of this value before entry n.
    function older(input bank, input [1:0] n, input [VB-1:0] v);
        integer j;
        begin
            older = 0;
            for (j = 0; j < E; j = j + 1) if (j < n && is[bank*E+j] == v) older = 1;
        end
    endfunction

    wire [2*V-1:0] ticks;   // those of the banks that have events
    genvar b, i;
    generate
        for (b = 0; b < 2; b = b + 1) begin : bank
            integer j;
            for (i = 0; i < E; i = i + 1) begin : of
                wire [3:0] it = entries[4*(b*E+i) +: 4];
                wire [VB-1:0] v = is[b*E+i];
                wire [2:0] old = newest(b, i, v);
                always @* if (rst_n && i < count[b]) begin
                    if (old[2]) assert (it[2:1] == old[1:0] && it[3] == !older(b, old[1:0], v));
                    assert (it[0] == (in && in_list == b && in_at == i && !(insert_q && row_q)));
                    assert (v != NONE && v < most[b]);
                end
            end
            for (i = 0; i < V; i = i + 1) begin : head
                wire [2:0] it = newest(b, count[b], i);
                assign ticks[b*V+i] = it[2];
                always @* if (rst_n && it[2]) assert (heads[3*(b*V+i) +: 3] == {!older(b, it[1:0], i), it[1:0]});
            end
            // A last walk empties the blocks behind it.
            for (i = 0; i < V / 8; i = i + 1) begin : block
                wire emptying = on && release_q && walk_q == b;
                wire passed = !token_q || i > token_at_q[3] || (i == token_at_q[3] && !emptied_q);
                always @* if (rst_n) begin
                    if (clear_q) assert (i >= at_q || has[b*V+8*i +: 8] == 0);
                    else if (emptying && passed) assert (has[b*V+8*i +: 8] == 0);
                    else if (!emptying || i != token_at_q[3] || !emptied_q)
                        assert (has[b*V+8*i +: 8] == ticks[b*V+8*i +: 8]);
                end
            end
            always @* if (rst_n) begin
                assert (count[b] <= E && (full_q[b] || fill_q == b || count[b] == 0));
                assert (filled[b] == (ticks[b*V +: V] | (put && fill_q == b ? 16'd1 << index_q : 16'd0)));
            end
        end
    endgenerate

    always @* if (!rst_n) assert ({filling, walking, events, most[0], most[1], filled[0], filled[1], used, in, on, begun,
                                   fresh, seen, more, count[0], count[1]} == 0);

    // Filling: the event that is on its way in.
    wire [2:0] before = newest(fill_q, count_q, index_q);
    wire       lands = insert_q && row_q;
    always @* if (rst_n) begin
        assert (fill_q == filling ^ close_q && walk_q == walking);
        assert (fill_q == walk_q ? full_q == 0 || full_q == 3 : full_q[walk_q] && !full_q[fill_q]);
        assert (!(insert_q || close_q) || !full_q[fill_q]);
        assert (count_q == (full_q[fill_q] ? 0 : count[fill_q]));
        if (close_q || full_q[fill_q]) assert (events == 0);
        else if (count_q == E) assert (events == E + 1 || (!insert_q && events == E));
        else assert (events == count_q + insert_q);
        if (insert_q) assert (index_q != NONE && index_q < most[fill_q]);
        if (put && same_q && before[2]) assert (count_q != 0 && before_q == count_q - 1 && before == {1'b1, before_q} && same_block_q);
        if (put && !same_q && before[2]) assert (head_f == before[1:0]);
        if (put && before[2]) assert ((same_q ? lone_before_q : lone_f) == !older(fill_q, before[1:0], index_q));
        if (put) assert ((same_block_q ? made_q : has_f) == ticks[fill_q*V+8*index_q[3] +: 8]);
        if (lands) assert (used && in == put);
        if (in) assert (used && in_value != 0 && in_value <= most[in_list]);
        if (in && lands) assert (in_list == fill_q && index_q + 1 == in_value);
        if (in && !lands) assert (in_at < count[in_list] && is[in_list*E+in_at] + 1 == in_value);
        if (clear_q) assert ({insert_q, close_q, full_q, count[0], count[1], on, emptied_q, in, used, events, fill_q} == 0);
    end

    // Walking: what is read ahead (token), what is given (at, place).
    wire [2:0] ahead = newest(walk_q, count[walk_q], token_at_q), newest_at = newest(walk_q, count[walk_q], at);
    wire [7:0] token_block = ticks[walk_q*V+8*token_at_q[3] +: 8], at_block = ticks[walk_q*V+8*at[3] +: 8];
    wire [VB-1:0] end_at = far_q ? {at[3], 3'd0} : pair_q ? at - 1'b1 : at;
    always @* if (rst_n) begin
        assert (on_q == (on && begun) && (token_q || on_q || !on));
        if (!on) assert (!token_q && !emptied_q);
        else begin
            assert (full_q[walk_q] && release_q == goes && now != 0 && (here || !seen));
            if (fresh) assert (now >= most[walking]);
            if (!begun) assert (token_q && fresh && !seen && (!here || in_value <= now) && token_at_q == now_index);
            if (emptied_q) assert (token_q && at_q == token_at_q[3] && release_q);
        end
        if (token_q) begin
            assert (token_at_q != NONE && has_w == token_block
                    && (!ahead[2] || {lone_w, head_w} == {!older(walk_q, ahead[1:0], token_at_q), ahead[1:0]}));
            if (token_at_q[2:0] != 7 && token_block[6:0] == 0) assert (!begun);
        end
        if (on_q) begin
            assert (far_q == (at_block[6:0] == 0) && at == now_index && last_q == (end_at == 0) && token_q == !last_q);
            assert (pair_q == (!far_q && at[2:0] != 0 && !ticks[walk_q*V+at-1]));
            assert (list_q == newest_at[2]);
            if (far_q && at[2:0] != 7) assert (fresh);
            if (token_q) assert (token_at_q == end_at - 1'b1);
            if (list_q) assert (place < count[walk_q] && is[walk_q*E+place] == at && entry == entries[4*(walk_q*E+place) +: 4]
                                && lone_q == !older(walk_q, place, at));
            if (here) assert (seen == (at + 1 < in_value || (at + 1 == in_value && place < in_at)));
        end
    end
`endif
endmodule
