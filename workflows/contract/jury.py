"""Messages of ``jury/<session_id>``: a session from preparation to its result."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.contract.application import TextRef
from workflows.state import ADDED, Context


@dataclass(frozen=True)
class Mark:
    """One criterion, 0 to its scale, with its saved reason."""

    criterion: str
    value: int
    reason: TextRef | None = None


@dataclass(frozen=True)
class PrepareSession:
    context: Context
    call_id: str
    session_id: str
    held_at: str
    member_ids: list[str]
    chair_id: str
    application_ids: list[str]
    place: TextRef | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class ConvokeSession:
    context: Context
    call_id: str
    session_id: str


@dataclass(frozen=True)
class DeclareConflict:
    context: Context
    call_id: str
    session_id: str
    application_id: str
    nature: str


@dataclass(frozen=True)
class SubmitScore:
    context: Context
    call_id: str
    session_id: str
    application_id: str
    marks: list[Mark]


@dataclass(frozen=True)
class OpenSession:
    context: Context
    call_id: str
    session_id: str
    present_ids: list[str]


@dataclass(frozen=True)
class AdjournSession:
    context: Context
    call_id: str
    session_id: str
    resumes_at: str


@dataclass(frozen=True)
class CancelSession:
    context: Context
    call_id: str
    session_id: str


@dataclass(frozen=True)
class RecordBallot:
    context: Context
    call_id: str
    session_id: str
    application_id: str
    in_favor_count: int
    against_count: int
    abstained_count: int


@dataclass(frozen=True)
class CloseSession:
    context: Context
    call_id: str
    session_id: str
    minutes: TextRef | None = None
