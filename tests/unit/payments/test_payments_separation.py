"""Verifier, liquidator and the two sealers are four persons; whoever prepared a run does not seal it; whoever
instructed neither signs nor orders."""

from __future__ import annotations

from itertools import combinations

import pytest

from kit.errors import Kind, Refused
from services.payments.domain.separation import Duty, check

ALLOWED = {
    *(frozenset({Duty.INSTRUCTOR, duty}) for duty in Duty if duty not in {Duty.SIGNATORY, Duty.SECOND_SEAL}),
    *(frozenset({Duty.SIGNATORY, duty}) for duty in Duty if duty is not Duty.INSTRUCTOR),
    frozenset({Duty.LIQUIDATOR, Duty.PREPARER}),
    frozenset({Duty.ACCOUNT_VERIFIER, Duty.PREPARER}),
}


def test_different_people_may_do_everything() -> None:
    check({duty: {f"person-{duty}"} for duty in Duty})
    check({})


@pytest.mark.parametrize(("first", "second"), list(combinations(Duty, 2)))
def test_each_pair_held_by_one_person(first: Duty, second: Duty) -> None:
    actors = {first: ["a", "same"], second: ["same", "b"]}
    if {first, second} in ALLOWED:
        check(actors)
        return
    with pytest.raises(Refused) as refused:
        check(actors)
    assert (refused.value.reason, refused.value.kind) == ("SAME_PERSON", Kind.DENIED)
    assert set(refused.value.values.values()) == {first.value, second.value}
