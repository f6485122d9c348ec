"""What an applicant may count on, from what services keep and what the rulebook says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jalon.intake.v1 import applications_pb2 as pb
from jalon.payments.v1 import awards_pb2 as money
from jalon.review.v1 import cases_pb2

from kit import clock
from web import words
from web.portal.promises import decision_of, promises, ticks
from web.rulebooks import Words
from web.timeline import History, Line

AT = datetime(2023, 5, 2, 10, tzinfo=UTC)
RULEBOOK = Words(
    "call",
    1,
    "",
    frozen=True,
    labels={},
    content={
        "deadlines": [
            {"code": "silence_is_refusal", "months": 2, "legal_basis": "CRPA"},
            {"code": "agreement_signature", "days": 45, "legal_basis": "REGLEMENT"},
            {"code": "payment", "days": 60, "legal_basis": "REGLEMENT"},
            {"code": "report", "months": 6, "legal_basis": "REGLEMENT"},
        ],
        "legal_bases": [{"code": "CRPA", "text": "CRPA, article L231-4"}],
    },
)


@pytest.fixture(autouse=True)
def _french() -> None:
    words.settle("fr", AT)


def _application(stage: str, **more: Any) -> pb.Application:
    return pb.Application(
        number="2023-001", progress=pb.Progress(stage=pb.Stage.Value(f"STAGE_{stage}"), **more), full_application={}
    )


def _line(event: str, said: str = "", **facts: Any) -> Line:
    return Line(AT, AT, "review", 1, event, "", "SYSTEM", "", said, facts)


def test_before_the_decision_the_day_of_silence_is_promised_with_its_ground() -> None:
    kept = cases_pb2.Promises(tacit_refusal_on="2023-07-02", appeal_months=2)
    (found,) = promises(_application("REVIEW"), kept, RULEBOOK, award=None)
    assert found.sentence == "Vous serez informé·e de la décision avant le 2 juillet 2023."
    assert "pendant 2 mois" in found.otherwise
    assert found.ground == "CRPA, article L231-4"


def test_a_stopped_clock_is_said_to_be_stopped() -> None:
    (found,) = promises(_application("COMPLETENESS"), cases_pb2.Promises(suspended=True), RULEBOOK, award=None)
    assert "arrêté" in found.sentence


def test_nothing_is_promised_on_a_draft_or_on_a_file_that_ended() -> None:
    kept = cases_pb2.Promises(tacit_refusal_on="2023-07-02")
    ended = _application("CLOSED", ending=pb.ENDING_PAID)
    assert promises(ended, kept, RULEBOOK, award=None) == []
    assert promises(pb.Application(), kept, RULEBOOK, award=None) == []


def test_the_agreement_then_the_payments_then_the_report() -> None:
    award = money.Award(agreement=money.Agreement(closes_at=clock.to_timestamp(AT)))
    told = promises(_application("AGREEMENT"), cases_pb2.Promises(), RULEBOOK, award=award)
    assert [one.sentence.split(" ")[0] for one in told] == ["Vous", "Chaque", "Vous"]
    assert "2 mai 2023" in told[0].sentence
    later = promises(_application("REPORT"), cases_pb2.Promises(), RULEBOOK, award=None)
    assert len(later) == 2


def test_a_decision_is_told_with_its_reasons_and_how_to_dispute_it() -> None:
    found = decision_of(
        History([_line("decision_notified", decision="REFUSED", granted_cents=0, explanation="UNDER_THRESHOLD")])
    )
    assert found is not None
    assert (found.kind, found.reasons) == ("closed", ["note inférieure au seuil"])
    assert any("tribunal administratif" in one for one in found.remedies)
    granted = decision_of(History([_line("decision_notified", decision="GRANTED", granted_cents=7_000_00)]))
    assert granted is not None
    assert "7\u202f000,00" in granted.outcome


def test_a_file_kept_for_the_hearings_is_not_decided_yet() -> None:
    assert decision_of(History([_line("shortlist_decided", shortlisted=True)])) is None
    excluded = decision_of(History([_line("shortlist_decided", "Budget insuffisant.", shortlisted=False)]))
    assert excluded is not None
    assert excluded.reasons == ["Budget insuffisant."]


def test_each_missing_condition_says_what_is_awaited_and_where_she_can_act() -> None:
    codes = ("act_executory", "agreement_signed", "bank_details_verified", "report_accepted")
    item = money.Installment(conditions=[money.Condition(code=code) for code in codes])
    award = money.Award(agreement=money.Agreement(state=money.AGREEMENT_STATE_SENT))
    found = {one.code: one.href for one in ticks(item, award, "/x")}
    assert found == {
        "act_executory": "",
        "agreement_signed": "/x/actes/sign_agreement",
        "bank_details_verified": "/x/actes/declare_bank_details",
        "report_accepted": "/x/bilan",
    }
    award.bank_details.state = money.BANK_DETAILS_STATE_DECLARED
    award.agreement.state = money.AGREEMENT_STATE_SIGNED_BY_BENEFICIARY
    award.report.state = money.REPORT_STATE_SUBMITTED
    assert {one.href for one in ticks(item, award, "/x")} == {""}
