"""Calls, envelopes and the ledger: every movement goes through :func:`post`, which alone moves limits and amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from kit.db import moved, rows_of
from kit.errors import Kind, Refused, not_found
from kit.journal import Act
from kit.money import Cents
from services.payments.domain.figures import EnvelopeFigures, figures, require_available
from services.payments.domain.ledger import Account, AwardRef, Entry, Movement, totals
from services.payments.domain.records import Award
from services.payments.domain.rulebook import PaymentRules, parse
from services.payments.store.rows import queries

SYSTEM = "SYSTEM"
_rules: dict[str, PaymentRules] = {}


async def rules_of(connection: Any, call_id: str) -> PaymentRules:
    """The rules of money of a call. A rulebook is frozen, so it is read once."""
    if call_id not in _rules:
        row = await queries.get_call(connection, call_id=call_id)
        if row is None:
            raise not_found()
        _rules[call_id] = parse(row["rulebook"])
    return _rules[call_id]


async def rulebook_digest(connection: Any, call_id: str) -> str:
    """SHA-256 (hex) of the call's frozen rulebook."""
    row = await queries.get_call(connection, call_id=call_id)
    return str(row["rulebook_digest"])


async def register_call(connection: Any, call_id: str, *, digest: str, rulebook: bytes) -> bool:
    """Keeps the rulebook; False when the same was registered already, a refusal when another was."""
    if await queries.register_call(connection, call_id=call_id, rulebook_digest=digest, rulebook=rulebook):
        return True
    known = await queries.get_call(connection, call_id=call_id)
    if known["rulebook_digest"] != digest:
        raise Refused("CALL_REGISTERED_OTHERWISE")
    return False


async def open_envelope(connection: Any, call_id: str, section: str) -> str:
    """A new envelope; returns its id."""
    envelope_id = str(uuid5(UUID(call_id), section))
    await queries.open_envelope(connection, envelope_id=envelope_id, call_id=call_id, section=section)
    return envelope_id


async def find_envelope(connection: Any, call_id: str, section: str) -> str:
    """The id of a section's envelope; refused when the call has none."""
    found = await queries.find_envelope(connection, call_id=call_id, section=section)
    if found is None:
        raise Refused("SECTION_WITHOUT_ENVELOPE", kind=Kind.INVALID, values={"section": section})
    return str(found)


async def take_numbers(connection: Any, call_id: str, *, orders: int) -> tuple[int, int]:
    """The number of a new run, and that of its first order."""
    row = await queries.take_numbers(connection, call_id=call_id, runs=1, orders=orders)
    if row is None:
        raise not_found()
    return row["last_run"], row["last_order"] - orders + 1


def movement_id(act: Act, kind: str, subject: str) -> str:
    """One id per movement of one request."""
    return str(uuid5(UUID(act.call.request_id), f"{kind}/{subject}"))


def ref(award: Award) -> AwardRef:
    """The award as movements name it."""
    return AwardRef(award.envelope_id, award.application_id)


async def post(act: Act, kind: str, movement: Movement) -> None:
    """Writes a movement; the envelope's guarded update comes first, refused (``ENVELOPE_EXCEEDED``) beyond it."""
    first, sums = movement[0], totals(movement)
    cap = -sums[Account.CREDITS]
    used = cap - sums[Account.AVAILABLE]
    if cap or used:
        left = await queries.move_envelope(act.connection, envelope_id=first.envelope_id, cap=int(cap), used=int(used))
        if left is None:
            remaining = await queries.envelope_remaining(act.connection, envelope_id=first.envelope_id)
            require_available(Cents(remaining), used)
            moved(None)
    await queries.post_movement(
        act.connection,
        movement_id=first.movement_id,
        kind=kind,
        request_id=act.call.request_id,
        occurred_at=act.at,
        envelope_id=first.envelope_id,
        award_id=first.award_id or None,
        accounts=[entry.account.value for entry in movement],
        subjects=[entry.subject_id for entry in movement],
        amounts=[int(entry.amount) for entry in movement],
    )


@dataclass(frozen=True)
class Felt:
    """A movement as one figure feels it. ``application_id`` empty: of the envelope alone; ``person`` empty: SYSTEM."""

    movement_id: str
    kind: str
    occurred_at: datetime
    application_id: str
    person: str
    amount: Cents


async def list_movements(
    connection: Any,
    call_id: str,
    section: str,
    *,
    viewer: str,
    accounts: Sequence[Account],
    before: Sequence[Any],
    limit: int,
) -> list[Felt]:
    """Movements felt by some accounts of an envelope, newest first, unnamed where ``viewer`` is recused. ``before``:
    instant and id, or empty."""
    at, movement = before or (None, None)
    rows = await rows_of(
        queries.list_movements(
            connection,
            call_id=call_id,
            section=section,
            viewer=viewer or None,
            accounts=[account.value for account in accounts],
            before_at=at,
            before_id=movement,
            limit=limit,
        )
    )
    return [
        Felt(
            str(row["movement_id"]),
            row["kind"],
            row["occurred_at"],
            str(row["application_id"] or ""),
            "" if row["person"] == SYSTEM else row["person"],
            Cents(row["amount_cents"]),
        )
        for row in rows
    ]


async def sum_movements(connection: Any, call_id: str, section: str, *, accounts: Sequence[Account]) -> Cents:
    """What those movements add up to."""
    held = [account.value for account in accounts]
    return Cents(await queries.sum_movements(connection, call_id=call_id, section=section, accounts=held))


async def list_envelopes(connection: Any, call_id: str) -> list[tuple[str, EnvelopeFigures]]:
    """Each section of a call with its figures."""
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for row in await rows_of(queries.list_balances(connection, call_id=call_id)):
        envelope = str(row["envelope_id"])
        entries[row["section"]].append(
            Entry("", Account(row["account"]), envelope, Cents(row["amount_cents"]), envelope)
        )
    return [(section, figures(own)) for section, own in entries.items()]
