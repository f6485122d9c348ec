"""Figures and sources of editions as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

from jalon.intake.v1 import editions_pb2 as pb

from web import words
from web.portal.laureates import Source, shown, sources_of


def test_a_source_is_its_site_or_its_title_and_two_of_one_site_are_told_apart() -> None:
    found = sources_of(["https://www.a.example/x", "Lettre, 2020", "https://a.example/y", "javascript:alert(1)"])
    assert found == [
        Source("a.example (1)", "https://www.a.example/x"),
        Source("Lettre, 2020", ""),
        Source("a.example (2)", "https://a.example/y"),
        Source("javascript:alert(1)", ""),
    ]


def test_what_is_not_known_is_not_zero() -> None:
    words.settle("fr", datetime.now(UTC))
    figures = [
        pb.Figure(code="received", value=0),
        pb.Figure(code="chosen"),
        pb.Figure(code="jobs", text="environ 20"),
        pb.Figure(code="envelope_cents", value=150_000_00),
    ]
    edition = pb.Edition(figures=figures)
    told = [shown(edition, code) for code in ("received", "chosen", "jobs", "envelope_cents", "heard")]
    assert told == ["0", "", "environ 20", "150\u202f000,00\xa0€", ""]
