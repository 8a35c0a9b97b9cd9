# SPDX-License-Identifier: Apache-2.0
"""The machine of a benchmark: processor, cores, and the instruction sets that matter here."""
import os
import platform

FLAGS = ["sse2", "ssse3", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl",
         "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm", "sve"]


def machine():
    name, flags = platform.machine(), set()
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                key, _, value = line.partition(":")
                if key.strip() == "model name":
                    name = value.strip()
                if key.strip() in ("flags", "Features"):
                    flags = set(value.split())
    except OSError:
        pass
    return {"processor": name, "cores": len(os.sched_getaffinity(0)),
            "flags": [f for f in FLAGS if f in flags], "system": platform.platform(),
            "load": os.getloadavg()[0]}
