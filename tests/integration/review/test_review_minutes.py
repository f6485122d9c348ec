"""Minutes as a document: made from what is frozen, kept with its digest, never read by the recused."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, new_id


async def closed(desk: Desk, *, recused: bool = False) -> Table:
    """A session closed on one file heard and one that was not."""
    table = Table(desk, [await desk.heard(), await desk.shortlisted()])
    await table.prepare()
    await table.convoke()
    if recused:
        await table.recuse(table.members[4], table.files[0])
    for member in table.members[:4] if recused else table.members:
        await table.score(member, table.files[0], 4)
    await table.open()
    await table.close()
    return table


async def draw_up(table: Table, **changes: Any) -> jpb.SessionMinutes:
    """By the secretary, everybody named."""
    names = [jpb.SaidName(subject_id=one, name=f"Nom {one[:4]}") for one in (*table.members, *table.files)]
    request = jpb.DrawUpMinutesRequest(
        **{**table.asked, "call_title": "Appel « ESS » 2023", "names": names, "fictitious": True, **changes}
    )
    drawn: jpb.SessionMinutes = await table.desk.act(table.desk.jury.DrawUpMinutes, request, "JURY_SECRETARY")
    return drawn


async def read(table: Table, role: str = "JURY_SECRETARY", **how: Any) -> jpb.ReadMinutesResponse:
    """The latest version."""
    request = jpb.ReadMinutesRequest(**table.asked, offset=how.pop("offset", 0))
    found: jpb.ReadMinutesResponse = await table.desk.read(table.desk.jury.ReadMinutes, request, role, **how)
    return found


async def test_minutes_are_kept_with_the_digest_of_their_bytes(desk: Desk) -> None:
    table = await closed(desk, recused=True)
    first = await draw_up(table, observations="Deux membres saluent le projet.")
    found = await read(table)
    assert found.data.startswith(b"%PDF-")
    assert (len(found.data), sha256(found.data).hexdigest()) == (found.size_bytes, first.digest)
    assert not (await read(table, offset=found.size_bytes)).data
    second = await draw_up(table, observations="Version corrigée.")
    assert (first.version, second.version) == (1, 2)
    assert (await read(table)).digest == second.digest != first.digest
    session = await table.get("JURY_MEMBER", person=table.members[1])
    assert (session.minutes.version, session.minutes.digest) == (2, second.digest)


async def test_minutes_name_everybody_and_every_file(desk: Desk) -> None:
    table = await closed(desk)
    with refused("FIELD_MISSING", field=f"names.{table.files[1]}"):
        names = [jpb.SaidName(subject_id=one, name="Nom") for one in (*table.members, table.files[0])]
        await draw_up(table, names=names)
    with refused("TEXT_TOO_LONG", field="observations"):
        await draw_up(table, observations="x" * 20_001)


async def count(table: Table, *hands: int, file: int = 0) -> jpb.Ballot:
    """A show of hands: in favour, against, abstaining."""
    counts = dict(zip(("in_favor_count", "against_count", "abstained_count"), hands, strict=True))
    request = jpb.RecordBallotRequest(**table.asked, application_id=table.files[file], **counts)
    ballot: jpb.Ballot = await table.desk.act(table.desk.jury.RecordBallot, request, "JURY_SECRETARY")
    return ballot


async def test_hands_are_counted_in_session_among_those_who_may_vote(desk: Desk) -> None:
    table = Table(desk, [await desk.heard(), await desk.heard()])
    await table.prepare()
    await table.convoke()
    await table.recuse(table.members[4], table.files[0])
    with refused("NOT_IN_THIS_STATE"):
        await count(table, 1, 0, 0)
    await table.score_all({table.files[1]: 4})
    for member in table.members[:4]:
        await table.score(member, table.files[0], 4)
    await table.open()
    with refused("BALLOT_WRONG", field="in_favor_count"):
        await count(table, 5, 0, 0)
    assert not (await count(table, 2, 2, 0)).adopted
    assert (await count(table, 3, 0, 1)).adopted
    await count(table, 5, 0, 0, file=1)
    seen = await table.get("JURY_MEMBER", person=table.members[4])
    assert [ballot.application_id for ballot in seen.ballots] == [table.files[1]]
    session = await table.get()
    assert {ballot.application_id: ballot.in_favor_count for ballot in session.ballots} == dict(
        zip(table.files, (3, 5), strict=True)
    )
    await table.close()
    record = await desk.served.pool.fetchval(
        "SELECT record FROM sessions WHERE session_id = $1::uuid", table.session_id
    )
    assert json.loads(record)["votes"][table.files[0]] == {"in_favor": 3, "against": 0, "abstained": 1}


async def test_there_are_no_minutes_before_the_closing(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    await table.prepare()
    with refused("SESSION_NOT_CLOSED"):
        await draw_up(table)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await read(table)


async def test_a_recused_member_reads_no_minutes_that_name_the_file(desk: Desk) -> None:
    table = await closed(desk, recused=True)
    await draw_up(table)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await read(table, "JURY_MEMBER", person=table.members[4])
    assert not (await table.get("JURY_MEMBER", person=table.members[4])).minutes.version
    assert (await read(table, "JURY_MEMBER", person=table.members[1])).data
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await read(table, "JURY_MEMBER", person=new_id())


@pytest.mark.parametrize("role", ["JURY_CHAIR", "ASSEMBLY_OFFICE", "AUDITOR", "INSTRUCTOR"])
async def test_only_the_secretary_draws_them_up(desk: Desk, role: str) -> None:
    table = await closed(desk)
    request = jpb.DrawUpMinutesRequest(**table.asked, call_title="Appel")
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.jury.DrawUpMinutes, request, role)
