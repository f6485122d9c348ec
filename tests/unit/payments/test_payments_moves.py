"""Every (state, action) pair of every thing: the moves that exist, and the refusal of all the others."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

import pytest

from kit.errors import Kind, Refused
from services.payments.domain import moves

# Written by hand from the life of each thing, not from the tables under test.
EXPECTED = {
    "AWARD": "RESERVED VOTE VOTED; RESERVED RELEASE RELEASED; VOTED COMMIT COMMITTED; VOTED RELEASE RELEASED; "
    "COMMITTED CLOSE CLOSED; COMMITTED RELEASE RELEASED; RELEASED RESERVE RESERVED",
    "AGREEMENT": "DRAFTED SEND SENT; DRAFTED CANCEL CANCELLED; SENT SIGN SIGNED_BY_BENEFICIARY; SENT LAPSE EXPIRED; "
    "SENT CANCEL CANCELLED; SIGNED_BY_BENEFICIARY COUNTERSIGN SIGNED; SIGNED_BY_BENEFICIARY CANCEL CANCELLED",
    "BANK_DETAILS": "DECLARED VERIFY VERIFIED; DECLARED REJECT REJECTED; DECLARED SUPERSEDE SUPERSEDED; "
    "VERIFIED REJECT REJECTED; VERIFIED SUPERSEDE SUPERSEDED",
    "INSTALLMENT": "PLANNED LIQUIDATE LIQUIDATED; PLANNED CANCEL CANCELLED; LIQUIDATED ORDER ORDERED; "
    "LIQUIDATED CANCEL CANCELLED; ORDERED GIVE_BACK LIQUIDATED; ORDERED PAY PAID",
    "PAYMENT_ORDER": "PREPARED SEND SENT; PREPARED REMOVE REMOVED; SENT TAKE_IN_CHARGE TAKEN_IN_CHARGE; "
    "SENT REJECT REJECTED; TAKEN_IN_CHARGE PAY PAID; TAKEN_IN_CHARGE REJECT REJECTED",
    "PAYMENT_RUN": "PREPARED SEAL SEALED_ONCE; PREPARED REMOVE_ORDER PREPARED; SEALED_ONCE COUNTERSEAL SEALED; "
    "SEALED_ONCE REMOVE_ORDER PREPARED; SEALED REMOVE_ORDER PREPARED; SEALED SEND SENT; SENT SETTLE SETTLED; "
    "PREPARED SETTLE SETTLED",
    "FINANCIAL_REPORT": "EXPECTED SUBMIT SUBMITTED; SUBMITTED ACCEPT ACCEPTED; SUBMITTED RETURN RETURNED; "
    "RETURNED SUBMIT SUBMITTED",
}
ENUMS = {
    "AWARD": (moves.AwardState, moves.AwardAction),
    "AGREEMENT": (moves.AgreementState, moves.AgreementAction),
    "BANK_DETAILS": (moves.BankDetailsState, moves.BankDetailsAction),
    "INSTALLMENT": (moves.InstallmentState, moves.InstallmentAction),
    "PAYMENT_ORDER": (moves.PaymentOrderState, moves.PaymentOrderAction),
    "PAYMENT_RUN": (moves.PaymentRunState, moves.PaymentRunAction),
    "FINANCIAL_REPORT": (moves.FinancialReportState, moves.FinancialReportAction),
}
PAIRS = [(name, s, a) for name, (states, actions) in ENUMS.items() for s, a in product(states, actions)]


def _expected(name: str) -> dict[tuple[str, str], str]:
    rows = [row.split() for row in EXPECTED[name].split(";")]
    return {(state, action): after for state, action, after in rows}


@pytest.mark.parametrize(("name", "state", "action"), PAIRS)
def test_each_pair_moves_as_written_or_is_refused(name: str, state: StrEnum, action: StrEnum) -> None:
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum] = getattr(moves, name)
    after = _expected(name).get((state.value, action.value))
    if after is not None:
        assert moves.move(table, state, action) == after
        return
    with pytest.raises(Refused) as refused:
        moves.move(table, state, action)
    assert refused.value.reason == "NOT_IN_THIS_STATE"
    assert refused.value.kind is Kind.PRECONDITION
    assert refused.value.values == {"state": state.value, "action": action.value}


@pytest.mark.parametrize("name", ENUMS)
def test_each_state_but_the_first_can_be_reached(name: str) -> None:
    states = list(ENUMS[name][0])
    assert {state.value for state in states[1:]} <= set(_expected(name).values())
