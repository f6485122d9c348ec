"""A second call in the same installation, played today by the rehearsal's own scenes and left in mid-course.

Each file stands where a test needs one; ``Second`` names them. A test that moves a file has that file to itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from jalon.payments.v1 import awards_pb2, runs_pb2

from rehearsal.__main__ import rows_of
from rehearsal.clock import Clock, DatabaseOffset
from rehearsal.edition import draw
from rehearsal.play import Application, Calendar, Course, Edition, Hearing
from rehearsal.quiet import Quiet
from rehearsal.scenes import examining, paying, receiving
from rehearsal.stage import Stage, text
from tests.journeys.people import Town, later, local
from workflows.commands import Who
from workflows.contract import jury
from workflows.contract.call import ActRow, NotifyDecisions, RecordAct, RecordExecutory, RecordTransmission
from workflows.contract.payment_run import PreparePaymentRun, SealPaymentRun

SEED = 41
HEARD = (
    *("aside", "sealed", "changed", "pressed", "halved", "unverified", "unsigned", "half_signed"),
    *("unexecutory", "unnotified", "blank", "hidden"),
)
"""Best scores first. The first eight are awarded and notified together; each other one has a session of its own."""
AWARDED = 8
INVITED = ("uploads", "drafts")
RECEIVED = ("received", "doubtful", "twice")
ENVELOPE = 100_000_00


@dataclass
class Second:
    """The call as it was left. ``files`` by name; ``runs``: payment runs by the file they pay."""

    town: Town
    stage: Stage
    clock: Clock
    files: dict[str, Application]
    sessions: dict[str, str] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)

    def id_of(self, name: str) -> str:
        """The application's id."""
        return str(self.files[name].application_id)

    def applicant(self, name: str) -> Who:
        """Who carries it."""
        return self.stage.applicant(self.files[name])

    def role(self, role: str, duty: str = "") -> Who:
        """A member of the staff."""
        return self.stage.as_role(role, duty)

    @property
    def weights(self) -> dict[str, int]:
        """The weight of each criterion."""
        return {item["code"]: item["weight"] for item in json.loads(self.stage.edition.rulebook)["grid"]}

    @property
    def aside(self) -> Who:
        """The jury member who declared a conflict on the file ``aside``."""
        return Who(str(self.files["aside"].conflicts[0]), frozenset({"JURY_MEMBER"}), self.stage.call_id)

    async def award(self, name: str) -> Any:
        """Its money."""
        return await paying.award_of(self.stage, self.files[name])

    async def run(self, name: str) -> Any:
        """The payment run that pays it."""
        request = runs_pb2.GetPaymentRunRequest(call_id=self.stage.call_id, payment_run_id=self.runs[name])
        return await self.town.door.read(
            self.role("AUDITOR"), self.town.stub("payments", "runs").GetPaymentRun, request
        )

    async def move_clock(self, to: datetime) -> None:
        """Moves the installation's time, every open workflow with it."""
        await self.clock.advance(to=to)


async def play_second_call(town: Town) -> Second:
    """Plays it; the installation's clock moves by two hours."""
    now = await town.door.now()
    edition, files = _edition(now)
    stage = Stage(edition, town.door, lambda workflow_id: rows_of(town.door, workflow_id))
    clock = Clock(town.door.client, DatabaseOffset(town.admin), quiet=Quiet(town.admin))
    second = Second(town, stage, clock, files)
    await receiving.prepare_call(stage)
    await receiving.open_call(stage)
    await receiving.submit_applications(stage, list(edition.applications))
    await town.quiet()
    await examining.decide_admissibility(_on(second, [*HEARD, *INVITED, "concluded"]))
    await clock.advance(to=edition.calendar.moments["full_opens"])
    await _examine(second)
    await _deliberate(second)
    await _pay(second)
    return second


def _edition(now: datetime) -> tuple[Edition, dict[str, Application]]:
    drawn = draw(SEED)
    weights = {criterion["code"]: criterion["weight"] for criterion in json.loads(drawn.rulebook)["grid"]}
    heard = [
        file
        for file in drawn.applications
        if file.course is Course.HEARD and file.organization.legal_family != "natural_person"
    ]
    heard.sort(key=lambda file: -_score(file, weights))
    names = dict(zip(HEARD, heard, strict=False))
    examined = (file for file in drawn.applications if file.course is Course.NOT_SHORTLISTED)
    others = (file for file in drawn.applications if not file.course.examined and not file.inadmissible_reason)
    names |= {"concluded": next(examined)} | dict(zip((*INVITED, *RECEIVED), others, strict=False))
    opens = (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    files = {
        name: replace(
            file,
            application_id=uuid4(),
            course=file.course if file.course.examined else Course.LAPSED,
            missing_pieces=(),
            organization=replace(file.organization, esus_until=file.organization.esus_until and later(now, 900).date()),
            hearing=file.hearing and Hearing(later(now, 2), None),
        )
        for name, file in names.items()
    }
    calendar = _calendar(drawn.calendar, now, opens)
    edition = replace(
        drawn,
        call_id=uuid4(),
        session_id=uuid4(),
        act_id=uuid4(),
        rulebook=_rulebook(drawn.rulebook, now, opens),
        calendar=calendar,
        applications=tuple(files.values()),
    )
    return edition, files


def _score(file: Application, weights: dict[str, int]) -> float:
    sheets = [sum(weights[mark.criterion] * mark.value for mark in marks) for marks in file.marks.values()]
    return sum(sheets) / len(sheets)


def _calendar(drawn: Calendar, now: datetime, opens: datetime) -> Calendar:
    today = now.date()
    return replace(
        drawn,
        moments={**dict.fromkeys(drawn.moments, later(now, 20)), "projects_end": later(now, 400), "full_opens": opens},
        act_session_on=today,
        act_transmitted_on=today,
        act_executory_on=today,
    )


def _rulebook(data: bytes, now: datetime, opens: datetime) -> bytes:
    content = json.loads(data)
    content["reference"] = f"ESSAI-{uuid4().hex[:8]}"
    content["windows"]["pre_application"] |= {"opens": local(later(now, -1)), "closes": local(opens)}
    content["windows"]["full_application"] |= {"opens": local(opens), "closes": local(later(now, 60))}
    for envelope in content["envelopes"]:
        envelope["announced_cents"] = ENVELOPE
    return json.dumps(content, ensure_ascii=False).encode()


def _on(second: Second, names: Iterable[str]) -> Stage:
    """The stage with some files on it."""
    kept = tuple(second.files[name] for name in names)
    stage = second.stage
    return Stage(replace(stage.edition, applications=kept), stage.door, stage.rows_of)


def _heard_today(stage: Stage, now: datetime) -> Stage:
    """The same files, their hearings on the day this call is played: presence is recorded then."""
    files = tuple(replace(file, hearing=Hearing(at=now, moved_from=None)) for file in stage.edition.applications)
    return Stage(replace(stage.edition, applications=files), stage.door, stage.rows_of)


async def _examine(second: Second) -> None:
    """Full applications, completeness, reviews; the heard ones are heard."""
    whole = _on(second, [*HEARD, "concluded"])
    await receiving.submit_full_applications(whole, list(whole.edition.applications))
    await second.town.quiet()
    await examining.check_completeness(whole)
    await examining.assign_reviewers(whole)
    await examining.request_opinions(whole)
    await examining.give_opinions(whole)
    await examining.conclude_reviews(whole)
    heard = _heard_today(_on(second, HEARD), await second.stage.door.now())
    await examining.decide_shortlist(heard)
    await examining.schedule_hearings(heard)
    await examining.record_hearings(heard)


async def _deliberate(second: Second) -> None:
    """A session for what is awarded, and one for each file that stays on the way."""
    await session(second, "main", HEARD[:AWARDED])
    await _vote(second, "main", HEARD[:AWARDED], until="notified")
    for name, until in (("unexecutory", "transmitted"), ("unnotified", "executory")):
        await session(second, name, [name])
        await _vote(second, name, [name], until=until)


async def session(second: Second, key: str, names: Sequence[str], *, until: str = "closed") -> None:
    """A session of its own for some files: ``convoked``, ``scored``, ``opened`` or ``closed``."""
    stage, files = second.stage, [second.files[name] for name in names]
    second.sessions[key] = session_id = str(uuid4())
    secretary, chair = second.role("JURY_SECRETARY"), second.role("JURY_CHAIR")
    members = [str(person.person_id) for person in stage.edition.jury]
    call = (stage.call_id, session_id)
    await stage.act(
        secretary,
        key,
        jury.PrepareSession,
        *call,
        held_at=text(later(await stage.door.now(), 5)),
        member_ids=members,
        chair_id=chair.person,
        application_ids=[str(file.application_id) for file in files],
    )
    await stage.act(secretary, key, jury.ConvokeSession, *call)
    if until == "convoked":
        return
    edition = replace(stage.edition, session_id=UUID(session_id), applications=tuple(files))
    played = Stage(edition, stage.door, stage.rows_of)
    await examining.declare_conflicts(played)
    await examining.submit_scores(played)
    if until == "scored":
        return
    await stage.act(chair, key, jury.OpenSession, *call, members)
    if until == "opened":
        return
    await stage.act(chair, key, jury.CloseSession, *call)
    assert set((await stage.rows_of(f"jury/{session_id}")).values()) == {"done"}


async def _vote(second: Second, key: str, names: Sequence[str], *, until: str) -> None:
    stage, office = second.stage, second.role("ASSEMBLY_OFFICE")
    second.acts[key] = act_id = str(uuid4())
    on = stage.edition.calendar.act_session_on.isoformat()
    rows = [_row(second.files[name]) for name in names]
    await stage.act(
        office,
        key,
        RecordAct,
        stage.call_id,
        act_id,
        session_id=second.sessions[key],
        number=f"ESSAI_{uuid4().hex[:8].upper()}",
        session_on=on,
        rows=rows,
    )
    await _each_done(second)
    await stage.act(office, key, RecordTransmission, stage.call_id, act_id, on)
    if until == "transmitted":
        return
    await stage.act(office, key, RecordExecutory, stage.call_id, act_id, on)
    if until == "executory":
        return
    await stage.act(second.role("AUTHORISING_OFFICER"), key, NotifyDecisions, stage.call_id, act_id)
    await _each_done(second)


def _row(file: Application) -> ActRow:
    assert file.review is not None
    return ActRow(str(file.application_id), "GRANTED", file.review.instructed_cents, file.project.section)


async def _each_done(second: Second) -> None:
    results = await second.stage.rows_of(f"call/{second.stage.call_id}")
    assert set(results.values()) <= {"done"}, results


async def _pay(second: Second) -> None:
    """Agreements, accounts, advances; three runs, of which two are sealed once."""
    await paying.send_agreements(_on(second, HEARD[:AWARDED]), of_new_entities=False)
    for wave in (0, 1):
        await paying.sign_agreements(_on(second, [name for name in HEARD[:AWARDED] if name != "unsigned"]), wave)
    await second.town.quiet()
    signed = _on(second, HEARD[: HEARD.index("unsigned")])
    await paying.countersign_agreements(signed)
    await paying.declare_bank_details(signed)
    await second.town.quiet()
    await paying.verify_bank_details(_on(second, HEARD[: HEARD.index("unverified")]))
    await paying.liquidate(_on(second, HEARD[: HEARD.index("halved")]), kind="advance")
    for name in ("aside", "sealed", "changed", "pressed"):
        await _prepare_run(second, name)
    for name in ("changed", "pressed"):
        run = await second.run(name)
        await second.stage.act(
            second.role("FINANCE", "first_seal"),
            name,
            SealPaymentRun,
            second.stage.call_id,
            run.payment_run_id,
            run.digest,
        )


async def _prepare_run(second: Second, name: str) -> None:
    advance = next(item for item in (await second.award(name)).installments if item.kind == "advance")
    assert advance.state == awards_pb2.INSTALLMENT_STATE_LIQUIDATED
    second.runs[name] = run_id = str(uuid4())
    liquidator = second.role("FINANCE", "liquidator")
    await second.stage.act(liquidator, name, PreparePaymentRun, second.stage.call_id, run_id, [advance.installment_id])
    assert set((await second.stage.rows_of(f"payment-run/{run_id}")).values()) == {"done"}
