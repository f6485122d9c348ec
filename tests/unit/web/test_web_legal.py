"""The legal pages: what an installation says of itself, and a measure that never looks better than it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kit.settings import SiteSettings
from tests.browser.measure import merged
from tests.unit.web.test_web_ground import ENVIRONMENT
from web import legal, words
from web.legal import KEPT, MEASURED, NAMES, PAGES, Rate, facts, templates


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_each_part_of_each_page_has_its_words(locale: str) -> None:
    words.settle("fr" if locale == "fr" else "en", datetime.now(UTC))
    for name, parts in PAGES.items():
        for part in parts:
            made = legal._section(f"legal.{name}.{part}", part, dict.fromkeys(NAMES, "x"))
            assert made.title
            assert made.paragraphs
            assert len(made.rows) == (len(KEPT) if part == "kept" else 0)


def test_a_demonstration_says_what_is_invented_and_a_real_installation_what_it_was_given(tmp_path: Path) -> None:
    shown = SiteSettings.from_environment({**ENVIRONMENT, "JALON_INSTALLATION": "demonstration"})
    assert facts(shown)["mail"].endswith(".example")
    real = SiteSettings.from_environment(ENVIRONMENT)
    assert facts(real) == dict.fromkeys(NAMES, "")
    given = tmp_path / "legal.json"
    given.write_text(json.dumps({"publisher": "Un département", "other": "x"}), encoding="utf-8")
    assert facts(replace(real, legal=given)) == {**dict.fromkeys(NAMES, ""), "publisher": "Un département"}
    assert SiteSettings.from_environment({**ENVIRONMENT, "JALON_LEGAL": str(given)}).legal == given


def test_what_is_claimed_clean_is_a_page_of_the_tree() -> None:
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    known = templates("portal") | templates("backoffice")
    assert "portal/calls.html" in known
    assert "layout/act.html" in known
    assert set(measured["clean"]) <= known
    date.fromisoformat(measured["measured_on"])


def test_a_rate_is_rounded_down() -> None:
    assert Rate(2, 3, "2026-01-01").basis_points == 6666
    assert Rate(0, 0, "2026-01-01").basis_points == 0


def test_a_fault_seen_once_takes_a_page_out_of_the_measure() -> None:
    kept = {"clean": ["portal/calls.html", "portal/gone.html", "portal/mine.html"]}
    looks = {"portal/calls.html": 2, "portal/call.html": 0}
    found = merged(kept, looks, on=date(2026, 3, 1))
    assert found == {"measured_on": "2026-03-01", "clean": ["portal/call.html", "portal/mine.html"]}
