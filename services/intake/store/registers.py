"""Registers of organizations: one recorded in the tree (demonstrations), the open one of companies, or none; and what
they said of the numbers of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from services.intake.domain.registers import Answer, Entry, Outcome, Register, family_of
from services.intake.store import queries

RECORDED = Path(__file__).with_name("recorded_register.json")
SECONDS = 3.0
"""Patience with an outside register: a person waits."""
AGENT = "Jalon (appels a projets d'un departement)"
SHOWN = "O"
CEASED = frozenset({"C", "F"})


class NoRegister:
    """A real installation that names no register: everything is typed by hand."""

    code = ""

    async def look_up_organization(self, number: str) -> Entry:
        """Silence."""
        return Entry(Outcome.SILENT)


class RecordedRegister:
    """Invented organizations. A number it does not know is unknown."""

    code = "recorded"

    def __init__(self, path: Path = RECORDED) -> None:
        entries = [_recorded(one) for one in json.loads(path.read_bytes())["organizations"]]
        self._known = {number: entry for entry in entries for number in (entry.siret, entry.rna) if number}

    async def look_up_organization(self, number: str) -> Entry:
        """Who it is."""
        entry = self._known.get(number, Entry(Outcome.UNKNOWN))
        return Entry(Outcome.WITHHELD) if entry.outcome is Outcome.WITHHELD else entry


def _recorded(one: Mapping[str, str]) -> Entry:
    return Entry(Outcome(one.get("outcome", "FOUND")), **{key: one[key] for key in one if key != "outcome"})


class OpenRegister:
    """The open search of companies and associations of the French State (``/search?q=``), asked over HTTPS. Down, slow,
    busy or unreadable, it is silent."""

    code = "open_companies"

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds

    async def look_up_organization(self, number: str) -> Entry:
        """Who it is."""
        try:
            async with httpx.AsyncClient(timeout=self._seconds, headers={"User-Agent": AGENT}) as client:
                answer = await client.get(f"{self._url}/search", params={"q": number, "per_page": "5"})
                answer.raise_for_status()
                return _read(answer.json()["results"], number)
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            return Entry(Outcome.SILENT)


def _read(results: Iterable[Mapping[str, Any]], number: str) -> Entry:
    for unit in results:
        association = (unit.get("complements") or {}).get("identifiant_association") or ""
        seat = unit.get("siege") or {}
        for place in (seat, *(unit.get("matching_etablissements") or ())):
            if number in (place.get("siret"), association):
                return _entry(unit, place, association)
    return Entry(Outcome.UNKNOWN)


def _entry(unit: Mapping[str, Any], place: Mapping[str, Any], association: str) -> Entry:
    shown = {unit.get("statut_diffusion", SHOWN), place.get("statut_diffusion_etablissement", SHOWN)}
    if shown != {SHOWN}:
        return Entry(Outcome.WITHHELD)
    ceased = {str(unit.get("etat_administratif")), str(place.get("etat_administratif"))} & CEASED
    return Entry(
        outcome=Outcome.CLOSED if ceased else Outcome.FOUND,
        name=str(unit.get("nom_raison_sociale") or unit["nom_complet"])[:300],
        siret=str(place.get("siret") or ""),
        rna=association,
        legal_family=family_of(str(unit.get("nature_juridique") or "")),
        address=str(place.get("adresse") or "")[:300],
        closed_on=str(place.get("date_fermeture") or unit.get("date_fermeture") or "")[:10] if ceased else "",
    )


def register_of(url: str, *, demonstration: bool) -> Register:
    """The register of an installation: the one it names, else the recorded one in a demonstration, else none."""
    if url:
        return OpenRegister(url)
    return RecordedRegister() if demonstration else NoRegister()


async def keep_answer(connection: Any, application_id: str, number: str, *, answer: Answer) -> None:
    """What a register said, beside the file it was asked for."""
    entry = answer.entry
    await queries.keep_register_answer(
        connection,
        application_id=UUID(application_id),
        number=number,
        register=answer.register,
        outcome=entry.outcome.value,
        name=entry.name,
        siret=entry.siret,
        rna=entry.rna,
        legal_family=entry.legal_family,
        read_at=answer.read_at,
    )


async def last_answer(connection: Any, application_id: str, numbers: tuple[str, ...]) -> Answer | None:
    """What was last said of one of these numbers, for this file."""
    row = await queries.last_register_answer(connection, application_id=UUID(application_id), numbers=list(numbers))
    if row is None:
        return None
    entry = Entry(
        Outcome(row["outcome"]),
        name=row["name"],
        siret=row["siret"],
        rna=row["rna"],
        legal_family=row["legal_family"],
    )
    return Answer(entry, row["register"], row["read_at"])
