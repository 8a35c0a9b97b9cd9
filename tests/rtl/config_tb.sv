// SPDX-License-Identifier: Apache-2.0
// ttfs_config: random writes to descriptors and to rows of one chunk and of three, with pauses, and to
// cores, memories and words that are not there: exactly the right writes come out.
module config_case #(parameter ROW = 72) (input wire go, output reg over = 0);
    `include "bench.svh"
    localparam CHUNKS = (ROW + 31) / 32, CB = $clog2(CHUNKS);
    reg valid = 0;
    reg [31:0] addr = 0, data = 0;
    wire [2:0] desc_we, row_we;
    wire [6:0] desc_addr;
    wire [31:0] desc_data;
    wire [3:0] row_addr;
    wire [ROW-1:0] row_data;
    reg [ROW-1:0] rows [0:2][0:15], sent [0:2][0:15];
    reg [31:0] descs [0:2][0:127], sent_desc [0:2][0:127];
    reg [32*CHUNKS-1:0] r;
    integer i, j, c, m, writes = 0, sends = 0;

    ttfs_config #(.CORES(3), .SLOTS(4), .WEIGHT_ROWS(16), .ROW_WIDTH(ROW)) dut (
        .clk_i(clk), .rst_ni(rst_n), .valid_i(valid), .addr_i(addr), .data_i(data),
        .desc_we_o(desc_we), .desc_addr_o(desc_addr), .desc_data_o(desc_data), .row_we_o(row_we),
        .row_addr_o(row_addr), .row_data_o(row_data)
    );
    always @(negedge clk) if (rst_n)
        for (m = 0; m < 3; m = m + 1) begin
            if (desc_we[m]) begin descs[m][desc_addr] = desc_data; writes = writes + 1; end
            if (row_we[m]) begin rows[m][row_addr] = row_data; writes = writes + 1; end
        end

    task write(input [31:0] a, input [31:0] d);
        begin
            while (below(4) == 0) tick;
            valid = 1; addr = a; data = d; tick; valid = 0;
        end
    endtask

    initial begin
        wait (go);
        reset;
        for (i = 0; i < 600; i = i + 1) begin
            c = below(3); j = below(16);
            r = {$random(seed), $random(seed), $random(seed), $random(seed)};
            case (below(6))
                0: begin
                    j = below(128);
                    sent_desc[c][j] = r; sends = sends + 1;
                    write(c << 24 | 1 << 22 | j, r);
                end
                1: write((3 + below(4)) << 24 | (1 + below(2)) << 22 | j, r);
                2: write(c << 24 | 3 * below(2) << 22 | j, r);
                3: write(c << 24 | 1 << 22 | 128 << below(10), r);
                4: write(c << 24 | 2 << 22 | 16 << CB + below(10) | CHUNKS - 1, r);
                default: begin
                    sent[c][j] = r; sends = sends + 1;
                    for (int k = 0; k < CHUNKS; k = k + 1) write(c << 24 | 2 << 22 | j << CB | k, r >> 32 * k);
                end
            endcase
        end
        repeat (4) tick;
        check(writes, sends, 1);
        for (i = 0; i < 3; i = i + 1) begin
            for (j = 0; j < 128; j = j + 1) check(descs[i][j], sent_desc[i][j], 2);
            for (j = 0; j < 16; j = j + 1) check(rows[i][j], sent[i][j], 3);
        end
        over = errors == 0 && checks > 400;
        $display("%0s %0d checks", over ? "ok" : "bad", checks);
    end
endmodule

module config_tb;
    reg go = 1;
    wire a, b;
    config_case #(72) c1 (go, a);
    config_case #(24) c2 (go, b);
    initial begin
        #100000;
        $display("%0s", a && b ? "PASS" : "FAIL");
        $finish;
    end
endmodule
