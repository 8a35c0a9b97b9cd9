// SPDX-License-Identifier: Apache-2.0
// ttfs_axil: 1,000 random accesses with pauses of the master on every channel, addresses before, with and behind their data,
// reads beside writes, against a model of what the words of the chip's configuration hold: each is answered once, in order,
// with what it is to be. Then samples through the registers: flits in and out in order, none lost.
module axil_tb;
    `include "bench.svh"
    `include "ttfs_registers.vh"
    `include "wrap_chip.svh"
    `include "wrap_bus.svh"

    reg         awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
    reg  [7:0]  awaddr = 0, araddr = 0;
    reg  [31:0] wdata = 0;
    reg  [3:0]  wstrb = 4'hf;
    wire        awready, wready, bvalid, arready, rvalid, irq;
    wire [1:0]  bresp, rresp;
    wire [31:0] rdata;
    reg  [1:0]  resp;
    integer     i, writes = 0, reads = 0, answered = 0, read_back = 0;

    ttfs_axil #(.FLIT(FLIT)) dut (
        .clk_i(clk), .rst_ni(rst_n), .awvalid_i(awvalid), .awready_o(awready), .awaddr_i(awaddr), .awprot_i(3'd0),
        .wvalid_i(wvalid), .wready_o(wready), .wdata_i(wdata), .wstrb_i(wstrb), .bvalid_o(bvalid), .bready_i(bready),
        .bresp_o(bresp), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr), .arprot_i(3'd0), .rvalid_o(rvalid),
        .rready_i(rready), .rdata_o(rdata), .rresp_o(rresp), .irq_o(irq), .cfg_valid_o(cfg_valid), .cfg_ready_i(cfg_ready),
        .cfg_write_o(cfg_write), .cfg_addr_o(cfg_addr), .cfg_data_o(cfg_data), .cfg_rvalid_i(cfg_rvalid),
        .cfg_rdata_i(cfg_rdata), .start_o(start), .busy_i(busy), .done_i(done), .in_valid_o(in_valid), .in_ready_i(in_ready),
        .in_end_o(in_end), .in_flit_o(in_flit), .out_valid_i(out_valid), .out_ready_o(out_ready), .out_flit_i(out_flit),
        .slot_valid_i(busy), .slot_i(12'd0), .flags_i(11'd0)
    );

    // Answers that nobody asked for, or a second one.
    always @(negedge clk) if (rst_n) begin
        if (bvalid && bready) begin answered = answered + 1; if (answered > writes) check(1, 0, 90); end
        if (rvalid && rready) begin read_back = read_back + 1; if (read_back > reads) check(1, 0, 91); end
    end

    task send_address(input [7:0] a);
        begin
            repeat (below(4)) tick;
            awvalid = 1; awaddr = a;
            #3;
            while (!awready) begin tick; #3; end
            tick;
            awvalid = 0;
        end
    endtask
    task send_data(input [31:0] d, input [3:0] s);
        begin
            repeat (below(4)) tick;
            wvalid = 1; wdata = d; wstrb = s;
            #3;
            while (!wready) begin tick; #3; end
            tick;
            wvalid = 0;
        end
    endtask
    task write(input [7:0] a, input [31:0] d, input [3:0] s);
        begin
            writes = writes + 1;
            fork
                send_address(a);
                send_data(d, s);
            join
            repeat (below(4)) tick;
            bready = 1;
            #3;
            while (!bvalid) begin tick; #3; end
            resp = bresp;
            tick;
            bready = 0;
        end
    endtask
    task read(input [7:0] a);
        begin
            reads = reads + 1;
            repeat (below(4)) tick;
            arvalid = 1; araddr = a;
            #3;
            while (!arready) begin tick; #3; end
            tick;
            arvalid = 0;
            repeat (below(4)) tick;
            rready = 1;
            #3;
            while (!rvalid) begin tick; #3; end
            got = rdata;
            resp = rresp;
            tick;
            rready = 0;
        end
    endtask
    task set(input [5:0] word, input [31:0] data);
        begin
            write({word, 2'd0}, data, 4'hf);
            check(resp, 0, 1);
        end
    endtask
    task get(input [5:0] word);
        begin
            read({word, 2'd0});
            check(resp, 0, 2);
        end
    endtask

    initial begin
        reset;
        fill_words;
        for (i = 0; i < 1000; i = i + 1)
            case (below(8))
                0: begin write({1'b1, 7'd8}, 0, 4'hf); check(resp, 2, 5); end
                1: begin
                    // A read beside a write, of two registers that do not meet.
                    fork
                        begin write(8'h14, i & 7, 4'hf); check(resp, 0, 6); end
                        begin read(8'h00); check(got, 32'h54544653, 7); end
                    join
                    get(REG_IRQ_ENABLE);
                    check(got, i & 7, 8);
                end
                default: some_word;
            endcase
        write(8'h14, 0, 4'h7); check(resp, 2, 9);
        set(REG_IN_HIGH, 32'h33);
        repeat (5) sample(20);
        check_fed(8'h33);
        check(writes + reads >= 1000 && answered == writes && read_back == reads, 1, 13);
        finish(1500);
    end
endmodule
