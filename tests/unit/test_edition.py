"""The invented call: same seed, same call; sound for the services' own rules; 13 laureates and 150 000 € for 2023.

The jury's choice is made here by review's own ranking, on the marks of the script.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import chain
from uuid import UUID

import pytest
from schwifty import IBAN
from stdnum import luhn

from kit.money import Cents
from rehearsal.edition import draw
from rehearsal.edition_files import EDITIONS
from rehearsal.play import Application, Course, Edition, Mark, Organization
from services.intake.domain import content, rules
from services.intake.domain.communes import COMMUNES
from services.intake.domain.eligibility import check_created_entity, check_full_application, check_pre_application
from services.intake.domain.identifiers import rna, siret
from services.intake.domain.rulebook import Rulebook, check, parse
from services.payments.domain import bank
from services.review.domain import ranking, rulebook, scoring
from services.review.domain.admissibility import InadmissibilityReason
from services.review.domain.moves import ProposalState, ScoreState
from services.review.domain.texts import TextRef

OTHER_SEEDS = range(1, 11)
MARKED = "personne fictive"


@dataclass(frozen=True)
class Choice:
    """What the jury's own rules make of an edition, best ranked first."""

    ranked: tuple[ranking.Ranked, ...]
    proposals: tuple[ranking.Proposal, ...]

    @property
    def awarded(self) -> dict[UUID, int]:
        chosen = (line for line in self.proposals if line.state is ProposalState.PROPOSED)
        return {UUID(line.application_id): int(line.amount_cents) for line in chosen}

    def count(self, state: ProposalState) -> int:
        return sum(line.state is state for line in self.proposals)


@cache
def played(seed: int) -> Edition:
    return draw(seed)


def heard(edition: Edition) -> list[Application]:
    return [file for file in edition.applications if file.course is Course.HEARD]


def choose(edition: Edition, envelopes: dict[str, Cents] | None = None) -> Choice:
    """Ranks and cuts as the jury session does."""
    rules_ = rulebook.parse(edition.rulebook)
    files = heard(edition)
    ranked = ranking.rank(
        chain.from_iterable(map(_sheets, files)), rules_, [_contender(edition, file) for file in files]
    )
    return Choice(ranked, ranking.cut(ranked, envelopes or rules_.envelopes, rules_))


def _sheets(file: Application) -> list[scoring.Sheet]:
    text = TextRef("text", 1)
    return [
        scoring.Sheet(
            str(file.application_id),
            str(member),
            ScoreState.SUBMITTED,
            tuple(scoring.Mark(mark.criterion, mark.value, text) for mark in marks),
        )
        for member, marks in file.marks.items()
    ]


def _contender(edition: Edition, file: Application) -> ranking.Contender:
    assert file.review is not None
    return ranking.Contender(
        application_id=str(file.application_id),
        track=file.project.track,
        section=file.project.section,
        asked_cents=Cents(file.review.instructed_cents),
        deposited_at=file.submitted_at,
        heard=True,
        scorers=frozenset(str(person.person_id) for person in edition.jury if person.person_id not in file.conflicts),
    )


def _book(edition: Edition) -> Rulebook:
    return parse(edition.rulebook)


def pre_application(file: Application) -> content.PreApplication:
    body = file.organization
    return content.PreApplication(
        applicant=_applicant(body, file),
        track=file.project.track,
        title=file.project.title,
        summary=file.project.summary,
        communes=file.project.communes,
        total_cost_cents=Cents(file.project.total_cost_cents),
        requested_cents=Cents(file.project.requested_cents),
        jobs_planned=file.project.jobs_planned,
    )


def _applicant(body: Organization, file: Application) -> content.Applicant:
    return content.Applicant(
        natural_person=body.legal_family == "natural_person",
        legal_family=body.legal_family,
        name=body.name,
        siret=body.siret,
        rna=body.rna,
        esus_until=body.esus_until,
        contact_name=file.applicant.display_name,
        contact_email=file.applicant.email,
        contact_phone="01 99 00 00 01",
    )


def full_application(file: Application) -> content.FullApplication:
    project = file.project
    return content.FullApplication(
        section=rules.Section[project.section],
        requested_cents=Cents(project.requested_cents),
        budget=tuple(
            content.BudgetLine(
                content.BudgetSide(line.side), line.code, line.label, Cents(line.amount_cents), line.eligible
            )
            for line in project.budget
        ),
        funding=tuple(
            content.Funding(line.funder, Cents(line.amount_cents), content.FundingStatus(line.status))
            for line in project.funding
        ),
        presentation=project.presentation,
        indicators=project.indicators,
        starts_on=date(2023, 12, 1),
        ends_on=date(2024, 12, 31),
        jobs_planned=project.jobs_planned,
    )


def test_seed_2023_ends_with_the_published_totals() -> None:
    edition = played(2023)
    files = edition.applications
    choice = choose(edition)
    chosen = [file for file in files if file.application_id in choice.awarded]
    assert len(files) == 47
    assert sum(file.course.examined for file in files) == 26
    assert len(heard(edition)) == 21
    assert len(chosen) == 13
    assert sum(choice.awarded.values()) == 150_000_00
    assert 18 <= sum(file.project.jobs_planned for file in chosen) <= 22


def test_seed_2023_lives_every_ending() -> None:
    edition = played(2023)
    choice = choose(edition)
    chosen = [file for file in edition.applications if file.application_id in choice.awarded]
    after = [file.after_award for file in chosen if file.after_award is not None]
    assert {file.course for file in edition.applications} == set(Course)
    assert choice.count(ProposalState.WAITING_LIST) >= 2
    assert choice.count(ProposalState.DECLINED) >= 2
    assert any(file.missing_pieces for file in chosen)
    assert any(script.spent_basis_points < 10_000 for script in after)
    assert any(script.entity is not None for script in after)
    assert any(script.report_returned for script in after)
    assert {file.project.track for file in chosen} == {"study", "start_up"}
    assert any(line.reason is ranking.CutReason.REMAINDER for line in choice.proposals)


def test_seed_2023_gives_the_published_amounts_where_they_are_known() -> None:
    edition = played(2023)
    modelled = json.loads((EDITIONS / "2023" / "subjects.json").read_text())["modelled"]
    amounts = {file.project.title: choose(edition).awarded.get(file.application_id) for file in heard(edition)}
    for subject in modelled:
        got = next(amount for title, amount in amounts.items() if title.startswith(subject["title"]))
        assert got == subject["requested_eur"] * 100


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_other_seeds_end_balanced_with_other_laureates(seed: int) -> None:
    edition = played(seed)
    choice = choose(edition)
    spent = Counter[str]()
    for line in choice.proposals:
        spent[line.section] += int(line.amount_cents)
    for envelope in _book(edition).envelopes:
        assert 0 < spent[envelope.section.name] <= envelope.announced_cents
    assert choice.count(ProposalState.WAITING_LIST) + choice.count(ProposalState.DECLINED) + len(choice.awarded) == 21
    names = {file.project.title for file in heard(edition) if file.application_id in choice.awarded}
    reference = {
        file.project.title for file in heard(played(2023)) if file.application_id in choose(played(2023)).awarded
    }
    assert names != reference


def test_raising_the_fourteenth_file_changes_the_laureates() -> None:
    edition = played(2023)
    before = choose(edition)
    fourteenth = UUID(before.ranked[13].contender.application_id)
    assert fourteenth not in before.awarded
    files = tuple(_raised(file) if file.application_id == fourteenth else file for file in edition.applications)
    after = choose(replace(edition, applications=files))
    assert fourteenth in after.awarded
    assert set(after.awarded) != set(before.awarded)
    assert sum(after.awarded.values()) <= 150_000_00


def _raised(file: Application) -> Application:
    marks = {
        member: tuple(Mark(mark.criterion, 5, mark.reason) for mark in sheet) for member, sheet in file.marks.items()
    }
    return replace(file, marks=marks)


@pytest.mark.parametrize(("euros", "moved"), [(60_000, -1), (120_000, 1)])
def test_another_envelope_moves_the_cut(euros: int, moved: int) -> None:
    edition = played(2023)
    envelopes = {"OPERATING": Cents(euros * 100), "INVESTMENT": Cents(60_000_00)}
    difference = len(choose(edition, envelopes).awarded) - len(choose(edition).awarded)
    assert difference * moved > 0


@pytest.mark.parametrize("seed", [2023, *OTHER_SEEDS])
def test_every_file_is_one_the_service_would_take(seed: int) -> None:
    edition = played(seed)
    book = _book(edition)
    assert check(book, edition.calendar.moments["call_opened"]) == ()
    for file in edition.applications:
        pre = pre_application(file)
        assert check_pre_application(book, pre, received_at=file.submitted_at) == (), file.project.title
        family = file.organization.legal_family
        pieces = {piece.code for piece in book.pieces_for(rules.Stage.FULL_APPLICATION, family)}
        assert set(file.missing_pieces) <= pieces
        if file.full_submitted_at is not None:
            full = full_application(file)
            assert full.charges_cents == file.project.total_cost_cents
            assert full.eligible_cost_cents == file.project.eligible_cost_cents
            problems = check_full_application(
                book, full, pre_application=pre, pieces=pieces, received_at=file.full_submitted_at
            )
            assert problems == (), file.project.title


@pytest.mark.parametrize("seed", [2023, *OTHER_SEEDS])
def test_scripts_hold_together(seed: int) -> None:
    edition = played(seed)
    members = {person.person_id for person in edition.jury}
    for file in edition.applications:
        assert (file.review is not None) == file.course.examined == (file.full_submitted_at is not None)
        assert (file.hearing is not None) == (file.course is Course.HEARD) == (file.after_award is not None)
        assert set(file.marks) == (members - set(file.conflicts) if file.course is Course.HEARD else set())
        assert (file.corrected_at is not None) == bool(file.missing_pieces)
        assert (file.inadmissible_reason is not None) == (file.course is Course.INADMISSIBLE)
        if file.inadmissible_reason is not None:
            assert file.inadmissible_reason in set(InadmissibilityReason)
        if file.review is not None:
            assert 5_000_00 <= file.review.instructed_cents <= file.project.requested_cents
    assert len({hearing.at for file in heard(edition) if (hearing := file.hearing)}) == 21
    assert sum(bool(file.hearing and file.hearing.moved_from) for file in heard(edition)) == 1
    assert sum(bool(file.conflicts) for file in heard(edition)) == 2


@pytest.mark.parametrize("seed", [2023, *OTHER_SEEDS])
def test_spending_is_what_the_script_says(seed: int) -> None:
    edition = played(seed)
    for file in heard(edition):
        script = file.after_award
        assert script is not None
        spent = sum(line.spent_cents for line in file.project.budget if line.eligible)
        assert spent == file.project.eligible_cost_cents * script.spent_basis_points // 10_000
        # other public money never eats the grant: only under-spending reduces the balance
        assert (
            spent - script.other_public_cents >= spent * file.project.requested_cents / file.project.eligible_cost_cents
        )


@pytest.mark.parametrize("seed", [2023, *OTHER_SEEDS])
def test_nobody_and_nothing_can_be_taken_for_real(seed: int) -> None:
    edition = played(seed)
    people = [*edition.staff, *(file.applicant for file in edition.applications)]
    assert all(person.fictitious and MARKED in person.display_name for person in people)
    assert all(person.email.endswith("@fictif.example") for person in people)
    assert len({person.person_id for person in people}) == len({person.email for person in people}) == len(people)
    assert len({person.display_name for person in people}) == len(people)
    bodies = [file.organization for file in edition.applications]
    entities = [file.after_award.entity for file in heard(edition) if file.after_award and file.after_award.entity]
    coined = json.loads((EDITIONS / "2023" / "names.json").read_text())["coined"]
    for body in [*bodies, *entities]:
        assert body.fictitious
        assert any(word in body.name for word in coined)
        assert body.siret is None or (siret(body.siret).startswith("0000") and luhn.is_valid(body.siret[:9]))
        assert body.rna is None or rna(body.rna).startswith("W949")
    numbers = [body.siret for body in [*bodies, *entities] if body.siret]
    assert len(set(numbers)) == len(numbers)
    assert len({body.name for body in bodies}) == 47
    book = _book(edition)
    for file in heard(edition):
        assert file.after_award is not None
        entity = file.after_award.entity
        assert (entity is not None) == (file.organization.legal_family == "natural_person")
        if entity is not None:
            assert check_created_entity(book, _applicant(entity, file), today=date(2023, 10, 30)) == ()


def test_accounts_have_true_keys_and_no_bank() -> None:
    accounts = [file.after_award.bank for file in heard(played(2023)) if file.after_award]
    for account in accounts:
        assert IBAN(account.iban, validate_bban=True).bank_code == "99999"
        assert bank.check_iban(account.iban)
    assert len({account.iban for account in accounts}) == 21


def test_each_commune_has_one_file() -> None:
    edition = played(2023)
    assert Counter(file.project.communes for file in edition.applications) == Counter((code,) for code in COMMUNES)
    for code, commune in edition.communes.items():
        known = COMMUNES[code]
        assert (commune.name, commune.postcodes, commune.ept) == (known.name, known.postcodes, known.ept)


def test_the_same_seed_draws_the_same_call() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    ids = {file.application_id for seed in OTHER_SEEDS for file in played(seed).applications}
    assert len(ids) == 47 * len(OTHER_SEEDS)


def test_deposits_keep_an_hour_from_the_closing_and_the_calendar_is_in_order() -> None:
    edition = played(2023)
    book = _book(edition)
    waves, moments = edition.calendar.waves, edition.calendar.moments
    for window, name in ((book.pre_application, "pre_applications"), (book.full_application, "full_applications")):
        assert all((window.closes_at - instant).total_seconds() >= 3600 for instant in waves[name])
        assert all(instant > window.opens_at for instant in waves[name])
    named = [
        moments[name] for name in ("call_imported", "call_opened", "admissibility_decided", "completeness_checked")
    ]
    later = [moments[name] for name in ("jury_session", "vote_recorded", "act_executory", "decisions_notified")]
    last = [moments["advances_paid"], waves["reports_submitted"][0], waves["balances_paid"][-1], moments["call_closed"]]
    assert [*named, *later, *last] == sorted([*named, *later, *last])
    assert (moments["advances_paid"] - moments["decisions_notified"]).days < 60
    assert all(list(instants) == sorted(instants) for instants in waves.values())


def test_published_facts_are_kept_with_their_sources() -> None:
    folder = EDITIONS / "published"
    with (folder / "editions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["annee"] == "2023")
    assert [row[key] for key in ("recus", "instruits", "jury", "laureats", "enveloppe_eur")] == [
        "47",
        "26",
        "21",
        "13",
        "150000",
    ]
    with (folder / "laureats.csv").open(encoding="utf-8", newline="") as file:
        laureates = list(csv.DictReader(file))
    assert all(line["source"] for line in laureates)
    invented = {file.organization.name for file in played(2023).applications}
    assert not invented & {line["organisation"] for line in laureates}
    assert all(re.search(r"\d{4}", line["edition"]) for line in laureates)
