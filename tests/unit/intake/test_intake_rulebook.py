"""The rulebook: read strictly, hashed canonically, checked before opening."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_builders import BEFORE, RULEBOOK, raw, rulebook

from kit.errors import Refused
from services.intake.domain.communes import COMMUNES
from services.intake.domain.reasons import Reason
from services.intake.domain.rulebook import check, digest, parse
from services.intake.domain.rules import Section, Stage

Change = Callable[[dict[str, Any]], object]


def faults(value: object) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        parse(value if isinstance(value, bytes) else json.dumps(value).encode())
    assert refused.value.reason == "FIELDS_INVALID"
    return {fault.path: fault.reason for fault in refused.value.fields}


def test_the_rulebook_of_2023_opens() -> None:
    book = rulebook()
    assert check(book, BEFORE) == ()
    assert book.pre_application.opens_at == datetime(2023, 2, 6, 23, tzinfo=UTC)
    assert book.pre_application.closes_at == datetime(2023, 3, 14, 23, tzinfo=UTC)
    assert book.full_application.closes_at == datetime(2023, 4, 11, 15, tzinfo=UTC)
    assert sum(envelope.announced_cents for envelope in book.envelopes) == 150_000_00
    assert set(book.communes) == set(COMMUNES)
    assert len(COMMUNES) == 47
    assert [criterion.label.fr for criterion in book.grid] == [
        "Ancrage local",
        "Innovation",
        "Développement social",
        "Cohésion territoriale",
        "Viabilité",
        "Emplois",
    ]


def test_pieces_depend_on_the_stage_and_the_family() -> None:
    book = rulebook()
    asked = {piece.code for piece in book.pieces_for(Stage.FULL_APPLICATION, "natural_person")}
    assert asked == {"project_presentation", "provisional_budget", "founding_commitment"}
    company = {piece.code for piece in book.pieces_for(Stage.FULL_APPLICATION, "commercial_esus")}
    assert "esus_agreement" in company
    assert "republican_commitment" not in company
    assert book.deadline("correction").term.days == 15
    assert book.track("study") is not None
    assert book.track("other") is None
    assert set(book.payment_plan) == set(Section)


def test_spaces_and_order_do_not_change_the_digest() -> None:
    data = RULEBOOK.read_bytes()
    shuffled = dict(reversed(list(raw().items())))
    assert digest(json.dumps(shuffled, indent=7).encode()) == digest(data)
    assert digest(json.dumps(raw() | {"version": 2}).encode()) != digest(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_has_one_digest_and_never_crashes_the_reader(value: object) -> None:
    once = json.dumps(value).encode()
    again = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    assert digest(once) == digest(again)
    with pytest.raises(Refused):
        parse(once)


@given(st.binary(max_size=40))
def test_bytes_that_are_not_json_are_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"[", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 200_000, b'{"a":99999999999999999999}', b'"\\ud800"'],
    ids=range(7),
)
def test_what_json_cannot_say_once_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        digest(data)
    with pytest.raises(Refused):
        parse(data)


def test_every_wrong_field_is_told_with_its_path() -> None:
    value = raw()
    value["tracks"][1]["rate_basis_points"] = "70 %"
    value["grid"][0]["wieght"] = 3
    value["pieces"][0]["required"] = 1
    value["windows"]["pre_application"]["opens"] = "2023-03-26T02:30:00"
    value["windows"]["full_application"]["zone"] = "UTC"
    value["deadlines"][0]["months"] = 1
    value["envelopes"][0]["section"] = "sport"
    value["schema"] = "jalon.rulebook/9"
    del value["contact"]["phone"]
    assert faults(value) == {
        "tracks[1].rate_basis_points": Reason.WRONG_TYPE,
        "grid[0].wieght": Reason.FIELD_UNKNOWN,
        "pieces[0].required": Reason.WRONG_TYPE,
        "windows.pre_application.opens": Reason.LOCAL_TIME_UNREAL,
        "windows.full_application.zone": Reason.CHOICE_UNKNOWN,
        "deadlines[0].days": Reason.FIELD_UNKNOWN,
        "envelopes[0].section": Reason.CHOICE_UNKNOWN,
        "schema": Reason.SCHEMA_UNKNOWN,
        "contact.phone": Reason.FIELD_MISSING,
    }


def _set(*path: str | int, to: object) -> Change:
    def change(value: Any) -> None:
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = to

    return change


BADLY_SET: list[tuple[Change, str, Reason]] = [
    (
        _set("windows", "pre_application", "closes", to="2023-02-07T00:00:00"),
        "windows.pre_application",
        Reason.WINDOW_REVERSED,
    ),
    (
        _set("windows", "full_application", "opens", to="2023-03-14T12:00:00"),
        "windows.full_application.opens",
        Reason.WINDOWS_OVERLAP,
    ),
    (_set("tracks", 0, "min_amount_cents", to=1500001), "tracks[0].min_amount_cents", Reason.AMOUNTS_REVERSED),
    (_set("tracks", 0, "min_amount_cents", to=0), "tracks[0].min_amount_cents", Reason.AMOUNTS_REVERSED),
    (_set("tracks", 0, "rate_basis_points", to=0), "tracks[0].rate_basis_points", Reason.RATE_OUT_OF_BOUNDS),
    (_set("tracks", 0, "rate_basis_points", to=10001), "tracks[0].rate_basis_points", Reason.RATE_OUT_OF_BOUNDS),
    (_set("tracks", 0, "legal_basis", to=None), "tracks[0].legal_basis", Reason.LEGAL_BASIS_MISSING),
    (_set("tracks", 0, "legal_basis", to="X"), "tracks[0].legal_basis", Reason.LEGAL_BASIS_UNKNOWN),
    (_set("tracks", to=[]), "tracks", Reason.FIELD_MISSING),
    (_set("tracks", 1, "code", to="study"), "tracks", Reason.CODE_TWICE),
    (_set("communes", 0, to="75056"), "communes[0]", Reason.COMMUNE_UNKNOWN),
    (_set("communes", to=[]), "communes", Reason.COMMUNES_EMPTY),
    (_set("legal_families", 0, "code", to="club"), "legal_families[0].code", Reason.FAMILY_UNKNOWN),
    (_set("pieces", 2, "families", to=["club"]), "pieces[2].families", Reason.FAMILY_UNKNOWN),
    (_set("upload", "max_bytes", to=0), "upload.max_bytes", Reason.UPLOAD_LIMIT_NOT_POSITIVE),
    (_set("upload", "types", to=[]), "upload.types", Reason.UPLOAD_TYPES_EMPTY),
    (_set("grid", 0, "weight", to=0), "grid[0].weight", Reason.WEIGHTS_NOT_POSITIVE),
    (_set("grid", 0, "levels", to=["bon"]), "grid[0].levels", Reason.LEVELS_INCOMPLETE),
    (_set("jury", "quorum", to=0), "jury.quorum", Reason.QUORUM_TOO_SMALL),
    (_set("jury", "tie_rule", 0, to="beauty"), "jury.tie_rule[0]", Reason.TIE_CODE_UNKNOWN),
    (_set("jury", "tie_rule", to=["jobs"]), "jury.tie_rule", Reason.TIE_RULE_OPEN),
    (
        _set("jury", "eligible_score_basis_points", to=10001),
        "jury.eligible_score_basis_points",
        Reason.SHARE_OUT_OF_BOUNDS,
    ),
    (_set("envelopes", 0, "announced_cents", to=0), "envelopes[0].announced_cents", Reason.ENVELOPE_NOT_POSITIVE),
    (_set("envelopes", 0, "announced_cents", to=499999), "envelopes[0].announced_cents", Reason.ENVELOPE_BELOW_MINIMUM),
    (_set("payment_plan", "operating", 0, "basis_points", to=6999), "payment_plan.operating", Reason.PLAN_NOT_WHOLE),
    (_set("payment_plan", "operating", to=None), "payment_plan", Reason.PLAN_MISSING),
    (
        _set("payment_plan", "operating", 0, "conditions", to=["luck"]),
        "payment_plan.operating[0].conditions",
        Reason.CONDITION_UNKNOWN,
    ),
    (
        _set("agreement", "unspent_kept_basis_points", to=-1),
        "agreement.unspent_kept_basis_points",
        Reason.SHARE_OUT_OF_BOUNDS,
    ),
    (_set("deadlines", 0, "days", to=0), "deadlines[0]", Reason.DEADLINE_NOT_POSITIVE),
    (_set("deadlines", 0, "code", to="other"), "deadlines", Reason.DEADLINE_MISSING),
]


@pytest.mark.parametrize(("change", "path", "reason"), BADLY_SET, ids=[reason.value for _, _, reason in BADLY_SET])
def test_a_badly_set_call_does_not_open(change: Change, path: str, reason: Reason) -> None:
    found = [(finding.path, finding.reason) for finding in check(rulebook(change), BEFORE)]
    assert (path, reason) in found


def test_a_call_whose_window_is_over_does_not_open() -> None:
    book = rulebook()
    late = check(book, book.full_application.closes_at)
    assert {finding.reason for finding in late} == {Reason.WINDOW_PAST}
    assert len(late) == 2
