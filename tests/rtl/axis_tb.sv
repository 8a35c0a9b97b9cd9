// SPDX-License-Identifier: Apache-2.0
// ttfs_axis: 200 samples of 0 to 40 flits, over 1,000 transfers each way, with pauses of the sender, the receiver and the chip:
// every flit comes through in order, packets begin samples and end with them, the last readout of each sample is marked. Of
// every eight packets the chip refuses one and gives up on its host in another: what it does not hear is dropped, all others
// go on as if nothing had been. A chip with EARLY takes a start before a sample is done: none comes before it is.
module axis_tb;
    `include "bench.svh"
    `include "wrap_chip.svh"
    localparam SAMPLES = 200;

    reg             s_valid = 0, s_last = 0, m_ready = 0, heard = 1;   // heard: by the chip
    reg  [FLIT-1:0] s_data = 0, sent [0:65535];
    reg  [4:0]      s_keep = 0;
    wire            s_ready, m_valid, m_last;
    wire [FLIT-1:0] m_data;
    integer         i, k, n, n_sent = 0, got = 0, lasts = 0, want = 0, waits = 0, ends = 0;
    reg             soon = 0;   // the chip would take the next start
    always @(posedge clk) soon <= below(3) == 0;
    assign {cfg_valid, cfg_write, cfg_addr, cfg_data} = 66'd0;

    ttfs_axis #(.FLIT(FLIT)) dut (
        .clk_i(clk), .rst_ni(rst_n), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data), .s_keep_i(s_keep),
        .s_last_i(s_last), .m_valid_o(m_valid), .m_ready_i(m_ready), .m_data_o(m_data), .m_last_o(m_last), .start_o(start),
        .busy_i((busy && !(soon && !hears)) || other), .done_i(done), .in_valid_o(in_valid), .in_ready_i(in_ready), .in_end_o(in_end), .in_flit_o(in_flit),
        .slot_valid_i(busy), .out_valid_i(out_valid), .out_ready_o(out_ready), .out_flit_i(out_flit)
    );

    // The receiver: what it gets counts up, and a mark is behind the sums of a sample.
    always @(posedge clk) m_ready <= below(3) != 0;
    always @(negedge clk) if (rst_n && m_valid && m_ready) begin
        check(m_data, {8'hc0, 32'd0} + got, 1);
        got = got + 1;
        want = want + 1;
        check(m_last, want == sums, 2);
        if (m_last) begin lasts = lasts + 1; want = 0; end
    end

    task beat(input [FLIT-1:0] data, input kept, input last);
        begin
            repeat (below(3)) tick;
            s_valid = 1; s_data = data; s_keep = kept ? 5'h1f : 5'h00; s_last = last;
            #3;
            while (!s_ready) begin tick; waits = waits + 1; #3; end
            tick;
            s_valid = 0; s_data = {$random(seed), $random(seed)};
            if (kept && data != 0 && heard) begin sent[n_sent] = data; n_sent = n_sent + 1; end
        end
    endtask

    // The chip has all that was sent of a packet, if anything, and waits no longer.
    task give_up;
        if (k > 0) begin
            while (n_fed < n_sent) tick;
            tired = 1;
            while (hears) tick;
            tired = 0;
            heard = 0;
        end
    endtask

    initial begin
        sums = 6;
        disturb = 1;
        reset;
        for (i = 0; i < SAMPLES; i = i + 1) begin
            n = below(41);
            refuse = i % 8 == 3;
            heard = !refuse;
            for (k = 0; k < n; k = k + 1) begin
                if (i % 8 == 6 && k == n / 2) give_up;
                beat({$random(seed), $random(seed)}, 1, k + 1 == n && (i & 1));
            end
            if (n == 0 || !(i & 1)) beat(0, i & 2, 1);   // kept, but of zeros: no flit either
            if (!refuse) ends = ends + 1;
        end
        while (lasts < ends) tick;
        check(n_fed, n_sent, 3);
        for (i = 0; i < n_sent; i = i + 1) check(fed[i], sent[i], 4);
        check(samples_fed, ends, 5);
        check(got, sums * ends, 6);
        check(refused, 0, 7);
        check(n_sent >= 1000 && got >= 1000 && waits > 1000, 1, 8);
        finish(4800);
    end
endmodule
