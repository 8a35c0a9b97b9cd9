# SPDX-License-Identifier: Apache-2.0
"""The program `ttfs` of the wheel, which the command becomes."""
import os
import sys

from ._abi import PACKAGE


def main() -> None:
    """Runs it with the arguments of this process; does not return."""
    program = os.path.join(PACKAGE, "bin", "ttfs")
    os.execv(program, [program, *sys.argv[1:]])
