"""What is looked for in the engine, against a client that answers what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client

from cli.output import Output
from cli.session import Session
from cli.stuck import Case, ask_again, found

Description = DescribeWorkflowExecutionResponse


@dataclass
class Engine:
    """Entities by id: their description and their parked tasks; None when nobody answers the query."""

    entities: dict[str, tuple[Description, list[dict[str, Any]] | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def list_workflows(self, query: str) -> AsyncIterator[Any]:
        assert "Running" in query
        for name in self.entities:
            yield SimpleNamespace(id=name)

    def get_workflow_handle(self, name: str) -> Any:
        described, parked = self.entities[name]

        async def describe() -> Any:
            return SimpleNamespace(raw_description=described)

        async def query(_: str) -> dict[str, Any]:
            if parked is None:
                raise TimeoutError
            return {"parked": parked}

        async def execute_update(update: str) -> int:
            assert update == "ask_again"
            if parked is None:
                raise TimeoutError
            self.asked.append(name)
            return len(parked)

        return SimpleNamespace(describe=describe, query=query, execute_update=execute_update)


async def seen(engine: Engine) -> list[Case]:
    return await found(cast(Client, engine))


async def test_nothing_open_is_nothing_stuck() -> None:
    assert await seen(Engine()) == []


async def test_each_trouble_is_told_of_its_entity() -> None:
    failing, retrying = Description(), Description()
    failing.pending_workflow_task.attempt = 7
    activity = retrying.pending_activities.add(attempt=5)
    activity.activity_type.name = "open_case"
    activity.last_failure.application_failure_info.type = "UNAVAILABLE"
    parked = [{"task": {"name": "lapse", "argument": "correction"}, "reason": "NOT_FOUND"}]
    engine = Engine(
        {
            "application/a": (failing, []),
            "application/b": (retrying, []),
            "application/c": (Description(), parked),
            "application/d": (Description(), []),
            "application/e": (Description(), None),
        }
    )
    assert await seen(engine) == [
        Case("application/a", "task_failing", attempts=7),
        Case("application/b", "activity_retrying", task="open_case", reason="UNAVAILABLE", attempts=5),
        Case("application/c", "parked", task="lapse correction", reason="NOT_FOUND"),
        Case("application/e", "silent"),
    ]


async def test_a_worker_that_is_down_is_said_once() -> None:
    engine = Engine({f"application/{number}": (Description(), None) for number in range(40)})
    assert await seen(engine) == [Case("worker", "no_worker", attempts=40)]


async def test_the_data_of_a_letter_is_not_its_name() -> None:
    parked = [{"task": {"name": "post_letter", "argument": "{...}"}, "reason": "NOT_FOUND"}]
    assert (await seen(Engine({"application/a": (Description(), parked)})))[0].task == "post_letter"


async def test_what_is_parked_is_asked_again_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    parked = [{"task": {"name": "tie", "argument": ""}, "reason": "NOT_FOUND"}] * 2
    engine = Engine({"application/a": (Description(), parked), "application/b": (Description(), [])})
    session = SimpleNamespace(engine=lambda: opened(engine), out=Output("fr", as_json=False))
    assert await ask_again(cast(Session, session)) == 0
    assert engine.asked == ["application/a"]
    assert "2 tâche(s) redemandée(s)" in capsys.readouterr().out


async def opened(engine: Engine) -> Client:
    return cast(Client, engine)


def test_every_trouble_has_its_words_and_its_remedy() -> None:
    for trouble in ("parked", "task_failing", "activity_retrying", "silent", "no_worker"):
        case = Case("x", trouble, reason="STALE")
        for locale in ("fr", "en"):
            assert case.why(locale)
            assert case.remedy(locale)
