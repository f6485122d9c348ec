"""``call/<call_id>``: the call opens everywhere, reminds, extends; the assembly's act and the notification reach each
application as rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contract.call import (
        ActRow,
        CallOpened,
        CloseCall,
        ExtendWindow,
        MoneyFreed,
        NotifyDecisions,
        OpenCall,
        RecordAct,
        RecordExecutory,
        RecordTransmission,
    )
    from workflows.contract.consequences import ListInvited, RegisterCall, RemindDrafts
    from workflows.entity import act, fact
    from workflows.rows import Rows, RowsState
    from workflows.state import Context, Facts, Task, derived, instant

REMINDER = timedelta(hours=48)
OPEN = "OPEN"
WINDOWS = {"PRE_APPLICATION": "pre_application_closes_at", "FULL_APPLICATION": "full_application_closes_at"}


@dataclass
class CallState(RowsState):
    """``acts``: the applications of each act (UUID); ``freed_cents``: what came back to each section."""

    call_id: str = ""
    acts: dict[str, list[str]] = field(default_factory=dict)
    freed_cents: dict[str, int] = field(default_factory=dict)
    ended: bool = False


@workflow.defn(name="CallWorkflow")
class CallWorkflow(Rows[CallState]):
    """One entity for a call, from opening to closing."""

    @workflow.init
    def __init__(self, state: CallState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: CallState) -> None:
        """Opened, windows watched, act recorded, decisions notified, closed."""
        await self.live()

    def closed(self) -> bool:
        """True once the call is closed and each file knows what it was told."""
        return self.state.ended and not self.state.late

    @act(at=["", OPEN])
    async def open_call(self, message: OpenCall) -> Facts:
        """The rulebook is checked, frozen and hashed, then handed to every service."""
        facts = await self.do("open_call", message)
        await self.follow("register_call", message.context)
        self.state.position = OPEN
        for window, closing in WINDOWS.items():
            self._remind_before(window, str(facts[closing]))
        return facts

    async def register_call(self, task: Task) -> None:
        """Review and payments receive the frozen rulebook."""
        assert task.context is not None
        registered = Context(self.system_context("register_call").request_id, "", task.context.occurred_at)
        await self.do("register_call", RegisterCall(registered, self.state.call_id))

    def _remind_before(self, window: str, closes_at: str) -> None:
        at = instant(closes_at) - REMINDER
        if at > self.business_now():
            self.set_deadline(f"reminder/{window}", at.isoformat())

    @fact
    async def call_opened(self, message: CallOpened) -> Facts:
        """Relayed from intake; the opening act already did everything."""
        return {"position": self.state.position}

    @act(at=[OPEN])
    async def extend_window(self, message: ExtendWindow) -> Facts:
        """A closing instant moves later for everybody; reminders and each file's deadline follow."""
        facts = await self.do("extend_window", message)
        self._remind_before(message.window, message.closes_at)
        if message.window == "FULL_APPLICATION":
            await self.follow("tell_extension", message.context, message.closes_at)
        return facts

    async def tell_extension(self, task: Task) -> None:
        """One row for each application whose full application is still expected."""
        assert task.context is not None
        request_id = task.context.request_id
        context = self.system_context(f"list_invited/{request_id}")
        invited = await self.do("list_invited", ListInvited(context, self.state.call_id))
        for application_id in invited["application_ids"]:
            row = self.system_context(f"window_extended/{request_id}/{application_id}")
            self.tell(row, "window_extended", application_id, closes_at=task.argument)

    @act(at=[OPEN])
    async def record_act(self, message: RecordAct) -> Facts:
        """The vote: one row per application."""
        facts = await self.do("record_act", message)
        self.state.acts[message.act_id] = [row.application_id for row in message.rows]
        for row in message.rows:
            self._tell_decision(message, row)
        return facts

    def _tell_decision(self, message: RecordAct, row: ActRow) -> None:
        self.tell(
            derived(message.context, row.application_id),
            "record_decision",
            row.application_id,
            call_id=message.call_id,
            act_id=message.act_id,
            decision=row.decision,
            granted_cents=row.granted_cents,
            section=row.section,
        )

    @act(at=[OPEN])
    async def record_transmission(self, message: RecordTransmission) -> Facts:
        """Sent to the prefecture."""
        return await self.do("record_transmission", message)

    @act(at=[OPEN])
    async def record_executory(self, message: RecordExecutory) -> Facts:
        """Executory: the gate of notification and payment."""
        return await self.do("record_executory", message)

    @act(at=[OPEN])
    async def notify_decisions(self, message: NotifyDecisions) -> Facts:
        """All decisions of the act are told together, one row per application."""
        facts = await self.do("notify_decisions", message)
        for application_id in self.state.acts.get(message.act_id, []):
            row = derived(message.context, application_id)
            self.tell(row, "notify_decision", application_id, call_id=message.call_id)
        return facts

    @fact
    async def money_freed(self, message: MoneyFreed) -> Facts:
        """Money came back to a section: kept for whoever replaces from the waiting list."""
        before = self.state.freed_cents.get(message.section, 0)
        self.state.freed_cents[message.section] = before + message.amount_cents
        return {"freed_cents": self.state.freed_cents[message.section]}

    @act(at=[OPEN])
    async def close_call(self, message: CloseCall) -> Facts:
        """Every application is at its end."""
        facts = await self.do("close_call", message)
        self.state.position = "CLOSED"
        self.state.ended = True
        return facts

    async def lapse(self, name: str, context: Context) -> None:
        """48 hours before a window closes, drafts not deposited are reminded once."""
        window = name.removeprefix("reminder/")
        await self.do("remind_drafts", RemindDrafts(context, self.state.call_id, window))
