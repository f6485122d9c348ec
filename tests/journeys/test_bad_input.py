"""Bad input, through the real processes: refused for a stated reason, in French and in English, and nothing changes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import calls_pb2
from jalon.intake.v1 import documents_pb2 as documents

from kit import clock
from tests.journeys.people import (
    NOBODY,
    PDF,
    Applicant,
    Desk,
    Town,
    form,
    later,
    open_desk,
    rulebook,
    someone,
    told,
)
from tests.journeys.second_call import Second
from wording.values import day
from workflows.contract.application import DecideAdmissibility
from workflows.contract.call import OpenCall

MB = 1_048_576
EXE = b"MZ" + b"\0" * 62 + b"This program cannot be run in DOS mode." + b"\0" * 64


# What people type


WRONG: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    "false SIRET": (
        {"applicant__siret": "356 000 000 09076"},
        "applicant.siret",
        "SIRET_INVALID",
        "ce numéro SIRET n’existe pas",
        "this SIRET number does not exist",
    ),
    "SIRET of a false SIREN": (
        {"applicant__siret": "11122233344455"},
        "applicant.siret",
        "SIRET_INVALID",
        "ce numéro SIRET n’existe pas",
        "this SIRET number does not exist",
    ),
    "above the ceiling": (
        {"requested_cents": 15_000_01},
        "requested_cents",
        "AMOUNT_ABOVE_CEILING",
        "montant supérieur au plafond du volet (15 000,00 €)",
        "above the ceiling of the track (€15,000.00)",
    ),
    "above the rate": (
        {"total_cost_cents": 14_000_00},
        "requested_cents",
        "RATE_EXCEEDED",
        "taux d’aide de 70 % : 9 800,00 € au plus",
        "above the aid rate of 70 %: €9,800.00 at most",
    ),
    "outside the département": (
        {"communes": ["94028", "75056"]},
        "communes[1]",
        "COMMUNE_OUT_OF_TERRITORY",
        "cette commune (75056) n’est pas dans le territoire",
        "this commune (75056) is not in the territory",
    ),
    "company without ESUS": (
        {"applicant__legal_family": "commercial_esus"},
        "applicant.esus_until",
        "ESUS_MISSING",
        "n’est admise qu’avec l’agrément ESUS",
        "accepted only with the ESUS approval",
    ),
    "company with an expired ESUS": (
        {"applicant__legal_family": "commercial_esus", "applicant__esus_until": "2020-12-31"},
        "applicant.esus_until",
        "ESUS_EXPIRED",
        "l’agrément ESUS a pris fin le 31 décembre 2020",
        "the ESUS approval ended on 31 December 2020",
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_first_form_is_not_received(town: Town, desk: Desk, case: str) -> None:
    changes, field, reason, french, english = WRONG[case]
    applicant = desk.applicant()
    saved = await applicant.save(form(**changes))
    await town.refuses(applicant.submit(saved.version), reason, field=field, french=french, english=english)
    found = await applicant.read()
    assert (found.state, found.number) == (intake.APPLICATION_STATE_DRAFT, "")
    assert found.pre_version == saved.version


async def test_the_hour_of_closing(town: Town, second: Second) -> None:
    """C1: held whole two seconds before 17:00, accepted, although it is written after 17:00; at 17:00, refused."""
    now = await town.door.now()
    closes = (now.astimezone(clock.PARIS) + timedelta(days=2)).replace(hour=17, minute=0, second=0, microsecond=0)
    desk = await open_desk(town, rulebook(opens=later(now, -1), closes=closes))
    punctual, late = desk.applicant(), desk.applicant()
    for applicant in (punctual, late):
        await applicant.register()
        await applicant.save(form())
    await second.move_clock(closes - timedelta(minutes=1))
    receipt = await _submit_at_the_last_moment(town, punctual, closes)
    received_at = clock.from_timestamp(receipt.received_at)
    assert closes - timedelta(seconds=2) <= received_at < closes <= await town.door.now()
    await town.quiet()
    assert (await punctual.read()).state == intake.APPLICATION_STATE_SUBMITTED

    refusal = await town.refuses(
        late.submit(),
        "WINDOW_CLOSED",
        french=f"clos depuis le {day(closes.date(), locale='fr')}, 17:00 (heure de Paris)",
        english=f"closed since {day(closes.date(), locale='en')}, 17:00 (Paris time)",
    )
    assert clock.parse(refusal.values["received_at"]) >= clock.parse(refusal.values["closes_at"]) == closes
    assert (await late.read()).state == intake.APPLICATION_STATE_DRAFT


async def _submit_at_the_last_moment(town: Town, applicant: Applicant, closes: datetime) -> intake.Receipt:
    """The service holds the whole deposit before the hour; a lock on the file lets it write only after."""
    admin = await asyncpg.connect(town.installation.admin_url)
    try:
        transaction = admin.transaction()
        await transaction.start()
        lock = "SELECT 1 FROM intake.applications WHERE application_id = $1::text::uuid FOR UPDATE"
        await admin.execute(lock, applicant.application_id)
        await town.jump(closes - timedelta(seconds=2))
        held = asyncio.create_task(applicant.submit())
        await asyncio.sleep(2.2)
        await transaction.rollback()
        return await held
    finally:
        await admin.close()


async def test_one_request_is_one_content(town: Town, desk: Desk) -> None:
    """The same request id gives the same answer; with another body it is refused."""
    applicant = desk.applicant()
    await applicant.register()
    request_id = str(uuid4())
    first = await applicant.save(form(), request_id=request_id)
    async with town.unchanged():
        assert await applicant.save(form(), request_id=request_id) == first
    await town.refuses(
        applicant.save(form(title="Un autre projet"), request_id=request_id),
        "REQUEST_REUSED",
        french="déjà été traitée avec un autre contenu",
        english="already carried out with another content",
    )
    receipt = await applicant.submit(request_id=(deposit := str(uuid4())))
    await town.quiet()
    async with town.unchanged():
        assert await applicant.submit(request_id=deposit) == receipt
    await town.refuses(
        applicant.submit(2, request_id=deposit),
        "REQUEST_REUSED",
        french="déjà été traitée avec un autre contenu",
        english="already carried out with another content",
    )


async def test_one_act_is_one_content(town: Town, second: Second) -> None:
    """The same through the engine."""
    instructor, application_id, request_id = second.role("INSTRUCTOR", "first"), second.id_of("twice"), str(uuid4())

    async def decide(*, admissible: bool) -> Any:
        reasons = [] if admissible else ["out_of_scope"]
        return await town.door.act_as(
            instructor, DecideAdmissibility, request_id, application_id, admissible=admissible, reasons=reasons
        )

    first = await decide(admissible=True)
    await town.settle()
    async with town.unchanged():
        again = await decide(admissible=True)
    assert (again.finished, again.version) == (True, first.version)
    await town.refuses(
        decide(admissible=False),
        "REQUEST_REUSED",
        french="déjà été traitée avec un autre contenu",
        english="already carried out with another content",
    )


# What people send


def _uploader(second: Second) -> Applicant:
    return Applicant(second.town, second.stage.call_id, second.applicant("uploads"), second.id_of("uploads"))


async def _announced(applicant: Applicant, data: bytes, file_name: str) -> str:
    return await applicant.announce("statutes", data, file_name=file_name, digest=hashlib.sha256(data).hexdigest())


async def test_fifty_megabytes_are_refused_before_they_travel(town: Town, second: Second) -> None:
    announced = _uploader(second).announce("statutes", b"", file_name="statuts.pdf", digest="ab" * 32, size=50 * MB)
    await town.refuses(
        announced,
        "DOCUMENT_TOO_LARGE",
        field="size_bytes",
        french="trop lourd (50 Mo) : 20 Mo au plus",
        english="too large (50 MB): 20 MB at most",
    )


async def test_a_part_is_never_larger_than_announced(town: Town, second: Second) -> None:
    applicant, data = _uploader(second), PDF.ljust(2 * MB, b"\n")
    document_id = await _announced(applicant, data, "budget.pdf")
    await town.refuses(
        applicant.send_part(document_id, data[: MB + 1]),
        "PART_TOO_LARGE",
        field="data",
        french="trop grande : 1 Mo au plus",
        english="too large: 1 MB at most",
    )
    await town.refuses(
        applicant.send_part(document_id, data[:MB], offset=MB + 1),
        "PART_OUT_OF_RANGE",
        field="offset",
        french="taille annoncée du fichier (2 Mo)",
        english="size announced for the file (2 MB)",
    )


async def test_a_program_is_not_a_pdf(town: Town, second: Second) -> None:
    """Its bytes say what it is: refused for good, whatever is tried again; the checklist still lacks the piece."""
    applicant = _uploader(second)
    document_id = await _announced(applicant, EXE, "statuts.pdf")
    await applicant.send_part(document_id, EXE)
    for _ in range(2):
        await told(
            applicant.complete(document_id),
            "DOCUMENT_TYPE_MISMATCH",
            french="n’est pas ce que son nom annonce",
            english="is not what its name says",
        )
    shown = {item.document_id: item.state for item in (await applicant.read()).documents}
    assert shown.get(document_id, documents.DOCUMENT_STATE_REFUSED) == documents.DOCUMENT_STATE_REFUSED
    await town.refuses(
        _announced(applicant, EXE, "statuts.exe"),
        "DOCUMENT_TYPE_NOT_ACCEPTED",
        field="file_name",
        french="ce type de fichier n’est pas accepté. Types acceptés : application/pdf",
        english="this type of file is not accepted. Types accepted: application/pdf",
    )


async def test_what_is_received_is_what_was_announced(town: Town, second: Second) -> None:
    """Neither a part of the file nor another file is the piece."""
    applicant = _uploader(second)
    cut = await _announced(applicant, PDF, "coupe.pdf")
    await applicant.send_part(cut, PDF[:10])
    await town.refuses(
        applicant.complete(cut), "UPLOAD_INCOMPLETE", french="L’envoi n’est pas terminé", english="is not complete"
    )
    other = await applicant.announce("statutes", PDF, file_name="autre.pdf", digest="ab" * 32)
    await applicant.send_part(other, PDF)
    await told(
        applicant.complete(other),
        "DOCUMENT_DIGEST_MISMATCH",
        french="diffère de celui qui a été annoncé",
        english="differs from the one announced",
    )


# What programs send

BYTES = {
    "intake": "/jalon.intake.v1.ApplicationsService/SubmitApplication",
    "review": "/jalon.review.v1.CasesService/DecideAdmissibility",
    "payments": "/jalon.payments.v1.PaymentRunsService/SealPaymentRun",
    "audit": "/jalon.audit.v1.ChainsService/ListEvents",
}


@pytest.mark.parametrize("service", BYTES)
@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x0a\xff\x01short", b"\x12\x02\xc3\x28"])
async def test_malformed_bytes_are_refused_cleanly(town: Town, second: Second, service: str, data: bytes) -> None:
    rpc: Any = town.door.services.channels[service].unary_unary(BYTES[service])
    await town.refuses(rpc(data, timeout=10), "MALFORMED", french="La demande est illisible", english="cannot be read")


async def test_ids_are_ids(town: Town, second: Second) -> None:
    request = intake.GetApplicationRequest(application_id="../../etc/passwd")
    rpc = town.stub("intake", "applications").GetApplication
    await town.refuses(
        town.door.read(second.role("AUDITOR"), rpc, request),
        "ID_INVALID",
        field="application_id",
        french="identifiant mal formé",
        english="malformed identifier",
    )
    listed = intake.ListApplicationsRequest(call_id=second.stage.call_id, page_token="%' OR 1=1 --")
    await town.refuses(
        town.door.read(second.role("AUDITOR"), town.stub("intake", "applications").ListApplications, listed),
        "PAGE_TOKEN_INVALID",
        french="Ce lien de page n’est plus valable",
        english="This page link is no longer valid",
    )


# Calls


async def test_a_real_call_has_no_place_in_a_demonstration(town: Town, second: Second) -> None:
    now = await town.door.now()
    request = calls_pb2.ImportCallRequest(
        call_id=str(uuid4()), rulebook_json=rulebook(opens=later(now, 1), closes=later(now, 9)), fictitious=False
    )
    admin = someone("CALL_ADMIN", call_id=request.call_id)
    await town.refuses(
        town.door.send(admin, town.stub("intake", "calls").ImportCall, request),
        "REAL_CALL_IN_DEMONSTRATION",
        french="ne peut pas être créé dans une installation de démonstration",
        english="cannot be created in a demonstration installation",
    )


async def test_a_badly_set_call_does_not_open(town: Town, second: Second) -> None:
    """A payment plan of 90 %: imported as a draft, named by the check, refused at the opening."""
    now = await town.door.now()
    content = json.loads(rulebook(opens=later(now, 1), closes=later(now, 9)))
    content["payment_plan"]["operating"][0]["basis_points"] = 6000
    call_id = str(uuid4())
    admin, calls = someone("CALL_ADMIN", call_id=call_id), town.stub("intake", "calls")
    imported = calls_pb2.ImportCallRequest(call_id=call_id, rulebook_json=json.dumps(content).encode(), fictitious=True)
    await town.door.send(admin, calls.ImportCall, imported)
    checked = await town.door.read(admin, calls.CheckRulebook, calls_pb2.CheckRulebookRequest(call_id=call_id))
    assert [finding.reason for finding in checked.findings] == ["PLAN_NOT_WHOLE"]
    await town.refuses(
        town.door.act(admin, OpenCall, call_id),
        "RULEBOOK_BLOCKED",
        french="Le règlement empêche l’ouverture : 1 point(s) à corriger",
        english="The rulebook stops the opening: 1 point(s) to correct",
    )
    question = calls_pb2.GetCallRequest(call_id=call_id)
    assert (await town.door.read(admin, calls.GetCall, question)).state == calls_pb2.CALL_STATE_DRAFT
    await town.refuses(
        town.door.read(NOBODY, calls.GetCall, question), "NOT_FOUND", french="Introuvable", english="Not found"
    )
