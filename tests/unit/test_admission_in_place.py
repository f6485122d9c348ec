"""Acting in somebody's place: what her roles and ties open, said in whose place; one's own recusal still hides."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import NAMESPACE_OID, uuid4, uuid5

import pytest

from kit.actor import Signer, Verifier
from kit.admission import RECUSED, Call, Case, admit
from kit.errors import Refused
from tests.keys import make_keys
from tests.unit.test_admission import CALL, METHODS, NOW, PERSON, asking

ABSENT = str(uuid5(NAMESPACE_OID, "absent"))
CONCLUDE = METHODS["/jalon.review.v1.CasesService/ConcludeReview"]
LIST = METHODS["/jalon.intake.v1.ApplicationsService/ListApplications"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, Verifier]:
    made = make_keys(tmp_path_factory.mktemp("keys"))
    return Signer(made.signing("backoffice")), Verifier(made.public)


async def concluding(
    door: tuple[Signer, Verifier], own: frozenset[str], ties: Mapping[str, tuple[str, ...]], *places: tuple[str, str]
) -> Call:
    """A deputy concludes the review of a file; ``ties``: what ties each person to it."""
    request = asking(CONCLUDE)
    request.context.request_id = str(uuid4())
    request.context.occurred_at.FromDatetime(NOW)
    request.context.assertion = door[0].act(
        PERSON,
        own,
        verb=CONCLUDE.verb,
        request_id=request.context.request_id,
        occurred_at=NOW,
        call_id=CALL,
        places=frozenset(places),
    )

    async def case_of(person: str, application_id: str) -> Case:
        return Case(CALL, frozenset(ties.get(person, ())))

    return await admit(CONCLUDE, request, "", verifier=door[1], case_of=case_of)


@pytest.mark.parametrize("own", [frozenset(), frozenset({"INSTRUCTOR"})])
async def test_a_deputy_has_the_absent_person_s_files_and_the_act_says_so(
    door: tuple[Signer, Verifier], own: frozenset[str]
) -> None:
    call = await concluding(door, own, {ABSENT: ("instructor",)}, ("INSTRUCTOR", ABSENT))
    assert (call.actor.person, call.role, call.in_place_of) == (PERSON, "INSTRUCTOR", ABSENT)


async def test_on_her_own_file_she_acts_for_herself(door: tuple[Signer, Verifier]) -> None:
    ties = {PERSON: ("instructor",), ABSENT: ("instructor",)}
    call = await concluding(door, frozenset({"INSTRUCTOR"}), ties, ("INSTRUCTOR", ABSENT))
    assert call.in_place_of == ""


@pytest.mark.parametrize(
    ("ties", "places", "reason"),
    [
        ({ABSENT: ("instructor",)}, [], "NOT_ALLOWED"),
        ({}, [("INSTRUCTOR", ABSENT)], "NOT_ALLOWED"),
        ({ABSENT: ("instructor",)}, [("FINANCE", ABSENT)], "NOT_ALLOWED"),
        ({ABSENT: ("instructor",), PERSON: (RECUSED,)}, [("INSTRUCTOR", ABSENT)], "NOT_FOUND"),
    ],
)
async def test_a_place_opens_no_more_than_the_absent_person_s_role_and_ties(
    door: tuple[Signer, Verifier], ties: dict[str, tuple[str, ...]], places: list[tuple[str, str]], reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        await concluding(door, frozenset({"INSTRUCTOR"}), ties, *places)
    assert caught.value.reason == reason


async def test_a_list_opens_by_a_role_held_in_somebody_s_place(door: tuple[Signer, Verifier]) -> None:
    async def nothing(person: str, application_id: str) -> None:
        raise AssertionError("a list is about no file")

    said = door[0].read(PERSON, frozenset(), now=NOW, call_id=CALL, places=frozenset({("INSTRUCTOR", ABSENT)}))
    call = await admit(LIST, asking(LIST), said, verifier=door[1], case_of=nothing)
    assert (call.role, call.in_place_of) == ("INSTRUCTOR", ABSENT)


def test_a_door_gives_no_place_in_a_role_that_is_not_its_own(door: tuple[Signer, Verifier]) -> None:
    said = door[0].read(PERSON, frozenset(), now=NOW, places=frozenset({("SYSTEM", ABSENT)}))
    with pytest.raises(Refused) as caught:
        door[1].verify(said)
    assert caught.value.reason == "ISSUER_NOT_ALLOWED"
