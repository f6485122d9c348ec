"""``jalon.rehearsal.v1.TimeService``: proto ↔ the mover, nothing else."""

from __future__ import annotations

from typing import Any

from jalon.rehearsal.v1 import time_pb2 as pb
from jalon.rehearsal.v1 import time_pb2_grpc

from kit import clock
from kit.errors import required
from rehearsal.mover.advance import FARTHEST, Mover
from rehearsal.mover.deadlines import groups
from workflows.commands import Door

SERVICE = "jalon.rehearsal.v1.TimeService"


class TimeHandlers(time_pb2_grpc.TimeServiceServicer):
    """The demonstration's time."""

    def __init__(self, door: Door, mover: Mover) -> None:
        self._door = door
        self._mover = mover

    async def AdvanceTime(self, request: pb.AdvanceTimeRequest, context: Any) -> pb.Advance:
        """Begins a move."""
        required(request, "to_at")
        await self._mover.begin(clock.from_timestamp(request.to_at))
        return await self._advance()

    async def GetAdvance(self, request: pb.GetAdvanceRequest, context: Any) -> pb.Advance:
        """The move under way, or the last one."""
        return await self._advance()

    async def ListDeadlines(self, request: pb.ListDeadlinesRequest, context: Any) -> pb.ListDeadlinesResponse:
        """What is due before an instant."""
        required(request, "to_at")
        found = await groups(self._door, after=await self._mover.now(), before=clock.from_timestamp(request.to_at))
        return pb.ListDeadlinesResponse(groups=found)

    async def _advance(self) -> pb.Advance:
        now, last = await self._mover.now(), self._mover.last
        state = pb.ADVANCE_STATE_AT_REST
        if self._mover.moving:
            state = pb.ADVANCE_STATE_MOVING
        elif last is not None and last.failed:
            state = pb.ADVANCE_STATE_STOPPED
        return pb.Advance(
            state=state,
            from_at=clock.to_timestamp(last.from_at if last else None),
            to_at=clock.to_timestamp(last.to_at if last else None),
            now_at=clock.to_timestamp(now),
            latest_at=clock.to_timestamp(now + FARTHEST),
        )
