"""*Enveloppes*: announced, voted, committed, ordered, paid, left."""

from __future__ import annotations

from jalon.payments.v1 import awards_pb2
from litestar import Controller, get
from litestar.response import Template

from web.desk import AtDesk
from web.page import AnyRequest, page
from web.words import t


class EnvelopesPage(Controller):
    """``/enveloppes``."""

    @get("/enveloppes", rpcs=("ListEnvelopes",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """A gauge a section, and the figures."""
        wanted = awards_pb2.ListEnvelopesRequest(call_id=desk.visitor.call_id)
        answer = await desk.read("payments.awards", wanted)
        shown = [(envelope, stacked(envelope)) for envelope in answer.envelopes]
        return page(request, "envelopes.html", title=t("envelopes.title"), here="envelopes", envelopes=shown)


def stacked(envelope: awards_pb2.Envelope) -> list[tuple[str, int]]:
    """The parts of the bar, none counted twice: committed contains ordered, which contains paid; what was freed is no
    longer part of what was voted."""
    live = envelope.voted_cents - envelope.freed_cents
    committed = min(envelope.committed_cents, live)
    return [
        ("paid", envelope.paid_cents),
        ("ordered", max(0, envelope.ordered_cents - envelope.paid_cents)),
        ("committed", max(0, committed - envelope.ordered_cents)),
        ("voted", max(0, live - max(committed, envelope.ordered_cents))),
    ]
