"""What files await, by date, over every call: read from intake as an auditor would, for the demonstration alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from jalon.intake.v1 import applications_pb2, calls_pb2
from jalon.rehearsal.v1 import time_pb2 as pb

from kit import clock
from workflows.commands import Door, Who

READER = Who(str(uuid5(NAMESPACE_URL, "urn:jalon:rehearsal:mover")), frozenset({"AUDITOR"}))
Group = tuple[str, applications_pb2.NextEvent.ValueType]


async def deadlines(door: Door, *, after: datetime, before: datetime) -> AsyncIterator[tuple[Group, datetime]]:
    """Each file's date in ``[after, before[``, the first ones of each call first."""
    calls, applications = door.services.stub("intake", "calls"), door.services.stub("intake", "applications")
    known = await door.read(READER, calls.ListCalls, calls_pb2.ListCallsRequest(page_size=100))
    for call in known.calls:
        asked = applications_pb2.ListApplicationsRequest(
            call_id=call.call_id,
            next_event_before=clock.to_timestamp(before),
            order=applications_pb2.LIST_ORDER_NEXT_EVENT,
            page_size=100,
        )
        while True:
            page = await door.read(READER, applications.ListApplications, asked)
            for row in page.rows:
                at = clock.from_timestamp(row.progress.next_event_at)
                if at >= after:
                    yield (call.reference, row.progress.next_event), at
            asked.page_token = page.next_page_token
            if not asked.page_token:
                break


async def groups(door: Door, *, after: datetime, before: datetime) -> list[pb.DeadlineGroup]:
    """The same, counted by call and by what is awaited, by first date."""
    found: dict[Group, list[datetime]] = {}
    async for group, at in deadlines(door, after=after, before=before):
        found.setdefault(group, []).append(at)
    return [
        pb.DeadlineGroup(
            call_reference=reference, next_event=event, count=len(dates), first_at=clock.to_timestamp(min(dates))
        )
        for (reference, event), dates in sorted(found.items(), key=lambda item: (min(item[1]), item[0]))
    ]
