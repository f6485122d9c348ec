"""What the service checks by itself when something is deposited. Admissibility, which people judge, is review's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime

from kit.errors import FieldFault, Refused, invalid
from kit.money import Cents
from services.intake.domain.content import Applicant, ApplicantKind, FullApplication, Jobs, PreApplication, ResourceCode
from services.intake.domain.deadlines import paris_day, rfc3339
from services.intake.domain.identifiers import IdentifierError, rna, siret
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
        *_texts(("title", content.title), ("summary", content.summary)),
        *_applicant(rulebook, content.applicant, paris_day(received_at)),
        *_amounts(rulebook.track(content.track), content),
        *_territory(rulebook, content.communes),
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
        *_texts(("description", content.description)),
        *_applicant(rulebook, pre_application.applicant, paris_day(received_at)),
        *_budget(content),
        *_request(rulebook.track(pre_application.track), content),
        *_project(rulebook, content),
        *_jobs(content.jobs_planned),
        *missing_pieces(rulebook, Stage.FULL_APPLICATION, family=pre_application.applicant.legal_family, held=pieces),
    )


def check_created_entity(rulebook: Rulebook, entity: Applicant, *, today: date) -> tuple[FieldFault, ...]:
    """Everything wrong with the legal entity a natural person created: it must exist before agreement and payment."""
    return (*_texts(("applicant.name", entity.name)), *_organization(rulebook, entity, today))


def missing_pieces(rulebook: Rulebook, stage: Stage, *, family: str, held: Collection[str]) -> tuple[FieldFault, ...]:
    """The compulsory pieces of a stage that are not there, one fault each."""
    return tuple(
        FieldFault(f"pieces.{piece.code}", Reason.PIECE_MISSING, {"code": piece.code})
        for piece in rulebook.pieces_for(stage, family)
        if piece.required and piece.code not in held
    )


def _texts(*texts: tuple[str, str]) -> Iterator[FieldFault]:
    for path, text in texts:
        if not text.strip():
            yield FieldFault(path, Reason.TEXT_EMPTY)


def _applicant(rulebook: Rulebook, applicant: Applicant, today: date) -> Iterator[FieldFault]:
    yield from _texts(("applicant.name", applicant.name))
    if applicant.kind is ApplicantKind.NATURAL_PERSON or applicant.legal_family == NATURAL_PERSON:
        yield from _natural_person(rulebook, applicant)
    else:
        yield from _organization(rulebook, applicant, today)


def _natural_person(rulebook: Rulebook, applicant: Applicant) -> Iterator[FieldFault]:
    if not rulebook.accept_natural_person:
        yield FieldFault("applicant.kind", Reason.NATURAL_PERSON_NOT_ACCEPTED)
    if applicant.kind is not ApplicantKind.NATURAL_PERSON or applicant.legal_family != NATURAL_PERSON:
        yield FieldFault("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED)
    for path, number in (("applicant.siret", applicant.siret), ("applicant.rna", applicant.rna)):
        if number:
            yield FieldFault(path, Reason.IDENTIFIER_UNEXPECTED)


def _organization(rulebook: Rulebook, applicant: Applicant, today: date) -> Iterator[FieldFault]:
    if not applicant.siret and not applicant.rna:
        yield FieldFault("applicant.siret", Reason.IDENTIFIER_MISSING)
    yield from _number("applicant.siret", applicant.siret, parse=siret)
    yield from _number("applicant.rna", applicant.rna, parse=rna)
    family = next((item for item in rulebook.legal_families if item.code == applicant.legal_family), None)
    if family is None:
        yield FieldFault("applicant.legal_family", Reason.FAMILY_NOT_ACCEPTED)
    elif family.esus_required and applicant.esus_until is None:
        yield FieldFault("applicant.esus_until", Reason.ESUS_MISSING)
    elif family.esus_required and applicant.esus_until is not None and applicant.esus_until < today:
        yield FieldFault("applicant.esus_until", Reason.ESUS_EXPIRED, {"until": applicant.esus_until.isoformat()})


def _number(path: str, number: str | None, *, parse: Callable[[str], str]) -> Iterator[FieldFault]:
    try:
        if number:
            parse(number)
    except IdentifierError as error:
        yield FieldFault(path, error.reason)


def _amounts(track: Track | None, content: PreApplication) -> Iterator[FieldFault]:
    if track is None:
        yield FieldFault("track", Reason.TRACK_UNKNOWN)
        return
    yield from _bounds(track, content.requested_cents)
    if content.total_cost_cents <= 0:
        yield FieldFault("total_cost_cents", Reason.COST_NOT_POSITIVE)
    else:
        yield from _rate(track, content.requested_cents, base=content.total_cost_cents)


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


def _territory(rulebook: Rulebook, communes: tuple[str, ...]) -> Iterator[FieldFault]:
    if not communes:
        yield FieldFault("communes", Reason.COMMUNE_MISSING)
    for index, code in enumerate(communes):
        if code not in rulebook.communes:
            yield FieldFault(f"communes[{index}]", Reason.COMMUNE_OUT_OF_TERRITORY, {"code": code})


def _jobs(jobs: Jobs) -> Iterator[FieldFault]:
    if min(jobs.created, jobs.consolidated, jobs.fte_hundredths) < 0:
        yield FieldFault("jobs_planned", Reason.JOBS_NEGATIVE)


def _budget(content: FullApplication) -> Iterator[FieldFault]:
    if not content.charges or not content.resources:
        yield FieldFault("charges" if not content.charges else "resources", Reason.BUDGET_EMPTY)
        return
    yield from _not_negative("charges", [line.amount_cents for line in content.charges])
    yield from _not_negative("resources", [line.amount_cents for line in content.resources])
    for index, charge in enumerate(content.charges):
        if not 0 <= charge.eligible_cents <= charge.amount_cents:
            yield FieldFault(f"charges[{index}].eligible_cents", Reason.ELIGIBLE_ABOVE_AMOUNT)
    resources = sum(resource.amount_cents for resource in content.resources)
    if content.total_cost_cents != resources:
        values = {"charges_cents": str(content.total_cost_cents), "resources_cents": str(resources)}
        yield FieldFault("resources", Reason.BUDGET_UNBALANCED, values)
    asked = sum(line.amount_cents for line in content.resources if line.code is ResourceCode.DEPARTMENT)
    if asked != content.requested_cents:
        yield FieldFault("requested_cents", Reason.REQUESTED_MISMATCH, {"budget_cents": str(asked)})


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
    if not content.indicators:
        yield FieldFault("indicators", Reason.INDICATORS_MISSING)
