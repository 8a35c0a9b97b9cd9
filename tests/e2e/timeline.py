# SPDX-License-Identifier: Apache-2.0
"""report --timeline: trace events that a viewer takes (kind, process, thread, begin, length), whose slots are those of
timing.json and of the verdict, one after the other, with every task of the plan once and inside its slot."""
import json
import os
import re
import sys

from e2e import Case


def load(case, *names):
    with open(case.path(*names), encoding="utf-8") as f:
        return json.load(f)


def timeline(case, out):
    case.equal(case.json("report", out, "--timeline", "t.json"), {"timeline": "t.json"}, "what it says")
    events = load(case, "t.json")["traceEvents"]
    for e in events:
        keys = {"ph", "name", "pid", "tid", "args"} | ({"ts", "dur"} if e["ph"] == "X" else set())
        case.check(e["ph"] in ("M", "X") and set(e) == keys, "event %s" % e)
    return events


def rows(events, process):
    """{thread: [(begin, end, event)]} in cycles, in order of the file."""
    found = {}
    for e in events:
        if e["ph"] == "X" and e["pid"] == process:
            begin = e["args"]["first_cycle"]
            found.setdefault(e["tid"], []).append((begin, begin + e["args"]["cycles"], e))
    return found


def judged(case, out, clock, measured):
    timing, events = load(case, out, "report", "timing.json"), timeline(case, out)
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    case.equal(sorted({p for p, _ in named}), [1, 2, 3] if measured else [1, 2], "processes")
    for (_, thread), name in named.items():
        case.equal(name, "core %d" % (thread - 1) if thread else "slots", "the name of thread %d" % thread)
    case.equal({p for p, thread in named if thread == 0}, {p for p, _ in named}, "processes whose slots have a name")
    case.equal({(e["pid"], e["tid"]) for e in events if e["name"] == "process_name"}, {(p, 0) for p, _ in named}, "names of processes")
    with open(case.path(out, "forms", "plan.txt"), encoding="utf-8") as f:
        tasks = len(re.findall(r"^\s*task ", f.read(), re.M))
    for process, key in ((1, "worst_cycles"), (2, "expected_cycles")):
        found = rows(events, process)
        slots = found.pop(0)
        case.equal([end - begin for begin, end, _ in slots], [s[key] for s in timing["slots"]], key)
        case.equal([begin for begin, _, _ in slots[1:]], [end for _, end, _ in slots[:-1]], "slots follow one another")
        case.equal(sum(map(len, found.values())), tasks, "tasks of the plan")
        for thread, busy in found.items():
            case.check((process, thread) in named, "thread %d has no name" % thread)
            case.check(all(b <= c for (_, b, _), (c, _, _) in zip(busy, busy[1:])), "tasks of core %d overlap" % (thread - 1))
        if process == 1:
            inside = all(any(a <= begin and end <= b for a, b, _ in slots) for busy in found.values() for begin, end, _ in busy)
            case.check(inside, "a task outside of its slot")
        case.check(all(abs(e["ts"] - begin / clock) < 1e-6 for begin, _, e in slots), "microseconds at %g MHz" % clock)
    if measured:
        slots = rows(events, 3)[0]
        case.equal([(b - a, e["args"]["slack_cycles"]) for a, b, e in slots],
                   [(m, s["worst_cycles"] - m) for m, s in zip(measured, timing["slots"])], "measured cycles")


def main():
    case = Case()
    case.compile("digits_cnn", "one", "--chip", "one", "--schedule", "latency", "--stop-after", "image")
    case.compile("digits_cnn", "tiny", "--chip", case.chip("mine.json", clock_mhz=12.5), "--stop-after", "image")
    judged(case, "one", load(case, "one", "manifest.json")["chip"]["clock_mhz"], None)
    judged(case, "tiny", 12.5, None)
    most = [100 + 7 * s["slot"] for s in load(case, "one", "report", "timing.json")["slots"]]
    os.makedirs(case.path("one", "verify"))
    case.write("one/verify/golden-rtl.json", json.dumps({"date": "2020-01-01T00:00:00Z", "equal": True, "engines": ["golden", "rtl"],
               "slots": [{"slot": i, "most_cycles": m} for i, m in enumerate(most)]}))
    case.check(len(most) > 2, "slots")
    judged(case, "one", load(case, "one", "manifest.json")["chip"]["clock_mhz"], most)
    case.write("one/verify/golden-jit-rtl.json", json.dumps({"date": "2021-01-01T00:00:00Z", "equal": True, "engines": ["golden", "jit", "rtl"],
               "slots": [{"slot": i, "most_cycles": m} for i, m in enumerate(most[1:])]}))  # later, and of another plan
    judged(case, "one", load(case, "one", "manifest.json")["chip"]["clock_mhz"], most)
    case.compile("digits_mlp", "short", "--stop-after", "spike")
    case.refused("report", "short", "--timeline", "no.json", says="plan")
    case.check(not os.path.exists(case.path("no.json")), "a file without a plan")
    case.refused("report", "one", "--timeline", "", code=2, says="--timeline F.json")
    before = load(case, "one", "report", "timing.json")
    case.refused("report", "one", "--timeline", "tiny/../one/report/timing.json", code=2, says="a file of the folder 'one' itself")
    case.equal(load(case, "one", "report", "timing.json"), before, "a file of the folder's own")
    sys.exit(case.done())


main()
