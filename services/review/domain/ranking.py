"""The ranking and the cut: from raw scores to what the jury proposes, the same for the same data, whatever their order.

Both are pure calls: a what-if with other weights or another envelope is the same call with other arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from kit.errors import field_invalid
from kit.money import Cents
from services.review.domain.moves import ProposalState
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import EARLIEST_DEPOSIT, WHOLE, ReviewRules
from services.review.domain.scoring import Means, Sheet, means

NOTHING = Cents(0)


@dataclass(frozen=True)
class Contender:
    """A file before the jury. ``asked_cents``: what instruction proposes (≤ requested). ``heard``: presence recorded;
    ``absent``: absence recorded.

    ``scorers``: the members expected to score it (present and not recused). ``deposited_at``: aware instant of the
    first deposit.
    """

    application_id: str
    track: str
    section: str
    asked_cents: Cents
    deposited_at: datetime
    heard: bool
    scorers: frozenset[str]
    absent: bool = False


class Above(StrEnum):
    """What put a file behind the one ranked just above it."""

    FIRST = "FIRST"
    WEIGHTED_MEAN = "WEIGHTED_MEAN"
    CRITERION_MEAN = "CRITERION_MEAN"
    EARLIEST_DEPOSIT = "EARLIEST_DEPOSIT"
    APPLICATION_ID = "APPLICATION_ID"
    NOT_SCORED = "NOT_SCORED"


@dataclass(frozen=True)
class Ranked:
    """A rank, from 1, and its explanation. ``criterion`` is set for ``CRITERION_MEAN``.

    ``means`` is None for a file no complete sheet speaks of yet: it stands last and gets no proposal.
    """

    rank: int
    contender: Contender
    means: Means | None
    decided_by: Above
    criterion: str | None = None

    @property
    def tie_broken_by(self) -> str:
        """The rule that separated it from an equal mean above it; empty when the means differ."""
        if self.decided_by in {Above.FIRST, Above.WEIGHTED_MEAN, Above.NOT_SCORED}:
            return ""
        return self.criterion or self.decided_by.value.lower()


class CutReason(StrEnum):
    """Why a file got its proposal."""

    FULL = "FULL"
    REMAINDER = "REMAINDER"
    ENVELOPE_ENDED = "ENVELOPE_ENDED"
    UNDER_THRESHOLD = "UNDER_THRESHOLD"
    NOT_HEARD = "NOT_HEARD"
    NOT_SCORED = "NOT_SCORED"


@dataclass(frozen=True)
class Proposal:
    """What the jury proposes for one file. ``amount_cents`` is 0 unless proposed; ``partial``: less than asked.

    ``rank`` is 0 for a file not heard. ``available_cents``: what its section's envelope held when its turn came.
    """

    application_id: str
    rank: int
    section: str
    state: ProposalState
    reason: CutReason
    asked_cents: Cents
    amount_cents: Cents
    available_cents: Cents
    partial: bool


@dataclass(frozen=True)
class _Key:
    """One step of the comparison: ``value`` ascending, and the name of the step."""

    value: Fraction | datetime | str
    step: Above
    criterion: str | None = None


def rank(sheets: Iterable[Sheet], rules: ReviewRules, files: Iterable[Contender]) -> tuple[Ranked, ...]:
    """The files that were heard, best first, in a total order.

    Weighted mean, then the rulebook's tie rule in its order, then earliest deposit, then application id. Files whose
    presence was not recorded are not ranked.
    """
    held = tuple(sheets)
    heard = sorted((file for file in files if file.heard), key=lambda file: file.application_id)
    found = {
        file.application_id: means(rules, held, application_id=file.application_id, scorers=file.scorers)
        for file in heard
    }
    if len(found) != len(heard):
        raise ValueError("an application is ranked once")
    keyed = sorted(((_keys(rules, file, found[file.application_id]), file) for file in heard), key=_comparable)
    ranked: list[Ranked] = []
    for place, (keys, file) in enumerate(keyed, start=1):
        step, criterion = _decided(keyed[place - 2][0] if place > 1 else None, keys)
        ranked.append(Ranked(place, file, found[file.application_id], step, criterion))
    return tuple(ranked)


def cut(ranked: Iterable[Ranked], envelopes: Mapping[str, Cents], rules: ReviewRules) -> tuple[Proposal, ...]:
    """Goes down the ranking and spends the live envelope of each section (cents still free, by section).

    A file is proposed in full while its section covers it. The first one that does not fit closes its section: it takes
    the remainder if the rulebook says so and the remainder reaches its track's least amount. Nobody further down passes
    before it. Who is not proposed is on the waiting list from the eligible score up, declined below.
    Invalid: ``SECTION_UNKNOWN`` when a file's section has no envelope.
    """
    left = dict(envelopes)
    closed: set[str] = set()
    proposals = []
    for line in ranked:
        section = line.contender.section
        if section not in left:
            raise field_invalid("section", Reason.SECTION_UNKNOWN, section=section)
        proposal = _propose(line, left[section], rules, closed=frozenset(closed))
        left[section] -= proposal.amount_cents
        if line.means is not None and proposal.reason is not CutReason.FULL:
            closed.add(section)
        proposals.append(proposal)
    return tuple(proposals)


def not_heard(files: Iterable[Contender]) -> tuple[Proposal, ...]:
    """Files whose presence was not recorded: not ranked, declined, and said so; order by id."""
    return tuple(
        Proposal(
            application_id=file.application_id,
            rank=0,
            section=file.section,
            state=ProposalState.DECLINED,
            reason=CutReason.NOT_HEARD,
            asked_cents=file.asked_cents,
            amount_cents=NOTHING,
            available_cents=NOTHING,
            partial=False,
        )
        for file in sorted(files, key=lambda file: file.application_id)
        if not file.heard
    )


def next_waiting(ranked: Iterable[Ranked], proposals: Iterable[Proposal], *, section: str) -> Ranked | None:
    """The file that money freed in ``section`` goes to: the best ranked of those still on its waiting list."""
    waiting = {
        proposal.application_id
        for proposal in proposals
        if proposal.state is ProposalState.WAITING_LIST and proposal.section == section
    }
    return min(
        (line for line in ranked if line.contender.application_id in waiting), key=lambda line: line.rank, default=None
    )


def _propose(line: Ranked, available: Cents, rules: ReviewRules, *, closed: frozenset[str]) -> Proposal:
    file = line.contender
    if line.means is None:
        return _proposal(line, available, state=ProposalState.NONE, reason=CutReason.NOT_SCORED)
    if file.section not in closed:
        if file.asked_cents <= available:
            return _proposal(
                line,
                available,
                state=ProposalState.PROPOSED,
                reason=CutReason.FULL,
                amount=file.asked_cents,
            )
        least = max(rules.track(file.track).min_amount_cents, Cents(1))
        if rules.jury.last_takes_remainder and available >= least:
            return _proposal(
                line, available, state=ProposalState.PROPOSED, reason=CutReason.REMAINDER, amount=available
            )
    if line.means.share * WHOLE < rules.jury.eligible_score_basis_points:
        return _proposal(line, available, state=ProposalState.DECLINED, reason=CutReason.UNDER_THRESHOLD)
    return _proposal(line, available, state=ProposalState.WAITING_LIST, reason=CutReason.ENVELOPE_ENDED)


def _proposal(
    line: Ranked, available: Cents, *, state: ProposalState, reason: CutReason, amount: Cents = NOTHING
) -> Proposal:
    file = line.contender
    return Proposal(
        application_id=file.application_id,
        rank=line.rank,
        section=file.section,
        state=state,
        reason=reason,
        asked_cents=file.asked_cents,
        amount_cents=amount,
        available_cents=available,
        partial=NOTHING < amount < file.asked_cents,
    )


def _keys(rules: ReviewRules, file: Contender, found: Means | None) -> tuple[_Key, ...]:
    """The steps of the comparison; a file without a complete sheet has a mean below every other."""
    deposit = _Key(file.deposited_at, Above.EARLIEST_DEPOSIT)
    steps = [_Key(Fraction(1) if found is None else -found.weighted, Above.WEIGHTED_MEAN)]
    for code in rules.jury.tie_rule:
        if code == EARLIEST_DEPOSIT:
            steps.append(deposit)
        else:
            mean = Fraction(0) if found is None else -found.by_criterion[code]
            steps.append(_Key(mean, Above.CRITERION_MEAN, code))
    return (*steps, deposit, _Key(file.application_id, Above.APPLICATION_ID))


def _comparable(keyed: tuple[tuple[_Key, ...], Contender]) -> tuple[Fraction | datetime | str, ...]:
    return tuple(key.value for key in keyed[0])


def _decided(above: tuple[_Key, ...] | None, mine: tuple[_Key, ...]) -> tuple[Above, str | None]:
    if mine[0].value == Fraction(1):
        return Above.NOT_SCORED, None
    if above is None:
        return Above.FIRST, None
    step = next(key for key, other in zip(mine, above, strict=True) if key.value != other.value)
    return step.step, step.criterion
