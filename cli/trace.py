"""``jalon trace``: the spans of one trace as a tree with durations; the traces of one application."""

from __future__ import annotations

import re
from collections import defaultdict

from jalon.audit.v1 import chains_pb2
from rich.text import Text
from rich.tree import Tree

from cli import finding
from cli.errors import Stop
from cli.render import instant, plain
from cli.session import Session
from kit import clock

TRACE = re.compile(r"[0-9a-f]{32}")
TABLE = re.compile(r"\b(?:INTO|UPDATE|FROM)\s+([a-z_.]+)")
SHOWN = 50
"""Traces of an application listed without ``--all``."""


async def trace(session: Session, reference: str, *, everything: bool) -> int:
    """Draws a trace by its id; lists the traces of an application by its number or id."""
    if TRACE.fullmatch(reference.lower()):
        return await _one(session, reference.lower())
    application = await finding.application(session, reference)
    request = chains_pb2.ListTracesRequest(application_id=application.application_id, page_size=SHOWN)
    if everything:
        found = await finding.every(session, "audit.chains", "ListTraces", request=request, rows="traces")
    else:
        found = list((await session.read("audit.chains", "ListTraces", request)).traces)
    if session.out.as_json:
        session.out.document([plain(summary) for summary in found])
    else:
        draw_summaries(session, found)
    return 0


async def _one(session: Session, trace_id: str) -> int:
    found = await session.read("audit.chains", "GetTrace", chains_pb2.GetTraceRequest(trace_id=trace_id))
    if not found.spans:
        raise Stop("trace.unknown", values={"trace_id": trace_id})
    if session.out.as_json:
        session.out.document([plain(span) for span in found.spans])
        return 0
    for tree in trees(list(found.spans)):
        session.out.show(tree)
    links = sorted({link for span in found.spans for link in span.links} - {trace_id})
    if links:
        session.out.say("trace.links", links=" ".join(links))
    return 0


def draw_summaries(session: Session, found: list[chains_pb2.TraceSummary]) -> None:
    """One line a trace, and how to open it."""
    rows = [
        [
            summary.trace_id,
            instant(summary.started_at, locale=session.locale),
            summary.name,
            duration(summary.duration_us),
            str(summary.spans),
        ]
        for summary in found
    ]
    columns = ["column.trace", "column.started", "column.root", "column.duration_size", "column.spans_count"]
    session.out.table(columns, rows)
    if rows:
        session.out.say("trace.open", style="dim")


def trees(spans: list[chains_pb2.Span]) -> list[Tree]:
    """One tree for each span whose parent is not here, in order of start."""
    known = {span.span_id for span in spans}
    children: defaultdict[str, list[chains_pb2.Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: clock.from_timestamp(span.started_at)):
        children[span.parent_span_id if span.parent_span_id in known else ""].append(span)

    def grow(span: chains_pb2.Span, under: Tree | None) -> Tree:
        tree = Tree(_line(span)) if under is None else under.add(_line(span))
        for child in children[span.span_id]:
            grow(child, tree)
        return tree

    return [grow(root, None) for root in children[""]]


def _line(span: chains_pb2.Span) -> Text:
    line = Text()
    line.append(_name(span), style="bold red" if span.failed else "bold")
    line.append(f"  {span.service.removeprefix('jalon-')}", style="cyan")
    line.append(f"  {duration(span.duration_us)}")
    if span.failed:
        line.append("  ✗", style="red")
    return line


def _name(span: chains_pb2.Span) -> str:
    """The span's own name; a statement also says its first table."""
    touched = TABLE.search(span.attributes.get("db.statement", ""))
    return f"{span.name} {touched.group(1)}" if touched else span.name


def duration(microseconds: int) -> str:
    """``840 µs``, ``12.4 ms``, ``3.20 s``: digits a program and a person read alike."""
    if microseconds < 1_000:
        return f"{microseconds} µs"
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:.1f} ms"
    return f"{microseconds / 1_000_000:.2f} s"
