"""Messages of ``bulk/<bulk_id>``: one act on many files, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.contract.application import CorrectionItem
from workflows.state import Context


@dataclass(frozen=True)
class BulkFile:
    """One file, as whoever chose it saw it: moved meanwhile, its row is refused (``STALE``)."""

    application_id: str
    expected_version: int | None = None


@dataclass(frozen=True)
class StartBulk:
    """``act``: ``ASSIGN_REVIEWER``, ``REQUEST_CORRECTION``, ``DECIDE_SHORTLIST`` or ``NOTIFY_DECISION``."""

    context: Context
    call_id: str
    bulk_id: str
    act: str
    files: list[BulkFile]
    reviewer_id: str = ""
    items: list[CorrectionItem] = field(default_factory=list)
    closes_at: str = ""


@dataclass(frozen=True)
class StopBulk:
    context: Context
    call_id: str
    bulk_id: str


@dataclass(frozen=True)
class ResumeBulk:
    context: Context
    call_id: str
    bulk_id: str
