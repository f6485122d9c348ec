"""People, their roles for calls, and their ties to applications."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from kit.admission import Case
from kit.db import rows_of
from services.intake.domain.records import FictitiousPerson, Juror, Person, RoleGrant
from services.intake.store import queries, uuid_or_none

NOBODY = UUID(int=0)


def person_or_nobody(text: str) -> UUID:
    """A door that names people otherwise than by UUID names nobody we know."""
    try:
        return UUID(text)
    except ValueError:
        return NOBODY


async def case_rights(connection: Any, person: str, application_id: str) -> Case | None:
    """How a person is tied to an application; None when there is no such application."""
    row = await queries.case_rights(connection, person=person_or_nobody(person), application_id=UUID(application_id))
    return Case(str(row["call_id"]), frozenset(row["relations"])) if row else None


async def register_person(connection: Any, person: Person) -> None:
    """Keeps a person as last seen."""
    await queries.register_person(
        connection,
        person_id=UUID(person.person_id),
        display_name=person.display_name,
        email=person.email,
        fictitious=person.fictitious,
    )


async def register_outsider(connection: Any, person: Person) -> bool:
    """Keeps a person who is not known yet; False when she is."""
    made = await queries.register_outsider(
        connection,
        person_id=UUID(person.person_id),
        display_name=person.display_name,
        email=person.email,
        fictitious=person.fictitious,
    )
    return made is not None


async def get_person(connection: Any, person_id: str) -> Person | None:
    """A person by opaque id."""
    row = await queries.get_person(connection, person_id=UUID(person_id))
    return person_of(row) if row else None


async def list_people(connection: Any, patterns: tuple[str, ...], *, limit: int) -> list[Person]:
    """People whose name holds every pattern (of ``LIKE``)."""
    found = await rows_of(queries.list_people(connection, patterns=list(patterns), limit=limit))
    return [person_of(row) for row in found]


async def live_grant(connection: Any, call_id: str, person_id: str, *, role: str, at: datetime) -> RoleGrant | None:
    """The grant of a role in force at an instant."""
    row = await queries.live_grant(connection, call_id=UUID(call_id), person_id=UUID(person_id), role=role, at=at)
    return _grant(row) if row else None


async def grant_role(connection: Any, grant: RoleGrant, *, granted_by: str) -> None:
    """Gives a role, or changes the end of a grant of the same beginning."""
    await queries.grant_role(
        connection,
        call_id=UUID(grant.call_id),
        person_id=UUID(grant.person_id),
        role=grant.role,
        from_at=grant.from_at,
        to_at=grant.to_at,
        granted_by=granted_by,
    )


async def list_roles(connection: Any, *, call_id: str, person_id: str) -> list[RoleGrant]:
    """Roles of a call, of a person, or of both."""
    found = queries.list_roles(connection, call_id=uuid_or_none(call_id), person_id=uuid_or_none(person_id))
    return [_grant(row) for row in await rows_of(found)]


async def list_my_roles(connection: Any, person: str) -> list[RoleGrant]:
    """A person's roles in force now."""
    return [_grant(row) for row in await rows_of(queries.list_my_roles(connection, person_id=person_or_nobody(person)))]


async def list_jury(connection: Any, call_id: str) -> list[Juror]:
    """The jury of a call and its secretary, by name."""
    found = await rows_of(queries.list_jury(connection, call_id=UUID(call_id)))
    return [Juror(str(row["person_id"]), row["display_name"], row["role"], row["in_force"]) for row in found]


async def list_fictitious_people(connection: Any, call_id: str, *, limit: int) -> list[FictitiousPerson]:
    """The invented people of a call, one row a role or a file."""
    found = queries.list_fictitious_people(connection, call_id=UUID(call_id), limit=limit)
    return [
        FictitiousPerson(
            person_id=str(row["person_id"]),
            display_name=row["display_name"],
            role=row["role"],
            number=row["number"],
            organization=row["organization"],
            waiting_count=row["waiting_count"],
        )
        for row in await rows_of(found)
    ]


def person_of(row: Any) -> Person:
    """A person, from a row that has her id, name, address and whether she is invented."""
    return Person(str(row["person_id"]), row["display_name"], row["email"], row["fictitious"])


def _grant(row: Any) -> RoleGrant:
    return RoleGrant(
        call_id=str(row["call_id"]),
        person_id=str(row["person_id"]),
        role=row["role"],
        from_at=row["from_at"],
        to_at=row["to_at"],
        in_place_of=str(row["in_place_of"] or ""),
    )
