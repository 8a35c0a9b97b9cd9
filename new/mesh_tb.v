`default_nettype none
module mesh_tb #(parameter W=3, H=3, FLOWS=64, PAYLOAD=16, FLIT=6+PAYLOAD)(
 input wire clk_i, input wire rst_ni, input wire [W*H-1:0] we_i, input wire [5:0] at_i, input wire [4:0] data_i,
 input wire [W*H-1:0] iv_i, output wire [W*H-1:0] ir_o, input wire [W*H*FLIT-1:0] if_i,
 output wire [W*H-1:0] ov_o, input wire [W*H-1:0] or_i, output wire [W*H*FLIT-1:0] of_o, output wire idle_o);
 wire [4:0] ov [0:W*H-1]; wire [4:0] ir [0:W*H-1]; wire [5*FLIT-1:0] of [0:W*H-1]; wire [W*H-1:0] idle; assign idle_o=&idle;
 genvar x,y; generate for(y=0;y<H;y=y+1) for(x=0;x<W;x=x+1) begin: g
  localparam I=y*W+x;
  wire [4:0] iv, orr; wire [5*FLIT-1:0] inf;
  // port 0 north neighbour y-1: its south output(2)
  assign iv[0] = y>0 ? ov[y>0?I-W:0][2] : 1'b0; assign inf[0*FLIT+:FLIT] = of[y>0?I-W:0][2*FLIT+:FLIT]; assign orr[0] = y>0 ? ir[y>0?I-W:0][2] : 1'b0;
  assign iv[1] = x<W-1 ? ov[x<W-1?I+1:0][3] : 1'b0; assign inf[1*FLIT+:FLIT] = of[x<W-1?I+1:0][3*FLIT+:FLIT]; assign orr[1] = x<W-1 ? ir[x<W-1?I+1:0][3] : 1'b0;
  assign iv[2] = y<H-1 ? ov[y<H-1?I+W:0][0] : 1'b0; assign inf[2*FLIT+:FLIT] = of[y<H-1?I+W:0][0*FLIT+:FLIT]; assign orr[2] = y<H-1 ? ir[y<H-1?I+W:0][0] : 1'b0;
  assign iv[3] = x>0 ? ov[x>0?I-1:0][1] : 1'b0; assign inf[3*FLIT+:FLIT] = of[x>0?I-1:0][1*FLIT+:FLIT]; assign orr[3] = x>0 ? ir[x>0?I-1:0][1] : 1'b0;
  assign iv[4] = iv_i[I]; assign inf[4*FLIT+:FLIT]=if_i[I*FLIT+:FLIT]; assign orr[4]=or_i[I];
  assign ir_o[I]=ir[I][4]; assign ov_o[I]=ov[I][4]; assign of_o[I*FLIT+:FLIT]=of[I][4*FLIT+:FLIT];
  ttfs_router #(.FLOWS(FLOWS),.PAYLOAD(PAYLOAD)) r(.clk_i(clk_i),.rst_ni(rst_ni),.table_we_i(we_i[I]),.table_at_i(at_i),.table_data_i(data_i),.in_valid_i(iv),.in_ready_o(ir[I]),.in_flit_i(inf),.out_valid_o(ov[I]),.out_ready_i(orr),.out_flit_o(of[I]),.idle_o(idle[I]));
 end endgenerate
endmodule
`default_nettype wire
