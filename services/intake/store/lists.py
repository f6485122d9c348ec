"""Progress rows, lists, counts and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import rows_of
from services.intake.domain.moves import ApplicationState
from services.intake.domain.records import Message, Progress, Row
from services.intake.store import queries, uuid_or_none


@dataclass(frozen=True)
class Filters:
    """What a list of a call shows; empty means no filter. ``patterns``: LIKE patterns that must all match, unless the
    file's communes are among ``named_communes`` (INSEE codes). ``order``: empty is by number."""

    call_id: str
    stages: tuple[str, ...] = ()
    track: str = ""
    commune: str = ""
    reviewer_id: str = ""
    ending: str = ""
    patterns: tuple[str, ...] = ()
    named_communes: tuple[str, ...] = ()
    application_ids: tuple[str, ...] = ()
    blocking_role: str = ""
    next_event: str = ""
    due_before: datetime | None = None
    unread: bool = False
    order: str = ""


@dataclass(frozen=True)
class Place:
    """Where a list goes on: after this key, year and sequence of a number."""

    key: str = ""
    year: int = 0
    sequence: int = 0


@dataclass(frozen=True)
class Neighbors:
    """The place of a file in a list (from 1), how many it holds, and the numbers around it (empty at its ends)."""

    position: int
    total: int
    previous: str
    following: str


async def write_progress(connection: Any, progress: Progress) -> Progress | None:
    """Writes a row unless a newer one stands; the row that stands, None when there is no such application."""
    row = await queries.write_progress(
        connection,
        application_id=UUID(progress.application_id),
        version=progress.version,
        stage=progress.stage,
        next_event=progress.next_event,
        next_event_at=progress.next_event_at,
        blocking_role=progress.blocking_role or None,
        reviewer_id=uuid_or_none(progress.reviewer_id),
        proposed_cents=progress.proposed_cents,
        awarded_cents=progress.awarded_cents,
        paid_cents=progress.paid_cents,
        ending=progress.ending or None,
    )
    return progress_of(row) if row else None


async def list_applications(
    connection: Any, filters: Filters, *, viewer: str, after: Place, limit: int
) -> list[tuple[Row, Place]]:
    """Deposited applications in the order asked, each with its place."""
    found = queries.list_applications(
        connection,
        **_asked(filters, viewer),
        list_order=filters.order,
        after_key=after.key,
        after_year=after.year,
        after_sequence=after.sequence,
        limit=limit,
    )
    return [
        (row_of(row), Place(row["sort_key"], row["number_year"], row["number_sequence"]))
        for row in await rows_of(found)
    ]


async def get_neighbors(connection: Any, filters: Filters, *, viewer: str, application_id: str) -> Neighbors | None:
    """The files around one in a list; None when the list does not hold it."""
    row = await queries.get_neighbors(
        connection, **_asked(filters, viewer), list_order=filters.order, application_id=UUID(application_id)
    )
    if row is None:
        return None
    return Neighbors(row["position"], row["total"], row["previous"] or "", row["following"] or "")


def _asked(filters: Filters, viewer: str) -> dict[str, Any]:
    return {
        "call_id": UUID(filters.call_id),
        "viewer": uuid_or_none(viewer),
        "application_ids": list(filters.application_ids),
        "stages": list(filters.stages),
        "track": filters.track,
        "commune": filters.commune,
        "reviewer_id": uuid_or_none(filters.reviewer_id),
        "ending": filters.ending,
        "blocking_role": filters.blocking_role,
        "next_event": filters.next_event,
        "due_before": filters.due_before,
        "unread": filters.unread,
        "patterns": list(filters.patterns),
        "named_communes": list(filters.named_communes),
    }


async def list_my_applications(
    connection: Any, person: str, *, before: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """A person's own applications, newest first."""
    created_before, id_before = before or (None, "")
    found = queries.list_my_applications(
        connection, person=UUID(person), created_before=created_before, id_before=uuid_or_none(id_before), limit=limit
    )
    return [row_of(row) for row in await rows_of(found)]


async def list_assigned_applications(
    connection: Any, call_id: str, *, person: str, after: tuple[int, int], limit: int
) -> list[Row]:
    """The files of a call opened to a member of its jury, by number, after one of them."""
    found = queries.list_assigned_applications(
        connection,
        call_id=UUID(call_id),
        person=UUID(person),
        after_year=after[0],
        after_sequence=after[1],
        limit=limit,
    )
    return [row_of(row) for row in await rows_of(found)]


async def count_applications(connection: Any, filters: Filters, *, viewer: str) -> Sequence[tuple[str, str, int]]:
    """``(kind, key, count)``: kinds are stage, ending, reviewer, received, full_received."""
    found = queries.count_applications(connection, **_asked(filters, viewer))
    return [(row["kind"], row["key"], row["count"]) for row in await rows_of(found)]


async def post_message(connection: Any, message: Message) -> None:
    """One more message in the thread."""
    await queries.post_message(
        connection,
        message_id=UUID(message.message_id),
        application_id=UUID(message.application_id),
        template=message.template,
        sentence=message.values_json,
        body=message.text,
        author=message.author,
        posted_at=message.posted_at,
        from_applicants=message.from_applicants,
        document_ids=[UUID(one) for one in message.document_ids],
    )


async def remind_drafts(
    connection: Any, call_id: str, state: ApplicationState, *, values_json: str, at: datetime
) -> list[str]:
    """Reminds once those whose form is not deposited yet; the messages written now."""
    found = queries.remind_drafts(
        connection, call_id=UUID(call_id), state=state.value, sentence=values_json, posted_at=at
    )
    return [str(row["message_id"]) for row in await rows_of(found)]


async def list_messages(
    connection: Any, application_id: str, *, reader: str, before: int, limit: int
) -> list[tuple[int, Message]]:
    """Messages with their position, newest first, as far as ``reader`` (a person, or DESK) has read them."""
    found = queries.list_messages(
        connection, application_id=UUID(application_id), reader=reader, before=before, limit=limit
    )
    return [(row["position"], _message(row)) for row in await rows_of(found)]


async def mark_thread_read(connection: Any, application_id: str, *, reader: str, message_id: str, at: datetime) -> None:
    """The thread was read up to a message."""
    await queries.mark_thread_read(
        connection, application_id=UUID(application_id), reader=reader, message_id=UUID(message_id), read_at=at
    )


def progress_of(row: Any) -> Progress | None:
    """The progress of a joined row; None when there is none."""
    if row["version"] is None:
        return None
    return Progress(
        application_id=str(row["application_id"]),
        version=row["version"],
        stage=row["stage"],
        next_event=row["next_event"],
        next_event_at=row["next_event_at"],
        blocking_role=row["blocking_role"] or "",
        reviewer_id=str(row["reviewer_id"] or ""),
        proposed_cents=row["proposed_cents"],
        awarded_cents=row["awarded_cents"],
        paid_cents=row["paid_cents"],
        ending=row["progress_ending"] or "",
    )


def row_of(row: Any) -> Row:
    """One line of a list."""
    return Row(
        application_id=str(row["application_id"]),
        number=row["number"],
        number_year=row["number_year"],
        number_sequence=row["number_sequence"],
        organization=row["organization"],
        title=row["title"],
        track=row["track"],
        communes=tuple(row["communes"]),
        requested_cents=row["requested_cents"],
        state=ApplicationState(row["state"]),
        submitted_at=row["submitted_at"],
        created_at=row["created_at"],
        fictitious=row["fictitious"],
        progress=progress_of(row),
        unread=row["unread"],
    )


def _message(row: Any) -> Message:
    return Message(
        message_id=str(row["message_id"]),
        application_id=str(row["application_id"]),
        template=row["template"],
        values_json=row["sentence"],
        text=row["body"],
        author=row["author"],
        posted_at=row["posted_at"],
        from_applicants=row["from_applicants"],
        document_ids=tuple(str(one) for one in row["document_ids"]),
        unread=row["unread"],
    )
