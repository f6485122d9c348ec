"""What a rulebook (règlement) says, as frozen values. ``rulebook.parse`` makes them, nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kit.money import Cents
from services.intake.domain.deadlines import Term


class Stage(StrEnum):
    """When a piece is due."""

    PRE_APPLICATION = "pre_application"
    FULL_APPLICATION = "full_application"
    AGREEMENT = "agreement"
    REPORT = "report"


class Section(StrEnum):
    """The two sections of a département's budget."""

    OPERATING = "operating"
    INVESTMENT = "investment"


NATURAL_PERSON = "natural_person"
LEGAL_FAMILIES = ("association", "foundation", "cooperative", "mutual", "commercial_esus")
"""Families of the social and solidarity economy. Source: law 2014-856, art. 1."""

EARLIEST_DEPOSIT = "earliest_deposit"
CONDITIONS = (
    "act_executory",
    "decision_notified",
    "agreement_signed",
    "bank_details_verified",
    "report_accepted",
    "annual_cumul_has_agreement",
)


@dataclass(frozen=True)
class Words:
    """One text in both languages."""

    fr: str
    en: str


@dataclass(frozen=True)
class LegalBasis:
    code: str
    text: str


@dataclass(frozen=True)
class Track:
    """A volet. ``rate_basis_points``: the highest share of the cost, 7000 = 70 %."""

    code: str
    label: Words
    min_amount_cents: Cents
    max_amount_cents: Cents
    rate_basis_points: int
    legal_basis: str


@dataclass(frozen=True)
class Window:
    """Deposits pass in ``[opens_at, closes_at[`` (UTC instants of the local times written in the rulebook)."""

    opens_at: datetime
    closes_at: datetime
    legal_basis: str


@dataclass(frozen=True)
class Family:
    """A legal family the call takes; ``esus_required``: only with a valid ESUS agreement."""

    code: str
    label: Words
    esus_required: bool


@dataclass(frozen=True)
class Piece:
    """A paper. ``families`` None: asked from all; ``max_age_days``: refused when older on the day of deposit."""

    code: str
    stage: Stage
    label: Words
    families: tuple[str, ...] | None
    required: bool
    max_age_days: int | None


@dataclass(frozen=True)
class Upload:
    max_bytes: int
    types: tuple[str, ...]


@dataclass(frozen=True)
class Criterion:
    """Scored 0 to ``scale_max`` in whole points; ``levels`` has a word for each of them."""

    code: str
    label: Words
    weight: int
    scale_max: int
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Jury:
    """``tie_rule``: criteria in order, then ``earliest_deposit``. ``eligible_score_basis_points``: the lowest mean
    (share of the maximum) with which a file beyond the cut goes to the waiting list."""

    quorum: int
    tie_rule: tuple[str, ...]
    last_takes_remainder: bool
    eligible_score_basis_points: int
    legal_basis: str


@dataclass(frozen=True)
class Envelope:
    section: Section
    announced_cents: Cents


@dataclass(frozen=True)
class PlannedInstallment:
    kind: str
    basis_points: int
    conditions: tuple[str, ...]
    legal_basis: str


@dataclass(frozen=True)
class AgreementRule:
    required: bool
    unspent_kept_basis_points: int
    legal_basis: str


@dataclass(frozen=True)
class Deadline:
    code: str
    term: Term
    legal_basis: str


@dataclass(frozen=True)
class Contact:
    """The service in charge, as a receipt must name it (CRPA R112-5). Generic mailbox, nobody's name."""

    service: str
    address: str
    phone: str
    mail: str


@dataclass(frozen=True)
class Rulebook:
    """A version of a call's rules. Frozen and hashed when the call opens; decisions cite the hash."""

    reference: str
    edition: int
    version: int
    effective_from: date
    title: Words
    notes: Words | None
    legal_bases: tuple[LegalBasis, ...]
    tracks: tuple[Track, ...]
    pre_application: Window
    full_application: Window
    communes: tuple[str, ...]
    legal_families: tuple[Family, ...]
    accept_natural_person: bool
    pieces: tuple[Piece, ...]
    upload: Upload
    grid: tuple[Criterion, ...]
    jury: Jury
    envelopes: tuple[Envelope, ...]
    payment_plan: Mapping[Section, tuple[PlannedInstallment, ...]]
    agreement: AgreementRule
    deadlines: tuple[Deadline, ...]
    contact: Contact

    def track(self, code: str) -> Track | None:
        """The track of that code, if any."""
        return next((track for track in self.tracks if track.code == code), None)

    def deadline(self, code: str) -> Deadline:
        """The deadline of that code. ``KeyError`` when the rulebook has none (the pre-opening check asks for all)."""
        found = {deadline.code: deadline for deadline in self.deadlines}
        return found[code]

    def window(self, stage: Stage) -> Window:
        """The window of a stage."""
        return self.pre_application if stage is Stage.PRE_APPLICATION else self.full_application

    def pieces_for(self, stage: Stage, family: str) -> tuple[Piece, ...]:
        """The pieces asked at a stage from a legal family (or ``natural_person``), compulsory or not, in order."""
        return tuple(
            piece
            for piece in self.pieces
            if piece.stage is stage and (piece.families is None or family in piece.families)
        )
