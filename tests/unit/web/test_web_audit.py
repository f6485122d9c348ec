"""What an auditor typed, and which links make the walk of a euro."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jalon.audit.v1 import chains_pb2

from web.backoffice.chains import APPLICATION, JURY, RUN, Chain, Link, link_of
from web.backoffice.seeking import sought
from web.backoffice.traces import drawn
from web.backoffice.walk import of_the_walk, rulebooks_cited, steps_of

FILE, OTHER = "6f1c7a52-0d5e-4c1b-9a54-6f0d8e5b7c11", "7f1c7a52-0d5e-4c1b-9a54-6f0d8e5b7c12"


@pytest.mark.parametrize(
    ("typed", "kind", "found"),
    [
        ("2023-014", "file", "2023-014"),
        ("  ABCDEF0123456789abcdef0123456789 ", "trace", "abcdef0123456789abcdef0123456789"),
        ("7 700,00", "amount", 770_000),
        ("7 700", "amount", 770_000),
        ("7.700,50 €", "amount", 770_050),
        ("2023_CP_10_047", "value", "2023_CP_10_047"),
        ("2023_cp_10_047", "value", "2023_CP_10_047"),
        ("07/11/2023", "date", "2023-11-06T23:00:00Z"),
        ("2023-11-07", "date", "2023-11-06T23:00:00Z"),
        ("Éloïse d’Aubelin-Quor", "names", "Éloïse d’Aubelin-Quor"),
        ("L'Atelier 94", "names", "L'Atelier 94"),
    ],
)
def test_the_one_box_tells_what_was_typed(typed: str, kind: str, found: Any) -> None:
    what = sought(typed)
    assert what.kind == kind
    request = what.request or chains_pb2.ListMatchingEventsRequest()
    said = {
        "file": what.file,
        "names": what.names,
        "trace": request.trace_id,
        "amount": request.amount_cents,
        "value": request.value,
        "date": request.from_at.ToJsonString(),
    }
    assert said[kind] == found


def link(name: str, sequence: int, *, kind: str = APPLICATION, **facts: Any) -> Link:
    body = {
        "schema": "jalon.event/1",
        "event": name,
        "actor": "SYSTEM",
        "role": "SYSTEM",
        "issuer": "worker",
        "occurred_at": datetime(2026, 3, sequence, tzinfo=UTC).isoformat(),
        "request_id": FILE,
        "facts": facts,
    }
    event = chains_pb2.Event(subject_kind=kind, subject_id=FILE, sequence=sequence, body=json.dumps(body).encode())
    return link_of(event)


def test_the_walk_keeps_what_is_about_its_installment_and_stands_on_conditions_met_before() -> None:
    due = link("installment_liquidated", 4, installment_id="one")
    own = [
        link("application_submitted", 1),
        link("review_concluded", 2, rulebook_digest="a"),
        link("condition_met", 3, condition="act_executory"),
        due,
        link("installment_liquidated", 5, installment_id="two"),
        link("report_accepted", 6),
        link("order_paid", 7, order_id="first", installment_id="one"),
    ]
    run = [
        link("payment_run_sealed", 1, kind=RUN),
        link("order_paid", 2, kind=RUN, order_id="first", installment_id="one"),
        link("order_paid", 3, kind=RUN, order_id="second", installment_id="two"),
    ]
    jury = [
        link("score_submitted", 1, kind=JURY, application_id=FILE),
        link("score_submitted", 2, kind=JURY, application_id=OTHER),
    ]
    about = {"application_id": FILE, "installment_id": "one", "order_id": "first"}
    chains = [Chain(links, chains_pb2.Verification()) for links in (own, run, jury)]
    steps = {step.name: [one.name for one in step.links] for step in steps_of(of_the_walk(chains, about, due))}
    assert steps == {
        "paid": ["order_paid"],
        "order": ["payment_run_sealed"],
        "liquidation": ["installment_liquidated"],
        "conditions": ["condition_met"],
        "score": ["score_submitted"],
        "review": ["review_concluded"],
        "application": ["application_submitted"],
    }
    assert list(steps) == ["paid", "order", "liquidation", "conditions", "score", "review", "application"]


def test_a_decision_that_cites_another_rulebook_shows() -> None:
    frozen = link("call_opened", 1, digest="a")
    assert rulebooks_cited([frozen, link("review_concluded", 2, rulebook_digest="a")]) == {"a"}
    assert rulebooks_cited([frozen, link("review_concluded", 2, rulebook_digest="b")]) == {"a", "b"}


def span(name: str, start_us: int, lasts_us: int, *, of: str = "", own: str = "") -> chains_pb2.Span:
    made = chains_pb2.Span(name=name, span_id=own or name, parent_span_id=of, service="jalon-intake")
    made.started_at.FromMicroseconds(1_000_000 + start_us)
    made.duration_us = lasts_us
    return made


def test_bars_are_placed_by_time_each_under_its_cause() -> None:
    root = span("POST /x", 0, 1000)
    spans = [span("late", 600, 200, of="POST /x"), span("early", 100, 400, of="POST /x"), root]
    deep = span("/jalon.intake.v1.S/Save", 150, 100, of="early")
    assert [(bar.name, bar.depth, bar.start, bar.width) for bar in drawn([*spans, deep])] == [
        ("POST /x", 0, 0, 1000),
        ("early", 1, 100, 400),
        ("Save", 2, 150, 100),
        ("late", 1, 600, 200),
    ]
