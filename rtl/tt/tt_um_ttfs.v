// SPDX-License-Identifier: Apache-2.0
//
// Tiny Tapeout: the pins of a tile around the board top (rtl/board), which has the chip of chip.json inside. SPI, mode 0, on
// ui_in[2:0] (clock, chip select, data in) and uo_out[0] (data out); the UART on ui_in[3] and uo_out[1]; uo_out[2] the chip is
// busy, uo_out[3] a result leaves the core, whose lowest bits are on uio_out. There is no more behaviour here.

`default_nettype none

module tt_um_ttfs (
    input  wire [7:0] ui_in,
    output wire [7:0] uo_out,
    input  wire [7:0] uio_in,
    output wire [7:0] uio_out,
    output wire [7:0] uio_oe,
    input  wire       ena,
    input  wire       clk,
    input  wire       rst_n
);
    localparam FLIT = 18;   // of chip.json

    wire [FLIT-1:0] flit;

    ttfs_board #(.FLIT(FLIT), .CLOCKS(50)) u_board (
        .clk_i        (clk),
        .rst_ni       (rst_n),
        .spi_sck_i    (ui_in[0]),
        .spi_cs_ni    (ui_in[1]),
        .spi_mosi_i   (ui_in[2]),
        .spi_miso_o   (uo_out[0]),
        .uart_rx_i    (ui_in[3]),
        .uart_tx_o    (uo_out[1]),
        .busy_o       (uo_out[2]),
        .trace_valid_o(uo_out[3]),
        .trace_flit_o (flit)
    );

    assign uo_out[7:4] = 4'd0;
    assign uio_out     = flit[7:0];
    assign uio_oe      = 8'hff;
    wire unused = &{1'b0, ui_in[7:4], uio_in, ena, flit};
endmodule

`default_nettype wire
