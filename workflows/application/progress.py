"""The progress row from the state: one pure function, so that lists always say what the workflow knows."""

from __future__ import annotations

from typing import Any

from workflows.application.state import ApplicationState, Position
from workflows.contract.progress import Progress

BLOCKING = {
    "DECIDE_ADMISSIBILITY": "INSTRUCTOR",
    "CONFIRM_INADMISSIBILITY": "INSTRUCTOR",
    "SUBMIT_FULL_APPLICATION": "APPLICANT",
    "CONFIRM_COMPLETENESS": "INSTRUCTOR",
    "SUBMIT_CORRECTION": "APPLICANT",
    "ASSIGN_REVIEWER": "CALL_ADMIN",
    "CONCLUDE_REVIEW": "INSTRUCTOR",
    "DECIDE_SHORTLIST": "CALL_ADMIN",
    "SCHEDULE_HEARING": "JURY_SECRETARY",
    "RECORD_HEARING": "JURY_SECRETARY",
    "CLOSE_JURY": "JURY_CHAIR",
    "RECORD_VOTE": "ASSEMBLY_OFFICE",
    "EXECUTORY": "ASSEMBLY_OFFICE",
    "NOTIFY_DECISION": "AUTHORISING_OFFICER",
    "REPLACE_FROM_WAITING_LIST": "CALL_ADMIN",
    "DECLARE_LEGAL_ENTITY": "APPLICANT",
    "SEND_AGREEMENT": "INSTRUCTOR",
    "SIGN_AGREEMENT": "APPLICANT",
    "COUNTERSIGN_AGREEMENT": "AUTHORISING_OFFICER",
    "DECLARE_BANK_DETAILS": "APPLICANT",
    "VERIFY_BANK_DETAILS": "FINANCE",
    "LIQUIDATE_INSTALLMENT": "FINANCE",
    "PREPARE_PAYMENT_RUN": "FINANCE",
    "PAY_ORDER": "ACCOUNTANT",
    "SUBMIT_REPORT": "APPLICANT",
    "ACCEPT_REPORT": "INSTRUCTOR",
}
"""Who must act for each awaited event: the "who blocks" of every row."""

DATED = {
    "SUBMIT_FULL_APPLICATION": "full_application",
    "SUBMIT_CORRECTION": "correction",
    "DECLARE_LEGAL_ENTITY": "legal_entity",
    "SIGN_AGREEMENT": "agreement",
    "SUBMIT_REPORT": "report",
    "REPLACE_FROM_WAITING_LIST": "waiting_list",
    "RECORD_HEARING": "hearing",
}
"""The deadline whose instant is promised with each awaited event."""


def progress_of(state: ApplicationState, *, version: int, changes: dict[str, Any] | None = None) -> Progress:
    """The row that holds once ``changes`` (fields of the state) are made."""

    def value(name: str) -> Any:
        return (changes or {}).get(name, getattr(state, name))

    position, awaiting = value("position"), value("awaiting")
    closed = position == Position.CLOSED
    deadlines: dict[str, str] = {**state.deadlines, **(changes or {}).get("dates", {})}
    return Progress(
        application_id=state.application_id,
        version=version,
        stage=str(position),
        next_event="NOTHING" if closed else awaiting,
        next_event_at="" if closed else deadlines.get(DATED.get(awaiting, ""), ""),
        blocking_role="" if closed else BLOCKING.get(awaiting, "SYSTEM"),
        reviewer_id=value("reviewer_id"),
        proposed_cents=value("proposed_cents"),
        awarded_cents=value("awarded_cents"),
        paid_cents=value("paid_cents"),
        ending=value("ending"),
    )
