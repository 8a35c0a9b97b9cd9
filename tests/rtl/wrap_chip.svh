// SPDX-License-Identifier: Apache-2.0
//
// The chip as a wrapper sees it: a configuration memory of 256 words, an input and readouts, each with pauses of its own. A
// sample begins with start, which the chip does not look at while it is busy with something else (`other`, where the bench has
// set `disturb`) and which it refuses where the bench has set `refuse`; it hears flits until the end marker, or until it waits
// for one where `tired`, gives `sums` readouts, and is done. `fed` has the flits that it took, `samples_fed` says how many samples
// it has heard; flits given count up from 0.

    localparam FLIT = 40;
    wire            cfg_valid, cfg_write, start, in_valid, in_end, out_ready;
    wire [31:0]     cfg_addr, cfg_data;
    wire [FLIT-1:0] in_flit;
    reg             cfg_ready = 0, cfg_rvalid = 0, busy = 0, done = 0, in_ready = 0, out_valid = 0, asked = 0;
    reg [31:0]      cfg_rdata = 0;
    reg [7:0]       asked_at;
    reg [FLIT-1:0]  out_flit = 0;
    reg [31:0]      config_words [0:255];
    reg [FLIT-1:0]  fed [0:65535];
    integer         n_fed = 0, samples_fed = 0, sums_left = 0, given = 0, sums = 3, refused = 0;
    reg             hears = 0, other = 0, disturb = 0, refuse = 0, tired = 0;   // other: busy, with no sample

    always @(posedge clk) if (rst_n) begin
        if (cfg_valid && cfg_ready && cfg_write) config_words[cfg_addr[7:0]] <= cfg_data;
        if (cfg_valid && cfg_ready && !cfg_write) begin asked = 1; asked_at = cfg_addr[7:0]; end
        cfg_ready <= cfg_valid && !cfg_ready && !asked && below(2);
        cfg_rvalid <= 0;
        if (asked && below(2)) begin
            asked = 0;
            cfg_rvalid <= 1;
            cfg_rdata <= config_words[asked_at];
        end
        if (start && busy) refused = refused + 1;
        else if (start && !other && !refuse) begin busy <= 1; hears = 1; end
        if (disturb) other <= below(3) == 0;
        if (in_valid && in_ready) begin
            if (!in_end) begin fed[n_fed] = in_flit; n_fed = n_fed + 1; end
        end
        if (hears && (in_valid ? in_ready && in_end : tired)) begin
            hears = 0;
            samples_fed = samples_fed + 1;
            sums_left = sums;
        end
        in_ready <= hears && below(2);
        if (out_valid && out_ready) begin out_valid <= 0; given = given + 1; sums_left = sums_left - 1; end
        else if (!out_valid && sums_left > 0 && below(2)) begin
            out_valid <= 1;
            out_flit <= {8'hc0, 32'd0} + given;
        end
        done <= 0;
        if (busy && !hears && sums_left == 0 && !done && samples_fed > 0) begin done <= 1; busy <= 0; end
    end
