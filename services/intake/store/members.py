"""How people are known at a door, the people of a call, and who acts in whose place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import rows_of
from services.intake.domain.records import Identity, Member, Person, RoleGrant, StandIn
from services.intake.store import queries, uuid_or_none
from services.intake.store.people import person_of


async def lock_identities(connection: Any, identity: Identity) -> None:
    """Until the end of the transaction nobody else binds this identity."""
    await queries.lock_identities(connection, subject=identity.subject)


async def person_of_identity(connection: Any, identity: Identity) -> Person | None:
    """Whom an identity leads to."""
    row = await queries.person_of_identity(connection, issuer=identity.issuer, subject=identity.subject)
    return person_of(row) if row else None


async def is_known_at(connection: Any, issuer: str, person_id: str) -> bool:
    """Whether a person has a name at this provider."""
    found: bool = await queries.is_known_at(connection, issuer=issuer, person_id=UUID(person_id))
    return found


async def bind_identity(connection: Any, identity: Identity, person_id: str) -> bool:
    """Binds an identity for ever; False when it leads somewhere already."""
    bound = await queries.bind_identity(
        connection, issuer=identity.issuer, subject=identity.subject, person_id=UUID(person_id)
    )
    return bound is not None


async def recognize_person(connection: Any, person_id: str, *, display_name: str, at: datetime) -> None:
    """She came in; an empty name keeps the one known."""
    await queries.recognize_person(connection, person_id=UUID(person_id), display_name=display_name, at=at)


async def pair_of_grant(connection: Any, grant: RoleGrant) -> tuple[str, str] | None:
    """Two roles kept apart (held, asked) that a grant just written joins."""
    row = await queries.pair_of_grant(
        connection, call_id=UUID(grant.call_id), person_id=UUID(grant.person_id), role=grant.role
    )
    return (row["held_role"], row["asked_role"]) if row else None


async def pair_of_stand_in(connection: Any, stand_in: StandIn) -> tuple[str, str] | None:
    """Two roles kept apart (held, asked) that a stand-in just written joins."""
    row = await queries.pair_of_stand_in(
        connection,
        call_id=UUID(stand_in.call_id),
        deputy_id=UUID(stand_in.deputy_id),
        absent_id=UUID(stand_in.absent_id),
    )
    return (row["held_role"], row["asked_role"]) if row else None


async def list_members(connection: Any, call_id: str, *, after: Sequence[Any] | None, limit: int) -> list[Member]:
    """The people of a call by name, one row a role. ``after``: name, person, role, beginning."""
    name, person, role, begun = after or (None, None, None, None)
    found = queries.list_members(
        connection,
        call_id=UUID(call_id),
        after_name=name,
        after_person=person and UUID(person),
        after_role=role,
        after_from=begun,
        limit=limit,
    )
    return [
        Member(person_of(row), row["role"], row["from_at"], row["to_at"], seen=row["seen_at"] is not None)
        for row in await rows_of(found)
    ]


async def record_stand_in(connection: Any, stand_in: StandIn, *, recorded_by: str) -> None:
    """Keeps who acts in whose place."""
    await queries.record_stand_in(
        connection,
        stand_in_id=UUID(stand_in.stand_in_id),
        call_id=UUID(stand_in.call_id),
        absent_id=UUID(stand_in.absent_id),
        deputy_id=UUID(stand_in.deputy_id),
        from_at=stand_in.from_at,
        to_at=stand_in.to_at,
        recorded_by=recorded_by,
    )


async def end_stand_in(connection: Any, call_id: str, stand_in_id: str, *, at: datetime) -> bool:
    """Ends it, or takes it back before it begins; False when it was over."""
    ended = await queries.end_stand_in(connection, call_id=UUID(call_id), stand_in_id=UUID(stand_in_id), at=at)
    return ended is not None


async def get_stand_in(connection: Any, call_id: str, stand_in_id: str) -> StandIn | None:
    """One of a call."""
    row = await queries.get_stand_in(connection, call_id=UUID(call_id), stand_in_id=UUID(stand_in_id))
    return _stand_in(row) if row else None


async def list_stand_ins(connection: Any, *, call_id: str = "", person: UUID | None = None) -> list[StandIn]:
    """Under way and to come, by beginning: of a call, or of a person (either side)."""
    found = queries.list_stand_ins(connection, call_id=uuid_or_none(call_id), person_id=person)
    return [_stand_in(row) for row in await rows_of(found)]


async def roles_in_place(connection: Any, stand_in_id: str) -> list[str]:
    """The roles a stand-in gives."""
    return [row["role"] for row in await rows_of(queries.roles_in_place(connection, stand_in_id=UUID(stand_in_id)))]


def _stand_in(row: Any) -> StandIn:
    return StandIn(
        stand_in_id=str(row["stand_in_id"]),
        call_id=str(row["call_id"]),
        absent_id=str(row["absent_id"]),
        absent_name=row["absent_name"],
        deputy_id=str(row["deputy_id"]),
        deputy_name=row["deputy_name"],
        from_at=row["from_at"],
        to_at=row["to_at"],
    )
