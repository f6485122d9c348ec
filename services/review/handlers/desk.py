"""What every RPC of a case stands on: the journal, the pool, the rulebooks, and the case given back as it now is."""

from __future__ import annotations

from typing import Any

import asyncpg
from jalon.review.v1 import cases_pb2 as pb

from kit.journal import Act, Journal
from services.review.domain.case import Case
from services.review.domain.rulebook import ReviewRules
from services.review.handlers.messages import case_message
from services.review.store import cases
from services.review.store.calls import Rulebooks


class Desk:
    """Base of the nouns of a case."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, rulebooks: Rulebooks) -> None:
        self._pool = pool
        self._journal = journal
        self._rulebooks = rulebooks

    async def rules(self, act: Act, case: Case) -> ReviewRules:
        """The rules of the case's call."""
        return (await self._rulebooks.of(act.connection, case.call_id)).rules

    async def shown(self, connection: Any, application_id: str) -> pb.Case:
        """The case as it now is."""
        sheet = await cases.read(connection, application_id)
        registered = await self._rulebooks.of(connection, sheet.case.call_id)
        return case_message(sheet, registered.rules)
