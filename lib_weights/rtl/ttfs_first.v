// SPDX-License-Identifier: Apache-2.0
//
// The lowest set bit of a vector, as a bit and as an index, through a binary tree: its depth grows
// with log2(WIDTH), nothing ripples. Combinational. Driven by ttfs_fire and ttfs_merge.

`default_nettype none

module ttfs_first #(
    parameter WIDTH = 16,
    parameter INDEX_BITS = (WIDTH > 1) ? $clog2(WIDTH) : 1
) (
    input  wire [WIDTH-1:0]      bits_i,
    output wire                  more_o,  // two or more are set
    output wire [WIDTH-1:0]      first_o,
    output wire [INDEX_BITS-1:0] index_o
);
    localparam LEAVES = 1 << INDEX_BITS;

    // Level 0 holds the leaves, level INDEX_BITS the root. `any` and `more` go up, `first` comes down.
    genvar level, node;
    generate
        for (level = 0; level <= INDEX_BITS; level = level + 1) begin : g_level
            localparam NODES = LEAVES >> level;
            wire [NODES-1:0] any, more, first;
        end
        for (level = 0; level < INDEX_BITS; level = level + 1) begin : g_tree
            localparam NODES = LEAVES >> (level + 1);
            wire [NODES-1:0] odd;
            for (node = 0; node < NODES; node = node + 1) begin : g_node
                wire left = g_level[level].any[2*node];
                wire right = g_level[level].any[2*node+1];
                assign g_level[level+1].any[node] = left || right;
                assign g_level[level+1].more[node] = (left && right)
                    || g_level[level].more[2*node] || g_level[level].more[2*node+1];
                assign g_level[level].first[2*node] = left && g_level[level+1].first[node];
                assign g_level[level].first[2*node+1] = !left && right && g_level[level+1].first[node];
                assign odd[node] = g_level[level].first[2*node+1];
            end
            assign index_o[level] = |odd;
        end
        for (node = 0; node < LEAVES; node = node + 1) begin : g_leaf
            assign g_level[0].more[node] = 1'b0;
            if (node < WIDTH) begin : g_bit
                assign g_level[0].any[node] = bits_i[node];
                assign first_o[node] = g_level[0].first[node];
            end else begin : g_pad
                assign g_level[0].any[node] = 1'b0;
                wire unused = &{1'b0, g_level[0].first[node]};
            end
        end
    endgenerate

    assign g_level[INDEX_BITS].first = g_level[INDEX_BITS].any;
    assign more_o = g_level[INDEX_BITS].more;
endmodule

`default_nettype wire
