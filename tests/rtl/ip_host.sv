// SPDX-License-Identifier: Apache-2.0
// A bus behind pipes: what a program says on standard input is done to ttfs_axi of a compiled folder, and answered on standard
// output, with pauses of all masters and slaves that are drawn. tests/e2e/pynq_driver.py is such a program. A line each:
//     w ADDRESS WORD     a write; answers the response
//     r ADDRESS 0        a read; answers the word and the response
//     s BEATS 0          a packet in, its beats in lines behind; answers nothing
//     m 0 0              waits for a packet out; answers the number of its beats, and these
// Numbers are hexadecimal. The end of the input ends the simulation.
`ifndef STREAMS
`define STREAMS 1
`endif
module ip_host;
    localparam STDIN = 32'h8000_0000, STDOUT = 32'h8000_0001;
    reg         clk = 0, rst_n = 0, aw = 0, w = 0, ar = 0, b = 0, r = 0, s = 0, last = 0, m_ready = 0;
    reg  [7:0]  address = 0;
    reg  [31:0] word = 0;
    reg  [63:0] beat = 0, out [0:65535];
    integer     seed = 7, n_out = 0, packets = 0, taken = 0, read, i;
    integer     ends [0:4095];
    reg  [63:0] first, second;
    reg  [7:0]  op;
    wire        aw_ready, w_ready, ar_ready, b_valid, r_valid, s_ready, m_valid, m_last, irq;
    wire [1:0]  b_resp, r_resp;
    wire [31:0] r_data;
    wire [63:0] m_data;

    always #5 clk = !clk;

    ttfs_axi #(.STREAMS(`STREAMS)) dut (
        .aclk(clk), .aresetn(rst_n), .s_axi_awaddr(address), .s_axi_awprot(3'd0), .s_axi_awvalid(aw), .s_axi_awready(aw_ready),
        .s_axi_wdata(word), .s_axi_wstrb(4'hf), .s_axi_wvalid(w), .s_axi_wready(w_ready), .s_axi_bresp(b_resp), .s_axi_bvalid(b_valid),
        .s_axi_bready(b), .s_axi_araddr(address), .s_axi_arprot(3'd0), .s_axi_arvalid(ar), .s_axi_arready(ar_ready), .s_axi_rdata(r_data),
        .s_axi_rresp(r_resp), .s_axi_rvalid(r_valid), .s_axi_rready(r), .s_axis_tdata(beat[`BITS-1:0]), .s_axis_tkeep({`BITS / 8{1'b1}}),
        .s_axis_tlast(last), .s_axis_tvalid(s), .s_axis_tready(s_ready), .m_axis_tdata(m_data[`BITS-1:0]), .m_axis_tkeep(),
        .m_axis_tlast(m_last), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .irq(irq)
    );
    generate if (`BITS < 64) begin : g_pad assign m_data[63:`BITS] = 0; end endgenerate

    task pause; repeat ($unsigned($random(seed)) % 2) @(posedge clk); endtask

    // Valid stays until the edge at which ready is seen.
    always @(posedge clk) if (rst_n) begin
        if (aw && aw_ready) aw <= 0;
        if (w && w_ready) w <= 0;
        if (ar && ar_ready) ar <= 0;
        m_ready <= $unsigned($random(seed)) % 3 != 0;
        if (m_valid && m_ready) begin
            out[n_out] = m_data;
            n_out = n_out + 1;
            if (m_last) begin ends[packets] = n_out; packets = packets + 1; end
        end
    end

    task write(input [7:0] at, input [31:0] data);
        begin
            address <= at; word <= data;
            aw <= 1; pause; w <= 1;
            @(posedge clk);
            while (!b_valid) @(posedge clk);
            pause; b <= 1; @(posedge clk); b <= 0;
            $display("%h", b_resp);
        end
    endtask

    task get(input [7:0] at);
        begin
            address <= at; ar <= 1;
            @(posedge clk);
            while (!r_valid) @(posedge clk);
            pause;
            $display("%h %h", r_data, r_resp);
            r <= 1; @(posedge clk); r <= 0; @(posedge clk);
        end
    endtask

    task send(input [63:0] data, input ends_it);
        begin
            pause;
            beat <= data; last <= ends_it; s <= 1;
            @(posedge clk);
            while (!(s && s_ready)) @(posedge clk);
            s <= 0;
        end
    endtask

    task receive;
        begin
            while (packets == taken) @(posedge clk);
            $display("%h", ends[taken] - (taken ? ends[taken - 1] : 0));
            for (i = taken ? ends[taken - 1] : 0; i < ends[taken]; i = i + 1) $display("%h", out[i]);
            taken = taken + 1;
        end
    endtask

    initial begin
        repeat (4) @(posedge clk);
        rst_n <= 1;
        @(posedge clk);
        read = $fscanf(STDIN, " %c %h %h", op, first, second);
        while (read == 3) begin
            case (op)
                "w": write(first, second);
                "r": get(first);
                "m": receive;
                default: for (i = first; i > 0; i = i - 1) begin
                    read = $fscanf(STDIN, " %h", second);
                    send(second, i == 1);
                end
            endcase
            $fflush(STDOUT);
            read = $fscanf(STDIN, " %c %h %h", op, first, second);
        end
        $finish;
    end
endmodule
