"""Each "must never" and each forbidden pair, by hand, through the real processes: no declaration of rights is read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.common.v1 import plumbing_pb2 as plumbing
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import calls_pb2 as calls
from jalon.review.v1 import jury_pb2 as jury_messages

from kit.errors import Refused
from rehearsal.stage import text
from tests.journeys.doors import Question, acts, audited, desks, money, readings
from tests.journeys.people import NOBODY, Town, refusal_of, said, someone
from tests.journeys.second_call import Second
from workflows.commands import Who
from workflows.contract import jury
from workflows.contract.application import (
    AssignReviewer,
    ConfirmInadmissibility,
    DecideAdmissibility,
)
from workflows.contract.call import ExtendWindow, OpenCall

OF_THE_ADMIN = {
    *("ImportCall", "OpenCall", "ExtendWindow", "CloseCall", "AskAgain", "GrantRole", "RegisterPerson"),
    *("InvitePerson", "RecordStandIn", "EndStandIn"),
    *("AssignReviewer", "DecideShortlist", "SaveText", "WriteNote", "RemoveNote", "RetryMail"),
    *("StartBulk", "StopBulk", "ResumeBulk"),
}
"""What an administrator does: the call, who acts on it, who goes on to the hearings, and the words that go with it."""


def shape(refusal: Refused) -> tuple[Any, ...]:
    """Everything a refusal says."""
    return refusal.reason, refusal.kind, refusal.values, refusal.fields, said(refusal, "fr"), said(refusal, "en")


# Applicants


async def test_an_applicant_finds_no_other_file(town: Town, second: Second) -> None:
    """Another's file reads like a file that does not exist, by every reading and every act; her list holds her own."""
    curious = second.applicant("unsigned")
    for which, (rpc, request) in readings(second, second.id_of("aside")).items():
        refusal = await refusal_of(town.door.read(curious, rpc, request))
        nowhere = type(request)()
        nowhere.CopyFrom(request)
        nowhere.application_id = str(uuid4())
        assert refusal.reason == "NOT_FOUND", which
        assert shape(refusal) == shape(await refusal_of(town.door.read(curious, rpc, nowhere))), which
    async with town.unchanged():
        for verb, rpc, request in acts(second, "aside"):
            if "application_id" not in request.DESCRIPTOR.fields_by_name or verb == "SavePreApplication":
                continue
            assert (await refusal_of(town.door.send(curious, rpc, request))).reason == "NOT_FOUND", verb
    draft = intake.SavePreApplicationRequest(application_id=second.id_of("aside"), call_id=second.stage.call_id)
    rpc = town.stub("intake", "applications").SavePreApplication
    await town.refuses(town.door.send(curious, rpc, draft), "NOT_FOUND", french="Introuvable", english="Not found")
    mine = await town.door.read(
        curious, town.stub("intake", "applications").ListMyApplications, intake.ListMyApplicationsRequest()
    )
    assert second.id_of("unsigned") in {row.application_id for row in mine.rows}
    assert second.id_of("aside") not in {row.application_id for row in mine.rows}


async def test_an_applicant_reads_no_desk(town: Town, second: Second) -> None:
    """Neither the lists of the département, nor its cases, sessions, runs, envelopes or chains."""
    for which, (rpc, request) in desks(second).items():
        refusal = await refusal_of(town.door.read(second.applicant("aside"), rpc, request))
        assert refusal.reason in {"NOT_ALLOWED", "NOT_FOUND"}, which
    case = readings(second, second.id_of("aside"))["GetCase"]
    assert (await refusal_of(town.door.read(second.applicant("aside"), *case))).reason == "NOT_ALLOWED"


# Jury members and experts


async def test_a_recused_member_reaches_the_file_by_no_door(town: Town, second: Second) -> None:
    """Not by its id, its number, a list, a search, a document, a session, a ranking, its history or its money."""
    member, hidden, seen = second.aside, second.id_of("aside"), second.id_of("sealed")
    for which, (rpc, request) in readings(second, hidden).items():
        assert (await refusal_of(town.door.read(member, rpc, request))).reason == "NOT_FOUND", which
    number = (await town.door.read(second.role("AUDITOR"), *_application(second, hidden))).number
    by_number = intake.GetApplicationRequest(number=number, call_id=second.stage.call_id)
    rpc, _ = _application(second, hidden)
    assert (await refusal_of(town.door.read(member, rpc, by_number))).reason in {"NOT_FOUND", "NOT_ALLOWED"}
    for which in ("GetSession", "GetRanking"):
        rpc, request = desks(second)[which]
        answer = await town.door.read(member, rpc, request)
        shown = {file.application_id: file for file in answer.files}
        assert seen in shown
        assert hidden not in shown or (which == "GetSession" and shown[hidden].recused), which
        if hidden in shown:
            assert (shown[hidden].sheets_expected, shown[hidden].sheets_complete) == (0, 0)
    for which, (rpc, request) in desks(second).items():
        if which not in ("GetSession", "GetRanking"):
            refusal = await refusal_of(town.door.read(member, rpc, request))
            assert refusal.reason in {"NOT_FOUND", "NOT_ALLOWED"}, which


@pytest.mark.parametrize("role", ["JURY_MEMBER", "JURY_CHAIR", "EXPERT", "CO_EDITOR", "APPLICANT"])
async def test_being_of_the_call_tells_nothing_of_its_other_files(town: Town, second: Second, role: str) -> None:
    """A member of the jury or an expert who is tied to no file: each reads like a file that does not exist."""
    stranger = someone(role, call_id=second.stage.call_id)
    for which, (rpc, request) in readings(second, second.id_of("received")).items():
        refusal = await refusal_of(town.door.read(stranger, rpc, request))
        nowhere = type(request)()
        nowhere.CopyFrom(request)
        nowhere.application_id = str(uuid4())
        assert refusal.reason == "NOT_FOUND", which
        assert shape(refusal) == shape(await refusal_of(town.door.read(stranger, rpc, nowhere))), which
    decided = town.door.act(stranger, DecideAdmissibility, second.id_of("concluded"), admissible=True)
    nowhere = town.door.act(stranger, DecideAdmissibility, str(uuid4()), admissible=True)
    assert shape(await refusal_of(decided)) == shape(await refusal_of(nowhere))


@pytest.mark.parametrize("role", ["INSTRUCTOR", "FINANCE", "AUTHORISING_OFFICER", "CALL_ADMIN", "JURY_SECRETARY"])
async def test_a_file_of_another_call_reads_like_none(town: Town, second: Second, role: str) -> None:
    """By every reading, histories and chains included, and by the door of the engine."""
    stranger = someone(role, call_id=str(uuid4()))
    application_id = second.id_of("sealed")
    asked = readings(second, application_id) | audited(second, application_id)
    for which, (rpc, request) in asked.items():
        name = "application_id" if "application_id" in request.DESCRIPTOR.fields_by_name else "subject_id"
        if name not in request.DESCRIPTOR.fields_by_name:
            continue
        refusal = await refusal_of(town.door.read(stranger, rpc, request))
        nowhere = type(request)()
        nowhere.CopyFrom(request)
        setattr(nowhere, name, str(uuid4()))
        assert refusal.reason in {"NOT_FOUND", "NOT_ALLOWED"}, which
        assert shape(refusal) == shape(await refusal_of(town.door.read(stranger, rpc, nowhere))), which


def _application(second: Second, application_id: str) -> Question:
    return readings(second, application_id)["GetApplication"]


async def test_somebody_recused_in_another_role_finds_nothing_in_lists(town: Town, second: Second) -> None:
    """The same person as a secretary or an instructor: the lists, the search, the cases and the act leave it out."""
    hidden, seen = second.id_of("aside"), second.id_of("sealed")
    name = second.files["aside"].organization.name
    for role in ("INSTRUCTOR", "JURY_SECRETARY", "ASSEMBLY_OFFICE", "CALL_ADMIN"):
        who = Who(second.aside.person, frozenset({role}), second.stage.call_id)
        listed = await _listed(town, second, who)
        assert seen in listed, role
        assert hidden not in listed, role
        assert await _listed(town, second, who, query=name) == set(), role
        assert (await refusal_of(town.door.read(who, *_application(second, hidden)))).reason == "NOT_FOUND", role
        rpc, request = desks(second)["ListCases"]
        if role != "JURY_SECRETARY":
            rpc, request = desks(second)["GetAct"]
            rows = {row.application_id for row in (await town.door.read(who, rpc, request)).rows}
            assert (seen in rows, hidden in rows) == (True, False), role
    assert hidden in await _listed(town, second, second.role("INSTRUCTOR", "first"), query=name)


async def _listed(town: Town, second: Second, who: Who, query: str = "") -> set[str]:
    request = intake.ListApplicationsRequest(call_id=second.stage.call_id, query=query, page_size=100)
    answer = await town.door.read(who, town.stub("intake", "applications").ListApplications, request)
    return {row.application_id for row in answer.rows}


@pytest.mark.parametrize("role", ["JURY_MEMBER", "JURY_CHAIR", "EXPERT", "APPLICANT", "CO_EDITOR"])
async def test_outsiders_have_no_right_on_chains_and_money(town: Town, second: Second, role: str) -> None:
    """Jury members, experts and applicants read neither the audit nor the money of others."""
    who = someone(role, call_id=second.stage.call_id)
    if role.startswith("JURY"):
        who = second.role(role)
    questions = audited(second) | money(second)
    if role == "JURY_CHAIR":
        del questions["ListEnvelopes"]  # the live envelope of her session
    questions |= {key: readings(second, second.id_of("sealed"))[key] for key in ("GetAward", "ReadAgreement")}
    for which, (rpc, request) in questions.items():
        assert (await refusal_of(town.door.read(who, rpc, request))).reason in {"NOT_ALLOWED", "NOT_FOUND"}, which


async def test_no_score_after_the_closing(town: Town, second: Second) -> None:
    """Through the engine the session is over; the service itself says so."""
    member = second.role("JURY_MEMBER", "first")
    session = (second.stage.call_id, second.sessions["main"], second.id_of("sealed"))
    late = town.door.act(member, jury.SubmitScore, *session, marks=[jury.Mark("innovation", 5)])
    await town.refuses(late, "NOT_AT_THIS_STAGE", french="", english="")
    unknown = town.door.act(member, jury.SubmitScore, session[0], str(uuid4()), session[2], marks=[])
    await town.refuses(unknown, "NOT_FOUND", french="Introuvable", english="Not found")
    request = jury_messages.SubmitScoreRequest(call_id=session[0], session_id=session[1], application_id=session[2])
    await town.refuses(
        town.door.send(member, town.stub("review", "jury").SubmitScore, request),
        "NOT_IN_THIS_STATE",
        french="Cette action n’est pas possible",
        english="This cannot be done",
    )


# Instructors


async def test_nobody_declares_inadmissible_alone(town: Town, second: Second) -> None:
    proposer, application_id = second.role("INSTRUCTOR", "first"), second.id_of("doubtful")
    await town.act(proposer, DecideAdmissibility, application_id, admissible=False, reasons=["NO_IDENTIFIED_HOLDER"])
    await town.refuses(
        town.door.act(proposer, ConfirmInadmissibility, application_id, confirmed=True),
        "SECOND_PERSON_REQUIRED",
        french="Une autre personne que celle qui a proposé",
        english="Somebody other than the person who proposed",
    )


async def test_nobody_instructs_a_file_with_a_conflict(town: Town, second: Second) -> None:
    """An instructor tied to a file neither finds it, nor acts on it, nor can be named its reviewer."""
    application_id, instructor = second.id_of("received"), second.role("INSTRUCTOR", "third")
    for service in ("intake", "review"):
        tie = plumbing.RelatePersonRequest(
            application_id=application_id,
            call_id=second.stage.call_id,
            person_id=instructor.person,
            relation="instructor",
            recused=True,
        )
        await town.system(town.stub(service, "plumbing").RelatePerson, tie)
    decided = town.door.act(instructor, DecideAdmissibility, application_id, admissible=True)
    await town.refuses(decided, "NOT_FOUND", french="Introuvable", english="Not found")
    for which in ("GetApplication", "GetCase", "ListMessages"):
        rpc, request = readings(second, application_id)[which]
        assert (await refusal_of(town.door.read(instructor, rpc, request))).reason == "NOT_FOUND", which
    await town.refuses(
        town.door.act(second.role("CALL_ADMIN"), AssignReviewer, application_id, instructor.person),
        "REVIEWER_RECUSED",
        french="Cette personne s’est déportée de ce dossier",
        english="This person is recused from this file",
    )


# Auditor, administrator, public


async def test_an_auditor_changes_nothing(town: Town, second: Second) -> None:
    """Every act of every service is refused to her."""
    async with town.unchanged():
        for verb, rpc, request in acts(second, "sealed"):
            refusal = await refusal_of(town.door.send(second.role("AUDITOR"), rpc, request))
            assert refusal.reason in {"NOT_ALLOWED", "NOT_FOUND"}, verb


async def test_an_administrator_does_no_act_on_a_file(town: Town, second: Second) -> None:
    """She sets the call and names people: no admissibility, no review, no score, no vote, no payment."""
    async with town.unchanged():
        for verb, rpc, request in acts(second, "sealed"):
            if verb not in OF_THE_ADMIN:
                refusal = await refusal_of(town.door.send(second.role("CALL_ADMIN"), rpc, request))
                assert refusal.reason in {"NOT_ALLOWED", "NOT_FOUND"}, verb


async def test_the_rules_of_an_open_call_are_frozen(town: Town, second: Second) -> None:
    """No other rulebook, no second opening, no window made shorter."""
    admin, call_id, service = second.role("CALL_ADMIN"), second.stage.call_id, town.stub("intake", "calls")
    content = json.loads(second.stage.edition.rulebook)
    content["grid"][0]["weight"] += 5
    imported = calls.ImportCallRequest(call_id=call_id, rulebook_json=json.dumps(content).encode(), fictitious=True)
    frozen = await town.door.read(NOBODY, service.GetRulebook, calls.GetRulebookRequest(call_id=call_id))
    no_longer = {"french": "Cette action n’est pas possible", "english": "This cannot be done"}
    await town.refuses(town.door.send(admin, service.ImportCall, imported), "NOT_IN_THIS_STATE", **no_longer)
    opened = await refusal_of(town.door.act(admin, OpenCall, call_id))
    assert opened.reason in {"NOT_IN_THIS_STATE", "NOT_AT_THIS_STAGE"}
    sooner = text(await town.door.now() + timedelta(minutes=1))
    shortened = town.door.act(admin, ExtendWindow, call_id, "FULL_APPLICATION", sooner, "Plus tôt")
    await town.refuses(shortened, "EXTENSION_NOT_LATER", french="", english="")
    after = await town.door.read(NOBODY, service.GetRulebook, calls.GetRulebookRequest(call_id=call_id))
    assert after == frozen
    assert frozen.frozen


async def test_the_public_reads_no_person(town: Town, second: Second) -> None:
    """Without an assertion: calls, rulebooks, a receipt's proof. Nothing names anybody; the rest is refused."""
    service, call_id = town.stub("intake", "calls"), second.stage.call_id
    answers = [
        await town.door.read(NOBODY, service.GetCall, calls.GetCallRequest(call_id=call_id)),
        await town.door.read(NOBODY, service.ListCalls, calls.ListCallsRequest(page_size=100)),
        await town.door.read(NOBODY, service.GetRulebook, calls.GetRulebookRequest(call_id=call_id)),
    ]
    public = "".join(str(answer) for answer in answers)
    people = [file.applicant for file in second.files.values()] + list(second.stage.edition.staff)
    for person in people:
        assert person.display_name.removesuffix(" (personne fictive)") not in public
        assert person.email not in public
    for which, (rpc, request) in (readings(second, second.id_of("aside")) | desks(second)).items():
        assert (await refusal_of(rpc(request, timeout=10))).reason == "ASSERTION_INVALID", which
