#include "Vmesh_tb.h"
#include "verilated.h"
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <map>
#include <set>
using namespace std; static Vmesh_tb*d; static long cyc; static void tick(){d->clk_i=1;d->eval();d->clk_i=0;d->eval();cyc++;}
static const int W=3,H=3,N=9,FB=6,PB=16,FLIT=22;
static void setf(int i,unsigned v){ for(int b=0;b<FLIT;b++){ int k=i*FLIT+b; unsigned*w=(unsigned*)&d->if_i; w[k/32]=(w[k/32]&~(1u<<(k%32)))|(((v>>b)&1)<<(k%32)); } }
static unsigned getf(int i){ unsigned v=0; unsigned*w=(unsigned*)&d->of_o; for(int b=0;b<FLIT;b++){int k=i*FLIT+b; v|=((w[k/32]>>(k%32))&1)<<b;} return v; }
int main(){ d=new Vmesh_tb; srand(3); long bad=0,del=0; for(int rep=0;rep<40;rep++){ d->rst_ni=0; d->clk_i=0; d->iv_i=0; d->or_i=0; tick();tick(); d->rst_ni=1;
 vector<int> src(64); vector<set<int>> dst(64); 
 for(int f=0;f<64;f++){ src[f]=rand()%N; int n=1+rand()%(rep%2?9:3); while((int)dst[f].size()<n) dst[f].insert(rand()%N); vector<int> tab(N,0); int sx=src[f]%W,sy=src[f]/W; for(int t:dst[f]){ int x=sx,y=sy; while(x!=t%W){ int dx=t%W>x?1:-1; tab[y*W+x]|= dx>0?2:8; x+=dx; } while(y!=t/W){ int dy=t/W>y?1:-1; tab[y*W+x]|= dy>0?4:1; y+=dy; } tab[t]|=16; } for(int i=0;i<N;i++){ d->we_i=1<<i; d->at_i=f; d->data_i=tab[i]; tick(); } d->we_i=0; }
 vector<vector<int>> flows(N); for(int f=0;f<64;f++) flows[src[f]].push_back(f); vector<int> have(N,0); vector<unsigned> cur(N); map<pair<int,unsigned>,int> want; vector<int> seq(64,0); int stall=rep%4; long t0=cyc; long sent=0; int quiet=0;
 while(cyc-t0<20000){ bool feed=cyc-t0<3000; for(int i=0;i<N;i++){ if(!have[i]&&feed&&flows[i].size()&&(rep%3==0||rand()%3==0)){ int f=flows[i][rand()%flows[i].size()]; cur[i]=(f<<PB)|(seq[f]++&0xffff); have[i]=1; for(int t:dst[f]) want[{t,cur[i]}]++; sent++; } setf(i,cur[i]); } unsigned v=0; for(int i=0;i<N;i++) if(have[i]) v|=1<<i; d->iv_i=v; unsigned r=0; for(int i=0;i<N;i++) if(stall==0||rand()%(stall+1)==0) r|=1<<i; d->or_i=r; d->eval(); for(int i=0;i<N;i++){ if((d->iv_i>>i&1)&&(d->ir_o>>i&1)) have[i]=0; if((d->ov_o>>i&1)&&(r>>i&1)){ auto it=want.find({i,getf(i)}); if(it==want.end()){bad++;} else { del++; if(--it->second==0) want.erase(it);} } } bool idle=d->idle_o&&!v&&!feed; tick(); if(idle){ if(++quiet>4) break; } else quiet=0; }
 if(want.size()||cyc-t0>=20000) { bad++; printf("rep %d: %zu not delivered after %ld\n",rep,want.size(),cyc-t0); } if(rep<4) printf("rep %d sent %ld in %ld cycles\n",rep,sent,cyc-t0); }
 printf("%ld delivered, bad %ld\n",del,bad); return bad!=0; }
