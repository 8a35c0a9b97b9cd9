# SPDX-License-Identifier: Apache-2.0
"""`ttfs run` and `ttfs verify` in shards: what `ttfs merge` makes of them is byte for byte what one run writes, and its figures
are those that the run says; shards that are missing, doubled or foreign are refused by name; with GNU parallel too.
"""
import json
import os
import shutil
import sys

from e2e import DIGITS, SOURCE, TTFS, Case
from sweep import content, fits, script

TEST = os.path.join(DIGITS, "test.npz")


def check_schema(case, document):
    with open(os.path.join(SOURCE, "hw", "counts.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    case.equal(fits(document, schema, schema), None, "the document beside hw/counts.schema.json")
    case.check(fits(dict(document, extra=1), schema, schema) is not None, "a damaged document fits the schema")


def parts_of(case, name, n, words, code=0):
    """The files of n shards, in an order that is not theirs."""
    parts = ["%s-%d-%d.json" % (name, n, i) for i in range(1, n + 1)]
    for i, part in enumerate(parts):
        r = case.ttfs(*words, "--shard", "%d/%d" % (i + 1, n), "-o", part, "--threads", 1 + i % 2)
        case.check(r.code in (0, code), "shard %d/%d of %s:\n%s" % (i + 1, n, name, r))
    return parts[::-1]


def check(case, name, words, shards, code=0):
    """One run, and the same from shards."""
    r = case.ttfs(*words, "-o", name + ".json", "--threads", 2)
    case.check(r.code == code, "%s ended with %d:\n%s" % (name, r.code, r))
    document = json.loads(content(case, name + ".json"))
    check_schema(case, document)
    for n in shards:
        m = case.ttfs("merge", *parts_of(case, name, n, words, code), "-o", "merged.json")
        case.check(m.code == code, "the merge of %s ended with %d:\n%s" % (name, m.code, m))
        case.equal(content(case, "merged.json"), content(case, name + ".json"), "%s of %d shards" % (name, n))
    return document


def check_runs(case):
    for engine, count, shards in (("jit", 450, (1, 2, 3, 7)), ("golden", 20, (2,)), ("relu", 50, (2,))):
        words = ("run", "out", "--input", TEST, "--engine", engine, "--count", count)
        document = check(case, "run-" + engine, words, shards)
        said = case.json(*words)
        for key in ("accuracy", "agreement", "spikes_per_neuron", "close_share", "samples", "latency_ticks"):
            if engine != "relu" or key in ("accuracy", "samples"):
                case.equal(document[key], said[key], "%s of %s beside --json" % (key, engine))
    case.check(document["spikes_per_neuron"] is None and document["equal"] is None, "relu has no spikes")


def check_verifications(case):
    words = ("verify", "out", "--input", TEST, "--engines", "golden,jit", "--count", 60)
    shutil.rmtree(case.path("out", "verify"), ignore_errors=True)
    parts_of(case, "kept", 2, words)
    case.check(not os.path.exists(case.path("out", "verify")), "the folder keeps a shard's verdict")
    document = check(case, "verify", words, (1, 3))
    said = case.json(*words)
    case.equal((document["equal"], document["counts"]["spikes"], document["counts"]["readouts"], document["counts"]["samples"]),
               (True, said["spikes"], said["readouts"], 60), "a verification beside --json")
    case.check(document["counts"]["spikes"] > 0, "no spikes were compared")
    faulty = check(case, "faulty", words + ("--fault", "bias:3"), (2,), code=1)
    said = case.json(*words, "--fault", "bias:3", code=1)
    case.equal((faulty["equal"], faulty["counts"]["differences"], faulty["first"]["sample"]),
               (False, said["differences"], said["first"]["sample"]), "a faulty verification beside --json")
    case.check("sample %d" % faulty["first"]["sample"] in faulty["first"]["what"], "the first difference lacks its sample")


def refusals(case):
    words = ("run", "out", "--input", TEST, "--count", 20)
    parts = parts_of(case, "r", 3, words)[::-1]
    case.refused("merge", *parts[1:], "-o", "x.json", says="shard 1/3 is missing")
    case.refused("merge", *parts, parts[1], "-o", "x.json", says=["shard 2/3", parts[1]])
    case.refused("merge", *parts[:2], "run-jit-7-3.json", "-o", "x.json", says=["run-jit-7-3.json", "another run"])
    case.good(*words, "--shard", "3/4", "-o", "four.json")
    case.refused("merge", *parts[:2], "four.json", "-o", "x.json", says=["four.json", "4 shards"])
    case.refused("merge", *parts[:2], "verify-3-3.json", "-o", "x.json", says=["verify-3-3.json", "another run"])
    case.refused("merge", "run-jit.json", "-o", "x.json", says=["run-jit.json", "whole run"])
    case.good("sweep", "out", "--input", TEST, "--count", 20, "--vary", "drop=0,0.1", "--trials", 1, "--shard", "1/2", "-o", "s.json")
    case.refused("merge", parts[0], "s.json", "-o", "x.json", says=["s.json", "'document'"])
    case.refused("merge", "s.json", parts[0], "-o", "x.json", says=[parts[0], "'document'"])
    damaged = json.loads(content(case, parts[0]))
    damaged["counts"]["right"] = -1
    case.write("damaged.json", json.dumps(damaged))
    case.refused("merge", "damaged.json", *parts[1:], "-o", "x.json", says=["damaged.json", "'right'"])
    for i, part in enumerate(parts[:2]):
        large = json.loads(content(case, part))
        large["counts"]["spikes"] = 2**53
        case.write("large-%d.json" % i, json.dumps(large))
    case.refused("merge", "large-0.json", "large-1.json", parts[2], "-o", "x.json", says=["large-1.json", "2^53"])
    case.refused("merge", *parts, "-o", parts[0], code=2, says="-o")
    case.refused("merge", *parts, "-o", "x.json", "--csv", "x.csv", code=2, says="--csv")
    case.refused(*words, "--shard", "1/3", code=2, says="-o")
    case.refused(*words, "-o", "x.json", "--trace", "./x.json", code=2, says=["--trace", "x.json"])
    shutil.copy(TEST, case.path("own.npz"))
    for command in (("run", "out"), ("verify", "out", "--engines", "golden,jit"), ("sweep", "out", "--vary", "drop=0")):
        case.refused(*command, "--input", "own.npz", "--count", 5, "-o", "./own.npz", code=2, says=["-o", "own.npz"])
    case.refused("run", "out", "--engine", "exact", "--input", "own.npz", "--outputs", "./own.npz", code=2, says="--outputs")
    with open(TEST, "rb") as was, open(case.path("own.npz"), "rb") as now:
        case.check(was.read() == now.read(), "samples were written over")
    for shard in ("0/3", "4/3", "3", "1/0"):
        case.refused(*words, "--shard", shard, "-o", "x.json", code=2, says="--shard")
    case.refused(*words, "--shard", "1/21", "-o", "x.json", code=2, says=["1/21", "20 samples"])
    for option in (("--layers",), ("--trace", "t.txt"), ("--outputs", "o.npz")):
        case.refused(*words, *option, "--shard", "1/2", "-o", "x.json", code=2, says=option[0])
    case.refused(*words, "--engine", "exact", "--shard", "1/2", "-o", "x.json", code=2, says="exact")
    case.refused("verify", "out", "--input", TEST, "--engines", "golden,jit", "--fault", "spike:3", "--shard", "1/2", "-o", "x.json",
                 code=2, says=["--fault", "spike:3"])
    case.check(not os.path.exists(case.path("x.json")), "what was refused wrote its file")


def recipe(case):
    if not shutil.which("parallel"):
        print("GNU parallel is not here: its recipe was not run")
        return
    command = (os.path.abspath(TTFS), "run", "out", "--input", TEST)
    script(case, "parallel.sh", "recipe.json", "3", *command, JOBS="2", HOME=case.folder)
    case.good(*command[1:], "-o", "whole.json")
    case.equal(content(case, "recipe.json"), content(case, "whole.json"), "a run by GNU parallel")


def main():
    case = Case()
    case.compile("digits_mlp", "out", "--stop-after", "spike")
    check_runs(case)
    check_verifications(case)
    refusals(case)
    recipe(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
