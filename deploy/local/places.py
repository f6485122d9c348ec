"""Where things live: the checkout, the state of its installations, the caches shared by every checkout."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Literal

from deploy.local.daemon import Account
from deploy.local.errors import LaunchError

Kind = Literal["real", "demonstration"]

CHECKOUT = Path(__file__).resolve().parents[2]
OUTSIDE = Path("/var/lib/jalon")

# Debian and most systems give this account nothing but what everybody may read.
NOBODY = Account(uid=65534, gid=65534)


def account() -> Account | None:
    """The account PostgreSQL runs under: ``nobody`` when we are root, our own otherwise (None)."""
    return NOBODY if os.geteuid() == 0 else None


def state_folder(kind: Kind) -> Path:
    """The folder of this checkout's installation of that kind."""
    return reachable(CHECKOUT / ".jalon" / kind)


def reachable(folder: Path) -> Path:
    """``folder``, or its stand-in under /var/lib/jalon when PostgreSQL's account cannot walk there."""
    folder = folder.resolve()
    if account() is None or can_walk(folder):
        return folder
    return OUTSIDE / hashlib.sha256(str(folder.parent).encode()).hexdigest()[:16] / folder.name


def can_walk(folder: Path) -> bool:
    """True when every existing folder above (and this one) lets everybody pass."""
    return all(stat.S_IMODE(place.stat().st_mode) & 0o001 for place in folder.parents if place.exists())


def forget(folder: Path) -> None:
    """Remove an installation's folder, and its parent when nothing else is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.parent == OUTSIDE or folder.parent.name == ".jalon":
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def cache() -> Path:
    """The folder of caches, outside the tree, keyed by version below it: $XDG_CACHE_HOME/jalon, else ~/.cache/jalon,
    else (no home, or not ours to write) a folder of our own under the system's temporary folder."""
    home = os.environ.get("HOME", "")
    named = os.environ.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
    candidates = [Path(named) / "jalon"] if named else []
    candidates.append(Path(tempfile.gettempdir()) / f"jalon-cache-{os.getuid()}")
    for candidate in candidates:
        try:
            candidate.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError:
            continue
        if os.access(candidate, os.W_OK) and candidate.stat().st_uid == os.geteuid():
            return candidate
    raise LaunchError(f"Aucun dossier de cache où écrire ({candidates[0]}) : donner XDG_CACHE_HOME=<dossier>.")


def is_stand_in(folder: Path) -> bool:
    """True when :func:`cache` found neither home nor named folder to write: the tools it runs would not either."""
    return folder.name != "jalon"


def need_space(folder: Path, megabytes: int, *, purpose: str) -> None:
    """Refuse early when the disk is too full for ``purpose``."""
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free // 1_000_000
    if free < megabytes:
        raise LaunchError(
            f"Disque presque plein : {free} Mo libres sous {place}, il en faut {megabytes} pour {purpose} ;"
            " libérer de la place, puis relancer."
        )
