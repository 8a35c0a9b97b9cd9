# SPDX-License-Identifier: Apache-2.0
"""A command on a pseudo-terminal, and all that it prints there."""
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

END = b"\0"  # what no command prints


def shown(case, argv, stream, columns=80):
    """What a command that ends well prints on a terminal of so many columns, which is its `stream` ("stdout" or "stderr").

    The terminal is held open until all of it is read: when its last user closes it, Linux now and then drops what was
    printed and not yet read (one help text in some hundred).
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    streams = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    streams[stream] = slave
    p = subprocess.Popen(argv, cwd=case.folder, **streams)
    ended = threading.Thread(target=lambda: (p.wait(), os.write(slave, END)))
    ended.start()
    text = b""
    while not text.endswith(END):
        text += os.read(master, 65536)
    ended.join()
    os.close(master)
    os.close(slave)
    case.equal(p.returncode, 0, "exit code on a terminal: " + " ".join(argv[1:]))
    return text[: -len(END)].decode()
