"""Outgoing mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db import rows_of
from services.intake.domain.mails import Due, Mail, NewMail
from services.intake.domain.records import Person
from services.intake.store import queries, uuid_or_none
from services.intake.store.people import person_of


async def announce_messages(
    connection: Any,
    message_ids: Sequence[str],
    *,
    kind: str,
    deadline_at: datetime | None,
    facts_json: str = "{}",
    keep: bool,
    at: datetime,
) -> None:
    """Tells those whom messages of threads are for that there is one. ``keep``: nothing is sent, all is read here."""
    await queries.announce_messages(
        connection,
        message_ids=[UUID(one) for one in message_ids],
        kind=kind,
        deadline_at=deadline_at,
        facts=facts_json,
        keep=keep,
        at=at,
    )


async def send_mail(connection: Any, mail: NewMail, *, keep: bool, at: datetime) -> None:
    """Queues a mail that announces no message."""
    await queries.send_mail(
        connection,
        mail_id=UUID(mail.mail_id),
        call_id=uuid_or_none(mail.call_id),
        application_id=uuid_or_none(mail.application_id),
        person_id=uuid_or_none(mail.person_id),
        email=mail.email,
        kind=mail.kind,
        locale=mail.locale,
        site=mail.site,
        path=mail.path,
        opens=mail.opens,
        facts=mail.facts_json,
        deadline_at=mail.deadline_at,
        keep=keep,
        at=at,
    )


async def people_of_file(connection: Any, application_id: str) -> list[Person]:
    """Those who carry a file and may be written to."""
    found = await rows_of(queries.people_of_file(connection, application_id=UUID(application_id)))
    return [person_of(row) for row in found]


async def get_mail(connection: Any, call_id: str, mail_id: str) -> Mail | None:
    """One mail of a call."""
    row = await queries.get_mail(connection, call_id=UUID(call_id), mail_id=UUID(mail_id))
    return _mail(row) if row else None


async def list_mails(
    connection: Any,
    *,
    call_id: str = "",
    application_id: str = "",
    state: str = "",
    email: str = "",
    viewer: str = "",
    before: int,
    limit: int,
) -> list[Mail]:
    """Mail, newest first, before a position."""
    found = queries.list_mails(
        connection,
        call_id=uuid_or_none(call_id),
        application_id=uuid_or_none(application_id),
        state=state,
        email=email,
        viewer=uuid_or_none(viewer),
        before=before,
        limit=limit,
    )
    return [_mail(row) for row in await rows_of(found)]


async def retry_mail(connection: Any, call_id: str, mail_id: str) -> bool:
    """A mail given up is tried again; False when there is no such one."""
    return await queries.retry_mail(connection, call_id=UUID(call_id), mail_id=UUID(mail_id)) is not None


async def drop_mails(connection: Any) -> int:
    """What has no object any more is not sent; how many."""
    return int(await queries.drop_mails(connection))


async def take_mail(connection: Any, *, pause: timedelta) -> Due | None:
    """The next mail to send; nobody else takes it for ``pause``."""
    row = await queries.take_mail(connection, pause=pause)
    if row is None:
        return None
    return Due(
        mail_id=str(row["mail_id"]),
        email=row["email"],
        kind=row["kind"],
        locale=row["locale"],
        site=row["site"],
        path=row["path"],
        facts_json=row["facts"],
        deadline_at=row["deadline_at"],
        attempts=row["attempts"],
        written_at=row["written_at"],
    )


async def settle_mail(connection: Any, mail_id: str, *, state: str, failure: str = "") -> None:
    """Sent, or given up."""
    await queries.settle_mail(connection, mail_id=UUID(mail_id), state=state, failure=failure)


async def put_off_mail(connection: Any, mail_id: str, *, failure: str, pause: timedelta) -> None:
    """Tried in vain."""
    await queries.put_off_mail(connection, mail_id=UUID(mail_id), failure=failure, pause=pause)


def _mail(row: Any) -> Mail:
    return Mail(
        position=row["position"],
        mail_id=str(row["mail_id"]),
        email=row["email"],
        kind=row["kind"],
        locale=row["locale"],
        site=row["site"],
        path=row["path"],
        facts_json=row["facts"],
        deadline_at=row["deadline_at"],
        state=row["state"],
        attempts=row["attempts"],
        failure=row["failure"],
        written_at=row["written_at"],
        next_try_at=row["next_try_at"],
        settled_at=row["settled_at"],
        application_id=str(row["application_id"] or ""),
        number=row["number"],
        message_id=str(row["message_id"] or ""),
    )
