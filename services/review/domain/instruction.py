"""Instruction: the eligible base kept, the amount proposed to the jury, and the budget section it is charged to."""

from __future__ import annotations

from dataclasses import dataclass

from kit.errors import FieldFault, Refused, invalid
from kit.money import Cents
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import WHOLE, ReviewRules
from services.review.domain.texts import TextRef


@dataclass(frozen=True)
class Instruction:
    """The instructor's record. ``eligible_cost_cents``: as deposited; ``eligible_base_cents``: what is kept of it.

    ``proposed_cents`` None: no aid is proposed (the review may be concluded, the file not shortlisted); ``section``
    goes with the amount.
    """

    track: str
    eligible_cost_cents: Cents
    requested_cents: Cents
    eligible_base_cents: Cents
    proposed_cents: Cents | None
    section: str | None
    analysis: TextRef | None


def check_instruction(rules: ReviewRules, record: Instruction) -> None:
    """What a concluded record must satisfy; every wrong field told.

    Invalid: ``TRACK_UNKNOWN``, ``ANALYSIS_MISSING``, ``ELIGIBLE_BASE_WRONG`` (``eligible_cost_cents``),
    ``AMOUNT_ABOVE_REQUESTED`` (``requested_cents``), ``RATE_EXCEEDED`` (``max_cents``,
    ``rate_basis_points``), ``AMOUNT_BELOW_MINIMUM`` (``min_cents``), ``AMOUNT_ABOVE_CEILING`` (``max_cents``),
    ``SECTION_REQUIRED``, ``SECTION_UNKNOWN``.
    """
    faults = []
    if record.analysis is None:
        faults.append(FieldFault("analysis", Reason.ANALYSIS_MISSING))
    if not 0 < record.eligible_base_cents <= record.eligible_cost_cents:
        values = {"eligible_cost_cents": str(int(record.eligible_cost_cents))}
        faults.append(FieldFault("eligible_base_cents", Reason.ELIGIBLE_BASE_WRONG, values))
    if record.proposed_cents is None:
        rules.track(record.track)
    else:
        faults += _amount_faults(rules, record, record.proposed_cents)
    if faults:
        raise invalid(*faults)


def check_amount_proposed(proposed_cents: Cents | None) -> None:
    """Only a file with a proposed amount goes before the jury. Refused: ``NO_AMOUNT_PROPOSED``."""
    if proposed_cents is None:
        raise Refused(Reason.NO_AMOUNT_PROPOSED)


def _amount_faults(rules: ReviewRules, record: Instruction, proposed: Cents) -> list[FieldFault]:
    track = rules.track(record.track)
    faults = []
    if proposed > record.requested_cents:
        values = {"requested_cents": str(int(record.requested_cents))}
        faults.append(FieldFault("proposed_cents", Reason.AMOUNT_ABOVE_REQUESTED, values))
    # cut, not rounded: rounding a share could let half a cent through
    ceiling = int(record.eligible_base_cents) * track.rate_basis_points // WHOLE
    if proposed > ceiling:
        values = {"max_cents": str(ceiling), "rate_basis_points": str(track.rate_basis_points)}
        faults.append(FieldFault("proposed_cents", Reason.RATE_EXCEEDED, values))
    if proposed < track.min_amount_cents:
        values = {"min_cents": str(int(track.min_amount_cents))}
        faults.append(FieldFault("proposed_cents", Reason.AMOUNT_BELOW_MINIMUM, values))
    if proposed > track.max_amount_cents:
        values = {"max_cents": str(int(track.max_amount_cents))}
        faults.append(FieldFault("proposed_cents", Reason.AMOUNT_ABOVE_CEILING, values))
    if record.section is None:
        faults.append(FieldFault("section", Reason.SECTION_REQUIRED))
    elif record.section not in rules.envelopes:
        faults.append(FieldFault("section", Reason.SECTION_UNKNOWN, {"section": record.section}))
    return faults
