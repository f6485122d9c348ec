"""The files a page of the jury or of the assembly names: those the visitor may see, by id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jalon.intake.v1 import applications_pb2 as pb

from web.desk import Desk
from web.words import t

BY_ID = re.compile(r"applications\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@dataclass(frozen=True)
class SeenFile:
    """``organization`` carries ``title``, from ``track``."""

    number: str
    organization: str
    title: str = ""
    track: str = ""
    requested_cents: int = 0
    communes: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """``2023-004 · Les Ateliers du Port``."""
        return f"{self.number} · {self.organization}"


def named(told: Sequence[str], files: Mapping[str, SeenFile]) -> list[str]:
    """The sentences of a refusal, files by number and name where services named them by id."""

    def name(found: re.Match[str]) -> str:
        seen = files.get(found.group(1))
        return seen.told if seen else t("jury.another_file")

    return [BY_ID.sub(name, sentence) for sentence in told]


async def seen_files(desk: Desk) -> dict[str, SeenFile]:
    """Every file of the call the visitor may see: all but those she is recused from; a member of the jury, those of
    her sessions."""
    call_id = desk.visitor.call_id
    if desk.may("ListApplications"):
        rows = await desk.every("intake.applications", pb.ListApplicationsRequest(call_id=call_id), "rows")
    elif desk.may("ListAssignedApplications"):
        rows = await desk.every("intake.applications", pb.ListAssignedApplicationsRequest(call_id=call_id), "rows")
    else:
        rows = []
    return {row.application_id: _seen(row) for row in rows}


def _seen(row: pb.ApplicationRow) -> SeenFile:
    return SeenFile(row.number, row.organization, row.title, row.track, row.requested_cents, tuple(row.communes))
