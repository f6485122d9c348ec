"""The 2023 call from deposit to the last euro, through the real doors: published totals, every ending, no euro lost."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from jalon.audit.v1 import chains_pb2
from jalon.intake.v1 import applications_pb2 as intake
from jalon.payments.v1 import awards_pb2 as payments

from tests.journeys.conftest import Played, play, rows_of
from workflows.commands import Door


@pytest.fixture(scope="session")
async def rows(door: Door, played: Played) -> list[Any]:
    return await rows_of(door, played)


@pytest.fixture(scope="session")
async def awards(door: Door, played: Played, rows: list[Any]) -> list[Any]:
    stub = door.services.stub("payments", "awards")
    asked = [payments.GetAwardRequest(application_id=row.application_id) for row in rows if row.progress.awarded_cents]
    return [await door.read(played.auditor, stub.GetAward, request) for request in asked]


def _ending(row: Any) -> str:
    return intake.Ending.Name(row.progress.ending).removeprefix("ENDING_")


async def test_the_totals_are_the_published_ones(door: Door, played: Played, awards: list[Any]) -> None:
    counts = await door.read(
        played.auditor,
        door.services.stub("intake", "applications").CountApplications,
        intake.CountApplicationsRequest(call_id=str(played.edition.call_id)),
    )
    assert (counts.received, counts.full_received, len(awards)) == (47, 26, 13)
    assert sum(award.awarded_cents for award in awards) == 150_000_00
    assert "21" in played.printed


async def test_every_ending_is_lived_by_at_least_one_file(rows: list[Any]) -> None:
    lived = Counter(_ending(row) for row in rows)
    assert sum(lived.values()) == 47
    assert set(lived) == {
        "PAID", "PAID_REDUCED", "INADMISSIBLE", "LAPSED", "WITHDRAWN", "NOT_SHORTLISTED", "DECLINED", "WAITING_LIST"
    }  # fmt: skip


async def test_every_file_is_closed_and_nothing_more_is_awaited(rows: list[Any]) -> None:
    assert {row.progress.stage for row in rows} == {intake.STAGE_CLOSED}
    assert {row.progress.next_event for row in rows} == {intake.NEXT_EVENT_NOTHING}


async def test_each_award_is_paid_or_freed_to_the_cent(awards: list[Any]) -> None:
    for award in awards:
        assert award.paid_cents + award.freed_cents + award.remaining_cents == award.awarded_cents
        assert award.remaining_cents == 0
        assert award.state == payments.AWARD_STATE_CLOSED
        paid = [item.amount_cents for item in award.installments if item.state == payments.INSTALLMENT_STATE_PAID]
        assert sum(paid) == award.paid_cents


async def test_a_reduced_balance_is_explained_line_by_line(awards: list[Any]) -> None:
    reduced = [award for award in awards if award.freed_cents]
    assert reduced
    for award in reduced:
        lines = {line.code: line.amount_cents for line in award.entitlement}
        assert lines["ENTITLEMENT"] == award.paid_cents
        assert lines["FREED"] == award.freed_cents


async def test_lists_show_what_payments_know(rows: list[Any], awards: list[Any]) -> None:
    shown = {row.application_id: (row.progress.awarded_cents, row.progress.paid_cents) for row in rows}
    for award in awards:
        assert shown[award.application_id] == (award.awarded_cents, award.paid_cents)


async def test_every_chain_and_every_balance_is_re_derived(door: Door, played: Played) -> None:
    chains = await door.read(
        played.auditor, door.services.stub("audit", "chains").VerifyAll, chains_pb2.VerifyAllRequest()
    )
    ledger = await door.read(
        played.auditor, door.services.stub("payments", "awards").CheckInvariants, payments.CheckInvariantsRequest()
    )
    assert not chains.broken
    assert chains.subjects >= 47
    assert not ledger.violations
    assert ledger.checked


async def test_played_again_it_says_so_and_prints_the_same_outcome(played: Played) -> None:
    again = play(played.installation, "--alone")
    assert again.returncode == 0, again.stderr[-2000:]
    assert "déjà joué" in again.stdout
    assert _of_the_call(again.stdout) == _of_the_call(played.printed)


def _of_the_call(printed: str) -> str:
    """The outcome, without the count of what the whole installation holds: other calls live in it."""
    outcome = printed[printed.index("Appel à projets") :]
    return re.sub(r"\d+ chaînes, \d+ événements", "", outcome)
