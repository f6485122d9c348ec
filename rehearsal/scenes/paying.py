"""The vote, the notification, agreements, accounts, payment runs, reports and balances."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2
from jalon.payments.v1 import awards_pb2, runs_pb2
from jalon.review.v1 import jury_pb2

from rehearsal.play import Application
from rehearsal.stage import Stage, text
from workflows.contract.application import (
    AcceptReport,
    CountersignAgreement,
    LiquidateInstallment,
    PrepareAgreement,
    ReturnReport,
    SendAgreement,
    VerifyBankDetails,
)
from workflows.contract.call import ActRow, CloseCall, NotifyDecisions, RecordAct, RecordExecutory, RecordTransmission
from workflows.contract.names import CALL, PAYMENT_RUN
from workflows.contract.payment_run import CountersealPaymentRun, PreparePaymentRun, SealPaymentRun


async def record_vote(stage: Stage) -> None:
    """The assembly votes what the jury proposed."""
    office = stage.as_role("ASSEMBLY_OFFICE")
    request = jury_pb2.GetRankingRequest(call_id=stage.call_id, session_id=str(stage.edition.session_id))
    secretary = stage.as_role("JURY_SECRETARY")
    result = await stage.door.read(secretary, stage.stub("review", "jury").GetRanking, request)
    calendar = stage.edition.calendar
    await stage.act(
        office,
        "act",
        RecordAct,
        stage.call_id,
        str(stage.edition.act_id),
        session_id=str(stage.edition.session_id),
        number=calendar.act_number,
        session_on=calendar.act_session_on.isoformat(),
        rows=[_row(file) for file in result.files],
    )
    await _rows(stage, CALL.id_of(stage.call_id))


def _row(file: Any) -> ActRow:
    name = type(file).DESCRIPTOR.fields_by_name["proposal"].enum_type.values_by_number[file.proposal].name
    decision = {"PROPOSED": "GRANTED", "WAITING_LIST": "WAITING"}.get(name.removeprefix("PROPOSAL_STATE_"), "REFUSED")
    granted = file.proposed_cents if decision == "GRANTED" else 0
    return ActRow(file.application_id, decision, granted, file.section if granted else "")


async def _rows(stage: Stage, workflow_id: str) -> None:
    results = await stage.rows_of(workflow_id)
    refused = {row: result for row, result in results.items() if result != "done"}
    if refused:
        raise RuntimeError(f"{len(refused)} rows of {workflow_id} were refused: {sorted(set(refused.values()))}")


async def record_transmission(stage: Stage) -> None:
    """Sent to the prefecture."""
    on = stage.edition.calendar.act_transmitted_on.isoformat()
    office = stage.as_role("ASSEMBLY_OFFICE")
    await stage.act(office, "act", RecordTransmission, stage.call_id, str(stage.edition.act_id), on)


async def record_executory(stage: Stage) -> None:
    """Executory."""
    on = stage.edition.calendar.act_executory_on.isoformat()
    office = stage.as_role("ASSEMBLY_OFFICE")
    await stage.act(office, "act", RecordExecutory, stage.call_id, str(stage.edition.act_id), on)


async def notify_decisions(stage: Stage) -> None:
    """All are told together."""
    officer = stage.as_role("AUTHORISING_OFFICER")
    await stage.act(officer, "act", NotifyDecisions, stage.call_id, str(stage.edition.act_id))
    await _rows(stage, CALL.id_of(stage.call_id))


async def granted(stage: Stage) -> list[Application]:
    """The files that were awarded, read back: the script does not know."""
    auditor = stage.as_role("AUDITOR")
    found: set[str] = set()
    token = ""
    while True:
        request = applications_pb2.ListApplicationsRequest(call_id=stage.call_id, page_size=100, page_token=token)
        page = await stage.door.read(auditor, stage.stub("intake", "applications").ListApplications, request)
        found |= {row.application_id for row in page.rows if row.progress.awarded_cents}
        token = page.next_page_token
        if not token:
            return [file for file in stage.edition.applications if str(file.application_id) in found]


async def award_of(stage: Stage, file: Application) -> Any:
    """The money of one file."""
    request = awards_pb2.GetAwardRequest(application_id=str(file.application_id))
    return await stage.door.read(
        stage.as_role("FINANCE", "liquidator"), stage.stub("payments", "awards").GetAward, request
    )


async def send_agreements(stage: Stage, *, of_new_entities: bool, closes: str = "bank_details_verified") -> None:
    """Generated from the rulebook's terms, sent to be signed before the moment ``closes`` of the calendar."""
    instructor = stage.as_role("INSTRUCTOR", "third")
    closes_at = text(stage.edition.calendar.moments[closes])

    async def one(file: Application) -> None:
        agreement_id = stage.request_id("agreement", file.application_id)
        await stage.act(instructor, file.application_id, PrepareAgreement, str(file.application_id), agreement_id)
        await stage.act(
            instructor, file.application_id, SendAgreement, str(file.application_id), agreement_id, closes_at
        )

    chosen = [file for file in await granted(stage) if is_new_entity(file) is of_new_entities]
    await stage.together(chosen, one)


def is_new_entity(file: Application) -> bool:
    """A natural person who must create a legal entity."""
    return file.organization.legal_family == "natural_person"


async def declare_legal_entities(stage: Stage) -> None:
    """Natural persons name the entity they created."""

    async def one(file: Application) -> None:
        assert file.after_award is not None
        entity = file.after_award.entity
        assert entity is not None
        request = applications_pb2.DeclareLegalEntityRequest(
            application_id=str(file.application_id),
            name=entity.name,
            siret=entity.siret or "",
            rna=entity.rna or "",
            legal_family=entity.legal_family,
        )
        rpc = stage.stub("intake", "applications").DeclareLegalEntity
        await stage.send(stage.applicant(file), rpc, request, key=file.application_id)

    await stage.together([file for file in await granted(stage) if is_new_entity(file)], one)


async def sign_agreements(stage: Stage, wave: int) -> None:
    """The beneficiaries sign what they read."""

    async def one(file: Application) -> None:
        award = await award_of(stage, file)
        request = awards_pb2.SignAgreementRequest(
            application_id=str(file.application_id),
            agreement_id=award.agreement.agreement_id,
            digest=award.agreement.digest,
            signer_name=file.applicant.display_name,
        )
        rpc = stage.stub("payments", "awards").SignAgreement
        await stage.send(stage.applicant(file), rpc, request, key=file.application_id)

    await stage.together([file for file in await granted(stage) if _signature_wave(file) == wave], one)


def _signature_wave(file: Application) -> int:
    assert file.after_award is not None
    return 1 if is_new_entity(file) else file.after_award.signature_wave


async def countersign_agreements(stage: Stage) -> None:
    """The authorising officer signs: money is committed."""
    officer = stage.as_role("AUTHORISING_OFFICER")

    async def one(file: Application) -> None:
        agreement = (await award_of(stage, file)).agreement
        await stage.act(
            officer,
            file.application_id,
            CountersignAgreement,
            str(file.application_id),
            agreement.agreement_id,
            agreement.digest,
        )

    await stage.together(await granted(stage), one)


async def declare_bank_details(stage: Stage) -> None:
    """Each beneficiary gives an account."""

    async def one(file: Application) -> None:
        assert file.after_award is not None
        bank = file.after_award.bank
        request = awards_pb2.DeclareBankDetailsRequest(
            application_id=str(file.application_id), iban=bank.iban, bic=bank.bic, holder=bank.holder
        )
        rpc = stage.stub("payments", "awards").DeclareBankDetails
        await stage.send(stage.applicant(file), rpc, request, key=file.application_id)

    await stage.together(await granted(stage), one)


async def verify_bank_details(stage: Stage) -> None:
    """A person who neither liquidates nor seals calls back."""
    verifier = stage.as_role("FINANCE", "verifier")
    await stage.together(
        await granted(stage),
        lambda file: stage.act(
            verifier, file.application_id, VerifyBankDetails, str(file.application_id), version=1, method="CALL_BACK"
        ),
    )


async def liquidate(stage: Stage, kind: str, *, wave: int | None = None) -> None:
    """On proof, each installment of a kind that is due."""
    liquidator = stage.as_role("FINANCE", "liquidator")

    async def one(file: Application) -> None:
        for item in (await award_of(stage, file)).installments:
            if item.kind == kind and item.state == awards_pb2.INSTALLMENT_STATE_PLANNED:
                await stage.act(
                    liquidator, item.installment_id, LiquidateInstallment, str(file.application_id), item.installment_id
                )

    files = [file for file in await granted(stage) if wave is None or _report_wave(file) == wave]
    await stage.together(files, one)


def _report_wave(file: Application) -> int:
    assert file.after_award is not None
    return file.after_award.report_wave


def run_id(stage: Stage, name: str) -> str:
    """A payment run of the play."""
    return stage.request_id("payment-run", name)


async def prepare_run(stage: Stage, name: str) -> None:
    """Everything liquidated is gathered."""
    liquidator = stage.as_role("FINANCE", "liquidator")
    due = awards_pb2.ListInstallmentsRequest(
        call_id=stage.call_id, state=awards_pb2.INSTALLMENT_STATE_LIQUIDATED, page_size=100
    )
    page = await stage.door.read(liquidator, stage.stub("payments", "awards").ListInstallments, due)
    ids = [item.installment_id for item in page.installments]
    if not ids and await _exists(stage, name):
        return
    await stage.act(liquidator, name, PreparePaymentRun, stage.call_id, run_id(stage, name), ids)
    await _rows(stage, PAYMENT_RUN.id_of(run_id(stage, name)))


async def _exists(stage: Stage, name: str) -> bool:
    runs = await stage.door.read(
        stage.as_role("AUDITOR"),
        stage.stub("payments", "runs").ListPaymentRuns,
        runs_pb2.ListPaymentRunsRequest(call_id=stage.call_id, page_size=100),
    )
    return run_id(stage, name) in {run.payment_run_id for run in runs.runs}


async def run_of(stage: Stage, name: str) -> Any:
    """A payment run."""
    request = runs_pb2.GetPaymentRunRequest(call_id=stage.call_id, payment_run_id=run_id(stage, name))
    return await stage.door.read(stage.as_role("AUDITOR"), stage.stub("payments", "runs").GetPaymentRun, request)


async def seal_run(stage: Stage, name: str) -> None:
    """First seal: a person of finance who did not prepare."""
    digest = (await run_of(stage, name)).digest
    sealer = stage.as_role("FINANCE", "first_seal")
    await stage.act(sealer, name, SealPaymentRun, stage.call_id, run_id(stage, name), digest)


async def counterseal_run(stage: Stage, name: str) -> None:
    """Second seal: the authorising officer; the run leaves."""
    digest = (await run_of(stage, name)).digest
    officer = stage.as_role("AUTHORISING_OFFICER")
    await stage.act(officer, name, CountersealPaymentRun, stage.call_id, run_id(stage, name), digest)


async def submit_reports(stage: Stage, wave: int) -> None:
    """The financial reports: planned, spent."""
    files = [file for file in await granted(stage) if _report_wave(file) == wave]
    await stage.together(files, lambda file: _submit_report(stage, file, turn=0))


async def _submit_report(stage: Stage, file: Application, *, turn: int) -> None:
    assert file.after_award is not None
    request = awards_pb2.SubmitReportRequest(
        application_id=str(file.application_id),
        lines=[
            awards_pb2.ReportLine(
                code=line.code, planned_cents=line.amount_cents, spent_cents=line.spent_cents, eligible=line.eligible
            )
            for line in file.project.budget
            if line.side == "CHARGE"
        ],
        other_public_cents=file.after_award.other_public_cents,
        jobs_actual=file.after_award.jobs_actual,
        comments="Bilan fictif.",
    )
    key = f"{file.application_id}/{turn}"
    await stage.send(stage.applicant(file), stage.stub("payments", "awards").SubmitReport, request, key=key)


async def accept_reports(stage: Stage, wave: int) -> None:
    """The entitlement is computed, line by line; one report is first sent back and comes again."""
    instructor = stage.as_role("INSTRUCTOR", "first")

    async def one(file: Application) -> None:
        assert file.after_award is not None
        if file.after_award.report_returned:
            await stage.act(
                instructor, file.application_id, ReturnReport, str(file.application_id), version=1, reason="UNCLEAR"
            )
            await _submit_report(stage, file, turn=1)
        report = (await award_of(stage, file)).report
        await stage.act(
            instructor,
            file.application_id,
            AcceptReport,
            str(file.application_id),
            version=report.version,
            accepted_spent_cents=report.spent_cents,
        )

    await stage.together([file for file in await granted(stage) if _report_wave(file) == wave], one)


async def close_call(stage: Stage) -> None:
    """Every file is at its end."""
    await stage.act(stage.as_role("CALL_ADMIN"), "call", CloseCall, stage.call_id)
