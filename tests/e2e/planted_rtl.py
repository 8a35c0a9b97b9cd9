# SPDX-License-Identifier: Apache-2.0
"""Verilog can call any program: that of an output folder is built only when it is what ttfs writes for the
chip, or when the user vouches for it. Planted code would leave a file behind; none may, but with --trust-rtl
it does, so that this test is seen to be able to fail.
"""
import os
import shutil
import sys

from e2e import DIGITS, Case

TEST = os.path.join(DIGITS, "test.npz")
VERIFY = ("--input", TEST, "--count", "1", "--engines", "golden,rtl")
RUN = ("--input", TEST, "--count", "1", "--engine", "rtl")


def planted(case, name, change):
    """A copy of the folder with a change in its Verilog."""
    shutil.copytree(case.path("out"), case.path(name))
    change(case.path(name, "rtl"))
    return name


def append(file, text):
    def change(rtl):
        with open(os.path.join(rtl, file), "a", encoding="utf-8") as f:
            f.write(text)
    return change


def link(file):
    def change(rtl):
        os.rename(os.path.join(rtl, file), os.path.join(rtl, "..", "moved"))
        os.symlink("../moved", os.path.join(rtl, file))
    return change


def main():
    case = Case()
    case.compile("digits_mlp", "out", "--ticks", "15")
    mark = case.path("planted-ran")
    system = 'module ttfs_planted; initial $system("touch %s"); endmodule\n' % mark
    plants = {
        "module": ("ttfs_chip.v", append("ttfs_chip.v", system)),
        "top": ("ttfs_top.v", append("ttfs_top.v", system)),
        "comment": ("ttfs_core.v", append("ttfs_core.v", "// /*verilator public*/ $c(\"abort();\")\n")),
        "header": ("ttfs_fields.vh", append("ttfs_fields.vh", "`include \"/etc/passwd\"\n")),
        "more": ("ttfs_more.v", append("ttfs_more.v", system)),
        "lost": ("ttfs_skid.v", lambda rtl: os.remove(os.path.join(rtl, "ttfs_skid.v"))),
    }
    for name, (file, change) in plants.items():
        planted(case, name, change)
        for command in (("verify", name) + VERIFY, ("run", name) + RUN):
            case.refused(*command, says=("%s/rtl/%s" % (name, file), "--trust-rtl"))
    case.refused("verify", planted(case, "linked", link("ttfs_skid.v")), *VERIFY, says="a symbolic link")
    # What is no Verilog of ours is not seen by the build: it is from a copy of what was looked at.
    planted(case, "beside", append("ttfs_chip.sv", system.replace("ttfs_planted", "ttfs_chip")))
    case.good("verify", "beside", *VERIFY)
    case.check(not os.path.exists(mark), "planted Verilog ran")
    case.good("verify", "module", "--trust-rtl", *VERIFY[:-1], "golden,jit") # not simulated at all
    if not shutil.which("verilator"):
        case.left_out("what a simulation does, for there is no verilator")
        return case.done()

    def run_it(rtl):
        path = os.path.join(rtl, "ttfs_chip.v")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        cut = text.rindex("endmodule")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text[:cut] + 'initial $system("touch %s");\n' % mark + text[cut:])
    planted(case, "trusted", run_it)
    case.refused("verify", "trusted", *VERIFY, says="--trust-rtl")
    case.check(not os.path.exists(mark), "planted Verilog ran")
    case.good("verify", "trusted", "--trust-rtl", *VERIFY)
    case.check(os.path.exists(mark), "Verilog that calls a program, with --trust-rtl, did not")
    return case.done()


if __name__ == "__main__":
    sys.exit(main())
