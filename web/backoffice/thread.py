"""*Messagerie*: the thread of a file as the service reads and writes it, and what became of each mail."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import mails_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.enums import to_proto
from kit.errors import Refused
from web import threads, words
from web.acts import new_request, request_of
from web.backoffice.file import file_page, load, place
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, address, flash, page, see, typed
from web.words import t

READS = ("GetApplication", "ListMessages")
STUB = "intake.mails"


class ThreadPages(Controller):
    """``/dossiers/{number}/messagerie``"""

    path = "/dossiers/{number:str}/messagerie"

    @get("/", rpcs=READS)
    async def show(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The thread, newest first; opening it marks it as read by the service."""
        return await _tab(request, desk, await load(desk, number))

    @post("/", rpcs=("GetApplication", *threads.SENDS), status_code=303, request_max_body_size=threads.LARGEST_FORM)
    async def write(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
        """A message to those who carry the file."""
        application, values = await load(desk, number), typed(request)
        text, file = (values.get("text") or [""])[0].strip(), (await request.form()).get("fichier")
        try:
            await threads.write(desk, application.application_id, text=text, file=file, request_id=request_of(values))
        except Refused as refused:
            return await _tab(request, desk, application, text=text, wrong=words.explain(refused))
        flash(request, t("messages.sent"))
        return see(f"{place(application)}/messagerie")

    @get("/pieces/{document_id:uuid}", rpcs=(*READS, "ReadDocument"))
    async def read(self, desk: AtDesk, number: FromPath[str], document_id: FromPath[Any]) -> Stream:
        """What goes with a message."""
        application = await load(desk, number)
        return await threads.download(desk, application.application_id, str(document_id))


class MailingPage(Controller):
    """``/envois``: mail of the call, those that did not leave first asked."""

    path = "/envois"

    @get("/", rpcs=("ListMails", "RetryMail"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Mail of the call, newest first; ``etat``: in one state."""
        state = request.query_params.get("etat", "")
        known = ("QUEUED", "GIVEN_UP", "SENT", "KEPT")
        asked = mails_pb2.ListMailsRequest(
            call_id=desk.visitor.call_id,
            state=to_proto(mails_pb2.MailState, state if state in known else ""),
            page_token=request.query_params.get("page", ""),
        )
        answer = await desk.read(STUB, asked)
        following = address(request, page=answer.next_page_token) if answer.next_page_token else ""
        return page(
            request,
            "mailing.html",
            title=t("mailing.title"),
            here="mailing",
            mails=answer.mails,
            states=known,
            state=state,
            following=following,
            request_id=new_request(),
        )

    @post("/{mail_id:uuid}/reprise", rpcs=("ListMails", "RetryMail"), status_code=303)
    async def retry(self, request: AnyRequest, desk: AtDesk, mail_id: FromPath[Any]) -> Response[Any]:
        """Tries again what was given up."""
        again = mails_pb2.RetryMailRequest(call_id=desk.visitor.call_id, mail_id=str(mail_id))
        await desk.send(STUB, again, str(uuid5(UUID(request_of(typed(request))), str(mail_id))))
        flash(request, t("mailing.retried"))
        return see("/envois?etat=GIVEN_UP")


async def _tab(
    request: AnyRequest, desk: Desk, application: pb.Application, *, text: str = "", wrong: list[str] | None = None
) -> Template:
    wanted = pb.ListMessagesRequest(application_id=application.application_id)
    thread, mails = await together(
        desk.every("intake.applications", wanted, "messages"),
        _mails(desk, application.call_id, application.application_id),
    )
    rulebook = await desk.rulebook(application.call_id)
    names = await desk.people(*(one.author for one in thread))
    await threads.mark_read(desk, thread)
    announced = {one.message_id for one in thread}
    return await file_page(
        request,
        desk,
        application,
        tab="messages",
        status=422 if wrong else 200,
        thread=[threads.shown(one, rulebook) for one in thread],
        mails=mails,
        others=[one for one in mails if one.message_id not in announced],
        names=names,
        text=text,
        wrong=wrong or [],
        request_id=request_of(typed(request)) if wrong else new_request(),
    )


async def _mails(desk: Desk, call_id: str, application_id: str) -> list[mails_pb2.Mail]:
    if not desk.may("ListMails"):
        return []
    return await desk.every(STUB, mails_pb2.ListMailsRequest(call_id=call_id, application_id=application_id), "mails")
