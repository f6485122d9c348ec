"""The people, the files and the calendar of each living call, for the day the demonstration is first played."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from kit.clock import PARIS
from rehearsal import invention
from rehearsal.edition import cast
from rehearsal.edition_files import EDITIONS, EditionFiles, read_files
from rehearsal.play import Application, Calendar, Edition
from rehearsal.stage import Stage

FOLDER = EDITIONS / "current"
ALIKE = "2023"
"""The edition whose rulebook, communes and subjects these calls take."""
NOT_PLAYED = {
    "full_applications": "+30 11:00",
    "corrections": "+32 11:00",
    "hearings": "+60 09:30",
    "agreements_signed": "+300 11:00",
    "reports_submitted": "+600 11:00",
}
"""Waves that a call has not reached: the drawing of a file names them all the same."""
COINED_EACH, NUMBERS_EACH = 17, 100


@dataclass(frozen=True)
class Living:
    """A living call on its stage. ``on``: the day of the first play."""

    name: str
    stage: Stage
    on: date

    def at(self, moment: str) -> datetime:
        """An instant of its calendar."""
        return self.stage.edition.calendar.moments[moment]

    def only(self, *places: int) -> Stage:
        """The same stage with some files alone, by their place in the script (from 1)."""
        ids = {_id_of(self.stage.edition, place) for place in places}
        return self.among(lambda file: file.application_id in ids)

    def file(self, place: int) -> Application:
        """The file of a place in the script."""
        wanted = _id_of(self.stage.edition, place)
        return next(file for file in self.stage.edition.applications if file.application_id == wanted)

    def place_of(self, file: Application) -> int:
        """The place in the script of a file."""
        count = len(self.stage.edition.applications)
        return next(place for place in range(1, count + 1) if _id_of(self.stage.edition, place) == file.application_id)

    def among(self, keep: Any) -> Stage:
        """The same stage with the files kept alone."""
        edition = self.stage.edition
        return replace(self.stage, edition=replace(edition, applications=tuple(filter(keep, edition.applications))))

    def rewritten(self, changed: Iterable[Application]) -> Living:
        """The same call with the scripts of some files changed."""
        by_id = {file.application_id: file for file in changed}
        edition = self.stage.edition
        files = tuple(by_id.get(file.application_id, file) for file in edition.applications)
        return replace(self, stage=replace(self.stage, edition=replace(edition, applications=files)))


def editions(on: date, *, like: Edition) -> dict[str, Edition]:
    """Each living call by name, with the seed and the staff of ``like``."""
    data = read_files(ALIKE)
    coined = json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))["coined"]
    drawn: dict[str, Edition] = {}
    for place, raw in enumerate(_calls()):
        files = _files(raw, data, on=on, coined=coined[place * COINED_EACH : (place + 1) * COINED_EACH])
        edition = cast(files, like.seed, crew=like.staff, numbers_from=(place + 2) * NUMBERS_EACH)
        drawn[raw["name"]] = replace(edition, applications=tuple(_agreed(file, on) for file in edition.applications))
    return drawn


def opens_on(name: str, opens_at: datetime) -> date:
    """The day of the first play, from when a call's pre-applications open."""
    raw = next(raw for raw in _calls() if raw["name"] == name)
    days = int(raw["windows"]["pre_application"][0].split()[0])
    return opens_at.astimezone(PARIS).date() - timedelta(days=days)


def _calls() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads((FOLDER / "calls.json").read_text(encoding="utf-8"))["calls"]
    return found


def _agreed(file: Application, on: date) -> Application:
    """A company's approval (ESUS) holds for the years of these calls."""
    until = date(on.year + 3, 6, 30) if file.organization.esus_until else None
    return replace(file, organization=replace(file.organization, esus_until=until))


def _id_of(edition: Edition, place: int) -> Any:
    return invention.opaque(edition.edition, edition.seed, thing=f"application/{place}")


def _files(raw: Mapping[str, Any], data: EditionFiles, *, on: date, coined: list[str]) -> EditionFiles:
    return replace(
        data,
        edition=raw["name"],
        scenario={
            **data.scenario,
            "salt": "current",
            "groups": raw["groups"],
            "families": raw["families"],
            "sections_by_block": raw["sections"],
            "conflicts": raw["conflicts"],
            "incomplete": 0,
            "opinions": 0,
            "underspending": {"upper": 0, "lower": 0},
        },
        subjects={"modelled": [], "others": _subjects(raw, data.subjects["others"])},
        names={**data.names, "coined": coined},
        calendar=_calendar(raw, on),
        rulebook=_rulebook(raw, json.loads(data.rulebook), on=on),
    )


def _subjects(raw: Mapping[str, Any], known: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As many as the call has files: those of the heard files by section, then others; calls begin at other places."""
    turn = sum(map(ord, raw["name"])) % len(known)
    left = [*known[turn:], *known[:turn]]
    chosen: list[Mapping[str, Any]] = []
    for section in ("operating", "investment"):
        wanted = sum(block[section] for block in raw["sections"])
        chosen += [subject for subject in left if subject["section"] == section][:wanted]
    titles = {subject["title"] for subject in chosen}
    others = [subject for subject in left if subject["title"] not in titles]
    return chosen + others[: sum(raw["groups"].values()) - len(chosen)]


def _calendar(raw: Mapping[str, Any], on: date) -> Calendar:
    moments = {name: _instant(text, on) for name, text in raw["moments"].items()}
    waves = {name: [text] for name, text in NOT_PLAYED.items()} | dict(raw["waves"])

    def day(name: str) -> date:
        return moments[name].astimezone(PARIS).date() if name in moments else on

    return Calendar(
        moments=moments,
        waves={name: tuple(_instant(text, on) for text in texts) for name, texts in waves.items()},
        act_number=f"{day('vote_recorded').year}_CP_{day('vote_recorded'):%m}_031",
        act_session_on=day("vote_recorded"),
        act_transmitted_on=day("act_transmitted"),
        act_executory_on=day("act_executory"),
    )


def _instant(text: str, on: date) -> datetime:
    """``-24 17:00``: that many days before ``on``, at that time in Paris."""
    days, _, hour = text.partition(" ")
    return datetime.combine(on + timedelta(days=int(days)), time.fromisoformat(hour), PARIS)


def _rulebook(raw: Mapping[str, Any], content: dict[str, Any], *, on: date) -> bytes:
    year, session = on.year + raw["year"], raw["session"]
    content["reference"] = f"ESS-{year}" if session == 1 else f"ESS-{year}-{session}"
    for language, words in (("fr", " — seconde session"), ("en", " — second session")):
        content["title"][language] += words if session > 1 else ""
    content["edition"] += year - int(ALIKE)
    content["effective_from"] = (_instant(raw["moments"]["call_imported"], on).date() - timedelta(days=2)).isoformat()
    content["notes"] = {
        "fr": "Appel fictif de la démonstration : règles de l'édition 2023, dates et enveloppe inventées.",
        "en": "Invented call of the demonstration: rules of the 2023 edition, invented dates and envelope.",
    }
    for name, (opens, closes) in raw["windows"].items():
        content["windows"][name] |= {
            end: _instant(text, on).strftime("%Y-%m-%dT%H:%M:%S")
            for end, text in (("opens", opens), ("closes", closes))
        }
    for envelope in content["envelopes"]:
        envelope["announced_cents"] = raw["envelopes"][envelope["section"]]
    return json.dumps(content, ensure_ascii=False).encode()
