"""The files of an edition: data only, read as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.play import Calendar, Commune

EDITIONS = Path(__file__).parent / "editions"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class EditionFiles:
    """What the folder of an edition holds; ``rulebook`` in the bytes that are imported."""

    edition: str
    scenario: Mapping[str, Any]
    subjects: Mapping[str, Any]
    names: Mapping[str, Any]
    communes: Mapping[str, Commune]
    calendar: Calendar
    rulebook: bytes

    @property
    def criteria(self) -> Sequence[Mapping[str, Any]]:
        grid: Sequence[Mapping[str, Any]] = json.loads(self.rulebook)["grid"]
        return grid


def read_files(edition: str) -> EditionFiles:
    """The files of ``rehearsal/editions/<edition>``."""
    folder = EDITIONS / edition
    communes = [Commune(**row | {"postcodes": tuple(row["postcodes"])}) for row in _json(folder / "communes.json")]
    return EditionFiles(
        edition=edition,
        scenario=_json(folder / "scenario.json"),
        subjects=_json(folder / "subjects.json"),
        names=_json(folder / "names.json"),
        communes={commune.insee: commune for commune in communes},
        calendar=_calendar(_json(folder / "calendar.json")),
        rulebook=(folder / "rulebook.json").read_bytes(),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _calendar(raw: Mapping[str, Any]) -> Calendar:
    return Calendar(
        moments={name: _instant(text) for name, text in raw["moments"].items()},
        waves={name: tuple(_instant(text) for text in texts) for name, texts in raw["waves"].items()},
        act_number=raw["act_number"],
        act_session_on=date.fromisoformat(raw["act_session_on"]),
        act_transmitted_on=date.fromisoformat(raw["act_transmitted_on"]),
        act_executory_on=date.fromisoformat(raw["act_executory_on"]),
    )


def _instant(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=PARIS).astimezone(UTC)
