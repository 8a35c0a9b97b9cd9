# SPDX-License-Identifier: Apache-2.0
#
# Pins of ttfs_board on an Arty A7 (Digilent; XC7A35T or XC7A100T in package CSG324): from Arty-A7-35-Master.xdc and
# Arty-A7-100-Master.xdc of https://github.com/Digilent/digilent-xdc, which name the same pins. Oscillator of 100 MHz at E3; the
# UART of its FTDI chip, whose TXD is at A9 and RXD at D10; button RESET at C2, low when pressed; LED 4 at H5, which is lit while the
# chip is at work; SPI at pins 1 to 4 of PMOD JA. There is no monitor: spikes come over the link.
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk_i]
set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33 PULLUP true} [get_ports rst_ni]
set_property -dict {PACKAGE_PIN A9 IOSTANDARD LVCMOS33 PULLUP true} [get_ports uart_rx_i]
set_property -dict {PACKAGE_PIN D10 IOSTANDARD LVCMOS33} [get_ports uart_tx_o]
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports busy_o]
set_property -dict {PACKAGE_PIN D12 IOSTANDARD LVCMOS33} [get_ports spi_sck_i]
set_property -dict {PACKAGE_PIN G13 IOSTANDARD LVCMOS33 PULLUP true} [get_ports spi_cs_ni]
set_property -dict {PACKAGE_PIN B11 IOSTANDARD LVCMOS33} [get_ports spi_mosi_i]
set_property -dict {PACKAGE_PIN A11 IOSTANDARD LVCMOS33} [get_ports spi_miso_o]
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
