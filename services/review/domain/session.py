"""The jury session: members, presence, quorum, recusals.

A recusal hides the file: the member neither reads nor scores it, hears nothing of it, counts in no mean and in no
quorum for it, even for what was done before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import FieldFault, Refused, field_invalid, not_found
from services.review.domain.moves import JURY_SESSION, JurySessionAction, JurySessionState, move
from services.review.domain.ranking import Contender
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import ReviewRules
from services.review.domain.scoring import Sheet, Tally, tally, void
from services.review.domain.votes import Ballot, check_ballot


class MemberRole(StrEnum):
    """Those who score and vote. The secretary keeps the minutes and is not one of them."""

    CHAIR = "CHAIR"
    MEMBER = "MEMBER"


class Presence(StrEnum):
    EXPECTED = "EXPECTED"
    PRESENT = "PRESENT"
    ABSENT = "ABSENT"


class ConflictNature(StrEnum):
    """What ties a member to a file."""

    EMPLOYER = "employer"
    MEMBER = "member"
    FAMILY = "family"
    OTHER = "other"


@dataclass(frozen=True)
class Member:
    member_id: str
    role: MemberRole
    presence: Presence = Presence.EXPECTED


@dataclass(frozen=True)
class Recusal:
    """Déport: ``declared_at`` is the instant of the declaration; it holds for the whole file, before and after."""

    member_id: str
    application_id: str
    nature: ConflictNature
    declared_at: datetime


@dataclass(frozen=True)
class Session:
    """One session of the jury. ``application_ids``: the files it sits on."""

    session_id: str
    state: JurySessionState
    members: tuple[Member, ...]
    application_ids: frozenset[str]
    recusals: tuple[Recusal, ...] = ()
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def member_ids(self) -> frozenset[str]:
        """Those who sit."""
        return frozenset(member.member_id for member in self.members)

    def with_presence(self, presence: Presence) -> tuple[str, ...]:
        """Ids of the members so recorded, in order."""
        return tuple(sorted(member.member_id for member in self.members if member.presence is presence))

    def recused(self, application_id: str) -> frozenset[str]:
        """Those who stood aside from a file."""
        return frozenset(found.member_id for found in self.recusals if found.application_id == application_id)


def prepare(session_id: str, *, member_ids: Iterable[str], chair_id: str, application_ids: Iterable[str]) -> Session:
    """A session to convoke. Invalid: ``CHAIR_NOT_A_MEMBER``, ``FILES_REQUIRED``."""
    members, files = sorted(set(member_ids)), frozenset(application_ids)
    if chair_id not in members:
        raise field_invalid("chair_id", Reason.CHAIR_NOT_A_MEMBER)
    if not files:
        raise field_invalid("application_ids", Reason.FILES_REQUIRED)
    seats = tuple(Member(found, MemberRole.CHAIR if found == chair_id else MemberRole.MEMBER) for found in members)
    return Session(session_id, JurySessionState.PREPARED, seats, files)


def record_presence(session: Session, member_id: str, *, presence: Presence) -> Session:
    """A late arrival or a departure, between the convocation and the close.

    Refused: ``NOT_FOUND`` for someone who does not sit, ``NOT_IN_THIS_STATE`` before or after.
    """
    _check_alive(session, "RECORD_PRESENCE")
    if member_id not in session.member_ids:
        raise not_found()
    members = tuple(
        replace(member, presence=presence) if member.member_id == member_id else member for member in session.members
    )
    return replace(session, members=members)


def recuse(session: Session, member_id: str, *, application_id: str, nature: ConflictNature, at: datetime) -> Session:
    """A declared conflict is a recusal at once; declared twice, the first stands. It has no reversal.

    Refused: ``NOT_FOUND`` for a member or a file of another session, ``NOT_IN_THIS_STATE`` once closed.
    """
    if member_id not in session.member_ids or application_id not in session.application_ids:
        raise not_found()
    if member_id in session.recused(application_id):
        return session
    if session.state in {JurySessionState.CLOSED, JurySessionState.CANCELLED}:
        raise Refused(Reason.NOT_IN_THIS_STATE, values={"state": session.state.value, "action": "RECUSE"})
    return replace(session, recusals=(*session.recusals, Recusal(member_id, application_id, nature, at)))


def audience(session: Session, application_id: str) -> frozenset[str]:
    """The members who may read the file and be told anything of it: all but the recused; nobody for another's file."""
    if application_id not in session.application_ids:
        return frozenset()
    return session.member_ids - session.recused(application_id)


def scorers(session: Session, application_id: str) -> frozenset[str]:
    """The members expected to score and vote on the file: neither recused nor recorded absent."""
    return audience(session, application_id) - set(session.with_presence(Presence.ABSENT))


def check_may_score(session: Session, member_id: str, *, application_id: str) -> None:
    """Scoring goes from the convocation to the close.

    Refused: ``NOT_FOUND`` (does not sit, recused, or another session's file: all read the same), ``NOT_IN_THIS_STATE``.
    """
    if member_id not in audience(session, application_id):
        raise not_found()
    _check_alive(session, "SUBMIT_SCORE")


def check_may_vote(session: Session, ballot: Ballot, *, application_id: str) -> None:
    """Hands are counted in session, on one of its files, among those present and not recused.

    Refused: ``NOT_FOUND``, ``NOT_IN_THIS_STATE``. Invalid: ``BALLOT_WRONG`` (values ``cast``, ``voters``).
    """
    if application_id not in session.application_ids:
        raise not_found()
    if session.state is not JurySessionState.OPEN:
        raise Refused(Reason.NOT_IN_THIS_STATE, values={"state": session.state.value, "action": "RECORD_BALLOT"})
    check_ballot(ballot, len(scorers(session, application_id)), path="in_favor_count")


def open_session(session: Session, rules: ReviewRules, *, present: Iterable[str], at: datetime) -> Session:
    """Opens with the members present, or resumes after an adjournment; the others are absent.

    Invalid: ``NOT_A_MEMBER``. Refused: ``NOT_IN_THIS_STATE``, ``QUORUM_NOT_MET`` (values ``present``, ``quorum``).
    """
    state = move(JURY_SESSION, session.state, JurySessionAction.OPEN)
    here = frozenset(present)
    if here - session.member_ids:
        raise field_invalid("present_ids", Reason.NOT_A_MEMBER)
    if len(here) < rules.jury.quorum:
        raise Refused(Reason.QUORUM_NOT_MET, values={"present": str(len(here)), "quorum": str(rules.jury.quorum)})
    members = tuple(
        replace(member, presence=Presence.PRESENT if member.member_id in here else Presence.ABSENT)
        for member in session.members
    )
    return replace(session, state=state, members=members, opened_at=session.opened_at or at)


def adjourn_session(session: Session) -> Session:
    """Interrupts the session: everybody is expected again. Refused: ``NOT_IN_THIS_STATE``."""
    state = move(JURY_SESSION, session.state, JurySessionAction.ADJOURN)
    members = tuple(replace(member, presence=Presence.EXPECTED) for member in session.members)
    return replace(session, state=state, members=members)


def cancel_session(session: Session) -> Session:
    """Gives the session up before any result. Refused: ``NOT_IN_THIS_STATE`` once it has one."""
    return replace(session, state=move(JURY_SESSION, session.state, JurySessionAction.CANCEL))


def close_session(
    session: Session, rules: ReviewRules, *, files: Iterable[Contender], sheets: Iterable[Sheet], at: datetime
) -> Session:
    """Closes the scoring; the result is frozen from then on.

    Refused: ``NOT_IN_THIS_STATE``; ``NOBODY_HEARD`` when no file was heard and one has no outcome of its hearing
    (``fields`` name those); ``QUORUM_NOT_MET`` when a heard file has too few members left for it (``fields``
    name the files); ``SCORES_MISSING`` (values ``complete``, ``expected``, ``applications``; ``fields`` likewise).
    """
    state = move(JURY_SESSION, session.state, JurySessionAction.CLOSE)
    seated = seat(session, files)
    _check_somebody_heard(seated)
    heard = tuple(file for file in seated if file.heard)
    _check_quorum_of_each(rules, heard)
    _check_scores(tallies(rules, heard, without_recused(session, sheets)))
    return replace(session, state=state, closed_at=at)


def seat(session: Session, files: Iterable[Contender]) -> tuple[Contender, ...]:
    """The session's files with those who score them now; files of other sessions left out, order by id."""
    mine = (file for file in files if file.application_id in session.application_ids)
    seated = (replace(file, scorers=scorers(session, file.application_id)) for file in mine)
    return tuple(sorted(seated, key=lambda file: file.application_id))


def tallies(rules: ReviewRules, files: Iterable[Contender], sheets: Iterable[Sheet]) -> tuple[Tally, ...]:
    """« n complètes sur m attendues » for each heard file."""
    held = tuple(sheets)
    return tuple(
        tally(rules, held, application_id=file.application_id, scorers=file.scorers) for file in files if file.heard
    )


def without_recused(session: Session, sheets: Iterable[Sheet]) -> tuple[Sheet, ...]:
    """The sheets as the recusals leave them: those of recused members voided."""
    held = tuple(sheets)
    for found in session.recusals:
        held = void(held, found.member_id, application_id=found.application_id)
    return held


def _check_alive(session: Session, action: str) -> None:
    if session.state in {JurySessionState.PREPARED, JurySessionState.CLOSED, JurySessionState.CANCELLED}:
        raise Refused(Reason.NOT_IN_THIS_STATE, values={"state": session.state.value, "action": action})


def _check_somebody_heard(files: Iterable[Contender]) -> None:
    """Closing would decline every file, which nobody decided: each absence must have been recorded."""
    held = tuple(files)
    silent = [file.application_id for file in held if not (file.heard or file.absent)]
    if silent and not any(file.heard for file in held):
        fields = tuple(FieldFault(f"applications.{found}", Reason.HEARING_NOT_RECORDED) for found in silent)
        raise Refused(Reason.NOBODY_HEARD, values={"applications": str(len(silent))}, fields=fields)


def _check_quorum_of_each(rules: ReviewRules, files: Iterable[Contender]) -> None:
    quorum = str(rules.jury.quorum)
    short = [(file.application_id, len(file.scorers)) for file in files if len(file.scorers) < rules.jury.quorum]
    if short:
        fields = tuple(
            FieldFault(f"applications.{found}", Reason.QUORUM_NOT_MET, {"present": str(left), "quorum": quorum})
            for found, left in short
        )
        least = min(left for _, left in short)
        raise Refused(Reason.QUORUM_NOT_MET, values={"present": str(least), "quorum": quorum}, fields=fields)


def _check_scores(found: tuple[Tally, ...]) -> None:
    short = [line for line in found if line.missing]
    if short:
        fields = tuple(
            FieldFault(f"applications.{line.application_id}", Reason.SCORES_MISSING, _counts((line,))) for line in short
        )
        values = {**_counts(found), "applications": str(len(short))}
        raise Refused(Reason.SCORES_MISSING, values=values, fields=fields)


def _counts(found: tuple[Tally, ...]) -> dict[str, str]:
    return {
        "complete": str(sum(line.complete for line in found)),
        "expected": str(sum(line.expected for line in found)),
        "applications": str(len(found)),
    }
