"""The ranking and the cut on synthetic juries: total, explained, never above the envelope."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Refused
from kit.money import Cents
from services.review.domain.moves import ProposalState
from services.review.domain.ranking import (
    Above,
    Contender,
    CutReason,
    Proposal,
    cut,
    next_waiting,
    not_heard,
    rank,
)
from services.review.domain.rulebook import ReviewRules, with_weights
from services.review.domain.scoring import Sheet
from tests.unit.review.builders import CODES, MEMBERS, NOON, SECTIONS, contender, flat, rules, sheet

ENVELOPES = {"OPERATING": Cents(9_000_000), "INVESTMENT": Cents(6_000_000)}
MARKS = st.lists(st.integers(0, 5), min_size=6, max_size=6)


def _jury() -> tuple[list[Contender], list[Sheet]]:
    """Twenty-one heard files, best first, alternating sections; thirteen of them fit in 150 000 €."""
    files, sheets = [], []
    for number in range(1, 22):
        section = "INVESTMENT" if number in {2, 4, 6, 8, 10, 15} else "OPERATING"
        asked = 1_200_000 if section == "INVESTMENT" else 1_150_000
        files.append(contender(number, asked=asked, section=section))
        total = 126 - 6 * (number - 1)
        for index, member in enumerate(MEMBERS):
            share = total // 5 + (1 if index < total % 5 else 0)
            values = [share // 6 + (1 if place < share % 6 else 0) for place in range(6)]
            sheets.append(sheet(f"a{number:02}", member, *values))
    return files, sheets


def _chosen(proposals: tuple[Proposal, ...]) -> dict[str, int]:
    return {line.application_id: int(line.amount_cents) for line in proposals if line.state is ProposalState.PROPOSED}


def test_thirteen_laureates_spend_the_envelope_to_the_cent() -> None:
    files, sheets = _jury()
    proposals = cut(rank(sheets, rules(), files), ENVELOPES, rules())
    chosen = _chosen(proposals)
    assert len(chosen) == 13
    assert sum(chosen.values()) == 15_000_000
    partial = [line for line in proposals if line.partial]
    assert [(line.application_id, line.amount_cents, line.reason) for line in partial] == [
        ("a13", 950_000, CutReason.REMAINDER)
    ]


def test_the_fourteenth_raised_above_the_cut_changes_the_laureates() -> None:
    files, sheets = _jury()
    before = _chosen(cut(rank(sheets, rules(), files), ENVELOPES, rules()))
    assert "a14" not in before
    raised = [line for line in sheets if line.application_id != "a14"] + flat("a14", 5)
    after = _chosen(cut(rank(raised, rules(), files), ENVELOPES, rules()))
    assert "a14" in after
    assert set(before) - set(after) == {"a13"}


def test_another_envelope_moves_the_cut() -> None:
    files, sheets = _jury()
    ranked = rank(sheets, rules(), files)
    larger = _chosen(cut(ranked, {**ENVELOPES, "OPERATING": Cents(11_500_000)}, rules()))
    smaller = _chosen(cut(ranked, {**ENVELOPES, "OPERATING": Cents(4_000_000)}, rules()))
    base = _chosen(cut(ranked, ENVELOPES, rules()))
    assert set(smaller) < set(base) < set(larger)
    assert {line for line in base if line in {"a02", "a04", "a06", "a08", "a10"}} <= set(smaller)


def test_without_the_remainder_rule_the_first_that_does_not_fit_waits() -> None:
    files, sheets = _jury()
    strict = rules(last_takes_remainder=False, eligible_score_basis_points=3000)
    proposals = {line.application_id: line for line in cut(rank(sheets, strict, files), ENVELOPES, strict)}
    assert proposals["a13"].state is ProposalState.WAITING_LIST
    assert proposals["a13"].available_cents == 950_000
    assert not any(line.partial for line in proposals.values())


def test_nobody_passes_before_the_file_that_closed_its_section() -> None:
    files = [contender(1, asked=1_000_000), contender(2, asked=500_000)]
    sheets = [*flat("a01", 5), *flat("a02", 4)]
    proposals = cut(rank(sheets, rules(), files), {"OPERATING": Cents(499_999)}, rules())
    assert [line.state for line in proposals] == [ProposalState.WAITING_LIST, ProposalState.WAITING_LIST]
    strict = rules(last_takes_remainder=False)
    proposals = cut(rank(sheets, strict, files), {"OPERATING": Cents(600_000)}, strict)
    assert not _chosen(proposals)


@pytest.mark.parametrize(("left", "amount"), [(499_999, 0), (500_000, 500_000), (999_999, 999_999)])
def test_the_remainder_reaches_the_least_amount_of_the_track(left: int, amount: int) -> None:
    ranked = rank(flat("a01", 5), rules(), [contender(1, asked=1_000_000)])
    (proposal,) = cut(ranked, {"OPERATING": Cents(left)}, rules())
    assert proposal.amount_cents == amount
    assert proposal.partial is (amount > 0)


@pytest.mark.parametrize(("value", "state"), [(3, ProposalState.WAITING_LIST), (2, ProposalState.DECLINED)])
def test_beyond_the_envelope_the_eligible_score_decides(value: int, state: ProposalState) -> None:
    ranked = rank(flat("a01", value), rules(), [contender(1)])
    (proposal,) = cut(ranked, {"OPERATING": Cents(0)}, rules())
    assert proposal.state is state
    expected = CutReason.ENVELOPE_ENDED if value == 3 else CutReason.UNDER_THRESHOLD
    assert proposal.reason is expected


def test_the_eligible_score_is_reached_exactly() -> None:
    half = rank([sheet("a01", "m1", 0, 5, 0, 5, 5, 0), sheet("a01", "m2", 5, 0, 5, 0, 0, 5)], rules(), [contender(1)])
    assert half[0].means is not None
    assert half[0].means.share == Fraction(1, 2)
    assert cut(half, {"OPERATING": Cents(0)}, rules())[0].state is ProposalState.WAITING_LIST


def test_only_heard_files_are_ranked_and_the_others_are_said() -> None:
    files = [contender(1), contender(2, heard=False)]
    assert [line.contender.application_id for line in rank(flat("a01", 3), rules(), files)] == ["a01"]
    (absent,) = not_heard(files)
    assert (absent.application_id, absent.rank, absent.state) == ("a02", 0, ProposalState.DECLINED)
    assert absent.reason is CutReason.NOT_HEARD


def test_ties_follow_the_rulebook_and_are_explained() -> None:
    """Same weighted mean: anchoring, then innovation, then the earliest deposit, then the id."""
    files = [contender(number) for number in (1, 2, 3, 4)]
    files += [replace(contender(5), deposited_at=files[3].deposited_at)]
    files += [contender(6)]
    sheets = [
        sheet("a01", "m1", 3, 4, 3, 2, 3, 3),  # 3, then 4
        sheet("a02", "m1", 4, 3, 2, 3, 3, 3),  # 4
        sheet("a03", "m1", 3, 3, 3, 3, 3, 3),  # third deposit
        sheet("a04", "m1", 3, 3, 3, 3, 3, 3),
        sheet("a05", "m1", 3, 3, 3, 3, 3, 3),  # same instant as a04
        sheet("a06", "m1", 5, 5, 5, 5, 5, 5),
    ]
    ranked = rank(sheets, rules(), files)
    assert [(line.contender.application_id, line.decided_by, line.tie_broken_by) for line in ranked] == [
        ("a06", Above.FIRST, ""),
        ("a02", Above.WEIGHTED_MEAN, ""),
        ("a01", Above.CRITERION_MEAN, "anchoring"),
        ("a03", Above.CRITERION_MEAN, "innovation"),
        ("a04", Above.EARLIEST_DEPOSIT, "earliest_deposit"),
        ("a05", Above.APPLICATION_ID, "application_id"),
    ]


def test_the_earliest_deposit_may_come_first_in_the_rule() -> None:
    early = rules(tie_rule=("earliest_deposit", "anchoring"))
    files = [replace(contender(1), deposited_at=NOON), replace(contender(2), deposited_at=NOON - timedelta(days=1))]
    sheets = [sheet("a01", "m1", 4, 3, 2, 3, 3, 3), sheet("a02", "m1", 3, 3, 3, 3, 3, 3)]
    assert [line.contender.application_id for line in rank(sheets, early, files)] == ["a02", "a01"]


def test_a_file_without_a_complete_sheet_is_last_and_gets_no_proposal() -> None:
    files = [contender(1), contender(2)]
    ranked = rank(flat("a02", 0), rules(), files)
    assert [(line.contender.application_id, line.decided_by) for line in ranked] == [
        ("a02", Above.FIRST),
        ("a01", Above.NOT_SCORED),
    ]
    last = cut(ranked, ENVELOPES, rules())[1]
    assert (last.state, last.reason, last.amount_cents) == (ProposalState.NONE, CutReason.NOT_SCORED, 0)


def test_a_recused_member_weighs_on_no_rank() -> None:
    files = [replace(contender(1), scorers=frozenset(MEMBERS) - {"m5"}), contender(2)]
    sheets = [*flat("a01", 4, MEMBERS[:4]), *flat("a01", 0, ("m5",)), *flat("a02", 3)]
    assert rank(sheets, rules(), files)[0].contender.application_id == "a01"


def test_a_what_if_changes_nothing_of_the_ranking() -> None:
    files = [contender(1), contender(2)]
    sheets = [sheet("a01", "m1", 5, 5, 5, 5, 5, 0), sheet("a02", "m1", 3, 3, 3, 3, 3, 5)]
    official = rank(sheets, rules(), files)
    what_if = rank(sheets, with_weights(rules(), {"jobs": 100}), files)
    assert [line.contender.application_id for line in what_if] == ["a02", "a01"]
    assert rank(sheets, rules(), files) == official


def test_freed_money_goes_to_the_best_of_the_waiting_list() -> None:
    files, sheets = _jury()
    ranked = rank(sheets, rules(), files)
    proposals = cut(ranked, ENVELOPES, rules())
    found = next_waiting(ranked, proposals, section="OPERATING")
    assert found is None
    generous = rules(eligible_score_basis_points=0)
    found = next_waiting(ranked, cut(ranked, ENVELOPES, generous), section="OPERATING")
    assert found is not None
    assert found.contender.application_id == "a14"


def test_a_section_without_envelope_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        cut(rank(flat("a01", 3), rules(), [contender(1)]), {}, rules())
    assert refused.value.fields[0].reason == "SECTION_UNKNOWN"


def test_an_application_is_ranked_once() -> None:
    with pytest.raises(ValueError, match="once"):
        rank([], rules(), [contender(1), contender(1)])


@st.composite
def juries(draw: st.DrawFn) -> tuple[list[Contender], list[Sheet]]:
    files, sheets = [], []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        file = contender(
            number,
            asked=draw(st.integers(500_000, 1_500_000)),
            section=draw(st.sampled_from(SECTIONS)),
            heard=draw(st.integers(0, 5)) > 0,
        )
        deposited = NOON - timedelta(days=draw(st.integers(0, 2)))
        members = draw(st.sets(st.sampled_from(MEMBERS), max_size=4))
        files.append(replace(file, deposited_at=deposited, scorers=frozenset(MEMBERS) - members))
        for member in MEMBERS[: draw(st.integers(0, 5))]:
            sheets.append(sheet(file.application_id, member, *draw(MARKS)))
    return files, sheets


AMOUNTS = st.integers(0, 8_000_000).map(Cents)


@given(juries(), AMOUNTS, AMOUNTS, st.sampled_from([rules(), rules(last_takes_remainder=False)]))
def test_no_section_ever_spends_more_than_its_envelope(
    jury: tuple[list[Contender], list[Sheet]], operating: Cents, investment: Cents, held: ReviewRules
) -> None:
    files, sheets = jury
    envelopes = {"OPERATING": operating, "INVESTMENT": investment}
    proposals = cut(rank(sheets, held, files), envelopes, held)
    for section, envelope in envelopes.items():
        mine = [line for line in proposals if line.section == section]
        assert sum(line.amount_cents for line in mine) <= envelope
        assert sum(line.partial for line in mine) <= 1
        states = [line.state is ProposalState.PROPOSED for line in mine]
        assert states == sorted(states, reverse=True)
    assert all(line.amount_cents <= line.asked_cents for line in proposals)
    assert all((line.amount_cents > 0) == (line.state is ProposalState.PROPOSED) for line in proposals)


@given(juries(), st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_is_irrelevant(
    jury: tuple[list[Contender], list[Sheet]], chance: random.Random
) -> None:
    files, sheets = jury
    ranked = rank(sheets, rules(), files)
    chance.shuffle(files)
    chance.shuffle(sheets)
    assert rank(sheets, rules(), files) == ranked
    assert [line.rank for line in ranked] == list(range(1, len(ranked) + 1))
    assert {line.contender.application_id for line in ranked} == {file.application_id for file in files if file.heard}


@given(juries(), st.data())
def test_raising_scores_never_lowers_a_rank(jury: tuple[list[Contender], list[Sheet]], data: st.DataObject) -> None:
    files, sheets = jury
    chosen = data.draw(st.sampled_from(files)).application_id
    raised = [
        replace(
            line,
            marks=tuple(
                replace(mark, value=data.draw(st.integers(mark.value or 0, 5)))
                if line.application_id == chosen
                else mark
                for mark in line.marks
            ),
        )
        for line in sheets
    ]
    before = {line.contender.application_id: line.rank for line in rank(sheets, rules(), files)}
    after = {line.contender.application_id: line.rank for line in rank(raised, rules(), files)}
    assert after.get(chosen, 0) <= before.get(chosen, 0)


def test_the_grid_of_the_tests_is_the_rulebook_s() -> None:
    assert tuple(criterion.code for criterion in rules().grid) == CODES
