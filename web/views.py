"""Saved views: a list as a person set it, under the name she gave. They are hers alone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from kit.db import rows_of
from web.store import queries

MOST = 20


@dataclass(frozen=True)
class SavedView:
    """``query``: what comes after the ``?`` of its list."""

    view_id: str
    name: str
    query: str


class SavedViews:
    """The saved views of a site's people, in the schema ``web``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def of(self, person_id: str, page: str) -> list[SavedView]:
        """A person's, by name."""
        found = await rows_of(queries.list_saved_views(self._pool, person_id=UUID(person_id), page=page, limit=MOST))
        return [SavedView(str(row["view_id"]), row["name"], row["query"]) for row in found]

    async def keep(self, person_id: str, page: str, *, name: str, query: str) -> None:
        """Keeps one; the same name replaces it."""
        await queries.keep_saved_view(
            self._pool, view_id=uuid4(), person_id=UUID(person_id), page=page, name=name, query=query
        )

    async def forget(self, person_id: str, view_id: str) -> None:
        """Forgets one of hers; anything else changes nothing."""
        try:
            known = UUID(view_id)
        except ValueError:
            return
        await queries.forget_saved_view(self._pool, person_id=UUID(person_id), view_id=known)
