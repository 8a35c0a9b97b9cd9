// SPDX-License-Identifier: Apache-2.0
// Prototype: one core, tasks one after the other. Task word w of task t at t*16+w.
`default_nettype none
module ttfs_core2 #(
    parameter LANES=16, WEIGHT_BITS=8, SLOPE_BITS=16, ACC_BITS=24, RAMP_BITS=16, VALUE_BITS=4, ELEMENTS=16,
    parameter WORDS=1024, ENTRIES=256, WEIGHT_ROWS=4096, PARAMS=256, TASKS=16, STRIDE=1, RUNS=1, POOL=1,
    parameter WORD_BITS=$clog2(WORDS), ADDR_BITS=WORD_BITS+$clog2(ELEMENTS), ROW_BITS=$clog2(WEIGHT_ROWS), PARAM_BITS=$clog2(PARAMS), TASK_BITS=$clog2(TASKS),
    parameter CHANNEL_BITS=12
)(
    input wire clk_i, input wire rst_ni,
    input wire weights_we_i, input wire [ROW_BITS-1:0] weights_wa_i, input wire [LANES*WEIGHT_BITS-1:0] weights_wd_i,
    input wire param_we_i, input wire [PARAM_BITS-1:0] param_wa_i, input wire [ACC_BITS+RAMP_BITS-1:0] param_wd_i,
    input wire task_we_i, input wire [TASK_BITS+3:0] task_wa_i, input wire [31:0] task_wd_i,
    input wire in_valid_i, output wire in_ready_o, input wire [ADDR_BITS-1:0] in_at_i, input wire [VALUE_BITS-1:0] in_value_i,
    input wire start_i, output wire busy_o, output wire ready_o,
    output wire out_valid_o, output wire [TASK_BITS-1:0] out_task_o, output wire out_readout_o, output wire [ADDR_BITS-1:0] out_at_o, output wire [CHANNEL_BITS-1:0] out_channel_o, output wire [VALUE_BITS-1:0] out_value_o, output wire [ACC_BITS-1:0] out_sum_o,
    output wire over_o
);
    // tasks
    localparam IDLE=0, FETCH=1, RUN=2, FLUSH=3;
    reg [1:0] state_q; reg [TASK_BITS-1:0] task_q; reg [4:0] fetch_q; reg parity_q;
    reg [31:0] t [0:12];
    wire [31:0] tw;
    wire linear = t[0][1:0]==1, pool = t[0][1:0]==2, ends = t[0][1:0]==0, readout=t[0][4];
    wire begin_w, task_done;
    ttfs_sram #(.WIDTH(32),.WORDS(TASKS*16)) u_task(.clk_i(clk_i),.re_i(1'b1),.raddr_i({task_q,fetch_q[3:0]}),.rdata_o(tw),.we_i(task_we_i),.waddr_i(task_wa_i),.wdata_i(task_wd_i));
    integer k;
    reg begin_q;
    assign begin_w = begin_q;
    wire store_clean, flushing = state_q==FLUSH;
    always @(posedge clk_i) begin
        if (state_q==FETCH) for (k=0;k<13;k=k+1) if (fetch_q==k+1) t[k] <= tw;
        begin_q <= 1'b0;
        if (!rst_ni) begin state_q<=IDLE; parity_q<=0; task_q<=0; fetch_q<=0; end
        else case (state_q)
            IDLE: if (start_i) begin state_q<=FLUSH; task_q<={TASK_BITS{1'b1}}; fetch_q<=0; end
            FETCH: begin fetch_q<=fetch_q+1; if (fetch_q==13) begin if (ends) begin state_q<=IDLE; parity_q<=!parity_q; task_q<=0; end else begin state_q<=RUN; begin_q<=1; end end end
            RUN: if (task_done) state_q<=FLUSH;
            FLUSH: if (store_clean) begin state_q<=FETCH; task_q<=task_q+1'b1; fetch_q<=0; end
        endcase
    end
    assign busy_o = state_q!=IDLE || start_i;

    // positions: scanning
    reg [11:0] rows_q, cols_q; reg [ADDR_BITS-1:0] row_base_q, pos_q; reg pos_q_valid, patch_q, closing_q;
    wire patch_busy, req, req_ready, scan_idle, fill, full; wire [WORD_BITS-1:0] req_at; wire [ELEMENTS-1:0] req_mask; wire [ROW_BITS-1:0] req_row;
    wire patch_start = pos_q_valid && !patch_q && !closing_q && fill && linear;
    wire list_end = patch_q && !patch_busy && scan_idle && !closing_q;
    wire last_col = cols_q==1, last_row = rows_q==1;
    always @(posedge clk_i) begin
        if (!rst_ni) begin pos_q_valid<=0; patch_q<=0; closing_q<=0; end
        else begin
            closing_q <= list_end;
            if (begin_w) begin pos_q_valid<=1; rows_q<=t[1][11:0]; cols_q<=t[1][23:12]; row_base_q<=t[8][ADDR_BITS-1:0]; pos_q<=t[8][ADDR_BITS-1:0]; end
            else if (list_end) begin
                if (last_col) begin rows_q<=rows_q-1; cols_q<=t[1][23:12]; row_base_q<=row_base_q+t[11][16 +: ADDR_BITS]; pos_q<=row_base_q+t[11][16 +: ADDR_BITS]; end
                else begin cols_q<=cols_q-1; pos_q<=pos_q+t[11][ADDR_BITS-1:0]; end
                if (last_col&&last_row) pos_q_valid<=0;
            end
            if (patch_start) patch_q<=1; else if (list_end) patch_q<=0;
        end
    end
    ttfs_patch #(.ELEMENTS(ELEMENTS),.ADDR_BITS(ADDR_BITS),.ROW_BITS(ROW_BITS),.RUNS(RUNS)) u_patch(.clk_i(clk_i),.rst_ni(rst_ni),.start_i(patch_start),.go_on_i(1'b0),.base_i(pos_q),.length_i(t[9][ADDR_BITS-1:0]),.nx_i(t[12][7:0]),.ny_i(t[12][15:8]),.run_step_i(t[10][ADDR_BITS-1:0]),.row_step_i(t[10][16 +: ADDR_BITS]),
        .busy_o(patch_busy),.req_o(req),.req_ready_i(req_ready),.req_at_o(req_at),.req_mask_o(req_mask),.req_row_o(req_row));
    wire get, get_write, get_ready, lost, odd; wire [WORD_BITS-1:0] get_at; wire [ELEMENTS*VALUE_BITS-1:0] word;
    wire ev; wire [VALUE_BITS-1:0] ev_value; wire [ROW_BITS-1:0] ev_row;
    ttfs_scan #(.VALUE_BITS(VALUE_BITS),.ELEMENTS(ELEMENTS),.WORD_BITS(WORD_BITS),.ROW_BITS(ROW_BITS)) u_scan(.clk_i(clk_i),.rst_ni(rst_ni),.req_i(req),.req_ready_o(req_ready),.req_at_i(req_at),.req_mask_i(req_mask),.req_row_i(req_row),.parity_i(parity_q),
        .get_o(get),.get_write_o(get_write),.get_at_o(get_at),.get_ready_i(get_ready),.lost_i(lost),.word_i(word),.odd_i(odd),.event_o(ev),.value_o(ev_value),.row_o(ev_row),.idle_o(scan_idle));
    // bucket
    wire bready, b_ev,b_tick,b_far,b_last,b_busy,lanes_ready; wire [ROW_BITS-1:0] b_row;
    reg [11:0] groups_q; reg [ROW_BITS-1:0] gbase_q; reg walking_q;
    wire walk_start = full && !walking_q;
    wire last_group = groups_q==1;
    ttfs_bucket #(.VALUE_BITS(VALUE_BITS),.ENTRIES(ENTRIES),.ROW_BITS(ROW_BITS),.STRIDE(STRIDE)) u_bucket(.clk_i(clk_i),.rst_ni(rst_ni),.ready_o(bready),.fill_o(fill),.insert_i(ev),.value_i(ev_value),.row_i(ev_row),.close_i(closing_q),.over_o(over_o),
        .full_o(full),.start_i(walk_start),.release_i(last_group),.top_i(t[0][16 +: VALUE_BITS]),.en_i(lanes_ready),.event_o(b_ev),.row_o(b_row),.tick_o(b_tick),.far_o(b_far),.last_o(b_last),.busy_o(b_busy));
    wire walk_end = b_last && lanes_ready;
    reg first_walk_q;
    always @(posedge clk_i) begin
        if (!rst_ni) walking_q<=0; else if (walk_start) walking_q<=1; else if (walk_end) walking_q<=0;
        if (begin_w) begin groups_q<=t[2][11:0]; gbase_q<=t[3][ROW_BITS-1:0]; end
        else if (walk_end) begin groups_q <= last_group ? t[2][11:0] : groups_q-1; gbase_q <= last_group ? t[3][ROW_BITS-1:0] : gbase_q+t[4][ROW_BITS-1:0]; end
    end
    // lanes
    wire w_re; wire [ROW_BITS-1:0] w_at; wire [LANES*WEIGHT_BITS-1:0] w_d; wire chain_free, capture, shift, lanes_idle; wire [ACC_BITS-1:0] pot;
    ttfs_lanes #(.LANES(LANES),.WEIGHT_BITS(WEIGHT_BITS),.SLOPE_BITS(SLOPE_BITS),.ACC_BITS(ACC_BITS),.ROW_BITS(ROW_BITS),.STRIDE(STRIDE)) u_lanes(.clk_i(clk_i),.rst_ni(rst_ni),.ready_o(lanes_ready),.event_i(b_ev),.row_i(b_row+gbase_q),.tick_i(b_tick),.far_i(b_far),.last_i(b_last),.weights_re_o(w_re),.weights_at_o(w_at),.weights_i(w_d),.chain_free_i(chain_free),.capture_o(capture),.shift_i(shift),.potential_o(pot),.idle_o(lanes_idle));
    ttfs_sram #(.WIDTH(LANES*WEIGHT_BITS),.WORDS(WEIGHT_ROWS)) u_weights(.clk_i(clk_i),.re_i(w_re),.raddr_i(w_at),.rdata_o(w_d),.we_i(weights_we_i),.waddr_i(weights_wa_i),.wdata_i(weights_wd_i));
    // fire
    wire p_re; wire [PARAM_BITS-1:0] p_at; wire [ACC_BITS+RAMP_BITS-1:0] p_d; wire f_valid,f_silent,f_last,f_idle; wire [VALUE_BITS-1:0] f_value; wire [ACC_BITS-1:0] f_sum; wire [CHANNEL_BITS-1:0] f_channel; wire f_ready;
    ttfs_fire #(.LANES(LANES),.ACC_BITS(ACC_BITS),.RAMP_BITS(RAMP_BITS),.VALUE_BITS(VALUE_BITS),.PARAM_BITS(PARAM_BITS),.CHANNEL_BITS(CHANNEL_BITS)) u_fire(.clk_i(clk_i),.rst_ni(rst_ni),.start_i(begin_w),.readout_i(readout),.channels_i(t[2][12 +: CHANNEL_BITS]),.param_base_i(t[5][PARAM_BITS-1:0]),.top_i(t[5][16 +: VALUE_BITS]),.chain_free_o(chain_free),.capture_i(capture),.shift_o(shift),.potential_i(pot),.param_re_o(p_re),.param_at_o(p_at),.param_i(p_d),
        .valid_o(f_valid),.ready_i(f_ready),.silent_o(f_silent),.value_o(f_value),.sum_o(f_sum),.channel_o(f_channel),.last_o(f_last),.idle_o(f_idle));
    ttfs_sram #(.WIDTH(ACC_BITS+RAMP_BITS),.WORDS(PARAMS)) u_params(.clk_i(clk_i),.re_i(p_re),.raddr_i(p_at),.rdata_o(p_d),.we_i(param_we_i),.waddr_i(param_wa_i),.wdata_i(param_wd_i));
    // where results go
    reg [ADDR_BITS-1:0] dst_q, dst_row_q; reg [11:0] dcols_q;
    wire f_take = f_valid && (f_silent || f_ready);
    wire dlast = dcols_q==1;
    always @(posedge clk_i) begin
        if (begin_w) begin dst_q<=t[6][ADDR_BITS-1:0]; dst_row_q<=t[6][ADDR_BITS-1:0]; dcols_q<=t[1][23:12]; end
        else if (f_take && f_last) begin
            dcols_q <= dlast ? t[1][23:12] : dcols_q-1;
            dst_q <= dlast ? dst_row_q+t[7][16 +: ADDR_BITS] : dst_q+t[7][ADDR_BITS-1:0];
            if (dlast) dst_row_q <= dst_row_q+t[7][16 +: ADDR_BITS];
        end
    end
    wire [ADDR_BITS-1:0] f_at = dst_q + f_channel;
    reg put_q; reg [ADDR_BITS-1:0] put_at_q; reg [VALUE_BITS-1:0] put_value_q;
    wire put_ready;
    assign f_ready = !put_q || put_ready;
    always @(posedge clk_i) begin
        if (!rst_ni) put_q<=0; else if (f_ready) put_q <= f_valid && !f_silent && !readout;
        if (f_ready) begin put_at_q<=f_at; put_value_q<=f_value; end
    end
    assign out_valid_o = f_valid && !f_silent && f_ready; assign out_readout_o=readout; assign out_at_o=f_at; assign out_channel_o=f_channel; assign out_value_o=f_value; assign out_sum_o=f_sum; assign out_task_o=task_q;
    assign in_ready_o = put_ready && !put_q;
    wire sready;
    ttfs_store #(.VALUE_BITS(VALUE_BITS),.ELEMENTS(ELEMENTS),.WORDS(WORDS)) u_store(.clk_i(clk_i),.rst_ni(rst_ni),.ready_o(sready),.put_i(put_q || in_valid_i),.put_ready_o(put_ready),
        .put_at_i(put_q ? put_at_q[ADDR_BITS-1:$clog2(ELEMENTS)] : in_at_i[ADDR_BITS-1:$clog2(ELEMENTS)]),.put_element_i(put_q ? put_at_q[$clog2(ELEMENTS)-1:0] : in_at_i[$clog2(ELEMENTS)-1:0]),.put_value_i(put_q ? put_value_q : in_value_i),.put_parity_i(parity_q),.flush_i(flushing),.clean_o(store_clean),
        .get_i(get),.get_write_i(get_write),.get_at_i(get_at),.get_parity_i(parity_q),.get_ready_o(get_ready),.lost_o(lost),.get_word_o(word),.get_odd_o(odd));
    assign ready_o = sready && bready;
    assign task_done = !begin_q && !pos_q_valid && !patch_q && !closing_q && !full && !walking_q && lanes_idle && f_idle && !put_q;
endmodule
`default_nettype wire
