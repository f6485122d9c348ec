"""People of a call: who was seen, who acts as what."""

from __future__ import annotations

import dataclasses
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2 as pb

from kit import clock
from kit.admission import current
from kit.enums import from_proto
from kit.errors import Kind, Refused, denied, field_invalid, required
from kit.journal import Act
from services.intake.domain.deposit import patterns
from services.intake.domain.identities import mailbox
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Person, RoleGrant
from services.intake.handlers.room import Part, call_in_sight, found, moment, said
from services.intake.handlers.wire import (
    fictitious_message,
    grant_message,
    juror_message,
    person_message,
    stand_in_message,
)
from services.intake.store import members
from services.intake.store import people as store

NOT_GRANTED = frozenset({"", "APPLICANT", "CO_EDITOR", "SYSTEM", "DOOR"})
MOST_PEOPLE, MOST_FOUND, SHORTEST_QUERY = 300, 50, 2


class People(Part):
    """Roles and persons of ``jalon.intake.v1.CallsService``."""

    async def GrantRole(self, request: pb.GrantRoleRequest, context: Any) -> pb.RoleGrant:
        """Gives a role between dates; given again while it lives, changes its end only."""

        async def change(act: Act) -> pb.RoleGrant:
            asked = RoleGrant(request.call_id, request.person_id, role, from_at or act.at, to_at)
            grant = await give_role(act, asked, begun_before=from_at is None)
            return grant_message(grant)

        required(request, "call_id", "person_id")
        role = granted_role(request.role)
        from_at, to_at = moment(request, "from_at"), moment(request, "to_at")
        return await self._room.journal.write(request, change)

    async def ListRoles(self, request: pb.ListRolesRequest, context: Any) -> pb.ListRolesResponse:
        """Roles of one call, or of one person over all calls (for those who may look beyond one call)."""
        call_id = request.call_id if request.person_id else call_in_sight(request.call_id)
        if request.person_id and not call_id and not _sees_every_call():
            call_id = call_in_sight("")
        grants = await store.list_roles(self._room.pool, call_id=call_id, person_id=request.person_id)
        return pb.ListRolesResponse(grants=[grant_message(grant) for grant in grants])

    async def ListJury(self, request: pb.ListJuryRequest, context: Any) -> pb.ListJuryResponse:
        """Names of the jury of a call."""
        required(request, "call_id")
        found = await store.list_jury(self._room.pool, request.call_id)
        return pb.ListJuryResponse(jurors=[juror_message(one) for one in found])

    async def RegisterPerson(self, request: pb.RegisterPersonRequest, context: Any) -> pb.Person:
        """Keeps a person as her door sees her; she registers herself, or an administrator does."""

        async def change(act: Act) -> pb.Person:
            if act.call.role == "APPLICANT" and request.person_id != act.person:
                raise denied()
            await store.register_person(act.connection, person)
            if person.email:
                await members.bind_identity(act.connection, mailbox(person.email), person.person_id)
            facts = {"fictitious": person.fictitious}
            act.record("person_registered", kind="person", subject=person.person_id, facts=facts)
            return person_message(found(await store.get_person(act.connection, person.person_id)))

        required(request, "person_id")
        person = Person(
            person_id=request.person_id,
            display_name=said("display_name", request.display_name, longest=300),
            email=said("email", request.email, longest=254, required=False),
            fictitious=request.fictitious,
        )
        return await self._room.journal.write(request, change)

    async def RegisterOutsider(self, request: pb.RegisterOutsiderRequest, context: Any) -> pb.Person:
        """Keeps somebody outside, once; she gets no role: what she may touch is said by what she is asked."""

        async def change(act: Act) -> pb.Person:
            if await store.register_outsider(act.connection, person):
                facts = {"fictitious": person.fictitious}
                act.record("person_registered", kind="person", subject=person.person_id, facts=facts)
            return pb.Person(person_id=person.person_id)

        required(request, "call_id", "person_id")
        person = Person(
            person_id=request.person_id,
            display_name=said("display_name", request.display_name, longest=300),
            email=said("email", request.email, longest=254),
            fictitious=self._room.demonstration,
        )
        return await self._room.journal.write(request, change)

    async def GetPerson(self, request: pb.GetPersonRequest, context: Any) -> pb.Person:
        """A person's name, for agents."""
        required(request, "person_id")
        return person_message(found(await store.get_person(self._room.pool, request.person_id)))

    async def ListPeople(self, request: pb.ListPeopleRequest, context: Any) -> pb.ListPeopleResponse:
        """People by words of their name, without their addresses."""
        query = said("query", request.query, longest=200)
        asked = patterns(query)
        if len(query) < SHORTEST_QUERY or not asked:
            raise field_invalid("query", "REQUIRED")
        people = await store.list_people(self._room.pool, asked, limit=MOST_FOUND)
        return pb.ListPeopleResponse(people=[person_message(dataclasses.replace(one, email="")) for one in people])

    async def ListMyRoles(self, request: pb.ListMyRolesRequest, context: Any) -> pb.ListRolesResponse:
        """The caller's own roles in force, and who stands in for whom around her; without an assertion, nobody's."""
        me = current.get().actor.person
        grants = await store.list_my_roles(self._room.pool, me)
        around = await members.list_stand_ins(self._room.pool, person=store.person_or_nobody(me))
        return pb.ListRolesResponse(
            grants=[grant_message(grant) for grant in grants], stand_ins=[stand_in_message(one) for one in around]
        )

    async def ListFictitiousPeople(
        self, request: pb.ListFictitiousPeopleRequest, context: Any
    ) -> pb.ListFictitiousPeopleResponse:
        """Whom anybody may enter as. A real installation has nobody of the kind, and says no (DEMONSTRATION_ONLY)."""
        if not self._room.demonstration:
            raise Refused(Reason.DEMONSTRATION_ONLY, kind=Kind.NOT_FOUND)
        required(request, "call_id")
        people = await store.list_fictitious_people(self._room.pool, request.call_id, limit=MOST_PEOPLE)
        return pb.ListFictitiousPeopleResponse(people=[fictitious_message(one) for one in people])


def granted_role(role: rights_pb2.Role.ValueType) -> str:
    """A role that a call gives (``ROLE_NOT_GRANTED_HERE``)."""
    found = from_proto(rights_pb2.Role, role, path="role")
    if found in NOT_GRANTED:
        raise field_invalid("role", Reason.ROLE_NOT_GRANTED_HERE)
    return found


async def give_role(act: Act, asked: RoleGrant, *, begun_before: bool) -> RoleGrant:
    """Gives a role, or moves the end of one that lives; ``begun_before``: one that lives keeps its beginning. Refused
    (``ROLES_KEPT_APART``) when it joins two roles that one person never holds, in whoever's place."""
    live = await store.live_grant(
        act.connection, asked.call_id, asked.person_id, role=asked.role, at=max(asked.from_at, act.at)
    )
    grant = dataclasses.replace(asked, from_at=live.from_at) if live and begun_before else asked
    if grant.to_at is not None and grant.to_at < grant.from_at:
        raise field_invalid("to_at", Reason.PERIOD_REVERSED)
    if grant != live:
        await store.grant_role(act.connection, grant, granted_by=act.person)
        if live is None or not _ends_sooner(grant, live):
            check_apart(await members.pair_of_grant(act.connection, grant))
        act.record("role_granted", kind="call", subject=grant.call_id, facts=_facts(grant))
    return grant


def check_apart(pair: tuple[str, str] | None) -> None:
    """Refuses two roles kept apart (held, asked) with their names."""
    if pair is not None:
        raise Refused(Reason.ROLES_KEPT_APART, values={"held_role": pair[0], "asked_role": pair[1]})


def _ends_sooner(grant: RoleGrant, live: RoleGrant) -> bool:
    same = grant.from_at == live.from_at and grant.to_at is not None
    return same and (live.to_at is None or grant.to_at is None or grant.to_at <= live.to_at)


def _sees_every_call() -> bool:
    return bool(current.get().actor.roles & {"AUDITOR", "SYSTEM"})


def _facts(grant: RoleGrant) -> dict[str, str | None]:
    return {
        "person": grant.person_id,
        "role": grant.role,
        "from_at": clock.text(grant.from_at),
        "to_at": clock.text(grant.to_at) if grant.to_at else None,
    }
