"""Financial reports, one row per version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.db import moved
from kit.journal import Act
from kit.money import Cents
from services.payments.domain.records import Report
from services.payments.store.rows import fill, queries


async def expect(act: Act, application_id: str, due_at: datetime) -> bool:
    """A first report is expected before ``due_at``; False when one was already."""
    return await queries.expect_report(act.connection, application_id=application_id, due_at=due_at) is not None


async def latest(act: Act, application_id: str) -> Report | None:
    """The latest version, kept still."""
    row = await queries.latest_report(act.connection, application_id=application_id)
    return None if row is None else fill(Report, row)


async def submit(act: Act, application_id: str, *, version: int, due_at: datetime, **columns: Any) -> None:
    """The report expected, or a new version."""
    moved(
        await queries.submit_report(
            act.connection,
            application_id=application_id,
            version=version,
            due_at=due_at,
            submitted_at=act.at,
            submitted_by=act.person,
            **columns,
        )
    )


async def accept(act: Act, application_id: str, report: Report, *, spent: Cents) -> None:
    """Accepted with the spend accepted."""
    moved(
        await queries.accept_report(
            act.connection,
            application_id=application_id,
            version=report.report_version,
            from_state=report.report_state.value,
            accepted_spent_cents=int(spent),
            decided_at=act.at,
            decided_by=act.person,
        )
    )


async def send_back(act: Act, application_id: str, report: Report, *, reason: str) -> None:
    """Sent back with a reason."""
    moved(
        await queries.return_report(
            act.connection,
            application_id=application_id,
            version=report.report_version,
            from_state=report.report_state.value,
            reason=reason,
            decided_at=act.at,
            decided_by=act.person,
        )
    )
