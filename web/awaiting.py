"""What the people of a demonstration have to do that no file's progress says: opinions to give, grids to submit.

Asked as each of them would ask: in a demonstration alone, where anybody may enter as anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from jalon.intake.v1 import calls_pb2
from jalon.review.v1 import cases_pb2, jury_pb2

from kit.contract import role_name
from kit.errors import Refused
from web.desk import Site, answered
from workflows.commands import Who

SITTING = ("JURY_MEMBER", "JURY_CHAIR")
SCORING = (jury_pb2.SESSION_STATE_CONVOKED, jury_pb2.SESSION_STATE_OPEN)


async def counted(
    site: Site, call_id: str, people: Sequence[calls_pb2.FictitiousPerson]
) -> list[calls_pb2.FictitiousPerson]:
    """The same people, their counts completed."""
    added = await asyncio.gather(*(_more(site, call_id, one) for one in people))
    for one, count in zip(people, added, strict=True):
        one.waiting_count += count
    return list(people)


async def _more(site: Site, call_id: str, one: calls_pb2.FictitiousPerson) -> int:
    role = role_name(one.role)
    who = Who(one.person_id, frozenset({role}), call_id)
    try:
        if role == "EXPERT":
            return await _opinions(site, who)
        return await _grids(site, who) if role in SITTING else 0
    except Refused:
        return 0


async def _opinions(site: Site, who: Who) -> int:
    rpc = site.door.services.stub("review", "cases").ListMyOpinions
    request = cases_pb2.ListMyOpinionsRequest(call_id=who.call_id)
    answer = await answered("review", site.door.read(who, rpc, request))
    return sum(one.state == cases_pb2.OPINION_STATE_REQUESTED for one in answer.opinions)


async def _grids(site: Site, who: Who) -> int:
    """Files of the sessions she sits in whose grid she has not submitted."""
    stub = site.door.services.stub("review", "jury")
    wanted = jury_pb2.ListSessionsRequest(call_id=who.call_id)
    listed = await answered("review", site.door.read(who, stub.ListSessions, wanted))
    asked = [one for one in listed.sessions if one.state in SCORING]
    found = await asyncio.gather(
        *(
            answered(
                "review",
                site.door.read(
                    who, stub.GetSession, jury_pb2.GetSessionRequest(call_id=who.call_id, session_id=one.session_id)
                ),
            )
            for one in asked
        )
    )
    return sum(
        not file.submitted and not file.recused
        for session in found
        if who.person in {member.person_id for member in session.members}
        for file in session.files
    )
