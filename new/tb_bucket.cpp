#include "Vttfs_bucket.h"
#include "verilated.h"
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <map>
#include <set>
#ifndef VB
#define VB 4
#endif
#ifndef ST
#define ST 1
#endif
static Vttfs_bucket *d; static long cyc;
static void tick(){ d->clk_i=1; d->eval(); d->clk_i=0; d->eval(); cyc++; }
int main(){ d=new Vttfs_bucket; srand(1); d->rst_ni=0; d->insert_i=d->close_i=d->start_i=0; d->en_i=1; d->clk_i=0; d->eval(); for(int i=0;i<3;i++)tick(); d->rst_ni=1; while(!d->ready_o) tick();
 struct L{std::vector<std::pair<int,int>> e; int top; int walks;};
 std::vector<L> lists; long events=0, walks=0, bad=0;
 for(int n=0;n<600;n++){ L l; l.top=1+rand()%((1<<VB)-1); l.walks=1+rand()%3; int k=rand()%4==0?rand()%4:rand()%64; for(int i=0;i<k;i++) l.e.push_back({1+rand()%l.top, rand()%4096}); lists.push_back(l);} 
 size_t f=0, w=0; size_t at=0; bool closing=false; bool walking=false; int left=0; std::vector<std::pair<long,int>> seen; long v=0; long start=0; int ticks=0; bool stalls=true; long steps=0;
 while(w<lists.size()){
  // filler
  d->insert_i=0; d->close_i=0; d->eval();
  if(f<lists.size() && d->fill_o){ if(closing){ d->close_i=1; closing=false; f++; at=0; } else if(at<lists[f].e.size()){ if(rand()%5){ d->insert_i=1; d->value_i=lists[f].e[at].first; d->row_i=lists[f].e[at].second; at++; if(at==lists[f].e.size()) closing=true; } } else if(at==lists[f].e.size()) { closing=true; } }
  d->start_i=0; d->en_i=!(stalls && w%2 && rand()%4==0);
  d->eval();
  if(walking && d->en_i){ int k=ticks; steps++;
   if(d->event_o) { seen.push_back({k,d->row_o}); }
   if(d->tick_o) ticks++; if(d->far_o){ if(lists[w].top-ticks>0){ int u=lists[w].top-1-ticks; ticks+= (u%8)+1; } }
   if(d->last_o){ // check
     L&l=lists[w]; std::multiset<std::pair<long,int>> a,b; for(auto&e:l.e) a.insert({l.top-e.first,e.second}); for(auto&s:seen) b.insert(s); if(a!=b|| ticks!=l.top){ bad++; if(bad<5) printf("list %zu differs: %zu %zu ticks %d top %d\n",w,a.size(),b.size(),ticks,l.top);} 
     // cycles
     std::map<int,int> c; for(auto&e:l.e) c[e.first-1]++; long want=2; for(int b2=(l.top-1)/8;b2>=0;b2--){ bool any=false; for(int u=b2*8;u<=b2*8+7&&u<l.top;u++) any|=c.count(u); if(ST&&!any){want++;continue;} for(int u=b2*8;u<=b2*8+7&&u<l.top;u++) want+=c.count(u)?c[u]:1; }
     if(!(w%2) && steps-1+1!=want-1+0 && steps!=want) { bad++; if(bad<10) printf("list %zu: %ld steps, want %ld\n",w,steps,want);} 
     events+=l.e.size(); walks++; walking=false; left--; if(left==0){w++;} }
  } else if(!walking && w<lists.size() && d->full_o && !d->busy_o){ if(left==0) left=lists[w].walks; d->en_i=1; d->start_i=1; d->release_i=left==1; d->top_i=lists[w].top; walking=true; seen.clear(); ticks=0; steps=0; }
  tick();
 }
 printf("%ld walks %ld events, bad %ld, cycles %ld\n",walks,events,bad,cyc); return bad!=0; }
