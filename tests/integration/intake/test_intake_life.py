"""The life of one application through intake's RPCs, from an imported call to its end."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

from jalon.common.v1 import plumbing_pb2, rights_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import documents_pb2 as docs

from kit.clock import from_timestamp
from kit.errors import Kind
from services.intake.domain.deadlines import add_months, paris_day
from tests.integration.harness import Served, refused
from tests.integration.intake.conftest import AtClock
from tests.integration.intake.intake_people import (
    PDF,
    Desk,
    Porter,
    full_application,
    natural_person,
    pre_application,
    rulebook,
)


async def test_call_is_drafted_checked_opened_and_frozen(intake: Served) -> None:
    desk = Desk(intake)
    now = await intake.caller.now()
    first = await desk.import_call(body=rulebook(now))
    again = await desk.import_call(body=rulebook(now, change=lambda value: value.update(reference=first.reference)))
    assert (first.rulebook_version, again.rulebook_version) == (1, 1), "the same content is no new version"
    changed = rulebook(now, change=lambda value: value.update(reference=first.reference, edition=13))
    second = await desk.import_call(body=changed)
    assert (second.rulebook_version, second.state) == (2, calls.CALL_STATE_DRAFT)
    with refused("NOT_FOUND"):
        await desk.read(desk.calls.GetRulebook, calls.GetRulebookRequest(call_id=desk.call_id), "INSTRUCTOR")
    opened = await desk.act(desk.calls.OpenCall, calls.OpenCallRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert opened.state == calls.CALL_STATE_OPEN
    frozen = await desk.calls.GetRulebook(calls.GetRulebookRequest(call_id=desk.call_id))
    assert frozen.frozen
    assert frozen.digest == hashlib.sha256(frozen.rulebook_json).hexdigest()
    with refused("NOT_IN_THIS_STATE"):
        await desk.import_call(body=rulebook(now))
    by_reference = await desk.calls.GetCall(calls.GetCallRequest(reference=first.reference))
    assert by_reference.call_id == desk.call_id
    facts = await intake.pool.fetchval(
        "SELECT facts ->> 'digest' FROM outbox WHERE subject_id = $1::uuid", desk.call_id
    )
    assert facts == frozen.digest


async def test_first_deposit_gives_number_receipt_progress_leaf_and_fact(desk: Desk) -> None:
    porter, other = desk.porter(), desk.porter()
    receipt = await porter.deposit()
    second = await other.deposit()
    year = paris_day(from_timestamp(receipt.received_at)).year
    assert (receipt.number, second.number) == (f"{year}-001", f"{year}-002")
    day = add_months(paris_day(from_timestamp(receipt.received_at)), 2)
    assert receipt.tacit_refusal_on == day.isoformat()
    assert receipt.remedies == ["gracious_appeal", "administrative_court"]
    assert "Créteil" in receipt.service_in_charge
    mine = await porter.mine()
    assert mine.state == apps.APPLICATION_STATE_SUBMITTED
    assert (mine.progress.version, mine.progress.stage) == (0, apps.STAGE_PRE_APPLICATION)
    assert mine.progress.next_event == apps.NEXT_EVENT_RELAY
    assert mine.progress.blocking_role == rights_pb2.ROLE_SYSTEM
    assert await porter.events() == ["application_submitted"]
    [(fact, facts)] = await porter.facts()
    assert fact == "application_submitted"
    assert facts["applicant_id"] == porter.person
    assert facts["number"] == receipt.number
    assert set(facts) >= {"call_id", "track", "requested_cents", "total_cost_cents", "received_at", "digest"}
    leaves = await desk.served.admin.fetchval(
        "SELECT count(*) FROM audit.events WHERE subject_id = $1::uuid", porter.application_id
    )
    assert leaves == 1
    public = await desk.apps.VerifyReceipt(apps.VerifyReceiptRequest(number=receipt.number, digest=receipt.digest))
    assert (public.genuine, public.kind) == (True, "application_submitted")
    false = await desk.apps.VerifyReceipt(apps.VerifyReceiptRequest(number=receipt.number, digest="0" * 64))
    assert false == apps.VerifyReceiptResponse()


async def test_anybody_asks_whether_a_project_could_be_deposited(desk: Desk) -> None:
    asked = calls.CheckEligibilityRequest(
        call_id=desk.call_id,
        track="start_up",
        communes=["94028"],
        legal_family="association",
        requested_cents=10_000_00,
        total_cost_cents=30_000_00,
    )
    answer = await desk.calls.CheckEligibility(asked)
    assert answer.eligible
    asked.MergeFrom(calls.CheckEligibilityRequest(legal_family="commercial_esus", requested_cents=-(2**63)))
    refused_ = await desk.calls.CheckEligibility(asked)
    assert not refused_.eligible
    told = {point.article: [one.reason for one in point.findings] for point in refused_.points if point.findings}
    assert told == {"tracks": ["AMOUNT_BELOW_MINIMUM"], "legal_families": ["ESUS_MISSING"]}
    draft = Desk(desk.served)
    await draft.import_call()
    asked.call_id = draft.call_id
    with refused("NOT_FOUND"):
        await desk.read(desk.calls.CheckEligibility, asked, "INSTRUCTOR")


async def test_nothing_personal_leaves_intake(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    texts = await desk.served.pool.fetch(
        "SELECT facts::text AS text FROM outbox WHERE subject_id = $1::uuid"
        " UNION ALL SELECT facts::text FROM journal WHERE subject_id = $1::uuid",
        porter.application_id,
    )
    bodies = await desk.served.admin.fetch(
        "SELECT convert_from(body, 'UTF8') AS text FROM audit.events WHERE subject_id = $1::uuid", porter.application_id
    )
    for row in (*texts, *bodies):
        for word in ("Fictive", "example.org", "Hélène", "35600000009075", "Épicerie"):
            assert word not in row["text"]


async def test_whole_life_to_closed(invited: Porter) -> None:
    desk = invited.desk
    await invited.send("statutes", issued_on="2020-01-02", file_name="Statuts de l’Éveil.pdf")
    receipt = await invited.deposit_full()
    assert receipt.tacit_refusal_on == "", "silence counts from the first deposit"
    fact, facts = (await invited.facts())[-1]
    assert fact == "full_application_submitted"
    assert (facts["section"], facts["eligible_cost_cents"], facts["legal_family"]) == (
        "OPERATING",
        3_000_000,
        "association",
    )
    assert [(piece["piece"], piece["issued_on"]) for piece in facts["pieces"]] == [("statutes", "2020-01-02")]
    seen = await desk.read(
        desk.apps.GetApplication, apps.GetApplicationRequest(application_id=invited.application_id), "INSTRUCTOR"
    )
    assert seen.full_application == full_application()
    assert [document.file_name for document in seen.documents] == ["Statuts de l’Éveil.pdf"]
    read = await desk.read(
        desk.docs.ReadDocument,
        docs.ReadDocumentRequest(
            application_id=invited.application_id, document_id=seen.documents[0].document_id, offset=0
        ),
        "INSTRUCTOR",
    )
    assert read.data == PDF
    closing = apps.CloseApplicationRequest(application_id=invited.application_id, ending=apps.ENDING_PAID)
    closed = await desk.system(desk.apps.CloseApplication, closing)
    again = await desk.system(desk.apps.CloseApplication, closing)
    assert closed.state == again.state == apps.APPLICATION_STATE_CLOSED
    assert (await invited.events())[:2] == ["application_closed", "full_application_submitted"]


async def test_correction_changes_what_was_asked_and_nothing_else(invited: Porter) -> None:
    desk = invited.desk
    await invited.deposit_full()
    closes_at = await desk.served.caller.now() + timedelta(days=3)
    correction_id = await invited.open_correction(
        closes_at,
        apps.CorrectionItem(field="presentation", reason="unclear"),
        apps.CorrectionItem(piece="statutes", reason="missing"),
    )
    draft = full_application(requested_cents=900_000)
    draft.presentation = "Le projet, plus clairement."
    await invited.save_full(draft, version=1)
    with refused("DOCUMENT_NOT_EXPECTED"):
        await invited.send("officers_list")
    document = await invited.send("statutes")
    request = apps.SubmitCorrectionRequest(
        application_id=invited.application_id, correction_id=correction_id, draft_version=2
    )
    receipt = await invited.act(desk.apps.SubmitCorrection, request)
    assert receipt.kind == "correction_submitted"
    mine = await invited.mine()
    assert mine.full_application.presentation == "Le projet, plus clairement."
    assert mine.full_application.requested_cents == 1_000_000, "not asked, not changed"
    assert mine.corrections[0].state == apps.CORRECTION_STATE_SUBMITTED
    assert mine.digest == receipt.digest
    fact, facts = (await invited.facts())[-1]
    assert (fact, facts["correction_id"]) == ("correction_submitted", correction_id)
    assert [piece["digest"] for piece in facts["pieces"]] == [document.digest]
    with refused("NOT_IN_THIS_STATE"):
        await invited.act(desk.apps.SubmitCorrection, request)
    wanted = apps.ListDepositsRequest(application_id=invited.application_id)
    first, second = (await desk.read(desk.apps.ListDeposits, wanted, "INSTRUCTOR")).deposits
    assert (first.kind, second.kind) == ("full_application_submitted", "correction_submitted")
    assert (first.full_application.presentation, second.digest) != (second.full_application.presentation, first.digest)
    assert second.full_application == mine.full_application
    assert set(second.document_ids) - set(first.document_ids) == {document.document_id}
    for role, reason in (("JURY_MEMBER", "NOT_FOUND"), ("EXPERT", "NOT_FOUND"), ("FINANCE", "NOT_ALLOWED")):
        with refused(reason):
            await desk.read(desk.apps.ListDeposits, wanted, role)


async def test_natural_person_names_the_entity_created(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit(natural_person())
    request = apps.DeclareLegalEntityRequest(
        application_id=porter.application_id,
        name="Coopérative Zébulon",
        siret="35600000000048",
        legal_family="cooperative",
    )
    wrong = apps.DeclareLegalEntityRequest()
    wrong.CopyFrom(request)
    wrong.siret = "35600000009076"
    with refused("SIRET_INVALID", field="applicant.siret"):
        await porter.act(desk.apps.DeclareLegalEntity, wrong)
    receipt = await porter.act(desk.apps.DeclareLegalEntity, request)
    fact, facts = (await porter.facts())[-1]
    assert (fact, facts["legal_family"], facts["digest"]) == ("legal_entity_declared", "cooperative", receipt.digest)
    assert "35600000000048" not in str(facts)
    mine = await porter.mine()
    assert (mine.legal_entity.siret, mine.legal_entity.name) == ("35600000000048", "Coopérative Zébulon")
    with refused("ALREADY_DECLARED"):
        await porter.act(desk.apps.DeclareLegalEntity, request)
    listed = await desk.read(
        desk.apps.ListApplications,
        apps.ListApplicationsRequest(call_id=desk.call_id, query="356 000 000 00048"),
        "FINANCE",
    )
    assert [row.organization for row in listed.rows] == ["Coopérative Zébulon"]


async def test_withdrawal_cancels_what_was_asked_and_keeps_words_in_the_journal(invited: Porter) -> None:
    desk = invited.desk
    await invited.deposit_full()
    await invited.open_correction(
        await desk.served.caller.now() + timedelta(days=3), apps.CorrectionItem(piece="statutes", reason="missing")
    )
    request = apps.WithdrawApplicationRequest(application_id=invited.application_id, reason="Projet abandonné.")
    await invited.act(desk.apps.WithdrawApplication, request)
    mine = await invited.mine()
    assert mine.state == apps.APPLICATION_STATE_WITHDRAWN
    assert mine.corrections[0].state == apps.CORRECTION_STATE_CANCELLED
    assert "abandonné" not in str(await invited.facts())
    journal = await invited.read(
        desk.plumbing.ListJournal, plumbing_pb2.ListJournalRequest(application_id=invited.application_id)
    )
    assert journal.events[0].words == "Projet abandonné."
    with refused("NOT_IN_THIS_STATE"):
        await invited.act(desk.apps.WithdrawApplication, request)
    closed = await desk.system(
        desk.apps.CloseApplication,
        apps.CloseApplicationRequest(application_id=invited.application_id, ending=apps.ENDING_DECLINED),
    )
    assert closed.state == apps.APPLICATION_STATE_WITHDRAWN, "an end that is there stands"


async def test_full_application_lapses_only_when_it_never_came(desk: Desk, at_clock: AtClock) -> None:
    late, prompt = desk.porter(), desk.porter()
    for porter in (late, prompt):
        await porter.deposit()
        await porter.invite()
    lapse = apps.LapseFullApplicationRequest
    start = await desk.served.caller.now()
    with refused("TOO_EARLY"):
        await desk.system(desk.apps.LapseFullApplication, lapse(application_id=late.application_id))
    await at_clock(start + timedelta(days=15))
    await prompt.deposit_full()
    await at_clock(start + timedelta(days=21))
    with refused("WINDOW_CLOSED"):
        await late.deposit_full()
    with refused("RECEIVED_IN_TIME"):
        await desk.system(desk.apps.LapseFullApplication, lapse(application_id=prompt.application_id))
    for _ in range(2):
        lapsed = await desk.system(desk.apps.LapseFullApplication, lapse(application_id=late.application_id))
        assert lapsed.state == apps.APPLICATION_STATE_LAPSED
    assert (await late.events()).count("full_application_lapsed") == 1


async def test_correction_lapses_only_when_no_answer_came(invited: Porter, at_clock: AtClock) -> None:
    desk = invited.desk
    await invited.deposit_full()
    closes_at = await desk.served.caller.now() + timedelta(days=3)
    correction_id = await invited.open_correction(closes_at, apps.CorrectionItem(field="budget", reason="unclear"))
    request = apps.LapseCorrectionRequest(application_id=invited.application_id, correction_id=correction_id)
    with refused("TOO_EARLY"):
        await desk.system(desk.apps.LapseCorrection, request)
    await at_clock(closes_at + timedelta(minutes=5))
    with refused("CORRECTION_CLOSED"):
        await invited.act(
            desk.apps.SubmitCorrection,
            apps.SubmitCorrectionRequest(
                application_id=invited.application_id, correction_id=correction_id, draft_version=1
            ),
        )
    lapsed = await desk.system(desk.apps.LapseCorrection, request)
    assert lapsed.state == apps.CORRECTION_STATE_LAPSED
    closed = await desk.system(
        desk.apps.CloseApplication,
        apps.CloseApplicationRequest(application_id=invited.application_id, ending=apps.ENDING_LAPSED),
    )
    assert closed.state == apps.APPLICATION_STATE_LAPSED


async def test_extension_is_honoured_for_all_and_never_earlier(desk: Desk, at_clock: AtClock) -> None:
    start = await desk.served.caller.now()
    porter = desk.porter()
    await porter.save(pre_application())
    await at_clock(start + timedelta(days=12))
    with refused("WINDOW_CLOSED"):
        await porter.submit()
    request = calls.ExtendWindowRequest(
        call_id=desk.call_id, window=calls.WINDOW_PRE_APPLICATION, ground="Panne du réseau."
    )
    request.closes_at.FromDatetime(start + timedelta(days=13))
    extended = await desk.act(desk.calls.ExtendWindow, request, "CALL_ADMIN")
    assert from_timestamp(extended.pre_application_closes_at) == start + timedelta(days=13)
    await porter.submit()
    request.closes_at.FromDatetime(start + timedelta(days=12, hours=23))
    with refused("EXTENSION_NOT_LATER"):
        await desk.act(desk.calls.ExtendWindow, request, "CALL_ADMIN")


async def test_call_closes_once_every_application_is_at_its_end(desk: Desk, at_clock: AtClock) -> None:
    porter = desk.porter()
    await porter.deposit()
    request = calls.CloseCallRequest(call_id=desk.call_id)
    with refused("TOO_EARLY"):
        await desk.act(desk.calls.CloseCall, request, "CALL_ADMIN")
    await at_clock(await desk.served.caller.now() + timedelta(days=30))
    with refused("APPLICATIONS_UNDER_WAY"):
        await desk.act(desk.calls.CloseCall, request, "CALL_ADMIN")
    closing = apps.CloseApplicationRequest(application_id=porter.application_id, ending=apps.ENDING_INADMISSIBLE)
    await desk.system(desk.apps.CloseApplication, closing)
    closed = await desk.act(desk.calls.CloseCall, request, "CALL_ADMIN")
    assert closed.state == calls.CALL_STATE_CLOSED
    with refused("CALL_NOT_OPEN"):
        await desk.porter().save(pre_application())


async def test_people_and_roles(intake: Served) -> None:
    desk = Desk(intake)
    person, begins = str(uuid4()), await intake.caller.now()
    register = calls.RegisterPersonRequest(person_id=person, display_name="Agnès Fictive", email="a@example.org")
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.calls.RegisterPerson, register, "APPLICANT")
    await desk.act(desk.calls.RegisterPerson, register, "APPLICANT", person=person)
    seen = await desk.read(desk.calls.GetPerson, calls.GetPersonRequest(person_id=person), "INSTRUCTOR")
    assert seen.display_name == "Agnès Fictive"
    grant = calls.GrantRoleRequest(call_id=desk.call_id, person_id=person, role=rights_pb2.ROLE_JURY_MEMBER)
    first = await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    again = await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    assert first == again, "given twice, held once"
    grant.to_at.FromDatetime(begins + timedelta(days=5))
    ended = await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    listed = await desk.read(desk.calls.ListRoles, calls.ListRolesRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert list(listed.grants) == [ended]
    grant.role = rights_pb2.ROLE_SYSTEM
    with refused("ROLE_NOT_GRANTED_HERE", field="role"):
        await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")


async def test_reminder_goes_once_to_those_who_did_not_deposit(desk: Desk) -> None:
    drafting, done = desk.porter(), desk.porter()
    await drafting.save(pre_application())
    await done.deposit()
    request = apps.RemindDraftsRequest(call_id=desk.call_id, window="PRE_APPLICATION")
    assert (await desk.system(desk.apps.RemindDrafts, request)).reminded == 1
    assert (await desk.system(desk.apps.RemindDrafts, request)).reminded == 0
    thread = await drafting.read(
        desk.apps.ListMessages, apps.ListMessagesRequest(application_id=drafting.application_id)
    )
    assert [message.template for message in thread.messages] == ["draft_reminder"]
    with refused("CHOICE_UNKNOWN", field="window"):
        await desk.system(desk.apps.RemindDrafts, apps.RemindDraftsRequest(call_id=desk.call_id, window="NOTHING"))
