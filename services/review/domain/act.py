"""The vote: the assembly's act (délibération), its dates, its rows against what the jury proposed, who stood aside.

The jury proposes, the assembly decides. An act is executory once transmitted to the préfet (CGCT L3131-1); a person
with an interest in one row takes no part in the vote on the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kit.errors import FieldFault, Refused, field_invalid, invalid
from kit.money import Cents
from services.review.domain.moves import DecisionState, ProposalState
from services.review.domain.ranking import Proposal
from services.review.domain.reasons import Reason
from services.review.domain.texts import TextRef
from services.review.domain.votes import Ballot, check_ballot

NUMBER = re.compile(r"[0-9A-Z_]{2,15}", re.ASCII)
"""An act's number as the @CTES envelope takes it."""

DECIDED = {
    ProposalState.PROPOSED: DecisionState.GRANTED,
    ProposalState.WAITING_LIST: DecisionState.WAITING,
    ProposalState.DECLINED: DecisionState.REFUSED,
}
"""The decision that follows a proposal, unless the assembly amends it."""


@dataclass(frozen=True)
class ActRow:
    """What the assembly decides for one file. ``amount_cents`` > 0 when granted, 0 otherwise.

    ``amendment``: the saved reason, required wherever the row differs from the jury's proposal. ``recorded``: the row
    reached its file.
    """

    application_id: str
    decision: DecisionState
    section: str
    amount_cents: Cents
    amendment: TextRef | None = None
    recorded: bool = False


@dataclass(frozen=True)
class VoterRecusal:
    """A voter who stood aside because of one file. ``voter_id`` is opaque."""

    voter_id: str
    application_id: str


@dataclass(frozen=True)
class Hands:
    """The show of hands. ``present`` counts everybody in the room, those who stood aside included."""

    ballot: Ballot
    present: int


@dataclass(frozen=True)
class Act:
    """Dates are civil. ``hands`` None: the act states the result only."""

    number: str
    session_on: date
    rows: tuple[ActRow, ...]
    recusals: tuple[VoterRecusal, ...] = ()
    hands: Hands | None = None
    transmitted_on: date | None = None
    executory_on: date | None = None


def check_act(act: Act, proposals: Iterable[Proposal], *, envelopes: Mapping[str, Cents]) -> None:
    """Everything an act must satisfy to be recorded; ``envelopes``: cents it may spend per section.

    Each proposed file has its row; a row for another file is needed only where the act says something of it.
    Invalid: ``ACT_NUMBER_WRONG``, ``ACT_ROWS_EMPTY``, ``ACT_ROW_TWICE``, ``ACT_ROW_MISSING``, ``ACT_AMOUNT_WRONG``,
    ``ACT_ROW_DIFFERS`` (``proposed_cents``, ``section``), ``SECTION_UNKNOWN`` (``section``), ``ACT_ENVELOPE_EXCEEDED``
    (``section``, ``left_cents``), ``RECUSAL_OUTSIDE_ACT``, ``BALLOT_WRONG``, and those of :func:`check_dates`.
    Refused: ``ACT_NOT_ADOPTED``.
    """
    faults = [] if NUMBER.fullmatch(act.number) else [FieldFault("number", Reason.ACT_NUMBER_WRONG)]
    faults += _row_faults(act.rows, proposals)
    faults += _envelope_faults(act.rows, envelopes)
    listed = {row.application_id for row in act.rows}
    faults += [
        FieldFault(f"recusals[{index}]", Reason.RECUSAL_OUTSIDE_ACT)
        for index, recusal in enumerate(act.recusals)
        if recusal.application_id not in listed
    ]
    if faults:
        raise invalid(*faults)
    check_dates(act)
    _check_hands(act)


def check_dates(act: Act) -> None:
    """Session, then transmission, then executory.

    Invalid: ``ACT_DATES_ORDER`` (``after``) on the date that comes too early, ``ACT_NOT_TRANSMITTED``.
    """
    if act.transmitted_on is not None and act.transmitted_on < act.session_on:
        raise field_invalid("transmitted_on", Reason.ACT_DATES_ORDER, after=act.session_on.isoformat())
    if act.executory_on is not None:
        if act.transmitted_on is None:
            raise field_invalid("executory_on", Reason.ACT_NOT_TRANSMITTED)
        if act.executory_on < act.transmitted_on:
            raise field_invalid("executory_on", Reason.ACT_DATES_ORDER, after=act.transmitted_on.isoformat())


def decisions(act: Act, proposals: Iterable[Proposal]) -> tuple[ActRow, ...]:
    """One row per file the jury or the act speaks of: the act's own, else what follows from the proposal; order by id.

    A file without a proposal is not decided.
    """
    rows = {row.application_id: row for row in act.rows}
    for found in proposals:
        decided = DECIDED.get(found.state)
        if decided is not None and found.application_id not in rows:
            rows[found.application_id] = ActRow(found.application_id, decided, found.section, found.amount_cents)
    return tuple(rows[application_id] for application_id in sorted(rows))


def check_decision(row: ActRow | None, *, decision: str, granted_cents: int, section: str) -> None:
    """A file's decision is the row of the act, to the cent. Refused: ``DECISION_DIFFERS``."""
    if row is None or (row.decision, row.amount_cents) != (decision, granted_cents):
        raise Refused(Reason.DECISION_DIFFERS)
    if row.decision is DecisionState.GRANTED and row.section != section:
        raise Refused(Reason.DECISION_DIFFERS)


def _check_hands(act: Act) -> None:
    if act.hands is not None:
        aside = {recusal.voter_id for recusal in act.recusals}
        check_ballot(act.hands.ballot, act.hands.present - len(aside), path="ballot")
        if not act.hands.ballot.adopted:
            raise Refused(Reason.ACT_NOT_ADOPTED)


def _row_faults(rows: tuple[ActRow, ...], proposals: Iterable[Proposal]) -> list[FieldFault]:
    found = {proposal.application_id: proposal for proposal in proposals}
    counts = Counter(row.application_id for row in rows)
    faults = [] if rows else [FieldFault("rows", Reason.ACT_ROWS_EMPTY)]
    for index, row in enumerate(rows):
        proposal = found.get(row.application_id)
        if counts[row.application_id] > 1:
            faults.append(FieldFault(f"rows[{index}]", Reason.ACT_ROW_TWICE))
        elif (row.amount_cents > 0) != (row.decision is DecisionState.GRANTED) or row.amount_cents < 0:
            faults.append(FieldFault(f"rows[{index}].amount_cents", Reason.ACT_AMOUNT_WRONG))
        elif row.amendment is None and not _same(row, proposal):
            values = {
                "proposed_cents": "0" if proposal is None else str(int(proposal.amount_cents)),
                "section": row.section if proposal is None else proposal.section,
            }
            faults.append(FieldFault(f"rows[{index}]", Reason.ACT_ROW_DIFFERS, values))
    proposed = (application_id for application_id, line in found.items() if line.state is ProposalState.PROPOSED)
    missing = sorted(application_id for application_id in proposed if application_id not in counts)
    return faults + [FieldFault(f"applications.{application_id}", Reason.ACT_ROW_MISSING) for application_id in missing]


def _same(row: ActRow, proposal: Proposal | None) -> bool:
    if proposal is None or DECIDED.get(proposal.state) is not row.decision:
        return False
    if row.decision is DecisionState.GRANTED:
        return (row.section, row.amount_cents) == (proposal.section, proposal.amount_cents)
    return True


def _envelope_faults(rows: tuple[ActRow, ...], envelopes: Mapping[str, Cents]) -> list[FieldFault]:
    faults = []
    granted = [row for row in rows if row.decision is DecisionState.GRANTED]
    for section in sorted({row.section for row in granted}):
        if section not in envelopes:
            faults.append(FieldFault("rows", Reason.SECTION_UNKNOWN, {"section": section}))
            continue
        spent = sum((row.amount_cents for row in granted if row.section == section), Cents(0))
        if spent > envelopes[section]:
            values = {"section": section, "left_cents": str(int(envelopes[section]))}
            faults.append(FieldFault("rows", Reason.ACT_ENVELOPE_EXCEEDED, values))
    return faults
