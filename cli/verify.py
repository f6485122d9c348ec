"""``jalon verify``: every chain of events and every balance derived again."""

from __future__ import annotations

import asyncio

from jalon.audit.v1 import chains_pb2
from jalon.payments.v1 import awards_pb2

from cli.errors import FAILED
from cli.render import plain
from cli.session import Session
from wording import code_label


async def verify(session: Session) -> int:
    """Exit code 1 when something does not hold."""
    chains, money = await asyncio.gather(
        every_chain(session),
        session.read("payments.awards", "CheckInvariants", awards_pb2.CheckInvariantsRequest()),
    )
    if session.out.as_json:
        session.out.document({"chains": plain(chains), "money": plain(money)})
    else:
        draw(session, chains, money)
    return FAILED if chains.broken or money.violations else 0


async def every_chain(session: Session) -> chains_pb2.VerifyAllResponse:
    """Every chain, part by part."""
    whole, request = chains_pb2.VerifyAllResponse(), chains_pb2.VerifyAllRequest()
    while True:
        part = await session.read("audit.chains", "VerifyAll", request)
        whole.subjects += part.subjects
        whole.events += part.events
        whole.broken.extend(part.broken)
        if not part.next_page_token:
            return whole
        request.page_token = part.next_page_token


def draw(session: Session, chains: chains_pb2.VerifyAllResponse, money: awards_pb2.CheckInvariantsResponse) -> None:
    """What was checked, then what does not hold."""
    out = session.out
    style = "red" if chains.broken else "green"
    out.say("verify.chains", style=style, subjects=chains.subjects, events=chains.events, broken=len(chains.broken))
    if chains.broken:
        rows = [
            [
                f"{item.subject.subject_kind} {item.subject.subject_id}",
                str(item.broken_at),
                code_label("chain_fault", item.reason, locale=session.locale),
            ]
            for item in chains.broken
        ]
        out.table(["column.chain", "column.link_count", "column.finding"], rows)
    style = "red" if money.violations else "green"
    out.say("verify.money", style=style, checked=len(money.checked), violations=len(money.violations))
    if money.violations:
        rows = [
            [item.invariant, code_label("violation", item.code, locale=session.locale), item.subject, item.detail]
            for item in money.violations
        ]
        out.table(["column.invariant", "column.finding", "column.subject", "column.detail"], rows)
    out.say("verify.broken" if chains.broken or money.violations else "verify.whole", style="bold")
