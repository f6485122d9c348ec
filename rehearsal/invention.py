"""Inventing people, bodies, numbers and budgets that cannot be mistaken for real ones, from a seeded source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from rehearsal.play import BankDetails, BudgetLine, Funding, Organization, Person

UNIT = 100_00
"""Costs are whole hundreds of euros."""

UNALLOTTED_SIREN = "0000"
UNALLOTTED_RNA = "W949"
UNALLOTTED_BANK = "99999"

STAFF = (
    ("CALL_ADMIN", ("administration",)),
    ("INSTRUCTOR", ("first", "second", "third")),
    ("EXPERT", ("first", "second")),
    ("JURY_CHAIR", ("chair",)),
    ("JURY_MEMBER", ("first", "second", "third", "fourth", "fifth")),
    ("JURY_SECRETARY", ("secretary",)),
    ("ASSEMBLY_OFFICE", ("assembly",)),
    ("AUTHORISING_OFFICER", ("second_seal",)),
    ("FINANCE", ("liquidator", "first_seal", "verifier")),
    ("ACCOUNTANT", ("accountant",)),
    ("AUDITOR", ("auditor",)),
)
OPERATING_SHARES = (("staff", "Salaires et charges", 55), ("services", "Prestations et location", 25))
INVESTMENT_SHARES = (("equipment", "Matériel et aménagement", 80), ("services", "Pose et mise en service", 10))


def opaque(edition: str, seed: int, *, thing: str) -> UUID:
    """An id that says nothing of what it names, the same for the same seed."""
    return uuid5(NAMESPACE_URL, f"urn:jalon:rehearsal:{edition}:{seed}:{thing}")


class People:
    """Names drawn without repetition from first names and coined last names."""

    def __init__(self, names: Mapping[str, Sequence[str]], source: Random) -> None:
        self._names = [f"{first} {last}" for first in names["first_names"] for last in names["last_names"]]
        source.shuffle(self._names)

    def draw(self, person_id: UUID, role: str, *, duty: str, mailbox: str) -> Person:
        return Person(person_id, role, duty, f"{self._names.pop()} (personne fictive)", f"{mailbox}@fictif.example")


def staff(edition: str, seed: int, *, people: People) -> tuple[Person, ...]:
    """One person for each duty of :data:`STAFF`."""
    return tuple(
        people.draw(opaque(edition, seed, thing=f"{role}/{duty}"), role, duty=duty, mailbox=f"{role}.{duty}".lower())
        for role, duties in STAFF
        for duty in duties
    )


def siret(sequence: int) -> str:
    """A SIRET with true keys in a range never allotted (SIREN in ``0000…``)."""
    siren = _with_luhn(f"{UNALLOTTED_SIREN}{sequence:04d}")
    return _with_luhn(f"{siren}0001")


def _with_luhn(digits: str) -> str:
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits))]
    return digits + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def rna(sequence: int) -> str:
    """An RNA number of a prefecture office that does not exist."""
    return f"{UNALLOTTED_RNA}{sequence:06d}"


def bank_details(sequence: int, holder: str) -> BankDetails:
    """A French IBAN of an unallotted bank, with true RIB and IBAN keys."""
    branch, account = 1, sequence
    key = 97 - (89 * int(UNALLOTTED_BANK) + 15 * branch + 3 * account) % 97
    bban = f"{UNALLOTTED_BANK}{branch:05d}{account:011d}{key:02d}"
    check = 98 - int(f"{bban}152700") % 97
    return BankDetails(iban=f"FR{check:02d}{bban}", bic="FICTFRPPXXX", holder=holder)


def organization(word: str, family: str, *, shape: str, sequence: int, commune: str) -> Organization:
    """A body of a legal family; a natural person has no number yet."""
    person = family == "natural_person"
    return Organization(
        name=shape.format(word),
        legal_family=family,
        siret=None if person else siret(sequence),
        rna=rna(sequence) if family == "association" else None,
        esus_until=date(2026, 6, 30) if family == "commercial_esus" else None,
        commune=commune,
    )


def entity_of(project: Organization, *, word: str, sequence: int) -> Organization:
    """The association that a natural person creates for the project: same coined word, numbers of its own."""
    return organization(word, "association", shape="Association {}", sequence=sequence, commune=project.commune)


def charges(section: str, *, eligible: int, total: int, spent_basis_points: int) -> tuple[BudgetLine, ...]:
    """Lines of expense that add up to the eligible cost and the total, with what the report will say of each."""
    shares = OPERATING_SHARES if section == "OPERATING" else INVESTMENT_SHARES
    parts = [(code, label, eligible * percent // 100 // UNIT * UNIT) for code, label, percent in shares]
    rest = eligible - sum(amount for _, _, amount in parts)
    lines = [*parts, ("purchases", "Achats et fournitures", rest)]
    spent = [amount * spent_basis_points // 10_000 for _, _, amount in lines]
    spent[0] += eligible * spent_basis_points // 10_000 - sum(spent)
    helped = [
        BudgetLine("CHARGE", code, label, amount, True, paid)
        for (code, label, amount), paid in zip(lines, spent, strict=True)
    ]
    if total > eligible:
        helped.append(
            BudgetLine("CHARGE", "other_charges", "Frais hors assiette", total - eligible, False, total - eligible)
        )
    return tuple(helped)


def funding(source: Random, *, total: int, requested: int, commune: str) -> tuple[Funding, ...]:
    """Co-funders that leave the holder a part to bring."""
    room = total - requested
    town = room * source.randrange(5, 13) // 100 // UNIT * UNIT
    foundation = room * source.randrange(10, 26) // 100 // UNIT * UNIT
    status = "ACQUIRED" if source.randrange(3) else "REQUESTED"
    plan = (
        Funding(f"{commune} (commune)", town, status, True),
        Funding("Fondation privée (fictive)", foundation, "REQUESTED", False),
    )
    return tuple(line for line in plan if line.amount_cents > 0)


def products(plan: Sequence[Funding], *, total: int, requested: int) -> tuple[BudgetLine, ...]:
    """Lines of resources that balance the budget."""
    public = requested + sum(line.amount_cents for line in plan if line.public)
    private = sum(line.amount_cents for line in plan if not line.public)
    sales = (total - public - private) * 60 // 100 // UNIT * UNIT
    lines = (
        ("public_grants", "Subventions publiques", public),
        ("private_grants", "Aides privées", private),
        ("sales", "Ventes et participations", sales),
        ("own_funds", "Fonds propres", total - public - private - sales),
    )
    return tuple(BudgetLine("PRODUCT", code, label, amount, False, 0) for code, label, amount in lines if amount > 0)
