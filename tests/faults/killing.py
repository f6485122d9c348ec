"""Kills: a process of an installation at a seeded random moment, and the player resumed until the call is closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from deploy.local.daemon import Daemon
from deploy.local.errors import LaunchError
from deploy.local.installation import Installation
from rehearsal.play import Edition
from rehearsal.schedule import Step
from tests.faults.small_call import Play, playing

VICTIMS = ("worker", "intake", "review", "payments", "audit", "postgres")
LATEST = 0.6
"""Seconds after a step begins: most steps last about as long."""
RESTART_SECONDS = 60.0
MOST_RESUMES = 60
T = TypeVar("T")


@dataclass
class Plan:
    """Which step each kill falls in, by the step's place in the calendar; and after how many seconds.

    ``landed``: what was killed, in which step, and whether the player had to be resumed.
    """

    kills: dict[int, list[tuple[str, float]]]
    landed: list[str] = field(default_factory=list)


def plan_of(seed: int, steps: int, *, victims: Iterable[str], first: int = 2) -> Plan:
    """One kill per victim named, spread at random over the steps of a call (not the first ones: nothing runs yet)."""
    source = Random(seed)
    kills: dict[int, list[tuple[str, float]]] = {}
    for victim in victims:
        kills.setdefault(source.randrange(first, steps), []).append((victim, source.random() * LATEST))
    return Plan(kills)


async def kill(installation: Installation, victim: str) -> None:
    """SIGKILL, then the process is started again, as a supervisor does."""
    daemon = daemon_of(installation, victim)
    await asyncio.to_thread(daemon.kill)
    await asyncio.to_thread(start_again, daemon)


def daemon_of(installation: Installation, name: str) -> Daemon:
    """A process of the installation, the database and the engine included."""
    return next(daemon for daemon in installation.daemons() if daemon.name == name)


def start_again(daemon: Daemon) -> None:
    """PostgreSQL refuses to start while what was killed with it still ends: it is asked again."""
    deadline = time.monotonic() + RESTART_SECONDS
    while True:
        try:
            daemon.start()
            return
        except LaunchError:
            if time.monotonic() > deadline:
                raise


async def play_under_fire(installation: Installation, edition: Edition, plan: Plan, *, inside: bool = False) -> int:
    """Plays the call with the kills of the plan; returns how many times the player had to be resumed.

    Each kill falls while people act, between two advances of the clock; ``inside``: during the advance before it. The
    player is resumed as often as it takes, each time through a new door.
    """
    for resumed in range(MOST_RESUMES):
        try:
            async with playing(installation, edition) as play:
                (_strike_advances if inside else _strike_steps)(installation, play, plan)
                await play.through()
                return resumed
        except Exception as failure:
            if not plan.landed:
                raise
            plan.landed[-1] += f" ({type(failure).__name__})"
    raise NeverClosed(plan.landed)


class NeverClosed(Exception):
    """The player was resumed too often."""


def _strike_steps(installation: Installation, play: Play, plan: Plan) -> None:
    def struck(step: Step, place: int) -> Step:
        async def played() -> None:
            await _under(installation, plan, place, label=step.label, what=step.play)

        return replace(step, play=played)

    play.schedule = [struck(step, place) for place, step in enumerate(play.schedule)]


def _strike_advances(installation: Installation, play: Play, plan: Plan) -> None:
    advance, at = play.clock.advance, {step.at: place for place, step in enumerate(play.schedule)}

    async def struck(*, by: timedelta | None = None, to: datetime | None = None) -> datetime:
        place = -1 if to is None else at.get(to, -1)
        return await _under(installation, plan, place, label=f"to {to}", what=lambda: advance(by=by, to=to))

    play.clock.advance = struck  # type: ignore[method-assign]


async def _under(
    installation: Installation, plan: Plan, place: int, *, label: str, what: Callable[[], Awaitable[T]]
) -> T:
    """Does something while the kills due at this place fall; ends when what was killed serves again."""

    async def strike(victim: str, delay: float) -> None:
        await asyncio.sleep(delay)
        plan.landed.append(f"{victim} after {delay:.2f} s of step {place} ({label})")
        await kill(installation, victim)

    strikes = [asyncio.create_task(strike(*due)) for due in plan.kills.pop(place, [])]
    try:
        return await what()
    finally:
        await asyncio.gather(*strikes)
