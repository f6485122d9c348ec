"""One supervisor at a time for an installation: a lock that the kernel drops when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from deploy.local.errors import AlreadyRunning


def take(folder: Path) -> int:
    """Hold the installation in ``folder``; returns the descriptor to close when it is stopped."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(5):  # someone who only looks (``holder``) holds it for an instant
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
            continue
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return lock
    pid = _pid(lock)
    os.close(lock)
    raise AlreadyRunning(f"L'installation tourne déjà ({folder}, processus {pid}) : make down l'arrête.", pid=pid)


def holder(folder: Path) -> int | None:
    """The process that holds it now, None when nobody does."""
    if not (folder / "lock").exists():
        return None
    lock = os.open(folder / "lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _pid(lock)
    finally:
        os.close(lock)
    return None


def _pid(lock: int) -> int:
    text = os.pread(lock, 32, 0).decode()
    return int(text) if text.isdigit() else 0
