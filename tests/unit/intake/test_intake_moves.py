"""Every pair of a state and an action either moves as the table says or is refused with both names."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from kit.errors import Kind, Refused
from services.intake.domain.moves import (
    APPLICATION_MOVES,
    CALL_MOVES,
    CORRECTION_MOVES,
    DOCUMENT_MOVES,
    ApplicationAction,
    ApplicationState,
    CallAction,
    CallState,
    CorrectionAction,
    CorrectionState,
    DocumentAction,
    DocumentState,
    move,
)

THINGS: list[tuple[type[StrEnum], type[StrEnum], Any]] = [
    (CallState, CallAction, CALL_MOVES),
    (ApplicationState, ApplicationAction, APPLICATION_MOVES),
    (CorrectionState, CorrectionAction, CORRECTION_MOVES),
    (DocumentState, DocumentAction, DOCUMENT_MOVES),
]
PAIRS = [(table, pair) for states, actions, table in THINGS for pair in product(states, actions)]


@pytest.mark.parametrize(("table", "pair"), PAIRS, ids=[f"{type(s).__name__}-{s}-{a}" for _, (s, a) in PAIRS])
def test_every_pair(table: Any, pair: tuple[Any, Any]) -> None:
    state, action = pair
    if pair in table:
        assert move(state, action) is table[pair]
        return
    with pytest.raises(Refused) as refused:
        move(state, action)
    assert refused.value.reason == "NOT_IN_THIS_STATE"
    assert refused.value.kind is Kind.PRECONDITION
    assert refused.value.values == {"state": state.value, "action": action.value}


@pytest.mark.parametrize(("states", "actions", "table"), THINGS)
def test_every_state_is_reached_and_every_action_used(states: Any, actions: Any, table: Any) -> None:
    assert {action for _, action in table} == set(actions)
    assert {next(iter(states)), *table.values()} == set(states)


@pytest.mark.parametrize(
    "ended", [ApplicationState.WITHDRAWN, ApplicationState.LAPSED, ApplicationState.CLOSED], ids=str
)
def test_an_ended_application_does_not_move(ended: ApplicationState) -> None:
    assert not [pair for pair in APPLICATION_MOVES if pair[0] is ended]


def test_an_action_of_another_thing_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError):
        move(CallState.DRAFT, ApplicationAction.SAVE_DRAFT)
