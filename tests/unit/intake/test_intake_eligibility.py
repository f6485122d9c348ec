"""What a deposit is checked for by itself: windows to the instant, money to the cent, territory, family, pieces."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import INSIDE, INSIDE_FULL, PIECES, applicant, full_application, line, pre_application, rulebook

from kit.errors import FieldFault, Refused
from kit.money import Cents
from services.intake.domain.content import (
    BudgetSide,
    FullApplication,
    Funding,
    FundingStatus,
    PreApplication,
    content_bytes,
    content_digest,
    read_full_application,
    read_pre_application,
)
from services.intake.domain.eligibility import (
    check_created_entity,
    check_full_application,
    check_pre_application,
    check_window,
    require,
)
from services.intake.domain.reasons import Reason

BOOK = rulebook()
NEGATIVE = line(BudgetSide.CHARGE, "staff", amount=-1)
NOTHING_ELIGIBLE = line(BudgetSide.CHARGE, "staff", amount=20_000_00)
OWN_FUNDS = line(BudgetSide.PRODUCT, "own_funds", amount=20_000_00)
CLOSES = datetime(2023, 4, 11, 15, 0, 0, tzinfo=UTC)


def pre(content: PreApplication, at: datetime = INSIDE) -> list[tuple[str, str]]:
    return [told(problem) for problem in check_pre_application(BOOK, content, received_at=at)]


def full(content: FullApplication, **changes: Any) -> list[tuple[str, str]]:
    given_ = {"pre_application": pre_application(), "pieces": PIECES, "received_at": INSIDE_FULL} | changes
    return [told(problem) for problem in check_full_application(BOOK, content, **given_)]


def told(problem: FieldFault | Refused) -> tuple[str, str]:
    return ("", problem.reason) if isinstance(problem, Refused) else (problem.path, problem.reason)


def test_a_sound_file_passes_both_stages() -> None:
    assert pre(pre_application()) == []
    assert full(full_application()) == []


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (CLOSES - timedelta(milliseconds=1), None),
        (CLOSES, Reason.WINDOW_CLOSED),
        (CLOSES - timedelta(microseconds=1), None),
        (BOOK.full_application.opens_at, None),
        (BOOK.full_application.opens_at - timedelta(microseconds=1), Reason.WINDOW_NOT_OPEN),
    ],
)
def test_the_window_is_half_open_to_the_instant(at: datetime, reason: Reason | None) -> None:
    refused = check_window(BOOK.full_application, at)
    assert (refused.reason if refused else None) == reason


def test_a_late_deposit_reads_both_instants() -> None:
    refused = check_window(BOOK.full_application, CLOSES)
    assert refused is not None
    assert refused.values == {"received_at": "2023-04-11T15:00:00Z", "closes_at": "2023-04-11T15:00:00Z"}
    with pytest.raises(Refused) as raised:
        require(
            check_full_application(
                BOOK,
                full_application(presentation=""),
                pre_application=pre_application(),
                pieces=(),
                received_at=CLOSES,
            )
        )
    assert raised.value.reason == Reason.WINDOW_CLOSED


def test_an_extension_moves_the_instant_and_never_back() -> None:
    later = CLOSES + timedelta(days=2)
    assert check_window(BOOK.full_application, later - timedelta(milliseconds=1), extended_to=later) is None
    assert check_window(BOOK.full_application, later, extended_to=later) is not None
    assert check_window(BOOK.full_application, CLOSES - timedelta(1), extended_to=CLOSES - timedelta(3)) is None


@given(st.datetimes(datetime.fromisoformat("2023-01-01"), datetime.fromisoformat("2023-06-01"), timezones=st.just(UTC)))
def test_every_instant_is_before_inside_or_after(at: datetime) -> None:
    window = BOOK.full_application
    refused = check_window(window, at)
    assert (refused is None) == (window.opens_at <= at < window.closes_at)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"requested_cents": Cents(4_999_99)}, ("requested_cents", Reason.AMOUNT_BELOW_MINIMUM)),
        (
            {"requested_cents": Cents(15_000_01), "total_cost_cents": Cents(90_000_00)},
            ("requested_cents", Reason.AMOUNT_ABOVE_CEILING),
        ),
        ({"requested_cents": Cents(14_000_01)}, ("requested_cents", Reason.RATE_EXCEEDED)),
        ({"total_cost_cents": Cents(0)}, ("total_cost_cents", Reason.COST_NOT_POSITIVE)),
        ({"track": "other"}, ("track", Reason.TRACK_UNKNOWN)),
        ({"communes": ()}, ("communes", Reason.COMMUNE_MISSING)),
        ({"communes": ("94028", "75056")}, ("communes[1]", Reason.COMMUNE_OUT_OF_TERRITORY)),
        ({"title": "  "}, ("title", Reason.TEXT_EMPTY)),
        ({"title": "a\x00b"}, ("title", Reason.TEXT_UNREADABLE)),
        (
            {"applicant": applicant(siret=None, contact_phone="1\x07")},
            ("applicant.contact_phone", Reason.TEXT_UNREADABLE),
        ),
        ({"summary": "x" * 3001}, ("summary", Reason.TEXT_TOO_LONG)),
        ({"jobs_planned": -1}, ("jobs_planned", Reason.NUMBER_TOO_SMALL)),
        ({"applicant": applicant(siret="11122233344455")}, ("applicant.siret", Reason.SIRET_INVALID)),
        ({"applicant": applicant(siret=None, rna="W9")}, ("applicant.rna", Reason.RNA_INVALID)),
        ({"applicant": applicant(siret=None, rna=None)}, ("applicant.siret", Reason.IDENTIFIER_MISSING)),
        (
            {"applicant": applicant(siret=None, legal_family="club")},
            ("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED),
        ),
        (
            {"applicant": applicant(siret=None, legal_family="commercial_esus")},
            ("applicant.esus_until", Reason.ESUS_MISSING),
        ),
        (
            {"applicant": applicant(siret=None, legal_family="commercial_esus", esus_until=date(2023, 2, 28))},
            ("applicant.esus_until", Reason.ESUS_EXPIRED),
        ),
        ({"applicant": applicant(natural_person=True)}, ("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED)),
        (
            {"applicant": applicant(natural_person=True, legal_family="natural_person", siret="1", rna=None)},
            ("applicant.siret", Reason.IDENTIFIER_UNEXPECTED),
        ),
    ],
)
def test_what_is_wrong_in_a_first_stage_is_told(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in pre(pre_application(**changes))


def test_an_agreement_holds_on_its_last_day() -> None:
    company = applicant(siret=None, legal_family="commercial_esus", esus_until=date(2023, 3, 1))
    assert pre(pre_application(applicant=company)) == []


def test_a_natural_person_applies_without_a_number_and_creates_an_entity_later() -> None:
    person = applicant(natural_person=True, legal_family="natural_person", siret=None, rna=None)
    assert pre(pre_application(applicant=person)) == []
    closed_to_them = rulebook(lambda value: value.update(accept_natural_person=False))
    problems = check_pre_application(closed_to_them, pre_application(applicant=person), received_at=INSIDE)
    assert [told(problem)[1] for problem in problems] == [Reason.NATURAL_PERSON_NOT_ACCEPTED]
    created = applicant(siret=None)
    assert check_created_entity(BOOK, created, today=date(2023, 11, 1)) == ()
    assert check_created_entity(BOOK, applicant(siret="1"), today=date(2023, 11, 1))


@given(st.integers(1, 10**8), st.integers(0, 2_000_000))
def test_the_rate_is_exact_to_the_cent(cost: int, requested: int) -> None:
    reasons = [
        reason for _, reason in pre(pre_application(total_cost_cents=Cents(cost), requested_cents=Cents(requested)))
    ]
    assert (Reason.RATE_EXCEEDED in reasons) == (requested * 10_000 > cost * 7000)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"budget": ()}, ("budget", Reason.BUDGET_EMPTY)),
        (
            {"budget": (line(BudgetSide.CHARGE, "staff", amount=20_000_00, eligible=True),)},
            ("budget", Reason.BUDGET_UNBALANCED),
        ),
        ({"budget": (line(BudgetSide.CHARGE, "sales", amount=1),)}, ("budget[0].code", Reason.CHOICE_UNKNOWN)),
        (
            {"budget": (NEGATIVE,)},
            ("budget[0].amount_cents", Reason.NUMBER_TOO_SMALL),
        ),
        (
            {
                "budget": (
                    line(BudgetSide.CHARGE, "staff", amount=20_000_00),
                    line(BudgetSide.PRODUCT, "own_funds", amount=20_000_00),
                )
            },
            ("requested_cents", Reason.RATE_EXCEEDED),
        ),
        (
            {"funding": (Funding("Commune", Cents(6_500_01), FundingStatus.REQUESTED),)},
            ("funding", Reason.FUNDING_ABOVE_BUDGET),
        ),
        ({"requested_cents": Cents(14_000_01)}, ("requested_cents", Reason.RATE_EXCEEDED)),
        (
            {"funding": (Funding("a\ud800", Cents(1), FundingStatus.REQUESTED),)},
            ("funding[0].funder", Reason.TEXT_UNREADABLE),
        ),
        ({"ends_on": date(2023, 8, 31)}, ("ends_on", Reason.PROJECT_DATES_REVERSED)),
        ({"indicators": ""}, ("indicators", Reason.TEXT_EMPTY)),
    ],
)
def test_what_is_wrong_in_a_second_stage_is_told(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in full(full_application(**changes))


def test_each_missing_piece_is_named() -> None:
    assert full(full_application(), pieces=PIECES - {"statutes", "officers_list"}) == [
        ("pieces.statutes", Reason.PIECE_MISSING),
        ("pieces.officers_list", Reason.PIECE_MISSING),
    ]


def test_an_optional_piece_is_not_missing() -> None:
    assert "annual_accounts" not in PIECES
    assert full(full_application()) == []


def test_content_reads_back_from_what_was_saved() -> None:
    for content, read in ((pre_application(), read_pre_application), (full_application(), read_full_application)):
        saved = content_bytes(content)
        inner = saved[saved.index(b'"content":') + 10 : saved.rindex(b',"pieces"')]
        assert read(inner) == content


def test_the_digest_covers_every_word_and_every_piece() -> None:
    content = pre_application()
    base = content_digest(content)
    assert content_digest(pre_application()) == base
    assert content_digest(pre_application(title="Conserverie mobile.")) != base
    assert content_digest(content, pieces={"doc": "00"}) != base
    assert base == "a44e6e86b791c15ef294c026a3d9759254803f51525fb0547691d112bd99c2c6"


@given(st.text(max_size=20), st.integers(0, 10**9))
def test_any_text_has_a_stable_digest(text: str, cents: int) -> None:
    content = pre_application(summary=text, total_cost_cents=Cents(cents))
    assert content_digest(content) == content_digest(pre_application(summary=text, total_cost_cents=Cents(cents)))


def test_a_broken_draft_names_its_fields() -> None:
    with pytest.raises(Refused) as refused:
        read_pre_application(b'{"track": 3, "requested_cents": "1", "communes": [""]}')
    paths = {fault.path for fault in refused.value.fields}
    assert {"track", "requested_cents", "communes[0]", "title", "applicant"} <= paths
