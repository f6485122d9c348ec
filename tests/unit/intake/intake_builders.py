"""A sound rulebook and sound contents, to be broken one field at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kit.money import Cents
from services.intake.domain.content import (
    Applicant,
    BudgetLine,
    BudgetSide,
    FullApplication,
    Funding,
    FundingStatus,
    PreApplication,
)
from services.intake.domain.rulebook import Rulebook, parse
from services.intake.domain.rules import Section

RULEBOOK = Path(__file__).parents[3] / "rehearsal/editions/2023/rulebook.json"
BEFORE = datetime(2023, 2, 1, tzinfo=UTC)
INSIDE = datetime(2023, 3, 1, 10, tzinfo=UTC)
INSIDE_FULL = datetime(2023, 4, 3, 10, tzinfo=UTC)
PIECES = frozenset(
    {
        "project_presentation",
        "provisional_budget",
        "statutes",
        "declaration_receipt",
        "officers_list",
        "de_minimis_statement",
        "republican_commitment",
    }
)


def raw() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(RULEBOOK.read_bytes())
    return value


def rulebook(change: Callable[[dict[str, Any]], object] | None = None) -> Rulebook:
    """The rulebook of 2023 after ``change`` on a copy of its JSON."""
    value = copy.deepcopy(raw())
    if change is not None:
        change(value)
    return parse(json.dumps(value).encode())


def applicant(**changes: Any) -> Applicant:
    fields: dict[str, Any] = {
        "natural_person": False,
        "legal_family": "association",
        "name": "Association Léa & Hélène",
        "siret": "000000018 00017",
        "rna": "W949000001",
        "esus_until": None,
        "contact_name": "Personne fictive",
        "contact_email": "projet@fictif.example",
        "contact_phone": "01 99 00 00 01",
    }
    return Applicant(**fields | changes)


def pre_application(**changes: Any) -> PreApplication:
    fields: dict[str, Any] = {
        "applicant": applicant(siret=None),
        "track": "start_up",
        "title": "Conserverie mobile",
        "summary": "Une conserverie dans une remorque.",
        "communes": ("94028",),
        "total_cost_cents": Cents(20_000_00),
        "requested_cents": Cents(14_000_00),
        "jobs_planned": 2,
    }
    return PreApplication(**fields | changes)


def line(side: BudgetSide, code: str, *, amount: int, eligible: bool = False) -> BudgetLine:
    return BudgetLine(side, code, code, Cents(amount), eligible)


def full_application(**changes: Any) -> FullApplication:
    fields: dict[str, Any] = {
        "section": Section.OPERATING,
        "requested_cents": Cents(14_000_00),
        "budget": (
            line(BudgetSide.CHARGE, "staff", amount=20_000_00, eligible=True),
            line(BudgetSide.CHARGE, "financial", amount=500_00),
            line(BudgetSide.PRODUCT, "public_grants", amount=15_000_00),
            line(BudgetSide.PRODUCT, "own_funds", amount=5_500_00),
        ),
        "funding": (Funding("Commune", Cents(1_000_00), FundingStatus.ACQUIRED),),
        "presentation": "Le projet en détail.",
        "indicators": "Bocaux produits.",
        "starts_on": date(2023, 9, 1),
        "ends_on": date(2024, 8, 31),
        "jobs_planned": 2,
    }
    return FullApplication(**fields | changes)
