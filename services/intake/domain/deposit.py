"""What a deposit keeps: its exact bytes and digest, who deposited, and what lists will show and find."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from kit.errors import FieldFault
from services.intake.domain.content import Applicant, FullApplication, PreApplication, content_bytes
from services.intake.domain.eligibility import Problem
from services.intake.domain.identifiers import rna, siret
from services.intake.domain.moves import ApplicationState
from services.intake.domain.reading import canonical
from services.intake.domain.receipt import Kind
from services.intake.domain.records import Document
from services.intake.domain.searching import searchable, words

_NUMBER = re.compile(r"[\d\s]+")


@dataclass(frozen=True)
class Deposit:
    """One thing received. ``version``: of the form, 0 when there is none. ``digest``: SHA-256 (hex) of ``body``."""

    kind: Kind
    number: str
    version: int
    to_state: ApplicationState
    received_at: datetime
    body: bytes

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the bytes: what the receipt cites."""
        return sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Organization:
    """Who applies, across calls. ``identity``: by SIREN, else by RNA, else this application alone."""

    identity: str
    name: str
    search_name: str
    siret: str | None
    rna: str | None
    legal_family: str


@dataclass(frozen=True)
class Copied:
    """What lists show of a first deposit, and find it by."""

    organization_name: str
    title: str
    track: str
    communes: tuple[str, ...]
    legal_family: str
    natural_person: bool
    requested_cents: int
    total_cost_cents: int
    search_text: str


def form_bytes(content: PreApplication | FullApplication, documents: Iterable[Document]) -> bytes:
    """The canonical bytes of a form with the pieces deposited with it."""
    return content_bytes(content, pieces={document.document_id: document.digest for document in documents})


def act_bytes(kind: Kind, application_id: str, request_id: str, *, said: dict[str, str]) -> bytes:
    """The canonical bytes of an act without form. The request's id keeps its digest from being guessed."""
    about = {"application_id": application_id, "request_id": request_id}
    return canonical({"schema": f"jalon.{kind.value}/1", **about, "said": said})


def organization_of(applicant: Applicant, application_id: str) -> Organization:
    """The organization of an applicant whose numbers were checked."""
    siret_number = siret(applicant.siret) if applicant.siret else None
    rna_number = rna(applicant.rna) if applicant.rna else None
    if siret_number:
        identity = f"siren:{siret_number[:9]}"
    else:
        identity = f"rna:{rna_number}" if rna_number else f"application:{application_id}"
    return Organization(
        identity=identity,
        name=applicant.name.strip(),
        search_name=searchable(applicant.name),
        siret=siret_number,
        rna=rna_number,
        legal_family=applicant.legal_family,
    )


def copied(content: PreApplication, organization: Organization, *, number: str) -> Copied:
    """What lists show of a first deposit."""
    return Copied(
        organization_name=organization.name,
        title=content.title.strip(),
        track=content.track,
        communes=content.communes,
        legal_family=content.applicant.legal_family,
        natural_person=content.applicant.natural_person,
        requested_cents=int(content.requested_cents),
        total_cost_cents=int(content.total_cost_cents),
        search_text=search_text(number, content.title, *organization_words(organization)),
    )


def organization_words(organization: Organization) -> tuple[str, ...]:
    """What an organization is found by: its name, its SIRET (its SIREN begins it), its RNA."""
    return tuple(text for text in (organization.name, organization.siret, organization.rna) if text)


def search_text(*texts: str) -> str:
    """Normalised words, each after one space, so that a pattern can ask for the beginning of a word."""
    return "".join(f" {word}" for text in texts for word in words(text))


def patterns(query: str) -> tuple[str, ...]:
    """LIKE patterns that must all match a search text: the beginning of each word typed.

    Digits typed in groups are one number (``356 000 000 09075``).
    """
    if _NUMBER.fullmatch(query) and len("".join(query.split())) >= 9:
        return (f"% {''.join(query.split())}%",)
    return tuple(f"% {word}%" for word in words(query))


def all_problems(form: tuple[FieldFault, ...], rules: Iterable[Problem]) -> tuple[Problem, ...]:
    """Everything wrong at once; a field whose form is wrong is not judged a second time by the rules."""
    told = {fault.path for fault in form}
    return (*form, *(problem for problem in rules if not (isinstance(problem, FieldFault) and problem.path in told)))
