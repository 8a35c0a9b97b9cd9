// SPDX-License-Identifier: Apache-2.0
//
// Loads a chip from the board's SPI flash, once, behind the reset: wakes the flash (ab), reads (03) from OFFSET on and writes
// what is there over the configuration port. Words of 32 bits, highest first: MAGIC, then runs (how many words, the address of
// the first, the words), the last one of them to CHECK, then END. Where MAGIC is not there nothing is written, and empty_o pulses with
// done_o; where anything else stands in place of a run or of END, or no CHECK before END, it is written to CHIP, which makes the chip refuse samples
// (WRONG), and that was all. A bit takes two cycles of clk_i; a word that the chip does not take yet halts the flash's clock.
// done_o stays: the network is in, or there is none, or it is damaged.

`default_nettype none

module ttfs_boot #(
    parameter [23:0] OFFSET = 24'h100000
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    // the flash
    output wire        sck_o,
    output wire        cs_no,
    output wire        mosi_o,
    input  wire        miso_i,
    // the chip
    input  wire        busy_i,
    output wire        valid_o,
    input  wire        ready_i,
    output wire [31:0] addr_o,
    output wire [31:0] data_o,
    output wire        empty_o,
    output wire        done_o
);
    localparam [31:0] MAGIC = 32'h54544642, END = 32'h54544645;
    localparam [31:0] CHIP = {10'd0, 4'd15, 18'd1}, CHECK = {10'd0, 4'd15, 18'd3};
    localparam [2:0] REST = 3'd0, WAKE = 3'd1, WOKEN = 3'd2, ASK = 3'd3, BEGIN = 3'd4, COUNT = 3'd5, ADDRESS = 3'd6, DATA = 3'd7;

    reg [2:0]  state_q;
    reg [9:0]  wait_q;      // the flash is awake up to 10 us behind its command
    reg [31:0] shift_q;     // what goes out, what came in
    reg [4:0]  bits_q;      // that are still to come, less one
    reg        phase_q, full_q, done_q, empty_q;
    reg [17:0] words_q;     // of the run that are still to come; 0: the word that is written is damaged
    reg [31:0] addr_q;
    wire selected = state_q == WAKE || state_q >= ASK;
    wire runs     = selected && !full_q && !done_q;
    wire last     = runs && phase_q && bits_q == 5'd0;
    wire [31:0] word = {shift_q[30:0], miso_i};
    wire taken    = full_q && ready_i;
    wire run      = word[31:18] == 14'd0 && word[17:0] != 18'd0;
    wire ends     = word == END && addr_q == CHECK + 32'd1;

    wire nothing = last && state_q == BEGIN && word != MAGIC;

    always @(posedge clk_i) begin
        empty_q <= rst_ni && nothing;
        phase_q <= runs && !phase_q;
        if (runs && phase_q) begin
            bits_q  <= bits_q - 5'd1;
            shift_q <= word;
        end
        if (taken) begin
            addr_q  <= addr_q + 32'd1;
            words_q <= words_q - 18'd1;
        end
        case (state_q)
            REST: begin
                shift_q <= {8'hab, 24'd0};
                bits_q  <= 5'd7;
                wait_q  <= 10'd0;
                addr_q  <= 32'd0;
            end
            WOKEN: begin
                shift_q <= {8'h03, OFFSET};
                bits_q  <= 5'd31;
                wait_q  <= wait_q + 10'd1;
            end
            COUNT: if (last) begin
                words_q <= run ? word[17:0] : 18'd0;
                if (!run) addr_q <= CHIP;
            end
            ADDRESS: if (last) addr_q <= word;
            default: ;
        endcase
        if (!rst_ni) begin
            state_q <= REST;
            full_q  <= 1'b0;
            done_q  <= 1'b0;
            phase_q <= 1'b0;
        end else begin
            case (state_q)
                REST:    if (!busy_i && !done_q) state_q <= WAKE;
                WAKE:    if (last) state_q <= WOKEN;
                WOKEN:   if (&wait_q) state_q <= ASK;
                ASK:     if (last) state_q <= BEGIN;
                BEGIN:   if (last) state_q <= COUNT;
                COUNT:   if (last) state_q <= run ? ADDRESS : DATA;
                ADDRESS: if (last) state_q <= DATA;
                default: if (taken && words_q == 18'd1) state_q <= COUNT;
            endcase
            if (last && (state_q == DATA || (state_q == COUNT && !run))) full_q <= 1'b1;
            else if (taken) full_q <= 1'b0;
            if (nothing || (last && state_q == COUNT && ends) || (taken && words_q == 18'd0)) begin
                done_q  <= 1'b1;
                full_q  <= 1'b0;
                state_q <= REST;
            end
        end
    end
    assign sck_o   = phase_q;
    assign cs_no   = !selected;
    assign mosi_o  = shift_q[31];
    assign valid_o = full_q;
    assign addr_o  = addr_q;
    assign data_o  = shift_q;
    assign empty_o = empty_q;
    assign done_o  = done_q;
endmodule

`default_nettype wire
