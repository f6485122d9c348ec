"""A small call and its people, called as they do: what every test of intake begins with."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from jalon.common.v1 import plumbing_pb2, plumbing_pb2_grpc
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import (
    applications_pb2_grpc,
    calls_pb2_grpc,
    documents_pb2_grpc,
    editions_pb2_grpc,
    people_pb2,
    people_pb2_grpc,
)
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import documents_pb2 as docs

from kit.clock import PARIS
from tests.integration.harness import Served

RULEBOOK = Path(__file__).parents[3] / "rehearsal/editions/2023/rulebook.json"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SIRET, RNA = "356 000 000 09075", "W941000123"
COMMUNE = "94028"


def rulebook(now: datetime, *, change: Callable[[dict[str, Any]], object] | None = None) -> bytes:
    """The rulebook of 2023 with both windows open around ``now``: the first for ten days, the second for twenty."""
    value: dict[str, Any] = copy.deepcopy(json.loads(RULEBOOK.read_bytes()))
    value["reference"] = f"TEST-{uuid4().hex[:12]}"
    first = {"opens": local(now - timedelta(days=10)), "closes": local(now + timedelta(days=10))}
    second = {"opens": local(now + timedelta(days=10)), "closes": local(now + timedelta(days=20))}
    value["windows"]["pre_application"].update(first)
    value["windows"]["full_application"].update(second)
    if change is not None:
        change(value)
    return json.dumps(value).encode()


def local(instant: datetime) -> str:
    """Wall-clock time in Paris, noon of that day: never at a change of hour."""
    day = instant.astimezone(PARIS)
    return day.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None).isoformat()


def pre_application(**changes: Any) -> apps.PreApplication:
    """A first form that may be deposited."""
    person = apps.Applicant(
        legal_family="association",
        name="Association Léa & Hélène",
        siret=SIRET,
        rna=RNA,
        contact_name="Fictive Personne",
        contact_email="personne@example.org",
    )
    form = apps.PreApplication(
        applicant=person,
        track="start_up",
        title="Épicerie de l’Éveil",
        summary="Une épicerie solidaire.",
        communes=[COMMUNE],
        total_cost_cents=3_000_000,
        requested_cents=1_000_000,
        jobs_planned=2,
    )
    form.MergeFrom(apps.PreApplication(**changes))
    return form


def natural_person() -> apps.PreApplication:
    """A first form before the entity is created."""
    form = pre_application()
    form.applicant.CopyFrom(
        apps.Applicant(
            natural_person=True,
            legal_family="natural_person",
            name="Projet Zébulon",
            contact_name="Fictive Personne",
            contact_email="personne@example.org",
        )
    )
    return form


def full_application(*, requested_cents: int = 1_000_000, charges_cents: int = 3_000_000) -> apps.FullApplication:
    """A second form that may be deposited."""
    own = charges_cents
    return apps.FullApplication(
        section=apps.SECTION_OPERATING,
        requested_cents=requested_cents,
        budget=[
            apps.BudgetLine(
                side=apps.BUDGET_SIDE_CHARGE, code="staff", label="Salaires", amount_cents=charges_cents, eligible=True
            ),
            apps.BudgetLine(side=apps.BUDGET_SIDE_PRODUCT, code="own_funds", label="Fonds", amount_cents=own),
        ],
        funding=[apps.Funding(funder="Commune", amount_cents=100_000, status=apps.FUNDING_STATUS_ACQUIRED)],
        presentation="Le projet en détail.",
        indicators="Nombre de personnes accueillies.",
        starts_on="2027-01-01",
        ends_on="2027-12-31",
        jobs_planned=2,
    )


@dataclass
class Desk:
    """One call of one's own, and whoever touches it."""

    served: Served
    call_id: str = field(default_factory=lambda: str(uuid4()))
    admin: str = field(default_factory=lambda: str(uuid4()))

    @cached_property
    def calls(self) -> Any:
        return calls_pb2_grpc.CallsServiceStub(self.served.channel)

    @cached_property
    def apps(self) -> Any:
        return applications_pb2_grpc.ApplicationsServiceStub(self.served.channel)

    @cached_property
    def docs(self) -> Any:
        return documents_pb2_grpc.DocumentsServiceStub(self.served.channel)

    @cached_property
    def editions(self) -> Any:
        return editions_pb2_grpc.EditionsServiceStub(self.served.channel)

    @cached_property
    def plumbing(self) -> Any:
        return plumbing_pb2_grpc.PlumbingServiceStub(self.served.channel)

    @cached_property
    def people(self) -> Any:
        return people_pb2_grpc.PeopleServiceStub(self.served.channel)

    async def stand_in(self, absent: str, deputy: str, *, days: int, after_days: int = 0) -> calls.StandIn:
        """``deputy`` acts in ``absent``'s place for some days."""
        begins = await self.served.caller.now() + timedelta(days=after_days)
        request = people_pb2.RecordStandInRequest(call_id=self.call_id, absent_id=absent, deputy_id=deputy)
        request.from_at.FromDatetime(begins)
        request.to_at.FromDatetime(begins + timedelta(days=days))
        return await self.act(self.people.RecordStandIn, request, "CALL_ADMIN")

    async def act(self, method: Any, request: Any, role: str, **options: Any) -> Any:
        return await self.served.caller.act(method, request, role=role, **{"call_id": self.call_id, **options})

    async def read(self, method: Any, request: Any, role: str, **options: Any) -> Any:
        return await self.served.caller.read(method, request, role=role, **{"call_id": self.call_id, **options})

    async def system(self, method: Any, request: Any, **options: Any) -> Any:
        return await self.served.caller.act(method, request, role="SYSTEM", **options)

    async def import_call(self, **options: Any) -> calls.Call:
        body = options.pop("body", None) or rulebook(await self.served.caller.now(), **options)
        request = calls.ImportCallRequest(call_id=self.call_id, rulebook_json=body, fictitious=True)
        return await self.act(self.calls.ImportCall, request, "CALL_ADMIN")

    async def open_call(self, **options: Any) -> calls.Call:
        await self.import_call(**options)
        return await self.act(self.calls.OpenCall, calls.OpenCallRequest(call_id=self.call_id), "CALL_ADMIN")

    def porter(self) -> Porter:
        """Somebody new who applies."""
        return Porter(self)


@dataclass
class Porter:
    """Who carries one application."""

    desk: Desk
    person: str = field(default_factory=lambda: str(uuid4()))
    application_id: str = field(default_factory=lambda: str(uuid4()))

    async def act(self, method: Any, request: Any, **options: Any) -> Any:
        return await self.desk.served.caller.act(
            method, request, **{"role": "APPLICANT", "person": self.person, **options}
        )

    async def read(self, method: Any, request: Any) -> Any:
        return await self.desk.served.caller.read(method, request, role="APPLICANT", person=self.person)

    async def save(self, form: apps.PreApplication, version: int = 0, **options: Any) -> apps.Draft:
        request = apps.SavePreApplicationRequest(
            application_id=self.application_id, call_id=self.desk.call_id, expected_version=version, content=form
        )
        return await self.act(self.desk.apps.SavePreApplication, request, **options)

    async def submit(self, version: int = 1, **options: Any) -> apps.Receipt:
        request = apps.SubmitApplicationRequest(application_id=self.application_id, draft_version=version)
        return await self.act(self.desk.apps.SubmitApplication, request, **options)

    async def deposit(self, form: apps.PreApplication | None = None) -> apps.Receipt:
        await self.save(form or pre_application())
        return await self.submit()

    async def invite(self, closes_at: datetime | None = None) -> apps.Application:
        request = apps.InviteFullApplicationRequest(application_id=self.application_id)
        if closes_at is not None:
            request.closes_at.FromDatetime(closes_at)
        return await self.desk.system(self.desk.apps.InviteFullApplication, request)

    async def save_full(self, form: apps.FullApplication, version: int = 0) -> apps.Draft:
        request = apps.SaveFullApplicationRequest(
            application_id=self.application_id, expected_version=version, content=form
        )
        return await self.act(self.desk.apps.SaveFullApplication, request)

    async def submit_full(self, version: int = 1, **options: Any) -> apps.Receipt:
        request = apps.SubmitFullApplicationRequest(application_id=self.application_id, draft_version=version)
        return await self.act(self.desk.apps.SubmitFullApplication, request, **options)

    async def deposit_full(self, form: apps.FullApplication | None = None) -> apps.Receipt:
        await self.save_full(form or full_application())
        return await self.submit_full()

    async def begin(self, piece: str, data: bytes, *, file_name: str = "piece.pdf", **changes: Any) -> docs.Upload:
        fields = {
            "application_id": self.application_id,
            "document_id": str(uuid4()),
            "piece": piece,
            "file_name": file_name,
            "size_bytes": len(data),
            "digest": hashlib.sha256(data).hexdigest(),
            **changes,
        }
        return await self.act(self.desk.docs.BeginUpload, docs.BeginUploadRequest(**fields))

    async def part(self, document_id: str, data: bytes, offset: int = 0) -> docs.Upload:
        request = docs.UploadPartRequest(
            application_id=self.application_id, document_id=document_id, offset=offset, data=data
        )
        return await self.act(self.desk.docs.UploadPart, request)

    async def complete(self, document_id: str) -> docs.Document:
        request = docs.CompleteUploadRequest(application_id=self.application_id, document_id=document_id)
        return await self.act(self.desk.docs.CompleteUpload, request)

    async def send(self, piece: str, data: bytes = PDF, **changes: Any) -> docs.Document:
        upload = await self.begin(piece, data, **changes)
        await self.part(upload.document_id, data)
        return await self.complete(upload.document_id)

    async def mine(self) -> apps.Application:
        return await self.read(
            self.desk.apps.GetApplication, apps.GetApplicationRequest(application_id=self.application_id)
        )

    async def open_correction(self, closes_at: datetime, *items: apps.CorrectionItem) -> str:
        correction_id = str(uuid4())
        request = apps.OpenCorrectionRequest(
            application_id=self.application_id, correction_id=correction_id, items=list(items)
        )
        request.closes_at.FromDatetime(closes_at)
        await self.desk.system(self.desk.apps.OpenCorrection, request)
        return correction_id

    async def facts(self) -> list[tuple[str, dict[str, Any]]]:
        """What was handed to the relay about this application, oldest first."""
        rows = await self.desk.served.pool.fetch(
            "SELECT fact, facts::text AS facts FROM outbox WHERE subject_id = $1::uuid ORDER BY outbox_id",
            self.application_id,
        )
        return [(row["fact"], json.loads(row["facts"])) for row in rows]

    async def events(self) -> list[str]:
        """Lines of its history, newest first."""
        request = plumbing_pb2.ListJournalRequest(application_id=self.application_id)
        answer = await self.read(self.desk.plumbing.ListJournal, request)
        return [event.event for event in answer.events]
