"""Agreements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kit.db import moved, rows_of
from kit.errors import not_found
from kit.journal import Act
from services.payments.domain.moves import AgreementState
from services.payments.domain.records import Agreement, AgreementLine
from services.payments.store.rows import fill, queries

FIRST = (0, datetime(1970, 1, 1, tzinfo=UTC), "", "00000000-0000-0000-0000-000000000000")


async def lock(act: Act, application_id: str, agreement_id: str) -> Agreement:
    """An agreement of this application, kept still; NOT_FOUND when there is none."""
    row = await queries.lock_agreement(act.connection, application_id=application_id, agreement_id=agreement_id)
    if row is None:
        raise not_found()
    return fill(Agreement, row)


async def live(act: Act, application_id: str) -> Agreement | None:
    """The agreement neither expired nor cancelled, kept still."""
    row = await queries.live_agreement(act.connection, application_id=application_id)
    return None if row is None else fill(Agreement, row)


async def create(act: Act, application_id: str, agreement_id: str, *, digest: str, size: int) -> None:
    """A drafted agreement; NOT_FOUND when the id belongs to another application."""
    made = await queries.prepare_agreement(
        act.connection,
        agreement_id=agreement_id,
        application_id=application_id,
        digest=digest,
        size_bytes=size,
        prepared_at=act.at,
        prepared_by=act.person,
    )
    if made is None:
        raise not_found()


async def move(act: Act, agreement: Agreement, to_state: AgreementState) -> None:
    """The next state, when it needs nothing else."""
    moved(
        await queries.move_agreement(
            act.connection,
            agreement_id=agreement.agreement_id,
            from_state=agreement.agreement_state.value,
            to_state=to_state.value,
        )
    )


async def send(act: Act, agreement: Agreement, closes_at: datetime) -> None:
    """Sent, to be signed before ``closes_at``."""
    moved(
        await queries.send_agreement(
            act.connection,
            agreement_id=agreement.agreement_id,
            from_state=agreement.agreement_state.value,
            sent_at=act.at,
            closes_at=closes_at,
        )
    )


async def sign(act: Act, agreement: Agreement, signer_name: str) -> None:
    """Signed by the beneficiary."""
    moved(
        await queries.sign_agreement(
            act.connection,
            agreement_id=agreement.agreement_id,
            from_state=agreement.agreement_state.value,
            signed_at=act.at,
            signed_by=act.person,
            signer_name=signer_name,
        )
    )


async def countersign(act: Act, agreement: Agreement) -> None:
    """Signed by both."""
    moved(
        await queries.countersign_agreement(
            act.connection,
            agreement_id=agreement.agreement_id,
            from_state=agreement.agreement_state.value,
            signed_at=act.at,
            countersigned_by=act.person,
        )
    )


async def page(connection: Any, call_id: str, viewer: str, *, after: Sequence[Any], limit: int) -> list[AgreementLine]:
    """A page of the agreements of a call, without the files ``viewer`` is recused from."""
    rank, at, number, application = after
    rows = await rows_of(
        queries.list_agreements(
            connection,
            call_id=call_id,
            viewer=viewer or None,
            after_rank=rank,
            after_at=at,
            after_number=number,
            after_application=application,
            limit=limit,
        )
    )
    return [fill(AgreementLine, row) for row in rows]
