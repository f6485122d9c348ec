"""Calls: their frozen rulebooks, read once per process; who is related to their cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.admission import Case as Tie
from kit.db import rows_of
from kit.errors import Refused
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import ReviewRules, parse
from services.review.store.queries import sql


@dataclass(frozen=True)
class Registered:
    """The rules of a call and the digest (SHA-256, hex) of the rulebook they come from."""

    rules: ReviewRules
    digest: str


class Rulebooks:
    """Rulebooks never change once registered: each is parsed once."""

    def __init__(self) -> None:
        self._known: dict[str, Registered] = {}

    async def of(self, connection: Any, call_id: str) -> Registered:
        """Refused: ``CALL_NOT_REGISTERED``."""
        if call_id not in self._known:
            row = await sql.get_rulebook(connection, call_id=call_id)
            if row is None:
                raise Refused(Reason.CALL_NOT_REGISTERED)
            self._known[call_id] = Registered(parse(row["rulebook"]), row["rulebook_digest"])
        return self._known[call_id]


async def register(connection: Any, call_id: str, *, digest: str, rulebook: bytes) -> bool:
    """True when new; a second time changes nothing. Refused: ``CALL_REGISTERED_OTHERWISE``."""
    if await sql.register_call(connection, call_id=call_id, rulebook_digest=digest, rulebook=rulebook) is not None:
        return True
    row = await sql.get_rulebook(connection, call_id=call_id)
    if row["rulebook_digest"] != digest:
        raise Refused(Reason.CALL_REGISTERED_OTHERWISE)
    return False


async def tie(connection: Any, person: str, application_id: str) -> Tie | None:
    """How a person is tied to a case; None when there is no such case."""
    row = await sql.case_rights(connection, person=person_id(person), application_id=application_id)
    return None if row is None else Tie(str(row["call_id"]), frozenset(row["relations"]))


async def recused_from(connection: Any, person: str, call_id: str) -> frozenset[str]:
    """The cases of a call that do not exist for a person."""
    known = person_id(person)
    if known is None:
        return frozenset()
    found = await rows_of(sql.recused_from(connection, person=known, call_id=call_id))
    return frozenset(str(row["application_id"]) for row in found)


def person_id(person: str) -> UUID | None:
    """A person's id; None for SYSTEM, who is nobody."""
    try:
        return UUID(person)
    except ValueError:
        return None
