"""The back-office on ten thousand files: how long its pages take at the server, how heavy they are, and whether an
export of all of them streams. Real services, real site; no worker: nothing moves while it is measured."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

import asyncpg

from deploy.local import proc
from deploy.local.installation import Installation
from deploy.local.keys import key_ring
from kit.keyring import load_ring
from tests.bench.copies import Copies, multiply, seal_accounts
from tests.faults.small_call import Play, playing, small_call
from tests.journeys.pages import Visit, visiting

FILES = 10_000
TIMES = 40
AIM_MS, AIM_HTML, AIM_WHOLE = 100, 60_000, 150_000
MOMENTS = ("admissibility_decided", "hearings_recorded")
"""Copies are made just before these, and when the call could be closed: files of every stage."""
PARTS = re.compile(r'<(?:link|script)[^>]+(?:href|src)="(/static/[^"]+)"')
TABS = ("", *("/pieces", "/instruction", "/avis", "/notes", "/messagerie", "/decision", "/convention", "/versements"))
SAMPLES = 5
MEASURED = ("postgres", "audit", "intake", "review", "payments", "backoffice")
DEPTH = 60
FOLLOWING = re.compile(r'href="(/dossiers\?[^"]+)" rel="next"')


@dataclass
class Measured:
    """One page: milliseconds of each answer, milliseconds of work each one costs the site, the services and the
    database together, bytes of its HTML, bytes with its styles and scripts."""

    name: str
    times: list[float] = field(default_factory=list)
    work: float = 0.0
    html: int = 0
    whole: int = 0

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return quantiles(self.times, n=20)[18]

    @property
    def misses(self) -> str:
        """What it lacks; empty when it is as it should be."""
        found = [
            *(["lent"] if self.p95 > AIM_MS else []),
            *(["HTML lourd"] if self.html > AIM_HTML else []),
            *(["page lourde"] if self.whole > AIM_WHOLE else []),
        ]
        return ", ".join(found)

    def row(self) -> str:
        """As it is printed."""
        return (
            f"{self.name:44}{median(self.times):9.1f}{self.p95:9.1f}{self.work:9.1f}"
            f"{self.html / 1000:10.1f}{self.whole / 1000:10.1f}  {self.misses}"
        )


async def grow(play: Play, *, files: int = FILES) -> int:
    """Plays the call until it could be closed, and copies its files on the way; how many copies there are."""
    calendar = play.stage.edition.calendar
    models = [str(file.application_id) for file in play.stage.edition.applications]
    each = -(-files // (len(models) * (len(MOMENTS) + 1)))
    made = 0
    before = [*(calendar.moments[moment] for moment in MOMENTS), play.schedule[-1].at]  # a call is closed without files
    for turn, moment in enumerate(before):
        await play.through(moment - timedelta(seconds=1))
        made += await multiply(play.admin, Copies(models, turn * each + 1, (turn + 1) * each))
    return made


@dataclass(frozen=True)
class Sample:
    """A copy, by what it is looked for."""

    number: str
    siret: str
    organization: str
    commune: str
    track: str


async def samples(admin: asyncpg.Connection) -> list[Sample]:
    """Some copies of each stage."""
    rows = await admin.fetch(
        "SELECT number, siret, organization_name, communes[1] AS commune, track FROM ("
        " SELECT a.*, o.siret, row_number() OVER (PARTITION BY p.stage ORDER BY md5(number)) AS place"
        " FROM intake.applications a JOIN intake.progress p USING (application_id)"
        " JOIN intake.organizations o USING (organization_id) WHERE number_sequence > 1000) ranked WHERE place <= $1",
        SAMPLES,
    )
    return [Sample(*row) for row in rows]


def views(some: Sequence[Sample], reviewer: str) -> dict[str, list[str]]:
    """Pages by name; each is visited at its addresses in turn."""
    listed = {
        "liste": ["/dossiers"],
        "liste : onglets": [f"/dossiers?onglet={tab}" for tab in ("reception", "jury", "closed")],
        "liste : volet, commune": [f"/dossiers?volet={one.track}&commune={one.commune}" for one in some],
        "liste : instruction, qui bloque, retard": [f"/dossiers?instruction={reviewer}", "/dossiers?qui=APPLICANT"]
        + [f"/dossiers?qui=INSTRUCTOR&echeance={due}" for due in ("retard", "semaine")],
        "liste : nom": [f"/dossiers?q={quote(one.organization)}" for one in some],
        "liste : numéro": [f"/dossiers?q={one.number}" for one in some],
        "liste : SIRET": [f"/dossiers?q={one.siret}" for one in some],
        "liste : commune": [f"/dossiers?q={place}" for place in ("créteil", "Ivry", "vitry", "orly")],
        "liste : rien": ["/dossiers?q=zzzzzz"],
        "liste : tris": [f"/dossiers?tri={order}" for order in ("echeance", "structure", "montant")],
        "liste : tri, onglet, volet": [f"/dossiers?onglet=closed&tri=structure&volet={one.track}" for one in some],
    }
    tabs = {f"dossier{tab}": [f"/dossiers/{one.number}{tab}" for one in some] for tab in TABS}
    around = [f"/dossiers/{one.number}?vue={view}" for one in some for view in ("tri%3Dnumero", "tri%3Dstructure")]
    return {"accueil": ["/"], **listed, **tabs, "dossier, suivant et précédent": around}


async def deep(visit: Visit, order: str) -> str:
    """The address of a page far in the list."""
    path = f"/dossiers?tri={order}"
    for _ in range(DEPTH):
        found = FOLLOWING.search((await visit.get(path)).text)
        assert found, path
        path = unescape(found[1])
    return path


async def measure(visit: Visit, name: str, paths: Sequence[str], *, pids: Sequence[int]) -> Measured:
    """Visits a page, twice for nothing, then as often as asked."""
    measured, worked = Measured(name), 0.0
    for turn in range(-2, TIMES):
        worked = worked or (turn >= 0 and work(pids)) or 0.0
        path = paths[turn % len(paths)]
        began = time.perf_counter()
        answer = await visit.get(path)
        elapsed = (time.perf_counter() - began) * 1000
        assert answer.status_code == 200, (path, answer.status_code)
        if turn < 0:
            continue
        measured.times.append(elapsed)
        measured.html = max(measured.html, len(answer.content))
    measured.work = (work(pids) - worked) / TIMES
    parts = {str(part): len((await visit.get(part)).content) for part in PARTS.findall(answer.text)}
    measured.whole = measured.html + sum(parts.values())
    return measured


@dataclass(frozen=True)
class Exported:
    """A download of everything: rows, milliseconds to its first byte, seconds to its last, megabytes, and by how many
    megabytes the site grew meanwhile."""

    kind: str
    rows: int
    first_ms: float
    seconds: float
    size: float
    grown: float

    def row(self) -> str:
        """As it is printed."""
        return (
            f"export {self.kind} : {self.rows} lignes, premier octet {self.first_ms:.0f} ms, {self.seconds:.1f} s,"
            f" {self.size:.1f} Mo, mémoire du site +{self.grown:.0f} Mo"
        )


async def export(visit: Visit, kind: str, *, pid: int) -> Exported:
    """Downloads the whole list."""
    before, began, first, size, lines = resident(pid), time.perf_counter(), 0.0, 0, 0
    async with visit.client.stream("GET", f"/dossiers/export/{kind}", timeout=120) as answer:
        assert answer.status_code == 200
        async for part in answer.aiter_raw():
            first = first or time.perf_counter() - began
            size += len(part)
            lines += part.count(b"\n")
    taken = time.perf_counter() - began
    return Exported(kind, lines - 1 if kind == "csv" else 0, first * 1000, taken, size / 1e6, resident(pid) - before)


def work(pids: Sequence[int]) -> float:
    """Milliseconds of processor these processes and what they started have used: true on a crowded machine too."""
    ticks = 0
    for one in {one for pid in pids for one in (pid, *proc.descendants(pid))}:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Megabytes a process ever held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1000


async def visited(installation: Installation) -> tuple[list[Measured], list[Exported]]:
    """Every page, as an instructor; history and traces as the auditor."""
    edition = small_call()
    call_id, reviewer = str(edition.call_id), str(edition.person("INSTRUCTOR").person_id)
    auditor = str(edition.person("AUDITOR").person_id)
    admin = await asyncpg.connect(installation.admin_url)
    some = await samples(admin)
    await admin.close()
    pids = [daemon.pid for daemon in installation.daemons() if daemon.pid and daemon.name in MEASURED]
    found, pid = [], installation.processes["backoffice"].pid
    assert pid
    print(f"{'':44}{'p50 (ms)':>9}{'p95 (ms)':>9}{'CPU (ms)':>9}{'HTML (ko)':>10}{'page (ko)':>10}")
    async with visiting(installation, "backoffice", call_id=call_id, person=reviewer) as visit:
        for name, paths in views(some, reviewer).items():
            found.append(told(await measure(visit, name, paths, pids=pids)))
        far = [await deep(visit, order) for order in ("numero", "echeance", "structure")]
        found.append(told(await measure(visit, f"liste : {DEPTH}e page", far, pids=pids)))
        exports = [await export(visit, kind, pid=pid) for kind in ("csv", "xlsx")]
    async with visiting(installation, "backoffice", call_id=call_id, person=auditor) as visit:
        for tab in ("/historique", "/traces"):
            paths = [f"/dossiers/{one.number}{tab}" for one in some]
            found.append(told(await measure(visit, f"dossier{tab}", paths, pids=pids)))
    return found, exports


def told(measured: Measured) -> Measured:
    """Printed as it comes: the whole takes minutes."""
    print(measured.row(), flush=True)
    return measured


def report(pages: Sequence[Measured], exports: Sequence[Exported]) -> None:
    """Prints what remains to be said."""
    for exported in exports:
        print(exported.row())
    missed = [measured.name for measured in pages if measured.misses]
    print(
        f"Visé : p95 {AIM_MS} ms, {AIM_HTML // 1000} ko de HTML, {AIM_WHOLE // 1000} ko en tout, sur {FILES} dossiers."
    )
    print(
        f"{len(pages) - len(missed)} pages sur {len(pages)} y sont."
        + f" Manquent : {', '.join(missed)}." * bool(missed)
    )


async def _grown(installation: Installation) -> None:
    async with playing(installation, small_call()) as play:
        await grow(play)
        await seal_accounts(play.admin, load_ring(key_ring(installation.secrets, "bank")))


def run(installation: Installation) -> None:
    """Plays, copies, stops the engine's worker, measures, prints."""
    asyncio.run(_grown(installation))
    installation.processes["worker"].stop()
    report(*asyncio.run(visited(installation)))


def main() -> None:
    """On an installation of its own, forgotten at the end."""
    with tempfile.TemporaryDirectory(prefix="jalon-bench-") as folder:
        installation = Installation.create(Path(folder) / "installation")
        try:
            installation.start()
            run(installation)
        finally:
            installation.remove()


if __name__ == "__main__":
    main()
