"""Sessions in PostgreSQL: revocable, known by the digest of their id, never by the id itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from litestar.connection import ASGIConnection
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.stores.base import Store

from kit.db import load_queries, rows_of

queries: Any = load_queries(Path(__file__).with_name("queries.sql"))
FRESH = "jalon_fresh_session"
MAX_AGE = 4 * 3600
"""Seconds a session lives without its person: half a day."""
OLDEST = 12 * 3600
"""Seconds after which she signs in again, however busy she was: a working day."""


@dataclass(frozen=True)
class OwnSession:
    """One of a person's sessions, as she sees it. Instants are the machine's. ``here``: the one she looks from."""

    session_id: str
    device: str
    means: str
    made_at: datetime
    seen_at: datetime
    here: bool


class SessionStore(Store):
    """The sessions of one site, in the schema ``web``."""

    def __init__(self, pool: asyncpg.Pool, site: str) -> None:
        self._pool = pool
        self._site = site

    async def get(self, key: str, renew_for: int | timedelta | None = None) -> bytes | None:
        """The data of a live session. It is renewed when it is written, at each page."""
        found: bytes | None = await queries.read_session(
            self._pool, digest=digest(key), site=self._site, oldest_seconds=OLDEST
        )
        return found

    async def set(self, key: str, value: str | bytes, expires_in: int | timedelta | None = None) -> None:
        """Keeps a session; one that its person ended stays ended."""
        data = value.encode() if isinstance(value, str) else value
        seconds = int(expires_in.total_seconds()) if isinstance(expires_in, timedelta) else expires_in or MAX_AGE
        person_id, device, means = _told(data)
        await queries.write_session(
            self._pool,
            digest=digest(key),
            site=self._site,
            data=data,
            seconds=seconds,
            person_id=person_id,
            device=device,
            means=means,
        )

    async def delete(self, key: str) -> None:
        """Ends a session for ever."""
        await queries.end_session(self._pool, digest=digest(key))

    async def of(self, person: str, *, here: str) -> list[OwnSession]:
        """A person's live sessions of this site, newest first. ``here``: the id of the one she looks from."""
        rows = await rows_of(queries.list_sessions(self._pool, person_id=UUID(person), site=self._site))
        return [
            OwnSession(
                session_id=str(row["session_id"]),
                device=row["device"],
                means=row["means"],
                made_at=row["made_at"],
                seen_at=row["seen_at"],
                here=row["digest"] == digest(here),
            )
            for row in rows
        ]

    async def end_one(self, person: str, session_id: str) -> None:
        """Ends a session of hers for ever; another's stays."""
        await queries.end_session_of(self._pool, person_id=UUID(person), session_id=UUID(session_id))

    async def end_others(self, person: str, *, here: str) -> None:
        """Ends all of hers but the one she does it from, on both sites."""
        await queries.end_other_sessions(self._pool, person_id=UUID(person), digest=digest(here))

    async def delete_all(self) -> None:
        """Removes sessions and links that are long over."""
        await queries.forget_sessions(self._pool)
        await queries.forget_sign_in_tokens(self._pool)
        await queries.forget_opinion_links(self._pool)

    async def exists(self, key: str) -> bool:
        """Whether the session lives."""
        return await self.get(key) is not None

    async def expires_in(self, key: str) -> int | None:
        """Not told: a session is renewed at each page."""
        return None


def _told(data: bytes) -> tuple[UUID | None, str, str]:
    """Whose session it is, on which device, and how she came in; nobody's before that."""
    try:
        kept = json.loads(data)
        person = UUID(str(kept.get("person", "")))
    except (ValueError, AttributeError):
        return None, "", ""
    return person, str(kept.get("device", ""))[:80], str(kept.get("means", ""))


def digest(key: str) -> bytes:
    """SHA-256 of a session id or of a token (both 32 random bytes or more)."""
    return hashlib.sha256(key.encode()).digest()


class Backend(ServerSideSessionBackend):
    """The id of a session changes when its person signs in: one planted before opens nothing."""

    def get_session_id(self, connection: ASGIConnection[Any, Any, Any, Any]) -> str:
        """The id of the cookie, or the new one made by :func:`renew`."""
        fresh = connection.scope["state"].get(FRESH)
        return str(fresh) if fresh else super().get_session_id(connection)


class SessionConfig(ServerSideSessionConfig):
    """Litestar's server-side sessions, with the backend above."""

    _backend_class = Backend


async def renew(connection: ASGIConnection[Any, Any, Any, Any], config: ServerSideSessionConfig) -> None:
    """Ends the session the visitor came with; what this response keeps goes under a new id."""
    old = connection.cookies.get(config.key)
    if old:
        await config.get_store_from_app(connection.app).delete(old)
    connection.scope["state"][FRESH] = Backend(config).generate_session_id()
