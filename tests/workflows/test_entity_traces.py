"""One trace per act, from the caller to the activity; later work is a linked root; replays say nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest
from entity_example import Decide, Grant, GrantState, Received
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.worker import Replayer, Worker

from kit import telemetry
from kit.engine import connect, replay_safe_provider, temporal_plugin
from tests.workflows.conftest import RING, Desk, HeldClock
from tests.workflows.starting import start
from workflows.state import Answer


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What this process would send out."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    exporter = InMemorySpanExporter()
    shutdown = telemetry.setup("worker", provider=replay_safe_provider, exporter=exporter)
    yield exporter
    shutdown()


@pytest.fixture
async def traced(engine_address: str, client: Client, spans: InMemorySpanExporter) -> Client:
    """A client as every process of ours has it."""
    return await connect(engine_address, client.namespace, ring=RING)


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    finished = exporter.get_finished_spans()
    assert not [name for name, times in Counter(span.context.span_id for span in finished).items() if times > 1]
    return {span.name: span for span in finished}


def chain(named: dict[str, ReadableSpan], name: str) -> list[str]:
    """The names from a span up to its root."""
    names = {span.context.span_id: key for key, span in named.items()}
    found = [name]
    while (parent := named[found[-1]].parent) is not None:
        found.append(names[parent.span_id])
    return found


@pytest.mark.parametrize("cached", [1000, 0], ids=["warm", "cold"])
async def test_one_trace_per_act_and_a_linked_root_for_what_comes_later(
    client: Client,
    engine_address: str,
    queue: str,
    clock: HeldClock,
    desk: Desk,
    spans: InMemorySpanExporter,
    cached: int,
) -> None:
    traced = await connect(engine_address, "jalon", ring=RING)
    grant_id = str(uuid4())
    verbs = ("decide", "settle")
    async with Worker(
        traced, task_queue=queue, workflows=[Grant], activities=desk.activities(*verbs), max_cached_workflows=cached
    ):
        state = GrantState(business_start=clock.read().isoformat(), grant_id=grant_id)
        handle = await start(traced, queue, Grant.run, state, workflow_id=f"grant/{grant_id}")
        for verb, message in (
            ("decide", Decide(clock.context(), 5)),
            ("report_received", Received(clock.context(), "r")),
        ):
            with telemetry.with_application(grant_id), trace.get_tracer("door").start_as_current_span(f"door {verb}"):
                await handle.execute_update(verb, message, id=message.context.request_id, result_type=Answer)
        assert await handle.result() == "closed"
    named = by_name(spans)
    assert chain(named, "RunActivity:decide") == [
        "RunActivity:decide",
        "update decide",
        "StartWorkflowUpdate:decide",
        "door decide",
    ]
    assert chain(named, "RunActivity:settle") == ["RunActivity:settle", "settle"]
    caused = named["door report_received"].context.trace_id
    assert [link.context.trace_id for link in named["settle"].links] == [caused]
    assert named["settle"].context.trace_id != caused
    stamped = {name for name, span in named.items() if (span.attributes or {}).get("application.id") == grant_id}
    assert stamped == set(named) - {"StartWorkflow:Grant"}

    spans.clear()
    runs = [item async for item in client.list_workflows(f"WorkflowId = 'grant/{grant_id}'")]
    assert len(runs) == 2
    replayer = Replayer(workflows=[Grant], data_converter=client.data_converter, plugins=[temporal_plugin()])
    for run in runs:
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        await replayer.replay_workflow(history)
    assert spans.get_finished_spans() == ()


async def test_a_refusal_leaves_its_type_and_no_word(
    traced: Client, queue: str, clock: HeldClock, desk: Desk, spans: InMemorySpanExporter
) -> None:
    desk.refusals["decide"] = "OVER_THE_ENVELOPE"
    async with Worker(traced, task_queue=queue, workflows=[Grant], activities=desk.activities("decide")):
        state = GrantState(business_start=clock.read().isoformat(), grant_id=str(uuid4()))
        handle = await start(traced, queue, Grant.run, state, workflow_id=f"grant/{state.grant_id}")
        decide = Decide(clock.context(), 5)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("decide", decide, id=decide.context.request_id, result_type=Answer)
    failed = by_name(spans)["RunActivity:decide"]
    assert failed.status.status_code is trace.StatusCode.ERROR
    assert failed.status.description is None
    assert {key for event in failed.events for key in event.attributes or {}} == {"exception.type"}
