// SPDX-License-Identifier: Apache-2.0
//
// What is always true inside a module, said once for the proofs and for simulations: `TTFS_ALWAYS(name, what),
// an item of a module that has clk_i and rst_ni. Yosys with read_verilog -formal takes it for a thing to be proven
// (tests/rtl/formal), a simulation with TTFS_ASSERTIONS defined says FAIL and stops where it is not so (x is not
// so); otherwise, and for synthesis, there is nothing. `TTFS_WORDS(memory): all WORDS words of WIDTH bits of a memory
// side by side in `words`, for proofs alone.

`ifdef FORMAL
`define TTFS_ALWAYS(name, what) always @* if (rst_ni) begin : always_``name assert (what); end
`define TTFS_WORDS(memory) (* keep *) wire [WORDS*WIDTH-1:0] words; genvar w; \
    generate for (w = 0; w < WORDS; w = w + 1) begin : g_words \
        assign words[w*WIDTH +: WIDTH] = memory[w]; end endgenerate
`elsif TTFS_ASSERTIONS
`define TTFS_ALWAYS(name, what) always @(posedge clk_i) if (rst_ni && (what) !== 1'b1) begin : always_``name \
    $display("FAIL %m at %0t", $time); $finish; end
`else
`define TTFS_ALWAYS(name, what)
`endif
`ifndef TTFS_WORDS
`define TTFS_WORDS(memory)
`endif
