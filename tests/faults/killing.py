"""Kills: a process of an installation at a seeded random moment, and the player resumed until the call is closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random

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


async def play_under_fire(installation: Installation, edition: Edition, plan: Plan) -> int:
    """Plays the call with the kills of the plan, each between two advances of the clock; returns how many times the
    player had to be resumed."""
    for resumed in range(MOST_RESUMES):
        try:
            async with playing(installation, edition) as play:
                play.schedule = [_struck(installation, step, plan, place) for place, step in enumerate(play.schedule)]
                await play.through()
                return resumed
        except Exception as failure:
            if not plan.landed:
                raise
            plan.landed[-1] += f" ({type(failure).__name__})"
    raise AssertionError(f"the player was resumed {MOST_RESUMES} times: {plan.landed}")


def _struck(installation: Installation, step: Step, plan: Plan, place: int) -> Step:
    async def played() -> None:
        strikes = [
            asyncio.create_task(_strike(installation, plan, place, step.label, *kill)) for kill in _due(plan, place)
        ]
        try:
            await step.play()
        finally:
            await asyncio.gather(*strikes)

    return replace(step, play=played)


def _due(plan: Plan, place: int) -> list[tuple[str, float]]:
    return plan.kills.pop(place, [])


async def _strike(installation: Installation, plan: Plan, place: int, label: str, victim: str, delay: float) -> None:
    await asyncio.sleep(delay)
    plan.landed.append(f"{victim} after {delay:.2f} s of step {place} ({label})")
    await kill(installation, victim)


async def under_fire_inside(play: Play, strike: Callable[[], Awaitable[None]], *, delay: float) -> None:
    """One advance of the clock, a kill falling inside it."""

    async def later() -> None:
        await asyncio.sleep(delay)
        await strike()

    await asyncio.gather(play.clock.level(), later())
