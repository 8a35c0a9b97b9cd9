// SPDX-License-Identifier: Apache-2.0
//
// What a step of the core's pipeline asks of the lanes. Below LOAD_V bit 0 says "add a weight to S",
// bit 1 "add S to V".

`ifndef TTFS_KINDS_VH
`define TTFS_KINDS_VH
`define TTFS_KIND_NONE 3'd0
`define TTFS_KIND_SPIKE 3'd1
`define TTFS_KIND_EOT 3'd2
`define TTFS_KIND_LOAD_V 3'd4
`define TTFS_KIND_LOAD_S 3'd5
`define TTFS_KIND_RAMP 3'd6
`define TTFS_KIND_READ 3'd7
`endif
