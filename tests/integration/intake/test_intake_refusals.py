"""What must be refused, with its reason and its place, and that nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls

from kit.errors import Kind
from kit.files import PART_BYTES
from services.intake.handlers import applications as applications_service
from services.intake.handlers import calls as calls_service
from services.intake.handlers import documents as documents_service
from services.intake.handlers import members as people_service
from tests.integration.harness import Served, declared, refused, row_counts
from tests.integration.intake.conftest import AtClock
from tests.integration.intake.intake_people import Desk, Porter, full_application, pre_application, rulebook

TABLES = "applications drafts receipts journal outbox organizations number_counters progress requests"
PUBLIC = [
    "/jalon.intake.v1.CallsService/GetCall",
    "/jalon.intake.v1.CallsService/ListCalls",
    "/jalon.intake.v1.CallsService/GetRulebook",
    "/jalon.intake.v1.CallsService/CheckEligibility",
    "/jalon.intake.v1.CallsService/ListMyRoles",
    "/jalon.intake.v1.CallsService/ListFictitiousPeople",
    "/jalon.intake.v1.ApplicationsService/VerifyReceipt",
]
Change = Callable[[apps.PreApplication], Any]


def _company(form: apps.PreApplication) -> None:
    form.applicant.legal_family = "commercial_esus"


def _expired(form: apps.PreApplication) -> None:
    form.applicant.legal_family, form.applicant.esus_until = "commercial_esus", "2020-12-31"


WRONG: dict[str, tuple[str, str, Change]] = {
    "false SIRET": ("applicant.siret", "SIRET_INVALID", lambda f: setattr(f.applicant, "siret", "35600000009076")),
    "SIRET of a false SIREN": (
        "applicant.siret",
        "SIRET_INVALID",
        lambda f: setattr(f.applicant, "siret", "11122233344455"),
    ),
    "false RNA": ("applicant.rna", "RNA_INVALID", lambda f: setattr(f.applicant, "rna", "W94")),
    "above the ceiling": (
        "requested_cents",
        "AMOUNT_ABOVE_CEILING",
        lambda f: setattr(f, "requested_cents", 1_500_001),
    ),
    "below the minimum": ("requested_cents", "AMOUNT_BELOW_MINIMUM", lambda f: setattr(f, "requested_cents", 499_999)),
    "above the rate": ("requested_cents", "RATE_EXCEEDED", lambda f: setattr(f, "total_cost_cents", 1_400_000)),
    "negative cost": ("total_cost_cents", "NUMBER_TOO_SMALL", lambda f: setattr(f, "total_cost_cents", -1)),
    "outside the département": ("communes[1]", "COMMUNE_OUT_OF_TERRITORY", lambda f: f.communes.append("75056")),
    "no commune": ("communes", "COMMUNE_MISSING", lambda f: f.ClearField("communes")),
    "company without ESUS": ("applicant.esus_until", "ESUS_MISSING", _company),
    "company with an expired ESUS": ("applicant.esus_until", "ESUS_EXPIRED", _expired),
    "unclear date": ("applicant.esus_until", "DATE_UNCLEAR", lambda f: setattr(f.applicant, "esus_until", "hier")),
    "unknown track": ("track", "TRACK_UNKNOWN", lambda f: setattr(f, "track", "nothing")),
    "no title": ("title", "FIELD_MISSING", lambda f: f.ClearField("title")),
    "no applicant": ("applicant", "FIELD_MISSING", lambda f: f.ClearField("applicant")),
}


@pytest.mark.parametrize("case", WRONG)
async def test_wrong_field_is_told_with_its_place_and_nothing_is_received(desk: Desk, case: str) -> None:
    path, reason, change = WRONG[case]
    form = pre_application()
    change(form)
    porter = desk.porter()
    await porter.save(form)
    before = await row_counts(desk.served.pool, TABLES)
    with refused(reason, Kind.INVALID, field=path):
        await porter.submit()
    assert await row_counts(desk.served.pool, TABLES) == before


async def test_every_wrong_field_is_told_at_once(desk: Desk) -> None:
    form = pre_application(track="nothing", requested_cents=2_000_000)
    form.ClearField("title")
    form.applicant.siret = "1"
    porter = desk.porter()
    await porter.save(form)
    with refused("FIELDS_INVALID") as caught:
        await porter.submit()
    assert {fault.path for fault in caught.value.fields} >= {"title", "track", "applicant.siret"}


FULL: dict[str, tuple[str, str, Callable[[apps.FullApplication], Any]]] = {
    "unbalanced": ("budget", "BUDGET_UNBALANCED", lambda f: setattr(f.budget[0], "amount_cents", 2_999_999)),
    "empty": ("budget", "BUDGET_EMPTY", lambda f: f.ClearField("budget")),
    "rate on the eligible base": (
        "requested_cents",
        "RATE_EXCEEDED",
        lambda f: setattr(f.budget[0], "eligible", False),
    ),
    "no section": ("section", "FIELD_MISSING", lambda f: f.ClearField("section")),
    "dates reversed": ("ends_on", "PROJECT_DATES_REVERSED", lambda f: setattr(f, "ends_on", "2026-01-01")),
    "unclear date": ("starts_on", "DATE_UNCLEAR", lambda f: setattr(f, "starts_on", "2026-02-30")),
    "unknown account": ("budget[0].code", "CHOICE_UNKNOWN", lambda f: setattr(f.budget[0], "code", "gifts")),
    "funders above the budget": (
        "funding",
        "FUNDING_ABOVE_BUDGET",
        lambda f: setattr(f.funding[0], "amount_cents", 9**9),
    ),
}


@pytest.mark.parametrize("case", FULL)
async def test_wrong_full_application_is_told_and_not_received(invited: Porter, case: str) -> None:
    path, reason, change = FULL[case]
    form = full_application()
    change(form)
    await invited.save_full(form)
    before = await row_counts(invited.desk.served.pool, TABLES)
    with refused(reason, Kind.INVALID, field=path):
        await invited.submit_full()
    assert await row_counts(invited.desk.served.pool, TABLES) == before


async def test_windows_open_and_close_to_the_instant(intake: Served, at_clock: AtClock) -> None:
    desk, start = Desk(intake), await intake.caller.now()
    call = await desk.open_call()
    opens, closes = call.pre_application_opens_at.ToDatetime, call.pre_application_closes_at.ToDatetime
    zone = start.tzinfo
    porter = desk.porter()
    await at_clock(opens(tzinfo=zone) - timedelta(seconds=5))
    await porter.save(pre_application())
    with refused("WINDOW_NOT_OPEN") as early:
        await porter.submit()
    assert set(early.value.values) == {"received_at", "opens_at"}
    await at_clock(closes(tzinfo=zone))
    with refused("WINDOW_CLOSED", Kind.PRECONDITION) as late:
        await porter.submit()
    assert late.value.values["closes_at"] == closes(tzinfo=zone).strftime("%Y-%m-%dT%H:%M:%SZ")
    await at_clock(closes(tzinfo=zone) - timedelta(seconds=10))
    await porter.submit()


async def test_second_press_is_told_number_and_instant(desk: Desk) -> None:
    porter = desk.porter()
    receipt = await porter.deposit()
    with refused("ALREADY_SUBMITTED") as caught:
        await porter.submit()
    assert caught.value.values["number"] == receipt.number
    assert caught.value.values["digest"] == receipt.digest


async def test_same_request_gives_the_same_receipt_and_another_body_is_refused(desk: Desk) -> None:
    porter, request_id = desk.porter(), str(uuid4())
    await porter.save(pre_application())
    at: datetime = await desk.served.caller.now()
    first = await porter.submit(request_id=request_id, occurred_at=at)
    again = await porter.submit(request_id=request_id, occurred_at=at)
    assert first == again
    assert len(await porter.facts()) == 1
    with refused("REQUEST_REUSED", Kind.REUSED):
        await porter.submit(version=2, request_id=request_id, occurred_at=at)


async def test_wrong_role_is_denied_and_a_stranger_finds_nothing(desk: Desk) -> None:
    porter, stranger = desk.porter(), desk.porter()
    await porter.save(pre_application())
    request = apps.SubmitApplicationRequest(application_id=porter.application_id, draft_version=1)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.apps.SubmitApplication, request, "INSTRUCTOR")
    for application_id in (porter.application_id, str(uuid4())):
        request = apps.SubmitApplicationRequest(application_id=application_id, draft_version=1)
        with refused("NOT_FOUND", Kind.NOT_FOUND):
            await stranger.act(desk.apps.SubmitApplication, request)
        asked = apps.GetApplicationRequest(application_id=application_id)
        with refused("NOT_FOUND", Kind.NOT_FOUND):
            await stranger.read(desk.apps.GetApplication, asked)
    stranger.application_id = porter.application_id
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await stranger.save(pre_application(), 1)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await porter.act(desk.apps.CloseApplication, apps.CloseApplicationRequest(application_id=porter.application_id))
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.read(
            desk.apps.GetApplication,
            apps.GetApplicationRequest(application_id=porter.application_id),
            "INSTRUCTOR",
            call_id=str(uuid4()),
        )


async def test_malformed_bytes_and_missing_proofs_are_refused_cleanly(desk: Desk) -> None:
    channel, codes = desk.served.channel, grpc.StatusCode
    services = [calls_service.SERVICE, applications_service.SERVICE, documents_service.SERVICE, people_service.SERVICE]
    for path in declared(services):
        malformed = channel.unary_unary(path)(b"\xff\xff", timeout=5)
        assert await malformed.code() is codes.INVALID_ARGUMENT, path
        bare = await channel.unary_unary(path)(b"", timeout=5).code()
        assert bare in (codes.OK, codes.INVALID_ARGUMENT, codes.NOT_FOUND, codes.UNAUTHENTICATED), path
        assert (bare is codes.UNAUTHENTICATED) == (path not in PUBLIC) or bare is codes.INVALID_ARGUMENT, path


async def test_system_requests_without_ids_are_refused_field_by_field(desk: Desk) -> None:
    for name in (
        "InviteFullApplication",
        "OpenCorrection",
        "LapseFullApplication",
        "LapseCorrection",
        "CloseApplication",
    ):
        with refused("REQUIRED", Kind.INVALID, field="application_id"):
            await desk.system(getattr(desk.apps, name), getattr(apps, f"{name}Request")())
    with refused("FIELD_MISSING", field="progress.stage"):
        await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest())
    with refused("ID_INVALID", field="progress.application_id"):
        progress = apps.Progress(application_id="x", stage=apps.STAGE_REVIEW)
        await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))
    unknown = apps.Progress(application_id=str(uuid4()), stage=apps.STAGE_REVIEW)
    with refused("NOT_FOUND"):
        await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=unknown))


async def test_badly_set_rulebook_is_told_and_does_not_open(intake: Served) -> None:
    desk, now = Desk(intake), await intake.caller.now()

    def unbalanced(value: dict[str, Any]) -> None:
        value["jury"]["quorum"] = 0
        value["payment_plan"]["operating"][0]["basis_points"] = 6000

    await desk.import_call(change=unbalanced)
    told = await desk.read(desk.calls.CheckRulebook, calls.CheckRulebookRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert {finding.reason for finding in told.findings} == {"QUORUM_TOO_SMALL", "PLAN_NOT_WHOLE"}
    with refused("RULEBOOK_BLOCKED") as caught:
        await desk.act(desk.calls.OpenCall, calls.OpenCallRequest(call_id=desk.call_id), "CALL_ADMIN")
    assert caught.value.values == {"count": "2"}
    broken = rulebook(now, change=lambda value: value.pop("tracks"))
    with refused("FIELD_MISSING", Kind.INVALID, field="tracks"):
        await desk.import_call(body=broken)
    told = await desk.read(desk.calls.CheckRulebook, calls.CheckRulebookRequest(rulebook_json=broken), "CALL_ADMIN")
    assert [(finding.path, finding.reason) for finding in told.findings] == [("tracks", "FIELD_MISSING")]
    with refused("FIELDS_INVALID", Kind.INVALID) as unreadable:
        await desk.import_call(body=b"{")
    assert [fault.reason for fault in unreadable.value.fields] == ["NOT_JSON"]


async def test_real_call_is_refused_in_a_demonstration_and_a_reference_is_used_once(intake: Served) -> None:
    desk, other, now = Desk(intake), Desk(intake), await intake.caller.now()
    body = rulebook(now)
    request = calls.ImportCallRequest(call_id=desk.call_id, rulebook_json=body)
    with refused("REAL_CALL_IN_DEMONSTRATION"):
        await desk.act(desk.calls.ImportCall, request, "CALL_ADMIN")
    await desk.import_call(body=body)
    with refused("REFERENCE_TAKEN"):
        await other.import_call(body=body)


async def test_part_larger_than_allowed_is_refused(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    with refused("PART_TOO_LARGE", field="data"):
        await porter.part(str(uuid4()), b"x" * (PART_BYTES + 1))
