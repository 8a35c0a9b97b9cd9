/* SPDX-License-Identifier: Apache-2.0
 *
 * The ports of the tops, one table: their Verilog and their IP-XACT come from it. Names are those
 * that tools expect of a bus (AXI: s_axi_awvalid and so on, from which Vivado infers interfaces).
 */
#include "ip.h"

/* How wide a port is, where it is no number: a beat of a stream, a bit a byte of it. */
enum { BEAT = 1000, KEEP };
enum { AXI = 1 << TTFS_IP_AXI, WISHBONE = 1 << TTFS_IP_WISHBONE, BOTH = AXI | WISHBONE };
/* Bus interfaces, by number in a top. */
enum { NONE = -1, S_AXI = 0, S_AXIS = 1, M_AXIS = 2, WB = 0 };
enum { IN = 0, OUT = 1 };

typedef struct {
    uint32_t of;
    bool streams; /* only of a chip that takes weights from a memory outside */
    bool out;
    const char *name;
    uint32_t width;
    int bus;
    const char *logical, *doc;
} Row;

static const Row rows[] = {
    {AXI, 0, IN, "aclk", 0, NONE, "ACLK", "clock of all, rising edge"},
    {AXI, 0, IN, "aresetn", 0, NONE, "ARESETn", "reset, low, synchronous"},
    {AXI, 0, IN, "s_axi_awaddr", 8, S_AXI, "AWADDR", NULL},
    {AXI, 0, IN, "s_axi_awprot", 3, S_AXI, "AWPROT", NULL},
    {AXI, 0, IN, "s_axi_awvalid", 0, S_AXI, "AWVALID", NULL},
    {AXI, 0, OUT, "s_axi_awready", 0, S_AXI, "AWREADY", NULL},
    {AXI, 0, IN, "s_axi_wdata", 32, S_AXI, "WDATA", NULL},
    {AXI, 0, IN, "s_axi_wstrb", 4, S_AXI, "WSTRB", NULL},
    {AXI, 0, IN, "s_axi_wvalid", 0, S_AXI, "WVALID", NULL},
    {AXI, 0, OUT, "s_axi_wready", 0, S_AXI, "WREADY", NULL},
    {AXI, 0, OUT, "s_axi_bresp", 2, S_AXI, "BRESP", NULL},
    {AXI, 0, OUT, "s_axi_bvalid", 0, S_AXI, "BVALID", NULL},
    {AXI, 0, IN, "s_axi_bready", 0, S_AXI, "BREADY", NULL},
    {AXI, 0, IN, "s_axi_araddr", 8, S_AXI, "ARADDR", NULL},
    {AXI, 0, IN, "s_axi_arprot", 3, S_AXI, "ARPROT", NULL},
    {AXI, 0, IN, "s_axi_arvalid", 0, S_AXI, "ARVALID", NULL},
    {AXI, 0, OUT, "s_axi_arready", 0, S_AXI, "ARREADY", NULL},
    {AXI, 0, OUT, "s_axi_rdata", 32, S_AXI, "RDATA", NULL},
    {AXI, 0, OUT, "s_axi_rresp", 2, S_AXI, "RRESP", NULL},
    {AXI, 0, OUT, "s_axi_rvalid", 0, S_AXI, "RVALID", NULL},
    {AXI, 0, IN, "s_axi_rready", 0, S_AXI, "RREADY", NULL},
    {AXI, 0, IN, "s_axis_tdata", BEAT, S_AXIS, "TDATA", NULL},
    {AXI, 0, IN, "s_axis_tkeep", KEEP, S_AXIS, "TKEEP", NULL},
    {AXI, 0, IN, "s_axis_tlast", 0, S_AXIS, "TLAST", NULL},
    {AXI, 0, IN, "s_axis_tvalid", 0, S_AXIS, "TVALID", NULL},
    {AXI, 0, OUT, "s_axis_tready", 0, S_AXIS, "TREADY", NULL},
    {AXI, 0, OUT, "m_axis_tdata", BEAT, M_AXIS, "TDATA", NULL},
    {AXI, 0, OUT, "m_axis_tkeep", KEEP, M_AXIS, "TKEEP", NULL},
    {AXI, 0, OUT, "m_axis_tlast", 0, M_AXIS, "TLAST", NULL},
    {AXI, 0, OUT, "m_axis_tvalid", 0, M_AXIS, "TVALID", NULL},
    {AXI, 0, IN, "m_axis_tready", 0, M_AXIS, "TREADY", NULL},
    {WISHBONE, 0, IN, "clk_i", 0, WB, "clk", "clock of all, rising edge"},
    {WISHBONE, 0, IN, "rst_i", 0, WB, "rst", "reset, high, synchronous"},
    {WISHBONE, 0, IN, "cyc_i", 0, WB, "cyc", NULL},
    {WISHBONE, 0, IN, "stb_i", 0, WB, "stb", NULL},
    {WISHBONE, 0, IN, "we_i", 0, WB, "we", NULL},
    {WISHBONE, 0, IN, "adr_i", 8, WB, "adr", "of bytes"},
    {WISHBONE, 0, IN, "sel_i", 4, WB, "sel", NULL},
    {WISHBONE, 0, IN, "dat_i", 32, WB, "dat_ms", "from the master"},
    {WISHBONE, 0, OUT, "dat_o", 32, WB, "dat_sm", "to the master"},
    {WISHBONE, 0, OUT, "ack_o", 0, WB, "ack", NULL},
    {WISHBONE, 0, OUT, "err_o", 0, WB, "err", NULL},
    {WISHBONE, 0, OUT, "stall_o", 0, WB, "stall", "of pipelined masters"},
    {BOTH, 0, OUT, "irq", 0, NONE, NULL,
     "interrupt, high while a bit of IRQ and IRQ_ENABLE is set"},
    {BOTH, 1, OUT, "mem_req_valid_o", 0, NONE, NULL, "words of weights are asked for"},
    {BOTH, 1, IN, "mem_req_ready_i", 0, NONE, NULL, NULL},
    {BOTH, 1, OUT, "mem_req_addr_o", 32, NONE, NULL, "of the first of them"},
    {BOTH, 1, OUT, "mem_req_words_o", 7, NONE, NULL, "how many"},
    {BOTH, 1, IN, "mem_valid_i", 0, NONE, NULL, "a word of them is there"},
    {BOTH, 1, OUT, "mem_ready_o", 0, NONE, NULL, NULL},
    {BOTH, 1, IN, "mem_data_i", 32, NONE, NULL, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

const char *ttfs_ip_name(TtfsIp ip) {
    return ip == TTFS_IP_AXI ? "ttfs_axi" : "ttfs_wishbone";
}

uint32_t ttfs_ip_beat_bytes(const TtfsChip *chip) {
    return ttfs_chip_flit_bits(chip) > 32 ? 8 : 4;
}

static uint32_t bits_of(uint32_t width, const TtfsChip *chip) {
    if (width == BEAT) return 8 * ttfs_ip_beat_bytes(chip);
    return width == KEEP ? ttfs_ip_beat_bytes(chip) : width;
}

uint32_t ttfs_ip_ports(TtfsIp ip, const TtfsChip *chip, TtfsIpPort *ports) {
    uint32_t n = 0;
    for (int i = 0; i < ROWS; i++) {
        const Row *r = &rows[i];
        if (!(r->of & 1u << ip) || (r->streams && !chip->stream)) continue;
        ports[n++] =
            (TtfsIpPort){r->name, r->logical, r->doc, r->bus, bits_of(r->width, chip), r->out};
    }
    return n;
}
