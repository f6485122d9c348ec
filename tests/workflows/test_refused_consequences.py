"""What follows an act or a fact may be refused by another service: it parks, is seen, and is asked again. Each
consequence of each verb, refused in its turn, on the real engine."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from tests.workflows.conftest import HeldClock
from tests.workflows.desk_of_files import ADVANCE, Counter, Files, Handle, lines, message_of, serving, standing, tell
from tests.workflows.starting import eventually
from workflows.application.state import Position
from workflows.contract.messages import UPDATES
from workflows.state import UNDER_WAY, Answer, digest_of

P = Position
LETTER = "post_message"
MISTAKE = "FIELD_UNKNOWN"
FORMER = str(uuid4())


@dataclass
class Noting(Counter):
    """The desk of every service, one page for each file: what it carried out, what it refuses."""

    carried: dict[str, list[str]] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    asked: dict[str, list[str]] = field(default_factory=dict)

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            application_id = message.get("application_id") or (progress or {}).get("application_id", "")
            if (application_id, verb) in self.refused:
                raise ApplicationError(MISTAKE, type=MISTAKE, non_retryable=True)
            request = (verb, message["context"]["request_id"])
            if request not in self.effects:
                self.effects.append(request)
                self.carried.setdefault(application_id, []).append(verb)
            return self.answers.get(verb, {})

        return activity.defn(name=verb)(run)


@dataclass(frozen=True)
class Scene:
    """A verb about a file standing at a position; the state's and the message's fields that matter."""

    verb: str
    position: Position
    state: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.verb, *map(str, self.state.values()), *map(str, self.values.values())])[:70]


ACTS = [
    Scene("decide_admissibility", P.ADMISSIBILITY),
    Scene("confirm_inadmissibility", P.ADMISSIBILITY),
    Scene("request_correction", P.COMPLETENESS),
    Scene("assign_reviewer", P.REVIEW, {"reviewer_id": FORMER}),
    Scene("request_opinion", P.REVIEW),
    Scene("cancel_opinion", P.REVIEW),
    Scene("decide_shortlist", P.SHORTLIST, values={"shortlisted": False}),
    Scene("notify_decision", P.NOTIFICATION),
    Scene("notify_decision", P.NOTIFICATION, {"natural_person": True}),
    Scene("notify_decision", P.NOTIFICATION, {"decision": "REFUSED"}),
    Scene("accept_report", P.REPORT, {"paid_cents": 700_000}),
]
"""Acts that other services must follow."""
FACTS = [
    Scene("full_application_submitted", P.FULL_APPLICATION),
    Scene("window_extended", P.FULL_APPLICATION),
    Scene("correction_submitted", P.COMPLETENESS),
    Scene("legal_entity_declared", P.LEGAL_ENTITY),
    Scene("agreement_signed", P.AGREEMENT),
    Scene("bank_details_declared", P.PAYMENT, {"awaiting": "DECLARE_BANK_DETAILS"}),
    Scene("installment_ordered", P.PAYMENT),
    Scene("installment_returned", P.PAYMENT),
    Scene("installment_paid", P.PAYMENT),
    Scene("report_submitted", P.REPORT),
    *(Scene("application_withdrawn", position) for position in (P.COMPLETENESS, P.VOTE, P.PAYMENT)),
]


@pytest.fixture
def noting() -> Noting:
    made = Noting()
    made.answers["accept_report"] = {"freed_cents": 300_000, "installments": lines("PAID", "CANCELLED")}
    return made


@dataclass
class Stand:
    """A scene played on one file after another."""

    scene: Scene
    files: Files
    clock: HeldClock
    noting: Noting
    played: list[Handle] = field(default_factory=list)

    async def play(self, refusing: str = "") -> tuple[Handle, Answer]:
        handle = await self.files.at(self.scene.position, **self.scene.state)
        self.played.append(handle)
        if refusing:
            self.noting.refused.add((id_of(handle), refusing))
        message = message_of(self.scene.verb, self.clock.context(), handle, **self.scene.values)
        answer = await tell(handle, self.scene.verb, message)
        await quiet(handle)
        return handle, answer

    def carried(self, handle: Handle) -> list[str]:
        return sorted(self.noting.carried.get(id_of(handle), []))

    async def leave(self) -> None:
        """Ends what was played: a file that just rolled is in no list for a moment, and would hold the next clock."""
        for handle in self.played:
            with contextlib.suppress(RPCError):  # it may have ended by itself
                await handle.terminate()

    async def put_right(self, handle: Handle) -> None:
        """The cause is removed; the operator asks again."""
        self.noting.refused = {item for item in self.noting.refused if item[0] != id_of(handle)}
        assert await handle.execute_update("ask_again", id=str(uuid4()), result_type=int) > 0
        await quiet(handle)


def id_of(handle: Handle) -> str:
    return handle.id.partition("/")[2]


async def quiet(handle: Handle) -> None:
    """Waits until the file's main loop has nothing left to do: letters left, or parked."""

    async def still() -> bool:
        described = await handle.describe()
        return (
            not described.raw_description.pending_activities
            and not described.raw_description.pending_workflow_task.attempt
        )

    await eventually(still)


def _following(stand: Stand, handle: Handle) -> list[str]:
    """What was carried out once the act was decided, but its letters."""
    carried = stand.noting.carried[id_of(handle)]
    return list(dict.fromkeys(verb for verb in carried[carried.index(stand.scene.verb) + 1 :] if verb != LETTER))


@pytest.mark.parametrize("scene", ACTS, ids=str)
async def test_what_follows_an_act_parks_and_is_asked_again(
    scene: Scene, client: Client, queue: str, clock: HeldClock, noting: Noting
) -> None:
    stand = Stand(scene, Files(client, queue, clock), clock, noting)
    async with serving(client, queue, noting):
        smooth, answer = await stand.play()
        assert answer.status == "done"
        following = _following(stand, smooth)
        assert following, "nothing follows this act"

        async def one(consequence: str) -> None:
            handle, told = await stand.play(refusing=consequence)
            assert told.status == UNDER_WAY, consequence
            assert told.facts == answer.facts
            parked = (await standing(handle)).parked
            assert [item.reason for item in parked] == [MISTAKE], consequence
            await stand.put_right(handle)
            now = await standing(handle)
            assert (now.parked, now.position) == ([], (await standing(smooth)).position), consequence
            assert stand.carried(handle) == stand.carried(smooth), consequence

        await asyncio.gather(*map(one, following))
        await stand.leave()


@pytest.mark.parametrize("scene", FACTS, ids=str)
async def test_a_fact_whose_consequence_is_refused_is_kept_and_taken_again(
    scene: Scene, client: Client, queue: str, clock: HeldClock, noting: Noting
) -> None:
    """The fact is accepted, what comes behind it waits for it, and both are taken in order."""
    stand = Stand(scene, Files(client, queue, clock), clock, noting)
    async with serving(client, queue, noting):
        smooth, answer = await stand.play()
        assert answer.status == "done"
        asked = list(dict.fromkeys(verb for verb in noting.carried[id_of(smooth)] if verb != LETTER))
        assert asked, "nothing is asked"

        async def one(verb: str) -> None:
            handle, told = await stand.play(refusing=verb)
            assert told.status == UNDER_WAY, verb
            before = await standing(handle)
            assert [(item.task.name, item.reason) for item in before.parked] == [("take_again", MISTAKE)], verb
            behind = message_of("report_submitted", clock.context(), handle)
            assert (await tell(handle, "report_submitted", behind)).status == UNDER_WAY
            await quiet(handle)
            reasons = [item.reason for item in (await standing(handle)).parked]
            assert reasons == [MISTAKE, "AFTER_ANOTHER_FACT"], verb
            await stand.put_right(handle)
            now = await standing(handle)
            assert (now.parked, now.position) == ([], (await standing(smooth)).position), verb
            carried = stand.carried(handle)
            assert set(stand.carried(smooth)) <= set(carried), verb
            late = await handle.execute_update("report_submitted", behind, id=str(uuid4()), result_type=Answer)
            assert late.status == "done"

        await asyncio.gather(*map(one, asked))
        await stand.leave()


async def test_what_has_no_object_any_more_is_dropped_at_the_end(
    client: Client, queue: str, clock: HeldClock, noting: Noting
) -> None:
    """The applicant gave up while the act was decided: intake refuses to invite; the withdrawal comes: all is said."""
    stand = Stand(ACTS[0], Files(client, queue, clock), clock, noting)
    async with serving(client, queue, noting):
        handle, told = await stand.play(refusing="invite_full_application")
        assert told.status == UNDER_WAY
        await tell(handle, "application_withdrawn", message_of("application_withdrawn", clock.context(), handle))
        await quiet(handle)
        now = await standing(handle)
        assert (now.position, now.parked) == (P.CLOSED, [])
        assert "invite_full_application" not in stand.carried(handle)
        await stand.leave()


async def test_a_result_told_again_sets_money_aside_again(
    client: Client, queue: str, clock: HeldClock, noting: Noting
) -> None:
    """Refused by review, the reservation is given up; the same row told later reserves under another request."""
    async with serving(client, queue, noting):
        handle = await Files(client, queue, clock).at(P.JURY)
        noting.refused.add((id_of(handle), "record_proposal"))
        message = message_of("record_proposal", clock.context(), handle, proposed_cents=5, section="OPERATING")
        with pytest.raises(WorkflowUpdateFailedError):
            await tell(handle, "record_proposal", message)
        assert noting.carried[id_of(handle)] == ["reserve_award", "release_award"]
        noting.refused.clear()
        again = await handle.execute_update(
            "record_proposal", message, id=f"{message.context.request_id}/1", result_type=Answer
        )
        assert again.asked == digest_of("record_proposal", message)
        assert noting.carried[id_of(handle)][2:] == ["reserve_award", "record_proposal"]
        await handle.terminate()


def test_the_scenes_are_of_verbs_that_exist() -> None:
    assert {scene.verb for scene in [*ACTS, *FACTS]} <= set(UPDATES)
    assert ADVANCE
