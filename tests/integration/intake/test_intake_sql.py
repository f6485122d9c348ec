"""The tables hold by themselves: every query prepared, every CHECK broken once, nothing rewritten by the service."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls

from kit.journal import plumbing
from services.intake.store import queries
from tests.integration.harness import Served, check_broken, check_names, prepare_every_query
from tests.integration.intake.conftest import AtClock
from tests.integration.intake.intake_people import Desk, Porter, natural_person

OF_CALL = "calls rulebooks window_extensions role_grants stand_ins number_counters"
BAD_DIGEST = "digest = 'x'"
BROKEN: list[tuple[str, str, str]] = [
    ("calls", "reference = ''", "calls_reference_check"),
    ("calls", "edition = 0", "calls_edition_check"),
    ("calls", "state = 'HALF'", "calls_state_check"),
    ("calls", "pre_closes_at = pre_opens_at", "windows_in_order"),
    ("calls", "opened_at = NULL", "opened_once_open"),
    ("calls", "closed_at = opened_at", "closed_once_closed"),
    ("rulebooks", "version = 0", "rulebooks_version_check"),
    ("rulebooks", "body = 'x'", "rulebook_digest_of_body"),
    ("window_extensions", "window_name = 'OTHER'", "window_extensions_window_name_check"),
    ("window_extensions", "ground = ''", "window_extensions_ground_check"),
    ("window_extensions", "closes_at = closed_at", "never_earlier"),
    ("persons", "display_name = ''", "persons_display_name_check"),
    ("persons", "email = repeat('x', 255)", "persons_email_check"),
    ("role_grants", "role = 'APPLICANT'", "role_grants_role_check"),
    ("role_grants", "to_at = from_at - interval '1 second'", "role_grants_to_at_after_from_at"),
    ("forbidden_pairs", "other = one", "two_roles"),
    ("identities", "issuer = ''", "issuer_short"),
    ("identities", "subject = ''", "subject_short"),
    ("identities", "subject = 'Agnes@example.org'", "mailbox_in_small_letters"),
    ("stand_ins", "deputy_id = absent_id", "another_person"),
    ("stand_ins", "to_at = from_at - interval '1 second'", "stand_ins_to_at_after_from_at"),
    ("organizations", "identity = 'name:x'", "organizations_identity_check"),
    ("organizations", "name = ''", "organizations_name_check"),
    ("organizations", "siret = '1'", "organizations_siret_check"),
    ("organizations", "rna = '1'", "organizations_rna_check"),
    ("applications", "state = 'HALF'", "applications_state_check"),
    ("applications", "pre_version = -1, pre_submitted_version = NULL", "applications_pre_version_check"),
    ("applications", "full_version = -1, full_submitted_version = NULL", "applications_full_version_check"),
    ("applications", "pre_submitted_version = 9", "pre_submitted_version_exists"),
    ("applications", "full_submitted_version = 9", "full_submitted_version_exists"),
    ("applications", "number = '14-1'", "applications_number_check"),
    ("applications", BAD_DIGEST, "applications_digest_check"),
    ("applications", "requested_cents = -1", "applications_requested_cents_check"),
    ("applications", "total_cost_cents = -1", "applications_total_cost_cents_check"),
    ("applications", "ending = 'LOST'", "applications_ending_check"),
    ("applications", "organization_id = NULL", "deposited_once_submitted"),
    ("applications", "full_submitted_at = submitted_at - interval '1 day'", "second_stage_after_first"),
    ("applications", "ended_at = submitted_at", "ended_once_over"),
    ("applications", "state = 'CLOSED', ending = 'LAPSED', ended_at = submitted_at", "ending_fits_state"),
    ("number_counters", "year = 1999", "number_counters_year_check"),
    ("number_counters", "last = 0", "number_counters_last_check"),
    ("drafts", "stage = 'THIRD'", "drafts_stage_check"),
    ("drafts", "version = 0", "drafts_version_check"),
    ("drafts", "content = '[]'", "drafts_content_check"),
    ("receipts", "kind = 'given'", "receipts_kind_check"),
    ("receipts", "body = 'x'", "receipt_digest_of_body"),
    ("receipt_papers", "language = 'de'", "receipt_papers_language_check"),
    ("receipt_papers", BAD_DIGEST, "receipt_papers_digest"),
    ("register_answers", "number = '1'", "register_answers_number_check"),
    ("register_answers", "register = 'A b'", "register_answers_register_check"),
    ("register_answers", "outcome = 'HALF'", "register_answers_outcome_check"),
    ("register_answers", "outcome = 'FOUND', name = ''", "found_with_name"),
    ("legal_entities", "name = ''", "legal_entities_name_check"),
    ("legal_entities", "siret = '1'", "legal_entities_siret_check"),
    ("legal_entities", "rna = '1'", "legal_entities_rna_check"),
    ("legal_entities", "siret = NULL, rna = NULL", "identified"),
    ("corrections", "state = 'HALF'", "corrections_state_check"),
    ("corrections", "items = '[]'", "corrections_items_check"),
    ("corrections", "closes_at = opened_at", "corrections_closes_after_opening"),
    ("corrections", "state = 'SUBMITTED', submitted_at = opened_at, digest = 'x'", "corrections_digest_check"),
    ("corrections", "submitted_at = opened_at", "answered_in_time"),
    ("documents", "stage = 'THIRD'", "documents_stage_check"),
    ("documents", "file_name = ''", "documents_file_name_check"),
    ("documents", "size_bytes = 0", "documents_size_bytes_check"),
    ("documents", BAD_DIGEST, "documents_digest_check"),
    ("documents", "state = 'HALF', refusal = 'x'", "documents_state_check"),
    ("documents", "received_at = NULL, deposited_at = NULL", "whole_once_received"),
    ("documents", "refusal = 'x'", "refused_with_reason"),
    ("documents", "deposited_at = received_at - interval '1 day'", "deposited_once_whole"),
    ("messages", "template = 'A b'", "messages_template_check"),
    ("messages", "sentence = '[]'", "messages_sentence_check"),
    ("messages", "body = repeat('x', 10001)", "messages_body_check"),
    ("messages", "template = ''", "says_something"),
    ("mails", "email = 'x'", "mails_email_check"),
    ("mails", "kind = 'A b'", "mails_kind_check"),
    ("mails", "locale = 'de'", "mails_locale_check"),
    ("mails", "site = 'other'", "mails_site_check"),
    ("mails", "path = 'x'", "mails_path_check"),
    ("mails", "facts = '[]'", "mails_facts_check"),
    ("mails", "state = 'HALF'", "mails_state_check"),
    ("mails", "attempts = -1", "mails_attempts_check"),
    ("mails", "failure = 'no such mailbox'", "mails_failure_check"),
    ("mails", "settled_at = NULL", "waiting_or_settled"),
    ("thread_reads", "reader = 'somebody'", "thread_reads_reader_check"),
    ("thread_reads", "position = -1", "thread_reads_position_check"),
    ("progress", "version = -1", "progress_version_check"),
    ("progress", "stage = 'half'", "progress_stage_check"),
    ("progress", "next_event = 'half'", "progress_next_event_check"),
    ("progress", "blocking_role = 'half'", "progress_blocking_role_check"),
    ("progress", "proposed_cents = -1", "progress_proposed_cents_check"),
    ("progress", "awarded_cents = -1", "progress_awarded_cents_check"),
    ("progress", "paid_cents = -1", "progress_paid_cents_check"),
    ("progress", "ending = 'half'", "progress_ending_check"),
]
DRAFTED = [
    ("calls", "rulebook_version = 0", "calls_rulebook_version_check"),
    ("calls", "rulebook_digest = 'x'", "calls_rulebook_digest_check"),
]
"""Of a call in draft: those of an open one are frozen before they are checked."""
COMMON = {"requests", "journal", "outbox", "case_relations"}
"""Tables of every service; the plumbing's own suite breaks their checks."""


async def test_every_query_prepares_as_the_service(intake: Served) -> None:
    assert await prepare_every_query(intake.pool, queries) > 40
    await prepare_every_query(intake.pool, plumbing)


@pytest.fixture
async def lived(desk: Desk, at_clock: AtClock) -> Porter:
    """An application that left a row in every table."""
    person, now = str(uuid4()), await desk.served.caller.now()
    deputy = str(uuid4())
    for one in (person, deputy):
        register = calls.RegisterPersonRequest(person_id=one, display_name="Agnès Fictive", email=f"{one}@example.org")
        await desk.act(desk.calls.RegisterPerson, register, "CALL_ADMIN")
    grant = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_INSTRUCTOR)
    await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    await desk.stand_in(person, deputy, days=5)
    extension = calls.ExtendWindowRequest(call_id=desk.call_id, window=calls.WINDOW_FULL_APPLICATION, ground="Panne.")
    extension.closes_at.FromDatetime(now + timedelta(days=30))
    await desk.act(desk.calls.ExtendWindow, extension, "CALL_ADMIN")
    porter = desk.porter()
    register = calls.RegisterPersonRequest(person_id=porter.person, display_name="Léa Fictive", email="lea@example.org")
    await porter.act(desk.calls.RegisterPerson, register)
    receipt = await porter.deposit(natural_person())
    about = {"application_id": porter.application_id, "kind": receipt.kind, "digest": receipt.digest}
    await porter.read(desk.apps.ReadReceipt, apps.ReadReceiptRequest(**about))
    number = apps.LookUpOrganizationRequest(application_id=porter.application_id, number="35600000009075")
    await porter.act(desk.apps.LookUpOrganization, number)
    entity = apps.DeclareLegalEntityRequest(
        application_id=porter.application_id, name="Zébulon", siret="35600000000048", legal_family="cooperative"
    )
    await porter.act(desk.apps.DeclareLegalEntity, entity)
    await porter.invite()
    await at_clock(now + timedelta(days=15))
    await porter.send("provisional_budget")
    await porter.deposit_full()
    letter = apps.PostMessageRequest(application_id=porter.application_id, template="admissible")
    await desk.system(desk.apps.PostMessage, letter)
    answer = apps.PostMessageRequest(application_id=porter.application_id, text="Bonjour,")
    await porter.act(desk.apps.PostMessage, answer)
    await porter.open_correction(
        now + timedelta(days=18), apps.CorrectionItem(piece="provisional_budget", reason="expired")
    )
    return porter


async def test_every_check_is_broken_once(lived: Porter) -> None:
    where = dict.fromkeys(OF_CALL.split(), f"call_id = '{lived.desk.call_id}'") | {
        "persons": f"person_id IN (SELECT person_id FROM intake.role_grants WHERE call_id = '{lived.desk.call_id}')",
        "forbidden_pairs": "true",
        "identities": "subject = (SELECT min(subject) FROM intake.identities WHERE issuer = 'mailbox')",
        "receipt_papers": "receipt_id IN (SELECT receipt_id FROM intake.receipts"
        f" WHERE application_id = '{lived.application_id}')",
        "organizations": "organization_id IN (SELECT organization_id FROM intake.applications"
        f" WHERE application_id = '{lived.application_id}')",
    }
    async with lived.desk.served.admin.acquire() as connection:
        for table, change, constraint in BROKEN:
            rows = where.get(table, f"application_id = '{lived.application_id}'")
            async with check_broken(connection, constraint):
                await connection.execute(f"UPDATE intake.{table} SET {change} WHERE {rows}")


async def test_every_check_of_a_draft_call_is_broken_once(intake: Served) -> None:
    desk = Desk(intake)
    await desk.import_call()
    async with intake.admin.acquire() as connection:
        for table, change, constraint in DRAFTED:
            async with check_broken(connection, constraint):
                await connection.execute(f"UPDATE intake.{table} SET {change} WHERE call_id = '{desk.call_id}'")


async def test_no_check_is_left_unbroken(intake: Served) -> None:
    names = await check_names(intake.admin, "intake")
    own = {name for name in names if not any(name.startswith(table) for table in COMMON)}
    assert {constraint for _, _, constraint in (*BROKEN, *DRAFTED)} == own


async def test_rulebook_of_an_open_call_is_frozen_whoever_writes(desk: Desk) -> None:
    async with desk.served.admin.acquire() as connection, check_broken(connection, "rulebook_frozen"):
        await connection.execute("UPDATE intake.calls SET rulebook_version = 2 WHERE call_id = $1::uuid", desk.call_id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE drafts SET content = '{}'",
        "UPDATE receipts SET digest = ''",
        "UPDATE rulebooks SET version = 1",
        "UPDATE journal SET words = ''",
        "DELETE FROM applications",
        "DELETE FROM documents",
        "TRUNCATE messages",
        "SELECT 1 FROM audit.events",
    ],
)
async def test_service_cannot_rewrite_what_happened(intake: Served, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await intake.pool.execute(statement)
