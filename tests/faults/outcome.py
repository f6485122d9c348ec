"""What a call came to, read back from the services and from the database; and what must hold after any fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from jalon.audit.v1 import chains_pb2
from jalon.intake.v1 import applications_pb2 as intake
from jalon.payments.v1 import awards_pb2 as payments

from tests.faults.small_call import Play

SCHEMAS = ("intake", "review", "payments")


@dataclass(frozen=True)
class End:
    """One application's end: amounts in cents."""

    ending: str
    stage: str
    awarded: int
    paid: int
    freed: int
    installments: tuple[tuple[str, int, str], ...]


async def ends_of(play: Play) -> dict[str, End]:
    """The end of each application, by id."""
    stage = play.stage
    auditor = stage.as_role("AUDITOR")
    request = intake.ListApplicationsRequest(call_id=stage.call_id, page_size=100)
    page = await stage.door.read(auditor, stage.stub("intake", "applications").ListApplications, request)
    return {row.application_id: await _end(play, row) for row in page.rows}


async def _end(play: Play, row: Any) -> End:
    award = payments.Award()
    if row.progress.awarded_cents:
        asked = payments.GetAwardRequest(application_id=row.application_id)
        stub = play.stage.stub("payments", "awards")
        award = await play.stage.door.read(play.stage.as_role("AUDITOR"), stub.GetAward, asked)
    lines = tuple(
        (item.kind, item.amount_cents, payments.InstallmentState.Name(item.state)) for item in award.installments
    )
    return End(
        ending=intake.Ending.Name(row.progress.ending).removeprefix("ENDING_"),
        stage=intake.Stage.Name(row.progress.stage).removeprefix("STAGE_"),
        awarded=row.progress.awarded_cents,
        paid=row.progress.paid_cents,
        freed=award.freed_cents,
        installments=lines,
    )


async def check_nothing_lost_nothing_doubled(play: Play) -> None:
    """Outboxes empty, one order paid per installment, one effect per act, chains whole, ledger balanced."""
    admin, stage = play.admin, play.stage
    for schema in SCHEMAS:
        assert not await admin.fetchval(f"SELECT count(*) FROM {schema}.outbox WHERE acked_at IS NULL"), schema
        twice = await admin.fetch(
            f"SELECT subject_id, event FROM {schema}.journal GROUP BY subject_id, event, request_id HAVING count(*) > 1"
        )
        assert not twice, schema
    await _check_money(play)
    auditor = stage.as_role("AUDITOR")
    chains = await stage.door.read(auditor, stage.stub("audit", "chains").VerifyAll, chains_pb2.VerifyAllRequest())
    assert not chains.broken
    request = payments.CheckInvariantsRequest(call_id=stage.call_id)
    ledger = await stage.door.read(auditor, stage.stub("payments", "awards").CheckInvariants, request)
    assert ledger.checked
    assert not ledger.violations


async def _check_money(play: Play) -> None:
    """The accountant never pays an installment twice."""
    orders = await play.admin.fetch("SELECT installment_id FROM payments.payment_orders WHERE state = 'PAID'")
    doubled = [key for key, times in Counter(order["installment_id"] for order in orders).items() if times > 1]
    assert not doubled


async def check_nothing_waits(play: Play) -> None:
    """No workflow of the call has a parked task, and none waits for an activity."""
    async for item in play.stage.door.client.list_workflows("ExecutionStatus = 'Running'"):
        handle = play.stage.door.client.get_workflow_handle(item.id)
        described = await handle.describe()
        assert not described.raw_description.pending_activities, item.id
        standing = await handle.query("standing")
        assert not standing["parked"], (item.id, standing["parked"])
