// SPDX-License-Identifier: Apache-2.0
// proof: 16
// of: wrap
// wrong: CORRUPT
// mutant: wrap/ttfs_axis.v s/state_q\[1\] && !in_q && !end_q/state_q[1] \&\& !end_q/
// mutant: wrap/ttfs_axis.v s/held_q && room && (comes || through)/held_q \&\& (comes || through)/
// mutant: wrap/ttfs_axis.v s/!last_q && (!held_q || !m_valid_q)/!held_q || !m_valid_q/
// mutant: wrap/ttfs_axis.v s/m_valid_q && !m_ready_i/1'b0/
// mutant: wrap/ttfs_axis.v s/ && !slot_valid_i) state_q <= START/) state_q <= START/
// mutant: wrap/ttfs_axis.v s/if (!busy_i) state_q <= FEED/state_q <= FEED/
// mutant: wrap/ttfs_axis.v s/state_q == FEED && !slot_valid_i/1'b0/
// mutant: wrap/ttfs_axis.v s/if (drops || given) in_q/if (given) in_q/
// mutant: wrap/ttfs_axis.v s/drops && (end_q || (accept && s_last_i))/drops \&\& accept \&\& s_last_i/
// mutant: wrap/ttfs_axis.v s/|s_keep_i \&\& |s_data_i\[FLIT-1:0\]/|s_keep_i/
// ttfs_axis: AXI4-Stream, for any sender that keeps its beats, any receiver and any chip, whose done comes when its flits have
// gone. One flit of each direction is followed, the K-th: it goes on as the K-th, with the same bits, and with the mark of a
// last one exactly if no other comes before the done. Flits are neither lost nor doubled, an end marker is given behind all
// flits of its packet, beats that wait do not change, a packet is taken once the chip has taken its start, one a packet, which
// comes when no sample runs (with EARLY a chip is not busy before a sample is done). When
// no sample runs meanwhile, the packet's rest, what waits too, is taken at once and goes nowhere: the next one has a start.
module axis (
    input wire       clk,
    input wire       s_valid, s_last, m_ready, busy, done, in_ready, out_valid, slot_valid,
    input wire [7:0] s_data,
    input wire       s_keep,
    input wire [7:0] out_flit
);
    (* anyconst *) reg [2:0] k;
    reg rst_n = 0, past = 0;
    always @(posedge clk) begin rst_n <= 1; past <= rst_n; end
    wire s_ready, m_valid, m_last, start, in_valid, in_end, out_ready;
    wire [7:0] m_data, in_flit;

    ttfs_axis #(.FLIT(8)) dut (
        .clk_i(clk), .rst_ni(rst_n), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data), .s_keep_i(s_keep),
        .s_last_i(s_last), .m_valid_o(m_valid), .m_ready_i(m_ready), .m_data_o(m_data), .m_last_o(m_last), .start_o(start),
        .busy_i(busy), .done_i(done), .in_valid_o(in_valid), .in_ready_i(in_ready), .in_end_o(in_end), .in_flit_o(in_flit),
        .slot_valid_i(slot_valid), .out_valid_i(out_valid), .out_ready_o(out_ready), .out_flit_i(out_flit)
    );

    wire s_takes = s_valid && s_ready, s_flit = s_takes && s_keep && s_data != 0, gives = in_valid && in_ready;
    wire takes = out_valid && out_ready, leaves = m_valid && m_ready;
    reg [4:0] came = 0, went = 0, ends_came = 0, ends_went = 0, outs = 0, ms = 0;

    // A start that the chip took (it looks at none while it is busy), until the end is given or no sample runs. Then its packet
    // is dropped.
    reg started = 0, dropping = 0;
    wire lost = started && !slot_valid, drops = lost || dropping;
    always @(posedge clk) if (rst_n) begin
        started <= (started && !(gives && in_end) && !lost) || (start && !busy);
        dropping <= drops && !(s_takes && s_last) && ends_came == ends_went;
    end
    reg was_start, was_slot;
    always @(posedge clk) {was_start, was_slot} <= {start, slot_valid};
    always @* if (past && rst_n) begin
        assert (!start || was_start || !was_slot);
        assert (!s_takes || started || dropping);
        assert (!(start && (started || dropping)));
        assert (!in_valid || started);
        assert (!dropping || s_ready);
    end
    reg [7:0] flit, sum;
    reg sum_last, sum_known = 0;
    reg s_waits, in_waits, m_waits, out_waits;
    reg [9:0] s_1;
    reg [8:0] in_1, m_1;
    reg [7:0] out_1;
    always @(posedge clk) if (rst_n) begin
        if (s_flit && came == k) flit <= s_data;
        came <= drops ? went : came + s_flit;
        went <= went + (gives && !in_end);
        ends_came <= drops ? ends_went : ends_came + (s_takes && s_last);
        ends_went <= ends_went + (gives && in_end);
        if (takes && outs == k) sum <= out_flit;
        if (outs == k + 1 && !sum_known && (takes || done)) begin sum_known <= 1; sum_last <= done; end
        outs <= outs + takes;
        ms <= ms + leaves;
    end
    always @(posedge clk) begin
        s_waits <= rst_n && s_valid && !s_ready; s_1 <= {s_keep, s_last, s_data};
        in_waits <= rst_n && in_valid && !in_ready && !lost; in_1 <= {in_end, in_flit};
        m_waits <= rst_n && m_valid && !m_ready; m_1 <= {m_last, m_data};
        out_waits <= rst_n && out_valid && !out_ready; out_1 <= out_flit;
    end

    always @* begin
        if (s_waits) assume (s_valid && {s_keep, s_last, s_data} == s_1);
        if (out_waits) assume (out_valid && out_flit == out_1);
        assume (!(done && out_valid));
        assume (!in_ready || slot_valid);
        if (past && rst_n) begin
            if (in_waits) assert (in_valid && {in_end, in_end ? in_1[7:0] : in_flit} == in_1);
            if (m_waits) assert (m_valid && {m_last, m_data} == m_1);
            assert (went <= came && came <= went + 1);
            assert (ends_went <= ends_came && ends_came <= ends_went + 1);
            if (gives && in_end) assert (ends_came == ends_went + 1 && came == went);
            if (gives && !in_end && went == k)
`ifdef CORRUPT
                assert (in_flit != flit);
`else
                assert (in_flit == flit);
`endif
            assert (ms <= outs && outs <= ms + 2);
            if (leaves && ms == k) assert (m_data == sum && sum_known && m_last == sum_last);
        end
    end
endmodule
