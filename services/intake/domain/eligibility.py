"""What the service checks by itself when something is deposited. Admissibility, which people judge, is review's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime

from kit.errors import FieldFault, Refused, invalid
from kit.money import Cents
from services.intake.domain.content import (
    CHARGE_CODES,
    MAX_JOBS,
    MAX_NAME,
    MAX_SUMMARY,
    MAX_TITLE,
    PRODUCT_CODES,
    Applicant,
    BudgetSide,
    FullApplication,
    PreApplication,
    unreadable_texts,
)
from services.intake.domain.deadlines import paris_day, rfc3339
from services.intake.domain.identifiers import IdentifierError, rna, siret
from services.intake.domain.reading import MAX_TEXT
from services.intake.domain.reasons import Reason
from services.intake.domain.rules import NATURAL_PERSON, Rulebook, Stage, Track, Window

Problem = FieldFault | Refused


def require(problems: Iterable[Problem]) -> None:
    """Raise the first refusal, else ``FIELDS_INVALID`` with every wrong field; return when there is nothing."""
    found = tuple(problems)
    for problem in found:
        if isinstance(problem, Refused):
            raise problem
    if found:
        raise invalid(*(problem for problem in found if isinstance(problem, FieldFault)))


def check_window(window: Window, received_at: datetime, *, extended_to: datetime | None = None) -> Refused | None:
    """None inside ``[opens, closes[``. ``received_at``: when the whole request was held (UTC, the service's clock).

    ``extended_to``: a later closing instant granted to this file, or to all.
    """
    closes_at = max(window.closes_at, extended_to) if extended_to else window.closes_at
    received = {"received_at": rfc3339(received_at)}
    if received_at < window.opens_at:
        return Refused(Reason.WINDOW_NOT_OPEN, values=received | {"opens_at": rfc3339(window.opens_at)})
    if received_at >= closes_at:
        return Refused(Reason.WINDOW_CLOSED, values=received | {"closes_at": rfc3339(closes_at)})
    return None


def check_pre_application(
    rulebook: Rulebook, content: PreApplication, *, received_at: datetime, extended_to: datetime | None = None
) -> tuple[Problem, ...]:
    """Everything wrong with a first stage received at this instant; empty when it may be deposited."""
    closed = check_window(rulebook.pre_application, received_at, extended_to=extended_to)
    return (
        *((closed,) if closed else ()),
        *unreadable_texts(content),
        *_text("title", content.title, longest=MAX_TITLE),
        *_text("summary", content.summary, longest=MAX_SUMMARY),
        *_applicant(rulebook, content.applicant, today=paris_day(received_at)),
        *check_amounts(rulebook.track(content.track), content.requested_cents, content.total_cost_cents),
        *check_territory(rulebook, content.communes),
        *_jobs(content.jobs_planned),
    )


def check_full_application(
    rulebook: Rulebook,
    content: FullApplication,
    *,
    pre_application: PreApplication,
    pieces: Collection[str],
    received_at: datetime,
    extended_to: datetime | None = None,
) -> tuple[Problem, ...]:
    """Everything wrong with a second stage; ``pieces``: codes of the documents whose reception is complete."""
    closed = check_window(rulebook.full_application, received_at, extended_to=extended_to)
    return (
        *((closed,) if closed else ()),
        *unreadable_texts(content),
        *_text("presentation", content.presentation, longest=MAX_TEXT),
        *_text("indicators", content.indicators, longest=MAX_SUMMARY),
        *_applicant(rulebook, pre_application.applicant, today=paris_day(received_at)),
        *_budget(content),
        *_request(rulebook.track(pre_application.track), content),
        *_project(rulebook, content),
        *_jobs(content.jobs_planned),
        *missing_pieces(rulebook, Stage.FULL_APPLICATION, family=pre_application.applicant.legal_family, held=pieces),
    )


def check_created_entity(rulebook: Rulebook, entity: Applicant, *, today: date) -> tuple[FieldFault, ...]:
    """Everything wrong with the legal entity a natural person created: it must exist before agreement and payment."""
    return (*_text("applicant.name", entity.name, longest=MAX_NAME), *_organization(rulebook, entity, today=today))


def missing_pieces(rulebook: Rulebook, stage: Stage, *, family: str, held: Collection[str]) -> tuple[FieldFault, ...]:
    """The compulsory pieces of a stage that are not there, one fault each."""
    return tuple(
        FieldFault(f"pieces.{piece.code}", Reason.PIECE_MISSING, {"code": piece.code})
        for piece in rulebook.pieces_for(stage, family)
        if piece.required and piece.code not in held
    )


def _text(path: str, text: str, *, longest: int) -> Iterator[FieldFault]:
    if not text.strip():
        yield FieldFault(path, Reason.TEXT_EMPTY)
    if len(text) > longest:
        yield FieldFault(path, Reason.TEXT_TOO_LONG, {"max": str(longest)})


def _applicant(rulebook: Rulebook, applicant: Applicant, *, today: date) -> Iterator[FieldFault]:
    yield from _text("applicant.name", applicant.name, longest=MAX_NAME)
    yield from _text("applicant.contact_name", applicant.contact_name, longest=MAX_NAME)
    yield from _text("applicant.contact_email", applicant.contact_email, longest=254)
    if applicant.natural_person or applicant.legal_family == NATURAL_PERSON:
        yield from _natural_person(rulebook, applicant, today=today)
    else:
        yield from _organization(rulebook, applicant, today=today)


def check_legal_form(rulebook: Rulebook, applicant: Applicant, *, today: date) -> Iterator[FieldFault]:
    """Whether the call takes this kind of applicant; numbers are not judged."""
    if applicant.natural_person or applicant.legal_family == NATURAL_PERSON:
        if not rulebook.accept_natural_person:
            yield FieldFault("applicant.natural_person", Reason.NATURAL_PERSON_NOT_ACCEPTED)
        return
    family = next((item for item in rulebook.legal_families if item.code == applicant.legal_family), None)
    if family is None:
        yield FieldFault("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED)
    elif family.esus_required and applicant.esus_until is None:
        yield FieldFault("applicant.esus_until", Reason.ESUS_MISSING)
    elif family.esus_required and applicant.esus_until is not None and applicant.esus_until < today:
        yield FieldFault("applicant.esus_until", Reason.ESUS_EXPIRED, {"until": applicant.esus_until.isoformat()})


def _natural_person(rulebook: Rulebook, applicant: Applicant, *, today: date) -> Iterator[FieldFault]:
    yield from check_legal_form(rulebook, applicant, today=today)
    if not applicant.natural_person or applicant.legal_family != NATURAL_PERSON:
        yield FieldFault("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED)
    for path, number in (("applicant.siret", applicant.siret), ("applicant.rna", applicant.rna)):
        if number:
            yield FieldFault(path, Reason.IDENTIFIER_UNEXPECTED)


def _organization(rulebook: Rulebook, applicant: Applicant, *, today: date) -> Iterator[FieldFault]:
    if not applicant.siret and not applicant.rna:
        yield FieldFault("applicant.siret", Reason.IDENTIFIER_MISSING)
    yield from _number("applicant.siret", applicant.siret, parse=siret)
    yield from _number("applicant.rna", applicant.rna, parse=rna)
    yield from check_legal_form(rulebook, applicant, today=today)


def _number(path: str, number: str | None, *, parse: Callable[[str], str]) -> Iterator[FieldFault]:
    try:
        if number:
            parse(number)
    except IdentifierError as error:
        yield FieldFault(path, error.reason)


def check_amounts(track: Track | None, requested: Cents, total_cost: Cents) -> Iterator[FieldFault]:
    """Bounds of the track, and its share of the cost."""
    if track is None:
        yield FieldFault("track", Reason.TRACK_UNKNOWN)
        return
    yield from _bounds(track, requested)
    if total_cost <= 0:
        yield FieldFault("total_cost_cents", Reason.COST_NOT_POSITIVE)
    else:
        yield from _rate(track, requested, base=total_cost)


def _bounds(track: Track, requested: Cents) -> Iterator[FieldFault]:
    if requested < track.min_amount_cents:
        values = {"min_cents": str(track.min_amount_cents)}
        yield FieldFault("requested_cents", Reason.AMOUNT_BELOW_MINIMUM, values)
    if requested > track.max_amount_cents:
        values = {"max_cents": str(track.max_amount_cents)}
        yield FieldFault("requested_cents", Reason.AMOUNT_ABOVE_CEILING, values)


def _rate(track: Track, requested: Cents, *, base: Cents) -> Iterator[FieldFault]:
    # compared as whole numbers: a rounded ceiling could let half a cent through
    if int(requested) * 10_000 > int(base) * track.rate_basis_points:
        values = {
            "max_cents": str(int(base) * track.rate_basis_points // 10_000),
            "rate_basis_points": str(track.rate_basis_points),
        }
        yield FieldFault("requested_cents", Reason.RATE_EXCEEDED, values)


def check_territory(rulebook: Rulebook, communes: tuple[str, ...]) -> Iterator[FieldFault]:
    """Every commune of the project is of the territory, and there is one."""
    if not communes:
        yield FieldFault("communes", Reason.COMMUNE_MISSING)
    for index, code in enumerate(communes):
        if code not in rulebook.communes:
            yield FieldFault(f"communes[{index}]", Reason.COMMUNE_OUT_OF_TERRITORY, {"code": code})


def _jobs(jobs: int) -> Iterator[FieldFault]:
    if jobs < 0:
        yield FieldFault("jobs_planned", Reason.NUMBER_TOO_SMALL, {"min": "0"})
    if jobs > MAX_JOBS:
        yield FieldFault("jobs_planned", Reason.NUMBER_TOO_LARGE, {"max": str(MAX_JOBS)})


def _budget(content: FullApplication) -> Iterator[FieldFault]:
    for index, line in enumerate(content.budget):
        codes = CHARGE_CODES if line.side is BudgetSide.CHARGE else PRODUCT_CODES
        if line.code not in codes:
            yield FieldFault(f"budget[{index}].code", Reason.CHOICE_UNKNOWN, {"choices": ", ".join(codes)})
    yield from _not_negative("budget", [line.amount_cents for line in content.budget])
    yield from _not_negative("funding", [funding.amount_cents for funding in content.funding])
    charges, products = content.charges_cents, content.products_cents
    if charges <= 0:
        yield FieldFault("budget", Reason.BUDGET_EMPTY)
    elif charges != products:
        values = {"charges_cents": str(charges), "products_cents": str(products)}
        yield FieldFault("budget", Reason.BUDGET_UNBALANCED, values)
    elif content.requested_cents + content.funding_cents > products:
        yield FieldFault("funding", Reason.FUNDING_ABOVE_BUDGET, {"products_cents": str(products)})


def _not_negative(path: str, amounts: Iterable[Cents]) -> Iterator[FieldFault]:
    for index, amount in enumerate(amounts):
        if amount < 0:
            yield FieldFault(f"{path}[{index}].amount_cents", Reason.NUMBER_TOO_SMALL, {"min": "0"})


def _request(track: Track | None, content: FullApplication) -> Iterator[FieldFault]:
    if track is None:
        yield FieldFault("track", Reason.TRACK_UNKNOWN)
        return
    yield from _bounds(track, content.requested_cents)
    yield from _rate(track, content.requested_cents, base=content.eligible_cost_cents)


def _project(rulebook: Rulebook, content: FullApplication) -> Iterator[FieldFault]:
    if content.section not in {envelope.section for envelope in rulebook.envelopes}:
        yield FieldFault("section", Reason.SECTION_UNKNOWN)
    if content.ends_on < content.starts_on:
        yield FieldFault("ends_on", Reason.PROJECT_DATES_REVERSED)
