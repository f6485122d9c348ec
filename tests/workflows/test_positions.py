"""Every position of an application × everything that may arrive there, on the real workflow.

A fact happened: at whatever position it arrives, however late, it is accepted and leaves a sane state. An act at a
position that is not its own is refused before it enters history.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import HeldClock
from tests.workflows.desk_of_files import (
    BALANCE,
    LATER,
    SOON,
    Counter,
    Files,
    Handle,
    lines,
    message_of,
    serving,
    standing,
    tell,
)
from tests.workflows.starting import eventually
from workflows.application import ApplicationWorkflow
from workflows.application.progress import BLOCKING
from workflows.application.state import Position
from workflows.contract.messages import UPDATES
from workflows.contract.names import APPLICATION
from workflows.state import Context, Standing

OF_OPERATORS = {"ask_again"}
HANDLERS = {
    verb: handler
    for verb, handler in workflow._Definition.must_from_class(ApplicationWorkflow).updates.items()
    if verb not in OF_OPERATORS
}
FACTS = sorted(str(verb) for verb, handler in HANDLERS.items() if handler.validator is None)
ACTS = sorted(str(verb) for verb, handler in HANDLERS.items() if handler.validator is not None)
P = Position
EXAMINED = (P.COMPLETENESS, P.REVIEW)
PAYABLE = (P.PAYMENT, P.REPORT, P.BALANCE)
NOTIFIED = (P.LEGAL_ENTITY, P.AGREEMENT, *PAYABLE)
OPEN_AT: dict[str, tuple[Position, ...]] = {
    "decide_admissibility": (P.ADMISSIBILITY,),
    "confirm_inadmissibility": (P.ADMISSIBILITY,),
    "request_correction": (P.COMPLETENESS,),
    "confirm_completeness": (P.COMPLETENESS,),
    "assign_reviewer": (P.ADMISSIBILITY, P.FULL_APPLICATION, *EXAMINED),
    "request_opinion": EXAMINED,
    "give_opinion": EXAMINED,
    "cancel_opinion": EXAMINED,
    "conclude_review": (P.REVIEW,),
    "decide_shortlist": (P.SHORTLIST,),
    "schedule_hearing": (P.HEARING,),
    "record_hearing": (P.HEARING,),
    "record_proposal": (P.HEARING, P.JURY),
    "record_decision": (P.VOTE,),
    "notify_decision": (P.NOTIFICATION,),
    "prepare_agreement": (P.AGREEMENT,),
    "send_agreement": (P.AGREEMENT,),
    "countersign_agreement": (P.AGREEMENT,),
    "verify_bank_details": NOTIFIED,
    "reject_bank_details": NOTIFIED,
    "liquidate_installment": PAYABLE,
    "return_report": (P.REPORT,),
    "accept_report": (P.REPORT,),
}
"""Where each act is open. Written by hand: a wrong decorator must not pass."""

MOVED: dict[tuple[str, Position], Position] = {
    ("full_application_submitted", P.FULL_APPLICATION): P.COMPLETENESS,
    ("legal_entity_declared", P.LEGAL_ENTITY): P.AGREEMENT,
    ("installment_paid", P.PAYMENT): P.REPORT,
    **{("application_withdrawn", position): P.CLOSED for position in P},
}
"""Where a fact leads; everywhere else it leaves the file where it stands."""


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def files(client: Client, queue: str, clock: HeldClock) -> Files:
    return Files(client, queue, clock)


def late(clock: HeldClock) -> Context:
    """A fact of three days ago: the relay was down."""
    return Context(str(uuid4()), "", (clock.read() - timedelta(days=3)).isoformat())


def check_sane(counter: Counter, handle: Handle, now: Standing) -> None:
    """Progress follows version by version, and its last row says where the file is."""
    assert now.parked == []
    assert now.position in list(Position)
    rows = counter.rows.get(application_of(handle), [])
    assert [row["version"] for row in rows] == list(range(6, 6 + len(rows)))
    assert now.version == 5 + len(rows)
    if rows:
        last = rows[-1]
        assert last["stage"] == now.position
        closed = now.position == P.CLOSED
        assert closed == (last["next_event"] == "NOTHING") == bool(last["ending"])
        assert closed or last["blocking_role"] == BLOCKING[last["next_event"]]


def application_of(handle: Handle) -> str:
    return handle.id.partition("/")[2]


def test_every_update_is_a_fact_or_an_act_whose_positions_are_known() -> None:
    mine = {verb for verb, (kind, _) in UPDATES.items() if kind is APPLICATION}
    assert {*FACTS, *ACTS} == mine
    assert set(OPEN_AT) == set(ACTS)
    assert len(FACTS) == 12


@pytest.mark.parametrize("position", Position)
async def test_a_fact_is_received_at_every_position(
    position: Position, client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    """Each fact, late, alone on its own file; told again under its id it does nothing; told under another id, by a
    twin, it leaves the file where it is."""

    async def walk(fact: str) -> None:
        handle = await files.at(position)
        message = message_of(fact, late(clock), handle)
        async with asyncio.timeout(60):
            first = await tell(handle, fact, message)
            expected = MOVED.get((fact, position), position)
            now = await standing(handle)
            assert (first.status, now.position) == ("done", expected), fact
            check_sane(counter, handle, now)
            done = len(counter.effects)
            assert (await tell(handle, fact, message)).facts == first.facts
            twin = await tell(handle, fact, message_of(fact, late(clock), handle))
        now = await standing(handle)
        assert (twin.status, now.position) == ("done", MOVED.get((fact, expected), expected)), fact
        check_sane(counter, handle, now)
        assert done <= len(counter.effects)

    async with serving(client, queue, counter):
        await asyncio.gather(*(walk(fact) for fact in FACTS))


@pytest.mark.parametrize("position", Position)
async def test_an_act_is_refused_where_it_is_not_open(
    position: Position, client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    closed = [verb for verb in ACTS if position not in OPEN_AT[verb]]
    async with serving(client, queue, counter):
        handle = await files.at(position)
        for verb in closed:
            with pytest.raises(WorkflowUpdateFailedError) as caught:
                await tell(handle, verb, message_of(verb, clock.context(), handle))
            assert isinstance(caught.value.cause, ApplicationError)
            assert caught.value.cause.type == "NOT_AT_THIS_STAGE", verb
        now = await standing(handle)
        assert (now.position, now.version, counter.effects) == (position, 5, [])
        updates = [event async for event in handle.fetch_history_events() if event.event_type == 41]
        assert updates == []  # EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED


@pytest.mark.parametrize("position", [position for position in Position if position is not P.CLOSED])
async def test_an_act_is_carried_out_where_it_is_open(
    position: Position, client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    async def walk(verb: str) -> None:
        handle = await files.at(position)
        message = message_of(verb, clock.context(), handle)
        async with asyncio.timeout(60):
            answer = await tell(handle, verb, message)
        assert counter.of(message.context.request_id) == [verb]
        now = await standing(handle)
        assert answer.version <= now.version
        check_sane(counter, handle, now)

    async with serving(client, queue, counter):
        await asyncio.gather(*(walk(verb) for verb in ACTS if position in OPEN_AT[verb]))


async def test_money_in_flight_when_the_file_ends(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    """Withdrawn while the accountant holds the order: what she pays is counted, what she returns is freed, and the
    file stays closed."""
    async with serving(client, queue, counter):
        for fact, paid in (("installment_paid", 700_000), ("installment_returned", 0)):
            handle = await files.at(P.PAYMENT)
            await tell(handle, "application_withdrawn", message_of("application_withdrawn", late(clock), handle))
            before = counter.done().count("release_award")
            await tell(handle, fact, message_of(fact, late(clock), handle))

            async def freed(before: int = before) -> bool:
                return counter.done().count("release_award") > before

            await eventually(freed)
            now = await standing(handle)
            check_sane(counter, handle, now)
            last = counter.rows[application_of(handle)][-1]
            assert (now.position, last["ending"], last["paid_cents"]) == (P.CLOSED, "WITHDRAWN", paid)


async def test_a_payment_is_a_fact_even_when_its_closing_is_refused(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    counter.refusals["close_award"] = "AWARD_NOT_SETTLED"
    async with serving(client, queue, counter):
        handle = await files.at(P.BALANCE)
        paid = message_of("installment_paid", late(clock), handle, installment_id=BALANCE, amount_cents=300_000)
        assert (await tell(handle, "installment_paid", paid)).facts == {"paid_cents": 1_000_000}

        async def parked() -> bool:
            found = [(item.task.name, item.reason) for item in (await standing(handle)).parked]
            return found == [("end_paid", "AWARD_NOT_SETTLED")]

        await eventually(parked)
        counter.refusals.clear()
        await tell(handle, "bank_details_declared", message_of("bank_details_declared", late(clock), handle))

        async def closed() -> bool:
            return (await standing(handle)).position == P.CLOSED

        await eventually(closed)
        last = counter.rows[application_of(handle)][-1]
        assert (last["ending"], last["paid_cents"]) == ("PAID", 1_000_000)


async def test_a_report_told_before_the_payment_it_follows(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    async with serving(client, queue, counter):
        handle = await files.at(P.PAYMENT)
        await tell(handle, "report_submitted", message_of("report_submitted", late(clock), handle))
        await tell(handle, "installment_paid", message_of("installment_paid", late(clock), handle))
        now = await standing(handle)
        last = counter.rows[application_of(handle)][-1]
        assert (now.position, last["next_event"], now.deadlines) == (P.REPORT, "ACCEPT_REPORT", {})


async def test_a_second_advance_paid_while_the_report_is_examined(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    async with serving(client, queue, counter):
        handle = await files.at(P.REPORT, awaiting="ACCEPT_REPORT")
        await tell(handle, "installment_paid", message_of("installment_paid", late(clock), handle))
        last = counter.rows[application_of(handle)][-1]
        assert (last["stage"], last["next_event"], last["paid_cents"]) == (P.REPORT, "ACCEPT_REPORT", 700_000)


async def test_a_withdrawal_received_before_another_end_was_written(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    async with serving(client, queue, counter):
        handle = await files.at(P.CLOSED, ending="INADMISSIBLE")
        await tell(handle, "application_withdrawn", message_of("application_withdrawn", late(clock), handle))
        assert [row["ending"] for row in counter.rows[application_of(handle)]] == ["WITHDRAWN"]
        assert "withdraw_case" not in counter.done()


@pytest.mark.parametrize(("told", "expected"), [(SOON, SOON), (LATER, LATER)], ids=["as set", "extended"])
async def test_the_window_is_the_one_in_force_when_the_file_is_admitted(
    told: str, expected: str, client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    """An extension decided between the deposit and the admission."""
    counter.answers["invite_full_application"] = {"state": "INVITED", "full_closes_at": told}
    async with serving(client, queue, counter):
        handle = await files.at(P.ADMISSIBILITY)
        await tell(handle, "decide_admissibility", message_of("decide_admissibility", clock.context(), handle))
        assert (await standing(handle)).deadlines["full_application"] == expected
        assert counter.rows[application_of(handle)][-1]["next_event_at"] == expected


@pytest.mark.parametrize("decision", ["GRANTED", "WAITING"])
async def test_silence_is_over_once_the_decision_is_told(
    decision: str, client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    async with serving(client, queue, counter):
        handle = await files.at(P.NOTIFICATION, decision=decision)
        await tell(handle, "notify_decision", message_of("notify_decision", clock.context(), handle))
        assert "tacit_refusal" not in (await standing(handle)).deadlines


async def test_everything_freed_by_the_report_ends_the_file(
    client: Client, queue: str, clock: HeldClock, counter: Counter, files: Files
) -> None:
    counter.answers["accept_report"] = {"freed_cents": 300_000, "installments": lines("PAID", "CANCELLED")}
    async with serving(client, queue, counter):
        handle = await files.at(P.REPORT, paid_cents=700_000)
        await tell(handle, "accept_report", message_of("accept_report", clock.context(), handle))
        last = counter.rows[application_of(handle)][-1]
        assert (last["stage"], last["ending"]) == (P.CLOSED, "PAID_REDUCED")
