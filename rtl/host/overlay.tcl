# SPDX-License-Identifier: Apache-2.0
# vivado -mode batch -source overlay.tcl -tclargs OUT [PART [MHZ]]: ttfs.bit and ttfs.hwh, an overlay for PYNQ, of a folder of
# `ttfs compile --ip-xact --schedule latency`. The processing system's port GP0 reaches the registers, a DMA carries samples
# and readouts by HP0. PART: xc7z020clg400-1 (PYNQ-Z1, PYNQ-Z2); MHZ: 100, of the block's clock. Vivado 2022 or later; its
# commands are the documented ones, and it was not at hand: nobody has run this script.
set out [file normalize [lindex $argv 0]]
set part [expr {$argc > 1 ? [lindex $argv 1] : "xc7z020clg400-1"}]
set mhz [expr {$argc > 2 ? [lindex $argv 2] : 100}]
set beat [expr {[regexp {\[63:0\] s_axis_tdata} [read [set file [open $out/ip/ttfs_axi.v]]]] ? 64 : 32}]
close $file

create_project -force ttfs ttfs_overlay -part $part
add_files [glob -directory $out/rtl ttfs_*.v ttfs_*.vh]
foreach name {ttfs_axi.v ttfs_axil.v ttfs_axis.v ttfs_regs.v ttfs_registers.vh} {add_files $out/ip/$name}
set_property file_type {Verilog Header} [get_files *.vh]

create_bd_design ttfs_overlay
set ps [create_bd_cell -type ip -vlnv xilinx.com:ip:processing_system7 ps]
apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 -config {make_external "FIXED_IO, DDR"} $ps
set_property -dict [list CONFIG.PCW_USE_S_AXI_HP0 1 CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $mhz \
    CONFIG.PCW_USE_FABRIC_INTERRUPT 1 CONFIG.PCW_IRQ_F2P_INTR 1] $ps
create_bd_cell -type module -reference ttfs_axi ttfs
set dma [create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma dma]
set_property -dict [list CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 20 CONFIG.c_m_axis_mm2s_tdata_width $beat \
    CONFIG.c_s_axis_s2mm_tdata_width $beat CONFIG.c_m_axi_mm2s_data_width $beat CONFIG.c_m_axi_s2mm_data_width $beat] $dma
connect_bd_intf_net [get_bd_intf_pins dma/M_AXIS_MM2S] [get_bd_intf_pins ttfs/s_axis]
connect_bd_intf_net [get_bd_intf_pins ttfs/m_axis] [get_bd_intf_pins dma/S_AXIS_S2MM]
connect_bd_net [get_bd_pins ttfs/irq] [get_bd_pins ps/IRQ_F2P]
foreach slave {ttfs/s_axi dma/S_AXI_LITE} {
    apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config {Master /ps/M_AXI_GP0 Clk Auto} [get_bd_intf_pins $slave]
}
foreach master {dma/M_AXI_MM2S dma/M_AXI_S2MM} {
    apply_bd_automation -rule xilinx.com:bd_rule:axi4 -config "Master /$master Slave /ps/S_AXI_HP0 Clk Auto" [get_bd_intf_pins ps/S_AXI_HP0]
}
assign_bd_address
validate_bd_design
make_wrapper -files [get_files ttfs_overlay.bd] -top -import
set_property top ttfs_overlay_wrapper [current_fileset]
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
file copy -force ttfs_overlay/ttfs.runs/impl_1/ttfs_overlay_wrapper.bit ttfs.bit
file copy -force [lindex [glob ttfs_overlay/ttfs.gen/sources_1/bd/ttfs_overlay/hw_handoff/*.hwh] 0] ttfs.hwh
