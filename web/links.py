"""Links that let somebody in: to give one opinion, or to sign in. Single use, known by the digest of their token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from web.store import digest, queries

TOKEN_BYTES = 32
SIGN_IN_SECONDS = 15 * 60
"""A link to sign in lives a quarter of an hour."""
MOST_SIGN_IN_LINKS = 3
"""Sent to one mailbox in that time; more would only be a nuisance to its owner."""
LONGEST_BACK = 500
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


@dataclass(frozen=True)
class Mailbox:
    """What a link to sign in leads to: a mailbox, in small letters, and the page its owner wanted."""

    email: str
    back: str


class SignInLinks:
    """The links a site sends to mailboxes."""

    def __init__(self, pool: asyncpg.Pool, site: str) -> None:
        self._pool = pool
        self._site = site

    async def make(self, email: str, back: str) -> tuple[str, datetime] | None:
        """The token of a new link and when it dies; None when this mailbox was sent too many of late."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires_at: datetime | None = await queries.make_sign_in_token(
            self._pool,
            digest=digest(token),
            site=self._site,
            mailbox=email.lower(),
            back=back[:LONGEST_BACK],
            seconds=SIGN_IN_SECONDS,
            most=MOST_SIGN_IN_LINKS,
        )
        return (token, expires_at) if expires_at else None

    async def read(self, token: str) -> Mailbox | None:
        """What a link would open; it stays good (programs that look at mails open links)."""
        return _mailbox(await queries.read_sign_in_token(self._pool, digest=digest(token), site=self._site))

    async def use(self, token: str) -> Mailbox | None:
        """What a link opens, once."""
        return _mailbox(await queries.use_sign_in_token(self._pool, digest=digest(token), site=self._site))


def _mailbox(row: asyncpg.Record | None) -> Mailbox | None:
    return Mailbox(row["mailbox"], row["back"]) if row else None


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
