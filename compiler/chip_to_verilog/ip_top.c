/* SPDX-License-Identifier: Apache-2.0
 *
 * Verilog of the tops: parameters and wires, no behaviour but the or of two starts. What leaves the
 * cores for a debugger (trace) is left open.
 */
#include "ip.h"

#include <string.h>

static void print_head(TtfsIp ip, const char *what, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "// SPDX-License-Identifier: Apache-2.0\n//\n"
                    "// %s, made by ttfs: %s\n"
                    "// With PRELOAD the chip's memories begin as the files INIT_PREFIX "
                    "core0_*.hex say.\n\n"
                    "`default_nettype none\n\nmodule %s #(\n",
                    ttfs_ip_name(ip), what, ttfs_ip_name(ip));
    if (ip == TTFS_IP_AXI) ttfs_buf_puts(out, "    parameter STREAMS     = 1,\n");
    ttfs_buf_puts(out, "    parameter PRELOAD     = 0,\n    parameter INIT_PREFIX = \"\"\n) (\n");
}

static void print_ports(TtfsIp ip, const TtfsChip *chip, TtfsBuf *out) {
    TtfsIpPort ports[TTFS_IP_MOST_PORTS];
    uint32_t n = ttfs_ip_ports(ip, chip, ports);
    for (uint32_t i = 0; i < n; i++) {
        ttfs_buf_printf(out, "    %s wire ", ports[i].out ? "output" : "input ");
        if (ports[i].bits) ttfs_buf_printf(out, "[%u:0] ", ports[i].bits - 1);
        ttfs_buf_printf(out, "%s%s\n", ports[i].name, i + 1 < n ? "," : "");
    }
    ttfs_buf_puts(out, ");\n");
}

static void print_wires(const TtfsChip *chip, TtfsBuf *out) {
    uint32_t top = ttfs_chip_flit_bits(chip) - 1;
    ttfs_buf_printf(out,
                    "    wire        cfg_valid, cfg_ready, cfg_write, cfg_rvalid, start, busy, "
                    "done;\n"
                    "    wire        in_valid, in_ready, in_end, out_valid, out_ready, "
                    "slot_valid;\n"
                    "    wire [31:0] cfg_addr, cfg_data, cfg_rdata;\n"
                    "    wire [%u:0] in_flit, out_flit;\n"
                    "    wire [11:0] slot;\n    wire [%d:0] flags;\n\n",
                    top, TTFS_ERROR_BITS - 1);
}

static void print_memory(const TtfsChip *chip, TtfsBuf *out) {
    static const char *const names[] = {"mem_req_valid_o", "mem_req_ready_i", "mem_req_addr_o",
                                        "mem_req_words_o", "mem_valid_i",     "mem_ready_o",
                                        "mem_data_i"};
    static const char *const idle[] = {"", "1'b0", "", "", "1'b0", "", "32'd0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ttfs_buf_printf(out, "        .%s(%s),\n", names[i], chip->stream ? names[i] : idle[i]);
}

static void print_chip(const TtfsChip *chip, const char *clock, const char *reset, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "    // verilator lint_off PINCONNECTEMPTY\n"
                    "    ttfs_top #(.PRELOAD(PRELOAD), .INIT_PREFIX(INIT_PREFIX)) u_chip (\n"
                    "        .clk_i(%s),\n        .rst_ni(%s),\n        .cfg_valid_i(cfg_valid),\n"
                    "        .cfg_ready_o(cfg_ready),\n        .cfg_write_i(cfg_write),\n"
                    "        .cfg_addr_i(cfg_addr),\n        .cfg_data_i(cfg_data),\n"
                    "        .cfg_rvalid_o(cfg_rvalid),\n        .cfg_rdata_o(cfg_rdata),\n"
                    "        .start_i(start),\n        .busy_o(busy),\n        .done_o(done),\n"
                    "        .in_valid_i(in_valid),\n        .in_ready_o(in_ready),\n"
                    "        .in_end_i(in_end),\n        .in_flit_i(in_flit),\n",
                    clock, reset);
    print_memory(chip, out);
    ttfs_buf_puts(out, "        .out_valid_o(out_valid),\n        .out_ready_i(out_ready),\n"
                       "        .out_flit_o(out_flit),\n        .slot_valid_o(slot_valid),\n"
                       "        .slot_o(slot),\n        .flags_o(flags),\n"
                       "        .trace_valid_o(),\n        .trace_flit_o()\n    );\n"
                       "    // verilator lint_on PINCONNECTEMPTY\n\n");
}

/* The ports of a bus wrapper towards the chip; `of` begins the names of wires that a stream has
 * too. */
static void print_registers(const char *of, TtfsBuf *out) {
    static const char *const shared[] = {"start_o",   "in_valid_o",  "in_end_o",
                                         "in_flit_o", "out_ready_o", NULL};
    ttfs_buf_puts(out, "        .cfg_valid_o(cfg_valid),\n        .cfg_ready_i(cfg_ready),\n"
                       "        .cfg_write_o(cfg_write),\n        .cfg_addr_o(cfg_addr),\n"
                       "        .cfg_data_o(cfg_data),\n        .cfg_rvalid_i(cfg_rvalid),\n"
                       "        .cfg_rdata_i(cfg_rdata),\n        .busy_i(busy),\n"
                       "        .done_i(done),\n        .in_ready_i(in_ready),\n"
                       "        .out_valid_i(out_valid),\n        .out_flit_i(out_flit),\n"
                       "        .slot_valid_i(slot_valid),\n        .slot_i(slot),\n");
    for (int i = 0; shared[i]; i++)
        ttfs_buf_printf(out, "        .%s(%s%.*s),\n", shared[i], of, (int)strlen(shared[i]) - 2,
                        shared[i]);
    ttfs_buf_puts(out, "        .flags_i(flags)\n    );\n");
}

static void print_axil(const TtfsChip *chip, TtfsBuf *out) {
    TtfsIpPort ports[TTFS_IP_MOST_PORTS];
    uint32_t n = ttfs_ip_ports(TTFS_IP_AXI, chip, ports);
    ttfs_buf_printf(out,
                    "    ttfs_axil #(.FLIT(%u), .STREAMS(STREAMS)) u_registers (\n"
                    "        .clk_i(aclk),\n        .rst_ni(aresetn),\n        .irq_o(irq),\n",
                    ttfs_chip_flit_bits(chip));
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(ports[i].name, "s_axi_", 6) == 0)
            ttfs_buf_printf(out, "        .%s_%s(%s),\n", ports[i].name + 6,
                            ports[i].out ? "o" : "i", ports[i].name);
    print_registers("bus_", out);
}

static void print_streams(const TtfsChip *chip, TtfsBuf *out) {
    uint32_t flit = ttfs_chip_flit_bits(chip), bytes = ttfs_ip_beat_bytes(chip);
    ttfs_buf_printf(
        out,
        "\n    generate\n        if (STREAMS != 0) begin : g_streams\n"
        "            wire stream_start;\n"
        "            assign start = bus_start || stream_start;\n"
        "            ttfs_axis #(.FLIT(%u), .BYTES(%u)) u_streams (\n"
        "                .clk_i(aclk),\n                .rst_ni(aresetn),\n"
        "                .s_valid_i(s_axis_tvalid),\n                .s_ready_o(s_axis_tready),\n"
        "                .s_data_i(s_axis_tdata),\n                .s_keep_i(s_axis_tkeep),\n"
        "                .s_last_i(s_axis_tlast),\n                .m_valid_o(m_axis_tvalid),\n"
        "                .m_ready_i(m_axis_tready),\n                .m_data_o(m_axis_tdata),\n"
        "                .m_last_o(m_axis_tlast),\n                .start_o(stream_start),\n"
        "                .busy_i(busy),\n                .done_i(done),\n"
        "                .in_valid_o(in_valid),\n                .in_ready_i(in_ready),\n"
        "                .in_end_o(in_end),\n                .in_flit_o(in_flit),\n"
        "                .slot_valid_i(slot_valid),\n                .out_valid_i(out_valid),\n"
        "                .out_ready_o(out_ready),\n                .out_flit_i(out_flit)\n"
        "            );\n"
        "            wire unused = &{1'b0, bus_in_valid, bus_in_end, bus_in_flit, "
        "bus_out_ready};\n",
        flit, bytes);
    ttfs_buf_printf(out,
                    "        end else begin : g_registers\n"
                    "            assign start = bus_start;\n"
                    "            assign in_valid = bus_in_valid;\n"
                    "            assign in_end = bus_in_end;\n"
                    "            assign in_flit = bus_in_flit;\n"
                    "            assign out_ready = bus_out_ready;\n"
                    "            assign s_axis_tready = 1'b0;\n"
                    "            assign m_axis_tvalid = 1'b0;\n"
                    "            assign m_axis_tlast = 1'b0;\n"
                    "            assign m_axis_tdata = %u'd0;\n"
                    "            wire unused = &{1'b0, s_axis_tvalid, s_axis_tdata, s_axis_tkeep, "
                    "s_axis_tlast, m_axis_tready};\n"
                    "        end\n    endgenerate\n\n    assign m_axis_tkeep = %u'd%u;\n",
                    8 * bytes, bytes, (1u << bytes) - 1);
}

static void print_wishbone(const TtfsChip *chip, TtfsBuf *out) {
    ttfs_buf_printf(out,
                    "    ttfs_wb #(.FLIT(%u), .STREAMS(0)) u_registers (\n"
                    "        .clk_i(clk_i),\n        .rst_ni(!rst_i),\n        .irq_o(irq),\n"
                    "        .cyc_i(cyc_i),\n        .stb_i(stb_i),\n        .we_i(we_i),\n"
                    "        .adr_i(adr_i),\n        .sel_i(sel_i),\n        .dat_i(dat_i),\n"
                    "        .stall_o(stall_o),\n        .ack_o(ack_o),\n        .err_o(err_o),\n"
                    "        .dat_o(dat_o),\n",
                    ttfs_chip_flit_bits(chip));
    print_registers("", out);
}

static void print_axi(const TtfsChip *chip, TtfsBuf *out) {
    print_head(TTFS_IP_AXI,
               "the chip behind AXI4-Lite (registers) and\n"
               "// AXI4-Stream (samples in, readouts out). With STREAMS of 0 the registers carry\n"
               "// samples and readouts, and the streams are idle.",
               out);
    print_ports(TTFS_IP_AXI, chip, out);
    print_wires(chip, out);
    ttfs_buf_printf(out,
                    "    wire        bus_start, bus_in_valid, bus_in_end, bus_out_ready;\n"
                    "    wire [%u:0] bus_in_flit;\n\n",
                    ttfs_chip_flit_bits(chip) - 1);
    print_chip(chip, "aclk", "aresetn", out);
    print_axil(chip, out);
    print_streams(chip, out);
}

void ttfs_ip_top(TtfsIp ip, const TtfsChip *chip, TtfsBuf *out) {
    if (ip == TTFS_IP_AXI) {
        print_axi(chip, out);
    } else {
        print_head(ip,
                   "the chip behind Wishbone B4, classic and\n"
                   "// pipelined. Registers carry samples and readouts.",
                   out);
        print_ports(ip, chip, out);
        print_wires(chip, out);
        print_chip(chip, "clk_i", "!rst_i", out);
        print_wishbone(chip, out);
    }
    ttfs_buf_puts(out, "endmodule\n\n`default_nettype wire\n");
}
