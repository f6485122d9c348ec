"""*Séance du jury*: presence and quorum, the ranking with its cut line, the live envelope; convoked, opened, closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from jalon.review.v1 import jury_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from web.acts import Before
from web.backoffice.grids import digest_of, hundredths
from web.backoffice.jury import jury_of
from web.backoffice.live import revision_of
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.seen import SeenFile, named, seen_files
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, page, see
from web.rulebooks import Words
from web.words import bare, t
from workflows.contract.jury import CloseSession, ConvokeSession, DeclareConflict, OpenSession, RecordBallot

READS = ("GetSession", "GetRanking")
TIE_STEPS = ("earliest_deposit", "application_id")
HANDS = ("in_favor_count", "against_count", "abstained_count")


@dataclass(frozen=True)
class Line:
    """A ranked file as the visitor may know it. ``seen`` None: she is recused from it. ``cut``: the line where the
    proposals end is just above it."""

    file: jury_pb2.RankedFile
    seen: SeenFile | None
    cut: bool

    @property
    def mean(self) -> Decimal | None:
        """To the hundredth, for the eye; the rank comes from the exact fraction."""
        return hundredths(self.file.mean_numerator, self.file.mean_denominator)

    @property
    def spread(self) -> Decimal | None:
        """Highest less lowest of the members' own means; None when they all agree, or with one grid."""
        return hundredths(self.file.spread_hundredths, 100) if self.file.spread_hundredths else None


@dataclass(frozen=True)
class Sitting:
    """A session with what its page shows around it. ``names``: person id → name."""

    session: jury_pb2.Session
    result: jury_pb2.SessionResult
    files: Mapping[str, SeenFile]
    names: Mapping[str, str]

    @property
    def state(self) -> str:
        """Its bare state."""
        return bare("review.SessionState", self.session.state)

    @property
    def lines(self) -> list[Line]:
        """Best first. The cut line is under the last file proposed; a section may end above it."""
        proposed = [self.outcome(file) == "PROPOSED" for file in self.result.files]
        last = max((place for place, kept in enumerate(proposed) if kept), default=-1)
        return [
            Line(file, self.files.get(file.application_id), place == last + 1 > 0)
            for place, file in enumerate(self.result.files)
        ]

    @property
    def of(self) -> Mapping[str, jury_pb2.SessionFile]:
        """What is said of each file, by id."""
        return {one.application_id: one for one in self.session.files}

    @property
    def hands(self) -> Mapping[str, jury_pb2.Ballot]:
        """The show of hands on each file, by id."""
        return {one.application_id: one for one in self.session.ballots}

    @property
    def closed_to_her(self) -> int:
        """Files the visitor is recused from."""
        return sum(one.recused for one in self.session.files)

    @property
    def present(self) -> int:
        """Members recorded present."""
        return sum(member.present for member in self.session.members)

    @property
    def missing(self) -> int:
        """Score sheets still expected, over all files seen."""
        return sum(file.sheets_expected - file.sheets_complete for file in self.session.files)

    @property
    def waiting_rows(self) -> int:
        """Files the frozen result has not reached yet."""
        return sum(not file.recorded for file in self.result.files)

    def outcome(self, file: jury_pb2.RankedFile) -> str:
        """``PROPOSED``, ``WAITING_LIST``, ``DECLINED`` or ``NONE``."""
        return bare("review.ProposalState", file.proposal)

    def count(self, outcome: str) -> int:
        """How many files have an outcome."""
        return sum(self.outcome(file) == outcome for file in self.result.files)


class SessionPage(Controller):
    """``/jury/{session_id}``."""

    path = "/jury/{session_id:uuid}"

    @get("/", rpcs=READS)
    async def show(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Template:
        """The session now."""
        return await _session_page(request, desk, session_id, Tried())

    @post("/convocation", rpcs=(*READS, "ConvokeSession"), status_code=200)
    async def convoke(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """Files open to the members."""
        return await _pressed(request, desk, ConvokeSession, session_id=session_id, done="jury.convoked_done")

    @post("/ouverture", rpcs=(*READS, "OpenSession"), status_code=200)
    async def begin(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """Presence recorded."""
        sent = {"present_ids": list(typed_in(request).all("present_ids"))}
        return await _pressed(request, desk, OpenSession, session_id=session_id, done="jury.opened_done", **sent)

    @post("/deport", rpcs=(*READS, "DeclareConflict"), status_code=200)
    async def recuse(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """The file vanishes for the member."""
        tried = typed_in(request)
        sent = {"application_id": tried.one("application_id"), "nature": tried.one("nature", "other")}
        return await _pressed(request, desk, DeclareConflict, session_id=session_id, done="jury.recused_done", **sent)

    @post("/main-levee", rpcs=(*READS, "RecordBallot"), status_code=200)
    async def count(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """A show of hands on one file."""
        tried = typed_in(request)
        hands = {name: _whole(tried.one(name)) for name in HANDS}
        sent = {"application_id": tried.one("application_id"), **hands}
        return await _pressed(request, desk, RecordBallot, session_id=session_id, done="jury.ballot_done", **sent)

    @get("/cloture", rpcs=(*READS, "CloseSession"))
    async def preview(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Template:
        """What closing does to each file, before it is done."""
        return await _closing_page(request, desk, session_id, Tried())

    @post("/cloture", rpcs=(*READS, "CloseSession"), status_code=200)
    async def close(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """The result is frozen and reaches each file."""
        tried = typed_in(request)
        ids = _ids(desk, session_id)
        again = await press(request, desk, CloseSession, tried=tried, done="jury.closed_done", **ids)
        return await _closing_page(request, desk, session_id, again) if again else see(f"/jury/{session_id}")


def _whole(text: str) -> int:
    return int(text) if text.strip().isdigit() else 0


async def sitting(desk: Desk, session_id: UUID) -> Sitting:
    """The session, its ranking, and the names of its files and people: four reads at once."""
    ids = _ids(desk, session_id)
    (session, result), (files, jurors) = await together(
        together(
            desk.read("review.jury", jury_pb2.GetSessionRequest(**ids)),
            desk.read("review.jury", jury_pb2.GetRankingRequest(**ids)),
        ),
        together(seen_files(desk), jury_of(desk)),
    )
    names = {one.person_id: one.display_name for one in jurors}
    return Sitting(session, result, files, names)


def _ids(desk: Desk, session_id: UUID) -> dict[str, Any]:
    return {"call_id": desk.visitor.call_id, "session_id": str(session_id)}


async def _pressed(
    request: AnyRequest, desk: Desk, message: Any, *, session_id: UUID, done: str, **sent: Any
) -> Response[Any]:
    tried = typed_in(request)
    again = await press(request, desk, message, tried=tried, done=done, **_ids(desk, session_id), **sent)
    if again:
        return await _session_page(request, desk, session_id, again)
    looked = request.query_params.get("dossier", "")
    return see(f"/jury/{session_id}?dossier={quote(looked)}" if looked else f"/jury/{session_id}")


async def _session_page(request: AnyRequest, desk: Desk, session_id: UUID, tried: Tried) -> Template:
    revision = await revision_of(desk, session_id)  # asked first: what changes while the rest is read is told again
    found, rulebook = await together(sitting(desk, session_id), desk.rulebook())
    tried = replace(tried, told=named(tried.told, found.files))
    chosen = _chosen(found, request.query_params.get("dossier", ""))
    digest = await digest_of(desk, session_id, chosen) if chosen else None
    return page(
        request,
        "session.html",
        status=tried.status,
        title=t("jury.title"),
        here="jury",
        sitting=found,
        revision=revision,
        place=f"/jury/{session_id}",
        digest=digest,
        chosen=chosen,
        tie_rule=", ".join(_tie_step(rulebook, step) for step in rulebook.content["jury"]["tie_rule"]),
        tie_step=partial(_tie_step, rulebook),
        tried=tried,
    )


def _tie_step(rulebook: Words, step: str) -> str:
    """What parts equal means, in words: a rule of ours, or a criterion of the rulebook."""
    return t(f"jury.tie_step.{step}") if step in TIE_STEPS else rulebook.of(step)


def _chosen(found: Sitting, number: str) -> str:
    """The file looked at: the one the address names, else the best ranked."""
    seen = [file.application_id for file in found.result.files if file.application_id in found.files]
    return next((one for one in seen if found.files[one].number == number), seen[0] if seen else "")


async def _closing_page(request: AnyRequest, desk: Desk, session_id: UUID, tried: Tried) -> Template:
    found = await sitting(desk, session_id)
    tried = replace(tried, told=named(tried.told, found.files))
    money = [
        t("jury.close_money", section=use.section, proposed_cents=use.proposed_cents, envelope_cents=use.envelope_cents)
        for use in found.result.sections
    ]
    return page(
        request,
        "session_close.html",
        status=tried.status,
        title=t("jury.close"),
        here="jury",
        sitting=found,
        place=f"/jury/{session_id}",
        before=Before(t("jury.close_state"), t("jury.close_undo"), money=money),
        tried=tried,
    )
