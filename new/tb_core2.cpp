#include "Vttfs_core2.h"
#include "verilated.h"
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <map>
#include <algorithm>
using namespace std;
typedef Vttfs_core2 D; static D*d; static long cyc;
static void tick(){ d->clk_i=1; d->eval(); d->clk_i=0; d->eval(); cyc++; }
static long rnd(long a,long b){ return a+rand()%(b-a+1); }
static const int LANES=16, EL=16;
struct Layer{ int C,H,W,K,S,P,O,oh,ow; vector<int> w,b,r; bool readout; };
static void row(int a, const vector<int>&w){ d->weights_we_i=1; d->weights_wa_i=a; for(int i=0;i<4;i++) d->weights_wd_i[i]=0; for(int l=0;l<LANES;l++) ((unsigned char*)&d->weights_wd_i[0])[l]=(unsigned char)w[l]; tick(); d->weights_we_i=0; }
static void param(int a,int b,int r){ d->param_we_i=1; d->param_wa_i=a; d->param_wd_i=((unsigned long)(b&0xffffff)<<16)|(r&0xffff); tick(); d->param_we_i=0; }
static void taskw(int a,unsigned v){ d->task_we_i=1; d->task_wa_i=a; d->task_wd_i=v; tick(); d->task_we_i=0; }
int main(int argc,char**argv){ int N=argc>1?atoi(argv[1]):50; bool lenet=argc>2; d=new D; srand(argc>3?atoi(argv[3]):1); long bad=0, spikes=0; 
 d->rst_ni=0; d->clk_i=0; d->eval(); for(int i=0;i<3;i++) tick(); d->rst_ni=1; while(!d->ready_o) tick(); long total=0,samples=0; double share=0;
 for(int n=0;n<N;n++){ int T=15; vector<Layer> L; int C,H,W;
  if(lenet){C=1;H=W=28;} else {C=rnd(1,20);H=rnd(1,8);W=rnd(1,8);} int c0=C,h0=H,w0=W; int nl=lenet?5:rnd(1,3);
  for(int i=0;i<nl;i++){ Layer l; l.C=C;l.H=H;l.W=W; if(lenet){ int k[]={5,5,0,0,0}, o[]={6,16,120,84,10}, p[]={2,0,0,0,0}, s[]={1,2,1,1,1}; l.K=k[i]?k[i]:0; l.O=o[i]; l.P=p[i]; l.S=s[i]; } else { l.K=rnd(0,3); if(l.K>min(H,W)) l.K=0; l.O=rnd(1,40); l.P=l.K?rnd(0,1):0; l.S=l.K?rnd(1,2):1; }
   if(l.K==0){ l.oh=l.ow=1; } else { l.oh=(H+2*l.P-l.K)/l.S+1; l.ow=(W+2*l.P-l.K)/l.S+1; }
   int m=l.K? C*l.K*l.K : C*H*W; if(m>800) { nl=i; break; } l.w.resize(m*l.O); for(auto&x:l.w) x=rnd(-40,40); l.b.resize(l.O); l.r.resize(l.O); for(int o=0;o<l.O;o++){ l.b[o]=rnd(-300,900); l.r[o]=rnd(1,lenet?120:60); } l.readout=i==nl-1; L.push_back(l); C=l.O;H=l.oh;W=l.ow; }
  d->rst_ni=0; tick(); d->rst_ni=1; d->eval(); while(!d->ready_o) tick();
  if(L.empty()) continue; L.back().readout=true; nl=L.size();
  // layout: element buffers with pad of the consumer; alternate? bump allocation
  int addr=0, wrow=0, par=0; vector<int> base(nl+1); vector<int> pad(nl+1,0); for(int i=0;i<nl;i++) pad[i]=L[i].P; 
  int hh=h0,ww=w0,cc=c0; for(int i=0;i<=nl;i++){ base[i]=addr; if(i<nl){ addr+=(hh+2*pad[i])*(ww+2*pad[i])*cc; addr=(addr+EL-1)/EL*EL; hh=L[i].oh; ww=L[i].ow; cc=L[i].O; } }
  if(addr>(WORDS_)*EL){ continue; }
  bool fits=true; { int r=0,p=0; for(auto&l:L){ int m=l.w.size()/l.O; r+=m*((l.O+LANES-1)/LANES); p+=l.O; } if(r>ROWS_||p>256) fits=false; } if(!fits){ if(lenet) {printf("does not fit\n");return 1;} continue; }
  for(int i=0;i<nl;i++){ Layer&l=L[i]; int m=l.w.size()/l.O, G=(l.O+LANES-1)/LANES; int Wb=l.W+2*l.P; 
   unsigned t[16]={0}; t[0]=1|(l.readout<<4)|((unsigned)T<<16); t[1]=l.oh|(l.ow<<12); t[2]=G|(l.O<<12); t[3]=wrow; t[4]=m; t[5]=par|((unsigned)T<<16);
   int P2=pad[i+1]; int Wo=l.ow+2*P2; t[6]=base[i+1]+(P2*Wo+P2)*l.O; t[7]=l.O|((unsigned)(Wo*l.O)<<16);
   t[8]=base[i]; t[9]=l.K? l.K*l.C : m; t[12]=1|((l.K?l.K:1)<<8); t[10]=0|((unsigned)(Wb*l.C)<<16); t[11]=(l.S*l.C)|((unsigned)(l.S*Wb*l.C)<<16);
   for(int k=0;k<13;k++) taskw(i*16+k,t[k]);
   for(int g=0;g<G;g++) for(int e=0;e<m;e++){ vector<int> v(LANES,0); for(int q=0;q<LANES;q++){ int o=g*LANES+q; if(o<l.O) v[q]=l.w[o*m+e]; else v[q]=rnd(-128,127);} row(wrow++,v);} 
   for(int o=0;o<l.O;o++) param(par++,l.b[o],l.r[o]); }
  taskw(nl*16,0);
  for(int smp=0;smp<3;smp++){ int dens=lenet?19:rnd(0,100);
   vector<int> x(h0*w0*c0); for(auto&v:x) v=rnd(1,100)<=dens?rnd(1,T):0; // (y,x,c)
   // expected
   vector<map<int,long>> want(nl); vector<int> a=x; double work=0; for(int i=0;i<nl;i++){ Layer&l=L[i]; int m=l.w.size()/l.O; vector<int> y(l.oh*l.ow*l.O); int P2=pad[i+1], Wo=l.ow+2*P2; for(int r=0;r<l.oh;r++)for(int q=0;q<l.ow;q++)for(int o=0;o<l.O;o++){ long s=0; if(l.K==0){ for(int e=0;e<m;e++) s+=(long)a[e]*l.w[o*m+e]; } else for(int ky=0;ky<l.K;ky++)for(int kx=0;kx<l.K;kx++)for(int c=0;c<l.C;c++){ int yy=r*l.S+ky-l.P,xx=q*l.S+kx-l.P; if(yy<0||xx<0||yy>=l.H||xx>=l.W) continue; int e=(ky*l.K+kx)*l.C+c; int v=a[(yy*l.W+xx)*l.C+c]; s+=(long)v*l.w[o*m+e]; if(v) work++; } s+=l.b[o]; if(l.readout){ want[i][ ((r*l.ow+q)*l.O+o) ]=s; } else { long f=s<0?0:s/l.r[o]; if(f>T) f=T; y[(r*l.ow+q)*l.O+o]=f; if(f) want[i][base[i+1]+((r+P2)*Wo+q+P2)*l.O+o]=f; } } a=y; }
   // put
   int P0=pad[0], W0=w0+2*P0; for(int r=0;r<h0;r++)for(int q=0;q<w0;q++)for(int c=0;c<c0;c++){ int v=x[(r*w0+q)*c0+c]; if(!v) continue; d->in_valid_i=1; d->in_at_i=base[0]+((r+P0)*W0+q+P0)*c0+c; d->in_value_i=v; d->eval(); while(!d->in_ready_o) tick(), d->eval(); tick(); d->in_valid_i=0; }
   d->start_i=1; d->eval(); long t0=cyc; tick(); d->start_i=0; vector<map<int,long>> got(nl); vector<long> cnt(nl); vector<long> when(nl); d->eval();
   while(d->busy_o){ if(d->out_valid_o){ int i=d->out_task_o; long s=(int)(d->out_sum_o<<8)>>8; if(i>=nl){bad++; printf("task?\n");break;} if(d->out_readout_o) got[i][cnt[i]++]=s; else { got[i][d->out_at_o]=d->out_value_o; } when[i]=cyc-t0; spikes++; } if(d->over_o) {printf("over\n");bad++;} tick(); d->eval(); if(cyc-t0>2000000){printf("hangs net %d\n",n);return 1;} }
   total+=cyc-t0; samples++; if(lenet){ printf("cycles %ld, layers end",cyc-t0); for(auto w:when) printf(" %ld",w); puts(""); }
   for(int i=0;i<nl;i++) if(got[i]!=want[i]){ bad++; if(bad<6){ printf("net %d sample %d layer %d: %zu got %zu want (K %d C %d O %d S %d P %d %dx%d)\n",n,smp,i,got[i].size(),want[i].size(),L[i].K,L[i].C,L[i].O,L[i].S,L[i].P,L[i].H,L[i].W); int k=0; for(auto&p:want[i]) if(got[i][p.first]!=p.second && k++<4) printf("  at %d want %ld got %ld\n",p.first,p.second,got[i][p.first]); } break; }
  } }
 printf("%ld samples, %ld results, %ld bad, %ld cycles a sample\n",samples,spikes,bad,samples?total/samples:0); return bad!=0; }
