"""The relay with a service's outbox in memory: an entity that is stuck keeps its own facts waiting, nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from jalon.common.v1 import plumbing_pb2 as pb
from temporalio.client import Client

from kit.actor import Signer, Verifier
from tests.keys import make_keys
from tests.workflows.conftest import HeldClock
from tests.workflows.desk_of_files import Counter, Files, Handle, serving
from tests.workflows.starting import eventually
from workflows.application.state import Position
from workflows.relay import Relay


@dataclass
class Outbox:
    """What a service keeps for the relay, and how it answers."""

    clock: HeldClock
    rows: list[pb.OutboxRow] = field(default_factory=list)
    acked: list[int] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    keys: Path = Path()
    left: list[tuple[int, str]] = field(default_factory=list)

    def stub(self, service: str, name: str) -> Outbox:
        """The only service that has facts is intake."""
        return self if service == "intake" else Outbox(self.clock)

    def add(self, fact: str, subject_id: str, **facts: Any) -> int:
        """One more fact; its number."""
        number = len(self.rows) + 1
        row = pb.OutboxRow(outbox_id=number, fact=fact, subject_id=subject_id, request_id=str(uuid4()))
        row.occurred_at.FromDatetime(self.clock.read())
        row.facts_json = json.dumps(facts)
        self.rows.append(row)
        return number

    async def GetNow(self, request: pb.GetNowRequest, **options: Any) -> pb.GetNowResponse:
        answer = pb.GetNowResponse()
        answer.now.FromDatetime(self.clock.read())
        return answer

    async def PullOutbox(self, request: pb.PullOutboxRequest, **options: Any) -> pb.PullOutboxResponse:
        self.held = list(request.held_subject_ids)
        waiting = [row for row in self.rows if row.outbox_id not in self.acked and row.subject_id not in self.held]
        if not waiting:
            await asyncio.sleep(min(request.wait_ms, 200) / 1000)
        answer = pb.PullOutboxResponse(rows=waiting[: request.limit])
        answer.now.FromDatetime(self.clock.read())
        return answer

    async def AckOutbox(self, request: pb.AckOutboxRequest, **options: Any) -> pb.AckOutboxResponse:
        self.acked += request.outbox_ids
        return pb.AckOutboxResponse()

    async def LeaveFact(self, request: pb.LeaveFactRequest, **options: Any) -> pb.LeaveFactResponse:
        claim = Verifier(self.keys).verify(request.context.assertion)
        assert (claim.verb, claim.request_id) == ("LeaveFact", request.context.request_id)
        self.left.append((request.outbox_id, request.subject_kind))
        return pb.LeaveFactResponse()


@asynccontextmanager
async def relaying(client: Client, outbox: Outbox, folder: Path) -> AsyncIterator[None]:
    services: Any = outbox
    keys = make_keys(folder)
    outbox.keys = keys.public
    task = asyncio.create_task(Relay(client, services, Signer(keys.signing("worker"))).run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def id_of(handle: Handle) -> str:
    return handle.id.partition("/")[2]


async def test_what_is_stuck_waits_alone(client: Client, queue: str, clock: HeldClock, tmp_path: Path) -> None:
    outbox, counter = Outbox(clock), Counter()
    async with serving(client, queue, counter):
        files = Files(client, queue, clock)
        ready, other = await files.at(Position.AGREEMENT), await files.at(Position.AGREEMENT)
        silent = await Files(client, f"{queue}-nobody", clock).at(Position.AGREEMENT)
        stuck = outbox.add("bank_details_declared", id_of(silent), version=1)
        unknown = outbox.add("moon_landed", str(uuid4()))
        unreadable = outbox.add("bank_details_declared", str(uuid4()))
        first = outbox.add("agreement_signed", id_of(ready), agreement_id=str(uuid4()))
        second = outbox.add("bank_details_declared", id_of(ready), version=1)
        async with relaying(client, outbox, tmp_path):

            async def delivered() -> bool:
                return {first, second} <= set(outbox.acked)

            await eventually(delivered)
            assert outbox.acked.index(first) < outbox.acked.index(second)
            third = outbox.add("bank_details_declared", id_of(other), version=1)

            async def delivered_too() -> bool:
                return third in outbox.acked

            await eventually(delivered_too)
            assert id_of(silent) in outbox.held
        assert not {stuck, unknown, unreadable} & set(outbox.acked)
        await silent.terminate()


async def test_a_fact_delivered_twice_is_received_once(
    client: Client, queue: str, clock: HeldClock, tmp_path: Path
) -> None:
    """Two workers at once, or one that was restarted before it acknowledged."""
    outbox, counter = Outbox(clock), Counter()
    async with serving(client, queue, counter):
        handle = await Files(client, queue, clock).at(Position.FULL_APPLICATION)
        facts = {"digest": "d", "requested_cents": 1, "section": "OPERATING", "eligible_cost_cents": 1}
        facts |= {"legal_family": "association", "received_at": clock.read().isoformat()}
        number = outbox.add("full_application_submitted", id_of(handle), **facts)
        async with relaying(client, outbox, tmp_path), relaying(client, outbox, tmp_path):

            async def delivered() -> bool:
                return number in outbox.acked

            await eventually(delivered)
        outbox.acked.clear()
        async with relaying(client, outbox, tmp_path):
            await eventually(delivered)
        assert counter.done().count("receive_full_application") == 1


async def test_a_fact_that_comes_after_the_end_is_told_in_the_history(
    client: Client, queue: str, clock: HeldClock, tmp_path: Path
) -> None:
    """Its entity is over: the service keeps a line of it, and what comes behind it goes on."""
    outbox, counter = Outbox(clock), Counter()
    async with serving(client, queue, counter):
        handle = await Files(client, queue, clock).at(Position.CLOSED)
        await handle.terminate()
        late = outbox.add("report_submitted", id_of(handle), version=1)
        async with relaying(client, outbox, tmp_path):

            async def left() -> bool:
                return late in outbox.acked

            await eventually(left)
    assert outbox.left == [(late, "application")]
