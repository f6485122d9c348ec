"""Recevabilité: the form of a pre-application against the rulebook. Not its merits, which are the jury's.

Two pairs of eyes for an inadmissibility: one person proposes it with its reasons, another confirms it or sends it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from kit.errors import Kind, Refused, field_invalid
from services.review.domain.moves import ADMISSIBILITY, AdmissibilityAction, AdmissibilityState, move
from services.review.domain.reasons import Reason


class InadmissibilityReason(StrEnum):
    """The grounds the published rules of the call know (règlement: beneficiaries, territory, amounts, exclusions)."""

    OUTSIDE_TERRITORY = "OUTSIDE_TERRITORY"
    LEGAL_FAMILY_NOT_ELIGIBLE = "LEGAL_FAMILY_NOT_ELIGIBLE"
    COMPANY_WITHOUT_ESUS = "COMPANY_WITHOUT_ESUS"
    INSERTION_BODY_NOT_AGREED = "INSERTION_BODY_NOT_AGREED"
    NO_IDENTIFIED_HOLDER = "NO_IDENTIFIED_HOLDER"
    SUPPORTS_STRUCTURE_NOT_PROJECT = "SUPPORTS_STRUCTURE_NOT_PROJECT"
    ALREADY_AIDED_FOR_THIS_PROJECT = "ALREADY_AIDED_FOR_THIS_PROJECT"
    AMOUNT_OUT_OF_BOUNDS = "AMOUNT_OUT_OF_BOUNDS"
    RATE_TOO_HIGH = "RATE_TOO_HIGH"
    RECEIVED_TOO_LATE = "RECEIVED_TOO_LATE"
    DUPLICATE_APPLICATION = "DUPLICATE_APPLICATION"


@dataclass(frozen=True)
class Admissibility:
    """``reasons`` in the order of the enumeration; ``decided_by``, ``confirmed_by``: opaque person ids."""

    state: AdmissibilityState = AdmissibilityState.PENDING
    reasons: tuple[InadmissibilityReason, ...] = ()
    decided_by: str | None = None
    confirmed_by: str | None = None


def admit(current: Admissibility, by: str) -> Admissibility:
    """One person is enough to admit. Refused: ``NOT_IN_THIS_STATE``."""
    state = move(ADMISSIBILITY, current.state, AdmissibilityAction.ADMIT)
    return Admissibility(state=state, decided_by=by)


def propose_inadmissible(current: Admissibility, by: str, *, reasons: Iterable[str]) -> Admissibility:
    """``reasons``: codes. Refused: ``NOT_IN_THIS_STATE``; invalid: ``REASON_REQUIRED``, ``REASON_UNKNOWN``."""
    state = move(ADMISSIBILITY, current.state, AdmissibilityAction.PROPOSE_INADMISSIBLE)
    given = set(reasons)
    if not given:
        raise field_invalid("reasons", Reason.REASON_REQUIRED)
    if given - set(InadmissibilityReason):
        raise field_invalid("reasons", Reason.REASON_UNKNOWN)
    ordered = tuple(reason for reason in InadmissibilityReason if reason in given)
    return Admissibility(state=state, reasons=ordered, decided_by=by)


def confirm(current: Admissibility, by: str) -> Admissibility:
    """The second pair of eyes. Refused: ``NOT_IN_THIS_STATE``, ``SECOND_PERSON_REQUIRED`` (denied) to the proposer."""
    state = move(ADMISSIBILITY, current.state, AdmissibilityAction.CONFIRM)
    if by == current.decided_by:
        raise Refused(Reason.SECOND_PERSON_REQUIRED, kind=Kind.DENIED)
    return replace(current, state=state, confirmed_by=by)


def send_back(current: Admissibility) -> Admissibility:
    """The proposal falls, by whoever reads it again (its author may take it back). Refused: ``NOT_IN_THIS_STATE``."""
    return Admissibility(state=move(ADMISSIBILITY, current.state, AdmissibilityAction.SEND_BACK))
