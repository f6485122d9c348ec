"""``jalon stuck``: what does not move by itself any more, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict

from cli.errors import FAILED
from cli.health import Outbox, outboxes
from cli.session import Session
from cli.status import show_outboxes
from wording import Locale, code_label, label
from wording.sentences import reason_in_words
from workflows.commands.stuck import PARKED, Stuck, ask_again, found

OLD_SECONDS = 60
"""Seconds from which a fact that waits to be relayed is late."""


def why(case: Stuck, locale: Locale) -> str:
    """What is wrong, in words."""
    values = {"task": case.task or "—", "attempts": case.attempts, "why": reason_in_words(case.reason, locale=locale)}
    return label(f"stuck.{case.trouble}", locale=locale, values=values)


def remedy(case: Stuck, locale: Locale) -> str:
    """What to do."""
    return code_label("remedy_of_trouble", case.trouble, locale=locale)


async def stuck(session: Session) -> int:
    """Exit code 1 when something is stuck."""
    boxes = await outboxes(session)
    cases = await found(await session.engine())
    if session.out.as_json:
        session.out.document(
            {
                "cases": [asdict(case) for case in cases],
                "outboxes": [{**asdict(box), "age": box.age.total_seconds()} for box in boxes],
            }
        )
    else:
        draw(session, cases, boxes=boxes)
    return FAILED if cases or any(late(box) for box in boxes) else 0


async def ask_all_again(session: Session) -> int:
    """Asks again whatever is parked, then says how much was; ``jalon stuck`` tells what remains."""
    client = await session.engine()
    parked = dict.fromkeys(case.entity for case in await found(client) if case.trouble == PARKED)
    asked = sum([await ask_again(client, entity) or 0 for entity in parked])
    if session.out.as_json:
        session.out.document({"asked": asked})
    else:
        session.out.say("stuck.asked_again", count=asked)
    return 0


def late(box: Outbox) -> bool:
    """True when its oldest fact waits for too long."""
    return box.waiting > 0 and box.age.total_seconds() > OLD_SECONDS


def draw(session: Session, cases: list[Stuck], *, boxes: list[Outbox]) -> None:
    """Cases with their remedy, then the outboxes."""
    out, locale = session.out, session.locale
    if cases:
        rows = [[case.entity, why(case, locale), remedy(case, locale)] for case in cases]
        out.table(["column.entity", "column.trouble", "column.remedy"], rows)
    else:
        out.say("stuck.nothing", style="green")
    show_outboxes(session, boxes)
    for box in filter(late, boxes):
        out.say("stuck.outbox", style="red", service=box.service)
