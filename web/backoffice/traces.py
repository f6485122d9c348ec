"""*Trace*: what the machines did for one act, drawn here: bars by time, and the same as a table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal
from jalon.audit.v1 import chains_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import not_found
from web import words
from web.backoffice.file import file_page, load
from web.desk import AtDesk
from web.page import AnyRequest, address, page
from web.words import t

WHOLE = 1000
SHOWN = 400
"""Steps drawn; a longer trace says how many are left out."""
_TRACE = re.compile(r"[0-9a-f]{32}")
_TABLE = re.compile(r"\b(?:INTO|UPDATE|FROM)\s+([a-z_.]+)")


@dataclass(frozen=True)
class Bar:
    """One step: ``start`` and ``width`` in thousandths of the whole, ``ms`` in milliseconds."""

    name: str
    service: str
    depth: int
    start: int
    width: int
    ms: str
    failed: bool


class TracesPages(Controller):
    """``/traces/{trace_id}``, ``/dossiers/{number}/traces``."""

    @get("/traces/{trace_id:str}", rpcs=("GetTrace",))
    async def show(self, request: AnyRequest, desk: AtDesk, trace_id: FromPath[str]) -> Template:
        """One trace."""
        if not _TRACE.fullmatch(trace_id):
            raise not_found()
        found = await desk.read("audit.chains", chains_pb2.GetTraceRequest(trace_id=trace_id))
        bars = drawn(found.spans)
        return page(
            request,
            "trace.html",
            title=t("trace.title"),
            here="audit",
            trace_id=trace_id,
            bars=bars[:SHOWN],
            left_out=max(len(bars) - SHOWN, 0),
            started_at=min((span.started_at for span in found.spans), key=lambda at: at.ToNanoseconds()),
            lasted=_ms(_ends(found.spans) - _starts(found.spans)),
            processes=sorted({bar.service for bar in bars}),
            failures=sum(bar.failed for bar in bars),
            links=sorted({link for span in found.spans for link in span.links} - {trace_id}),
        )

    @get("/dossiers/{number:str}/traces", rpcs=("GetApplication", "ListTraces"))
    async def of_file(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The traces of a file, newest first."""
        application = await load(desk, number)
        wanted = chains_pb2.ListTracesRequest(
            application_id=application.application_id, page_token=request.query_params.get("page", "")
        )
        found = await desk.read("audit.chains", wanted)
        traces = [(one, _ms(one.duration_us), short(one.name)) for one in found.traces]
        following = address(request, page=found.next_page_token) if found.next_page_token else ""
        return await file_page(request, desk, application, tab="traces", traces=traces, following=following)


def drawn(spans: Sequence[chains_pb2.Span]) -> list[Bar]:
    """The steps in the order of the tree, each under what caused it, by start."""
    first = _starts(spans)
    whole = max(_ends(spans) - first, 1)
    return [_bar(span, depth, first=first, whole=whole) for span, depth in _tree(spans)]


def _tree(spans: Sequence[chains_pb2.Span]) -> Iterator[tuple[chains_pb2.Span, int]]:
    known = {span.span_id for span in spans}
    under: defaultdict[str, list[chains_pb2.Span]] = defaultdict(list)
    for span in sorted(spans, key=_start):
        under[span.parent_span_id if span.parent_span_id in known else ""].append(span)
    waiting = [(span, 0) for span in reversed(under[""])]
    while waiting:
        span, depth = waiting.pop()
        yield span, depth
        waiting += [(child, depth + 1) for child in reversed(under[span.span_id])]


def _bar(span: chains_pb2.Span, depth: int, *, first: int, whole: int) -> Bar:
    touched = _TABLE.search(span.attributes.get("db.statement", ""))
    name = f"{span.name} {touched.group(1)}" if touched else short(span.name)
    return Bar(
        name=name,
        service=span.service.removeprefix("jalon-"),
        depth=depth,
        start=(_start(span) - first) * WHOLE // whole,
        width=span.duration_us * WHOLE // whole,
        ms=_ms(span.duration_us),
        failed=span.failed,
    )


def short(name: str) -> str:
    """``/jalon.review.v1.CasesService/DecideShortlist`` → ``DecideShortlist``."""
    return name.rpartition("/")[2] if name.startswith("/") else name


def _start(span: chains_pb2.Span) -> int:
    return span.started_at.ToMicroseconds()


def _starts(spans: Sequence[chains_pb2.Span]) -> int:
    return min(_start(span) for span in spans)


def _ends(spans: Sequence[chains_pb2.Span]) -> int:
    return max(_start(span) + span.duration_us for span in spans)


def _ms(microseconds: int) -> str:
    return str(format_decimal(microseconds / 1000, "#,##0.0", locale=words.locale()))
