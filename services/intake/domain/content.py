"""What an applicant deposits: typed content, its one canonical form, and the digest that a receipt cites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from kit.money import Cents
from services.intake.domain.reading import Faults, Fields, canonical, load
from services.intake.domain.rules import Section

MAX_COUNT = 10_000


class ApplicantKind(StrEnum):
    """A natural person may apply before the legal entity exists; it must exist before any payment."""

    ORGANIZATION = "organization"
    NATURAL_PERSON = "natural_person"


class ChargeCode(StrEnum):
    """Lines of a budget, after the accounts of the financial report. Source: order of 11 October 2006."""

    PURCHASES = "purchases"
    SERVICES = "services"
    OTHER_SERVICES = "other_services"
    TAXES = "taxes"
    STAFF = "staff"
    OTHER_CHARGES = "other_charges"
    FINANCIAL = "financial"
    DEPRECIATION = "depreciation"
    EQUIPMENT = "equipment"
    REGRANTS = "regrants"
    IN_KIND = "in_kind"


class ResourceCode(StrEnum):
    """Who brings money. ``DEPARTMENT`` is the amount asked in this call."""

    DEPARTMENT = "department"
    STATE = "state"
    REGION = "region"
    COMMUNE = "commune"
    INTERCOMMUNAL = "intercommunal"
    EUROPE = "europe"
    OTHER_PUBLIC = "other_public"
    SALES = "sales"
    OWN_FUNDS = "own_funds"
    LOAN = "loan"
    PRIVATE = "private"
    IN_KIND = "in_kind"


class FundingStatus(StrEnum):
    REQUESTED = "requested"
    SECURED = "secured"


@dataclass(frozen=True)
class Contact:
    """The person the service answers. Personal data: never leaves the content."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Jobs:
    """Jobs in persons, created and consolidated, and full-time equivalents in hundredths (150 = 1.5)."""

    created: int
    consolidated: int
    fte_hundredths: int


@dataclass(frozen=True)
class Applicant:
    """``legal_family``: one of the rulebook's, or ``natural_person``. ``esus_until``: last day of the agreement."""

    kind: ApplicantKind
    legal_family: str
    name: str
    siret: str | None
    rna: str | None
    esus_until: date | None
    contact: Contact


@dataclass(frozen=True)
class PreApplication:
    """The first stage (pré-candidature). ``communes``: INSEE codes of the project, not of the seat."""

    track: str
    title: str
    summary: str
    total_cost_cents: Cents
    requested_cents: Cents
    communes: tuple[str, ...]
    applicant: Applicant
    jobs_planned: Jobs


@dataclass(frozen=True)
class Charge:
    """``eligible_cents``: the part of the amount that the call may help."""

    code: ChargeCode
    label: str
    amount_cents: Cents
    eligible_cents: Cents


@dataclass(frozen=True)
class Resource:
    code: ResourceCode
    label: str
    amount_cents: Cents
    status: FundingStatus


@dataclass(frozen=True)
class Indicator:
    """What will be counted in the report: a label, a target, a unit."""

    label: str
    target: int
    unit: str


@dataclass(frozen=True)
class FullApplication:
    """The second stage (dossier complet). The budget is balanced: Σ charges = Σ resources."""

    description: str
    section: Section
    starts_on: date
    ends_on: date
    requested_cents: Cents
    charges: tuple[Charge, ...]
    resources: tuple[Resource, ...]
    indicators: tuple[Indicator, ...]
    jobs_planned: Jobs

    @property
    def total_cost_cents(self) -> Cents:
        return sum((charge.amount_cents for charge in self.charges), Cents(0))

    @property
    def eligible_cost_cents(self) -> Cents:
        return sum((charge.eligible_cents for charge in self.charges), Cents(0))


def content_bytes(content: PreApplication | FullApplication, *, pieces: Mapping[str, str] | None = None) -> bytes:
    """The canonical form (RFC 8785) of what is deposited; ``pieces`` maps a document's id to its SHA-256."""
    kind = "pre_application" if isinstance(content, PreApplication) else "full_application"
    return canonical({"schema": f"jalon.{kind}/1", "content": _plain(asdict(content)), "pieces": dict(pieces or {})})


def content_digest(content: PreApplication | FullApplication, *, pieces: Mapping[str, str] | None = None) -> str:
    """SHA-256 (hex) of :func:`content_bytes`: the digest on the receipt."""
    return sha256(content_bytes(content, pieces=pieces)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return int(value) if isinstance(value, Cents) else value


def read_pre_application(data: bytes) -> PreApplication:
    """The content of a saved first stage (JSON, the shape of the dataclass). Raises ``FIELDS_INVALID``."""
    faults = Faults()
    fields = Fields(load(data), "", faults)
    content = PreApplication(
        track=fields.text("track"),
        title=fields.text("title", max_length=200),
        summary=fields.text("summary", max_length=3000),
        total_cost_cents=Cents(fields.whole("total_cost_cents", low=0)),
        requested_cents=Cents(fields.whole("requested_cents", low=0)),
        communes=fields.texts("communes"),
        applicant=_applicant(fields.child("applicant")),
        jobs_planned=_jobs(fields.child("jobs_planned")),
    )
    fields.close()
    faults.raise_if_any()
    return content


def read_full_application(data: bytes) -> FullApplication:
    """The content of a saved second stage (JSON, the shape of the dataclass). Raises ``FIELDS_INVALID``."""
    faults = Faults()
    fields = Fields(load(data), "", faults)
    content = FullApplication(
        description=fields.text("description"),
        section=Section(fields.choice("section", tuple(Section), default=Section.OPERATING)),
        starts_on=fields.day("starts_on"),
        ends_on=fields.day("ends_on"),
        requested_cents=Cents(fields.whole("requested_cents", low=0)),
        charges=tuple(_charge(item) for item in fields.children("charges")),
        resources=tuple(_resource(item) for item in fields.children("resources")),
        indicators=tuple(_indicator(item) for item in fields.children("indicators")),
        jobs_planned=_jobs(fields.child("jobs_planned")),
    )
    fields.close()
    faults.raise_if_any()
    return content


def _applicant(fields: Fields) -> Applicant:
    applicant = Applicant(
        kind=ApplicantKind(fields.choice("kind", tuple(ApplicantKind), default=ApplicantKind.ORGANIZATION)),
        legal_family=fields.text("legal_family"),
        name=fields.text("name", max_length=300),
        siret=fields.optional_text("siret", max_length=40),
        rna=fields.optional_text("rna", max_length=40),
        esus_until=fields.optional_day("esus_until"),
        contact=_contact(fields.child("contact")),
    )
    fields.close()
    return applicant


def _contact(fields: Fields) -> Contact:
    contact = Contact(
        fields.text("name", max_length=200), fields.text("email", max_length=254), fields.text("phone", max_length=40)
    )
    fields.close()
    return contact


def _jobs(fields: Fields) -> Jobs:
    jobs = Jobs(
        created=fields.whole("created", low=0, high=MAX_COUNT),
        consolidated=fields.whole("consolidated", low=0, high=MAX_COUNT),
        fte_hundredths=fields.whole("fte_hundredths", low=0, high=100 * MAX_COUNT),
    )
    fields.close()
    return jobs


def _charge(fields: Fields) -> Charge:
    charge = Charge(
        code=ChargeCode(fields.choice("code", tuple(ChargeCode), default=ChargeCode.PURCHASES)),
        label=fields.text("label", max_length=200),
        amount_cents=Cents(fields.whole("amount_cents", low=0)),
        eligible_cents=Cents(fields.whole("eligible_cents", low=0)),
    )
    fields.close()
    return charge


def _resource(fields: Fields) -> Resource:
    resource = Resource(
        code=ResourceCode(fields.choice("code", tuple(ResourceCode), default=ResourceCode.OWN_FUNDS)),
        label=fields.text("label", max_length=200),
        amount_cents=Cents(fields.whole("amount_cents", low=0)),
        status=FundingStatus(fields.choice("status", tuple(FundingStatus), default=FundingStatus.REQUESTED)),
    )
    fields.close()
    return resource


def _indicator(fields: Fields) -> Indicator:
    indicator = Indicator(
        fields.text("label", max_length=200), fields.whole("target", low=0), fields.text("unit", max_length=60)
    )
    fields.close()
    return indicator
