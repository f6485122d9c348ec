"""What the code and the contracts can say to a person: reasons, events, letters, enumeration values, read by syntax."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = ("kit", "services", "workflows", "cli", "rehearsal")
REASON_PLACE = {"Refused": 0, "refuse": 0, "AmountError": 0, "field_invalid": 1, "FieldFault": 1}
"""Which argument is the reason."""
UNRAISED = ("NOT_YET_RECORDED", "DEADLINE", "UNEXPECTED", "UNAVAILABLE", "FIELDS_INVALID", "REFUSED")
"""Reasons told by name elsewhere than in a refusal: an outcome, a status of the wire."""
INSTALLMENT_KINDS = ("single", "advance", "interim", "balance")
CODES = {
    "Above": "above",
    "Condition": "condition",
    "ConflictNature": "conflict_nature",
    "CutReason": "cut_reason",
    "Duty": "duty",
    "HolderMatch": "holder_match",
    "InadmissibilityReason": "inadmissibility",
    "InstallmentKind": "installment_kind",
    "Remedy": "remedy",
}
"""Enumerations of the domains whose values people read as codes, and the kind of code."""
CODED_CALLS = {"Violation": "violation", "Line": "entitlement"}
"""Calls whose first argument is a code, and its kind."""
NOT_LETTERS = {"workflows/contract/consequences.py"}


@cache
def calls() -> list[tuple[str, str, ast.Call]]:
    """Every call of our code: (file, name called, call)."""
    found: list[tuple[str, str, ast.Call]] = []
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    found.append((str(file.relative_to(ROOT)), name, node))
    return found


def _literal(call: ast.Call, place: int) -> str:
    argument = call.args[place] if len(call.args) > place else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def reasons() -> dict[str, str]:
    """Reason → where it is said."""
    found = dict.fromkeys(UNRAISED, "tests/unit/wording/scan.py")
    for file, name, call in calls():
        if name in REASON_PLACE and (reason := _literal(call, REASON_PLACE[name])):
            found[reason] = file
    for reason in declared_values():
        found[reason] = "a Reason enumeration"
    return found


def declared_values() -> dict[str, set[str]]:
    """Reasons of the closed sets of services, with the values their comments promise."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "services").glob("*/domain/reasons.py")):
        for reason, comment in re.findall(r'^    (\w+) = "\1"(?:  # (.*))?$', file.read_text(encoding="utf-8"), re.M):
            found[reason] |= set(re.findall(r"\b[a-z_]+\b", comment))
    return dict(found)


def events() -> dict[str, str]:
    """Event recorded in a journal → where."""
    return {event: file for file, name, call in calls() if name == "record" and (event := _literal(call, 0))}


def letters() -> dict[str, set[str]]:
    """Letter written to a file's thread → the values it is given."""
    found: dict[str, set[str]] = {}
    for file, name, call in calls():
        given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        if name == "write_to_applicant":
            for template in _templates(call.args[1]):
                found[template] = set(given)
        elif isinstance(given.get("letter"), ast.Constant):
            found[str(given["letter"].value)] = set()  # type: ignore[attr-defined]
        elif isinstance(given.get("template"), ast.Constant) and file not in NOT_LETTERS:
            found.setdefault(str(given["template"].value), {"*"})  # type: ignore[attr-defined]
    found.pop("", None)
    return found


def _templates(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.JoinedStr):
        start = str(argument.values[0].value)  # type: ignore[attr-defined]
        yield from (start + kind for kind in INSTALLMENT_KINDS)


def codes() -> set[tuple[str, str]]:
    """(kind, code) of every code the domains can tell."""
    found = {
        (CODED_CALLS[name], code) for _, name, call in calls() if name in CODED_CALLS and (code := _literal(call, 0))
    }
    for file in (ROOT / "services").glob("*/domain/*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name in CODES:
                values = [item.value for item in node.body if isinstance(item, ast.Assign)]
                found |= {(CODES[node.name], str(value.value)) for value in values if isinstance(value, ast.Constant)}
    return found


def enums() -> dict[str, list[str]]:
    """Full name of every enumeration of the contracts → its bare values, but the unspecified one."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "protos" / "gen" / "jalon").rglob("*_pb2.py")):
        module = ".".join(file.relative_to(ROOT / "protos" / "gen").with_suffix("").parts)
        for enum in importlib.import_module(module).DESCRIPTOR.enum_types_by_name.values():
            prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
            found[enum.full_name] = [value.name.removeprefix(prefix) for value in enum.values if value.number]
    return found
