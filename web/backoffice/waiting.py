"""What waits for a person besides files: the jury sessions she sits in, the payment runs she may seal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jalon.payments.v1 import runs_pb2
from jalon.review.v1 import jury_pb2

from web.desk import Desk, together
from web.words import bare, moment, t

SESSIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "PREPARED": (("JURY_SECRETARY", "convoke"),),
    "CONVOKED": (("JURY_CHAIR", "open"), ("JURY_MEMBER", "score"), ("JURY_SECRETARY", "follow")),
    "ADJOURNED": (("JURY_CHAIR", "open"), ("JURY_MEMBER", "score"), ("JURY_SECRETARY", "follow")),
    "OPEN": (("JURY_CHAIR", "close"), ("JURY_MEMBER", "attend"), ("JURY_SECRETARY", "follow")),
}
"""What a session asks by its state: the role it asks, the words for it."""
RUNS: Mapping[str, tuple[str, str]] = {
    "PREPARED": ("FINANCE", "seal_first"),
    "SEALED_ONCE": ("AUTHORISING_OFFICER", "seal_second"),
}


@dataclass(frozen=True)
class Waiting:
    """``what``: the session or the run; ``todo``: what is asked of her there."""

    what: str
    todo: str
    href: str


async def waiting_besides(desk: Desk) -> list[Waiting]:
    """In the call worked on: sessions first, then runs."""
    sessions, runs = await together(_sessions(desk), _runs(desk))
    return [*sessions, *runs]


def _holds(desk: Desk, *roles: str) -> bool:
    return bool(desk.visitor.call_id) and not desk.visitor.roles.isdisjoint(roles)


async def _sessions(desk: Desk) -> list[Waiting]:
    if not _holds(desk, "JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY"):
        return []
    wanted = jury_pb2.ListSessionsRequest(call_id=desk.visitor.call_id)
    found = (await desk.read("review.jury", wanted)).sessions
    rows = []
    for session in found:
        asked = SESSIONS.get(bare("review.SessionState", session.state), ())
        todo = next((words for role, words in asked if role in desk.visitor.roles), "")
        if todo:
            title = t("jury.session_of", held_at=moment(session.held_at))
            rows.append(Waiting(title, t(f"waiting.session.{todo}"), f"/jury/{session.session_id}"))
    return rows


async def _runs(desk: Desk) -> list[Waiting]:
    if not _holds(desk, "FINANCE", "AUTHORISING_OFFICER"):
        return []
    wanted = runs_pb2.ListPaymentRunsRequest(call_id=desk.visitor.call_id, page_size=100)
    found = (await desk.read("payments.runs", wanted)).runs
    rows = []
    for run in found:
        role, todo = RUNS.get(bare("payments.PaymentRunState", run.state), ("", ""))
        if role in desk.visitor.roles and run.prepared_by != desk.visitor.person:
            title = t("run.title", number=run.number)
            rows.append(Waiting(title, t(f"run.{todo}"), f"/bordereaux/{run.payment_run_id}"))
    return rows
