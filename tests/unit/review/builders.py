"""A synthetic call and its jury, for the tests of review's rules."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kit.money import Cents
from services.review.domain.moves import ScoreState
from services.review.domain.ranking import Contender
from services.review.domain.rulebook import ReviewRules, parse
from services.review.domain.scoring import Mark, Sheet
from services.review.domain.texts import TextRef

CODES = ("anchoring", "innovation", "social", "cohesion", "viability", "jobs")
MEMBERS = ("m1", "m2", "m3", "m4", "m5")
NOON = datetime(2023, 6, 15, 10, 0, tzinfo=UTC)
SECTIONS = ("OPERATING", "INVESTMENT")


def rulebook() -> dict[str, object]:
    """The rulebook as JSON values: two tracks, six criteria, 150 000 € in two sections."""
    return {
        "schema": "jalon.rulebook/1",
        "reference": "ESS-2023",
        "tracks": [
            {"code": code, "min_amount_cents": 500_000, "max_amount_cents": 1_500_000, "rate_basis_points": 7000}
            for code in ("study", "start_up")
        ],
        "grid": [
            {"code": code, "weight": weight, "scale_max": 5}
            for code, weight in zip(CODES, (4, 3, 4, 3, 3, 3), strict=True)
        ],
        "jury": {
            "quorum": 3,
            "tie_rule": ["anchoring", "innovation", "earliest_deposit"],
            "last_takes_remainder": True,
            "eligible_score_basis_points": 5000,
        },
        "envelopes": [
            {"section": "operating", "announced_cents": 9_000_000},
            {"section": "investment", "announced_cents": 6_000_000},
        ],
        "deadlines": [
            {"code": "correction", "days": 15, "legal_basis": "CRPA L114-5"},
            {"code": "silence_is_refusal", "months": 2, "legal_basis": "CRPA L231-4"},
        ],
        "pieces": [
            {"code": "budget", "stage": "full_application", "families": None, "required": True, "max_age_days": None},
            {
                "code": "company_register",
                "stage": "full_application",
                "families": ["commercial_company"],
                "required": True,
                "max_age_days": 90,
            },
            {"code": "statutes", "stage": "full_application", "families": ["association"], "required": True},
            {"code": "report", "stage": "full_application", "families": None, "required": False},
            {"code": "account", "stage": "agreement", "families": None, "required": True},
        ],
    }


def rules(**jury: object) -> ReviewRules:
    """The parsed rulebook, with other jury rules where given."""
    parsed = parse(json.dumps(rulebook()).encode())
    return replace(parsed, jury=replace(parsed.jury, **jury))  # type: ignore[arg-type]


def sheet(application_id: str, member_id: str, *values: int | None, state: ScoreState = ScoreState.SUBMITTED) -> Sheet:
    """One value per criterion of the grid; None is a blank."""
    marks = tuple(
        Mark(code, value, None if value is None else TextRef(f"{application_id}-{member_id}-{code}", 1))
        for code, value in zip(CODES, values, strict=True)
    )
    return Sheet(application_id, member_id, state, marks)


def flat(application_id: str, value: int, members: tuple[str, ...] = MEMBERS) -> list[Sheet]:
    """Every member gives ``value`` everywhere."""
    return [sheet(application_id, member, *[value] * len(CODES)) for member in members]


def contender(number: int, *, asked: int = 1_000_000, section: str = "OPERATING", heard: bool = True) -> Contender:
    return Contender(
        application_id=f"a{number:02}",
        track="study" if number % 2 else "start_up",
        section=section,
        asked_cents=Cents(asked),
        deposited_at=NOON - timedelta(days=100 - number),
        heard=heard,
        scorers=frozenset(MEMBERS),
    )
