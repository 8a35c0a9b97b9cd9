// SPDX-License-Identifier: Apache-2.0
//
// The configuration port (docs/core.md, Configuration): takes one access at a time, gives it to the nodes
// or does it here (memory 15, the registers of the chip), and forms the CRC of what was written, a byte a
// cycle. A write takes 11 cycles, 7 when its address is one more than the last, 3 when the CRC has nothing
// of it; a read answers 7 cycles after it was taken. In a sample (sample_i) nothing but registers is
// accessed. Errors are sticky until bits of FLAGS are cleared; clear_o clears those of the nodes. All
// outputs come from registers. Driven by ttfs_chip.

`default_nettype none

module ttfs_config #(
    parameter CORES     = 4,
    parameter CHIP_HASH = 0,
    parameter CORE_BITS = (CORES > 1) ? $clog2(CORES) : 1
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    // the port
    input  wire             valid_i,
    output wire             ready_o,
    input  wire             write_i,
    input  wire [31:0]      addr_i,
    input  wire [31:0]      data_i,
    output wire             rvalid_o,
    output wire [31:0]      rdata_o,
    // the nodes, only for words that they know: known_i says so the cycle before en_o, node_data_i comes at most three
    // cycles after it and is zeros when mem_o is no memory of a node; mem_o and word_o hold from that cycle before on
    output wire [CORES-1:0] en_o,
    output wire [CORES-1:0] at_o,         // the node that is meant, also after en_o
    output wire             we_o,
    output wire [3:0]       mem_o,
    output wire [17:0]      word_o,
    output wire [31:0]      data_o,
    input  wire             known_i,
    input  wire [31:0]      node_data_i,
    output wire [4:0]       clear_o,
    // the chip
    input  wire             sample_i,     // one runs, or begins; none does while an access is at work
    input  wire             host_i,       // pulses: the host stopped; a sample was refused
    input  wire             refused_i,
    input  wire             checksum_i,   // pulses: what was streamed is damaged; writes what is not there
    input  wire             nowhere_i,
    input  wire [4:0]       node_flags_i,
    input  wire [31:0]      cycles_i,
    output wire [31:0]      patience_o,
    output wire             trace_o,      // the host gets every result
    output wire             early_o,      // cores may begin a turn before the last one is complete; a mesh
    output wire             refuse_o,     // the image is not what it should be
    output wire             idle_o,
    output wire [10:0]      flags_o
);
    localparam [31:0] VERSION = 32'h54540005;
    localparam [3:0] REGISTERS = 4'd15;
    localparam CHECKSUM = 5, WRONG = 6, HOST = 7, REFUSED = 8, BUSY = 9, NOWHERE = 10;
    localparam [2:0] IDLE = 3'd0, ACCESS = 3'd1, JUDGE = 3'd2, ADDRESS = 3'd3, DATA = 3'd4, READ = 3'd5;

    reg [2:0]  state_q;
    reg [1:0]  count_q;
    reg        write_q, known_q, allowed_q, rvalid_q;
    reg        sample_q;   // one ran when the access was taken
    reg [31:0] addr_q, data_q, rdata_q, crc_q, patience_q;
    reg [10:5] flags_q;
    reg [4:0]  clear_q;
    reg        trace_q;
    wire       early, late;   // it is set while a sample runs

    // What the access means.
    wire [9:0] core    = addr_q[31:22];
    wire [3:0] mem     = addr_q[21:18];
    wire allowed       = !sample_q || mem == 4'd0 || mem == REGISTERS;
    wire access        = state_q == ACCESS;
    reg  chip_register_q;   // from JUDGE on
    wire set           = state_q == JUDGE && write_q && chip_register_q;
    wire [2:0] register = addr_q[2:0];

    // The CRC: of bytes in turn, lowest first, each a cycle late.
    localparam NEXT = 22 + CORE_BITS;
    reg  [NEXT-1:0] next_q;     // the address after the last one
    reg             chained_q;  // there was a last one
    wire            checked = write_q && known_q && allowed_q && mem != 4'd0 && mem < 4'd8;
    wire            follows = chained_q && addr_q[NEXT-1:0] == next_q;
    reg             byte_valid_q;
    reg             restart_q;  // CHECK was written, a cycle ago: no other access has come to its bytes
    reg  [7:0]      byte_q;

    function [31:0] crc_byte;
        input [31:0] crc;
        input [7:0]  data;
        integer      i;
        begin
            crc_byte = crc ^ {24'd0, data};
            for (i = 0; i < 8; i = i + 1)
                crc_byte = (crc_byte >> 1) ^ (32'hedb88320 & {32{crc_byte[0]}});
        end
    endfunction

    always @(posedge clk_i) begin
        if (state_q == IDLE) begin
            write_q  <= write_i;
            sample_q <= sample_i;
            addr_q   <= addr_i;
            data_q   <= data_i;
        end
        if (state_q == JUDGE && checked) next_q <= addr_q[NEXT-1:0] + 1'b1;
        count_q   <= (state_q == ADDRESS || state_q == DATA || state_q == READ) ? count_q + 2'd1 : 2'd0;
        byte_q    <= (state_q == ADDRESS) ? addr_q[8*count_q +: 8] : data_q[8*count_q +: 8];
        known_q   <= known_i;
        chip_register_q <= mem == REGISTERS && core == 10'd0 && addr_q[17:3] == 15'd0
            && (CORES > 1 || addr_q[2:0] != 3'd7);
        allowed_q <= allowed;
        restart_q <= rst_ni && set && register == 3'd3;
    end

    always @(posedge clk_i)
        if (!rst_ni) state_q <= IDLE;
        else case (state_q)
            IDLE:    if (valid_i) state_q <= ACCESS;
            ACCESS:  state_q <= JUDGE;
            JUDGE:   state_q <= !write_q ? READ : !checked ? IDLE : follows ? DATA : ADDRESS;
            ADDRESS: if (&count_q) state_q <= DATA;
            default: if (&count_q) state_q <= IDLE;
        endcase

    always @(posedge clk_i)
        if (!rst_ni) begin
            crc_q        <= 32'hffffffff;
            chained_q    <= 1'b0;
            byte_valid_q <= 1'b0;
        end else if (restart_q) begin
            crc_q     <= 32'hffffffff;
            chained_q <= 1'b0;
        end else begin
            byte_valid_q <= state_q == ADDRESS || state_q == DATA;
            if (byte_valid_q) crc_q <= crc_byte(crc_q, byte_q);
            if (state_q == JUDGE && checked) chained_q <= 1'b1;
        end

    // Registers and errors.
    localparam [31:0] HASH = CHIP_HASH;
    wire [10:5] errors;
    assign errors[CHECKSUM] = (set && register == 3'd3 && data_q != ~crc_q) || checksum_i;
    assign errors[WRONG]    = set && register == 3'd1 && data_q != HASH;
    assign errors[HOST]     = host_i;
    assign errors[REFUSED]  = refused_i;
    assign errors[BUSY]     = (access && !allowed) || late;
    assign errors[NOWHERE]  = (state_q == JUDGE && allowed_q && !known_q && !chip_register_q) || nowhere_i;

    always @(posedge clk_i)
        if (!rst_ni) begin
            flags_q    <= 6'd0;
            clear_q    <= 5'd0;
            patience_q <= 32'd0;
            trace_q    <= 1'b0;
        end else begin
            flags_q <= (flags_q & ~(data_q[10:5] & {6{set && register == 3'd2}})) | errors;
            clear_q <= data_q[4:0] & {5{set && register == 3'd2}};
            if (set && register == 3'd4) patience_q <= data_q;
            if (set && register == 3'd6) trace_q <= data_q[0];
        end

    generate
        if (CORES > 1) begin : g_early
            reg early_q;
            always @(posedge clk_i)
                if (!rst_ni) early_q <= 1'b0;
                else if (set && register == 3'd7 && !sample_q) early_q <= data_q[0];
            assign early = early_q;
            assign late  = set && register == 3'd7 && sample_q;
        end else begin : g_alone
            assign early = 1'b0;
            assign late  = 1'b0;
        end
    endgenerate

    // What a read answers, in the last cycle of READ: whatever flags were cleared before are so by then.
    reg [31:0] value;
    always @*
        case (register)
            3'd0:    value = VERSION;
            3'd1:    value = HASH;
            3'd2:    value = {21'd0, flags_q, node_flags_i};
            3'd3:    value = ~crc_q;
            3'd4:    value = patience_q;
            3'd5:    value = cycles_i;
            3'd6:    value = {31'd0, trace_q};
            default: value = {31'd0, early};
        endcase

    // known_q and allowed_q are those of ACCESS until the answer: what they come from holds.
    reg answer_known_q;
    always @(posedge clk_i) begin
        if (state_q == JUDGE) answer_known_q <= known_q && allowed_q;
        if (state_q == READ) begin
            if (!chip_register_q && !answer_known_q) rdata_q <= 32'd0;
            else rdata_q <= (value & {32{chip_register_q}}) | node_data_i;
        end
        if (!rst_ni) rvalid_q <= 1'b0;
        else rvalid_q <= state_q == READ && &count_q;
    end

    genvar i;
    generate
        for (i = 0; i < CORES; i = i + 1) begin : g_core
            reg en_q;   // in JUDGE
            always @(posedge clk_i) en_q <= rst_ni && access && known_i && allowed && at_o[i];
            assign at_o[i] = core == i;
            assign en_o[i] = en_q;
        end
    endgenerate

    assign ready_o    = state_q == IDLE;
    assign idle_o     = state_q == IDLE;
    assign rvalid_o   = rvalid_q;
    assign rdata_o    = rdata_q;
    assign we_o       = write_q;
    assign mem_o      = mem;
    assign word_o     = addr_q[17:0];
    assign data_o     = data_q;
    assign clear_o    = clear_q;
    assign patience_o = patience_q;
    assign trace_o    = trace_q;
    assign early_o    = early;
    assign refuse_o   = flags_q[CHECKSUM] || flags_q[WRONG];
    assign flags_o    = {flags_q, node_flags_i};
endmodule

`default_nettype wire
