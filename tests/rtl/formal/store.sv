// SPDX-License-Identifier: Apache-2.0
// proof: inductive 1
// wrong: CORRUPT
// mutant: ttfs_store.v s/behind = miss_q \&\& dirty_q/behind = miss_q \&\& dirty_q \&\& !flush_i/
// mutant: ttfs_store.v s/else if (fetch_q) at_q <= put_at_q/else if (miss_q) at_q <= put_at_q/
// mutant: ttfs_store.v s/(fetch_q || (valid_q \&\& !drop_i))/1'b1/
// mutant: ttfs_store.v s/{clear_q || !back, parity_q/{clear_q, parity_q/
// mutant: ttfs_store.v s/alive = !word.WIDTH+1. \&\& /alive = /
// ttfs_store: puts, reads, words that are made empty, write-backs and resets in any order, for ever. One value of one word is
// followed. In every turn it is written in some slots, then read in others, and whoever finds it stale makes it empty; all
// other words are written and read at any time. What is read is what was put last in this turn, zero if nothing was; a put
// waits for a cycle at most.
//
// What makes it inductive: where the followed value is, of the put that waits, the line and the memory.
module store (
    input wire       clk,
    input wire       reset, put, flush, drop, get, get_write, reads, value, element,
    input wire [1:0] put_at, get_at
);
    (* anyconst *) reg [1:0] at;   // what is followed
    (* anyconst *) reg       e;
    reg rst_n = 0;
    always @(posedge clk) rst_n <= !reset;
    wire       ready, put_ready, clean, get_ready, lost, empty, odd;
    wire [1:0] word;

    reg parity = 0, reading = 0, want = 0, touched = 0;   // of this turn: its parity, its slots read, the value, it was put
    reg came = 0, stale = 0, done = 0;                    // it was read in the cycle before; is to be made empty; needs not be
    reg waited = 0;

    ttfs_store #(.VALUE_BITS(1), .ELEMENTS(2), .WORDS(3)) dut (
        .clk_i(clk), .rst_ni(rst_n), .ready_o(ready), .put_i(put), .put_ready_o(put_ready), .put_at_i(put_at),
        .put_element_i(element), .put_value_i(value), .put_parity_i(parity), .flush_i(flush), .drop_i(drop), .clean_o(clean),
        .get_i(get), .get_write_i(get_write), .get_at_i(get_at), .get_ready_o(get_ready), .lost_o(lost), .get_word_o(word),
        .get_empty_o(empty), .get_odd_o(odd)
    );

    wire mine = put && put_at == at, seen = get && get_at == at;
    wire is_stale = !empty && odd != parity;
    always @(posedge clk) begin
        waited <= rst_n && put && !put_ready;
        came   <= rst_n && seen && get_ready && !get_write;
        if (mine && put_ready) begin
            touched <= 1;
            if (element == e) want <= value;
        end
        if (came) begin
            stale <= is_stale;
            if (!is_stale) done <= 1;
        end
        if (seen && get_write && get_ready) begin
            stale <= 0;
            done <= 1;
        end
        if (drop) begin
            reading <= reads;
            if (reading && !reads) begin   // the next turn
                parity <= !parity;
                touched <= 0;
                done <= 0;
`ifndef CORRUPT
                want <= 0;
`endif
            end
        end
        if (!rst_n) {reading, want, touched, stale, done} <= 0;
    end

    always @* begin
        assume (at < 3 && put_at < 3 && get_at < 3);
        assume (!(put || get || drop) || (rst_n && ready));
        assume (!drop || (clean && !put && !get));
        assume (!mine || !reading);
        assume (!seen || reading);
        assume (!(seen && get_write) || stale);
        assume (!(drop && reading && !reads) || (done && !came));
        if (rst_n) begin
            assert (!(waited && put) || put_ready);
            if (came) assert ((empty || odd != parity ? 1'b0 : word[e]) == want);
        end
    end

`ifndef OUTSIDE
    (* hierconn *) wire \dut.put_q , \dut.put_parity_q , \dut.clear_q , \dut.valid_q , \dut.dirty_q , \dut.fetch_q , \dut.parity_q ,
        \dut.miss_q , \dut.back_q , \dut.flush_q , \dut.element_q , \dut.value_q ;
    (* hierconn *) wire [1:0] \dut.put_at_q , \dut.at_q , \dut.line_q ;
    (* hierconn *) wire [3:0] \dut.word ;
    (* hierconn *) wire [11:0] \dut.u_words.words ;
    wire put_q = \dut.put_q , put_parity_q = \dut.put_parity_q , clear_q = \dut.clear_q , valid_q = \dut.valid_q , dirty_q = \dut.dirty_q ;
    wire fetch_q = \dut.fetch_q , parity_q = \dut.parity_q , miss_q = \dut.miss_q , back_q = \dut.back_q , flush_q = \dut.flush_q ;
    wire element_q = \dut.element_q , value_q = \dut.value_q ;
    wire [1:0] put_at_q = \dut.put_at_q , at_q = \dut.at_q , line_q = \dut.line_q ;
    wire [3:0] read = \dut.word ;
    wire [11:0] words = \dut.u_words.words ;

    wire [3:0] kept = words[4*at +: 4];
    wire alive = !kept[3] && kept[2] == parity;
    wire in_memory = alive && kept[e];
    wire in_line = (valid_q || back_q) && at_q == at;
    wire in_put = put_q && put_at_q == at;
    always @* if (rst_n && clear_q) begin
            assert (at_q < 3 && (at >= at_q || kept[3]));
            assert ({put_q, valid_q, dirty_q, fetch_q, miss_q, back_q, flush_q, reading, want, touched, came, stale, done, waited} == 0);
        end else if (rst_n) begin
            assert (!(put_q || valid_q) || put_at_q < 3);
            assert (!(valid_q || back_q) || at_q < 3);
            if (put_q) assert (put_parity_q == parity);
            if (valid_q || back_q) assert (parity_q == parity);
            if (valid_q && !miss_q) assert (put_at_q == at_q && put_parity_q == parity_q);
            if (miss_q && valid_q) assert (put_at_q != at_q);
            if (back_q) assert (put_at_q != at_q);
            if (fetch_q) assert (dirty_q == back_q && !flush_q && read == words[4*put_at_q +: 4]);
            if (flush_q) assert (valid_q && !miss_q);
            if (in_put || in_line) assert (!reading && touched);
            if (in_line && valid_q && !dirty_q) assert (line_q[e] == in_memory);
            assert (want == (in_put && element_q == e ? value_q : in_line ? line_q[e] : in_memory));
            if (!touched) assert (!alive && !want);
            if (came) assert (reading && read == kept);
            if (stale) assert (reading && !done && !kept[3] && kept[2] != parity);
            if (done) assert (reading && (kept[3] || kept[2] == parity));
            if (waited) assert (!miss_q);
        end
`endif
endmodule
