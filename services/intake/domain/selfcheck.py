"""What somebody may ask before writing anything: would this project be refused, and by which rule. The rules are those
of the deposit itself (:mod:`services.intake.domain.eligibility`); nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kit.errors import FieldFault
from kit.money import Cents
from services.intake.domain.content import Applicant
from services.intake.domain.deadlines import paris_day
from services.intake.domain.eligibility import (
    Problem,
    check_amounts,
    check_legal_form,
    check_territory,
    check_window,
)
from services.intake.domain.opening import Finding
from services.intake.domain.reasons import Reason
from services.intake.domain.rules import NATURAL_PERSON, Rulebook


@dataclass(frozen=True)
class Answers:
    """A project in a few answers. ``total_cost_cents`` 0: not said, and the rate is not judged."""

    track: str
    communes: tuple[str, ...]
    legal_family: str
    esus_until: date | None
    requested_cents: Cents
    total_cost_cents: Cents


@dataclass(frozen=True)
class Point:
    """A rule and what is not met of it. ``article``: its place in the rulebook; ``legal_basis``: a code of it."""

    article: str
    legal_basis: str
    findings: tuple[Finding, ...]


def check_answers(
    rulebook: Rulebook, answers: Answers, *, now: datetime, extended_to: datetime | None = None
) -> tuple[Point, ...]:
    """Each rule a first deposit is judged by, met or not, in the order of the rulebook."""
    window, track = rulebook.pre_application, rulebook.track(answers.track)
    closed = check_window(window, now, extended_to=extended_to)
    form = check_legal_form(rulebook, _applicant(answers), today=paris_day(now))
    return (
        _point("tracks", track.legal_basis if track else "", _amounts(rulebook, answers)),
        _point("windows.pre_application", window.legal_basis, [closed] if closed else []),
        _point("communes", "", check_territory(rulebook, answers.communes)),
        _point("legal_families", "", form),
    )


def _point(article: str, legal_basis: str, problems: Iterable[Problem]) -> Point:
    return Point(article, legal_basis, tuple(_finding(article, problem) for problem in problems))


def _finding(article: str, problem: Problem) -> Finding:
    path = problem.path if isinstance(problem, FieldFault) else article
    return Finding(path, Reason(problem.reason), dict(problem.values))


def _amounts(rulebook: Rulebook, answers: Answers) -> Iterable[Problem]:
    cost = answers.total_cost_cents
    found = check_amounts(rulebook.track(answers.track), answers.requested_cents, cost)
    return [problem for problem in found if cost or problem.reason != Reason.COST_NOT_POSITIVE]


def _applicant(answers: Answers) -> Applicant:
    return Applicant(
        natural_person=answers.legal_family == NATURAL_PERSON,
        legal_family=answers.legal_family,
        name="",
        siret=None,
        rna=None,
        esus_until=answers.esus_until,
        contact_name="",
        contact_email="",
        contact_phone="",
    )
