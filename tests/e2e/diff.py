# SPDX-License-Identifier: Apache-2.0
"""`ttfs dump --diff`: exit code 0 and no difference for equal folders, 1 and the lines that differ, old and new, for
others; every line that differs is counted, few are printed; what is no compiled folder is refused.
"""
import os
import re
import shutil
import sys

from e2e import Case, flip

BOUND = 2 * (40 * (2 * 8 + 2) + 1) + 3  # lines: 8 pairs, head and rest of 40 places of two forms


def lines(case, out, form):
    return case.good("dump", out, "--form", form).out.splitlines()


def unlike(case, a, b, form):
    """Lines of two dumps that differ, for texts that have the same lines but for their numbers."""
    x, y = lines(case, a, form), lines(case, b, form)
    case.equal(len(x), len(y), "lines of form %s" % form)
    return [(p, q) for p, q in zip(x, y) if p != q]


def equal_folders(case):
    r = case.good("dump", "--diff", "a", "a2")
    case.check(r.out.startswith("equal: image "), "expected 'equal':\n%s" % r)
    found = case.json("dump", "--diff", "a", "a2")
    case.equal((found["equal"], found["differences"]), (True, 0), "equal folders")
    for name in ("early", "early2"): # a plan and no image
        shutil.copytree(case.path("a"), case.path(name))
        shutil.rmtree(case.path(name, "image"))
    out = case.good("dump", "--diff", "early", "early2").out
    case.check(re.fullmatch(r"equal: plan \d+ lines\n", out), "plans alone: %r" % out)


def other_ticks(case):
    found = case.json("dump", "--diff", "a", "ticks", code=1)
    for form in found["forms"]:
        pairs = unlike(case, "a", "ticks", form["form"])
        case.equal(form["differences"], len(pairs), "differences of " + form["form"])
        case.equal(sum(p["differences"] for p in form["at"]), len(pairs), "of its places")
        for place in form["at"]:
            for line in place["lines"]:
                case.check((line["before"], line["after"]) in pairs, "no such pair: %r" % line)
    where = [p["where"] for p in found["forms"][0]["at"]]
    case.equal(where, ["pops", "core 0 program", "core 0 params", "core 0 buffers"], "places of the image")
    text = case.ttfs("dump", "--diff", "a", "ticks", "--form", "plan").out
    case.check(re.search(r"^-cycles worst .*\n\+cycles worst ", text, re.M), "no old and new line:\n" + text)
    case.check("image" not in text, "--form plan compares images:\n" + text)


def few_lines(case):
    """A line changed, one more, one less, with the count in front of the list: these are found, and nothing else."""
    for name, want, edits in (
            ("changed", 1, [(r"weights 0 params", "weights 1 params")]),
            ("more", 2, [(r"^flows 3", "flows 4"), (r"^flow 2 (.*\n)", r"\g<0>flow 3 \1")]),
            ("less", 2, [(r"^tasks 2", "tasks 1"), (r"^task 1 .*\n", "")])):
        shutil.copytree(case.path("a"), case.path(name))
        plan = case.path(name, "forms", "plan.txt")
        with open(plan, encoding="utf-8") as f:
            text = f.read()
        for old, new in edits:
            text, n = re.subn("(?m)" + old, new, text, count=1)
            case.equal(n, 1, "lines of the plan with '%s'" % old)
        with open(plan, "w", encoding="utf-8") as f:
            f.write(text)
        for pair in (("a", name), (name, "a")):
            found = case.json("dump", "--diff", *pair, "--form", "plan", code=1)
            case.equal(found["differences"], want, "differences of %s and %s" % pair)


def bounded(case):
    for a, b in (("a", "cnn"), ("cnn", "a")):
        r = case.ttfs("dump", "--diff", a, b)
        case.equal(r.code, 1, "exit code of unlike folders")
        case.check(len(r.out.splitlines()) <= BOUND, "%d lines" % len(r.out.splitlines()))
        case.check("... and " in r.out and "lines that differ: image " in r.out, "no counts:\n" + r.out[-300:])
    case.equal(case.ttfs("dump", "--diff", "a", "cnn", "-q").out, "", "standard output with -q")


def refused(case):
    os.makedirs(case.path("empty"))
    case.write("file", "x")
    for args in (("a", "empty"), ("empty", "a"), ("a", "file"), ("a", "absent")):
        case.refused("dump", "--diff", *args, says="not a folder that ttfs compile wrote")
    case.compile("digits_mlp", "spike", "--stop-after", "spike")
    case.refused("dump", "--diff", "a", "spike", says="holds no image and no plan to compare")
    case.compile("digits_mlp", "plan", "--stop-after", "plan")
    only = case.ttfs("dump", "--diff", "a", "plan")
    case.check(only.code == 1 and "image: only in a\n" in only.out, "expected 'only in':\n%s" % only)
    case.refused("dump", "--diff", "a", "a2", "--form", "ir", says="image, plan", code=2)
    shutil.copytree(case.path("a"), case.path("damaged"))
    image = case.path("damaged", "image", "chip.img")
    flip(image, os.path.getsize(image) - 1, 0)
    case.refused("dump", "--diff", "a", "damaged", says="checksum")
    case.refused("dump", "--diff", "a", says="dump needs OUT|FILE", code=2)


def main():
    case = Case()
    case.compile("digits_mlp", "a", "--quantiser", "plain")
    case.compile("digits_mlp", "a2", "--quantiser", "plain")
    case.compile("digits_mlp", "ticks", "--ticks", "127", "--quantiser", "plain")
    case.compile("digits_cnn", "cnn", "--chip", "tiny")
    equal_folders(case)
    other_ticks(case)
    few_lines(case)
    bounded(case)
    refused(case)
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
