"""A small call, its desks and its jury, called as people do: what every test of review begins with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

from jalon.common.v1 import plumbing_pb2, plumbing_pb2_grpc
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import cases_pb2_grpc, jury_pb2_grpc
from jalon.review.v1 import jury_pb2 as jpb

from kit.clock import civil_date, to_timestamp
from tests.integration.harness import Served
from tests.unit.review.builders import CODES, rulebook

DIGEST = hashlib.sha256(b"deposit").hexdigest()
PIECES = ("budget", "statutes")
MONEY = 1_000_000


def new_id() -> str:
    """An opaque id."""
    return str(uuid4())


@dataclass
class Desk:
    """Everybody who touches the cases of one call of the test's own."""

    served: Served
    call_id: str = field(default_factory=new_id)
    second: str = field(default_factory=new_id)
    reviewer: str = field(default_factory=new_id)

    @cached_property
    def cases(self) -> Any:
        return cases_pb2_grpc.CasesServiceStub(self.served.channel)

    @cached_property
    def jury(self) -> Any:
        return jury_pb2_grpc.JuryServiceStub(self.served.channel)

    @cached_property
    def plumbing(self) -> Any:
        return plumbing_pb2_grpc.PlumbingServiceStub(self.served.channel)

    async def act(self, method: Any, request: Any, role: str, **how: Any) -> Any:
        """A write by somebody of this call."""
        return await self.served.caller.act(method, request, **{"role": role, "call_id": self.call_id, **how})

    async def system(self, method: Any, request: Any, **how: Any) -> Any:
        """A consequence, by the worker."""
        return await self.served.caller.act(method, request, role="SYSTEM", **how)

    async def read(self, method: Any, request: Any, role: str, **how: Any) -> Any:
        """A read by somebody of this call."""
        return await self.served.caller.read(method, request, **{"role": role, "call_id": self.call_id, **how})

    async def stamp(self, **shift: float) -> Any:
        """An instant counted from now (``days=-3``)."""
        return to_timestamp(await self.served.caller.now() + timedelta(**shift))

    async def today(self) -> str:
        """The civil day."""
        return civil_date(await self.served.caller.now()).isoformat()

    async def open_call(self) -> None:
        """Review is handed the rulebook."""
        data = json.dumps(rulebook()).encode()
        digest = hashlib.sha256(data).hexdigest()
        request = pb.RegisterCallRequest(call_id=self.call_id, rulebook_digest=digest, rulebook_json=data)
        await self.system(self.cases.RegisterCall, request)

    async def opening(self, **changes: Any) -> pb.OpenCaseRequest:
        """The facts of a deposit."""
        request = pb.OpenCaseRequest(
            application_id=new_id(),
            call_id=self.call_id,
            track="study",
            requested_cents=MONEY,
            total_cost_cents=3 * MONEY,
            applicant_id=new_id(),
            received_at=await self.stamp(days=-30),
            digest=DIGEST,
        )
        request.MergeFrom(pb.OpenCaseRequest(**changes))
        return request

    async def case(self, **changes: Any) -> str:
        """An application received; its id."""
        request = await self.opening(**changes)
        await self.system(self.cases.OpenCase, request)
        return request.application_id

    async def text(self, application_id: str, kind: str, role: str, **how: Any) -> pb.TextRef:
        """Words saved."""
        request = pb.SaveTextRequest(
            application_id=application_id,
            text_id=new_id(),
            kind=pb.TextKind.Value(f"TEXT_KIND_{kind}"),
            body="Des mots pesés.",
        )
        saved = await self.act(self.cases.SaveText, request, role, **how)
        return pb.TextRef(text_id=saved.text_id, version=saved.version)

    async def admit(self, application_id: str) -> Any:
        request = pb.DecideAdmissibilityRequest(application_id=application_id, admissible=True)
        return await self.act(self.cases.DecideAdmissibility, request, "INSTRUCTOR")

    async def full(self, application_id: str, **changes: Any) -> pb.ReceiveFullApplicationRequest:
        """The facts of a full application with every piece."""
        request = pb.ReceiveFullApplicationRequest(
            application_id=application_id,
            digest=DIGEST,
            requested_cents=3 * MONEY // 2,
            section="OPERATING",
            eligible_cost_cents=3 * MONEY,
            legal_family="association",
            received_at=await self.stamp(days=-10),
        )
        if "pieces" not in changes:
            request.pieces.extend(pb.PieceFact(piece=code, digest=DIGEST) for code in PIECES)
        request.MergeFrom(pb.ReceiveFullApplicationRequest(**changes))
        return request

    async def receive(self, application_id: str, **changes: Any) -> Any:
        return await self.system(self.cases.ReceiveFullApplication, await self.full(application_id, **changes))

    async def confirm(self, application_id: str) -> Any:
        request = pb.ConfirmCompletenessRequest(application_id=application_id)
        return await self.act(self.cases.ConfirmCompleteness, request, "INSTRUCTOR")

    async def assign(self, application_id: str, reviewer_id: str = "") -> Any:
        request = pb.AssignReviewerRequest(application_id=application_id, reviewer_id=reviewer_id or self.reviewer)
        return await self.act(self.cases.AssignReviewer, request, "CALL_ADMIN")

    async def conclude(self, application_id: str, cents: int = MONEY, section: str = "OPERATING") -> Any:
        request = pb.ConcludeReviewRequest(
            application_id=application_id,
            eligible_base_cents=2 * MONEY,
            proposed_cents=cents,
            section=section,
            analysis=await self.text(application_id, "ANALYSIS", "INSTRUCTOR", person=self.reviewer),
        )
        return await self.act(self.cases.ConcludeReview, request, "INSTRUCTOR", person=self.reviewer)

    async def shortlist(self, application_id: str, *, kept: bool = True) -> Any:
        request = pb.DecideShortlistRequest(application_id=application_id, shortlisted=kept)
        return await self.act(self.cases.DecideShortlist, request, "CALL_ADMIN")

    async def schedule(self, application_id: str, **shift: float) -> Any:
        request = pb.ScheduleHearingRequest(
            application_id=application_id, hearing_at=await self.stamp(**(shift or {"days": 7}))
        )
        return await self.act(self.cases.ScheduleHearing, request, "JURY_SECRETARY")

    async def hear(self, application_id: str, *, present: bool = True) -> Any:
        await self.schedule(application_id, hours=-1)
        request = pb.RecordHearingRequest(application_id=application_id, present=present)
        return await self.act(self.cases.RecordHearing, request, "JURY_SECRETARY")

    async def complete(self, **changes: Any) -> str:
        """A complete file with its reviewer."""
        application_id = await self.case(**changes)
        await self.admit(application_id)
        await self.receive(application_id)
        await self.confirm(application_id)
        await self.assign(application_id)
        return application_id

    async def shortlisted(self, cents: int = MONEY, section: str = "OPERATING") -> str:
        """A file kept for the hearings."""
        application_id = await self.complete()
        await self.conclude(application_id, cents, section)
        await self.shortlist(application_id)
        return application_id

    async def heard(self, cents: int = MONEY, section: str = "OPERATING") -> str:
        """A file heard."""
        application_id = await self.shortlisted(cents, section)
        await self.hear(application_id)
        return application_id

    async def get(self, application_id: str, role: str = "INSTRUCTOR", **how: Any) -> Any:
        return await self.read(self.cases.GetCase, pb.GetCaseRequest(application_id=application_id), role, **how)

    async def journal(self, application_id: str, role: str = "INSTRUCTOR", **how: Any) -> list[str]:
        """The events of a case, newest first."""
        request = plumbing_pb2.ListJournalRequest(application_id=application_id, page_size=100)
        page = await self.read(self.plumbing.ListJournal, request, role, **how)
        return [event.event for event in page.events]


@dataclass
class Table:
    """A session of the jury: five members, the first of whom chairs."""

    desk: Desk
    files: list[str]
    session_id: str = field(default_factory=new_id)
    members: list[str] = field(default_factory=lambda: [new_id() for _ in range(5)])

    @property
    def chair(self) -> str:
        return self.members[0]

    @property
    def asked(self) -> dict[str, Any]:
        """What every request of the session begins with."""
        return {"call_id": self.desk.call_id, "session_id": self.session_id}

    async def prepare(self, **changes: Any) -> Any:
        request = jpb.PrepareSessionRequest(
            **{
                **self.asked,
                "held_at": await self.desk.stamp(days=1),
                "member_ids": self.members,
                "chair_id": self.chair,
                "application_ids": self.files,
                **changes,
            }
        )
        return await self.desk.act(self.desk.jury.PrepareSession, request, "JURY_SECRETARY")

    async def convoke(self) -> Any:
        request = jpb.ConvokeSessionRequest(**self.asked)
        return await self.desk.act(self.desk.jury.ConvokeSession, request, "JURY_SECRETARY")

    async def recuse(self, member: str, application_id: str, nature: str = "family", **how: Any) -> Any:
        request = jpb.DeclareConflictRequest(**self.asked, application_id=application_id, nature=nature)
        return await self.desk.act(self.desk.jury.DeclareConflict, request, "JURY_MEMBER", person=member, **how)

    async def sheet(self, member: str, application_id: str, value: int) -> jpb.SubmitScoreRequest:
        """A whole grid, its reason saved."""
        reason = await self.desk.text(application_id, "SCORE", "JURY_MEMBER", person=member)
        marks = [jpb.Mark(criterion=code, value=value, reason=reason) for code in CODES]
        return jpb.SubmitScoreRequest(**self.asked, application_id=application_id, marks=marks)

    async def score(self, member: str, application_id: str, value: int) -> Any:
        request = await self.sheet(member, application_id, value)
        return await self.desk.act(self.desk.jury.SubmitScore, request, "JURY_MEMBER", person=member)

    async def score_all(self, values: dict[str, int]) -> None:
        """Every member gives the same mark to a file."""
        for application_id, value in values.items():
            for member in self.members:
                await self.score(member, application_id, value)

    async def open(self, present: list[str] | None = None) -> Any:
        request = jpb.OpenSessionRequest(**self.asked, present_ids=self.members if present is None else present)
        return await self.desk.act(self.desk.jury.OpenSession, request, "JURY_CHAIR", person=self.chair)

    async def close(self, **how: Any) -> Any:
        request = jpb.CloseSessionRequest(**self.asked)
        return await self.desk.act(self.desk.jury.CloseSession, request, "JURY_CHAIR", person=self.chair, **how)

    async def get(self, role: str = "JURY_SECRETARY", **how: Any) -> Any:
        return await self.desk.read(self.desk.jury.GetSession, jpb.GetSessionRequest(**self.asked), role, **how)

    async def ranking(self, role: str = "JURY_SECRETARY", **how: Any) -> Any:
        weights = [jpb.Weight(criterion=code, weight=weight) for code, weight in how.pop("weights", {}).items()]
        request = jpb.GetRankingRequest(**self.asked, weights=weights)
        return await self.desk.read(self.desk.jury.GetRanking, request, role, **how)

    async def record(self, line: jpb.RankedFile, parent: str, **changes: Any) -> Any:
        """The row of one file, derived from the closing."""
        request = pb.RecordProposalRequest(
            **{
                **self.asked,
                "application_id": line.application_id,
                "proposal": line.proposal,
                "proposed_cents": line.proposed_cents,
                "section": line.section,
                "rank": line.rank,
                "explanation": line.explanation,
                **changes,
            }
        )
        return await self.desk.act(
            self.desk.cases.RecordProposal,
            request,
            "JURY_CHAIR",
            person=self.chair,
            parent=("CloseSession", parent),
            row=line.application_id,
        )


@dataclass
class Vote:
    """The assembly's act on a closed session."""

    desk: Desk
    session_id: str
    act_id: str = field(default_factory=new_id)

    @property
    def asked(self) -> dict[str, Any]:
        """What every request of the act begins with."""
        return {"call_id": self.desk.call_id, "act_id": self.act_id}

    async def request(self, result: jpb.SessionResult, **changes: Any) -> jpb.RecordActRequest:
        """What the assembly votes when it follows the jury."""
        decided = {pb.PROPOSAL_STATE_PROPOSED: pb.DECISION_STATE_GRANTED}
        decided[pb.PROPOSAL_STATE_WAITING_LIST] = pb.DECISION_STATE_WAITING
        decided[pb.PROPOSAL_STATE_DECLINED] = pb.DECISION_STATE_REFUSED
        rows = [
            jpb.ActRow(
                application_id=line.application_id,
                decision=decided[line.proposal],
                granted_cents=line.proposed_cents,
                section=line.section,
            )
            for line in result.files
        ]
        fields = {"session_id": self.session_id, "number": f"2023_{self.act_id[:8].upper()}", "rows": rows}
        return jpb.RecordActRequest(**{**self.asked, **fields, "session_on": await self.desk.today(), **changes})

    async def record(self, result: jpb.SessionResult, **changes: Any) -> Any:
        how = {name: changes.pop(name) for name in ("request_id",) if name in changes}
        request = await self.request(result, **changes)
        return await self.desk.act(self.desk.jury.RecordAct, request, "ASSEMBLY_OFFICE", **how)

    async def decide(self, row: jpb.ActRow, parent: str, **changes: Any) -> Any:
        """The row of one file, derived from the act."""
        fields = {"application_id": row.application_id, "decision": row.decision}
        fields |= {"granted_cents": row.granted_cents, "section": row.section}
        request = pb.RecordDecisionRequest(**{**self.asked, **fields, **changes})
        return await self.desk.act(
            self.desk.cases.RecordDecision,
            request,
            "ASSEMBLY_OFFICE",
            parent=("RecordAct", parent),
            row=row.application_id,
        )

    async def transmit(self, day: str = "") -> Any:
        request = jpb.RecordTransmissionRequest(**self.asked, transmitted_on=day or await self.desk.today())
        return await self.desk.act(self.desk.jury.RecordTransmission, request, "ASSEMBLY_OFFICE")

    async def make_executory(self, day: str = "") -> Any:
        request = jpb.RecordExecutoryRequest(**self.asked, executory_on=day or await self.desk.today())
        return await self.desk.act(self.desk.jury.RecordExecutory, request, "ASSEMBLY_OFFICE")

    async def notify(self, **how: Any) -> Any:
        request = jpb.NotifyDecisionsRequest(**self.asked)
        return await self.desk.act(self.desk.jury.NotifyDecisions, request, "AUTHORISING_OFFICER", **how)

    async def notify_one(self, application_id: str, parent: str) -> Any:
        request = pb.NotifyDecisionRequest(application_id=application_id, call_id=self.desk.call_id)
        return await self.desk.act(
            self.desk.cases.NotifyDecision,
            request,
            "AUTHORISING_OFFICER",
            parent=("NotifyDecisions", parent),
            row=application_id,
        )

    async def get(self, role: str = "FINANCE", **how: Any) -> Any:
        return await self.desk.read(self.desk.jury.GetAct, jpb.GetActRequest(**self.asked), role, **how)
