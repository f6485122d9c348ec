"""The self-check says what the deposit would be told, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from intake_builders import BEFORE, INSIDE, applicant, pre_application, rulebook

from kit.errors import FieldFault
from kit.money import Cents
from services.intake.domain.eligibility import check_pre_application
from services.intake.domain.reasons import Reason
from services.intake.domain.selfcheck import Answers, Point, check_answers

BOOK = rulebook()
SOUND = Answers("start_up", ("94028",), "association", None, Cents(14_000_00), Cents(20_000_00))


def reasons(answers: Answers, at: Any = INSIDE) -> dict[str, list[str]]:
    return {
        point.article: [one.reason.value for one in point.findings] for point in check_answers(BOOK, answers, now=at)
    }


def unmet(answers: Answers, at: Any = INSIDE) -> dict[str, list[str]]:
    return {article: found for article, found in reasons(answers, at).items() if found}


def test_each_rule_is_named_whether_it_is_met_or_not() -> None:
    assert list(reasons(SOUND)) == ["tracks", "windows.pre_application", "communes", "legal_families"]
    assert unmet(SOUND) == {}
    points: tuple[Point, ...] = check_answers(BOOK, SOUND, now=INSIDE)
    assert [point.legal_basis for point in points] == ["REGLEMENT", "REGLEMENT", "", ""]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"requested_cents": Cents(4_999_99)}, {"tracks": ["AMOUNT_BELOW_MINIMUM"]}),
        ({"requested_cents": Cents(15_000_01), "total_cost_cents": Cents(0)}, {"tracks": ["AMOUNT_ABOVE_CEILING"]}),
        ({"requested_cents": Cents(14_000_01)}, {"tracks": ["RATE_EXCEEDED"]}),
        ({"total_cost_cents": Cents(0)}, {}),
        ({"track": "nothing"}, {"tracks": ["TRACK_UNKNOWN"]}),
        ({"communes": ("75056",)}, {"communes": ["COMMUNE_OUT_OF_TERRITORY"]}),
        ({"communes": ()}, {"communes": ["COMMUNE_MISSING"]}),
        ({"legal_family": "other"}, {"legal_families": ["FAMILY_NOT_ACCEPTED"]}),
        ({"legal_family": "natural_person"}, {}),
        ({"legal_family": "commercial_esus"}, {"legal_families": ["ESUS_MISSING"]}),
        ({"legal_family": "commercial_esus", "esus_until": date(2023, 2, 28)}, {"legal_families": ["ESUS_EXPIRED"]}),
        ({"legal_family": "commercial_esus", "esus_until": date(2023, 3, 1)}, {}),
    ],
)
def test_what_is_not_met(changes: dict[str, Any], told: dict[str, list[str]]) -> None:
    assert unmet(replace(SOUND, **changes)) == told


def test_a_closed_window_is_told_until_it_is_extended() -> None:
    closes = BOOK.pre_application.closes_at
    assert unmet(SOUND, BEFORE) == {"windows.pre_application": ["WINDOW_NOT_OPEN"]}
    assert unmet(SOUND, closes - timedelta(seconds=1)) == {}
    assert unmet(SOUND, closes) == {"windows.pre_application": ["WINDOW_CLOSED"]}
    extended = check_answers(BOOK, SOUND, now=closes, extended_to=closes + timedelta(days=1))
    assert not any(point.findings for point in extended)


@pytest.mark.parametrize("family", ["association", "natural_person", "other", "commercial_esus"])
@pytest.mark.parametrize("commune", ["94028", "75056"])
@pytest.mark.parametrize("requested", [4_999_99, 14_000_00, 14_000_01, 15_000_01])
def test_the_deposit_says_the_same(family: str, commune: str, requested: int) -> None:
    """One rule, two doors: what the check lets through is deposited, and what it refuses is refused for that."""
    person = family == "natural_person"
    numbers = {"siret": None, "rna": None if person else "W949000001"}
    content = pre_application(
        applicant=applicant(legal_family=family, natural_person=person, **numbers),
        communes=(commune,),
        requested_cents=Cents(requested),
    )
    answers = replace(SOUND, legal_family=family, communes=(commune,), requested_cents=Cents(requested))
    deposit = check_pre_application(BOOK, content, received_at=INSIDE)
    said = {Reason(found) for point in unmet(answers).values() for found in point}
    assert said == {Reason(one.reason) for one in deposit if isinstance(one, FieldFault)}
