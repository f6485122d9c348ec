"""The outcome of a call, read back from the services: who was received, heard, chosen; every euro accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from statistics import median
from typing import Any

from jalon.audit.v1 import chains_pb2
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2
from jalon.payments.v1 import awards_pb2
from jalon.review.v1 import cases_pb2
from rich.console import Console
from rich.table import Table

from kit import clock
from kit.money import format_amount
from rehearsal.stage import Stage

PUBLISHED = "publié : 47 reçus, 26 instruits, 21 présentés au jury, 13 lauréats, 150 000 €, une vingtaine d'emplois"
SECTIONS = {"OPERATING": "fonctionnement", "INVESTMENT": "investissement"}
ENDINGS = {
    "PAID": "payé et clos",
    "PAID_REDUCED": "payé, solde réduit",
    "INADMISSIBLE": "non recevable",
    "LAPSED": "classé sans suite (dossier non envoyé)",
    "WITHDRAWN": "retiré",
    "NOT_SHORTLISTED": "non présélectionné",
    "DECLINED": "non retenu",
    "WAITING_LIST": "resté sur liste d'attente",
    "AGREEMENT_LAPSED": "convention jamais signée",
}
STAGES = (
    ("recevabilité", "application_submitted", "admissibility_decided"),
    ("dossier complet", "admissibility_decided", "full_application_submitted"),
    ("complétude", "full_application_submitted", "completeness_confirmed"),
    ("instruction", "completeness_confirmed", "review_concluded"),
    ("audition", "review_concluded", "hearing_recorded"),
    ("jury", "hearing_recorded", "proposal_recorded"),
    ("vote", "proposal_recorded", "decision_recorded"),
    ("notification", "decision_recorded", "decision_notified"),
    ("convention", "decision_notified", "agreement_countersigned"),
    ("acompte", "agreement_countersigned", "order_paid"),
)
"""Name, first event and last event of each stage, for the days it took."""


async def print_outcome(stage: Stage, console: Console) -> None:
    """Prints the funnel, the endings, the envelopes, the jobs, the days; says if anything does not balance."""
    auditor = stage.as_role("AUDITOR")

    async def read(service: str, noun: str, rpc: str, request: Any) -> Any:
        return await stage.door.read(auditor, getattr(stage.stub(service, noun), rpc), request)

    counts = await read(
        "intake", "applications", "CountApplications", applications_pb2.CountApplicationsRequest(call_id=stage.call_id)
    )
    envelopes = await read(
        "payments", "awards", "ListEnvelopes", awards_pb2.ListEnvelopesRequest(call_id=stage.call_id)
    )
    heard = await _heard(stage, read)
    awards = [
        await read("payments", "awards", "GetAward", awards_pb2.GetAwardRequest(application_id=item))
        for item in await _awarded(stage, read)
    ]
    console.print(_funnel(counts, heard, awards))
    console.print(_endings(counts))
    console.print(_money(envelopes.envelopes, awards))
    console.print(await _days(stage, read, awards))
    planned = await _jobs_planned(stage, read, awards)
    actual = sum(award.report.jobs_actual for award in awards)
    console.print(f"Emplois : {planned} prévus par les lauréats, {actual} constatés aux bilans.")
    await _verify(read, awards, console)
    console.print(
        f"[dim]Organisations et personnes fictives ; {PUBLISHED} (source : Département du Val-de-Marne, 2023).[/dim]"
    )


async def _pages(read: Any, service: str, noun: str, rpc: str, request: Any, field: str) -> list[Any]:
    found: list[Any] = []
    while True:
        page = await read(service, noun, rpc, request)
        found += getattr(page, field)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def _heard(stage: Stage, read: Any) -> int:
    request = cases_pb2.ListCasesRequest(call_id=stage.call_id, page_size=100)
    cases = await _pages(read, "review", "cases", "ListCases", request, "cases")
    return sum(case.hearing == cases_pb2.HEARING_STATE_HEARD for case in cases)


async def _awarded(stage: Stage, read: Any) -> list[str]:
    request = applications_pb2.ListApplicationsRequest(call_id=stage.call_id, page_size=100)
    rows = await _pages(read, "intake", "applications", "ListApplications", request, "rows")
    return [row.application_id for row in rows if row.progress.awarded_cents]


def _funnel(counts: Any, heard: int, awards: list[Any]) -> Table:
    table = Table(title="Appel à projets ESS 2023 (rejoué, fictif)")
    for name in ("reçus", "instruits", "auditionnés", "lauréats", "attribué"):
        table.add_column(name, justify="right")
    awarded = format_amount(sum(award.awarded_cents for award in awards))
    table.add_row(str(counts.received), str(counts.full_received), str(heard), str(len(awards)), awarded)
    return table


def _endings(counts: Any) -> Table:
    table = Table(title="Issues")
    table.add_column("issue")
    table.add_column("dossiers", justify="right")
    for count in counts.by_ending:
        table.add_row(ENDINGS.get(count.key, count.key), str(count.count))
    return table


def _money(envelopes: Any, awards: list[Any]) -> Table:
    """One column per section: readable on a narrow screen."""
    table = Table(title="Enveloppes")
    table.add_column("")
    for envelope in envelopes:
        table.add_column(SECTIONS.get(envelope.section, envelope.section), justify="right")
    awarded = {item.section: [award for award in awards if award.section == item.section] for item in envelopes}
    figures: dict[str, Callable[[Any], int]] = {
        "annoncé": lambda item: item.announced_cents,
        "attribué": lambda item: sum(award.awarded_cents for award in awarded[item.section]),
        "engagé": lambda item: item.committed_cents,
        "mandaté": lambda item: item.ordered_cents,
        "payé": lambda item: item.paid_cents,
        "libéré": lambda item: item.freed_cents,
        "reste à payer": lambda item: sum(award.remaining_cents for award in awarded[item.section]),
    }
    for name, figure in figures.items():
        table.add_row(name, *(format_amount(figure(item)) for item in envelopes))
    return table


async def _days(stage: Stage, read: Any, awards: list[Any]) -> Table:
    spans: dict[str, list[int]] = {name: [] for name, _, _ in STAGES}
    timelines = await asyncio.gather(*(_timeline(read, award.application_id) for award in awards))
    for timeline in timelines:
        for name, first, last in STAGES:
            if first in timeline and last in timeline:
                # From one date to another, as a file is counted: a play resumed a minute later gives the same.
                spans[name].append((clock.civil_date(timeline[last]) - clock.civil_date(timeline[first])).days)
    table = Table(title="Jours par étape (médiane des lauréats)")
    table.add_column("étape")
    table.add_column("jours", justify="right")
    for name, days in spans.items():
        if days:
            table.add_row(name, str(int(median(days))))
    return table


async def _timeline(read: Any, application_id: str) -> dict[str, Any]:
    """The first instant of each event."""
    found: dict[str, Any] = {}
    for service in ("intake", "review", "payments"):
        request = plumbing_pb2.ListJournalRequest(application_id=application_id, page_size=100)
        for event in await _pages(read, service, "plumbing", "ListJournal", request, "events"):
            at = clock.from_timestamp(event.occurred_at)
            found[event.event] = min(at, found.get(event.event, at))
    return found


async def _jobs_planned(stage: Stage, read: Any, awards: list[Any]) -> int:
    asked = [applications_pb2.GetApplicationRequest(application_id=award.application_id) for award in awards]
    files = [await read("intake", "applications", "GetApplication", request) for request in asked]
    return sum(file.full_application.jobs_planned for file in files)


async def _every_chain(read: Any) -> chains_pb2.VerifyAllResponse:
    whole, request = chains_pb2.VerifyAllResponse(), chains_pb2.VerifyAllRequest()
    while True:
        part = await read("audit", "chains", "VerifyAll", request)
        whole.subjects += part.subjects
        whole.events += part.events
        whole.broken.extend(part.broken)
        if not part.next_page_token:
            return whole
        request.page_token = part.next_page_token


async def _verify(read: Any, awards: list[Any], console: Console) -> None:
    unbalanced = [
        a.application_id for a in awards if a.paid_cents + a.freed_cents + a.remaining_cents != a.awarded_cents
    ]
    chains = await _every_chain(read)
    ledger = await read("payments", "awards", "CheckInvariants", awards_pb2.CheckInvariantsRequest())
    for problem in (*unbalanced, *(item.subject.subject_id for item in chains.broken), *ledger.violations):
        console.print(f"[red]À examiner : {problem}[/red]")
    if not (unbalanced or chains.broken or ledger.violations):
        console.print(
            f"Vérifié : {chains.subjects} chaînes, {chains.events} événements, grand livre équilibré ; "
            "payé + libéré + reste = attribué pour chaque lauréat."
        )
