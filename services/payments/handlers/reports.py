"""Financial reports: expected, received, accepted with the computation of what is owed, or sent back."""

from __future__ import annotations

import json
import re
from typing import Any

from jalon.payments.v1 import awards_pb2 as pb

from kit import clock
from kit.errors import FieldFault, Refused, field_invalid, invalid, required
from kit.journal import Act
from kit.money import Cents
from services.payments.domain import entitlement
from services.payments.domain import ledger as rules
from services.payments.domain.calendar import report_due
from services.payments.domain.conditions import Condition
from services.payments.domain.ledger import Account as Ledger
from services.payments.domain.moves import (
    FINANCIAL_REPORT,
    INSTALLMENT,
    FinancialReportAction,
    FinancialReportState,
    InstallmentAction,
    InstallmentState,
    move,
)
from services.payments.domain.records import UNDER_WAY, Award, Installment, Report, report_is_next
from services.payments.domain.rulebook import PaymentRules
from services.payments.handlers import messages
from services.payments.handlers.awards import free_money
from services.payments.handlers.base import Handlers, code
from services.payments.store import awards, installments, ledger, reports

LINES, COMMENTS_LENGTH, JOBS = 200, 10_000, 100_000
MAX_CENTS = 10**14
_ACCOUNT = re.compile(r"[A-Za-z0-9_]{1,40}")
NON_PROFIT = frozenset({"association", "foundation"})


async def expect_report(act: Act, award: Award) -> None:
    """The report is expected as soon as the next installment waits for it: within so many months of the end of the
    financial year the grant was given for (loi 2000-321, art. 10)."""
    if not report_is_next(await installments.of_award(act.connection, award.application_id)):
        return
    read = await ledger.rules_of(act.connection, award.call_id)
    beneficiary = await awards.get_beneficiary(act.connection, award.application_id)
    ends_on = beneficiary.project_ends_on if beneficiary else None
    due_at = report_due(act.at, read.report_months, project_ends_on=ends_on)
    if await reports.expect(act, award.application_id, due_at):
        act.record("report_expected", subject=award.application_id, facts={"due_at": clock.text(due_at)})


class Reports(Handlers):
    """RPCs of financial reports."""

    async def SubmitReport(self, request: pb.SubmitReportRequest, context: Any) -> pb.FinancialReport:
        """Receives the report; late is accepted, and shown."""
        content = _content(request)

        async def change(act: Act) -> pb.FinancialReport:
            await awards.lock(act, request.application_id)
            latest = await reports.latest(act, request.application_id)
            if latest is None:
                raise Refused("REPORT_NOT_EXPECTED")
            move(FINANCIAL_REPORT, latest.report_state, FinancialReportAction.SUBMIT)
            expected = latest.report_state is FinancialReportState.EXPECTED
            version = latest.report_version if expected else latest.report_version + 1
            await reports.submit(act, request.application_id, version=version, due_at=latest.due_at, **content)
            facts = {
                "version": version,
                "spent_cents": content["spent_cents"],
                "planned_cents": content["planned_cents"],
                "jobs": request.jobs_actual,
                "late": act.at >= latest.due_at,
            }
            act.record("report_submitted", subject=request.application_id, facts=facts, words=request.comments)
            act.emit("report_submitted", subject=request.application_id, facts={"version": version})
            return await self._report(act, request.application_id)

        return await self._journal.write(request, change)

    async def _report(self, act: Act, application_id: str) -> pb.FinancialReport:
        kept = await reports.latest(act, application_id)
        assert kept is not None
        return messages.report(application_id, kept)

    async def ReturnReport(self, request: pb.ReturnReportRequest, context: Any) -> pb.FinancialReport:
        """Sends the latest version back, with a reason."""
        required(request, "application_id")
        reason = code(request.reason, "reason")

        async def change(act: Act) -> pb.FinancialReport:
            await awards.lock(act, request.application_id)
            latest = await _version(act, request.application_id, request.version)
            move(FINANCIAL_REPORT, latest.report_state, FinancialReportAction.RETURN)
            await reports.send_back(act, request.application_id, latest, reason=reason)
            facts = {"version": request.version, "reason": reason}
            act.record("report_returned", subject=request.application_id, facts=facts)
            return await self._report(act, request.application_id)

        return await self._journal.write(request, change)

    async def AcceptReport(self, request: pb.AcceptReportRequest, context: Any) -> pb.Award:
        """Accepts it: what is owed is computed line by line, the balance set to it, the rest of the award freed."""
        required(request, "application_id")

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            latest = await _version(act, request.application_id, request.version)
            move(FINANCIAL_REPORT, latest.report_state, FinancialReportAction.ACCEPT)
            spent = Cents(request.accepted_spent_cents)
            if not 0 <= spent <= latest.spent_cents:
                values = {"max_cents": str(int(latest.spent_cents))}
                raise field_invalid("accepted_spent_cents", "ACCEPTED_OVER_REPORTED", **values)
            plan = await installments.of_award(act.connection, award.application_id)
            if any(item.state in UNDER_WAY for item in plan):
                raise Refused("INSTALLMENT_UNDER_WAY")
            computed = await self._compute(act, award, latest, spent)
            await reports.accept(act, award.application_id, latest, spent=spent)
            await awards.record_condition(act, award.application_id, Condition.REPORT_ACCEPTED, since=act.at)
            await awards.add_entitlement(act, award.application_id, computed.lines)
            await _set_balance(act, plan, computed.balance)
            await _free_rest(act, award, computed)
            _record(act, award, request.version, spent=spent, computed=computed)
            return await self._award(act, award.application_id)

        return await self._journal.write(request, change)

    async def _compute(self, act: Act, award: Award, report: Report, spent: Cents) -> entitlement.Entitlement:
        read = await ledger.rules_of(act.connection, award.call_id)
        beneficiary = await awards.get_beneficiary(act.connection, award.application_id)
        facts = entitlement.Facts(
            award=award.awarded_cents,
            eligible_budget=award.eligible_base_cents,
            justified=spent,
            paid=award.paid_cents,
            other_funds=report.other_public_cents,
            unspent_kept_basis_points=kept_share(read, beneficiary.legal_family if beneficiary else ""),
        )
        return entitlement.compute(facts)


def kept_share(read: PaymentRules, legal_family: str) -> int:
    """Basis points of unspent money that may be kept: non-profit bodies only (loi 2000-321, art. 10)."""
    return read.agreement.unspent_kept_basis_points if legal_family in NON_PROFIT else 0


def _content(request: pb.SubmitReportRequest) -> dict[str, Any]:
    """The columns of a report; every wrong field is told at once."""
    faults = [] if 0 < len(request.lines) <= LINES else [FieldFault("lines", "ROWS_OUT_OF_BOUNDS", {"max": str(LINES)})]
    for n, line in enumerate(request.lines):
        if _ACCOUNT.fullmatch(line.code) is None:
            faults.append(FieldFault(f"lines[{n}].code", "CODE_UNCLEAR"))
        amounts = {"planned_cents": line.planned_cents, "spent_cents": line.spent_cents}
        faults += [FieldFault(f"lines[{n}].{name}", "AMOUNT_NEGATIVE") for name, v in amounts.items() if v < 0]
        faults += [FieldFault(f"lines[{n}].{name}", "AMOUNT_UNCLEAR") for name, v in amounts.items() if v > MAX_CENTS]
    if not 0 <= request.other_public_cents <= MAX_CENTS:
        faults.append(FieldFault("other_public_cents", "AMOUNT_NEGATIVE"))
    if not 0 <= request.jobs_actual <= JOBS:
        faults.append(FieldFault("jobs_actual", "JOBS_UNCLEAR", {"max": str(JOBS)}))
    if len(request.comments) > COMMENTS_LENGTH:
        faults.append(FieldFault("comments", "COMMENTS_TOO_LONG", {"max": str(COMMENTS_LENGTH)}))
    if faults:
        raise invalid(*faults)
    eligible = [line for line in request.lines if line.eligible]
    rows = [
        {
            "code": line.code,
            "planned_cents": line.planned_cents,
            "spent_cents": line.spent_cents,
            "eligible": line.eligible,
        }
        for line in request.lines
    ]
    return {
        "lines": json.dumps(rows),
        "planned_cents": sum(line.planned_cents for line in eligible),
        "spent_cents": sum(line.spent_cents for line in eligible),
        "other_public_cents": request.other_public_cents,
        "jobs_actual": request.jobs_actual,
        "comments": request.comments,
    }


async def _version(act: Act, application_id: str, version: int) -> Report:
    latest = await reports.latest(act, application_id)
    if latest is None:
        raise Refused("REPORT_NOT_EXPECTED")
    if latest.report_version != version:
        raise Refused("REPORT_CHANGED", values={"version": str(latest.report_version)})
    return latest


async def _set_balance(act: Act, plan: list[Installment], balance: Cents) -> None:
    """The last planned installment carries the whole balance; the others, and itself when nothing is due, fall."""
    waiting = [item for item in plan if item.state is InstallmentState.PLANNED]
    for item in waiting:
        keeps = balance > 0 and item is waiting[-1]
        after = item.state if keeps else move(INSTALLMENT, item.state, InstallmentAction.CANCEL)
        await installments.set_balance(act, item, after, amount=balance if keeps else Cents(0))


async def _free_rest(act: Act, award: Award, computed: entitlement.Entitlement) -> None:
    if computed.freed:
        movement_id = ledger.movement_id(act, "free", award.application_id)
        movement = rules.free(movement_id, ledger.ref(award), amount=computed.freed, stage=Ledger.COMMITTED)
        await ledger.post(act, "award_freed", movement)
        free_money(act, award, computed.freed)
    if computed.recovery:
        await awards.claim_overpayment(act, award, computed.recovery)


def _record(act: Act, award: Award, version: int, *, spent: Cents, computed: entitlement.Entitlement) -> None:
    facts = {
        "version": version,
        "accepted_spent_cents": int(spent),
        "entitlement_cents": int(computed.entitlement),
        "balance_cents": int(computed.balance),
        "freed_cents": int(computed.freed),
        "to_recover_cents": int(computed.recovery),
    }
    act.record("report_accepted", subject=award.application_id, facts=facts)
