"""What every entity workflow shares: acts and facts, one lock, deadlines as data, continue-as-new.

An entity is a subclass of :class:`Entity` with a state (a dataclass extending ``workflows.state.EntityState``), acts
(:func:`act`, by people), facts (:func:`fact`, relayed: they happened) and tasks (plain methods queued by
:meth:`Entity.then`). ``run`` ends with ``await self.live()``.

Everything here is deterministic and holds no module state: entity files import it inside
``workflow.unsafe.imports_passed_through()``.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast, get_type_hints
from uuid import NAMESPACE_URL, uuid5

from opentelemetry import trace
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.parking import GRACE, Parking
from workflows.policies import policy_of
from workflows.state import (
    Answer,
    Context,
    Done,
    EntityState,
    Facts,
    Standing,
    Task,
    digest_of,
    instant,
    refuse,
    text,
)
from workflows.traces import linked_root, traceparent

RING_SIZE = 256
FRESHNESS = timedelta(minutes=2)


class Message(Protocol):
    """The one argument of an act or a fact: a frozen dataclass. An ``expected_version`` is looked at if it has one."""

    @property
    def context(self) -> Context: ...


class Progress(Protocol):
    """The row lists show; its version must be the entity's ``next_version``."""

    @property
    def version(self) -> int: ...


S = TypeVar("S", bound=EntityState)
E = TypeVar("E", bound="Entity[Any]")
M = TypeVar("M", bound=Message)
Method = Callable[[E, M], Awaitable[Facts | None]]
Handler = Callable[[E, M], Coroutine[Any, Any, Answer]]


def act(*, at: Iterable[str] | None) -> Callable[[Method[E, M]], Handler[E, M]]:
    """A human act: an update of the method's name, allowed at the positions ``at`` (None: at every position).

    Refused before it enters history: ``NOT_AT_THIS_STAGE``, ``STALE``, ``NOT_FRESH``, ``REQUEST_REUSED``.
    """
    positions = None if at is None else frozenset(str(position) for position in at)
    return lambda method: _message(method, positions, validated=True)


def fact(method: Method[E, M]) -> Handler[E, M]:
    """A relayed fact, named in the past tense: it happened, so position, version and date never refuse it. What it asks
    of services and is refused parks, and is taken again in order: until its last refusal the method changes nothing
    that a second time would not change the same way."""
    message_type = get_type_hints(method)["message"]

    async def received(self: E, message: M) -> Facts | None:
        taken: Facts | None = await self._take_fact(message, method=method)
        return taken

    functools.update_wrapper(received, method)
    handler = _message(received, None, validated=False)
    handler.fact = (method, message_type)  # type: ignore[attr-defined]
    return handler


def _message(method: Method[E, M], positions: frozenset[str] | None, *, validated: bool) -> Handler[E, M]:
    verb = method.__name__

    async def handler(self: E, message: M) -> Answer:
        return await self._handle(verb, message, method=functools.partial(method, self), positions=positions)

    functools.update_wrapper(handler, method)
    handler.__annotations__ = {**method.__annotations__, "return": Answer}
    update = workflow.update(handler)
    if validated:

        def check(self: E, message: M) -> None:
            self._check(verb, message, positions=positions)

        update.validator(functools.update_wrapper(check, method))
    return cast(Handler[E, M], update)


class Entity(Parking[S], Generic[S]):
    """One entity: one writer, one lock, one loop. Subclasses add ``@workflow.init`` and ``@workflow.run``."""

    application_id = ""

    def __init__(self, state: S) -> None:
        self.state = state
        self._lock = asyncio.Lock()
        self._rolling = False
        if not state.engine_start:
            state.engine_start = text(workflow.info().workflow_start_time)
            state.origin = state.cause = traceparent()

    # What subclasses say

    def closed(self) -> bool:
        """True when nothing remains that a timer must watch: the workflow then ends."""
        raise NotImplementedError

    def application_of(self, task: Task) -> str:
        """The application a task is about, stamped on its spans; empty when it is about none."""
        return self.application_id

    async def lapse(self, name: str, context: Context) -> None:
        """The deadline ``name`` passed. Ask the service; ``RECEIVED_IN_TIME`` may be left to propagate."""
        raise NotImplementedError

    # What subclasses use

    @property
    def next_version(self) -> int:
        """The version the next progress row must carry."""
        return self.state.version + 1

    def business_now(self) -> datetime:
        """The installation's date as this workflow lives it (UTC)."""
        return instant(self.state.business_start) + (workflow.now() - instant(self.state.engine_start))

    async def do(self, verb: str, message: Any, progress: Progress | None = None) -> Facts:
        """Run the activity ``verb``. A refusal comes out as :func:`refuse`; anything else is retried inside.

        With ``progress``, the activity also writes it, and its version becomes the entity's.
        """
        if progress is not None and progress.version != self.next_version:
            raise ValueError(f"progress {progress.version} does not follow {self.state.version}")
        try:
            facts: Facts | None = await workflow.execute_activity(
                verb, args=[message, progress], result_type=dict, **policy_of(verb)
            )
        except ActivityError as failed:
            raise _refusal(failed) from None
        if progress is not None:
            self.state.version = progress.version
        return facts or {}

    def then(self, name: str, argument: str = "", *, context: Context | None = None) -> None:
        """Queue the method ``name`` for the main loop; it survives crashes and continue-as-new."""
        self.state.tasks.append(Task(name, argument, context))

    def roll(self) -> None:
        """Continue as new at the next quiet moment; called at stage boundaries."""
        self._rolling = True

    def set_deadline(self, name: str, at: str) -> None:
        """Set or move a deadline; replaces one of the same name, running, suspended or parked."""
        self.clear_deadline(name)
        self.state.deadlines[name] = at

    def clear_deadline(self, name: str) -> None:
        """Forget a deadline, whatever its condition."""
        self.state.deadlines.pop(name, None)
        self.state.suspended.pop(name, None)
        self.state.parked = [item for item in self.state.parked if not item.task.lapses(name)]
        self.state.tasks = [task for task in self.state.tasks if not task.lapses(name)]

    def suspend(self, name: str, at: str) -> None:
        """Stop a clock at ``at``: what was left then is kept. Nothing happens if it does not run."""
        end = self.state.deadlines.pop(name, None)
        if end is not None:
            self.state.suspended[name] = (instant(end) - instant(at)).total_seconds()

    def resume(self, name: str, at: str) -> None:
        """Start a stopped clock again from ``at``, with what was left."""
        left = self.state.suspended.pop(name, None)
        if left is not None:
            self.state.deadlines[name] = text(instant(at) + timedelta(seconds=left))

    def system_context(self, key: str) -> Context:
        """The context of the entity's own act, the same at every retry and replay of ``key``."""
        request_id = uuid5(NAMESPACE_URL, f"{workflow.info().workflow_id}/{key}")
        return Context(str(request_id), "", text(self.business_now()))

    async def live(self) -> None:
        """The main loop: tasks and deadlines in order, continue-as-new when asked, until :meth:`closed`."""
        while True:
            await self._wait()
            await self._next()
            if self.state.tasks or not (self._over() or self._must_roll()):
                continue
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self.state.tasks:
                continue
            if self._over():
                return
            workflow.continue_as_new(self.state)

    @workflow.query
    def standing(self) -> Standing:
        """Where this entity stands."""
        state = self.state
        return Standing(
            state.position, state.version, state.business_start, state.engine_start, state.deadlines, self.held()
        )

    # Acts and facts

    def _check(self, verb: str, message: Message, *, positions: frozenset[str] | None) -> None:
        if self._known(verb, message):
            return
        self._require(positions)
        expected = getattr(message, "expected_version", None)
        if expected is not None and expected != self.state.version:
            raise refuse("STALE")
        age = abs(self.business_now() - instant(message.context.occurred_at))
        if not message.context.row and age > FRESHNESS:
            raise refuse("NOT_FRESH")

    async def _handle(
        self,
        verb: str,
        message: Message,
        *,
        method: Callable[[Any], Awaitable[Facts | None]],
        positions: frozenset[str] | None,
    ) -> Answer:
        async with self._lock:
            known = self._known(verb, message)
            if known is not None:
                return known
            self._require(positions)
            held = list(self.state.parked)
            self.state.cause = traceparent() or self.state.cause
            with trace.get_tracer(__name__).start_as_current_span(f"update {verb}"):
                facts = await method(message)
            status = self._status(message.context.request_id)
            answer = Answer(status, facts or {}, version=self.state.version, asked=digest_of(verb, message))
            done = Done(message.context.request_id, answer)
            self.state.ring = [*self.state.ring, done][-RING_SIZE:]
            self._ask_again(held)
            return answer

    def _known(self, verb: str, message: Message) -> Answer | None:
        for done in self.state.ring:
            if done.request_id == message.context.request_id:
                if done.answer.asked != digest_of(verb, message):
                    raise refuse("REQUEST_REUSED")
                return replace(done.answer, status=self._status(done.request_id))
        return None

    def _require(self, positions: frozenset[str] | None) -> None:
        if positions is not None and self.state.position not in positions:
            raise refuse("NOT_AT_THIS_STAGE", {"values": {"stage": self.state.position}})

    # The main loop

    def _over(self) -> bool:
        return self.closed() and not self.held()

    def _earliest(self) -> tuple[str, str] | None:
        """The next deadline as (instant, name); none once nothing remains to watch."""
        if self.closed():
            return None
        return min(((at, name) for name, at in self.state.deadlines.items()), key=_by_instant, default=None)

    def _must_roll(self) -> bool:
        return self._rolling or workflow.info().is_continue_as_new_suggested()

    async def _wait(self) -> None:
        """Sleep until a task, a roll, the end, or the next deadline. An act that moves none of them wakes nothing."""
        earliest = self._earliest()
        timeout = None if earliest is None else instant(earliest[0]) + GRACE - self.business_now()
        if timeout is not None and timeout <= timedelta(0):
            return

        def stirred() -> bool:
            return bool(self.state.tasks) or self._over() or self._must_roll() or self._earliest() != earliest

        try:
            await workflow.wait_condition(
                stirred, timeout=timeout, timeout_summary=None if earliest is None else f"deadline {earliest[1]}"
            )
        except TimeoutError:
            return

    async def _next(self) -> None:
        async with self._lock:
            task = self._take()
            if task is None:
                return
            try:
                application_id = self.application_of(task)
                with linked_root(task.name, [self.state.origin, self.state.cause], application_id=application_id):
                    await self._perform(task)
            except ApplicationError as refusal:
                self._refused(task, refusal)

    def _take(self) -> Task | None:
        """The next task. A deadline is looked at again here, under the lock: an act may just have moved it."""
        if self.state.tasks:
            return self.state.tasks.pop(0)
        earliest = self._earliest()
        if earliest is None or instant(earliest[0]) + GRACE > self.business_now():
            return None
        at, name = earliest
        del self.state.deadlines[name]
        return Task("lapse", name, self.system_context(f"lapse/{name}/{at}"))

    async def _perform(self, task: Task) -> None:
        if task.name == "lapse" and task.context is not None:
            await self.lapse(task.argument, task.context)
        else:
            await getattr(self, task.name)(task)


def _by_instant(item: tuple[str, str]) -> tuple[datetime, str]:
    return instant(item[0]), item[1]


def _refusal(failed: ActivityError) -> ApplicationError:
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type:
        return ApplicationError(cause.message, *cause.details, type=cause.type, non_retryable=True)
    return refuse("NOT_CARRIED_OUT")
