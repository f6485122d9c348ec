"""Where a file stands, as screens say it: its status, its stage bar, the sentence of what is awaited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jalon.intake.v1 import applications_pb2

from web import words

Progress = applications_pb2.Progress
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("received", ("PRE_APPLICATION",)),
    ("admissibility", ("ADMISSIBILITY",)),
    ("full", ("FULL_APPLICATION", "COMPLETENESS")),
    ("review", ("REVIEW", "SHORTLIST")),
    ("jury", ("HEARING", "JURY")),
    ("decision", ("VOTE", "NOTIFICATION")),
    ("agreement", ("LEGAL_ENTITY", "AGREEMENT")),
    ("payment", ("PAYMENT",)),
    ("report", ("REPORT", "BALANCE")),
    ("closed", ("CLOSED",)),
)
"""The steps people speak of, each with its stages."""
REACHED = {
    "INADMISSIBLE": "admissibility",
    "LAPSED": "full",
    "WITHDRAWN": "received",
    "NOT_SHORTLISTED": "review",
    "DECLINED": "decision",
    "WAITING_LIST": "decision",
    "AGREEMENT_LAPSED": "agreement",
}
"""The last step a file certainly reached, when it ended before the money was paid."""
PAID = ("PAID", "PAID_REDUCED")
SHAPES = {"waiting": "●", "blocked": "▲", "done": "✓", "progress": "◔", "closed": "■"}


@dataclass(frozen=True)
class Step:
    """``state``: ``done``, ``now``, ``next``, or ``skipped`` (the file ended before)."""

    name: str
    state: str


def steps(progress: Progress) -> Sequence[Step]:
    """The stage bar of a file."""
    names = [name for name, _ in STEPS]
    ending = words.bare("intake.Ending", progress.ending)
    if ending and ending not in PAID:
        last = names.index(REACHED[ending])
        done = [Step(name, "done" if place <= last else "skipped") for place, name in enumerate(names[:-1])]
        return [*done, Step("closed", "now")]
    stage = words.bare("intake.Stage", progress.stage) or "PRE_APPLICATION"
    present = next(place for place, (_, stages) in enumerate(STEPS) if stage in stages)
    return [
        Step(name, "done" if place < present else "now" if place == present else "next")
        for place, name in enumerate(names)
    ]


def status(progress: Progress) -> str:
    """``waiting`` (on the applicant), ``blocked`` (its date has passed), ``progress``, ``done`` or ``closed``."""
    ending = words.bare("intake.Ending", progress.ending)
    if ending:
        return "done" if ending in PAID else "closed"
    if words.late(progress.next_event_at):
        return "blocked"
    return "waiting" if words.bare("common.Role", progress.blocking_role) in ("APPLICANT", "CO_EDITOR") else "progress"


def stage_word(progress: Progress) -> str:
    """The stage, or how the file ended."""
    if progress.ending:
        return words.word("intake.Ending", progress.ending)
    return words.word("intake.Stage", progress.stage) if progress.stage else words.t("stage.draft")


def awaited(progress: Progress) -> str:
    """What is awaited, bare: ``DECIDE_ADMISSIBILITY``; empty when nothing is."""
    name = words.bare("intake.NextEvent", progress.next_event)
    return "" if name == "NOTHING" else name


GLOBALS = {
    "steps": steps,
    "status_of": status,
    "stage_word": stage_word,
    "awaited": awaited,
    "SHAPES": SHAPES,
}
