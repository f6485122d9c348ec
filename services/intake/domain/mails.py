"""Mail that leaves: which words announce what, when a failed one is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

MESSAGE = "message"
"""Kind of a mail that says no more than that there is something to read."""
DECISION = "decision"
KINDS = {
    "correction_requested": "correction",
    "admissible": "full_application",
    "window_extended": "full_application",
    "hearing_scheduled": "hearing",
    "agreement_sent": "agreement",
    "bank_details_rejected": "bank_details",
    "report_late": "report",
    "report_returned": "report",
    "draft_reminder": "draft_reminder",
    **dict.fromkeys(
        ("inadmissible", "not_shortlisted", "granted", "declined", "waiting_list", "waiting_list_ended"), DECISION
    ),
    **dict.fromkeys(("paid_single", "paid_advance", "paid_interim", "paid_balance"), "payment"),
}
"""Letter → the mail that announces it. A decision reads the same whatever it is: it is read on the site."""
SILENT = frozenset({"application_received", "full_application_received", "correction_received", "withdrawn"})
"""Letters that a receipt's own mail has announced already."""
DEADLINES = ("closes_at", "hearing_at")
"""Values of a letter that say until when, or when."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
MOST_ATTEMPTS = 20
"""About three days of tries."""


@dataclass(frozen=True)
class NewMail:
    """A mail to write. ``site`` and ``path``: its link; ``opens``: the link lets in whoever follows it; ``facts_json``:
    values of its words."""

    mail_id: str
    email: str
    kind: str
    locale: str
    site: str
    path: str
    facts_json: str = "{}"
    deadline_at: datetime | None = None
    opens: bool = False
    call_id: str = ""
    application_id: str = ""
    person_id: str = ""


@dataclass(frozen=True)
class Mail:
    """A mail as it stands. ``failure``: why the last try failed, a code."""

    position: int
    mail_id: str
    email: str
    kind: str
    locale: str
    site: str
    path: str
    facts_json: str
    deadline_at: datetime | None
    state: str
    attempts: int
    failure: str
    written_at: datetime
    next_try_at: datetime | None
    settled_at: datetime | None
    application_id: str
    number: str
    message_id: str


@dataclass(frozen=True)
class Due:
    """A mail whose time has come, held by one sender. ``attempts``: this one included."""

    mail_id: str
    email: str
    kind: str
    locale: str
    site: str
    path: str
    facts_json: str
    deadline_at: datetime | None
    attempts: int
    written_at: datetime


def kind_of(template: str) -> str:
    """The kind of mail that announces a letter; an agent's own words are a message."""
    return KINDS.get(template, MESSAGE)


def deadline_of(values: Mapping[str, object]) -> datetime | None:
    """The instant a letter names: until when something is awaited, or when it takes place."""
    for name in DEADLINES:
        if isinstance(text := values.get(name), str) and text:
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                continue
    return None


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries in vain: twice as long each time, six hours at most."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)
