"""``jalon addresses`` and ``jalon demo``: where everything answers, and how it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.errors import MISUSED, Stop
from cli.output import Output
from cli.place import CHECKOUT, known, running_folder


def addresses(out: Output, state: Path | None) -> int:
    """Every process and page of the installation of this checkout."""
    folder = state or running_folder()
    told = known(folder)
    if out.as_json:
        out.document({"folder": str(folder), **{key: told[key] for key in ("kind", "running", "addresses")}})
        return 0
    draw(out, told, folder=folder)
    return 0


def draw(out: Output, told: dict[str, Any], *, folder: Path) -> None:
    """A line each, with the process id when it runs."""
    out.say("addresses.running" if told["running"] else "cli.stopped", style="bold", folder=folder)
    pids = told.get("pids", {})
    rows = [[name, address, str(pids.get(name) or "—")] for name, address in told["addresses"].items()]
    out.table(["column.process", "column.address", "column.pid"], rows)


def demo(out: Output) -> int:
    """How to start the demonstration, and what it is doing now."""
    out.say("demo.how", folder=CHECKOUT)
    try:
        told = known(running_folder())
    except Stop as stop:
        if stop.code != MISUSED:
            raise
        out.say("demo.none")
        return 0
    out.say("demo.running" if told["running"] else "demo.stopped")
    return 0
