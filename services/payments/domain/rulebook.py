"""What payments needs of a call's rulebook (schema ``jalon.rulebook/1``, frozen when the call opens).

The whole rulebook is checked before opening by the service that owns it; here a field that cannot be read is refused
with its path, and nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

from kit.errors import field_invalid
from kit.money import Cents
from services.payments.domain.conditions import Condition
from services.payments.domain.plan import InstallmentKind, PlanLine

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class AgreementRules:
    """Whether the rulebook asks an agreement of every award, and the share of unspent money that may be kept."""

    required: bool
    unspent_kept_basis_points: int


@dataclass(frozen=True)
class Deadline:
    """A delay in civil days or civil months (one of them), with its legal basis."""

    days: int | None
    months: int | None
    legal_basis: str


@dataclass(frozen=True)
class PaymentRules:
    """The rules of money of one call. Plans and envelopes are keyed by budget section."""

    reference: str
    edition: int
    title: Mapping[str, str]
    legal_bases: Mapping[str, str]
    envelopes: Mapping[str, Cents]
    plans: Mapping[str, tuple[PlanLine, ...]]
    agreement: AgreementRules
    deadlines: Mapping[str, Deadline]
    contact: Mapping[str, str]
    legal_families: Mapping[str, str]  # code → label in French, as agreements print it

    @property
    def report_months(self) -> int:
        """Months given for the financial report."""
        return self._length("report", "months")

    @property
    def payment_days(self) -> int:
        """Days given to pay once the conditions are met."""
        return self._length("payment", "days")

    def _length(self, code: str, unit: str) -> int:
        deadline = self.deadlines.get(code)
        length: int | None = getattr(deadline, unit, None)
        return length if length is not None else _wrong(f"deadlines.{code}.{unit}")


def parse(data: bytes) -> PaymentRules:
    """Read the rulebook's JSON. Refuses (``RULEBOOK_INVALID``, with the path) what is missing or of a wrong shape."""
    root = load(data)
    if root.get("schema") != "jalon.rulebook/1":
        _wrong("schema")
    plans = {section: _plan(lines, f"payment_plan.{section}") for section, lines in _map(root, "payment_plan").items()}
    envelopes = _envelopes(root)
    for section in envelopes:
        if section not in plans:
            _wrong(f"payment_plan.{section}")
    return PaymentRules(
        reference=_text(root, "reference"),
        edition=_whole(root, "edition"),
        title=_texts(root, "title"),
        legal_bases={_text(row, "code", at): _text(row, "text", at) for at, row in _rows(root, "legal_bases")},
        envelopes=envelopes,
        plans=plans,
        agreement=_agreement(_map(root, "agreement")),
        deadlines={_text(row, "code", at): _deadline(row, at) for at, row in _rows(root, "deadlines")},
        contact=_texts(root, "contact"),
        legal_families=_families(root),
    )


def load(data: bytes) -> dict[str, object]:
    """The JSON object of a rulebook. Refuses (``RULEBOOK_INVALID``) anything else, and any number with a point."""
    try:
        root = json.loads(data, parse_float=_no_float)
    except ValueError:  # undecodable text and broken JSON alike
        _wrong("")
    if not isinstance(root, dict):
        _wrong("")
    return root


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"a rulebook holds whole numbers only: {text}")


def _envelopes(root: dict[str, object]) -> dict[str, Cents]:
    found: dict[str, Cents] = {}
    for at, row in _rows(root, "envelopes"):
        section = _text(row, "section", at)
        if section in found:
            _wrong(f"{at}.section")
        found[section] = Cents(_whole(row, "announced_cents", at))
    return found


def _families(root: dict[str, object]) -> dict[str, str]:
    if "legal_families" not in root:
        return {}
    return {_text(row, "code", at): _texts(row, "label")["fr"] for at, row in _rows(root, "legal_families")}


def _plan(lines: object, at: str) -> tuple[PlanLine, ...]:
    rows = _rows({at: lines}, at)
    plan = tuple(
        PlanLine(
            kind=_code(InstallmentKind, row.get("kind"), f"{path}.kind"),
            basis_points=_whole(row, "basis_points", path),
            conditions=_conditions(row, path),
        )
        for path, row in rows
    )
    if sum(line.basis_points for line in plan) != 10_000:
        _wrong(at)
    return plan


def _conditions(row: dict[str, object], at: str) -> tuple[Condition, ...]:
    codes = row.get("conditions")
    if not isinstance(codes, list):
        _wrong(f"{at}.conditions")
    return tuple(_code(Condition, code, f"{at}.conditions[{n}]") for n, code in enumerate(codes))


def _agreement(row: dict[str, object]) -> AgreementRules:
    required = row.get("required")
    kept = _whole(row, "unspent_kept_basis_points", "agreement")
    if not isinstance(required, bool):
        _wrong("agreement.required")
    if kept > 10_000:
        _wrong("agreement.unspent_kept_basis_points")
    return AgreementRules(required=required, unspent_kept_basis_points=kept)


def _deadline(row: dict[str, object], at: str) -> Deadline:
    days = None if row.get("days") is None else _whole(row, "days", at)
    months = None if row.get("months") is None else _whole(row, "months", at)
    if (days is None) == (months is None):
        _wrong(at)
    basis = row.get("legal_basis", "")
    return Deadline(days, months, basis if isinstance(basis, str) else _wrong(f"{at}.legal_basis"))


def _code(kind: type[E], value: object, path: str) -> E:
    return next((code for code in kind if code == value), None) or _wrong(path)


def _rows(parent: dict[str, object], name: str) -> list[tuple[str, dict[str, object]]]:
    rows = parent.get(name)
    if not isinstance(rows, list) or not rows:
        _wrong(name)
    return [(f"{name}[{n}]", row if isinstance(row, dict) else _wrong(f"{name}[{n}]")) for n, row in enumerate(rows)]


def _map(parent: dict[str, object], name: str) -> dict[str, object]:
    value = parent.get(name)
    return value if isinstance(value, dict) and value else _wrong(name)


def _texts(parent: dict[str, object], name: str) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else _wrong(f"{name}.{key}") for key, value in _map(parent, name).items()
    }


def _text(row: dict[str, object], name: str, at: str = "") -> str:
    value = row.get(name)
    return value if isinstance(value, str) and value else _wrong(f"{at}.{name}".lstrip("."))


def _whole(row: dict[str, object], name: str, at: str = "") -> int:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        _wrong(f"{at}.{name}".lstrip("."))
    return value


def _wrong(path: str) -> NoReturn:
    raise field_invalid(path or "rulebook", "RULEBOOK_INVALID")
