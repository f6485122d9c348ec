"""Runs a command that dies with its parent, as another account when asked.

leash.py PARENT SIGNAL UID:GID|- COMMAND...

A script of its own, read by a bare interpreter that ``exec`` then replaces: nothing of Python runs between fork and
exec in the (threaded) parent, and the death signal is set after the change of account, which would clear it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Never returns: replaces this process by the command."""
    parent, death_signal, account, *command = arguments
    if account != "-":
        user, group = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit("the parent ended before its child began")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the interpreter ignores it, and exec would hand that on
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
