module lanes_area #(parameter LANES=16, WB=4, SB=10, AB=14, STRIDE=0)(input clk, input [LANES*WB-1:0] w, input [6:0] ctl, output [AB-1:0] o);
 reg [LANES*WB-1:0] wq; reg [6:0] c;
 always @(posedge clk) begin wq<=w; c<=ctl; end
 wire [AB-1:0] ch [0:LANES]; assign ch[LANES]=0; assign o=ch[0];
 genvar i; generate for(i=0;i<LANES;i=i+1) begin: g
  ttfs_lane #(WB,SB,AB,STRIDE) l(clk,wq[i*WB+:WB],c[0],c[1],c[2],c[3],c[4],c[5],c[6],ch[i+1],ch[i]);
 end endgenerate
endmodule
