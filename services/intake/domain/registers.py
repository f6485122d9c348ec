"""What a register of organizations says of a number, and whether what somebody typed is what it said. A register helps;
it never decides: silent, unknown, closed or withheld, the applicant types by hand and the file says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.intake.domain.identifiers import IdentifierError, rna, siret


class Outcome(StrEnum):
    """Names of ``RegisterOutcome``."""

    FOUND = "FOUND"
    UNKNOWN = "UNKNOWN"
    CLOSED = "CLOSED"
    WITHHELD = "WITHHELD"
    SILENT = "SILENT"


@dataclass(frozen=True)
class Entry:
    """An answer. ``legal_family``: a code of the rulebook, empty when the register's category says none of them.
    ``closed_on``: ``YYYY-MM-DD``."""

    outcome: Outcome
    name: str = ""
    siret: str = ""
    rna: str = ""
    legal_family: str = ""
    address: str = ""
    closed_on: str = ""


@dataclass(frozen=True)
class Answer:
    """An entry, the code of the register that gave it, and when."""

    entry: Entry
    register: str
    read_at: datetime


class Register(Protocol):
    """The port. ``code``: ``recorded``, ``open_companies``, or empty when none is asked."""

    code: str

    async def look_up_organization(self, number: str) -> Entry:
        """Who this number is (a sound SIRET or RNA). Never raises: silence is an answer."""


def number_of(text: str) -> str:
    """A SIRET or an RNA in its normal form. :class:`IdentifierError` when its form or key is wrong."""
    return rna(text) if text.strip().upper().startswith("W") else siret(text)


_COOPERATIVES = frozenset(
    {"5451", "5453", "5454", "5455", "5458", "5459", "5460", "5551", "5552", "5553", "5554", "5555", "5558", "5559"}
    | {"5560", "5651", "5652", "5653", "5654", "5655", "5658", "5659", "5660"}
)
_PREFIXES = (
    ("92", "association"),
    ("93", "foundation"),
    ("63", "cooperative"),
    ("82", "mutual"),
    ("5", "commercial_esus"),
)


def family_of(category: str) -> str:
    """The rulebook's family of a legal category of four digits; empty when it is none of them. Source: nomenclature of
    legal categories, level III (INSEE)."""
    if category in _COOPERATIVES:
        return "cooperative"
    return next((family for prefix, family in _PREFIXES if category.startswith(prefix)), "")


IDENTITY = ("name", "legal_family", "siret", "rna")
"""Fields of an applicant that a register may say."""


def numbers_of(typed: Mapping[str, str]) -> tuple[str, ...]:
    """The sound numbers somebody typed (``siret``, ``rna``), in normal form."""
    found = []
    for text in (typed.get("siret", ""), typed.get("rna", "")):
        try:
            found += [number_of(text)] if text else []
        except IdentifierError:
            continue
    return tuple(found)


def changed(entry: Entry, typed: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the fields that are not what the register said; a field it did not say is nobody's."""
    if entry.outcome is not Outcome.FOUND:
        return ()
    said = {name: str(getattr(entry, name)) for name in IDENTITY}
    return tuple(name for name in IDENTITY if said[name] and _plain(name, typed.get(name, "")) != said[name])


def _plain(name: str, text: str) -> str:
    """Numbers are typed with spaces and in any case."""
    return "".join(text.split()).upper() if name in ("siret", "rna") else text.strip()
