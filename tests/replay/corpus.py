"""The committed histories: one file per workflow, its runs in order, in clear. Data is invented throughout."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import WorkflowHistory

HISTORIES = Path(__file__).parent / "histories"
ENDINGS = (
    "paid",
    "paid_reduced",
    "inadmissible",
    "lapsed",
    "withdrawn",
    "not_shortlisted",
    "declined",
    "waiting_list",
)
NAMES = (*ENDINGS, "call", "jury", "payment_run")
"""What every release's corpus holds: an application per ending, and each other entity."""


@dataclass(frozen=True)
class Kept:
    """One workflow: every run of it, first to last."""

    name: str
    runs: tuple[WorkflowHistory, ...]


def files(release: str = "*") -> list[Path]:
    """The files of a release, or of all."""
    return sorted(HISTORIES.glob(f"{release}/*.json.gz"))


def read(path: Path) -> Kept:
    """The histories of a file."""
    content = json.loads(gzip.decompress(path.read_bytes()))
    runs = tuple(WorkflowHistory.from_json(content["workflow_id"], run) for run in content["runs"])
    return Kept(path.name.removesuffix(".json.gz"), runs)


def write(release: str, kept: Kept) -> Path:
    """Writes a file; the same histories make the same bytes."""
    content = {"workflow_id": kept.runs[0].workflow_id, "runs": [run.to_json_dict() for run in kept.runs]}
    path = HISTORIES / release / f"{kept.name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))
    return path
