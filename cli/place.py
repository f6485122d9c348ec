"""Which installation a command talks to: the environment's, or one of this checkout's state folders."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import MISUSED, Stop
from kit.settings import ClientSettings, MissingSetting

CHECKOUT = Path(__file__).resolve().parents[1]
OUTSIDE = Path("/var/lib/jalon")
KINDS = ("demonstration", "real")


@dataclass(frozen=True)
class Place:
    """``addresses``: where each process answers, by name. ``folder``: None when the environment said everything."""

    settings: ClientSettings
    addresses: Mapping[str, str]
    folder: Path | None = None


def find(state: Path | None) -> Place:
    """The installation of the folder ``state``; without one, of the environment, else the running one here."""
    if state is not None:
        return _of_folder(state)
    try:
        return _of_environment(ClientSettings.from_environment())
    except MissingSetting:
        return _of_folder(running_folder())


def running_folder(checkout: Path = CHECKOUT) -> Path:
    """The state folder of this checkout whose installation runs; else the first that exists."""
    existing = [folder for folder in folders(checkout) if (folder / "installation.json").exists()]
    if not existing:
        raise Stop("cli.no_installation", code=MISUSED)
    return next((folder for folder in existing if known(folder)["running"]), existing[0])


def folders(checkout: Path) -> Iterator[Path]:
    """Where the launcher keeps installations: in the checkout, or outside when the database could not walk there."""
    inside = checkout / ".jalon"
    outside = OUTSIDE / hashlib.sha256(str(inside).encode()).hexdigest()[:16]
    for kind in KINDS:
        yield from (inside / kind, outside / kind)


def known(folder: Path) -> dict[str, Any]:
    """What ``installation.json`` says: kind, running, addresses, pids. One whose supervisor was killed does not run."""
    try:
        told = dict(json.loads((folder / "installation.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Stop("cli.no_state", code=MISUSED, values={"folder": folder}) from error
    if told["running"] and not _lives(told["supervisor"]):
        told |= {"running": False, "pids": {}}
    return told


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another account's
        return True
    return True


def _of_folder(folder: Path) -> Place:
    told = known(folder)
    addresses = told["addresses"]
    if not told["running"]:
        raise Stop("cli.stopped", values={"folder": folder})
    secrets = folder / "secrets"
    settings = ClientSettings(
        intake=addresses["intake"],
        review=addresses["review"],
        payments=addresses["payments"],
        audit=addresses["audit"],
        temporal=addresses["temporal"],
        namespace="jalon",
        signing_key=secrets / "cli.key.json",
        payload_keys=secrets / "payload.ring.json",
    )
    return Place(settings, addresses, folder)


def _of_environment(settings: ClientSettings) -> Place:
    names = ("intake", "review", "payments", "audit", "temporal")
    return Place(settings, {name: getattr(settings, name) for name in names})
