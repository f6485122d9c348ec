"""Messages of ``call/<id>``: the call itself, and the acts that concern all of its applications together."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.state import Context


@dataclass(frozen=True)
class OpenCall:
    context: Context
    call_id: str


@dataclass(frozen=True)
class ExtendWindow:
    """The ground (public words) was saved with the draft of the extension; here only its instant."""

    context: Context
    call_id: str
    window: str
    closes_at: str
    ground: str


@dataclass(frozen=True)
class CloseCall:
    context: Context
    call_id: str


@dataclass(frozen=True)
class ActRow:
    """One line of the act."""

    application_id: str
    decision: str
    granted_cents: int
    section: str


@dataclass(frozen=True)
class RecordAct:
    context: Context
    call_id: str
    act_id: str
    session_id: str
    number: str
    session_on: str
    rows: list[ActRow]


@dataclass(frozen=True)
class RecordTransmission:
    context: Context
    call_id: str
    act_id: str
    transmitted_on: str


@dataclass(frozen=True)
class RecordExecutory:
    context: Context
    call_id: str
    act_id: str
    executory_on: str


@dataclass(frozen=True)
class NotifyDecisions:
    context: Context
    call_id: str
    act_id: str


@dataclass(frozen=True)
class CallOpened:
    context: Context
    call_id: str


@dataclass(frozen=True)
class MoneyFreed:
    context: Context
    call_id: str
    application_id: str
    section: str
    amount_cents: int
