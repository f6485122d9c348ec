"""Instructors decide, complete, review; the secretary hears; the jury scores and proposes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from uuid import UUID

from rehearsal.play import Application, Course, Mark, Person
from rehearsal.stage import Stage, text
from workflows.commands import Who
from workflows.contract import jury
from workflows.contract.application import (
    AssignReviewer,
    ConcludeReview,
    ConfirmCompleteness,
    ConfirmInadmissibility,
    CorrectionItem,
    DecideAdmissibility,
    DecideShortlist,
    GiveOpinion,
    RecordHearing,
    RequestCorrection,
    RequestOpinion,
    ScheduleHearing,
)
from workflows.contract.names import JURY


def of(stage: Stage, *courses: Course) -> list[Application]:
    """The files of some courses."""
    return [file for file in stage.edition.applications if file.course in courses]


def examined(stage: Stage) -> list[Application]:
    """The files whose full application arrives."""
    return [file for file in stage.edition.applications if file.course.examined]


async def decide_admissibility(stage: Stage) -> None:
    """Each pre-application: admissible, or inadmissible for a stated reason."""
    files = [file for file in stage.edition.applications if file.course is not Course.WITHDRAWN_BEFORE_INVITATION]
    instructor = stage.as_role("INSTRUCTOR", "first")

    async def one(file: Application) -> None:
        reasons = [file.inadmissible_reason] if file.inadmissible_reason else []
        await stage.act(
            instructor,
            file.application_id,
            DecideAdmissibility,
            str(file.application_id),
            admissible=not reasons,
            reasons=reasons,
        )

    await stage.together(files, one)


async def confirm_inadmissibility(stage: Stage) -> None:
    """A second person confirms."""
    second = stage.as_role("INSTRUCTOR", "second")
    await stage.together(
        of(stage, Course.INADMISSIBLE),
        lambda file: stage.act(
            second, file.application_id, ConfirmInadmissibility, str(file.application_id), confirmed=True
        ),
    )


async def check_completeness(stage: Stage) -> None:
    """What is missing is asked piece by piece, with a date; whole files are confirmed at once."""
    instructor = stage.as_role("INSTRUCTOR", "first")
    closes_at = stage.edition.calendar.moments["completeness_confirmed"]

    async def one(file: Application) -> None:
        if not file.missing_pieces:
            await stage.act(instructor, file.application_id, ConfirmCompleteness, str(file.application_id))
            return
        await stage.act(
            instructor,
            file.application_id,
            RequestCorrection,
            str(file.application_id),
            correction_id=stage.request_id("correction", file.application_id),
            items=[CorrectionItem(piece=piece, reason="MISSING") for piece in file.missing_pieces],
            closes_at=text(closes_at),
        )

    await stage.together(examined(stage), one)


async def confirm_completed(stage: Stage) -> None:
    """The files completed by their correction."""
    instructor = stage.as_role("INSTRUCTOR", "second")
    await stage.together(
        (file for file in examined(stage) if file.missing_pieces),
        lambda file: stage.act(instructor, file.application_id, ConfirmCompleteness, str(file.application_id)),
    )


async def assign_reviewers(stage: Stage) -> None:
    """Each file gets its reviewer."""
    admin = stage.as_role("CALL_ADMIN")

    async def one(file: Application) -> None:
        assert file.review is not None
        await stage.act(
            admin, file.application_id, AssignReviewer, str(file.application_id), str(file.review.reviewer_id)
        )

    await stage.together(examined(stage), one)


def _reviewer(stage: Stage, file: Application) -> Who:
    assert file.review is not None
    return Who(str(file.review.reviewer_id), frozenset({"INSTRUCTOR"}), stage.call_id)


def _asked(stage: Stage) -> Iterable[Application]:
    return (file for file in examined(stage) if file.review and file.review.opinion_of)


async def request_opinions(stage: Stage) -> None:
    """Some files are shown to an expert."""
    closes_at = text(stage.edition.calendar.moments["opinions_close"])

    async def one(file: Application) -> None:
        assert file.review is not None
        await stage.act(
            _reviewer(stage, file),
            file.application_id,
            RequestOpinion,
            str(file.application_id),
            opinion_id=stage.request_id("opinion", file.application_id),
            expert_id=str(file.review.opinion_of),
            closes_at=closes_at,
        )

    await stage.together(_asked(stage), one)


async def give_opinions(stage: Stage) -> None:
    """The experts answer."""

    async def one(file: Application) -> None:
        assert file.review is not None
        expert = Who(str(file.review.opinion_of), frozenset({"EXPERT"}), stage.call_id)
        words = await stage.save_text(
            expert, f"opinion/{file.application_id}", kind="OPINION", body="Avis fictif.", file=file.application_id
        )
        await stage.act(
            expert,
            file.application_id,
            GiveOpinion,
            str(file.application_id),
            opinion_id=stage.request_id("opinion", file.application_id),
            favourable=file.review.opinion_favourable,
            words=words,
        )

    await stage.together(_asked(stage), one)


async def conclude_reviews(stage: Stage) -> None:
    """Eligible base, analysis, amount and section proposed."""

    async def one(file: Application) -> None:
        assert file.review is not None
        reviewer = _reviewer(stage, file)
        analysis = await stage.save_text(
            reviewer,
            f"analysis/{file.application_id}",
            kind="ANALYSIS",
            body=file.review.analysis,
            file=file.application_id,
        )
        await stage.act(
            reviewer,
            file.application_id,
            ConcludeReview,
            str(file.application_id),
            eligible_base_cents=file.review.eligible_base_cents,
            proposed_cents=file.review.instructed_cents,
            section=file.project.section,
            analysis=analysis,
        )

    await stage.together(examined(stage), one)


async def decide_shortlist(stage: Stage) -> None:
    """Kept for the hearings, or not."""
    admin = stage.as_role("CALL_ADMIN")
    await stage.together(
        examined(stage),
        lambda file: stage.act(
            admin,
            file.application_id,
            DecideShortlist,
            str(file.application_id),
            shortlisted=file.course is Course.HEARD,
        ),
    )


async def schedule_hearings(stage: Stage) -> None:
    """Slots; one is moved."""
    secretary = stage.as_role("JURY_SECRETARY")

    async def one(file: Application) -> None:
        assert file.hearing is not None
        for turn, at in enumerate(filter(None, (file.hearing.moved_from, file.hearing.at))):
            await stage.act(
                secretary, f"{file.application_id}/{turn}", ScheduleHearing, str(file.application_id), text(at)
            )

    await stage.together(of(stage, Course.HEARD), one)


async def record_hearings(stage: Stage) -> None:
    """Heard means presence recorded."""
    secretary = stage.as_role("JURY_SECRETARY")
    await stage.together(
        of(stage, Course.HEARD),
        lambda file: stage.act(secretary, file.application_id, RecordHearing, str(file.application_id), present=True),
    )


def _session(stage: Stage) -> tuple[str, str]:
    return stage.call_id, str(stage.edition.session_id)


async def convoke_jury(stage: Stage) -> None:
    """Members and files are named; files open to the members."""
    secretary = stage.as_role("JURY_SECRETARY")
    members = [str(person.person_id) for person in stage.edition.jury]
    await stage.act(
        secretary,
        "session",
        jury.PrepareSession,
        *_session(stage),
        held_at=text(stage.edition.calendar.moments["jury_session"]),
        member_ids=members,
        chair_id=str(stage.edition.person("JURY_CHAIR").person_id),
        application_ids=[str(file.application_id) for file in of(stage, Course.HEARD)],
    )
    await stage.act(secretary, "session", jury.ConvokeSession, *_session(stage))


async def declare_conflicts(stage: Stage) -> None:
    """A member tied to a file says so: it vanishes for that member."""
    pairs = [(file, member) for file in of(stage, Course.HEARD) for member in file.conflicts]

    async def one(pair: tuple[Application, UUID]) -> None:
        file, member = pair
        who = Who(str(member), frozenset({"JURY_MEMBER"}), stage.call_id)
        await stage.act(
            who,
            f"{file.application_id}/{member}",
            jury.DeclareConflict,
            *_session(stage),
            str(file.application_id),
            nature="member",
        )

    await stage.together(pairs, one)


async def submit_scores(stage: Stage) -> None:
    """Each member's whole grid for each file, with a reason a criterion."""
    sheets = [
        (file, member)
        for file in of(stage, Course.HEARD)
        for member in stage.edition.jury
        if member.person_id in file.marks
    ]

    async def one(sheet: tuple[Application, Person]) -> None:
        file, member = sheet
        who = stage.who(member)
        marks = await asyncio.gather(*(_mark(stage, who, file, mark) for mark in file.marks[member.person_id]))
        key = f"{file.application_id}/{member.person_id}"
        await stage.act(who, key, jury.SubmitScore, *_session(stage), str(file.application_id), list(marks))

    await stage.together(sheets, one)


async def _mark(stage: Stage, who: Who, file: Application, mark: Mark) -> jury.Mark:
    key = f"score/{file.application_id}/{who.person}/{mark.criterion}"
    reason = await stage.save_text(who, key, kind="SCORE", body=mark.reason, file=file.application_id)
    return jury.Mark(mark.criterion, mark.value, reason)


async def open_session(stage: Stage) -> None:
    """Presence recorded."""
    present = [str(person.person_id) for person in stage.edition.jury]
    await stage.act(stage.as_role("JURY_CHAIR"), "session", jury.OpenSession, *_session(stage), present)


async def close_session(stage: Stage) -> None:
    """The ranking and the cut line; each file receives its result."""
    await stage.act(stage.as_role("JURY_CHAIR"), "session", jury.CloseSession, *_session(stage))
    results = await stage.rows_of(JURY.id_of(str(stage.edition.session_id)))
    refused = {row: result for row, result in results.items() if result != "done"}
    if refused:
        raise RuntimeError(f"the jury's result did not reach {len(refused)} files: {sorted(set(refused.values()))}")
