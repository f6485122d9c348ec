"""What a rehearsal is told: the people, the files and the script of one call. Everybody and everything is invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Course(StrEnum):
    """How far a file goes by itself. What becomes of ``HEARD`` comes out of the jury, not of the script."""

    WITHDRAWN_BEFORE_INVITATION = "withdrawn_before_invitation"
    INADMISSIBLE = "inadmissible"
    WITHDRAWN_AFTER_INVITATION = "withdrawn_after_invitation"
    LAPSED = "lapsed"
    NOT_SHORTLISTED = "not_shortlisted"
    HEARD = "heard"

    @property
    def examined(self) -> bool:
        """The full application arrives and is reviewed."""
        return self in {Course.NOT_SHORTLISTED, Course.HEARD}


@dataclass(frozen=True)
class Commune:
    """``ept``: public territorial body of Greater Paris."""

    insee: str
    name: str
    postcodes: tuple[str, ...]
    ept: str

    @property
    def at(self) -> str:
        """« à Orly », « au Perreux-sur-Marne »."""
        return f"au {self.name.removeprefix('Le ')}" if self.name.startswith("Le ") else f"à {self.name}"


@dataclass(frozen=True)
class Person:
    """``role`` without prefix (``JURY_MEMBER``); ``duty`` tells apart people of one role (``first_seal``)."""

    person_id: UUID
    role: str
    duty: str
    display_name: str
    email: str
    fictitious: bool = True


@dataclass(frozen=True)
class Organization:
    """Identifiers have true keys in ranges that are not allotted; None before creation."""

    name: str
    legal_family: str
    siret: str | None
    rna: str | None
    esus_until: date | None
    commune: str
    fictitious: bool = True


@dataclass(frozen=True)
class BudgetLine:
    """``side``: ``CHARGE`` or ``PRODUCT``. ``spent_cents``: what the report will say (0 for a product)."""

    side: str
    code: str
    label: str
    amount_cents: int
    eligible: bool
    spent_cents: int


@dataclass(frozen=True)
class Funding:
    """A co-funder; ``status``: ``REQUESTED`` or ``ACQUIRED``; ``public`` counts against over-funding."""

    funder: str
    amount_cents: int
    status: str
    public: bool


@dataclass(frozen=True)
class Project:
    """``section``: ``OPERATING`` or ``INVESTMENT``. ``communes``: INSEE codes."""

    title: str
    summary: str
    presentation: str
    indicators: str
    track: str
    section: str
    communes: tuple[str, ...]
    total_cost_cents: int
    eligible_cost_cents: int
    requested_cents: int
    jobs_planned: int
    budget: tuple[BudgetLine, ...]
    funding: tuple[Funding, ...]


@dataclass(frozen=True)
class Mark:
    """One criterion scored by one member, 0 to 5, with the reason given."""

    criterion: str
    value: int
    reason: str


@dataclass(frozen=True)
class Hearing:
    """``moved_from`` is set for a hearing that was first promised at another time."""

    at: datetime
    moved_from: datetime | None


@dataclass(frozen=True)
class Review:
    """What instruction will say. ``opinion_of``: the expert asked, if one is; ``instructed_cents`` ≤ requested."""

    reviewer_id: UUID
    eligible_base_cents: int
    instructed_cents: int
    analysis: str
    opinion_of: UUID | None
    opinion_favourable: bool


@dataclass(frozen=True)
class BankDetails:
    """An account that no bank holds: the bank code is not allotted, both keys are true."""

    iban: str
    bic: str
    holder: str


@dataclass(frozen=True)
class AfterAward:
    """What a file does if it is awarded. Waves are indexes into the calendar's waves of the same name.

    ``spent_basis_points``: eligible spending against the eligible budget; under 10 000 the balance is reduced.
    ``entity``: what a natural person creates. ``report_returned``: sent back once before it is accepted.
    """

    signature_wave: int
    report_wave: int
    spent_basis_points: int
    other_public_cents: int
    jobs_actual: int
    bank: BankDetails
    entity: Organization | None
    report_returned: bool


@dataclass(frozen=True)
class Application:
    """One file and its script. ``missing_pieces``: not sent at first, sent with the correction.

    ``marks``: by jury member, empty unless heard; a member in conflict has none.
    """

    application_id: UUID
    applicant: Person
    organization: Organization
    project: Project
    course: Course
    submitted_at: datetime
    full_submitted_at: datetime | None
    missing_pieces: tuple[str, ...]
    corrected_at: datetime | None
    inadmissible_reason: str | None
    withdrawal_reason: str | None
    review: Review | None
    hearing: Hearing | None
    marks: Mapping[UUID, tuple[Mark, ...]]
    conflicts: tuple[UUID, ...]
    after_award: AfterAward | None
    fictitious: bool = True


@dataclass(frozen=True)
class Calendar:
    """UTC instants by name; ``waves``: several instants for one kind of act."""

    moments: Mapping[str, datetime]
    waves: Mapping[str, tuple[datetime, ...]]
    act_number: str
    act_session_on: date
    act_transmitted_on: date
    act_executory_on: date


@dataclass(frozen=True)
class Edition:
    """A whole call to play. ``applications`` in order of deposit; ``staff`` holds every role but applicants."""

    edition: str
    seed: int
    call_id: UUID
    session_id: UUID
    act_id: UUID
    rulebook: bytes
    calendar: Calendar
    communes: Mapping[str, Commune]
    staff: tuple[Person, ...]
    applications: tuple[Application, ...]

    def people(self, role: str) -> tuple[Person, ...]:
        """The staff who hold a role, in order."""
        return tuple(person for person in self.staff if person.role == role)

    def person(self, role: str, duty: str = "") -> Person:
        """The one person of a role (and duty). ``KeyError`` when there is none."""
        for person in self.people(role):
            if duty in {"", person.duty}:
                return person
        raise KeyError(role, duty)

    @property
    def jury(self) -> tuple[Person, ...]:
        """Those who score: the chair, then the members."""
        return self.people("JURY_CHAIR") + self.people("JURY_MEMBER")
