"""Who stands at a door, the people of a call, and who acts in whose place."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from jalon.intake.v1 import calls_pb2, people_pb2_grpc
from jalon.intake.v1 import people_pb2 as pb

from kit import clock, pages
from kit.admission import current
from kit.errors import Kind, Refused, field_invalid, required
from kit.journal import Act
from services.intake.domain.identities import check_email, mailbox
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Identity, Person, RoleGrant, StandIn
from services.intake.handlers.people import check_apart, give_role, granted_role
from services.intake.handlers.room import Part, Room, call_in_sight, found, moment, needed_moment, said
from services.intake.handlers.wire import grant_message, member_message, person_message, stand_in_message
from services.intake.store import members as store
from services.intake.store import people

SERVICE = "jalon.intake.v1.PeopleService"
RECEIVING = "portal"
"""The door where anybody may arrive: elsewhere nobody enters who was not named."""


class PeopleHandlers(Part, people_pb2_grpc.PeopleServiceServicer):
    """``jalon.intake.v1.PeopleService``."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)

    async def RecognizePerson(self, request: pb.RecognizePersonRequest, context: Any) -> calls_pb2.Person:
        """Whom an identity leads to; else whom her verified mailbox leads to, and the identity is bound to her. Nobody:
        a new person where applicants are received, PERSON_UNKNOWN elsewhere."""

        async def change(act: Act) -> calls_pb2.Person:
            for one in identities:
                await store.lock_identities(act.connection, one)
            person = await self._known(act, identities) or await self._arrived(act, email, name)
            for one in identities:
                if await store.bind_identity(act.connection, one, person.person_id):
                    act.record("identity_bound", kind="person", subject=person.person_id, facts={"issuer": one.issuer})
            await store.recognize_person(act.connection, person.person_id, display_name=name, at=act.at)
            return person_message(found(await people.get_person(act.connection, person.person_id)))

        name = said("display_name", request.display_name, longest=300, required=False)
        email = check_email(request.email) if request.email else ""
        identities = [Identity(request.issuer, request.subject)] if request.issuer and request.subject else []
        identities += [mailbox(email)] if email else []
        if not identities:
            raise field_invalid("email", Reason.FIELD_MISSING)
        return await self._room.journal.write(request, change)

    async def _known(self, act: Act, identities: list[Identity]) -> Person | None:
        """By the first identity that leads to somebody. A mailbox leads to nobody who has another name at the provider:
        it was handed to somebody else."""
        for one in identities:
            person = await store.person_of_identity(act.connection, one)
            if person is not None:
                first = identities[0]
                if one != first and await store.is_known_at(act.connection, first.issuer, person.person_id):
                    raise Refused(Reason.PERSON_UNKNOWN, kind=Kind.NOT_FOUND)
                return person
        return None

    async def _arrived(self, act: Act, email: str, name: str) -> Person:
        if current.get().actor.issuer != RECEIVING or not email:
            raise Refused(Reason.PERSON_UNKNOWN, kind=Kind.NOT_FOUND)
        return await self._registered(act, email, name)

    async def _registered(self, act: Act, email: str, name: str) -> Person:
        """Somebody new; until she says her name she is called by her address."""
        person = Person(str(uuid4()), name or email, email, fictitious=self._room.demonstration)
        await people.register_person(act.connection, person)
        await store.bind_identity(act.connection, mailbox(email), person.person_id)
        facts = {"fictitious": person.fictitious}
        act.record("person_registered", kind="person", subject=person.person_id, facts=facts)
        return person

    async def InvitePerson(self, request: pb.InvitePersonRequest, context: Any) -> calls_pb2.RoleGrant:
        """Gives a role to whoever owns a mailbox: who is known keeps her name; who is not is registered first."""

        async def change(act: Act) -> calls_pb2.RoleGrant:
            await store.lock_identities(act.connection, mailbox(email))
            known = await store.person_of_identity(act.connection, mailbox(email))
            person = known or await self._registered(act, email, name)
            asked = RoleGrant(request.call_id, person.person_id, role, from_at or act.at, to_at)
            return grant_message(await give_role(act, asked, begun_before=from_at is None))

        required(request, "call_id", "email")
        role, email = granted_role(request.role), check_email(request.email)
        name = said("display_name", request.display_name, longest=300)
        from_at, to_at = moment(request, "from_at"), moment(request, "to_at")
        return await self._room.journal.write(request, change)

    async def ListMembers(self, request: pb.ListMembersRequest, context: Any) -> pb.ListMembersResponse:
        """The people of a call by name, one row a role."""
        call_id, size = call_in_sight(request.call_id), pages.size(request.page_size)
        scope = f"members/{call_id}"
        key = pages.decode(request.page_token, scope=scope)
        after = [*key[:3], clock.parse(key[3])] if key else None
        listed = await store.list_members(self._room.pool, call_id, after=after, limit=size + 1)
        token = ""
        if len(listed) > size:
            last = listed[size - 1]
            token = pages.encode(
                [last.person.display_name, last.person.person_id, last.role, clock.text(last.from_at)], scope=scope
            )
        return pb.ListMembersResponse(members=[member_message(one) for one in listed[:size]], next_page_token=token)

    async def RecordStandIn(self, request: pb.RecordStandInRequest, context: Any) -> calls_pb2.StandIn:
        """Keeps that a person acts in another's place. Refused: ROLES_KEPT_APART, STAND_IN_WITHOUT_ROLE."""

        async def change(act: Act) -> calls_pb2.StandIn:
            if to_at <= act.at:
                raise field_invalid("to_at", Reason.PERIOD_PAST)
            for person_id in (request.absent_id, request.deputy_id):
                found(await people.get_person(act.connection, person_id))
            stand_in = StandIn(
                stand_in_id=str(uuid4()),
                call_id=request.call_id,
                absent_id=request.absent_id,
                absent_name="",
                deputy_id=request.deputy_id,
                deputy_name="",
                from_at=from_at,
                to_at=to_at,
            )
            await store.record_stand_in(act.connection, stand_in, recorded_by=act.person)
            check_apart(await store.pair_of_stand_in(act.connection, stand_in))
            roles = await store.roles_in_place(act.connection, stand_in.stand_in_id)
            if not roles:
                raise Refused(Reason.STAND_IN_WITHOUT_ROLE)
            act.record("stand_in_recorded", kind="call", subject=stand_in.call_id, facts=_facts(stand_in, roles))
            kept = found(await store.get_stand_in(act.connection, stand_in.call_id, stand_in.stand_in_id))
            return stand_in_message(kept)

        required(request, "call_id", "absent_id", "deputy_id")
        from_at, to_at = needed_moment(request, "from_at"), needed_moment(request, "to_at")
        if to_at <= from_at:
            raise field_invalid("to_at", Reason.PERIOD_REVERSED)
        if request.absent_id == request.deputy_id:
            raise field_invalid("deputy_id", Reason.STAND_IN_OF_ONESELF)
        return await self._room.journal.write(request, change)

    async def EndStandIn(self, request: pb.EndStandInRequest, context: Any) -> calls_pb2.StandIn:
        """Ends a stand-in now, or takes it back before it begins. Refused: STAND_IN_OVER."""

        async def change(act: Act) -> calls_pb2.StandIn:
            found(await store.get_stand_in(act.connection, request.call_id, request.stand_in_id))
            if not await store.end_stand_in(act.connection, request.call_id, request.stand_in_id, at=act.at):
                raise Refused(Reason.STAND_IN_OVER)
            facts = {"stand_in": request.stand_in_id}
            act.record("stand_in_ended", kind="call", subject=request.call_id, facts=facts)
            return stand_in_message(
                found(await store.get_stand_in(act.connection, request.call_id, request.stand_in_id))
            )

        required(request, "call_id", "stand_in_id")
        return await self._room.journal.write(request, change)

    async def ListStandIns(self, request: pb.ListStandInsRequest, context: Any) -> pb.ListStandInsResponse:
        """Who acts in whose place on a call, under way and to come."""
        listed = await store.list_stand_ins(self._room.pool, call_id=call_in_sight(request.call_id))
        return pb.ListStandInsResponse(stand_ins=[stand_in_message(one) for one in listed])


def _facts(stand_in: StandIn, roles: list[str]) -> dict[str, object]:
    return {
        "stand_in": stand_in.stand_in_id,
        "absent": stand_in.absent_id,
        "deputy": stand_in.deputy_id,
        "roles": roles,
        "from_at": clock.text(stand_in.from_at),
        "to_at": clock.text(stand_in.to_at),
    }
