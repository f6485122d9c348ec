"""A small entity with two stages, as every real one is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.entity import Entity, act, fact
    from workflows.state import Context, EntityState, Facts, Task, instant


@dataclass(frozen=True)
class Row:
    """The progress of the example."""

    version: int
    stage: str


@dataclass(frozen=True)
class Decide:
    context: Context
    amount_cents: int
    expected_version: int | None = None


@dataclass(frozen=True)
class Extend:
    context: Context
    until: str


@dataclass(frozen=True)
class Received:
    context: Context
    report_id: str


@dataclass(frozen=True)
class Lapse:
    context: Context
    name: str


@dataclass
class GrantState(EntityState):
    grant_id: str = ""
    reminders: list[str] = field(default_factory=list)


@workflow.defn
class Grant(Entity[GrantState]):
    """open → (decide) → reporting → (report or lapse) → closed."""

    @workflow.init
    def __init__(self, state: GrantState) -> None:
        super().__init__(state)
        self.application_id = state.grant_id
        state.position = state.position or "open"

    @workflow.run
    async def run(self, state: GrantState) -> str:
        await self.live()
        return self.state.position

    def closed(self) -> bool:
        return self.state.position in ("closed", "lapsed")

    @act(at={"open"})
    async def decide(self, message: Decide) -> Facts:
        facts = await self.do("decide", message, Row(self.next_version, "reporting"))
        self.state.position = "reporting"
        self.set_deadline("reminder", (instant(message.context.occurred_at) + timedelta(days=20)).isoformat())
        self.set_deadline("report", (instant(message.context.occurred_at) + timedelta(days=30)).isoformat())
        self.roll()
        return facts

    @act(at={"reporting"})
    async def extend(self, message: Extend) -> None:
        await self.do("extend", message, Row(self.next_version, "reporting"))
        self.set_deadline("report", message.until)

    @fact
    async def report_received(self, message: Received) -> None:
        if self.closed():
            return
        self.clear_deadline("report")
        self.clear_deadline("reminder")
        self.then("settle", message.report_id, context=message.context)

    async def settle(self, task: Task) -> None:
        assert task.context is not None
        await self.do("settle", Received(task.context, task.argument), Row(self.next_version, "closed"))
        self.state.position = "closed"

    async def lapse(self, name: str, context: Context) -> None:
        await self.do(f"lapse_{name}", Lapse(context, name), Row(self.next_version, name))
        if name == "report":
            self.state.position = "lapsed"
