"""What an applicant deposits: typed content, its one canonical form, and the digest that a receipt cites."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from kit.errors import FieldFault, invalid
from kit.money import Cents
from services.intake.domain.reading import MAX_TEXT, Faults, Fields, canonical, load
from services.intake.domain.reasons import Reason
from services.intake.domain.rules import Section

MAX_NAME, MAX_TITLE, MAX_SUMMARY, MAX_JOBS = 300, 200, 3000, 10_000
C = TypeVar("C", "PreApplication", "FullApplication")


class BudgetSide(StrEnum):
    CHARGE = "CHARGE"
    PRODUCT = "PRODUCT"


class FundingStatus(StrEnum):
    REQUESTED = "REQUESTED"
    ACQUIRED = "ACQUIRED"


CHARGE_CODES = (
    "purchases",
    "services",
    "other_services",
    "taxes",
    "staff",
    "other_charges",
    "financial",
    "depreciation",
    "equipment",
    "regrants",
    "in_kind",
)
"""Account families of expenses. Source: order of 11 October 2006 on the financial report."""

PRODUCT_CODES = ("sales", "public_grants", "private_grants", "own_funds", "loan", "other_products", "in_kind")
"""Account families of resources. Source: the same order."""


@dataclass(frozen=True)
class Applicant:
    """Who applies. ``legal_family``: one of the rulebook's, or ``natural_person`` before the entity is created.

    ``esus_until``: last day of a company's ESUS agreement. The contact is personal data: it never leaves the content.
    """

    natural_person: bool
    legal_family: str
    name: str
    siret: str | None
    rna: str | None
    esus_until: date | None
    contact_name: str
    contact_email: str
    contact_phone: str


@dataclass(frozen=True)
class PreApplication:
    """The first stage (pré-candidature). ``communes``: INSEE codes of the project, not of the seat.

    ``jobs_planned``: persons.
    """

    applicant: Applicant
    track: str
    title: str
    summary: str
    communes: tuple[str, ...]
    total_cost_cents: Cents
    requested_cents: Cents
    jobs_planned: int


@dataclass(frozen=True)
class BudgetLine:
    """``eligible``: the expense counts in the base that the rate applies to (always False for a resource)."""

    side: BudgetSide
    code: str
    label: str
    amount_cents: Cents
    eligible: bool


@dataclass(frozen=True)
class Funding:
    """A co-funder of the project, the département excepted."""

    funder: str
    amount_cents: Cents
    status: FundingStatus


@dataclass(frozen=True)
class FullApplication:
    """The second stage (dossier complet). The budget is balanced: Σ charges = Σ products."""

    section: Section
    requested_cents: Cents
    budget: tuple[BudgetLine, ...]
    funding: tuple[Funding, ...]
    presentation: str
    indicators: str
    starts_on: date
    ends_on: date
    jobs_planned: int

    @property
    def charges_cents(self) -> Cents:
        """The total cost."""
        return _total(line.amount_cents for line in self.budget if line.side is BudgetSide.CHARGE)

    @property
    def products_cents(self) -> Cents:
        """The sum of the resources."""
        return _total(line.amount_cents for line in self.budget if line.side is BudgetSide.PRODUCT)

    @property
    def eligible_cost_cents(self) -> Cents:
        """The base that the rate applies to."""
        charges = (line for line in self.budget if line.side is BudgetSide.CHARGE)
        return _total(line.amount_cents for line in charges if line.eligible)

    @property
    def funding_cents(self) -> Cents:
        """What the other funders bring, asked or granted."""
        return _total(funding.amount_cents for funding in self.funding)


def _total(amounts: Iterable[Cents]) -> Cents:
    return sum(amounts, Cents(0))


def content_bytes(content: PreApplication | FullApplication, *, pieces: Mapping[str, str] | None = None) -> bytes:
    """The canonical form (RFC 8785) of what is deposited; ``pieces`` maps a document's id to its SHA-256."""
    kind = "pre_application" if isinstance(content, PreApplication) else "full_application"
    return canonical({"schema": f"jalon.{kind}/1", "content": _plain(asdict(content)), "pieces": dict(pieces or {})})


def content_digest(content: PreApplication | FullApplication, *, pieces: Mapping[str, str] | None = None) -> str:
    """SHA-256 (hex) of :func:`content_bytes`: the digest on the receipt."""
    return sha256(content_bytes(content, pieces=pieces)).hexdigest()


def unreadable_texts(content: PreApplication | FullApplication) -> tuple[FieldFault, ...]:
    """Texts that hold a control character (line ends and tabs excepted) or half a character, one fault each.

    A database or a PDF would choke on them: checked for drafts as for deposits.
    """
    return tuple(
        FieldFault(path, Reason.TEXT_UNREADABLE) for path, text in _texts(_plain(asdict(content)), "") if _bad(text)
    )


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")


def _bad(text: str) -> bool:
    return any(unicodedata.category(mark) in {"Cc", "Cs"} and mark not in "\n\r\t" for mark in text)


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
    content, faults = parse_pre_application(data)
    return _sound(content, faults)


def read_full_application(data: bytes) -> FullApplication:
    """The content of a saved second stage (JSON, the shape of the dataclass). Raises ``FIELDS_INVALID``."""
    content, faults = parse_full_application(data)
    return _sound(content, faults)


def _sound(content: C, faults: tuple[FieldFault, ...]) -> C:
    if faults:
        raise invalid(*faults)
    return content


def parse_pre_application(data: bytes) -> tuple[PreApplication, tuple[FieldFault, ...]]:
    """A first stage with everything wrong in its form; a wrong field is neutral in the content, so that the rules can
    be checked all the same."""
    faults = Faults()
    fields = Fields(load(data), "", faults=faults)
    content = PreApplication(
        applicant=_applicant(fields.child("applicant")),
        track=fields.text("track"),
        title=fields.text("title", max_length=MAX_TITLE),
        summary=fields.text("summary", max_length=MAX_SUMMARY),
        communes=fields.texts("communes") if fields.has("communes") else (),
        total_cost_cents=Cents(fields.whole("total_cost_cents", low=0)),
        requested_cents=Cents(fields.whole("requested_cents", low=0)),
        jobs_planned=fields.whole("jobs_planned", low=0, high=MAX_JOBS),
    )
    fields.close()
    return content, tuple(faults.found)


def parse_full_application(data: bytes) -> tuple[FullApplication, tuple[FieldFault, ...]]:
    """A second stage with everything wrong in its form, as :func:`parse_pre_application`."""
    faults = Faults()
    fields = Fields(load(data), "", faults=faults)
    content = FullApplication(
        section=Section(fields.choice("section", tuple(Section), default=Section.OPERATING)),
        requested_cents=Cents(fields.whole("requested_cents", low=0)),
        budget=tuple(_line(item) for item in fields.children("budget")) if fields.has("budget") else (),
        funding=tuple(_funding(item) for item in fields.children("funding")) if fields.has("funding") else (),
        presentation=fields.text("presentation", max_length=MAX_TEXT),
        indicators=fields.text("indicators", max_length=MAX_SUMMARY),
        starts_on=fields.day("starts_on"),
        ends_on=fields.day("ends_on"),
        jobs_planned=fields.whole("jobs_planned", low=0, high=MAX_JOBS),
    )
    fields.close()
    return content, tuple(faults.found)


def _applicant(fields: Fields) -> Applicant:
    applicant = Applicant(
        natural_person=fields.flag("natural_person"),
        legal_family=fields.text("legal_family", max_length=40),
        name=fields.text("name", max_length=MAX_NAME),
        siret=fields.optional_text("siret", max_length=40),
        rna=fields.optional_text("rna", max_length=40),
        esus_until=fields.optional_day("esus_until"),
        contact_name=fields.text("contact_name", max_length=MAX_NAME),
        contact_email=fields.text("contact_email", max_length=254),
        contact_phone=fields.optional_text("contact_phone", max_length=40) or "",
    )
    fields.close()
    return applicant


def _line(fields: Fields) -> BudgetLine:
    line = BudgetLine(
        side=BudgetSide(fields.choice("side", tuple(BudgetSide), default=BudgetSide.CHARGE)),
        code=fields.text("code", max_length=40),
        label=fields.text("label", max_length=MAX_NAME),
        amount_cents=Cents(fields.whole("amount_cents", low=0)),
        eligible=fields.flag("eligible"),
    )
    fields.close()
    return line


def _funding(fields: Fields) -> Funding:
    funding = Funding(
        funder=fields.text("funder", max_length=MAX_NAME),
        amount_cents=Cents(fields.whole("amount_cents", low=0)),
        status=FundingStatus(fields.choice("status", tuple(FundingStatus), default=FundingStatus.REQUESTED)),
    )
    fields.close()
    return funding
