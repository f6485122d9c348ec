"""The rules of money are read from the rulebook or refused with the path; nothing is guessed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from kit.errors import Refused
from services.payments.domain.conditions import Condition
from services.payments.domain.plan import InstallmentKind
from services.payments.domain.rulebook import Deadline, parse

ADVANCE = ["act_executory", "decision_notified", "agreement_signed", "bank_details_verified"]
PLAN = [
    {"kind": "advance", "basis_points": 7000, "conditions": ADVANCE, "legal_basis": "rules"},
    {"kind": "balance", "basis_points": 3000, "conditions": [*ADVANCE, "report_accepted"]},
]
RULEBOOK: dict[str, Any] = {
    "schema": "jalon.rulebook/1",
    "reference": "ESS-2023",
    "edition": 12,
    "title": {"fr": "Appel à projets 2023", "en": "2023 call"},
    "legal_bases": [{"code": "rules", "text": "Règlement de l’appel à projets"}],
    "tracks": [{"code": "study"}],
    "envelopes": [
        {"section": "operating", "announced_cents": 9_000_000},
        {"section": "investment", "announced_cents": 6_000_000},
    ],
    "payment_plan": {"operating": PLAN, "investment": PLAN},
    "agreement": {"required": True, "unspent_kept_basis_points": 0},
    "deadlines": [
        {"code": "payment", "days": 60, "legal_basis": "rules"},
        {"code": "report", "days": None, "months": 6},
    ],
    "contact": {"service": "Service instructeur", "mail": "ess@exemple.fr"},
}


def _changed(path: str, value: object) -> bytes:
    changed = copy.deepcopy(RULEBOOK)
    here: Any = changed
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in parents:
        here = here[step]
    here[last] = value
    return json.dumps(changed).encode()


def test_the_rules_of_money_are_read() -> None:
    rules = parse(json.dumps(RULEBOOK).encode())
    assert (rules.reference, rules.edition, rules.title["fr"]) == ("ESS-2023", 12, "Appel à projets 2023")
    assert rules.envelopes == {"operating": 9_000_000, "investment": 6_000_000}
    assert [line.kind for line in rules.plans["operating"]] == [InstallmentKind.ADVANCE, InstallmentKind.BALANCE]
    assert rules.plans["investment"][1].conditions[-1] is Condition.REPORT_ACCEPTED
    assert rules.agreement.required
    assert rules.deadlines["payment"] == Deadline(60, None, "rules")
    assert rules.deadlines["report"] == Deadline(None, 6, "")
    assert rules.contact["service"] == "Service instructeur"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("schema", "jalon.rulebook/2", "schema"),
        ("reference", "", "reference"),
        ("edition", True, "edition"),
        ("title", {"fr": 1}, "title.fr"),
        ("envelopes", [], "envelopes"),
        ("envelopes/0/announced_cents", 1.5, "rulebook"),
        ("envelopes/0/announced_cents", -1, "envelopes[0].announced_cents"),
        ("envelopes/1/section", "operating", "envelopes[1].section"),
        ("envelopes/1/section", "other", "payment_plan.other"),
        ("payment_plan/operating/0/basis_points", 6999, "payment_plan.operating"),
        ("payment_plan/operating/0/kind", "gift", "payment_plan.operating[0].kind"),
        ("payment_plan/operating/0/conditions", "none", "payment_plan.operating[0].conditions"),
        ("payment_plan/operating/0/conditions/1", "good_mood", "payment_plan.operating[0].conditions[1]"),
        ("payment_plan/investment", ["x"], "payment_plan.investment[0]"),
        ("agreement/required", "yes", "agreement.required"),
        ("agreement/unspent_kept_basis_points", 10_001, "agreement.unspent_kept_basis_points"),
        ("deadlines/0/months", 2, "deadlines[0]"),
        ("deadlines/0/legal_basis", 1, "deadlines[0].legal_basis"),
        ("contact", {}, "contact"),
    ],
)
def test_a_field_that_cannot_be_read_is_told_with_its_path(path: str, value: object, told: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(_changed(path, value))
    (fault,) = refused.value.fields
    assert (fault.path, fault.reason) == (told, "RULEBOOK_INVALID")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b'{"edition": NaN}'])
def test_what_is_not_a_rulebook_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        parse(data)
