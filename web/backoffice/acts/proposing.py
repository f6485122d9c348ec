"""What several acts share: what they read before they are done, the dates they propose, the choices they give."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2
from jalon.payments.v1 import awards_pb2
from jalon.review.v1 import cases_pb2

from kit import clock
from web.acts import Acting, Application
from web.desk import Desk, present
from web.forms import SiteForm
from web.rulebooks import Words
from web.words import code, late
from wording.catalog import catalog

Choices = list[tuple[str, str]]
SECTIONS = ("OPERATING", "INVESTMENT")


class NoForm(SiteForm):
    """An act that asks nothing: its button is enough."""


async def case_of(desk: Desk, application: Application) -> cases_pb2.Case:
    """The case of a file; an empty one before review knows it."""
    request = cases_pb2.GetCaseRequest(application_id=application.application_id)
    found: cases_pb2.Case = await present(desk.read("review.cases", request), cases_pb2.Case)
    return found


async def award_of(desk: Desk, application: Application) -> awards_pb2.Award:
    """The money of a file; an empty award before there is any."""
    request = awards_pb2.GetAwardRequest(application_id=application.application_id)
    found: awards_pb2.Award = await present(desk.read("payments.awards", request), awards_pb2.Award)
    return found


async def holders(desk: Desk, call_id: str, role: rights_pb2.Role.ValueType) -> Choices:
    """People who hold a role of the call now, by name."""
    answer = await desk.read("intake.calls", calls_pb2.ListRolesRequest(call_id=call_id))
    held = [
        grant.person_id
        for grant in answer.grants
        if grant.role == role and not (grant.HasField("to_at") and late(grant.to_at))
    ]
    return sorted((await desk.people(*held)).items(), key=lambda person: person[1])


def deadline_days(rulebook: Words, name: str) -> int:
    """Days of a deadline of the rulebook."""
    return next(int(one["days"]) for one in rulebook.content["deadlines"] if one["code"] == name)


async def proposed_end(desk: Desk, application: Application, deadline: str) -> datetime:
    """The instant a form proposes for a deadline of the rulebook: that many days from now, at five in the evening."""
    rulebook = await desk.rulebook(application.call_id)
    return at_hour(await desk.now(), days=deadline_days(rulebook, deadline), hour=17)


def at_hour(now: datetime, *, days: int, hour: int) -> datetime:
    """In so many days, at an hour of Paris."""
    on = clock.civil_date(now) + timedelta(days=days)
    return datetime.combine(on, time(hour), tzinfo=clock.PARIS)


def codes(kind: str, *names: str) -> Choices:
    """Codes and their words; all those of the wording when none is named."""
    return [(name, code(kind, name)) for name in names or catalog()["codes"][kind]]


def derived(acting: Acting, what: str) -> str:
    """An id the act makes: the same for every try of its request."""
    return str(uuid5(UUID(acting.request_id), what))


def nothing_built(**fields: Any) -> Any:
    """``build`` of an act whose message needs nothing but the file, or these fields."""

    async def build(acting: Acting, form: Any) -> dict[str, Any]:
        return dict(fields)

    return build
