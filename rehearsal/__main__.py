"""Plays a whole call through the real doors, on the demonstration's clock, then those that are alive today.
``python -m rehearsal [--seed N] [--alone]``.

Played again, it goes on where it stopped: each act has the same request id each time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg
from jalon.intake.v1 import calls_pb2
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kit import telemetry
from kit.errors import Refused
from kit.settings import ClientSettings, child_environment, read
from rehearsal.clock import Clock, DatabaseOffset, take_turn
from rehearsal.current.casting import Living
from rehearsal.current.playing import living_calls, played, schedule
from rehearsal.current.waiting import print_waiting
from rehearsal.edition import draw
from rehearsal.outcome import print_outcome
from rehearsal.play import Edition
from rehearsal.quiet import Quiet
from rehearsal.schedule import Step, steps
from rehearsal.stage import Stage
from workflows.commands import Door, Who

SEED = 2023
ROWS_SECONDS = 120.0


async def main(arguments: argparse.Namespace) -> None:
    """Plays, then prints the outcome read back from the services."""
    settings = ClientSettings.from_environment()
    flush = telemetry.setup("rehearsal")
    door = await Door.open(settings)
    admin = await asyncpg.connect(read("DATABASE_URL", "the administrative address: only it may move the clock"))
    console = Console()
    try:
        await take_turn(admin, patiently=True)
        edition = draw(arguments.seed)
        stage = on_stage(edition, door)
        clock = Clock(door.client, DatabaseOffset(admin), quiet=Quiet(admin))
        accountant = str(edition.person("ACCOUNTANT").person_id)

        async def treasury(what: str) -> None:
            await pay(what, accountant)

        await play(stage, clock, steps(stage, treasury), console=console)
        calls = [] if arguments.alone else await living_calls(door, edition, lambda one: on_stage(one, door))
        if calls:
            await play_living(calls, clock, schedule(calls, treasury), console=console)
        await clock.advance(to=datetime.now(UTC))
        await print_outcome(stage, console)
        if calls:
            door.forget_clock()
            await print_waiting(door, calls, console)
    finally:
        await admin.close()
        await door.close()
        flush()


async def play(stage: Stage, clock: Clock, schedule: list[Step], *, console: Console) -> None:
    """Each step at its instant; those certainly done by an earlier play are passed over."""
    if await closed(stage):
        console.print("L'appel est déjà joué jusqu'à sa clôture.")
        return
    await through(stage, clock, schedule, console=console)


async def play_living(calls: list[Living], clock: Clock, schedule: list[Step], *, console: Console) -> None:
    """The calls that are alive today; once they are all played, people alone go on with them."""
    if await played(calls):
        console.print("Les appels en cours sont déjà joués : ils continuent avec qui les ouvre.")
        return
    await through(calls[0].stage, clock, schedule, console=console)


async def through(stage: Stage, clock: Clock, schedule: list[Step], *, console: Console) -> None:
    """From where the installation stands to the last step."""
    await clock.level()
    start = resume_at(schedule, await clock.now())
    columns = (
        TextColumn("{task.fields[date]}"),
        BarColumn(30),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=len(schedule), completed=start, date="")
        for step in schedule[start:]:
            bar.update(task, description=step.label, date=f"{step.at:%d/%m/%Y}")
            await clock.advance(to=step.at)
            stage.door.forget_clock()
            await step.play()
            bar.advance(task)


def resume_at(schedule: list[Step], now: datetime) -> int:
    """The first step that may not be whole: the last ones whose instant has come."""
    begun = [step.at for step in schedule if step.at <= now]
    return next((index for index, step in enumerate(schedule) if begun and step.at == begun[-1]), 0)


async def closed(stage: Stage) -> bool:
    """True when the call was played to its end."""
    request = calls_pb2.GetCallRequest(call_id=stage.call_id)
    try:
        call = await stage.door.read(Who("", frozenset()), stage.stub("intake", "calls").GetCall, request)
    except Refused:
        return False
    return bool(call.state == calls_pb2.CALL_STATE_CLOSED)


def on_stage(edition: Edition, door: Door) -> Stage:
    """A call on its stage."""
    return Stage(edition, door, lambda workflow_id: rows_of(door, workflow_id))


async def rows_of(door: Door, workflow_id: str) -> Mapping[str, str]:
    """The rows of an act, once each has its result."""
    handle = door.client.get_workflow_handle(workflow_id)
    async with asyncio.timeout(ROWS_SECONDS):
        while True:
            rows: dict[str, str] = await handle.query("row_results", result_type=dict)
            if "waiting" not in rows.values():
                return rows
            await asyncio.sleep(0.2)


async def pay(what: str, person_id: str) -> None:
    """Runs the public accountant, an outside process with the treasury's own key."""
    key = ClientSettings.from_environment().signing_key.with_name("treasury.key.json")
    environment = child_environment(JALON_SIGNING_KEY=str(key), OTEL_SERVICE_NAME="jalon-accountant")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "rehearsal.accountant", what, person_id, env=environment
    )
    if await process.wait():
        raise RuntimeError(f"the public accountant stopped with exit code {process.returncode}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="rehearsal")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--alone", action="store_true", help="the call of 2023 alone, without those in course")
    code = 0
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT  # asked to stop: played again, it goes on from there
    sys.stdout.flush()
    os._exit(code)  # the engine's native threads may fault at interpreter exit once all work is done
