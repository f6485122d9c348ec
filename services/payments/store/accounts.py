"""Versions of bank details, and who did what on a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kit.db import moved, rows_of
from kit.journal import Act
from services.payments.domain.moves import BankDetailsState
from services.payments.domain.records import Account
from services.payments.domain.separation import Duty
from services.payments.store.rows import fill, queries


async def versions(act: Act, application_id: str) -> list[Account]:
    """Every version, oldest first, kept still."""
    rows = await rows_of(queries.list_accounts(act.connection, application_id=application_id))
    return [fill(Account, row) for row in rows]


async def sealed(connection: Any, application_id: str, version: int) -> tuple[str, bytes]:
    """Key id and sealed bytes of one version."""
    row = await queries.sealed_account(connection, application_id=application_id, version=version)
    return row["key_id"], row["sealed"]


async def declared_elsewhere(act: Act, application_id: str, fingerprints: list[bytes]) -> bool:
    """Whether another beneficiary declared the same account."""
    found = await queries.declared_elsewhere(act.connection, application_id=application_id, fingerprints=fingerprints)
    return bool(found)


async def declare(act: Act, application_id: str, **columns: Any) -> None:
    """A new version."""
    await queries.declare_bank_details(
        act.connection, application_id=application_id, declared_by=act.person, declared_at=act.at, **columns
    )


async def move(
    act: Act, application_id: str, account: Account, *, to_state: BankDetailsState, reason: str = ""
) -> None:
    """A version's next state; ``reason`` when it is rejected."""
    moved(
        await queries.move_bank_details(
            act.connection,
            application_id=application_id,
            version=account.bank_version,
            from_state=account.bank_state.value,
            to_state=to_state.value,
            reason=reason,
        )
    )


async def verify(act: Act, application_id: str, account: Account, *, method: str) -> None:
    """Verified by the person who acts."""
    moved(
        await queries.verify_bank_details(
            act.connection,
            application_id=application_id,
            version=account.bank_version,
            from_state=account.bank_state.value,
            verified_by=act.person,
            verified_at=act.at,
            method=method,
        )
    )


async def duties(act: Act, application_ids: Sequence[str]) -> dict[Duty, list[str]]:
    """Who acted as instructor, verified accounts, liquidated and sealed on these cases."""
    row = await queries.duties_of_cases(act.connection, application_ids=list(application_ids))
    held = (Duty.INSTRUCTOR, Duty.ACCOUNT_VERIFIER, Duty.LIQUIDATOR, Duty.FIRST_SEAL, Duty.SECOND_SEAL)
    return {duty: list(row[duty.value]) for duty in held}
