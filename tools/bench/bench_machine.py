# SPDX-License-Identifier: Apache-2.0
"""The machine of a benchmark: what it is, and how much of it other programs take meanwhile."""
import os
import platform
import time

FLAGS = ["sse2", "ssse3", "avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl",
         "avx512_vnni", "amx_int8", "asimd", "asimddp", "i8mm", "sve"]
TOLERANCE = 0.1  # of a core


def busy_seconds():
    """Processor time of all programs so far; None where the system does not say."""
    try:
        with open("/proc/stat") as f:
            user, nice, system, _, _, irq, softirq = (int(n) for n in f.readline().split()[1:8])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class Neighbours:
    """Cores that other programs took between start and now, while one of ours worked."""

    def __init__(self):
        self.busy, self.start = busy_seconds(), time.monotonic()

    def cores(self, ours):
        if self.busy is None:
            return 0.0
        others = busy_seconds() - self.busy - ours
        return max(0.0, others / (time.monotonic() - self.start))


def is_disturbed(others, threads):
    """Whether other programs left fewer cores than a run has threads."""
    return cores() - others < threads - TOLERANCE


def cores():
    return len(os.sched_getaffinity(0))


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
    return {"processor": name, "cores": cores(),
            "flags": [f for f in FLAGS if f in flags], "system": platform.platform(),
            "load": os.getloadavg()[0]}
