"""*Dossier*: header (what is next, who blocks, the steps), tabs, right rail."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Kind, Refused, not_found
from web.acts import rail
from web.backoffice.acts import offered
from web.backoffice.view import View
from web.desk import AtDesk, Desk, MenuEntry, together
from web.page import AnyRequest, page
from web.timeline import history
from web.words import t

TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "request": ("", ("GetApplication",)),
    "pieces": ("/pieces", ("GetApplication",)),
    "review": ("/instruction", ("GetCase",)),
    "opinions": ("/avis", ("GetCase",)),
    "notes": ("/notes", ("ListNotes",)),
    "messages": ("/messagerie", ("ListMessages",)),
    "decision": ("/decision", ("GetCase",)),
    "agreement": ("/convention", ("GetAward",)),
    "payments": ("/versements", ("GetAward",)),
    "history": ("/historique", ("ListJournal",)),
}
"""Tabs in order: where each is, after the file's own address, and the RPCs that open it."""
_JURY = MenuEntry("jury", "/jury", ("ListSessions",))
_ACTS = MenuEntry("deliberation", "/deliberation", ("ListActs",))
_PAYMENTS = MenuEntry("payments", "/versements", ("ListInstallments",))
ELSEWHERE = {
    "CLOSE_JURY": _JURY,
    **dict.fromkeys(("RECORD_VOTE", "EXECUTORY", "NOTIFY_DECISION"), _ACTS),
    **dict.fromkeys(("PREPARE_PAYMENT_RUN", "PAY_ORDER"), _PAYMENTS),
}
"""What is done for many files at once, by the event it answers: the page where it is done."""


class FilePages(Controller):
    """``/dossiers/{number}`` and its tabs."""

    path = "/dossiers/{number:str}"

    @get("/", rpcs=("GetApplication",))
    async def request_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """What was deposited."""
        application = await load(desk, number)
        rulebook = await desk.rulebook(application.call_id)
        return await file_page(request, desk, application, tab="request", rulebook=rulebook)

    @get("/historique", rpcs=("GetApplication", "ListJournal"))
    async def history_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The journals of the three services, in plain sentences."""
        application = await load(desk, number)
        found, rulebook = await together(history(desk, application.application_id), desk.rulebook(application.call_id))
        names = await desk.people(*found.actors)
        return await file_page(
            request, desk, application, tab="history", history=found, labels=rulebook.labels, names=names
        )


async def file_page(
    request: AnyRequest, desk: Desk, application: pb.Application, *, tab: str, status: int = 200, **context: Any
) -> Template:
    """A tab of a file, template ``file_<tab>.html``, with the header and the right rail every tab has."""
    progress = application.progress
    shown = request.query_params.get("vue", "")
    people, around = await together(
        desk.people(progress.reviewer_id, application.applicant_id), _around(desk, application, shown)
    )
    involved = [
        (t("file.reviewer"), people.get(progress.reviewer_id, "")),
        (t("file.carried_by"), people.get(application.applicant_id, "")),
    ]
    return page(
        request,
        f"file_{tab}.html",
        status=status,
        title=f"{application.number} · {application.pre_application.applicant.name}",
        here="files",
        application=application,
        progress=progress,
        tab=tab,
        tabs=[
            (name, place(application) + end + (f"?vue={quote(shown)}" if around else ""))
            for name, (end, rpcs) in TABS.items()
            if desk.may(*rpcs)
        ],
        around=around,
        listed=View.read(shown),
        end=TABS.get(tab, ("", ()))[0],
        rail=rail(await offered(desk, application), desk, progress, elsewhere=ELSEWHERE),
        involved=[(label, name) for label, name in involved if name],
        place=place(application),
        **context,
    )


async def _around(desk: Desk, application: pb.Application, shown: str) -> pb.GetNeighborsResponse | None:
    """The files before and after this one in the list it was opened from; None when it was opened otherwise."""
    if not shown or not desk.may("GetNeighbors"):
        return None
    request = pb.GetNeighborsRequest(
        application_id=application.application_id, list=View.read(shown).listing(application.call_id)
    )
    found: pb.GetNeighborsResponse = await desk.read("intake.applications", request)
    return found if found.position else None


async def load(desk: Desk, number: str) -> pb.Application:
    """The file of a number in the call worked on, else in another of the visitor's; or of an id. A member of the jury
    is tied to files one by one: their number is looked for among those."""
    if not _is_id(number) and desk.may("ListAssignedApplications") and not desk.may("ListApplications"):
        number = await _assigned(desk, number)
    if _is_id(number):
        found: pb.Application = await desk.read("intake.applications", pb.GetApplicationRequest(application_id=number))
        return found
    calls = [desk.visitor.call_id, *(call for call, _ in desk.visitor.calls if call != desk.visitor.call_id)]
    for call_id in calls:
        request = pb.GetApplicationRequest(number=number, call_id=call_id)
        try:
            found = await desk.read("intake.applications", request)
        except Refused as refused:
            if refused.kind is not Kind.NOT_FOUND:
                raise
        else:
            return found
    raise not_found()


async def _assigned(desk: Desk, number: str) -> str:
    wanted = pb.ListAssignedApplicationsRequest(call_id=desk.visitor.call_id)
    rows = await desk.every("intake.applications", wanted, "rows")
    found = next((row.application_id for row in rows if row.number == number), None)
    if found is None:
        raise not_found()
    return str(found)


def place(application: pb.Application) -> str:
    """The page of a file."""
    return f"/dossiers/{application.number or application.application_id}"


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
