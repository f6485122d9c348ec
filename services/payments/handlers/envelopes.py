"""Calls and their envelopes; the check of everything that must be true of the money."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import rfc8785
from jalon.payments.v1 import awards_pb2 as pb

from kit import clock, pages
from kit.enums import from_proto
from kit.errors import field_invalid, required
from kit.journal import Act
from services.payments.domain import ledger as rules
from services.payments.domain.figures import ACCOUNTS
from services.payments.domain.invariants import Violation
from services.payments.domain.rulebook import PaymentRules, load, parse
from services.payments.handlers import messages
from services.payments.handlers.base import Handlers, viewer
from services.payments.store import checks, ledger


class Envelopes(Handlers):
    """RPCs of calls and envelopes."""

    async def RegisterCall(self, request: pb.RegisterCallRequest, context: Any) -> pb.RegisterCallResponse:
        """Keeps the rulebook; the credits announced are voted and available. The same call again changes nothing."""
        required(request, "call_id")
        if _digest(request.rulebook_json) != request.rulebook_digest:
            raise field_invalid("rulebook_digest", "DIGEST_WRONG")
        read = parse(request.rulebook_json)

        async def change(act: Act) -> pb.RegisterCallResponse:
            digest, data = request.rulebook_digest, request.rulebook_json
            if await ledger.register_call(act.connection, request.call_id, digest=digest, rulebook=data):
                await _open_envelopes(act, request.call_id, read)
                facts = {"rulebook_digest": digest, "report_months": read.report_months, **_announced(read)}
                act.record("money_announced", kind="call", subject=request.call_id, facts=facts)
            return pb.RegisterCallResponse()

        return await self._journal.write(request, change)

    async def ListEnvelopes(self, request: pb.ListEnvelopesRequest, context: Any) -> pb.ListEnvelopesResponse:
        """Figures of each section, summed from the ledger."""
        required(request, "call_id")
        found = await ledger.list_envelopes(self._pool, request.call_id)
        return pb.ListEnvelopesResponse(
            envelopes=[messages.envelope(request.call_id, section, figures) for section, figures in found]
        )

    async def ListMovements(self, request: pb.ListMovementsRequest, context: Any) -> pb.ListMovementsResponse:
        """What one figure of an envelope is made of, newest first, and the figure itself, at one instant."""
        required(request, "call_id", "section", "figure")
        figure = from_proto(pb.EnvelopeFigure, request.figure, path="figure")
        accounts, size = ACCOUNTS[figure], pages.size(request.page_size)
        scope = f"movements/{request.call_id}/{request.section}/{figure}"
        key = pages.decode(request.page_token, scope=scope)
        before = (clock.parse(key[0]), key[1]) if key else ()
        of = (request.call_id, request.section)
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            rows = await ledger.list_movements(
                connection, *of, viewer=viewer(), accounts=accounts, before=before, limit=size + 1
            )
            total = await ledger.sum_movements(connection, *of, accounts=accounts)
        shown, last = rows[:size], rows[size - 1 : size]
        more = len(rows) > size
        return pb.ListMovementsResponse(
            movements=[messages.movement(row) for row in shown],
            next_page_token=pages.encode([clock.text(last[0].occurred_at), last[0].movement_id], scope=scope)
            if more
            else "",
            total_cents=total,
        )

    async def CheckInvariants(self, request: pb.CheckInvariantsRequest, context: Any) -> pb.CheckInvariantsResponse:
        """Re-derives every balance in one snapshot; the bytes of runs sent are looked for too."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await checks.check(connection, request.call_id)
        missing = await asyncio.to_thread(self._missing, found.sent)
        return pb.CheckInvariantsResponse(
            violations=[_violation(item) for item in (*found.violations, *missing)], checked=list(checks.CODES)
        )

    def _missing(self, sent: list[tuple[str, str]]) -> list[Violation]:
        return [Violation("RUN_FILE_MISSING", run_id, 0, 1) for run_id, digest in sent if not self._kept(digest)]

    def _kept(self, digest: str) -> bool:
        try:
            size = self._files.size(digest)
        except OSError:
            return False
        return sha256(self._files.read(digest, 0, size)).hexdigest() == digest


def _digest(rulebook: bytes) -> str:
    """SHA-256 of the canonical form (RFC 8785), as the service that froze it computed it."""
    canonical = rfc8785.dumps(load(rulebook))  # type: ignore[arg-type]  # any JSON object
    return sha256(canonical).hexdigest()


async def _open_envelopes(act: Act, call_id: str, read: PaymentRules) -> None:
    for section, amount in sorted(read.envelopes.items()):
        envelope_id = await ledger.open_envelope(act.connection, call_id, section.upper())
        if amount > 0:
            announced = rules.announce(ledger.movement_id(act, "announced", section), envelope_id, amount=amount)
            await ledger.post(act, "envelope_announced", announced)
            voted = rules.vote_envelope(ledger.movement_id(act, "voted", section), envelope_id, amount=amount)
            await ledger.post(act, "envelope_voted", voted)


def _announced(read: PaymentRules) -> dict[str, int]:
    return {f"{section}_cents": int(amount) for section, amount in read.envelopes.items()}


def _violation(item: Violation) -> pb.Violation:
    invariant = next(name for name, codes in checks.CODES.items() if item.code in codes)
    detail = f"{item.found} ≠ {item.expected}"
    return pb.Violation(invariant=invariant, subject=item.subject_id, detail=detail, code=item.code)
