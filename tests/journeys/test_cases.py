"""Faults that people met elsewhere, lived here through the real processes; each test names its case (C…)."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from uuid import uuid4

import pytest
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import documents_pb2

from kit import clock
from tests.journeys.conftest import Played
from tests.journeys.doors import readings
from tests.journeys.people import PDF, Applicant, Desk, Town, form, refusal_of, said, someone
from tests.journeys.second_call import Second
from wording.values import moment
from workflows.commands import Who


async def test_two_tabs_never_undo_each_other(town: Town, desk: Desk) -> None:
    """C4: an older tab is told that a newer version exists; nothing typed reverts, each change names its author."""
    first = desk.applicant()
    await first.save(form())
    co_editor = Applicant(town, desk.call_id, someone("CO_EDITOR"), first.application_id)
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=first.application_id,
        call_id=desk.call_id,
        person_id=co_editor.who.person,
        relation="co_editor",
    )
    await town.system(town.stub("intake", "plumbing").RelatePerson, tie)
    await co_editor.save(form(total_cost_cents=40_000_00), version=1)
    stale = first.save(form(title="Une lettre de plus"), version=1)
    await town.refuses(
        stale, "STALE_DRAFT", french="la version 2 existe. Rechargez-la", english="version 2 exists. Reload it"
    )
    assert (await first.read()).pre_application.total_cost_cents == 40_000_00
    for turn in range(2, 22):
        writer = (first, co_editor)[turn % 2]
        await writer.save(form(title=f"Titre {turn}", total_cost_cents=40_000_00), version=turn)
    kept = await first.read()
    assert (kept.pre_version, kept.pre_application.title) == (22, "Titre 21")
    authors = await town.admin.fetch(
        "SELECT saved_by::text FROM intake.drafts WHERE application_id = $1::text::uuid ORDER BY version",
        first.application_id,
    )
    alternate = [(first, co_editor)[turn % 2].who.person for turn in range(2, 22)]
    assert [row[0] for row in authors] == [first.who.person, co_editor.who.person, *alternate]


async def test_five_presses_are_one_deposit(town: Town, desk: Desk) -> None:
    """C6: five presses together, a raw replay, then another press: one number, one receipt, one message."""
    applicant = desk.applicant()
    await applicant.register()
    await applicant.save(form())
    request_id = str(uuid4())
    receipts = await asyncio.gather(*(applicant.submit(request_id=request_id) for _ in range(5)))
    assert {(receipt.number, receipt.digest) for receipt in receipts} == {(receipts[0].number, receipts[0].digest)}
    await town.settle()
    received = moment(clock.from_timestamp(receipts[0].received_at), locale="fr")
    await town.refuses(
        applicant.submit(),
        "ALREADY_SUBMITTED",
        french=f"dossier {receipts[0].number}, reçu le {received}",
        english=f"file {receipts[0].number}, received on",
    )
    assert await applicant.submit(request_id=request_id) == receipts[0]
    for table, wanted in (("receipts", 1), ("messages", 1), ("outbox", 1)):
        column = "subject_id" if table == "outbox" else "application_id"
        count = f"SELECT count(*) FROM intake.{table} WHERE {column} = $1::text::uuid"
        assert await town.admin.fetchval(count, applicant.application_id) == wanted, table


def _drafting(second: Second) -> Applicant:
    return Applicant(second.town, second.stage.call_id, second.applicant("drafts"), second.id_of("drafts"))


async def test_an_empty_file_is_no_piece(town: Town, second: Second) -> None:
    """C8: 0 byte is refused at once; a cut upload stays incomplete; the checklist lacks the piece."""
    applicant = _drafting(second)
    empty = applicant.announce("statutes", b"", file_name="statuts.pdf", digest=hashlib.sha256(b"").hexdigest())
    await town.refuses(
        empty,
        "DOCUMENT_EMPTY",
        field="size_bytes",
        french="ce fichier est vide (0 octet)",
        english="this file is empty (0 bytes)",
    )
    digest = hashlib.sha256(PDF).hexdigest()
    cut = await applicant.announce("statutes", PDF, file_name="statuts.pdf", digest=digest)
    await town.refuses(
        applicant.complete(cut), "UPLOAD_INCOMPLETE", french="n’est pas terminé : 0 ko reçus", english="not complete"
    )
    shown = [item for item in (await applicant.read()).documents if item.document_id == cut]
    assert all(item.state != documents_pb2.DOCUMENT_STATE_RECEIVED for item in shown)


async def test_a_name_has_one_spelling(second: Second) -> None:
    """C10: decomposed accents and a curly apostrophe are welcome; one spelling is kept, and given back."""
    applicant = _drafting(second)
    typed, kept = "Statuts de l’E\u0301veil.pdf", "Statuts de l’Éveil.pdf"
    assert unicodedata.normalize("NFC", typed) == kept
    document_id = await applicant.announce("statutes", PDF, file_name=typed, digest=hashlib.sha256(PDF).hexdigest())
    await applicant.send_part(document_id, PDF)
    assert (await applicant.complete(document_id)).file_name == kept
    names = {item.document_id: item.file_name for item in (await applicant.read()).documents}
    assert names[document_id] == kept
    request = documents_pb2.ReadDocumentRequest(application_id=applicant.application_id, document_id=document_id)
    read = await second.town.door.read(applicant.who, applicant.documents.ReadDocument, request)
    assert read.data == PDF


SIRETS = {
    "356 000 000 09075": True,
    "356 000 000 00048": True,
    "356 000 000 09076": False,
    "11122233344455": False,
    "06980513300076": True,
}


@pytest.mark.parametrize("siret", SIRETS)
async def test_true_numbers_pass_and_false_ones_do_not(town: Town, desk: Desk, siret: str) -> None:
    """C12: La Poste by its own rule, leading zeros, spaces; SIREN and SIRET are both checked."""
    applicant = desk.applicant()
    await applicant.register()
    await applicant.save(form(applicant__siret=siret))
    if SIRETS[siret]:
        assert (await applicant.submit()).number
        await town.settle()
        return
    await town.refuses(
        applicant.submit(),
        "SIRET_INVALID",
        field="applicant.siret",
        french="ce numéro SIRET n’existe pas",
        english="this SIRET number does not exist",
    )


async def test_a_search_does_not_mind_accents(town: Town, desk: Desk) -> None:
    """C15: five spellings find the same row."""
    name = f"Association Léa & Hélène {uuid4().hex[:6]} (fictive)"
    wanted = await desk.depositor(form(applicant__name=name))
    await town.settle()
    who = someone("INSTRUCTOR", call_id=desk.call_id)
    for query in ("lea", "Léa", "LÉA", "helene", unicodedata.normalize("NFD", "hélène")):
        request = intake.ListApplicationsRequest(call_id=desk.call_id, query=query, page_size=100)
        page = await town.door.read(who, town.stub("intake", "applications").ListApplications, request)
        assert [row.application_id for row in page.rows] == [wanted.application_id], query


async def test_what_is_not_yours_does_not_exist(town: Town, second: Second, played: Played) -> None:
    """C26: a jury member of another call, a stranger, another applicant: the same words as for nothing at all; so for
    an expert or a member of this call whom nothing ties to the file."""
    strangers = (
        Who(str(played.edition.jury[1].person_id), frozenset({"JURY_MEMBER"}), str(played.edition.call_id)),
        someone("INSTRUCTOR", call_id=str(uuid4())),
        someone("EXPERT", call_id=second.stage.call_id),
        someone("JURY_MEMBER", call_id=second.stage.call_id),
        second.applicant("sealed"),
    )
    here, nowhere = readings(second, second.id_of("aside")), readings(second, str(uuid4()))
    for who in strangers:
        for which, (rpc, request) in here.items():
            refusal = await refusal_of(town.door.read(who, rpc, request))
            assert refusal.reason == "NOT_FOUND", which
            nothing = await refusal_of(town.door.read(who, *nowhere[which]))
            assert (nothing.reason, said(nothing, "fr")) == (refusal.reason, said(refusal, "fr")), which


async def test_each_line_of_history_has_an_author(town: Town, second: Second) -> None:
    """C68: people, the worker, rows of a bulk act, the accountant: each line says who, in which role, by which door."""
    for schema in ("intake", "review", "payments"):
        blank = f"SELECT count(*) FROM {schema}.journal WHERE actor = '' OR role = '' OR issuer = ''"
        assert await town.admin.fetchval(blank) == 0
        pairs = await town.admin.fetch(
            f"SELECT DISTINCT role, issuer FROM {schema}.journal WHERE actor = 'SYSTEM' OR role = 'SYSTEM'"
        )
        assert {tuple(pair) for pair in pairs} <= {("SYSTEM", "worker")}
    leaves = await town.admin.fetchval(
        "SELECT count(*) FROM audit.events WHERE coalesce(convert_from(body, 'UTF8')::jsonb->>'actor', '') = ''"
    )
    assert leaves == 0
