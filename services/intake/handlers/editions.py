"""``jalon.intake.v1.EditionsService``: editions and laureates, for anybody."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import editions_pb2 as pb
from jalon.intake.v1 import editions_pb2_grpc

from kit import pages
from services.intake.domain.editions import Edition, Laureate, after, chosen_from, placed
from services.intake.handlers.room import Part, said
from services.intake.store import editions as store

SERVICE = "jalon.intake.v1.EditionsService"


class EditionsHandlers(Part, editions_pb2_grpc.EditionsServiceServicer):
    """Public reads."""

    async def ListEditions(self, request: pb.ListEditionsRequest, context: Any) -> pb.ListEditionsResponse:
        """Every edition; a call run here once its decisions are notified."""
        computed = await store.computed_editions(self._room.pool)
        found = sorted([*computed, *store.editions()], key=lambda one: (-one.year, not one.computed, one.key))
        return pb.ListEditionsResponse(editions=[_edition(one) for one in found])

    async def ListLaureates(self, request: pb.ListLaureatesRequest, context: Any) -> pb.ListLaureatesResponse:
        """Laureates of any edition, or of one, a commune, a track."""
        asked = {
            name: said(name, getattr(request, name), longest=100, required=False)
            for name in ("edition", "commune", "track")
        }
        size, scope = pages.size(request.page_size), f"laureates/{sorted(asked.items())}"
        key = pages.decode(request.page_token, scope=scope)
        every = [*await store.computed_laureates(self._room.pool), *store.laureates()]
        found = after(placed(chosen_from(every, **asked)), key)
        shown = [laureate for _, laureate in found[:size]]
        token = pages.encode(list(found[size - 1][0]), scope=scope) if len(found) > size else ""
        return pb.ListLaureatesResponse(laureates=[_laureate(one) for one in shown], next_page_token=token)


def _edition(edition: Edition) -> pb.Edition:
    return pb.Edition(
        key=edition.key,
        number=edition.number,
        year=edition.year,
        computed=edition.computed,
        fictitious=edition.fictitious,
        figures=[
            pb.Figure(code=one.code, value=one.value, text=one.text, meaning=one.meaning) for one in edition.figures
        ],
        note=edition.note,
        sources=edition.sources,
        listed=edition.listed,
    )


def _laureate(laureate: Laureate) -> pb.Laureate:
    return pb.Laureate(
        edition=laureate.edition,
        organization=laureate.organization,
        track=laureate.track,
        communes=[pb.Commune(code=code, name=name) for code, name in laureate.communes],
        purpose=laureate.purpose,
        total_cost_cents=laureate.total_cost_cents,
        awarded_cents=laureate.awarded_cents,
        section=laureate.section,
        jobs_text=laureate.jobs_text,
        jobs=laureate.jobs,
        sources=laureate.sources,
        computed=laureate.computed,
        fictitious=laureate.fictitious,
    )
