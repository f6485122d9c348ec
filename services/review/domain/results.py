"""The result of a session: what each file gets and why, and what is spent of each section; as a member may read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from kit.money import Cents
from services.review.domain.moves import ProposalState
from services.review.domain.ranking import CutReason, Proposal, Ranked

NOTHING = Cents(0)


@dataclass(frozen=True)
class Line:
    """One file. ``rank`` is 0 and ``mean`` None for a file not heard; ``mean`` is exact. ``recorded``: the frozen line
    reached the file. ``spread``: of the members' own means; not frozen."""

    application_id: str
    rank: int
    mean: Fraction | None
    proposal: ProposalState
    proposed_cents: Cents
    section: str
    explanation: CutReason
    tie_broken_by: str = ""
    recorded: bool = False
    spread: Fraction = Fraction(0)
    instructed_cents: Cents = NOTHING


@dataclass(frozen=True)
class Use:
    """One section: ``envelope_cents`` free before the session, ``proposed_cents`` of it spent."""

    section: str
    envelope_cents: Cents
    proposed_cents: Cents


@dataclass(frozen=True)
class Result:
    """Ranked files in their order, then those not heard; ``digest`` of the frozen record, empty while live."""

    lines: tuple[Line, ...]
    uses: tuple[Use, ...]
    digest: str = ""


def result_of(ranking: Iterable[Ranked], proposals: Iterable[Proposal], *, envelopes: Mapping[str, Cents]) -> Result:
    """The result that a ranking and its cut make."""
    ranked = {line.contender.application_id: line for line in ranking}
    lines = tuple(_line(proposal, ranked.get(proposal.application_id)) for proposal in proposals)
    return Result(lines, _uses(lines, envelopes))


def without(result: Result, hidden: Collection[str]) -> Result:
    """The same for somebody recused from ``hidden`` files: not one trace of them, neither a hole in the ranks nor their
    part of what is spent. Ranks are then those among the files shown."""
    if not hidden:
        return result
    shown = [line for line in result.lines if line.application_id not in hidden]
    ranks = {line.application_id: place for place, line in enumerate((one for one in shown if one.rank), start=1)}
    lines = tuple(replace(line, rank=ranks.get(line.application_id, 0)) for line in shown)
    return replace(result, lines=lines, uses=_uses(lines, {use.section: use.envelope_cents for use in result.uses}))


def with_spread(result: Result, ranking: Iterable[Ranked]) -> Result:
    """A frozen result with the spread of the grids it came from."""
    spreads = {line.contender.application_id: line.means.spread for line in ranking if line.means is not None}
    lines = tuple(replace(line, spread=spreads.get(line.application_id, Fraction(0))) for line in result.lines)
    return replace(result, lines=lines)


def _line(proposal: Proposal, ranked: Ranked | None) -> Line:
    return Line(
        application_id=proposal.application_id,
        rank=proposal.rank,
        mean=None if ranked is None or ranked.means is None else ranked.means.weighted,
        proposal=proposal.state,
        proposed_cents=proposal.amount_cents,
        section=proposal.section,
        explanation=proposal.reason,
        tie_broken_by="" if ranked is None else ranked.tie_broken_by,
        instructed_cents=proposal.asked_cents,
        spread=Fraction(0) if ranked is None or ranked.means is None else ranked.means.spread,
    )


def _uses(lines: tuple[Line, ...], envelopes: Mapping[str, Cents]) -> tuple[Use, ...]:
    return tuple(
        Use(section, cents, sum((line.proposed_cents for line in lines if line.section == section), NOTHING))
        for section, cents in sorted(envelopes.items())
    )
