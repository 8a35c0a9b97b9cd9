// SPDX-License-Identifier: Apache-2.0
// ttfs_fire: groups of ramp ticks with random signs (none fires, all fire at once, one a tick) into a
// sink that pauses, and readouts: every lane that has a channel is reported once, at its first
// non-negative tick, in order of ticks, with the right place; it holds only with two vectors at hand.
module fire_tb;
    `include "bench.svh"
    localparam LANES = 6, AB = 12, TB = 4, CB = 5, YB = 3, XB = 3, ID = CB + YB + XB;
    reg start = 0, flat = 0, spike_ready = 1, ro_ready = 1;
    reg [ID:0] channels = 0;
    reg [ID-1:0] ch_first = 0;
    reg [YB-1:0] row_first = 0;
    reg [XB:0] cols = 1;
    reg [2:0] kind = 0;
    reg [LANES-1:0] negative = 0;
    wire hold, idle, spike_valid, ro_valid;
    wire [2:0] lane, spike_lane;
    wire [TB-1:0] spike_tick;
    wire [ID-1:0] spike_id, ro_id;
    wire [AB-1:0] ro_value;
    wire [ID-1:0] spike_full = spike_id + (flat ? spike_lane : spike_lane << (YB + XB));
    reg [AB-1:0] value [0:LANES-1];

    ttfs_fire #(.LANES(LANES), .ACC_BITS(AB), .TICK_BITS(TB), .C_BITS(CB), .Y_BITS(YB), .X_BITS(XB))
    dut (
        .clk_i(clk), .rst_ni(rst_n), .en_i(!hold), .hold_o(hold), .idle_o(idle), .start_i(start),
        .channels_i(channels), .ch_first_i(ch_first), .row_first_i(row_first), .cols_i(cols),
        .flat_i(flat), .kind_i(kind), .negative_i(negative), .read_lane_o(lane),
        .potential_i(value[lane]), .spike_valid_o(spike_valid), .spike_ready_i(spike_ready),
        .spike_tick_o(spike_tick), .spike_id_o(spike_id), .spike_lane_o(spike_lane), .ro_valid_o(ro_valid),
        .ro_ready_i(ro_ready), .ro_id_o(ro_id), .ro_value_o(ro_value)
    );

    reg [TB+ID-1:0] want [0:4095];
    reg [AB+ID-1:0] read [0:1023];
    integer wanted = 0, found = 0, reads = 0, got = 0, holds = 0, pauses = 0;

    always @(negedge clk) if (rst_n) begin
        if (spike_valid && spike_ready) begin
            check({spike_tick, spike_full}, want[found], 1);
            found = found + 1;
        end
        if (ro_valid && ro_ready) begin
            check({ro_id, ro_value}, read[got], 2);
            got = got + 1;
        end
        holds = holds + hold;
    end
    always @(posedge clk) begin
        #1 spike_ready = !pauses || below(3) == 0;
        ro_ready = !pauses || below(2);
    end

    task step(input [2:0] k);
        begin
            kind = k;
            @(negedge clk);
            while (hold) @(negedge clk);
            tick;
            kind = 0;
        end
    endtask

    integer run, g, groups, col, row, ch, t, ticks, l, mode, at [0:LANES-1], rd;
    reg [ID-1:0] id;

    initial begin
        reset;
        for (run = 0; run < 80; run = run + 1) begin
            pauses = run % 2; rd = run % 5 == 4; flat = run % 3 == 0;
            channels = run < 3 ? LANES : 1 + below(2 * LANES + 2);
            ch_first = below(5);
            cols = flat ? 1 : 1 + below(4);
            row_first = flat ? 0 : below(4);
            ticks = run % 7 == 0 ? 1 : run % 7 == 1 ? 15 : 1 + below(15);
            start = 1; tick; start = 0;
            groups = (channels + LANES - 1) / LANES;
            for (row = 0; row < (flat ? 1 : 2); row = row + 1)
                for (col = 0; col < cols; col = col + 1)
                    for (g = 0; g < groups; g = g + 1) begin
                        mode = below(4);
                        for (l = 0; l < LANES; l = l + 1) begin
                            at[l] = mode == 0 ? 99 : mode == 1 ? ticks - 1 : mode == 2 ? l : below(ticks + 2);
                            value[l] = $random(seed);
                        end
                        repeat (2) step(4);
                        negative = $random(seed);
                        step(3); step(0); step(5);
                        for (t = 0; t < ticks && !rd; t = t + 1) begin
                            for (l = 0; l < LANES; l = l + 1) begin
                                negative[l] = t < at[l];
                                ch = g * LANES + l;
                                id = ch_first + ch;
                                if (!flat) id = {id[CB-1:0], row_first + row[YB-1:0], col[XB-1:0]};
                                if (at[l] == t && ch < channels) begin
                                    want[wanted] = {t[TB-1:0], id};
                                    wanted = wanted + 1;
                                end
                            end
                            step(6);
                        end
                        for (l = 0; l < LANES && rd; l = l + 1) begin
                            ch = g * LANES + l;
                            id = ch_first + ch;
                            if (!flat) id = {id[CB-1:0], row_first + row[YB-1:0], col[XB-1:0]};
                            if (ch < channels) begin
                                read[reads] = {id, value[l]};
                                reads = reads + 1;
                            end
                            step(7);
                        end
                    end
            while (!idle) tick;
            repeat (3) tick;
            check(found, wanted, 3);
            check(got, reads, 4);
        end
        check(holds > 100, 1, 5);
        finish(1000);
    end
endmodule
