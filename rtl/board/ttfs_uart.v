// SPDX-License-Identifier: Apache-2.0
//
// The checked link of the board top. Bytes come and go over a UART (8 bits, no parity, one stop bit, CLOCKS cycles of clk_i a
// bit, 4 or more) or over SPI: when a session of SPI (while spi_cs_ni is low) begins with a flag it is one of bytes, highest bit
// first, both ways at once: what the board sends are flags where it has nothing to say, and the first byte of a session is none
// of it; a byte that was not sent whole is sent again in the next session. Replies leave by the link that spoke last.
// Frames both ways (rtl/README.md, "The board top"): a flag 7e; bytes, of which 7e and 7d are sent as 7d and the byte ^ 20; a flag.
// So a receiver is in step again at the next flag, whatever came before. A frame is a number, a command (the board's: a
// status), 0 or 8 (the board's: 0, 4 or 8) bytes of payload, a CRC-32 of all that, highest first (polynomial 04c11db7,
// starts with ones, inverted at its end). Frames are done in order, each once: one whose number follows the last one's
// is given to the board top as a command; command 0 says what the last number is; others are not done. To each frame
// that was whole goes a reply, with the number of the last command that is done and how things are; to one that was not, or that
// came while a command was at work, a reply that says so. One reply may stand for several. Payload bits leave here as
// they come, before the CRC is known: the board top keeps them while take_o may come.

`default_nettype none

module ttfs_uart #(
    parameter CLOCKS = 12
) (
    input  wire        clk_i,
    input  wire        rst_ni,
    input  wire        rx_i,
    output wire        tx_o,
    // SPI, in step with clk_i: pulses as a session begins and at the edges of its clock
    input  wire        spi_open_i,    // a session lasts
    input  wire        spi_begins_i,
    input  wire        spi_rises_i,
    input  wire        spi_falls_i,
    input  wire        spi_bit_i,
    output wire        spi_bytes_o,   // this session is one of bytes
    output wire        spi_bit_o,     // of a falling edge on, then
    // a command: bits of its payload, highest first, then a pulse; it is at work until it is done
    output wire        bit_valid_o,
    output wire        bit_o,
    output wire        take_o,
    output wire [7:0]  command_o,
    input  wire        busy_i,        // a command is at work, or the board top serves another link
    input  wire        done_i,        // pulses: the command that take_o gave is done
    // what a reply says
    input  wire [5:0]  status_i,      // bit 5: an answer; bit 4: a result
    input  wire [31:0] answer_i,
    input  wire [63:0] result_i
);
    localparam WIDTH = $clog2(CLOCKS);
    localparam [31:0] FULL_WIDE = CLOCKS - 1, HALF_WIDE = CLOCKS / 2 - 1;
    localparam [WIDTH-1:0] LAST = FULL_WIDE[WIDTH-1:0], HALF = HALF_WIDE[WIDTH-1:0];
    localparam [7:0] FLAG = 8'h7e, ESCAPE = 8'h7d;
    localparam [31:0] RESIDUE = 32'hc704dd7b;
    localparam [7:0] NOTHING = 8'd0, WRITE = 8'd1, READ = 8'd2, INPUT = 8'd4;
    localparam [5:0] BYTES = 6'd2;   // 9, 10, 11: for the encoder

    function [31:0] crc_bit;
        input [31:0] crc;
        input        data;
        crc_bit = {crc[30:0], 1'b0} ^ (32'h04c11db7 & {32{crc[31] ^ data}});
    endfunction

    // SPI: a byte goes into rx_byte_q, as those of the UART do, and one that is to be sent leaves tx_q bit by bit.
    reg [2:0] spi_count_q;    // bits of this byte that are in
    reg       spi_first_q;    // it is the session's first one
    reg       spi_bytes_q;
    reg       spi_leaves_q;   // what leaves with it is a byte of a reply, not a flag
    reg       spi_q;          // replies go to SPI
    reg [7:0] rx_byte_q;      // a byte that came, of either line
    reg [8:0] tx_q;           // what is still to be sent: by the UART lowest first, its start bit before it
    reg [3:0] tx_bits_q;
    wire      sending   = tx_bits_q != 4'd0;
    wire      spi_last  = spi_rises_i && spi_count_q == 3'd7;
    wire      spi_flag  = {rx_byte_q[6:0], spi_bit_i} == FLAG;
    wire      spi_came  = spi_last && (spi_bytes_q || (spi_first_q && spi_flag));
    wire      spi_sent  = spi_last && spi_leaves_q;

    // Bytes in: eight samples in the middle of their bits, lowest first; a stop bit that is none makes the frame unsound.
    reg [2:0]       rx_q;
    reg [WIDTH-1:0] rx_count_q;
    reg [3:0]       rx_bits_q;     // bits to come, the stop bit too; 0: between bytes
    reg             came_q;        // a byte is there
    reg             sound_q;
    always @(posedge clk_i) begin
        rx_q   <= {rx_q[1:0], rx_i};
        came_q <= 1'b0;
        if (rx_bits_q == 4'd0) begin
            rx_count_q <= HALF;
            if (rx_q[2:1] == 2'b10) rx_bits_q <= 4'd10;
        end else if (rx_count_q != {WIDTH{1'b0}}) rx_count_q <= rx_count_q - 1'b1;
        else begin
            rx_count_q <= LAST;
            rx_bits_q  <= (rx_bits_q == 4'd10 && rx_q[1]) ? 4'd0 : rx_bits_q - 4'd1;   // no start bit
            if (rx_bits_q != 4'd1) rx_byte_q <= {rx_q[1], rx_byte_q[7:1]};
            came_q  <= rx_bits_q == 4'd1;
            sound_q <= rx_q[1];
        end
        if (spi_open_i) begin
            rx_bits_q <= 4'd0;
            if (spi_rises_i) rx_byte_q <= {rx_byte_q[6:0], spi_bit_i};
            came_q  <= spi_came;
            sound_q <= 1'b1;
        end
        if (!rst_ni) begin
            rx_bits_q <= 4'd0;
            came_q    <= 1'b0;
        end
    end

    wire spi_offers = spi_q && sending;
    wire spi_gives  = (spi_count_q == 3'd0) ? spi_offers && spi_bytes_q : spi_leaves_q;
    always @(posedge clk_i) begin
        if (spi_rises_i) spi_count_q <= spi_count_q + 3'd1;
        if (spi_last) spi_first_q <= 1'b0;
        if (spi_came) spi_bytes_q <= 1'b1;
        if (spi_falls_i) spi_leaves_q <= spi_gives;
        if (spi_last) spi_leaves_q <= 1'b0;
        if (spi_begins_i) begin
            spi_count_q  <= 3'd0;
            spi_first_q  <= 1'b1;
            spi_bytes_q  <= 1'b0;
            spi_leaves_q <= 1'b0;
        end
        if (spi_came) spi_q <= 1'b1;
        else if (came_q && !spi_open_i) spi_q <= 1'b0;
        if (!rst_ni) begin
            spi_q        <= 1'b0;
            spi_bytes_q  <= 1'b0;
            spi_leaves_q <= 1'b0;
        end
    end
    assign spi_bytes_o = spi_bytes_q && !spi_begins_i;
    assign spi_bit_o   = spi_gives ? tx_q[4'd8 - {1'b0, spi_count_q}] : FLAG[3'd7 - spi_count_q];

    // Frames in. A byte is shifted out of eight_q, a bit a cycle, into the CRC and where it belongs.
    reg        inside_q;      // between a flag and the frame's end
    reg        escaped_q, blocked_q;
    reg [3:0]  at_q;          // bytes of the frame that are in
    reg [7:0]  eight_q;
    reg [3:0]  left_q;        // bits of it that are still to be shifted
    reg [31:0] crc_q;
    reg [7:0]  number_q, command_q, done_number_q;
    wire flag     = came_q && sound_q && rx_byte_q == FLAG;
    wire escape   = rx_byte_q == ESCAPE;
    wire shifts   = left_q != 4'd0;
    wire wide     = command_q == WRITE || command_q == READ || command_q == INPUT
                  || (command_q[7:2] == BYTES && command_q[1:0] != 2'd0);
    wire [3:0] payload_end = wide ? 4'd10 : 4'd2;
    wire whole    = inside_q && !shifts && at_q == payload_end + 4'd4;
    wire right    = whole && crc_q == RESIDUE && !blocked_q && !busy_i;
    wire next     = number_q == done_number_q + 8'd1;
    wire nothing  = command_q == NOTHING;
    wire wrong    = (whole && !right) || (flag && inside_q && (at_q != 4'd0 || escaped_q));
    always @(posedge clk_i) begin
        if (shifts) begin
            left_q  <= left_q - 4'd1;
            eight_q <= {eight_q[6:0], 1'b0};
            crc_q   <= crc_bit(crc_q, eight_q[7]);
            if (at_q == 4'd0 && !blocked_q) number_q <= {number_q[6:0], eight_q[7]};
            if (at_q == 4'd1 && !blocked_q) command_q <= {command_q[6:0], eight_q[7]};
            if (left_q == 4'd1) at_q <= at_q + 4'd1;
        end
        if (whole) inside_q <= 1'b0;
        if (flag) begin
            inside_q  <= 1'b1;
            at_q      <= 4'd0;
            crc_q     <= 32'hffffffff;
            escaped_q <= 1'b0;
            blocked_q <= busy_i;
        end else if (came_q && inside_q) begin
            escaped_q <= escape && !escaped_q;
            eight_q   <= rx_byte_q ^ {2'd0, escaped_q, 5'd0};
            left_q    <= (escape && !escaped_q) ? 4'd0 : 4'd8;
            if (!sound_q) blocked_q <= 1'b1;
        end
        if (busy_i) blocked_q <= 1'b1;
        if (right && nothing) done_number_q <= number_q;
        else if (done_i) done_number_q <= done_number_q + 8'd1;
        if (!rst_ni) begin
            inside_q      <= 1'b0;   // what comes before the first flag is nobody's
            left_q        <= 4'd0;
            at_q          <= 4'd0;
            done_number_q <= 8'd0;
        end
    end
    assign bit_valid_o = shifts && !blocked_q && at_q >= 4'd2 && at_q < payload_end;
    assign bit_o       = eight_q[7];
    assign take_o      = right && !nothing && next;
    assign command_o   = command_q;

    // Replies: byte by byte into eight bits, then out, with an escape before it where that is needed.
    // The bits of the number are read one a cycle: where it counts up meanwhile an earlier one is said, which is done too.
    localparam [2:0] REST = 3'd0, BEGIN = 3'd1, NUMBER = 3'd2, STATUS = 3'd3, DATA = 3'd4, CHECK = 3'd5, END = 3'd6;
    reg [2:0]       part_q;
    reg [5:0]       index_q;        // the bit of the data, of the CRC that comes next
    reg             due_q, wrong_q; // a reply; that a frame was not whole
    reg             answer_q, result_q, escape_q;
    reg [3:0]       fill_q;         // bits of the byte that are still to come
    reg [7:0]       out_q;
    reg [31:0]      sum_q;
    reg [WIDTH-1:0] tx_count_q;
    wire fills   = fill_q != 4'd0;
    wire framing = part_q == BEGIN || part_q == END;
    wire begins  = part_q == REST && due_q && !busy_i;
    wire [7:0] status = {1'b0, answer_q, result_q, status_i[3:0], wrong_q};
    wire source  = (part_q == NUMBER) ? done_number_q[index_q[2:0]]
                 : (part_q == STATUS) ? status[index_q[2:0]]
                 : (part_q == CHECK) ? !sum_q[31] : answer_q ? answer_i[index_q[4:0]] : result_i[index_q];
    wire special = !framing && (out_q == FLAG || out_q == ESCAPE);
    wire gives   = part_q != REST && !fills && !sending;   // a byte to the line
    wire ends    = gives && !(special && !escape_q);       // and it is the whole
    wire over    = index_q == 6'd63 || framing;            // of this part; the index went through zero
    always @(posedge clk_i) begin
        if (fills) begin
            fill_q  <= fill_q - 4'd1;
            out_q   <= {out_q[6:0], source};
            index_q <= index_q - 6'd1;
            sum_q   <= (part_q == CHECK) ? {sum_q[30:0], 1'b0} : crc_bit(sum_q, source);
            // the status is one moment's
            if (part_q == STATUS && fill_q == 4'd8) begin
                answer_q <= status_i[5];
                result_q <= status_i[4] && !status_i[5];
            end
        end
        if (spi_q) begin
            if (spi_sent) tx_bits_q <= 4'd0;
        end else if (sending) begin
            if (tx_count_q != {WIDTH{1'b0}}) tx_count_q <= tx_count_q - 1'b1;
            else begin
                tx_count_q <= LAST;
                tx_q       <= {1'b1, tx_q[8:1]};
                tx_bits_q  <= tx_bits_q - 4'd1;
            end
        end
        if (gives) begin
            tx_q       <= {(special && !escape_q) ? ESCAPE : framing ? FLAG : out_q ^ {2'd0, escape_q, 5'd0}, 1'b0};
            tx_bits_q  <= 4'd10;
            tx_count_q <= LAST;
            escape_q   <= special && !escape_q;
        end
        if (ends) begin
            fill_q <= (part_q == END) ? 4'd0 : 4'd8;
            if (over) begin
                index_q <= 6'd7;
                case (part_q)
                    BEGIN:  part_q <= NUMBER;
                    NUMBER: part_q <= STATUS;
                    STATUS: begin
                        part_q  <= (answer_q || result_q) ? DATA : CHECK;
                        index_q <= result_q ? 6'd63 : 6'd31;
                    end
                    DATA: begin
                        part_q  <= CHECK;
                        index_q <= 6'd31;
                    end
                    CHECK: begin
                        part_q <= END;
                        fill_q <= 4'd0;
                    end
                    default: part_q <= REST;
                endcase
            end
        end
        if (begins) begin
            part_q <= BEGIN;
            sum_q  <= 32'hffffffff;
        end
        if (begins) due_q <= 1'b0;
        if (part_q == STATUS && fill_q == 4'd1) wrong_q <= 1'b0;
        if (wrong) wrong_q <= 1'b1;
        if (wrong || (right && (nothing || !next)) || done_i) due_q <= 1'b1;
        if (!rst_ni) begin
            part_q    <= REST;
            due_q     <= 1'b0;
            wrong_q   <= 1'b0;
            escape_q  <= 1'b0;
            fill_q    <= 4'd0;
            tx_q      <= 9'h1ff;
            tx_bits_q <= 4'd0;
        end
    end
    assign tx_o = spi_q || tx_q[0];
endmodule

`default_nettype wire
