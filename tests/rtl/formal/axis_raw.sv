// SPDX-License-Identifier: Apache-2.0
// proof: 12
// of: wrap
// wrong: CORRUPT
// mutant: wrap/ttfs_axis_raw.v s/pixel_q \&\& value != 0/pixel_q/
// mutant: wrap/ttfs_axis_raw.v s/there_q \&\& (speaks || end_q)/there_q \&\& speaks/
// mutant: wrap/ttfs_axis_raw.v s/else if (room) there_q <= step \&\& !config_q/else if (room) there_q <= step/
// mutant: wrap/ttfs_axis_raw.v s/if (channels_last_q ? past_y : past_c) over_q <= 1'b1/over_q <= 1'b0/
// ttfs_axis_raw: AXI4-Stream, for any sender that keeps its beats, any receiver, any shape and table, which packets of their own may
// change at any time. Beats that wait do not change. A sample ends once, in order, a configuration never; of a sample no more flits
// leave than bytes came, none twice for the same place and none with a silent value, as long as the shape stays. What has come is
// through eight cycles behind the last beat when the receiver takes all.
`include "ttfs_skid.v"
`include "ttfs_sram.v"
module axis_raw (
    input wire        clk,
    input wire        s_valid, s_last, s_config, m_ready,
    input wire [15:0] s_data,
    input wire [1:0]  s_keep
);
    (* anyconst *) reg [2:0] place;
    (* anyconst *) reg [1:0] k;   // the sample that is followed
    reg rst_n = 0, past = 0;
    always @(posedge clk) begin rst_n <= 1; past <= rst_n; end
    wire       s_ready, m_valid, m_last, whole;
    wire [7:0] m_data;
    wire       m_keep;
    ttfs_axis_raw #(.FLIT(7), .VALUE(2), .VALUE_BITS(2), .C_BITS(1), .X_BITS(1), .Y_BITS(1), .TABLES(1), .PIXELS(2)) dut (
        .clk_i(clk), .rst_ni(rst_n), .s_valid_i(s_valid), .s_ready_o(s_ready), .s_data_i(s_data), .s_keep_i(s_keep), .s_last_i(s_last),
        .s_config_i(s_config), .table_o(whole), .m_valid_o(m_valid), .m_ready_i(m_ready), .m_data_o(m_data), .m_keep_o(m_keep), .m_last_o(m_last)
    );

    wire takes = s_valid && s_ready, leaves = m_valid && m_ready;
    reg       inside = 0, of_config = 0, changed = 0;   // in a packet; of which kind; a configuration came
    reg [3:0] ends_came = 0, ends_went = 0, bytes = 0, flits = 0, calm = 0;
    reg       seen = 0;   // a flit of the place that is followed left, in the sample that is followed
    reg       s_waits = 0, m_waits = 0;
    reg [19:0] s_1;
    reg [9:0]  m_1;
    always @(posedge clk) if (rst_n) begin
        if (takes) begin inside <= !s_last; of_config <= s_config; end
        if (takes && s_config) changed <= 1;
        ends_came <= ends_came + (takes && s_last && !s_config);
        ends_went <= ends_went + (leaves && m_last);
        if (takes && !s_config && ends_came == k) bytes <= bytes + s_keep[0] + s_keep[1];
        if (leaves && m_keep && ends_went == k) flits <= flits + 1;
        if (leaves && m_keep && ends_went == k && m_data[4:2] == place) seen <= 1;
        calm <= s_valid || !m_ready ? 0 : calm == 15 ? 15 : calm + 1;
    end
    always @(posedge clk) begin
        s_waits <= rst_n && s_valid && !s_ready; s_1 <= {s_config, s_keep, s_last, s_data};
        m_waits <= rst_n && m_valid && !m_ready; m_1 <= {m_last, m_keep, m_data};
    end

    always @* begin
        if (s_waits) assume (s_valid && {s_config, s_keep, s_last, s_data} == s_1);
        if (inside) assume (s_config == of_config);
        assume (s_keep != 2'b10);   // the kept ones first
        if (past && rst_n) begin
            if (m_waits) assert (m_valid && {m_last, m_keep, m_data} == m_1);
            assert (ends_went <= ends_came);
            assert (flits <= bytes);
            if (m_valid) assert (m_keep || m_last);
            if (m_valid && m_keep) assert (m_data[1:0] != 0);
            if (leaves && m_keep && ends_went == k && m_data[4:2] == place && !changed)
`ifdef CORRUPT
                assert (seen);
`else
                assert (!seen);
`endif
            if (calm >= 8 && s_ready) assert (ends_went == ends_came && !m_valid);
        end
    end
endmodule
