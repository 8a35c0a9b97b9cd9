// SPDX-License-Identifier: Apache-2.0
// A host at the SPI pins of tt_um_ttfs: a line of standard input is a frame, a command and 64 bits of payload (hexadecimal), and
// the answer is what came back, status and data. tests/e2e/tiny_tapeout.py is such a program.
module tt_host;
    localparam STDIN = 32'h8000_0000, STDOUT = 32'h8000_0001;
    reg         clk = 0, rst_n = 0, sck = 0, cs_n = 1, mosi = 0;
    reg  [7:0]  command;
    reg  [63:0] payload;
    reg  [71:0] send, back;
    wire [7:0]  out, uio_out, uio_oe;
    integer     i, read;
    always #5 clk = !clk;

    tt_um_ttfs dut (
        .ui_in({4'd0, 1'b1, mosi, cs_n, sck}), .uo_out(out), .uio_in(8'd0), .uio_out(uio_out), .uio_oe(uio_oe), .ena(1'b1), .clk(clk),
        .rst_n(rst_n)
    );

    task frame;
        begin
            send = {command, payload};
            cs_n = 0;
            repeat (5) @(posedge clk);
            for (i = 71; i >= 0; i = i - 1) begin
                mosi = send[i];
                repeat (5) @(posedge clk);
                back[i] = out[0];
                sck = 1;
                repeat (5) @(posedge clk);
                sck = 0;
            end
            repeat (5) @(posedge clk);
            cs_n = 1;
            repeat (20) @(posedge clk);
        end
    endtask

    initial begin
        repeat (4) @(posedge clk);
        rst_n = 1;
        while (out[2] !== 0) @(posedge clk);
        repeat (40) @(posedge clk);
        read = $fscanf(STDIN, " %h %h", command, payload);
        while (read == 2) begin
            frame;
            $display("%h %h", back[71:64], back[63:0]);
            $fflush(STDOUT);
            read = $fscanf(STDIN, " %h %h", command, payload);
        end
        $finish;
    end
endmodule
