"""``jury/<session_id>``: a session from preparation to its result; closing applies it to each file as a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contract.jury import (
        AdjournSession,
        CancelSession,
        CloseSession,
        ConvokeSession,
        DeclareConflict,
        OpenSession,
        PrepareSession,
        RecordBallot,
        SubmitScore,
    )
    from workflows.entity import act
    from workflows.rows import Rows, RowsState
    from workflows.state import Context, Facts, derived


class Position(StrEnum):
    """Where the session stands."""

    NEW = ""
    PREPARED = "PREPARED"
    CONVOKED = "CONVOKED"
    OPEN = "OPEN"
    ADJOURNED = "ADJOURNED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


ALIVE = (Position.CONVOKED, Position.OPEN, Position.ADJOURNED)
"""Between the convocation and the end."""


@dataclass
class JuryState(RowsState):
    """Ids only."""

    call_id: str = ""
    session_id: str = ""


@workflow.defn(name="JuryWorkflow")
class JuryWorkflow(Rows[JuryState]):
    """One entity for a session."""

    @workflow.init
    def __init__(self, state: JuryState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: JuryState) -> None:
        """Prepared, convoked, scored, opened, closed; ends when every row has its result."""
        await self.live()

    def closed(self) -> bool:
        """True once the session is cancelled, or closed and each file knows its result."""
        ended = self.state.position in (Position.CLOSED, Position.CANCELLED)
        return ended and all(result != "waiting" for result in self.state.rows.values())

    @act(at=[Position.NEW])
    async def prepare_session(self, message: PrepareSession) -> Facts:
        """Members and files are named."""
        facts = await self.do("prepare_session", message)
        self.state.position = Position.PREPARED
        return facts

    @act(at=[Position.PREPARED])
    async def convoke_session(self, message: ConvokeSession) -> Facts:
        """Members are convoked: their files open to them."""
        facts = await self.do("convoke_session", message)
        self.state.position = Position.CONVOKED
        return facts

    @act(at=[Position.PREPARED, *ALIVE])
    async def declare_conflict(self, message: DeclareConflict) -> Facts:
        """The file vanishes for the member: in review, which may refuse, then in intake; only then does the act
        answer."""
        return await self.do("declare_conflict", message)

    @act(at=ALIVE)
    async def submit_score(self, message: SubmitScore) -> Facts:
        """One member's whole grid for one file."""
        return await self.do("submit_score", message)

    @act(at=[Position.CONVOKED, Position.ADJOURNED])
    async def open_session(self, message: OpenSession) -> Facts:
        """Presence recorded, again after an adjournment; refused under quorum."""
        facts = await self.do("open_session", message)
        self.state.position = Position.OPEN
        return facts

    @act(at=[Position.CONVOKED, Position.OPEN])
    async def adjourn_session(self, message: AdjournSession) -> Facts:
        """Interrupted until another date; what was scored, declared and voted stays."""
        facts = await self.do("adjourn_session", message)
        self.state.position = Position.ADJOURNED
        return facts

    @act(at=[Position.PREPARED, *ALIVE])
    async def cancel_session(self, message: CancelSession) -> Facts:
        """Given up before any result: no file is told anything, each waits for another session."""
        facts = await self.do("cancel_session", message)
        self.state.position = Position.CANCELLED
        return facts

    @act(at=[Position.OPEN])
    async def record_ballot(self, message: RecordBallot) -> Facts:
        """A show of hands on one file."""
        return await self.do("record_ballot", message)

    @act(at=[Position.OPEN])
    async def close_session(self, message: CloseSession) -> Facts:
        """The ranking is frozen; each file receives its result as a row."""
        facts = await self.do("close_session", message)
        self.state.position = Position.CLOSED
        for line in facts["files"]:
            self.tell(
                derived(message.context, line["application_id"]),
                "record_proposal",
                line["application_id"],
                call_id=self.state.call_id,
                session_id=self.state.session_id,
                proposal=line["proposal"],
                proposed_cents=line["proposed_cents"],
                section=line["section"],
                rank=line["rank"],
                explanation=line["explanation"],
            )
        return {"digest": facts["digest"]}  # the chair may be recused from a file: the rows are not hers to read here

    async def lapse(self, name: str, context: Context) -> None:
        """A session has no deadline of its own."""
