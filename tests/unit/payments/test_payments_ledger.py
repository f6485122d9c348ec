"""The ledger: balanced movements, figures that are sums, and each planted violation found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Refused
from kit.money import Cents
from services.payments.domain import ledger
from services.payments.domain.figures import ACCOUNTS, award_figures, figures, require_available, require_orderable
from services.payments.domain.invariants import EnvelopeRow, OrderRow, Violation, violations
from services.payments.domain.ledger import Account, AwardRef, Entry
from services.payments.domain.moves import PaymentOrderState

E = "call-1/operating"
A = AwardRef(E, "award-1")
C = Cents
LIFE = (
    ledger.announce("m1", E, amount=C(15_000)),
    ledger.vote_envelope("m2", E, amount=C(15_000)),
    ledger.reserve("m3", A, amount=C(10_000)),
    ledger.vote_award("m4", A, reserved=C(10_000), voted=C(9_000)),
    ledger.commit("m5", A, amount=C(9_000)),
    ledger.order("m6", A, order_id="order-1", amount=C(6_300)),
    ledger.reject_order("m7", A, order_id="order-1", amount=C(6_300)),
    ledger.order("m8", A, order_id="order-2", amount=C(6_300)),
    ledger.pay("m9", A, order_id="order-2", amount=C(6_300)),
    ledger.order("m10", A, order_id="order-3", amount=C(700)),
    ledger.free("m11", A, amount=C(2_000), stage=Account.COMMITTED),
)
ENTRIES = [entry for movement in LIFE for entry in movement]
ENVELOPE = EnvelopeRow(E, cap=C(15_000), used=C(7_000))
ORDERS = [
    OrderRow("order-1", "award-1", 1, PaymentOrderState.REJECTED, C(6_300)),
    OrderRow("order-2", "award-1", 1, PaymentOrderState.PAID, C(6_300), confirmed=C(6_300)),
    OrderRow("order-3", "award-1", 2, PaymentOrderState.SENT, C(700)),
]


def _codes(found: list[Violation]) -> set[str]:
    return {violation.code for violation in found}


@pytest.mark.parametrize("movement", LIFE, ids=lambda m: m[0].movement_id)
def test_each_movement_is_balanced(movement: ledger.Movement) -> None:
    assert sum(entry.amount for entry in movement) == 0


def test_the_figures_of_a_whole_life() -> None:
    shown = figures(ENTRIES)
    assert (shown.announced, shown.voted, shown.reserved) == (15_000, 15_000, 0)
    assert (shown.awarded, shown.committed, shown.ordered, shown.paid) == (9_000, 7_000, 7_000, 6_300)
    assert (shown.freed, shown.remaining, shown.available, shown.used) == (2_000, 700, 8_000, 7_000)
    assert shown.paid + shown.freed + shown.remaining == shown.awarded
    own = award_figures(e for e in ENTRIES if e.award_id == A.award_id)
    assert (own.awarded, own.paid, own.freed, own.remaining, own.orderable) == (9_000, 6_300, 2_000, 700, 0)


@given(st.lists(st.sampled_from(LIFE), max_size=30))
def test_each_figure_is_the_sum_of_what_its_movements_add_to_it(life: list[ledger.Movement]) -> None:
    shown = figures(entry for movement in life for entry in movement)
    named = {"VOTED": shown.awarded, "REMAINING": shown.available}
    for figure, accounts in ACCOUNTS.items():
        felt = [sum(entry.amount for entry in movement if entry.account in accounts) for movement in life]
        assert sum(felt) == named.get(figure, getattr(shown, figure.lower(), None)), figure


def test_a_release_before_the_vote_leaves_no_trace_in_the_figures() -> None:
    entries = [*LIFE[1], *LIFE[2], *ledger.release("m", A, amount=C(10_000))]
    assert figures(entries) == figures(LIFE[1])


def test_a_vote_above_the_reservation_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        ledger.vote_award("m", A, reserved=C(10), voted=C(11))
    assert refused.value.reason == "OVER_RESERVATION"
    assert refused.value.values == {"reserved_cents": "10", "asked_cents": "11"}


@pytest.mark.parametrize("amount", [0, -1])
def test_a_movement_of_nothing_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        ledger.reserve("m", A, amount=C(amount))


def test_money_is_freed_only_where_it_sits() -> None:
    with pytest.raises(ValueError, match="VOTED or COMMITTED"):
        ledger.free("m", A, amount=C(1), stage=Account.PAID)


def test_what_is_left_is_told_when_it_is_not_enough() -> None:
    available = figures(ledger.vote_envelope("m", E, amount=C(300_000))).available
    require_available(available, C(300_000))
    with pytest.raises(Refused) as refused:
        require_available(available, C(700_000))
    assert (refused.value.reason, refused.value.values["remaining_cents"]) == ("ENVELOPE_EXCEEDED", "300000")
    with pytest.raises(Refused) as refused:
        require_orderable(award_figures(ENTRIES), C(1))
    assert refused.value.reason == "AWARD_EXCEEDED"


def test_a_sound_ledger_has_no_violation() -> None:
    assert violations(ENTRIES, envelopes=[ENVELOPE], orders=ORDERS) == []
    assert violations(ENTRIES) == []


def _entry(account: Account, subject: str, amount: int) -> Entry:
    return Entry("planted", account, subject, C(amount), E, A.award_id)


def _pair(source: Account, target: Account, amount: int) -> list[Entry]:
    return [_entry(source, A.award_id, -amount), _entry(target, A.award_id, amount)]


@pytest.mark.parametrize(
    ("code", "entries", "envelope", "orders"),
    [
        ("MOVEMENT_UNBALANCED", [*ENTRIES, _entry(Account.PAID, A.award_id, 1)], ENVELOPE, ORDERS),
        ("ENVELOPE_OVERSPENT", ENTRIES, replace(ENVELOPE, used=C(15_001)), ORDERS),
        ("ENVELOPE_COUNTER_DRIFTED", ENTRIES, replace(ENVELOPE, used=C(6_999)), ORDERS),
        ("ENVELOPE_CAP_DRIFTED", ENTRIES, replace(ENVELOPE, cap=C(15_001)), ORDERS),
        ("ACCOUNT_OVERDRAWN", [*ENTRIES, *_pair(Account.COMMITTED, Account.PAID, 1)], ENVELOPE, ORDERS),
        ("AWARD_OVERPAID", [*ENTRIES, *_pair(Account.COMMITTED, Account.PAID, 1)], ENVELOPE, ORDERS),
        ("AWARD_MISCOUNTED", [*ENTRIES, *_pair(Account.FREEING, Account.FREED, 5)], ENVELOPE, ORDERS),
        ("AWARD_MISCOUNTED", [*ENTRIES, *_pair(Account.COMMITTED, Account.AVAILABLE, 1)], ENVELOPE, ORDERS),
        ("INSTALLMENT_DOUBLED", ENTRIES, ENVELOPE, [*ORDERS, replace(ORDERS[1], order_id="order-9")]),
        ("IN_FLIGHT_WRONG", ENTRIES, ENVELOPE, [*ORDERS[:2], replace(ORDERS[2], amount=C(701))]),
        ("IN_FLIGHT_WITHOUT_ORDER", ENTRIES, ENVELOPE, ORDERS[:2]),
        ("CONFIRMED_AMOUNT_WRONG", ENTRIES, ENVELOPE, [ORDERS[0], replace(ORDERS[1], confirmed=C(6_299)), ORDERS[2]]),
        ("CONFIRMED_AMOUNT_WRONG", ENTRIES, ENVELOPE, [ORDERS[0], replace(ORDERS[1], confirmed=None), ORDERS[2]]),
    ],
)
def test_a_planted_violation_is_found(
    code: str, entries: list[Entry], envelope: EnvelopeRow, orders: list[OrderRow]
) -> None:
    assert code in _codes(violations(entries, envelopes=[envelope], orders=orders))


VERBS = ["reserve", "vote", "commit", "order", "reject", "pay", "free"]
steps = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(1, 40)), max_size=30)


@given(steps)
def test_any_sequence_allowed_by_the_balances_keeps_every_invariant(life: list[tuple[str, int]]) -> None:
    entries = list(ledger.vote_envelope("m", E, amount=C(100)))
    for n, (verb, wanted) in enumerate(life):
        entries += _step(f"m{n}", verb, C(wanted), award_figures(entries), figures(entries).available)
    shown = figures(entries)
    row = EnvelopeRow(E, cap=C(100), used=shown.used)
    assert violations(entries, envelopes=[row]) == []
    assert shown.paid + shown.freed + shown.remaining == shown.awarded
    assert shown.available + shown.used == 100


def _step(movement: str, verb: str, wanted: Cents, own: object, available: Cents) -> ledger.Movement:
    shown = vars(own)
    flying = shown["ordered"] - shown["paid"]
    voted = shown["remaining"] - shown["orderable"] - flying
    left = {"reserve": available, "vote": shown["reserved"], "commit": voted, "order": shown["orderable"]}
    left |= {"reject": flying, "pay": flying, "free": shown["orderable"]}
    amount = min(wanted, left[verb])
    if amount <= 0:
        return ()
    return {
        "reserve": lambda: ledger.reserve(movement, A, amount=amount),
        "vote": lambda: ledger.vote_award(movement, A, reserved=amount, voted=amount),
        "commit": lambda: ledger.commit(movement, A, amount=amount),
        "order": lambda: ledger.order(movement, A, order_id="order", amount=amount),
        "reject": lambda: ledger.reject_order(movement, A, order_id="order", amount=amount),
        "pay": lambda: ledger.pay(movement, A, order_id="order", amount=amount),
        "free": lambda: ledger.free(movement, A, amount=amount, stage=Account.COMMITTED),
    }[verb]()
