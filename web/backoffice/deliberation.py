"""*Délibération*: the vote recorded, sent to the prefecture, executory, then told to everybody at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from jalon.intake.v1 import calls_pb2
from jalon.review.v1 import cases_pb2, jury_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import not_found
from web.acts import Before, Letter
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.seen import SeenFile, named, seen_files
from web.backoffice.tables import Beneficiary, Table, document, spreadsheet
from web.desk import AtDesk, Desk, together
from web.forms import DayField, SiteForm, filled
from web.page import AnyRequest, page, see
from web.words import bare, iso, locale, t, word
from wording import letter
from workflows.contract.call import ActRow, NotifyDecisions, RecordAct, RecordExecutory, RecordTransmission

DECISIONS = {"PROPOSED": "GRANTED", "WAITING_LIST": "WAITING", "DECLINED": "REFUSED"}
LETTERS = {"GRANTED": "granted", "WAITING": "waiting_list", "REFUSED": "declined"}
"""The letter each decision is told by."""


class DayForm(SiteForm):
    """The one day each step asks."""

    on = DayField("deliberation.on")


@dataclass(frozen=True)
class Ballot:
    """What a closed session proposes and no act has settled yet."""

    session: jury_pb2.SessionRow
    cases: list[cases_pb2.Case]

    @property
    def cents(self) -> int:
        """What it would grant."""
        return sum(case.proposed_cents for case in self.cases)


class DeliberationPage(Controller):
    """``/deliberation``: the acts of the call, and what the assembly is to vote."""

    path = "/deliberation"

    @get("/", rpcs=("ListActs", "GetCase"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The acts of the call, or what the assembly is to vote."""
        return await _list_page(request, desk, Tried())

    @get("/seances/{session_id:uuid}/tableau/{kind:str}", rpcs=("ListCases", "ListSessions"))
    async def proposed(self, desk: AtDesk, session_id: FromPath[UUID], kind: FromPath[str]) -> Response[bytes]:
        """The table the assembly votes on."""
        ballot = next((one for one in await _ballots(desk) if one.session.session_id == str(session_id)), None)
        if ballot is None:
            raise not_found()
        files = await seen_files(desk)
        lines = [
            _proposed_line(case, files[case.application_id]) for case in ballot.cases if case.application_id in files
        ]
        title = t("deliberation.table_of", held_at=iso(ballot.session.held_at))
        return await _table(desk, title, lines, kind=kind)

    @post("/vote", rpcs=("RecordAct", "ListCases", "ListSessions"), status_code=200)
    async def record(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The vote, on the proposals of one session as they are and were shown."""
        tried = typed_in(request)
        session_id, seen = tried.one("session_id"), set(tried.all("application_ids"))
        ballot = next((one for one in await _ballots(desk) if one.session.session_id == session_id), None)
        sent = {
            "call_id": desk.visitor.call_id,
            "act_id": tried.request_id,
            "session_id": session_id,
            "number": tried.one("number").strip(),
            "session_on": _day(tried),
            "rows": [_row(case) for case in ballot.cases if case.application_id in seen] if ballot else [],
        }
        again = await press(request, desk, RecordAct, tried=tried, done="deliberation.recorded_done", **sent)
        return await _list_page(request, desk, again) if again else see(f"/deliberation/{tried.request_id}")


class ActPage(Controller):
    """``/deliberation/{act_id}``: one act and its next step."""

    path = "/deliberation/{act_id:uuid}"

    @get("/", rpcs=("GetAct",))
    async def show(self, request: AnyRequest, desk: AtDesk, act_id: FromPath[UUID]) -> Template:
        """The act, its rows, what is next."""
        return await _act_page(request, desk, act_id, Tried())

    @get("/tableau/{kind:str}", rpcs=("GetAct",))
    async def voted(self, desk: AtDesk, act_id: FromPath[UUID], kind: FromPath[str]) -> Response[bytes]:
        """The table of the act as it was voted."""
        wanted = jury_pb2.GetActRequest(call_id=desk.visitor.call_id, act_id=str(act_id))
        act, files = await together(desk.read("review.jury", wanted), seen_files(desk))
        rows = sorted(act.rows, key=lambda row: -row.granted_cents)
        lines = [_voted_line(row, files[row.application_id]) for row in rows if row.application_id in files]
        return await _table(desk, t("decision.act", number=act.number), lines, kind=kind)

    @post("/transmission", rpcs=("GetAct", "RecordTransmission"), status_code=200)
    async def transmit(self, request: AnyRequest, desk: AtDesk, act_id: FromPath[UUID]) -> Response[Any]:
        """Sent to the prefecture on a day."""
        sent = {"done": "deliberation.transmitted_done", "transmitted_on": _day(typed_in(request))}
        return await _pressed(request, desk, RecordTransmission, act_id=act_id, **sent)

    @post("/executoire", rpcs=("GetAct", "RecordExecutory"), status_code=200)
    async def execute(self, request: AnyRequest, desk: AtDesk, act_id: FromPath[UUID]) -> Response[Any]:
        """Executory since a day."""
        sent = {"done": "deliberation.executory_done", "executory_on": _day(typed_in(request))}
        return await _pressed(request, desk, RecordExecutory, act_id=act_id, **sent)

    @post("/notification", rpcs=("GetAct", "NotifyDecisions"), status_code=200)
    async def notify(self, request: AnyRequest, desk: AtDesk, act_id: FromPath[UUID]) -> Response[Any]:
        """Everybody is told at once."""
        return await _pressed(request, desk, NotifyDecisions, act_id=act_id, done="deliberation.notified_done")


def _day(tried: Tried) -> str:
    form = filled(DayForm, {"on": [tried.one("on")]})
    return str(form.on.data) if form.validate() else ""


def _proposed_line(case: cases_pb2.Case, seen: SeenFile) -> Beneficiary:
    return Beneficiary(case.rank, seen, case.section, word("review.ProposalState", case.proposal), case.proposed_cents)


def _voted_line(row: jury_pb2.ActRow, seen: SeenFile) -> Beneficiary:
    return Beneficiary(0, seen, row.section, word("review.DecisionState", row.decision), row.granted_cents)


async def _table(desk: Desk, title: str, lines: list[Beneficiary], *, kind: str) -> Response[bytes]:
    asked = calls_pb2.GetCallRequest(call_id=desk.visitor.call_id)
    call, rulebook = await together(desk.read("intake.calls", asked), desk.rulebook())
    table = Table(f"{desk.visitor.call_reference} · {title}", lines, rulebook, call.fictitious)
    if kind == "xlsx":
        return spreadsheet(table, name="beneficiaires")
    if kind == "pdf":
        return await document(table, name="beneficiaires", made_at=await desk.now())
    raise not_found()


def _row(case: cases_pb2.Case) -> ActRow:
    decision = DECISIONS[bare("review.ProposalState", case.proposal)]
    granted = decision == "GRANTED"
    return ActRow(case.application_id, decision, case.proposed_cents if granted else 0, case.section if granted else "")


async def _pressed(
    request: AnyRequest, desk: Desk, message: Any, *, act_id: UUID, done: str, **sent: Any
) -> Response[Any]:
    tried = typed_in(request)
    ids = {"call_id": desk.visitor.call_id, "act_id": str(act_id)}
    again = await press(request, desk, message, tried=tried, done=done, **ids, **sent)
    return await _act_page(request, desk, act_id, again) if again else see(f"/deliberation/{act_id}")


async def _list_page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    wanted = jury_pb2.ListActsRequest(call_id=desk.visitor.call_id)
    acts, files = await together(desk.read("review.jury", wanted), seen_files(desk))
    tried = replace(tried, told=named(tried.told, files))
    ballots = await _ballots(desk) if desk.may("ListCases", "ListSessions") else []
    return page(
        request,
        "deliberation.html",
        status=tried.status,
        title=t("deliberation.title"),
        here="deliberation",
        acts=acts.acts,
        ballots=ballots,
        partial=request.query_params.get("partiel", ""),
        files=files,
        tried=tried,
    )


async def _ballots(desk: Desk) -> list[Ballot]:
    """The closed sessions of the call that still have something to vote, with what they propose by rank."""
    call_id = desk.visitor.call_id
    cases, sessions = await together(
        desk.every("review.cases", cases_pb2.ListCasesRequest(call_id=call_id), "cases"),
        desk.read("review.jury", jury_pb2.ListSessionsRequest(call_id=call_id)),
    )
    spoken = [case for case in cases if bare("review.ProposalState", case.proposal) in DECISIONS and not case.act_id]
    spoken.sort(key=lambda case: (not case.rank, case.rank))
    found = [
        Ballot(session, [case for case in spoken if case.session_id == session.session_id])
        for session in sessions.sessions
        if session.state == jury_pb2.SESSION_STATE_CLOSED
    ]
    return [ballot for ballot in found if ballot.cases]


async def _act_page(request: AnyRequest, desk: Desk, act_id: UUID, tried: Tried) -> Template:
    wanted = jury_pb2.GetActRequest(call_id=desk.visitor.call_id, act_id=str(act_id))
    act, files = await together(desk.read("review.jury", wanted), seen_files(desk))
    return page(
        request,
        "deliberation_act.html",
        status=tried.status,
        title=t("decision.act", number=act.number),
        here="deliberation",
        act=act,
        waiting_rows=sum(not row.recorded for row in act.rows),
        files=files,
        place=f"/deliberation/{act_id}",
        before=_before(act, files),
        tried=tried,
    )


def _before(act: jury_pb2.Act, files: dict[str, SeenFile]) -> Before:
    """What notifying does: every letter as its applicant will read it, the clocks, the money."""
    letters = [
        _letter(row, files.get(row.application_id)) for row in sorted(act.rows, key=lambda row: -row.granted_cents)
    ]
    granted = sum(row.granted_cents for row in act.rows)
    return Before(
        t("deliberation.notify_state", count=len(act.rows)),
        t("deliberation.notify_undo"),
        letters=letters,
        clocks=[t("deliberation.notify_clocks")],
        money=[t("deliberation.notify_money", granted_cents=granted)],
    )


def _letter(row: jury_pb2.ActRow, seen: SeenFile | None) -> Letter:
    kind = LETTERS[bare("review.DecisionState", row.decision)]
    values = {"number": seen.number if seen else "", "awarded_cents": row.granted_cents}
    subject, body = letter(kind, locale=locale(), values=values)
    return Letter(seen.told if seen else t("payments.file"), subject, body)
