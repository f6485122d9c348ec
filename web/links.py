"""Links by which somebody outside gives one opinion: single use, known by the digest of their token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from web.store import digest, queries

TOKEN_BYTES = 32
LIFE_DAYS = 45
"""The opinion's own date ends it sooner: the service refuses what comes after."""


@dataclass(frozen=True)
class OpinionLink:
    """What a link opens: one opinion on one application, for one person."""

    opinion_id: str
    application_id: str
    call_id: str
    person_id: str
    name: str


class OpinionLinks:
    """The links of a site."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def make(self, link: OpinionLink) -> str:
        """The token of a new link; a former one of the same opinion dies."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await queries.make_opinion_link(
            self._pool,
            digest=digest(token),
            opinion_id=UUID(link.opinion_id),
            application_id=UUID(link.application_id),
            call_id=UUID(link.call_id),
            person_id=UUID(link.person_id),
            name=link.name,
            days=LIFE_DAYS,
        )
        return token

    async def read(self, token: str) -> OpinionLink | None:
        """What a link would open; it stays good (programs that look at mails open links)."""
        return _link(await queries.opinion_link(self._pool, digest=digest(token)))

    async def use(self, token: str) -> OpinionLink | None:
        """What a link opens, once."""
        return _link(await queries.use_opinion_link(self._pool, digest=digest(token)))


def _link(row: asyncpg.Record | None) -> OpinionLink | None:
    if row is None:
        return None
    return OpinionLink(
        opinion_id=str(row["opinion_id"]),
        application_id=str(row["application_id"]),
        call_id=str(row["call_id"]),
        person_id=str(row["person_id"]),
        name=row["name"],
    )
