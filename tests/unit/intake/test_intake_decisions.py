"""Invitation, expiry and ends over every state; what a correction may change; what a search finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import Refused
from services.intake.domain import decisions
from services.intake.domain.deposit import patterns, search_text
from services.intake.domain.moves import ApplicationState, CallState, CorrectionState
from services.intake.domain.records import Application, Correction, Item

CLOSES = datetime(2023, 4, 11, 15, tzinfo=UTC)
AFTER = CLOSES + timedelta(hours=1)


def application(state: str, **changes: object) -> Application:
    over = {"WITHDRAWN": "WITHDRAWN", "LAPSED": "LAPSED", "CLOSED": "PAID"}
    received = CLOSES - timedelta(days=1) if state in ("FULL_SUBMITTED", "CLOSED") else None
    fields: dict[str, object] = {
        "application_id": "a",
        "call_id": "c",
        "applicant_id": "p",
        "state": ApplicationState(state),
        "fictitious": True,
        "pre_version": 1,
        "full_version": 1,
        "pre_submitted_version": 1,
        "full_submitted_version": 1 if received else None,
        "number": "2023-001",
        "submitted_at": CLOSES - timedelta(days=30),
        "full_submitted_at": received,
        "own_closes_at": None,
        "digest": "d",
        "legal_family": "association",
        "natural_person": False,
        "ending": over.get(state),
        "call_state": CallState.OPEN,
        "rulebook_version": 1,
        "pre_closes_at": CLOSES - timedelta(days=28),
        "call_full_closes_at": CLOSES,
        **changes,
    }
    return Application(**fields)  # type: ignore[arg-type]


def correction(state: str) -> Correction:
    at = CLOSES - timedelta(days=1) if state == "SUBMITTED" else None
    items = (Item("budget[2].amount_cents", "", "unclear"), Item("", "statutes", "missing"))
    return Correction("k", "a", CorrectionState(state), items, CLOSES - timedelta(days=9), CLOSES, at)


def _of(decide: object, *arguments: object) -> str:
    try:
        state = decide(*arguments)  # type: ignore[operator]
    except Refused as refused:
        return refused.reason
    return "nothing" if state is None else str(state.value)


@pytest.mark.parametrize(
    ("state", "lapsed", "closed", "invited"),
    [
        ("DRAFT", "NOT_IN_THIS_STATE", "NOT_IN_THIS_STATE", "NOT_IN_THIS_STATE"),
        ("SUBMITTED", "NOT_IN_THIS_STATE", "CLOSED", "INVITED"),
        ("INVITED", "LAPSED", "NOT_IN_THIS_STATE", "nothing"),
        ("FULL_SUBMITTED", "RECEIVED_IN_TIME", "CLOSED", "nothing"),
        ("WITHDRAWN", "RECEIVED_IN_TIME", "nothing", "NOT_IN_THIS_STATE"),
        ("LAPSED", "nothing", "nothing", "NOT_IN_THIS_STATE"),
        ("CLOSED", "RECEIVED_IN_TIME", "nothing", "NOT_IN_THIS_STATE"),
    ],
)
def test_every_state(state: str, lapsed: str, closed: str, invited: str) -> None:
    assert _of(decisions.lapse_full_application, application(state), AFTER) == lapsed
    assert _of(decisions.close, application(state), "DECLINED") == closed
    assert _of(decisions.invite, application(state), CLOSES) == invited


def test_expiry_waits_for_what_may_still_be_on_its_way() -> None:
    for after, expected in ((-1, "TOO_EARLY"), (0, "TOO_EARLY"), (29, "TOO_EARLY"), (30, "LAPSED")):
        at = CLOSES + timedelta(seconds=after)
        assert _of(decisions.lapse_full_application, application("INVITED"), at) == expected
        assert _of(decisions.lapse_correction, correction("OPEN"), application("FULL_SUBMITTED"), at) == expected


def test_later_instant_of_its_own_extends_one_file() -> None:
    later = CLOSES + timedelta(days=2)
    assert _of(decisions.invite, application("INVITED"), later) == "INVITED"
    extended = application("INVITED", own_closes_at=later)
    assert extended.full_closes_at == later
    assert _of(decisions.lapse_full_application, extended, AFTER) == "TOO_EARLY"
    assert application("INVITED", own_closes_at=CLOSES - timedelta(days=1)).full_closes_at == CLOSES


@pytest.mark.parametrize(
    ("state", "file", "expected"),
    [
        ("OPEN", "FULL_SUBMITTED", "LAPSED"),
        ("OPEN", "WITHDRAWN", "RECEIVED_IN_TIME"),
        ("SUBMITTED", "FULL_SUBMITTED", "RECEIVED_IN_TIME"),
        ("CANCELLED", "WITHDRAWN", "RECEIVED_IN_TIME"),
        ("LAPSED", "LAPSED", "nothing"),
    ],
)
def test_expiry_of_a_correction(state: str, file: str, expected: str) -> None:
    assert _of(decisions.lapse_correction, correction(state), application(file), AFTER) == expected


def test_correction_changes_only_what_was_asked() -> None:
    before = {"budget": [1], "presentation": "one", "indicators": "i"}
    draft = {"budget": [2], "presentation": "two"}
    assert decisions.corrected(before, draft, fields=correction("OPEN").fields) == before | {"budget": [2]}
    emptied = decisions.corrected(before, {}, fields=frozenset({"indicators"}))
    assert emptied == {"budget": [1], "presentation": "one"}, "an emptied field is judged empty, not put back"


def test_lapsed_and_withdrawn_are_not_endings_given_by_hand() -> None:
    assert _of(decisions.close, application("FULL_SUBMITTED"), "LAPSED") == "LAPSED"
    assert _of(decisions.close, application("FULL_SUBMITTED"), "WITHDRAWN") == "NOT_IN_THIS_STATE"
    assert _of(decisions.close, application("INVITED"), "LAPSED") == "NOT_IN_THIS_STATE"


def test_search_asks_for_the_beginning_of_each_word() -> None:
    text = search_text("2023-014", "Association Léa & Hélène", "35600000009075")
    assert text == " 2023 014 association lea helene 35600000009075"
    assert patterns("Léa, HÉLÈNE") == ("% lea%", "% helene%")
    assert patterns("356 000 000 09075") == ("% 35600000009075%",)
    assert patterns("%_") == ()
