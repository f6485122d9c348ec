"""The progress row as histories carry it: what every list shows. Names are those of ``jalon.intake.v1``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Stage, next event and its date, who blocks, and the few figures lists show (cents)."""

    application_id: str
    version: int
    stage: str
    next_event: str
    next_event_at: str = ""
    blocking_role: str = ""
    reviewer_id: str = ""
    proposed_cents: int = 0
    awarded_cents: int = 0
    paid_cents: int = 0
    ending: str = ""
