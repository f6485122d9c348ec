"""The minutes of a closed session as a document: drawn up from its frozen record, kept, read."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import asyncpg
from jalon.review.v1 import jury_pb2 as pb

from kit import clock
from kit.admission import current
from kit.errors import FieldFault, Refused, field_invalid, invalid, not_found, required
from kit.journal import Act, Journal
from kit.pdf import render_in_thread
from services.review.domain.moves import JurySessionState
from services.review.domain.reasons import Reason
from services.review.domain.texts import check_length
from services.review.store import calls, jury
from services.review.store import minutes as store
from services.review.store.jury import Held
from services.review.store.minutes import Kept

TEMPLATE = Path(__file__).parents[1] / "templates" / "minutes.typ"
SEATED = frozenset({"JURY_MEMBER", "JURY_CHAIR"})
KIND = "jury_session"


class MinutesOfSessions:
    """Drawn up by the secretary, read by those who sat and by the assembly's office."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, *_: Any) -> None:
        self._pool = pool
        self._journal = journal

    async def DrawUpMinutes(self, request: pb.DrawUpMinutesRequest, context: Any) -> pb.SessionMinutes:
        """Made outside the transaction from what is frozen, then kept."""
        required(request, "call_id", "session_id", "call_title")
        check_length(request.observations, path="observations")
        async with self._pool.acquire() as connection:
            held = await jury.load(connection, request.session_id, request.call_id, to="read")
            if held.session.state is not JurySessionState.CLOSED:
                raise Refused(Reason.SESSION_NOT_CLOSED, values={"state": held.session.state.value})
            record = await store.record_of(connection, request.session_id)
        names = _names(request, held)
        drawn_at = clock.from_timestamp(request.context.occurred_at)
        document = await render_in_thread(TEMPLATE, _content(request, held, record, names=names), timestamp=drawn_at)

        async def change(act: Act) -> pb.SessionMinutes:
            kept = await store.keep(
                act.connection, request.session_id, document, drawn_by=act.person, drawn_at=drawn_at
            )
            facts = {"version": kept.version, "digest": kept.digest, "record_digest": held.digest}
            act.record(
                "minutes_drawn_up", subject=request.session_id, kind=KIND, facts=facts, words=request.observations
            )
            return minutes_message(request.session_id, kept)

        return await self._journal.write(request, change)

    async def ReadMinutes(self, request: pb.ReadMinutesRequest, context: Any) -> pb.ReadMinutesResponse:
        """A part of the latest version. Refused (``NOT_FOUND``) to whoever is recused from one of its files: the
        document names them all."""
        required(request, "call_id", "session_id")
        if request.offset < 0:
            raise field_invalid("offset", Reason.VALUE_WRONG)
        async with self._pool.acquire() as connection:
            held = await jury.load(connection, request.session_id, request.call_id, to="read")
            kept = await readable(connection, held)
            if kept is None:
                raise not_found()
            data = await store.part(connection, request.session_id, kept, offset=request.offset)
        return pb.ReadMinutesResponse(data=data, size_bytes=kept.size_bytes, digest=kept.digest)


async def readable(connection: Any, held: Held) -> Kept | None:
    """The latest minutes of a session, if its reader may read them."""
    call = current.get()
    seated = call.actor.person in held.session.member_ids
    hidden = await calls.recused_from(connection, call.actor.person, held.call_id)
    if (call.role in SEATED and not seated) or hidden & held.session.application_ids:
        return None
    return await store.latest(connection, held.session.session_id)


def minutes_message(session_id: str, kept: Kept | None) -> pb.SessionMinutes:
    """What is said of minutes; version 0 for none."""
    if kept is None:
        return pb.SessionMinutes(session_id=session_id)
    return pb.SessionMinutes(
        session_id=session_id,
        version=kept.version,
        digest=kept.digest,
        drawn_at=clock.to_timestamp(kept.drawn_at),
    )


def _names(request: pb.DrawUpMinutesRequest, held: Held) -> dict[str, str]:
    """Everybody and every file has a name. Invalid: ``FIELD_MISSING`` for those that have none."""
    names = {said.subject_id: said.name.strip() for said in request.names}
    wanted = sorted(held.session.member_ids | held.session.application_ids)
    faults = [FieldFault(f"names.{one}", Reason.FIELD_MISSING) for one in wanted if not names.get(one)]
    if faults:
        raise invalid(*faults)
    return names


def _content(
    request: pb.DrawUpMinutesRequest, held: Held, record: Mapping[str, Any], *, names: Mapping[str, str]
) -> dict[str, object]:
    """What the template says, names in the place of ids."""
    proposals = {line["application_id"]: line for line in record["proposals"]}
    ranked = [_line(line, proposals[line["application_id"]], names=names) for line in record["ranking"]]
    seen = {line["application_id"] for line in record["ranking"]}
    return {
        "call_title": request.call_title,
        "fictitious": request.fictitious,
        "place": held.place,
        "opened_at": _civil(record["opened_at"]),
        "closed_at": _civil(record["closed_at"]),
        "quorum": record["quorum"],
        "present": [names[one] for one in record["present"]],
        "absent": [names[one] for one in record["absent"]],
        "chair": next(names[one.member_id] for one in held.session.members if one.role == "CHAIR"),
        "recusals": [
            {"member": names[one["member_id"]], "file": names[one["application_id"]], "nature": one["nature"]}
            for one in record["recusals"]
        ],
        "ranking": ranked,
        "not_heard": [names[one] for one in proposals if one not in seen],
        "envelopes": [
            {
                "section": section.lower(),
                "cents": cents,
                "proposed_cents": sum(
                    line["amount_cents"] for line in proposals.values() if line["section"] == section
                ),
            }
            for section, cents in sorted(record["envelopes"].items())
        ],
        "votes": [
            {
                "file": names[one],
                "in_favor": vote["in_favor"],
                "against": vote["against"],
                "abstained": vote["abstained"],
            }
            for one, vote in sorted(record["votes"].items(), key=lambda found: names[found[0]])
        ],
        "observations": request.observations.strip(),
        "record_digest": held.digest,
        "rulebook_digest": record["rulebook_digest"],
    }


def _civil(instant: str | None) -> str:
    return f"{clock.parse(instant).astimezone(clock.PARIS):%Y-%m-%d %H:%M}" if instant else ""


def _line(line: Mapping[str, Any], proposal: Mapping[str, Any], *, names: Mapping[str, str]) -> dict[str, object]:
    mean = round(Fraction(line["mean"]) * 100) if line["mean"] else None
    return {
        "rank": line["rank"],
        "file": names[line["application_id"]],
        "mean_hundredths": -1 if mean is None else mean,
        "state": proposal["state"].lower(),
        "reason": proposal["reason"].lower(),
        "amount_cents": proposal["amount_cents"],
        "tie_broken_by": line["tie_broken_by"],
    }
