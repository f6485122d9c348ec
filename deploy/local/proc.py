"""What the kernel says of processes, from /proc (Linux; elsewhere the answers are empty)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, nearest first."""
    children: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = list(children.get(pid, []))
    for child in found:
        found.extend(children.get(child, []))
    return found


def is_alive(pid: int) -> bool:
    """True while it runs; a zombie nobody reaped yet does not."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def memory_mb(pid: int) -> float:
    """Memory of a process and all below it, MB, each shared page counted once (PSS); 0 when unknown."""
    total = 0
    for one in (pid, *descendants(pid)):
        try:
            lines = (PROC / str(one) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


@contextlib.contextmanager
def adopting(processes: list[int]) -> Iterator[list[int]]:
    """Meanwhile this process inherits the grandchildren that lose their parent; on leaving it reaps those named (a
    zombie would keep a lock file looking alive)."""
    _inherit_orphans(1)
    try:
        yield processes
        for pid in processes:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
    finally:
        _inherit_orphans(0)


def _inherit_orphans(wanted: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, wanted, 0, 0, 0)
