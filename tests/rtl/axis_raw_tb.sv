// SPDX-License-Identifier: Apache-2.0
// ttfs_axis_raw: 120 samples of random shapes, orders and tables, some short, some too long, some empty, with pauses of the
// sender and the receiver: the flits that leave are those of the pixels that are not 0, in order, each packet ends once and
// with its last flit or a beat of none, and what waits stays as it is. Each whole table is told of once.
module axis_raw_tb;
    `include "bench.svh"
    localparam FLIT = 40, VALUE = 12, VALUE_BITS = 5, C_BITS = 6, X_BITS = 6, Y_BITS = 6, TABLES = 2, PIXELS = 4, TURN = 1;
    localparam FLOW_BITS = FLIT - TURN - VALUE - C_BITS - X_BITS - Y_BITS;

    reg                 s_valid = 0, s_last = 0, s_config = 0, m_ready = 0, waits = 0;
    reg  [8*PIXELS-1:0] s_data = 0;
    reg  [PIXELS-1:0]   s_keep = 0;
    wire                s_ready, m_valid, m_last, whole;
    wire [FLIT-1:0]     m_data;
    wire [4:0]          m_keep;
    reg  [FLIT+1:0]     want [0:65535], held;   // {last, kept, flit}
    reg  [15:0]         tables [0:256*TABLES-1];
    reg  [7:0]          bytes [0:4095];
    integer             n_want = 0, got = 0, sample, i, n, w, h, c, flow, channels_last, x, y, z, v, size, stalls = 0, rest = 0, tables_set = 0, tables_told = 0;
    reg                 apart;

    ttfs_axis_raw #(.FLIT(FLIT), .VALUE(VALUE), .VALUE_BITS(VALUE_BITS), .C_BITS(C_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS), .TABLES(TABLES), .TURN(TURN),
                    .PIXELS(PIXELS)) dut (
        .clk_i(clk), .rst_ni(rst_n), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data), .s_keep_i(s_keep), .s_last_i(s_last),
        .s_config_i(s_config), .table_o(whole), .m_valid_o(m_valid), .m_ready_i(m_ready), .m_data_o(m_data), .m_keep_o(m_keep), .m_last_o(m_last)
    );

    wire [FLIT+1:0] out = {m_last, |m_keep, m_keep[0] ? m_data : 40'd0};
    // Short pauses, and some that are longer than a configuration needs to begin.
    always @(posedge clk) begin
        rest <= rest > 0 ? rest - 1 : below(12) == 0 ? 12 : 0;
        m_ready <= rest == 0 && below(3) != 0;
    end
    always @(negedge clk) if (rst_n) begin
        if (whole) tables_told = tables_told + 1;
        if (waits) check({m_valid, out}, {1'b1, held}, 1);
        waits = m_valid && !m_ready;
        held = out;
        if (waits) stalls = stalls + 1;
        if (m_valid && m_ready) begin
            check(out, want[got], 2);
            check(m_keep == 5'h1f || m_keep == 0, 1, 3);
            got = got + 1;
        end
    end

    // `count` bytes as a packet; its end is in a beat of its own where `apart`.
    task send(input integer count, input config_, input apart);
        integer at, k;
        reg     more;
        begin
            at = 0;
            more = apart;
            while (at < count || more) begin
                repeat (below(2)) tick;
                s_data = $random(seed);
                s_keep = 0;
                for (k = 0; k < PIXELS && at < count; k = k + 1) begin
                    s_data[8*k +: 8] = bytes[at];
                    s_keep[k] = 1;
                    at = at + 1;
                end
                if (s_keep == 0) more = 0;
                s_config = config_;
                s_last = at == count && !more;
                s_valid = 1;
                #3;
                while (!s_ready) begin tick; #3; end
                tick;
                s_valid = 0;
            end
        end
    endtask

    task put(input integer at, input integer value);
        begin bytes[at] = value; bytes[at + 1] = value >> 8; end
    endtask

    task configure;
        begin
            w = 1 + below(5); h = 1 + below(4); c = 1 + below(4); flow = below(1 << FLOW_BITS); channels_last = below(2);
            put(0, flow); put(2, w - 1); put(4, h - 1); put(6, c - 1); put(8, channels_last);
            for (i = 0; i < 256 * TABLES; i = i + 1) begin
                if (sample < 3 || sample % 16 == 0) tables[i] = below(3) == 0 ? 0 : below(1 << VALUE_BITS);
                put(10 + 2 * i, tables[i]);
            end
            for (i = 10 + 512 * TABLES; i < 4096; i = i + 1) bytes[i] = $random(seed);   // beyond the tables: nothing
            if (sample < 3 || sample % 16 == 0) tables_set = tables_set + 1;
            send(sample < 3 || sample % 16 == 0 ? 10 + 512 * TABLES + below(600) : 10, 1, below(2));   // tables that are left out stay
        end
    endtask

    // What a sample of `count` bytes becomes: its end is the mark of the last byte's flit, if that byte leaves one and has it.
    task expect_of(input integer count, input apart);
        begin
            v = 0;
            for (i = 0; i < count; i = i + 1) begin
                if (channels_last) begin z = i % c; x = i / c % w; y = i / c / w; end
                else begin x = i % w; y = i / w % h; z = i / w / h; end
                v = i < w * h * c ? tables[z % TABLES * 256 + bytes[i]] : 0;
                if (v != 0) begin
                    want[n_want] = {1'b0, 1'b1, flow[FLOW_BITS-1:0], 1'b0, y[5:0], x[5:0], z[5:0], v[VALUE-1:0]};
                    n_want = n_want + 1;
                end
            end
            if (v != 0 && !apart) want[n_want-1][FLIT+1] = 1;
            else begin want[n_want] = 42'd1 << (FLIT + 1); n_want = n_want + 1; end
        end
    endtask

    initial begin
        reset;
        for (sample = 0; sample < 120; sample = sample + 1) begin
            if (sample % 2 == 0) configure;
            size = w * h * c;
            n = below(6) == 0 ? below(size + 1) : below(6) == 0 ? size + below(6) : size;
            for (i = 0; i < n; i = i + 1) bytes[i] = $random(seed);
            apart = n == 0 || below(4) == 0;
            expect_of(n, apart);
            send(n, 0, apart);
        end
        repeat (300) tick;
        check(got, n_want, 4);
        check(tables_told, tables_set, 6);
        check(got > 1000 && stalls > 300, 1, 5);
        finish(3000);
    end
endmodule
