"""*Enveloppes*: announced, voted, committed, ordered, paid, left; each figure opens the movements it is made of."""

from __future__ import annotations

from urllib.parse import quote

from jalon.payments.v1 import awards_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import not_found
from web.backoffice.agreements import files_of
from web.desk import AtDesk
from web.page import AnyRequest, page
from web.words import code, t

FIGURES = ("announced", "reserved", "voted", "committed", "ordered", "paid", "freed", "remaining")
SECTIONS = ("OPERATING", "INVESTMENT")


class EnvelopesPage(Controller):
    """``/enveloppes``."""

    path = "/enveloppes"

    @get("/", rpcs=("ListEnvelopes",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """A gauge a section, and the figures."""
        wanted = awards_pb2.ListEnvelopesRequest(call_id=desk.visitor.call_id)
        answer = await desk.read("payments.awards", wanted)
        shown = [(envelope, stacked(envelope), figures(envelope)) for envelope in answer.envelopes]
        return page(request, "envelopes.html", title=t("envelopes.title"), here="envelopes", envelopes=shown)

    @get("/{section:str}/{figure:str}", rpcs=("ListMovements",))
    async def movements(
        self, request: AnyRequest, desk: AtDesk, *, section: FromPath[str], figure: FromPath[str]
    ) -> Template:
        """What a figure is made of, newest first: when, which act, which file, how much, and the sum."""
        if section.upper() not in SECTIONS or figure not in FIGURES:
            raise not_found()
        token = request.query_params.get("page", "")
        wanted = awards_pb2.ListMovementsRequest(
            call_id=desk.visitor.call_id,
            section=section.upper(),
            figure=awards_pb2.EnvelopeFigure.Value(f"ENVELOPE_FIGURE_{figure.upper()}"),
            page_token=token,
        )
        answer = await desk.read("payments.awards", wanted)
        place = f"/enveloppes/{section}/{figure}"
        return page(
            request,
            "movements.html",
            title=f"{t(f'envelopes.{figure}')} · {code('section', section.upper())}",
            here="envelopes",
            section=section,
            figure=figure,
            figures=FIGURES,
            answer=answer,
            files=await files_of(desk, [one.application_id for one in answer.movements]),
            people=await desk.people(*(one.person_id for one in answer.movements)),
            first=place if token else "",
            following=f"{place}?page={quote(answer.next_page_token)}" if answer.next_page_token else "",
        )


def figures(envelope: awards_pb2.Envelope) -> list[tuple[str, int]]:
    """Each figure by its name, in the order of the table."""
    return [(name, getattr(envelope, f"{name}_cents")) for name in FIGURES]


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
