"""Every page of both sites is a few RPCs, whatever it shows: counted on its trace, on a call in mid-course."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from deploy.local.installation import Installation
from tests.journeys import costs
from tests.journeys.costs import Cost
from tests.journeys.pages import Route, Visit, routes, visiting
from tests.journeys.second_call import Second
from tests.journeys.test_pages_rights import LIVE, filled, number_of, values_of
from web.visitor import may

pytestmark = pytest.mark.timeout(900)
READERS = (
    *("INSTRUCTOR", "AUDITOR", "CALL_ADMIN", "JURY_SECRETARY", "JURY_CHAIR", "ASSEMBLY_OFFICE", "FINANCE"),
    *("AUTHORISING_OFFICER", "JURY_MEMBER"),
)
"""A page is visited by the first of these whom it opens to."""
MOST_RPCS = 3
LISTED = {
    "backoffice GET /dossiers": 1,
    "backoffice GET /dossiers/{number}/historique": 5,
    "portal GET /demandes/{application_id}": 6,
    "portal GET /demandes/{application_id}/donnees.zip": 14,
    "backoffice GET /jury/{session_id}": 7,
    **{
        f"backoffice GET /jury/{{session_id}}/{page}": 4
        for page in ("ajournement", "annulation", "cloture", "proces-verbal")
    },
    "backoffice GET /travail-mis-de-cote": 4,
}
"""Where the limit is another, and why: a list is one read; a history, an agent's or an applicant's, joins the journals
of the three services (an applicant's says what was promised and paid, too); all the data of a file is all its pieces; a
session puts its jury, files, scores, ranking and vote beside each other; parked work asks each service how it does."""


async def test_a_page_costs_what_it_did_and_no_more(installation: Installation, second: Second) -> None:
    """Each page twice, so that names and rulebooks are known; ``JALON_KEEP_COSTS=1`` writes the new figures."""
    since = await second.town.admin.fetchval("SELECT clock_timestamp()")
    visited = {**await _agents(installation, second), **await _porter(installation, second)}
    found = await costs.measured(second.town.admin, since, set(visited))
    if os.environ.get("JALON_KEEP_COSTS"):
        costs.keep(found)
    assert len(found) > 40
    assert _beyond(found) == []
    before = costs.kept()
    dearer = [
        (route, cost, before[route])
        for route, cost in found.items()
        if route in before and (cost.calls > before[route].calls or cost.statements > before[route].statements)
    ]
    assert dearer == [], "JALON_KEEP_COSTS=1 keeps them, if they must be"


def _beyond(found: Mapping[str, Cost]) -> list[tuple[str, int]]:
    return [(route, cost.calls) for route, cost in found.items() if cost.calls > LISTED.get(route, MOST_RPCS)]


async def _agents(installation: Installation, second: Second) -> dict[str, int]:
    """The back-office's pages, by route: the answer's status."""
    values = values_of(second, second.id_of("sealed"), number=await number_of(second, "sealed"))
    found: dict[str, int] = {}
    for role in READERS:
        who = second.role(role) if role != "JURY_MEMBER" else second.aside
        async with visiting(installation, "backoffice", call_id=second.stage.call_id, person=who.person) as visit:
            for route in routes():
                opens = route.public or route.signed_in or all(may({role}, rpc) for rpc in route.rpcs)
                if route.site == "backoffice" and opens and _key(route) not in found:
                    found |= await _twice(visit, route, values)
    return found


async def _porter(installation: Installation, second: Second) -> dict[str, int]:
    """The portal's, as who carries a file."""
    found: dict[str, int] = {}
    for name in ("sealed", "uploads"):
        person = second.applicant(name).person
        async with visiting(installation, "portal", call_id=second.stage.call_id, person=person) as visit:
            values = values_of(second, second.id_of(name), number=second.id_of(name))
            for route in routes():
                if route.site == "portal" and _key(route) not in found:
                    found |= await _twice(visit, route, values)
    return found


async def _twice(visit: Visit, route: Route, values: dict[str, str]) -> dict[str, int]:
    """Nothing when it is not a page, or shows none of these files."""
    if route.method != "GET" or route.path.endswith(LIVE):
        return {}
    await visit.get(filled(route, values))
    answer = await visit.get(filled(route, values))
    return {_key(route): answer.status_code} if answer.status_code == 200 else {}


def _key(route: Route) -> str:
    return f"{route.site} {costs.span_name(route.method, route.path)}"
