// SPDX-License-Identifier: Apache-2.0
//
// The lowest set bit of a vector, as a bit and as an index, and the value that lies beside it. By fours: whoever holds
// the bits holds of every four whether one or more, and two or more, of them are set, from where it fills them on
// (ttfs_fours); here is how that goes on without the first. So more_o has nothing but registers behind it, and which
// bit of a four is its first is found beside which four has the first of all. Combinational. Driven by ttfs_scan.

`default_nettype none

module ttfs_first #(
    parameter WIDTH = 16,
    parameter VALUE_BITS = 4,
    parameter INDEX_BITS = (WIDTH > 1) ? $clog2(WIDTH) : 1,
    parameter FOURS = (WIDTH + 3) / 4
) (
    input  wire [WIDTH-1:0]            bits_i,
    input  wire [FOURS-1:0]            any_i,    // of a four: one or more are set
    input  wire [FOURS-1:0]            two_i,
    input  wire [WIDTH*VALUE_BITS-1:0] values_i,
    output wire                        more_o,   // two or more are set
    output wire [WIDTH-1:0]            first_o,
    output wire [FOURS-1:0]            any_o,    // without the first
    output wire [FOURS-1:0]            two_o,
    output wire [INDEX_BITS-1:0]       index_o,  // anything when none is set, value_o too
    output wire [VALUE_BITS-1:0]       value_o
);
    wire [FOURS-1:0]            earlier, chosen;   // a four before it has one; it has the first
    wire [2*FOURS-1:0]          place;             // of a four's first
    wire [FOURS*VALUE_BITS-1:0] value;

    genvar f, e;
    generate
        for (f = 0; f < FOURS; f = f + 1) begin : g_four
            wire [3:0]            bits, first;
            wire [VALUE_BITS-1:0] v [0:3];
            for (e = 0; e < 4; e = e + 1) begin : g_bit
                if (4 * f + e < WIDTH) begin : g_there
                    assign bits[e] = bits_i[4*f+e];
                    assign v[e] = values_i[(4*f+e)*VALUE_BITS +: VALUE_BITS];
                    assign first_o[4*f+e] = first[e] && !earlier[f];
                end else begin : g_pad
                    assign bits[e] = 1'b0;
                    assign v[e] = {VALUE_BITS{1'b0}};
                    wire unused = &{1'b0, first[e]};
                end
            end
            assign first = {bits[3] && !bits[2] && !bits[1] && !bits[0], bits[2] && !bits[1] && !bits[0],
                            bits[1] && !bits[0], bits[0]};
            assign place[2*f +: 2] = {!bits[0] && !bits[1], !bits[0] && (bits[1] || !bits[2])};
            assign value[f*VALUE_BITS +: VALUE_BITS] = place[2*f+1] ? (place[2*f] ? v[3] : v[2])
                                                                    : (place[2*f] ? v[1] : v[0]);
            if (f == 0) begin : g_first
                assign earlier[f] = 1'b0;
            end else begin : g_next
                assign earlier[f] = |any_i[f-1:0];
            end
            assign chosen[f] = !earlier[f] && (any_i[f] || f == FOURS - 1);
            assign any_o[f] = chosen[f] ? two_i[f] : any_i[f];
            assign two_o[f] = chosen[f] ? (bits[0] && bits[1] && (bits[2] || bits[3]))
                                          || (bits[2] && bits[3] && (bits[0] || bits[1])) : two_i[f];
        end
    endgenerate

    reg [INDEX_BITS+1:0] index;
    reg [VALUE_BITS-1:0] of_chosen;
    integer              i;
    always @* begin
        index     = {(INDEX_BITS + 2) {1'b0}};
        of_chosen = {VALUE_BITS{1'b0}};
        for (i = 0; i < FOURS; i = i + 1) begin
            index     = index | {(INDEX_BITS + 2) {chosen[i]}}
                & ((i[INDEX_BITS+1:0] << 2) | {{INDEX_BITS{1'b0}}, place[2*i +: 2]});
            of_chosen = of_chosen | {VALUE_BITS{chosen[i]}} & value[i*VALUE_BITS +: VALUE_BITS];
        end
    end

    assign more_o  = |two_i || |(any_i & earlier);
    assign index_o = index[INDEX_BITS-1:0];
    assign value_o = of_chosen;
    wire unused_index = &{1'b0, index};
endmodule

`default_nettype wire
