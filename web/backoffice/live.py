"""A session's page followed live: one stream of server-sent events, fed by one cheap question asked again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from jalon.review.v1 import jury_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from kit.errors import Refused
from web.desk import AtDesk, Desk, ServiceSilent

PAUSE_SECONDS = 1.0
TURNS = 10
"""Questions a stream asks before it ends: the browser opens the next one, whose rights are asked again."""
RETRY_MS = 500


class LiveSession(Controller):
    """``/jury/{session_id}/direct``."""

    path = "/jury/{session_id:uuid}/direct"

    @get("/", rpcs=("GetRevision", "GetSession"))
    async def follow(self, desk: AtDesk, session_id: FromPath[UUID]) -> ServerSentEvent:
        """Says the revision of the session, again whenever it changes."""
        first = await revision_of(desk, session_id)
        return ServerSentEvent(_revisions(desk, session_id, first), retry_duration=RETRY_MS)


async def revision_of(desk: Desk, session_id: UUID) -> str:
    """What changes with the session."""
    wanted = jury_pb2.GetRevisionRequest(call_id=desk.visitor.call_id, session_id=str(session_id))
    return str((await desk.read("review.jury", wanted)).revision)


async def _revisions(desk: Desk, session_id: UUID, first: str) -> AsyncIterator[ServerSentEventMessage]:
    told = first
    yield _message(told)
    for _ in range(TURNS):
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            found = await revision_of(desk, session_id)
        except (Refused, ServiceSilent):
            return
        if found != told:
            told = found
            yield _message(told)


def _message(revision: str) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=revision, event="revision")
