"""What an applicant may count on: the dates promised to her, the decision with its reasons and remedies, why an
installment waits and what she can do. Dates come from services and from the rulebook; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from jalon.payments.v1 import awards_pb2
from jalon.review.v1 import cases_pb2

from web import words
from web.desk import Desk, present
from web.rulebooks import Words
from web.timeline import History, Line
from web.words import t
from wording.catalog import catalog

AWAITS_DECISION = (
    *("PRE_APPLICATION", "ADMISSIBILITY", "FULL_APPLICATION", "COMPLETENESS", "REVIEW", "SHORTLIST", "HEARING"),
    *("JURY", "VOTE", "NOTIFICATION"),
)
BEFORE_AGREEMENT = ("LEGAL_ENTITY", "AGREEMENT")
PAYABLE = ("PAYMENT", "REPORT", "BALANCE")
DECISIVE = ("inadmissibility_confirmed", "completeness_lapsed", "shortlist_decided", "decision_notified")


@dataclass(frozen=True)
class Promise:
    """``sentence``: with its date; ``otherwise``: what follows without it; ``ground``: the text it rests on."""

    sentence: str
    ground: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class Told:
    """A decision as it was told. ``kind``: ``done``, ``waiting`` or ``closed``. ``remedies``: paragraphs."""

    kind: str
    outcome: str
    line: Line
    reasons: list[str]
    remedies: list[str]


@dataclass(frozen=True)
class Tick:
    """A condition of an installment. ``hint``: what is awaited, from whom; ``href``: where she can do it."""

    code: str
    met: bool
    since: Any
    hint: str = ""
    href: str = ""


async def promised_to(desk: Desk, application: pb.Application) -> cases_pb2.Promises:
    """The dates review keeps for her; none before it received the file."""
    asked = cases_pb2.GetPromisesRequest(application_id=application.application_id)
    return await present(desk.read("review.cases", asked), cases_pb2.Promises)


def promises(
    application: pb.Application, kept: cases_pb2.Promises, rulebook: Words, *, award: awards_pb2.Award | None
) -> list[Promise]:
    """What is still to come, soonest first."""
    stage = words.bare("intake.Stage", application.progress.stage)
    if not application.number or application.progress.ending:
        return []
    if stage in AWAITS_DECISION:
        return _decision(kept, rulebook)
    money = award or awards_pb2.Award()
    if stage in BEFORE_AGREEMENT:
        return [_signature(money, rulebook), _payment(rulebook), _report(application, money, rulebook)]
    if stage in PAYABLE:
        return [_payment(rulebook), _report(application, money, rulebook)]
    return []


def _decision(kept: cases_pb2.Promises, rulebook: Words) -> list[Promise]:
    ground = _ground(rulebook, "silence_is_refusal")
    if kept.suspended:
        return [Promise(t("promise.suspended"), ground)]
    if not kept.tacit_refusal_on:
        return []
    otherwise = t("promise.silence", months=kept.appeal_months) if kept.appeal_months else ""
    return [Promise(t("promise.decision", on=kept.tacit_refusal_on), ground, otherwise)]


def _signature(award: awards_pb2.Award, rulebook: Words) -> Promise:
    ground = _ground(rulebook, "agreement_signature")
    if award.agreement.HasField("closes_at"):
        return Promise(t("promise.sign", at=words.iso(award.agreement.closes_at)), ground)
    return Promise(t("promise.agreement", days=_length(rulebook, "agreement_signature")), ground)


def _payment(rulebook: Words) -> Promise:
    return Promise(t("promise.payment", days=_length(rulebook, "payment")), _ground(rulebook, "payment"))


def _report(application: pb.Application, award: awards_pb2.Award, rulebook: Words) -> Promise:
    ground = _ground(rulebook, "report")
    if award.report.HasField("due_at"):
        return Promise(t("promise.report_due", at=words.iso(award.report.due_at)), ground)
    ends_on = application.full_application.ends_on
    return Promise(t("promise.report", months=_length(rulebook, "report"), ends_on=ends_on), ground)


def decision_of(found: History) -> Told | None:
    """The last decision she was told; None before any."""
    line = next(
        (one for one in found.lines if one.event in DECISIVE and one.facts.get("shortlisted") is not True), None
    )
    return _told(line) if line else None


def _told(line: Line) -> Told:
    facts = line.facts
    said = line.words.splitlines()
    decision = str(facts.get("decision", ""))
    if line.event == "decision_notified":
        cents = int(facts.get("granted_cents") or 0)
        outcome = t("told.granted", amount=words.amount(cents)) if decision == "GRANTED" else _outcome(decision)
        reasons = [words.coded("cut_reason", str(facts.get("explanation", ""))), *said]
        kind = {"GRANTED": "done", "WAITING": "waiting"}.get(decision, "closed")
        return Told(kind, outcome, line, [one for one in reasons if one], _remedies())
    reasons = [words.coded("inadmissibility", str(one)) for one in facts.get("reasons", ())]
    return Told("closed", t(f"told.{line.event}"), line, [*reasons, *said], _remedies())


def _outcome(decision: str) -> str:
    return t("told.waiting" if decision == "WAITING" else "told.refused")


def _remedies() -> list[str]:
    found: list[str] = catalog()["paragraphs"]["remedies"][words.locale()]
    return found


def ticks(item: awards_pb2.Installment, award: awards_pb2.Award, base: str) -> list[Tick]:
    """Condition by condition; for one that is not met, what is awaited and what she can do."""
    return [_tick(one, award, base) for one in item.conditions]


def _tick(one: awards_pb2.Condition, award: awards_pb2.Award, base: str) -> Tick:
    if one.met:
        return Tick(one.code, met=True, since=one.since)
    key, href = _awaited(one.code, award, base)
    return Tick(one.code, met=False, since=None, hint=t(f"waits.{key}"), href=href)


def _awaited(code: str, award: awards_pb2.Award, base: str) -> tuple[str, str]:
    account = words.bare("payments.BankDetailsState", award.bank_details.state)
    agreement = words.bare("payments.AgreementState", award.agreement.state)
    report = words.bare("payments.ReportState", award.report.state)
    if code == "bank_details_verified":
        return ("account_checked", "") if account == "DECLARED" else ("account", f"{base}/actes/declare_bank_details")
    if code in ("agreement_signed", "annual_cumul_has_agreement"):
        hers = agreement == "SENT"
        return ("signature", f"{base}/actes/sign_agreement") if hers else ("agreement", "")
    if code == "report_accepted":
        return ("report_checked", "") if report == "SUBMITTED" else ("report", f"{base}/bilan")
    return code, ""


def _length(rulebook: Words, code: str) -> int | str:
    found = _deadline(rulebook, code)
    return found.get("days") or found.get("months") or ""


def _ground(rulebook: Words, code: str) -> str:
    basis = str(_deadline(rulebook, code).get("legal_basis", ""))
    bases = {base["code"]: base["text"] for base in rulebook.content.get("legal_bases", ())}
    return str(bases.get(basis, basis))


def _deadline(rulebook: Words, code: str) -> Mapping[str, Any]:
    return next((one for one in rulebook.content.get("deadlines", ()) if one["code"] == code), {})
