"""*Vos courriers*: the thread of a file as those who carry it read and write it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.errors import Refused
from web import threads, words
from web.acts import new_request, request_of
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, address, flash, page, see, typed
from web.portal import drafts
from web.words import t

READS = ("GetApplication", "ListMessages")


class LettersPages(Controller):
    """``/demandes/{application_id}/courriers``"""

    path = "/demandes/{application_id:uuid}/courriers"

    @get("/", rpcs=READS)
    async def show(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Template:
        """The thread: each message as a letter, newest first; opening it marks it as read."""
        return await _page(request, desk, str(application_id))

    @post("/", rpcs=(*READS, *threads.SENDS), status_code=303, request_max_body_size=threads.LARGEST_FORM)
    async def write(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Response[Any]:
        """A message to the service in charge."""
        values, file = typed(request), (await request.form()).get("fichier")
        text = (values.get("text") or [""])[0].strip()
        try:
            await threads.write(desk, str(application_id), text=text, file=file, request_id=request_of(values))
        except Refused as refused:
            told = words.explain(refused)
            return await _page(request, desk, str(application_id), text=text, wrong=told)
        flash(request, t("letters.sent"))
        return see(f"/demandes/{application_id}/courriers")

    @get("/pieces/{document_id:uuid}", rpcs=(*READS, "ReadDocument"))
    async def read(self, desk: AtDesk, application_id: FromPath[UUID], document_id: FromPath[UUID]) -> Stream:
        """What goes with a message."""
        return await threads.download(desk, str(application_id), str(document_id))


async def _page(
    request: AnyRequest, desk: Desk, application_id: str, *, text: str = "", wrong: list[str] | None = None
) -> Template:
    asked = pb.ListMessagesRequest(application_id=application_id, page_token=request.query_params.get("page", ""))
    application, found = await together(drafts.read(desk, application_id), desk.read("intake.applications", asked))
    rulebook = await desk.rulebook(application.call_id)
    await threads.mark_read(desk, list(found.messages))
    return page(
        request,
        "letters.html",
        status=422 if wrong else 200,
        title=t("letters.title"),
        here="mine",
        application=application,
        thread=[threads.shown(one, rulebook) for one in found.messages],
        following=address(request, page=found.next_page_token) if found.next_page_token else "",
        text=text,
        wrong=wrong or [],
        request_id=request_of(typed(request)) if wrong else new_request(),
    )
