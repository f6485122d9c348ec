"""The terms of an agreement (convention), and the data of its document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kit.money import Cents, format_amount
from services.payments.domain.letters import amount_in_letters
from services.payments.domain.plan import Installment

_PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Party:
    """One side of an agreement: its name, legal form and identifiers as printed, its seat, who signs and as what.

    What is not known (empty) is left out of the sentence, never printed as a blank.
    """

    name: str
    legal_form: str
    identifiers: str = ""
    address: str = ""
    representative: str = ""
    quality: str = ""


@dataclass(frozen=True)
class Signature:
    """A signature already given, as printed under the party's name; ``digest`` is that of the document signed."""

    name: str
    signed_at: datetime
    digest: str


@dataclass(frozen=True)
class Terms:
    """What the parties agree on. Amounts in cents, rates in basis points, dates civil (Europe/Paris).

    ``republican_contract``: the engagement contract (CER) is recalled, asked of associations and foundations only
    (loi 2000-321, art. 10-1). ``rulebook_digest``: SHA-256 of the rulebook frozen at opening.
    """

    number: str
    call_title: str
    rulebook_reference: str
    rulebook_edition: int
    rulebook_digest: str
    grantor: Party
    beneficiary: Party
    project_title: str
    project_summary: str  # "" when unknown
    track: str  # "" when unknown
    section: str  # code of the rulebook: operating or investment
    award: Cents
    eligible_budget: Cents
    rate_basis_points: int
    installments: tuple[Installment, ...]
    act_number: str  # "" when unknown
    act_date: date | None
    project_ends_on: date | None
    report_months: int
    payment_days: int
    unspent_kept_basis_points: int
    republican_contract: bool
    contact: str
    fictitious: bool


def document(terms: Terms, signatures: Sequence[Signature | None] = (None, None)) -> dict[str, object]:
    """The data of ``agreement.typ``: JSON values only, amounts in figures and letters, dates as ``YYYY-MM-DD``.

    ``signatures``: the beneficiary's, then the département's; ``None`` leaves the place to sign.
    """
    return {
        "number": terms.number,
        "call_title": terms.call_title,
        "rulebook": {
            "reference": terms.rulebook_reference,
            "edition": str(terms.rulebook_edition),
            "digest": terms.rulebook_digest,
        },
        "grantor": vars(terms.grantor),
        "beneficiary": vars(terms.beneficiary),
        "project": {
            "title": terms.project_title,
            "summary": terms.project_summary,
            "track": terms.track,
            "ends_on": _day(terms.project_ends_on),
        },
        "award": {
            "section": terms.section,
            "figures": format_amount(terms.award),
            "letters": amount_in_letters(terms.award),
            "eligible_budget": format_amount(terms.eligible_budget),
            "rate": _percent(terms.rate_basis_points),
        },
        "installments": [_row(installment, terms.award) for installment in terms.installments],
        "act": {"number": terms.act_number, "date": _day(terms.act_date)},
        "report_months": str(terms.report_months),
        "payment_days": str(terms.payment_days),
        "unspent_kept": _percent(terms.unspent_kept_basis_points) if terms.unspent_kept_basis_points else "",
        "republican_contract": terms.republican_contract,
        "contact": terms.contact,
        "fictitious": terms.fictitious,
        "signatures": [_signature(signature) for signature in signatures],
    }


def _row(installment: Installment, award: Cents) -> dict[str, object]:
    share_of_award = (2 * 10_000 * int(installment.amount) + int(award)) // (2 * int(award))
    return {
        "number": str(installment.number),
        "kind": installment.kind.value,
        "percent": _percent(share_of_award),
        "amount": format_amount(installment.amount),
        "conditions": [condition.value for condition in installment.conditions],
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _percent(basis_points: int) -> str:
    whole, hundredths = divmod(basis_points, 100)
    return f"{whole} %" if not hundredths else f"{whole},{hundredths:02d} %"


def _signature(signature: Signature | None) -> dict[str, str] | None:
    if signature is None:
        return None
    return {
        "name": signature.name,
        "signed_at": signature.signed_at.astimezone(_PARIS).strftime("%d/%m/%Y %H:%M"),
        "digest": signature.digest,
    }
