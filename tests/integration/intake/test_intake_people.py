"""Who is who: a person's own roles, and the invented people anybody may enter as in a demonstration."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import calls_pb2_grpc

from kit import rpc
from kit.errors import Kind
from services.intake.__main__ import build
from tests.integration.harness import Served, refused
from tests.integration.intake.intake_people import Desk


async def _named(desk: Desk, role: rights_pb2.Role.ValueType, *, fictitious: bool = True, days: int = 0) -> str:
    """A person with a role of the call; ``days``: the role ends that far from now (0: never)."""
    person = str(uuid4())
    register = calls.RegisterPersonRequest(
        person_id=person, display_name=f"Personne {person[:4]}", fictitious=fictitious
    )
    await desk.act(desk.calls.RegisterPerson, register, "CALL_ADMIN")
    grant = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=role)
    now = await desk.served.caller.now()
    if days:
        grant.from_at.FromDatetime(now - timedelta(days=9))
        grant.to_at.FromDatetime(now + timedelta(days=days))
    await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    return person


async def test_a_person_reads_her_own_roles_in_force_and_nobody_elses(desk: Desk) -> None:
    person = await _named(desk, rights_pb2.ROLE_FINANCE)
    over = await _named(desk, rights_pb2.ROLE_INSTRUCTOR, days=-1)
    mine = await desk.served.caller.read(
        desk.calls.ListMyRoles, calls.ListMyRolesRequest(), role="INSTRUCTOR", person=person
    )
    assert [(grant.call_id, grant.role) for grant in mine.grants] == [(desk.call_id, rights_pb2.ROLE_FINANCE)]
    former = await desk.served.caller.read(
        desk.calls.ListMyRoles, calls.ListMyRolesRequest(), role="INSTRUCTOR", person=over
    )
    assert not former.grants
    assert not (await desk.calls.ListMyRoles(calls.ListMyRolesRequest())).grants


async def test_invented_people_are_listed_with_what_waits_for_them(desk: Desk) -> None:
    instructor = await _named(desk, rights_pb2.ROLE_INSTRUCTOR)
    await _named(desk, rights_pb2.ROLE_INSTRUCTOR, fictitious=False)
    await _named(desk, rights_pb2.ROLE_FINANCE, days=-1)
    porter = desk.porter()
    register = calls.RegisterPersonRequest(person_id=porter.person, display_name="Porteuse", fictitious=True)
    await porter.act(desk.calls.RegisterPerson, register)
    receipt = await porter.deposit()
    await desk.served.pool.execute(
        "UPDATE progress SET blocking_role = 'INSTRUCTOR' WHERE application_id = $1::uuid", porter.application_id
    )
    answer = await desk.calls.ListFictitiousPeople(calls.ListFictitiousPeopleRequest(call_id=desk.call_id))
    seen = [(one.person_id, one.role, one.number, one.waiting_count) for one in answer.people]
    assert seen == [
        (instructor, rights_pb2.ROLE_INSTRUCTOR, "", 1),
        (porter.person, rights_pb2.ROLE_APPLICANT, receipt.number, 0),
    ]
    assert answer.people[1].organization == "Association Léa & Hélène"


async def test_a_real_installation_has_nobody_to_enter_as(intake: Served) -> None:
    server, _ = build(intake.pool, dataclasses.replace(intake.settings, demonstration=False))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        stub = calls_pb2_grpc.CallsServiceStub(channel)  # type: ignore[no-untyped-call]
        request = calls.ListFictitiousPeopleRequest(call_id=str(uuid4()))
        with refused("DEMONSTRATION_ONLY", Kind.NOT_FOUND):
            await intake.caller.read(stub.ListFictitiousPeople, request, role="AUDITOR")
    await server.stop(None)


async def test_an_auditor_finds_people_by_name_without_their_addresses(desk: Desk) -> None:
    person, name = str(uuid4()), f"Éloïse d’Aubelin-Quor {str(uuid4())[:8]}"
    register = calls.RegisterPersonRequest(person_id=person, display_name=name, email="e@example.org", fictitious=True)
    await desk.act(desk.calls.RegisterPerson, register, "CALL_ADMIN")
    for query in (f"eloise quor {name[-8:]}", name.upper(), f"AUBELIN {name[-8:]}"):
        found = await desk.served.caller.read(
            desk.calls.ListPeople, calls.ListPeopleRequest(query=query), role="AUDITOR"
        )
        assert [(one.person_id, one.display_name, one.email) for one in found.people] == [(person, name, "")]
    with refused("REQUIRED", field="query"):
        await desk.served.caller.read(desk.calls.ListPeople, calls.ListPeopleRequest(query="-"), role="AUDITOR")
    for role in ("INSTRUCTOR", "CALL_ADMIN", "FINANCE", "JURY_MEMBER", "APPLICANT"):
        with refused("NOT_ALLOWED", Kind.DENIED):
            await desk.served.caller.read(desk.calls.ListPeople, calls.ListPeopleRequest(query=name), role=role)


async def test_the_jury_is_named_to_those_who_sit_in_it(desk: Desk) -> None:
    member = await _named(desk, rights_pb2.ROLE_JURY_MEMBER)
    former = await _named(desk, rights_pb2.ROLE_JURY_MEMBER, days=-1)
    secretary = await _named(desk, rights_pb2.ROLE_JURY_SECRETARY)
    await _named(desk, rights_pb2.ROLE_INSTRUCTOR)
    wanted = calls.ListJuryRequest(call_id=desk.call_id)
    for role in ("JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY", "CALL_ADMIN"):
        seen = (await desk.read(desk.calls.ListJury, wanted, role)).jurors
        assert {(one.person_id, one.in_force) for one in seen} == {
            (member, True),
            (former, False),
            (secretary, True),
        }, role
        assert all(one.display_name.startswith("Personne ") for one in seen)
    for role in ("INSTRUCTOR", "APPLICANT", "FINANCE"):
        with refused("NOT_ALLOWED", Kind.DENIED):
            await desk.read(desk.calls.ListJury, wanted, role)


async def test_somebody_outside_is_kept_once_and_gets_no_role(desk: Desk) -> None:
    person = str(uuid4())
    request = calls.RegisterOutsiderRequest(
        call_id=desk.call_id, person_id=person, display_name="Ada Dehors", email="ada@example.org"
    )
    answer = await desk.act(desk.calls.RegisterOutsider, request, "INSTRUCTOR")
    assert (answer.person_id, answer.display_name, answer.email) == (person, "", "")
    request.display_name = "Une autre"
    await desk.act(desk.calls.RegisterOutsider, request, "INSTRUCTOR")
    seen = await desk.read(desk.calls.GetPerson, calls.GetPersonRequest(person_id=person), "INSTRUCTOR")
    assert seen.display_name == "Ada Dehors"
    mine = await desk.served.caller.read(
        desk.calls.ListMyRoles, calls.ListMyRolesRequest(), role="EXPERT", person=person
    )
    assert not mine.grants
    for role in ("APPLICANT", "EXPERT", "JURY_MEMBER", "FINANCE"):
        with refused("NOT_ALLOWED", Kind.DENIED):
            await desk.act(desk.calls.RegisterOutsider, request, role)


PAIRS = [
    ("INSTRUCTOR", "AUTHORISING_OFFICER"),
    ("FINANCE", "AUTHORISING_OFFICER"),
    ("AUDITOR", "CALL_ADMIN"),
    ("ACCOUNTANT", "FINANCE"),
]


@pytest.mark.parametrize(("first", "second"), [*PAIRS, *(pair[::-1] for pair in PAIRS)])
async def test_two_roles_kept_apart_are_refused_to_one_person_whoever_writes(
    desk: Desk, first: str, second: str
) -> None:
    person = await _named(desk, rights_pb2.Role.Value(f"ROLE_{first}"))
    grant = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.Role.Value(f"ROLE_{second}"))
    with refused("ROLES_KEPT_APART", Kind.PRECONDITION) as caught:
        await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    assert caught.value.values == {"held_role": first, "asked_role": second}
    with pytest.raises(asyncpg.CheckViolationError) as held:
        await desk.served.admin.execute(
            "INSERT INTO intake.role_grants (call_id, person_id, role, from_at, granted_by)"
            " VALUES ($1::uuid, $2::uuid, $3, clock.now(), 'test')",
            desk.call_id,
            person,
            second,
        )
    assert held.value.constraint_name == "roles_kept_apart"


async def test_roles_kept_apart_may_follow_each_other_and_others_go_together(desk: Desk) -> None:
    person = await _named(desk, rights_pb2.ROLE_INSTRUCTOR)
    both = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_JURY_SECRETARY)
    await desk.act(desk.calls.GrantRole, both, "CALL_ADMIN")
    end = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_INSTRUCTOR)
    end.to_at.FromDatetime(await desk.served.caller.now())
    await desk.act(desk.calls.GrantRole, end, "CALL_ADMIN")
    after = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_AUTHORISING_OFFICER)
    await desk.act(desk.calls.GrantRole, after, "CALL_ADMIN")
    again = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_INSTRUCTOR)
    with refused("ROLES_KEPT_APART"):
        await desk.act(desk.calls.GrantRole, again, "CALL_ADMIN")


async def test_who_had_work_asked_again_is_kept_and_a_file_of_another_call_is_none(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    asking = calls.AskAgainRequest(call_id=desk.call_id, subject_kind="application", subject_id=porter.application_id)
    await desk.act(desk.calls.AskAgain, asking, "CALL_ADMIN")
    kept = await desk.served.pool.fetchval(
        "SELECT facts->>'subject' FROM journal WHERE event = 'work_asked_again' AND subject_id = $1", desk.call_id
    )
    assert kept == porter.application_id
    asking.subject_id = str(uuid4())
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.calls.AskAgain, asking, "CALL_ADMIN")
    asking.subject_kind = "person"
    with refused("CHOICE_UNKNOWN", field="subject_kind"):
        await desk.act(desk.calls.AskAgain, asking, "CALL_ADMIN")
