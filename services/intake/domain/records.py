"""What intake keeps, as frozen values: calls, applications, corrections, documents, messages, progress, roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.intake.domain.moves import ApplicationState, CallState, CorrectionState, DocumentState
from services.intake.domain.registers import Answer

Content = dict[str, Any]
"""A form as saved: the shape of the content dataclasses in plain JSON values; what is not filled is absent."""


@dataclass(frozen=True)
class Call:
    """A call. Windows are the effective ones: the rulebook's, or later ones by extension. Instants are UTC."""

    call_id: str
    reference: str
    edition: int
    title_fr: str
    title_en: str
    state: CallState
    rulebook_version: int
    rulebook_digest: str
    pre_opens_at: datetime
    pre_closes_at: datetime
    full_opens_at: datetime
    full_closes_at: datetime
    opened_at: datetime | None
    fictitious: bool


@dataclass(frozen=True)
class FictitiousPerson:
    """An invented person in one of her roles. ``number``, ``organization``: of the file an applicant carries."""

    person_id: str
    display_name: str
    role: str
    number: str
    organization: str
    waiting_count: int


@dataclass(frozen=True)
class Juror:
    """Somebody of the jury of a call, or its secretary. ``in_force``: the role holds now."""

    person_id: str
    display_name: str
    role: str
    in_force: bool


@dataclass(frozen=True)
class RoleGrant:
    """A role of a person for a call in ``[from_at, to_at[``; ``to_at`` None: until the end."""

    call_id: str
    person_id: str
    role: str
    from_at: datetime
    to_at: datetime | None
    in_place_of: str = ""
    """Whose role it is, when it is held in her place."""


@dataclass(frozen=True)
class StandIn:
    """Who acts in whose place on a call, in ``[from_at, to_at[``."""

    stand_in_id: str
    call_id: str
    absent_id: str
    absent_name: str
    deputy_id: str
    deputy_name: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Identity:
    """How a person is known at a door: her name (``subject``) at an identity provider (``issuer``, its address)."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Person:
    """A person a door saw; the id is opaque, the rest is personal data."""

    person_id: str
    display_name: str
    email: str
    fictitious: bool


@dataclass(frozen=True)
class Member:
    """A person of a call in one of her roles. ``seen``: she has come in by a door."""

    person: Person
    role: str
    from_at: datetime
    to_at: datetime | None
    seen: bool


@dataclass(frozen=True)
class Application:
    """An application with what its call says of it. ``own_closes_at``: the closing instant granted to this file."""

    application_id: str
    call_id: str
    applicant_id: str
    state: ApplicationState
    fictitious: bool
    pre_version: int
    full_version: int
    pre_submitted_version: int | None
    full_submitted_version: int | None
    number: str
    submitted_at: datetime | None
    full_submitted_at: datetime | None
    own_closes_at: datetime | None
    digest: str
    legal_family: str
    natural_person: bool
    ending: str | None
    call_state: CallState
    rulebook_version: int
    pre_closes_at: datetime
    call_full_closes_at: datetime

    @property
    def full_closes_at(self) -> datetime:
        """When the second stage closes for this file: the later of the call's instant and its own."""
        return max(self.call_full_closes_at, self.own_closes_at or self.call_full_closes_at)


@dataclass(frozen=True)
class LegalEntity:
    """The entity a natural person created. Numbers are normalised."""

    name: str
    siret: str | None
    rna: str | None
    legal_family: str
    declared_at: datetime


@dataclass(frozen=True)
class Item:
    """One thing asked: a field of the full application, or a piece of the rulebook; and why (a wording key)."""

    field: str
    piece: str
    reason: str


@dataclass(frozen=True)
class Correction:
    """What was asked, and until when (excluded)."""

    correction_id: str
    application_id: str
    state: CorrectionState
    items: tuple[Item, ...]
    opened_at: datetime
    closes_at: datetime
    submitted_at: datetime | None

    @property
    def fields(self) -> frozenset[str]:
        """Top fields of the full application that may change."""
        return frozenset(top_field(item.field) for item in self.items if item.field)

    @property
    def pieces(self) -> frozenset[str]:
        """Codes of the pieces that may be sent."""
        return frozenset(item.piece for item in self.items if item.piece)


def top_field(path: str) -> str:
    """``budget[2].amount_cents`` → ``budget``: a correction opens whole fields."""
    return path.split(".")[0].split("[")[0]


@dataclass(frozen=True)
class Document:
    """A piece. ``stage``: upper name of the stage its code belongs to. ``refusal``: reason, once refused."""

    document_id: str
    application_id: str
    piece: str
    stage: str
    file_name: str
    media_type: str
    size_bytes: int
    digest: str
    state: DocumentState
    refusal: str
    issued_on: date | None
    received_at: datetime | None
    deposited_at: datetime | None


@dataclass(frozen=True)
class Message:
    """A message of the thread: a letter (``template`` with ``values_json``) or words. ``unread``: by its reader."""

    message_id: str
    application_id: str
    template: str
    values_json: str
    text: str
    author: str
    posted_at: datetime
    from_applicants: bool = False
    document_ids: tuple[str, ...] = ()
    unread: bool = False


@dataclass(frozen=True)
class Attachment:
    """What goes with a message."""

    document_id: str
    file_name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class Progress:
    """What lists show of a file; names are those of the contract, without their prefix. Amounts in cents."""

    application_id: str
    version: int
    stage: str
    next_event: str
    next_event_at: datetime | None
    blocking_role: str
    reviewer_id: str
    proposed_cents: int
    awarded_cents: int
    paid_cents: int
    ending: str


@dataclass(frozen=True)
class Row:
    """One line of a list."""

    application_id: str
    number: str
    number_year: int
    number_sequence: int
    organization: str
    title: str
    track: str
    communes: tuple[str, ...]
    requested_cents: int
    state: ApplicationState
    submitted_at: datetime | None
    created_at: datetime
    fictitious: bool
    progress: Progress | None
    unread: int = 0


@dataclass(frozen=True)
class IdentitySource:
    """Where an applicant's identity comes from: a register's answer and the fields changed since; by hand without."""

    answer: Answer | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """An application with everything its page shows."""

    application: Application
    pre_content: Content | None
    full_content: Content | None
    progress: Progress | None
    entity: LegalEntity | None
    documents: tuple[Document, ...] = field(default=())
    corrections: tuple[Correction, ...] = field(default=())
    source: IdentitySource | None = None
