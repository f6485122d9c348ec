"""Who stands at a door, and who acts in whose place: one person for ever behind an identity, and never two roles kept
apart in one pair of hands."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import people_pb2 as people

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.intake.intake_people import Desk

PROVIDER = "https://identite.example"
ROLE = rights_pb2.Role.Value


async def come(desk: Desk, door: str = "backoffice", **said: str) -> calls.Person:
    """Somebody at the door of a site."""
    request = people.RecognizePersonRequest(**said)
    found: calls.Person = await desk.served.caller.act(
        desk.people.RecognizePerson, request, role="DOOR", person="DOOR", issuer=door
    )
    return found


async def named(desk: Desk, role: str = "") -> str:
    """Somebody registered, with a role of the call when it is said."""
    person = str(uuid4())
    request = calls.RegisterPersonRequest(person_id=person, display_name="Ada", email=f"{person}@example.org")
    await desk.act(desk.calls.RegisterPerson, request, "CALL_ADMIN")
    if role:
        await give(desk, person, role)
    return person


async def give(desk: Desk, person: str, role: str, **dates: Any) -> calls.RoleGrant:
    request = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=ROLE(f"ROLE_{role}"))
    for name, instant in dates.items():
        getattr(request, name).FromDatetime(instant)
    grant: calls.RoleGrant = await desk.act(desk.calls.GrantRole, request, "CALL_ADMIN")
    return grant


async def roles(desk: Desk, person: str) -> set[tuple[str, str]]:
    """What she holds now: the role, and in whose place."""
    answer = await desk.served.caller.read(
        desk.calls.ListMyRoles, calls.ListMyRolesRequest(), role="INSTRUCTOR", person=person
    )
    return {(rights_pb2.Role.Name(one.role).removeprefix("ROLE_"), one.in_place_of_id) for one in answer.grants}


async def test_a_mailbox_leads_to_one_person_and_the_portal_makes_her(desk: Desk) -> None:
    email = f"Nouvelle.{uuid4().hex[:8]}@Example.org"
    with refused("PERSON_UNKNOWN", Kind.NOT_FOUND):
        await come(desk, email=email)
    first = await come(desk, "portal", email=email)
    assert (first.email, first.display_name) == (email, email)
    again = await come(desk, "portal", email=email.lower(), display_name="Ada Lovelace")
    assert (again.person_id, again.display_name) == (first.person_id, "Ada Lovelace")
    assert (await come(desk, email=email)).person_id == first.person_id


async def test_two_tabs_of_a_new_mailbox_make_one_person(desk: Desk) -> None:
    email = f"{uuid4()}@example.org"
    found = await asyncio.gather(*(come(desk, "portal", email=email) for _ in range(6)))
    assert len({one.person_id for one in found}) == 1


async def test_an_agent_is_known_by_her_mailbox_once_then_by_her_name_at_the_provider(desk: Desk) -> None:
    person, subject = await named(desk), str(uuid4())
    seen = await come(desk, issuer=PROVIDER, subject=subject, email=f"{person}@example.org", display_name="Ada L.")
    assert (seen.person_id, seen.display_name) == (person, "Ada L.")
    moved = await come(desk, issuer=PROVIDER, subject=subject, email=f"ailleurs-{person}@example.org")
    assert (moved.person_id, moved.display_name) == (person, "Ada L.")
    assert (await come(desk, issuer=PROVIDER, subject=subject)).person_id == person


async def test_a_mailbox_handed_to_somebody_else_hands_no_account_over(desk: Desk) -> None:
    person = await named(desk)
    email = f"{person}@example.org"
    await come(desk, issuer=PROVIDER, subject=str(uuid4()), email=email)
    for door in ("backoffice", "portal"):
        with refused("PERSON_UNKNOWN", Kind.NOT_FOUND):
            await come(desk, door, issuer=PROVIDER, subject=str(uuid4()), email=email)


async def test_who_gives_nothing_or_no_address_is_nobody(desk: Desk) -> None:
    nothing: dict[str, str] = {}
    for said, reason in (
        (nothing, "FIELD_MISSING"),
        ({"issuer": PROVIDER}, "FIELD_MISSING"),
        ({"email": "ada"}, "EMAIL_UNCLEAR"),
    ):
        with refused(reason, Kind.INVALID, field="email"):
            await come(desk, "portal", **said)


async def test_a_change_of_address_leaves_the_door_where_it_was(desk: Desk) -> None:
    person = await named(desk)
    other = await named(desk)
    change = calls.RegisterPersonRequest(person_id=person, display_name="Ada", email=f"{other}@example.org")
    await desk.act(desk.calls.RegisterPerson, change, "CALL_ADMIN")
    assert (await come(desk, email=f"{other}@example.org")).person_id == other


async def test_who_is_invited_is_registered_once_and_listed_with_her_roles(desk: Desk) -> None:
    email = f"{uuid4()}@example.org"
    request = people.InvitePersonRequest(
        call_id=desk.call_id, email=email, display_name="Zoé Neuve", role=rights_pb2.ROLE_FINANCE
    )
    grant = await desk.act(desk.people.InvitePerson, request, "CALL_ADMIN")
    request.role, request.display_name = rights_pb2.ROLE_JURY_SECRETARY, "Autre Nom"
    assert (await desk.act(desk.people.InvitePerson, request, "CALL_ADMIN")).person_id == grant.person_id
    request.role = rights_pb2.ROLE_AUTHORISING_OFFICER
    with refused("ROLES_KEPT_APART"):
        await desk.act(desk.people.InvitePerson, request, "CALL_ADMIN")
    seen, token = [], ""
    for _ in range(2):
        asked = people.ListMembersRequest(call_id=desk.call_id, page_size=1, page_token=token)
        page = await desk.read(desk.people.ListMembers, asked, "CALL_ADMIN")
        seen += [(one.display_name, one.email, one.role, one.seen) for one in page.members]
        token = page.next_page_token
    assert token == ""
    expected = (rights_pb2.ROLE_FINANCE, rights_pb2.ROLE_JURY_SECRETARY)
    assert seen == [("Zoé Neuve", email, role, False) for role in expected]
    assert (await come(desk, email=email)).person_id == grant.person_id
    page = await desk.read(desk.people.ListMembers, people.ListMembersRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert all(one.seen for one in page.members)


async def test_a_deputy_holds_what_may_be_held_in_somebody_s_place_while_it_lasts(desk: Desk) -> None:
    absent, deputy = await named(desk, "INSTRUCTOR"), await named(desk)
    await give(desk, absent, "JURY_MEMBER")
    kept = await desk.stand_in(absent, deputy, days=5)
    assert (kept.absent_name, kept.deputy_name) == ("Ada", "Ada")
    assert await roles(desk, deputy) == {("INSTRUCTOR", absent)}
    for who in (absent, deputy):
        answer = await desk.served.caller.read(
            desk.calls.ListMyRoles, calls.ListMyRolesRequest(), role="INSTRUCTOR", person=who
        )
        assert [one.stand_in_id for one in answer.stand_ins] == [kept.stand_in_id]
    end = people.EndStandInRequest(call_id=desk.call_id, stand_in_id=kept.stand_in_id)
    await desk.act(desk.people.EndStandIn, end, "CALL_ADMIN")
    assert await roles(desk, deputy) == set()
    with refused("STAND_IN_OVER"):
        await desk.act(desk.people.EndStandIn, end, "CALL_ADMIN")
    listed = await desk.read(desk.people.ListStandIns, people.ListStandInsRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert not listed.stand_ins


async def test_a_stand_in_to_come_gives_nothing_yet(desk: Desk) -> None:
    absent, deputy = await named(desk, "FINANCE"), await named(desk)
    await desk.stand_in(absent, deputy, days=5, after_days=3)
    assert await roles(desk, deputy) == set()
    listed = await desk.read(desk.people.ListStandIns, people.ListStandInsRequest(call_id=desk.call_id), "FINANCE")
    assert len(listed.stand_ins) == 1


async def test_a_stand_in_never_joins_roles_kept_apart_whatever_comes_first(desk: Desk) -> None:
    officer, instructor = await named(desk, "AUTHORISING_OFFICER"), await named(desk, "INSTRUCTOR")
    with refused("ROLES_KEPT_APART") as caught:
        await desk.stand_in(officer, instructor, days=5)
    assert caught.value.values == {"held_role": "INSTRUCTOR", "asked_role": "AUTHORISING_OFFICER"}
    deputy = await named(desk)
    await desk.stand_in(officer, deputy, days=5)
    with refused("ROLES_KEPT_APART"):
        await give(desk, deputy, "FINANCE")
    with refused("ROLES_KEPT_APART"):
        await desk.stand_in(instructor, deputy, days=5, after_days=2)
    await desk.stand_in(instructor, deputy, days=5, after_days=6)
    later = await named(desk, "INSTRUCTOR")
    absent = await named(desk, "JURY_SECRETARY")
    await desk.stand_in(absent, later, days=5)
    with refused("ROLES_KEPT_APART"):
        await give(desk, absent, "AUTHORISING_OFFICER")
    with pytest.raises(asyncpg.CheckViolationError) as held:
        await desk.served.admin.execute(
            "INSERT INTO intake.stand_ins (stand_in_id, call_id, absent_id, deputy_id, from_at, to_at, recorded_by)"
            " VALUES (gen_random_uuid(), $1::uuid, $2::uuid, $3::uuid, clock.now(),"
            " clock.now() + interval '1 day', 'test')",
            desk.call_id,
            officer,
            instructor,
        )
    assert held.value.constraint_name == "roles_kept_apart"


async def test_who_names_people_moves_no_money_and_what_was_joined_before_can_be_parted(desk: Desk) -> None:
    person = await named(desk, "CALL_ADMIN")
    for role in ("FINANCE", "AUTHORISING_OFFICER"):
        with refused("ROLES_KEPT_APART"):
            await give(desk, person, role)
    async with desk.served.admin.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "INSERT INTO intake.role_grants (call_id, person_id, role, from_at, granted_by)"
            " VALUES ($1::uuid, $2::uuid, 'FINANCE', clock.now(), 'before')",
            desk.call_id,
            person,
        )
    await give(desk, person, "FINANCE", to_at=await desk.served.caller.now() + timedelta(hours=1))


@pytest.mark.parametrize("role", ["", "JURY_MEMBER", "JURY_CHAIR", "EXPERT", "AUDITOR"])
async def test_what_is_personal_is_nobody_else_s(desk: Desk, role: str) -> None:
    with refused("STAND_IN_WITHOUT_ROLE"):
        await desk.stand_in(await named(desk, role), await named(desk), days=5)


async def test_a_stand_in_is_of_two_people_and_of_time_to_come(desk: Desk) -> None:
    person, other = await named(desk, "FINANCE"), await named(desk)
    with refused("STAND_IN_OF_ONESELF", Kind.INVALID, field="deputy_id"):
        await desk.stand_in(person, person, days=5)
    with refused("PERIOD_REVERSED", Kind.INVALID, field="to_at"):
        await desk.stand_in(person, other, days=-1)
    with refused("PERIOD_PAST", Kind.INVALID, field="to_at"):
        await desk.stand_in(person, other, days=1, after_days=-3)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.stand_in(person, str(uuid4()), days=1)
