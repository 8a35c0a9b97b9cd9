#!/bin/bash
# area.sh TOP "PARAM=V ..." files..
top=$1; par=$2; shift 2
set_=""; for p in $par; do set_="$set_ -set ${p%=*} ${p#*=}"; done
for t in ice40 xilinx; do
 if [ $t = ice40 ]; then s="synth_ice40 -top $top"; else s="synth_xilinx -family xc7 -top $top -noiopad -noclkbuf"; fi
 yosys -q -p "read_verilog $*; ${set_:+chparam $set_ $top;} $s; tee -o /tmp/area.$$ stat" >/dev/null 2>&1 || echo FAIL
 awk -v t=$t '/=== design hierarchy/{d=1} /^ *(SB_|LUT|CARRY|FD|RAM|MUXF|DSP|\$_DLATCH)/{n[$1]=$2} END{l=0; for(k in n) if(k~/^LUT[1-6]$/||k=="SB_LUT4") l+=n[k]; printf "%s LUT %d :",t,l; for(k in n) printf " %s=%s",k,n[k]; print ""}' /tmp/area.$$
done
