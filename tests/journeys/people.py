"""People who act, wrongly or rightly, on a whole installation; and what proves that a refusal changed nothing."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import calls_pb2, documents_pb2

import wording
from deploy.local import keys
from deploy.local.installation import Installation
from kit import telemetry
from kit.actor import Signer
from kit.clock import PARIS
from kit.errors import Refused
from kit.status import from_rpc
from rehearsal.edition_files import EDITIONS
from rehearsal.quiet import Quiet
from wording.catalog import NEUTRAL
from wording.values import UNSTATED
from workflows.commands import Door, Outcome, Who
from workflows.contract.call import OpenCall

SCHEMAS = ("intake", "review", "payments", "audit")
NOT_STATE = {"spans"}
"""Traces of the refusal itself."""
RULEBOOK = EDITIONS / "2023" / "rulebook.json"
SETTLED_SECONDS = 0.4
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SYSTEM = Who("SYSTEM", frozenset({"SYSTEM"}))
NOBODY = Who("", frozenset())


@dataclass
class Town:
    """An installation as these tests reach it: the rehearsal's door, each other door, the administrator's eye."""

    installation: Installation
    door: Door
    admin: asyncpg.Connection

    def stub(self, service: str, noun: str) -> Any:
        """A service's stub."""
        return self.door.services.stub(service, noun)

    def door_of(self, issuer: str) -> Door:
        """The door that holds an issuer's key (``worker``, ``portal``, ``treasury``)."""
        signer = Signer(keys.signing_key(self.installation.secrets, issuer))
        return Door(client=self.door.client, services=self.door.services, signer=signer)

    async def system(self, rpc: Any, request: Any) -> Any:
        """A consequence, as the worker asks for it."""
        return await self.door_of("worker").send(SYSTEM, rpc, request)

    async def act(self, who: Who, message: Any, *args: Any, **kwargs: Any) -> Outcome:
        """An act through the engine, with everything it sets off."""
        outcome = await self.door.act(who, message, *args, **kwargs)
        await self.settle()
        return outcome

    async def settle(self) -> None:
        """Waits until nothing moves any more: a workflow may still write what an act set off."""
        before, after = None, await self.state()
        while before != after:
            await asyncio.sleep(SETTLED_SECONDS)
            before, after = after, await self.state()

    async def quiet(self) -> None:
        """Waits until no received fact waits for the relay."""
        await Quiet(self.admin)()

    async def state(self) -> dict[str, tuple[int, int]]:
        """Rows and digest of every table of every service."""
        await self.quiet()
        tables = await self.admin.fetch(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema = ANY($1::text[]) AND table_type = 'BASE TABLE'",
            list(SCHEMAS),
        )
        names = [f"{row[0]}.{row[1]}" for row in tables if row[1] not in NOT_STATE]
        digest = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {0} t"
        rows = await self.admin.fetch(" UNION ALL ".join(digest.format(name) for name in sorted(names)))
        return {row[0]: (row[1], int(row[2])) for row in rows}

    async def jump(self, to: datetime) -> None:
        """Raises the installation's clock alone, to the instant; the workflows follow at the next advance."""
        await self.admin.execute(
            "UPDATE clock.installation SET clock_offset = clock_offset + greatest($1 - clock.now(), '0')", to
        )

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """Holds that what happens inside leaves every table as it was."""
        before = await self.state()
        yield
        after = await self.state()
        changed = {name: (before.get(name), after[name]) for name in after if after[name] != before.get(name)}
        assert not changed, changed

    async def refuses(self, act: Awaitable[Any], reason: str, *, french: str, english: str, field: str = "") -> Refused:
        """Holds that an act is refused for this reason, says so in both languages, and changes nothing.

        ``french`` and ``english``: a part of the sentence, its values filled (ordinary spaces). ``field``: the place of
        the wrong field that says ``reason``.
        """
        async with self.unchanged():
            return await told(act, reason, french=french, english=english, field=field)


async def told(act: Awaitable[Any], reason: str, *, french: str, english: str, field: str = "") -> Refused:
    """Holds that an act is refused for this reason and says so in both languages."""
    refusal = await refusal_of(act)
    places = {fault.path: fault.reason for fault in refusal.fields}
    assert (places.get(field) if field else refusal.reason) == reason, (refusal.reason, places, refusal.values)
    assert french in said(refusal, "fr"), said(refusal, "fr")
    assert english in said(refusal, "en"), said(refusal, "en")
    return refusal


async def refusal_of(act: Awaitable[Any]) -> Refused:
    """The refusal an act met; one that comes from a bare call is read as a door reads it."""
    try:
        answer = await act
    except Refused as refused:
        return refused
    except grpc.aio.AioRpcError as error:
        refusal = from_rpc(error)
        if refusal is None:
            raise
        return refusal
    raise AssertionError(f"nothing was refused: {answer!r}")


def said(refusal: Refused, locale: wording.Locale) -> str:
    """Every sentence of a refusal, as people read it: whole, its values filled; spaces made ordinary."""
    sentences = wording.explain(refusal, locale=locale)
    assert sentences
    for sentence in sentences:
        assert len(sentence) > 20, sentence
        assert not re.search(r"\{\w*\}", sentence), sentence
        assert UNSTATED[locale] not in sentence, sentence
        assert NEUTRAL[locale].split("{")[0] not in sentence, sentence
    return re.sub(r"[\u00a0\u202f]", " ", " ".join(sentences))


def someone(*roles: str, call_id: str = "") -> Who:
    """Somebody never seen before."""
    return Who(str(uuid4()), frozenset(roles), call_id)


async def called(rpc: Callable[..., Awaitable[Any]], request: Any) -> Any:
    """A bare call, with whatever context the request already carries."""
    with telemetry.with_application(getattr(request, "application_id", "")):
        return await rpc(request, timeout=10)


# A call of one's own, and who applies to it


@dataclass
class Applicant:
    """Who carries one application of a call."""

    town: Town
    call_id: str
    who: Who
    application_id: str

    @property
    def applications(self) -> Any:
        return self.town.stub("intake", "applications")

    @property
    def documents(self) -> Any:
        return self.town.stub("intake", "documents")

    async def register(self) -> None:
        """Names herself."""
        request = calls_pb2.RegisterPersonRequest(
            person_id=self.who.person, display_name="Personne fictive", email="p@fictif.example", fictitious=True
        )
        await self.town.door.send(self.who, self.town.stub("intake", "calls").RegisterPerson, request)

    async def save(self, form: intake.PreApplication, version: int = 0, *, request_id: str = "") -> intake.Draft:
        """Saves the first form."""
        request = intake.SavePreApplicationRequest(
            application_id=self.application_id, call_id=self.call_id, expected_version=version, content=form
        )
        saved: intake.Draft = await self.town.door.send(
            self.who, self.applications.SavePreApplication, request, request_id=request_id
        )
        return saved

    async def submit(self, version: int = 1, *, request_id: str = "") -> intake.Receipt:
        """Deposits it."""
        request = intake.SubmitApplicationRequest(application_id=self.application_id, draft_version=version)
        receipt: intake.Receipt = await self.town.door.send(
            self.who, self.applications.SubmitApplication, request, request_id=request_id
        )
        return receipt

    async def read(self) -> intake.Application:
        """Her file."""
        request = intake.GetApplicationRequest(application_id=self.application_id)
        found: intake.Application = await self.town.door.read(self.who, self.applications.GetApplication, request)
        return found

    async def announce(self, piece: str, data: bytes, *, file_name: str, digest: str, size: int = -1) -> str:
        """Announces a piece; its id."""
        request = documents_pb2.BeginUploadRequest(
            application_id=self.application_id,
            document_id=str(uuid4()),
            piece=piece,
            file_name=file_name,
            size_bytes=len(data) if size < 0 else size,
            digest=digest,
        )
        await self.town.door.send(self.who, self.documents.BeginUpload, request)
        return request.document_id

    async def send_part(self, document_id: str, data: bytes, offset: int = 0) -> documents_pb2.Upload:
        """Sends one part."""
        request = documents_pb2.UploadPartRequest(
            application_id=self.application_id, document_id=document_id, offset=offset, data=data
        )
        upload: documents_pb2.Upload = await self.town.door.send(self.who, self.documents.UploadPart, request)
        return upload

    async def complete(self, document_id: str) -> documents_pb2.Document:
        """Says that all was sent."""
        request = documents_pb2.CompleteUploadRequest(application_id=self.application_id, document_id=document_id)
        document: documents_pb2.Document = await self.town.door.send(self.who, self.documents.CompleteUpload, request)
        return document


@dataclass
class Desk:
    """A call that is open, and its administrator."""

    town: Town
    call_id: str
    admin: Who

    def applicant(self) -> Applicant:
        """Somebody new who applies."""
        return Applicant(self.town, self.call_id, someone("APPLICANT"), str(uuid4()))

    async def depositor(self, form: intake.PreApplication) -> Applicant:
        """Somebody new whose first form was deposited."""
        applicant = self.applicant()
        await applicant.register()
        saved = await applicant.save(form)
        await applicant.submit(saved.version)
        return applicant


async def open_desk(town: Town, rulebook: bytes) -> Desk:
    """A call of one's own, imported and opened through the engine."""
    call_id = str(uuid4())
    desk = Desk(town, call_id, someone("CALL_ADMIN", call_id=call_id))
    request = calls_pb2.ImportCallRequest(call_id=call_id, rulebook_json=rulebook, fictitious=True)
    await town.door.send(desk.admin, town.stub("intake", "calls").ImportCall, request)
    assert (await town.door.act(desk.admin, OpenCall, call_id)).finished
    return desk


def form(**changes: Any) -> intake.PreApplication:
    """A first form that may be deposited, with what a test changes."""
    applicant = intake.Applicant(
        legal_family="association",
        name="Association Les Essais (fictive)",
        siret="356 000 000 09075",
        rna="W941000123",
        contact_name="Personne fictive",
        contact_email="personne@fictif.example",
    )
    base = intake.PreApplication(
        applicant=applicant,
        track="start_up",
        title="Atelier de réparation",
        summary="Un atelier partagé. Projet fictif.",
        communes=["94028"],
        total_cost_cents=30_000_00,
        requested_cents=10_000_00,
        jobs_planned=2,
    )
    for path, value in changes.items():
        target: Any = base
        *parents, name = path.split("__")
        for parent in parents:
            target = getattr(target, parent)
        if isinstance(value, list):
            del getattr(target, name)[:]
            getattr(target, name).extend(value)
        else:
            setattr(target, name, value)
    return base


def rulebook(*, opens: datetime, closes: datetime) -> bytes:
    """The rulebook of 2023 with other windows: pre-applications between two instants, full ones for a month after."""
    content = json.loads(RULEBOOK.read_bytes())
    content["reference"] = f"ESSAI-{uuid4().hex[:8]}"
    content["windows"]["pre_application"] |= {"opens": local(opens), "closes": local(closes)}
    content["windows"]["full_application"] |= {"opens": local(closes), "closes": local(later(closes, 30))}
    return json.dumps(content).encode()


def local(instant: datetime) -> str:
    """Wall-clock time in Paris as a rulebook writes it."""
    return instant.astimezone(PARIS).replace(microsecond=0, tzinfo=None).isoformat()


def later(instant: datetime, days: int) -> datetime:
    """Some days later."""
    return instant + timedelta(days=days)
