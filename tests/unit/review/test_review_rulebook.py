"""Review's reading of the rulebook: every wrong field is told, nothing is guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.errors import Kind, Refused
from services.review.domain.rulebook import Deadline, parse, with_weights
from tests.unit.review.builders import rulebook, rules


def _faults(data: bytes) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        parse(data)
    assert refused.value.kind is Kind.INVALID
    return {fault.path: fault.reason for fault in refused.value.fields}


def test_reads_its_part() -> None:
    read = rules()
    assert read.maximum == 100
    assert read.envelopes == {"OPERATING": 9_000_000, "INVESTMENT": 6_000_000}
    assert read.track("study").max_amount_cents == 1_500_000
    assert read.deadlines["correction"] == Deadline("correction", 15, None)
    assert [piece.code for piece in read.pieces if piece.families is None] == ["budget", "report", "account"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b'{"schema":"jalon.rulebook/1","x":1.5}', b'{"schema":"y","n":NaN}']
)
def test_refuses_what_is_not_a_rulebook(data: bytes) -> None:
    assert set(_faults(data).values()) <= {"NOT_JSON", "SCHEMA_UNKNOWN"}


@pytest.mark.parametrize("data", [b"[]", b"null", b'{"schema":"jalon.rulebook/2"}'])
def test_refuses_another_schema(data: bytes) -> None:
    assert _faults(data) == {"schema": "SCHEMA_UNKNOWN"}


def test_tells_every_wrong_field() -> None:
    wrong: Any = rulebook()
    wrong["grid"][0]["weight"] = 0
    wrong["grid"][1]["code"] = "anchoring"
    wrong["tracks"][0]["rate_basis_points"] = 10_001
    wrong["tracks"][1]["min_amount_cents"] = 2_000_000
    wrong["jury"]["quorum"] = True
    wrong["jury"]["tie_rule"] = ["anchoring", "unheard_of"]
    wrong["jury"]["last_takes_remainder"] = "yes"
    wrong["envelopes"][0] = "operating"
    wrong["deadlines"][0]["months"] = 1
    wrong["pieces"] = None
    assert _faults(json.dumps(wrong).encode()) == {
        "grid[0].weight": "VALUE_WRONG",
        "grid[1]": "VALUE_WRONG",
        "tracks[0].rate_basis_points": "VALUE_WRONG",
        "tracks[1].min_amount_cents": "VALUE_WRONG",
        "jury.quorum": "VALUE_WRONG",
        "jury.tie_rule[1]": "VALUE_WRONG",
        "jury.last_takes_remainder": "VALUE_WRONG",
        "envelopes[0]": "VALUE_WRONG",
        "deadlines[0].days": "VALUE_WRONG",
        "pieces": "FIELD_MISSING",
    }


def test_an_empty_rulebook_tells_what_is_missing() -> None:
    faults = _faults(b'{"schema":"jalon.rulebook/1"}')
    assert {"reference", "grid", "tracks", "envelopes", "deadlines", "pieces", "jury"} <= set(faults)
    assert set(faults.values()) == {"FIELD_MISSING"}


def test_other_weights_make_another_value() -> None:
    read = rules()
    other = with_weights(read, {"jobs": 10})
    assert (read.maximum, other.maximum) == (100, 135)


def test_unknown_track_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        rules().track("other")
    assert refused.value.fields[0].reason == "TRACK_UNKNOWN"
