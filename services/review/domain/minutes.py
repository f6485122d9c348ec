"""The minutes (procès-verbal) of a closed session, re-derivable from the raw scores and the rulebook cited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from kit.errors import Refused
from kit.money import Cents
from services.review.domain.moves import JurySessionState
from services.review.domain.ranking import Contender, Proposal, Ranked, cut, not_heard, rank
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import ReviewRules
from services.review.domain.scoring import Sheet, Tally
from services.review.domain.session import Presence, Recusal, Session, scorers, seat, tallies, without_recused
from services.review.domain.votes import Ballot, check_ballot


@dataclass(frozen=True)
class Minutes:
    """``envelopes``: cents free by section when the session closed. ``votes``: shows of hands, by application, if any.

    ``proposals``: one per file of the session, ranked ones in their order, then those not heard.
    """

    session_id: str
    rulebook_digest: str
    quorum: int
    opened_at: datetime | None
    closed_at: datetime
    present: tuple[str, ...]
    absent: tuple[str, ...]
    recusals: tuple[Recusal, ...]
    tallies: tuple[Tally, ...]
    ranking: tuple[Ranked, ...]
    envelopes: Mapping[str, Cents]
    proposals: tuple[Proposal, ...]
    votes: Mapping[str, Ballot]


@dataclass(frozen=True)
class Papers:
    """What the session had on its table."""

    files: tuple[Contender, ...]
    sheets: tuple[Sheet, ...]
    envelopes: Mapping[str, Cents]


def project(session: Session, rules: ReviewRules, papers: Papers) -> tuple[tuple[Ranked, ...], tuple[Proposal, ...]]:
    """The ranking and the cut as they stand, at any moment: one proposal per file, ranked ones first."""
    seated = seat(session, papers.files)
    ranking = rank(without_recused(session, papers.sheets), rules, seated)
    return ranking, cut(ranking, papers.envelopes, rules) + not_heard(seated)


def draw_up(
    session: Session, rules: ReviewRules, *, rulebook_digest: str, papers: Papers, votes: Mapping[str, Ballot]
) -> Minutes:
    """The minutes of a closed session.

    Refused: ``SESSION_NOT_CLOSED``. Invalid: ``BALLOT_WRONG`` when a file has more voices than members left for it.
    """
    if session.state is not JurySessionState.CLOSED or session.closed_at is None:
        raise Refused(Reason.SESSION_NOT_CLOSED, values={"state": session.state.value})
    for application_id, ballot in votes.items():
        check_ballot(ballot, len(scorers(session, application_id)), path=f"votes.{application_id}")
    seated = seat(session, papers.files)
    held = without_recused(session, papers.sheets)
    ranking, proposals = project(session, rules, papers)
    return Minutes(
        session_id=session.session_id,
        rulebook_digest=rulebook_digest,
        quorum=rules.jury.quorum,
        opened_at=session.opened_at,
        closed_at=session.closed_at,
        present=session.with_presence(Presence.PRESENT),
        absent=session.with_presence(Presence.ABSENT),
        recusals=tuple(sorted(session.recusals, key=lambda found: (found.application_id, found.member_id))),
        tallies=tallies(rules, seated, held),
        ranking=ranking,
        envelopes=dict(papers.envelopes),
        proposals=proposals,
        votes=dict(votes),
    )


def as_record(minutes: Minutes) -> dict[str, object]:
    """Plain JSON values (whole numbers, strings, lists, tables) for a canonical form and its digest.

    Fractions are written ``numerator/denominator``, instants in UTC. Opaque ids, states, amounts: no text.
    """
    return {
        "schema": "jalon.minutes/1",
        "session_id": minutes.session_id,
        "rulebook_digest": minutes.rulebook_digest,
        "quorum": minutes.quorum,
        "opened_at": None if minutes.opened_at is None else _instant(minutes.opened_at),
        "closed_at": _instant(minutes.closed_at),
        "present": list(minutes.present),
        "absent": list(minutes.absent),
        "recusals": [_recusal(found) for found in minutes.recusals],
        "tallies": [
            {"application_id": line.application_id, "complete": line.complete, "expected": line.expected}
            for line in minutes.tallies
        ],
        "ranking": [_ranked(line) for line in minutes.ranking],
        "envelopes": {section: int(cents) for section, cents in sorted(minutes.envelopes.items())},
        "proposals": [_proposal(found) for found in minutes.proposals],
        "votes": {
            application_id: {"in_favor": vote.in_favor, "against": vote.against, "abstained": vote.abstained}
            for application_id, vote in sorted(minutes.votes.items())
        },
    }


def _recusal(found: Recusal) -> dict[str, object]:
    return {
        "member_id": found.member_id,
        "application_id": found.application_id,
        "nature": found.nature.value,
        "declared_at": _instant(found.declared_at),
    }


def _ranked(line: Ranked) -> dict[str, object]:
    found = line.means
    return {
        "rank": line.rank,
        "application_id": line.contender.application_id,
        "mean": None if found is None else _fraction(found.weighted),
        "criteria": {} if found is None else {code: _fraction(mean) for code, mean in found.by_criterion.items()},
        "decided_by": line.decided_by.value,
        "tie_broken_by": line.tie_broken_by,
    }


def _proposal(found: Proposal) -> dict[str, object]:
    return {
        "application_id": found.application_id,
        "section": found.section,
        "state": found.state.value,
        "reason": found.reason.value,
        "asked_cents": int(found.asked_cents),
        "amount_cents": int(found.amount_cents),
        "available_cents": int(found.available_cents),
    }


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
