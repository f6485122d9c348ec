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
from cli.stuck import ask_all_again, remedy, why
from workflows.commands.stuck import Stuck, found

Description = DescribeWorkflowExecutionResponse


@dataclass
class Engine:
    """Entities by id: their description and their parked tasks; None when nobody answers the query."""

    entities: dict[str, tuple[Description, list[dict[str, Any]] | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)

    async def list_workflows(self, query: str) -> AsyncIterator[Any]:
        assert "Running" in query
        for name in self.entities:
            yield SimpleNamespace(id=name)

    def get_workflow_handle(self, name: str) -> Any:
        described, parked = self.entities[name]

        async def describe() -> Any:
            return SimpleNamespace(raw_description=described)

        async def query(asked: str) -> dict[str, Any]:
            if parked is None:
                raise TimeoutError
            return self.rows if asked == "row_results" else {"parked": parked}

        async def execute_update(update: str) -> int:
            assert update == "ask_again"
            if parked is None:
                raise TimeoutError
            self.asked.append(name)
            return len(parked)

        return SimpleNamespace(describe=describe, query=query, execute_update=execute_update)


async def seen(engine: Engine) -> list[Stuck]:
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
        Stuck("application/a", "task_failing", attempts=7),
        Stuck("application/b", "activity_retrying", task="open_case", reason="UNAVAILABLE", attempts=5),
        Stuck("application/c", "parked", task="lapse correction", reason="NOT_FOUND"),
        Stuck("application/e", "silent"),
    ]


async def test_the_refused_rows_of_a_bulk_act_are_told_each_of_its_file() -> None:
    rows = {"assign_reviewer/a": "done", "assign_reviewer/b": "waiting", "assign_reviewer/c": "STALE"}
    engine = Engine({"bulk/x": (Description(), []), "call/y": (Description(), [])}, rows=rows)
    assert await seen(engine) == [Stuck("bulk/x", "row_refused", task="assign_reviewer", reason="STALE", row="c")]


async def test_only_what_concerns_the_reader_is_looked_at_and_no_more_than_wanted() -> None:
    parked = [{"task": {"name": "tie", "argument": ""}, "reason": "NOT_FOUND", "since": "2023-03-01T10:00:00.000000Z"}]
    engine = Engine({f"application/{number}": (Description(), parked) for number in range(9)})
    looked = await found(cast(Client, engine), among=lambda one: one != "application/1", most=4)
    assert [one.entity for one in looked] == [f"application/{number}" for number in (0, 2, 3, 4)]
    assert {one.since for one in looked} == {"2023-03-01T10:00:00.000000Z"}


async def test_a_worker_that_is_down_is_said_once() -> None:
    engine = Engine({f"application/{number}": (Description(), None) for number in range(40)})
    assert await seen(engine) == [Stuck("worker", "no_worker", attempts=40)]


async def test_the_data_of_a_letter_is_not_its_name() -> None:
    parked = [{"task": {"name": "post_letter", "argument": "{...}"}, "reason": "NOT_FOUND"}]
    assert (await seen(Engine({"application/a": (Description(), parked)})))[0].task == "post_letter"


async def test_what_is_parked_is_asked_again_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    parked = [{"task": {"name": "tie", "argument": ""}, "reason": "NOT_FOUND"}] * 2
    engine = Engine({"application/a": (Description(), parked), "application/b": (Description(), [])})
    session = SimpleNamespace(engine=lambda: opened(engine), out=Output("fr", as_json=False))
    assert await ask_all_again(cast(Session, session)) == 0
    assert engine.asked == ["application/a"]
    assert "2 tâche(s) redemandée(s)" in capsys.readouterr().out


async def opened(engine: Engine) -> Client:
    return cast(Client, engine)


def test_every_trouble_has_its_words_and_its_remedy() -> None:
    for trouble in ("parked", "task_failing", "activity_retrying", "silent", "no_worker", "row_refused"):
        case = Stuck("x", trouble, reason="STALE")
        for locale in ("fr", "en"):
            assert why(case, locale)
            assert remedy(case, locale)
