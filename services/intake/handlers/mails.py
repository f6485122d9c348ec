"""``jalon.intake.v1.MailsService``: mail that leaves, what became of it; and what every act of intake sends by."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import mails_pb2 as pb
from jalon.intake.v1 import mails_pb2_grpc

from kit import pages
from kit.clock import to_timestamp
from kit.enums import from_proto, to_proto
from kit.errors import Kind, Refused, field_invalid, required
from kit.journal import Act
from services.intake.domain.mails import Mail, NewMail
from services.intake.domain.reasons import Reason
from services.intake.handlers.room import Part, Room, call_in_sight, found, moment, said, values_object, viewer
from services.intake.store import mails as store

SERVICE = "jalon.intake.v1.MailsService"
FIRST_PAGE = 2**62
SITES, LOCALES = ("portal", "backoffice"), ("fr", "en")
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,189}")
_KIND = re.compile(r"[a-z_]{1,60}")


class MailsHandlers(Part, mails_pb2_grpc.MailsServiceServicer):
    """Outgoing mail."""

    async def SendMail(self, request: pb.SendMailRequest, context: Any) -> pb.SendMailResponse:
        """Queues a mail of a site."""

        async def change(act: Act) -> pb.SendMailResponse:
            mail = dataclasses.replace(asked, mail_id=mail_id_of(act, asked.kind, asked.email))
            await store.send_mail(act.connection, mail, keep=self._room.demonstration, at=act.at)
            return pb.SendMailResponse(mail_id=mail.mail_id)

        asked = _asked(request)
        return await self._room.journal.write(request, change)

    async def ListMails(self, request: pb.ListMailsRequest, context: Any) -> pb.ListMailsResponse:
        """What left, waits or failed; a link that opens by itself is nobody's to read."""
        call_id = call_in_sight(request.call_id)
        state = from_proto(pb.MailState, request.state, path="state")
        scope = f"mails/{call_id}/{request.application_id}/{state}"
        size, before = pages.size(request.page_size), pages.decode(request.page_token, scope=scope) or [FIRST_PAGE]
        rows = await store.list_mails(
            self._room.pool,
            call_id=call_id,
            application_id=request.application_id,
            state=state,
            viewer=viewer(),
            before=before[0],
            limit=size + 1,
        )
        return _page([dataclasses.replace(row, path="") for row in rows], size, scope)

    async def RetryMail(self, request: pb.RetryMailRequest, context: Any) -> pb.Mail:
        """Tries again what was given up."""

        async def change(act: Act) -> pb.Mail:
            mail = found(await store.get_mail(act.connection, request.call_id, request.mail_id))
            if not await store.retry_mail(act.connection, request.call_id, request.mail_id):
                raise Refused(Reason.CHANGED_MEANWHILE)
            act.record("mail_retried", kind="call", subject=request.call_id, facts={"mail_id": mail.mail_id})
            again = found(await store.get_mail(act.connection, request.call_id, request.mail_id))
            return mail_message(dataclasses.replace(again, path=""))

        required(request, "call_id", "mail_id")
        return await self._room.journal.write(request, change)

    async def ListFictitiousMails(self, request: pb.ListFictitiousMailsRequest, context: Any) -> pb.ListMailsResponse:
        """All the mail of a demonstration. A real installation says no (DEMONSTRATION_ONLY)."""
        if not self._room.demonstration:
            raise Refused(Reason.DEMONSTRATION_ONLY, kind=Kind.NOT_FOUND)
        scope = f"every mail/{request.email}"
        size, before = pages.size(request.page_size), pages.decode(request.page_token, scope=scope) or [FIRST_PAGE]
        rows = await store.list_mails(self._room.pool, email=request.email, before=before[0], limit=size + 1)
        return _page(rows, size, scope)


def mail_id_of(act: Act, kind: str, to: str) -> str:
    """The same however often the act is tried. ``to``: an address or a person."""
    return str(uuid5(UUID(act.call.request_id), f"mail/{kind}/{to}"))


async def tell_people(
    room: Room,
    act: Act,
    application_id: str,
    *,
    kind: str,
    path: str,
    call_id: str,
    facts: Mapping[str, str],
    deadline_at: datetime | None = None,
) -> None:
    """Writes to everybody who carries a file, in the transaction of what they are told."""
    for person in await store.people_of_file(act.connection, application_id):
        mail = NewMail(
            mail_id=mail_id_of(act, kind, person.person_id),
            email=person.email,
            kind=kind,
            locale="fr",
            site="portal",
            path=path,
            facts_json=json.dumps(dict(facts)),
            deadline_at=deadline_at,
            call_id=call_id,
            application_id=application_id,
            person_id=person.person_id,
        )
        await store.send_mail(act.connection, mail, keep=room.demonstration, at=act.at)


def mail_message(mail: Mail) -> pb.Mail:
    """A mail."""
    return pb.Mail(
        mail_id=mail.mail_id,
        email=mail.email,
        kind=mail.kind,
        locale=mail.locale,
        site=mail.site,
        path=mail.path,
        values_json=mail.facts_json,
        deadline_at=to_timestamp(mail.deadline_at),
        state=to_proto(pb.MailState, mail.state),
        attempts=mail.attempts,
        failure=mail.failure,
        written_at=to_timestamp(mail.written_at),
        next_try_at=to_timestamp(mail.next_try_at),
        settled_at=to_timestamp(mail.settled_at),
        application_id=mail.application_id,
        number=mail.number,
        message_id=mail.message_id,
    )


def sound_address(path: str, text: str) -> str:
    """An address one can write to: one at sign, nothing that a mail's header would read otherwise."""
    address = said(path, text, longest=254)
    if not _EMAIL.fullmatch(address):
        raise field_invalid(path, Reason.EMAIL_UNCLEAR)
    return address


def _asked(request: pb.SendMailRequest) -> NewMail:
    if not _KIND.fullmatch(request.kind):
        raise field_invalid("kind", Reason.FIELD_UNKNOWN)
    if request.site not in SITES:
        raise field_invalid("site", Reason.CHOICE_UNKNOWN, choices=", ".join(SITES))
    if request.locale not in ("", *LOCALES):
        raise field_invalid("locale", Reason.CHOICE_UNKNOWN, choices=", ".join(LOCALES))
    path = said("path", request.path, longest=500)
    if not path.startswith("/"):
        raise field_invalid("path", Reason.FIELD_UNKNOWN)
    return NewMail(
        mail_id="",
        email=sound_address("email", request.email),
        kind=request.kind,
        locale=request.locale or "fr",
        site=request.site,
        path=path,
        facts_json=values_object(request.values_json),
        deadline_at=moment(request, "deadline_at"),
        opens=request.opens,
        call_id=request.call_id,
    )


def _page(rows: list[Mail], size: int, scope: str) -> pb.ListMailsResponse:
    token = pages.encode([rows[size - 1].position], scope=scope) if len(rows) > size else ""
    return pb.ListMailsResponse(mails=[mail_message(row) for row in rows[:size]], next_page_token=token)
