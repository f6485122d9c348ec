"""Mail that leaves, by a real mail server: once, whatever happens; never to whom it is not for; nothing of the file."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from grpc_health.v1 import health_pb2
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import mails_pb2 as pb
from jalon.intake.v1 import mails_pb2_grpc

from kit import rpc
from kit.errors import Kind
from kit.settings import MailSettings
from services.intake.__main__ import build
from services.intake.handlers.sending import Sender
from tests.integration.harness import Served, refused
from tests.integration.intake.conftest import AtClock
from tests.integration.intake.intake_people import Desk, Porter, pre_application

URLS = {"portal": "https://portail.example.org", "backoffice": "https://agents.example.org"}


class Mailbox:
    """A mail server that takes everything but for those ``refusing`` names; ``holding``: it never answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Message]] = []
        self.refusing: set[str] = set()
        self.holding = False
        self.reached = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refusing:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        self.reached.set()
        if self.holding:
            await asyncio.Event().wait()
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        return [message for taken, message in self.taken if taken == address]


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.open()
    yield box
    await box.close()


@pytest.fixture
async def real(intake: Served) -> AsyncIterator[Served]:
    """The same service as a real installation: its mail waits to be sent."""
    server, health = build(intake.pool, dataclasses.replace(intake.settings, demonstration=False))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    await health.set("", health_pb2.HealthCheckResponse.SERVING)
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        yield dataclasses.replace(intake, channel=channel)
    await server.stop(None)
    await intake.admin.execute(
        "UPDATE intake.mails SET state = 'KEPT', next_try_at = NULL, settled_at = written_at WHERE state = 'QUEUED'"
    )


@pytest.fixture
def sender(real: Served, mailbox: Mailbox) -> Sender:
    settings = MailSettings(f"smtp://127.0.0.1:{mailbox.port}", "Jalon <no-reply@example.org>", URLS)
    return Sender(real.pool, settings)


async def registered(desk: Desk, person: str, role: str = "APPLICANT") -> str:
    """The address of somebody a door saw."""
    email = f"{uuid4().hex[:12]}@example.org"
    request = calls.RegisterPersonRequest(person_id=person, display_name="Fictive Personne", email=email)
    if role == "APPLICANT":
        await desk.served.caller.act(desk.calls.RegisterPerson, request, role=role, person=person)
    else:
        await desk.act(desk.calls.RegisterPerson, request, "CALL_ADMIN")
    return email


@pytest.fixture
async def porter(desk: Desk, real: Served) -> Porter:
    """Somebody who deposits in a real installation, and may be written to."""
    return Porter(Desk(real, call_id=desk.call_id))


def mails_of(desk: Desk) -> Any:
    return mails_pb2_grpc.MailsServiceStub(desk.served.channel)  # type: ignore[no-untyped-call]


async def listed(desk: Desk, application_id: str = "", role: str = "CALL_ADMIN") -> list[pb.Mail]:
    request = pb.ListMailsRequest(call_id=desk.call_id, application_id=application_id)
    answer = await desk.read(mails_of(desk).ListMails, request, role)
    return list(answer.mails)


async def test_a_deposit_is_told_once_and_says_nothing_of_the_file(
    porter: Porter, sender: Sender, mailbox: Mailbox
) -> None:
    email = await registered(porter.desk, porter.person)
    receipt = await porter.deposit()
    assert [one.state for one in await listed(porter.desk)] == [pb.MAIL_STATE_QUEUED]
    assert await sender.round()
    assert await sender.round()
    (mail,) = mailbox.to(email)
    text = mail.get_content()  # type: ignore[attr-defined]
    assert receipt.number in mail["Subject"]
    assert f"{URLS['portal']}/demandes/{porter.application_id}/recus/application_submitted" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    deposited = (await porter.mine()).pre_application
    for word in (deposited.title, deposited.applicant.name, deposited.applicant.contact_name, "Fictive", "10 000"):
        assert word not in f"{mail['Subject']} {text}"
    (shown,) = await listed(porter.desk, porter.application_id, "INSTRUCTOR")
    assert (shown.state, shown.attempts, shown.number) == (pb.MAIL_STATE_SENT, 1, receipt.number)
    assert mail["Message-ID"] == f"<{shown.mail_id}@example.org>"


async def test_a_retried_deposit_writes_one_mail(porter: Porter) -> None:
    await registered(porter.desk, porter.person)
    await porter.save(pre_application())
    request_id = str(uuid4())
    await porter.submit(request_id=request_id)
    await porter.submit(request_id=request_id)
    assert len(await listed(porter.desk)) == 1


async def test_a_refused_mailbox_is_given_up_shown_and_tried_again_on_demand(
    porter: Porter, sender: Sender, mailbox: Mailbox
) -> None:
    desk, email = porter.desk, await registered(porter.desk, porter.person)
    mailbox.refusing.add(email)
    await porter.deposit()
    assert await sender.round(), "the others' mail goes on"
    (mail,) = await listed(desk)
    assert (mail.state, mail.failure, mailbox.to(email)) == (pb.MAIL_STATE_GIVEN_UP, "SMTP_550", [])
    mailbox.refusing.clear()
    retry = pb.RetryMailRequest(call_id=desk.call_id, mail_id=mail.mail_id)
    again = await desk.act(mails_of(desk).RetryMail, retry, "CALL_ADMIN")
    assert again.state == pb.MAIL_STATE_QUEUED
    await sender.round()
    assert len(mailbox.to(email)) == 1
    with refused("CHANGED_MEANWHILE"):
        await desk.act(mails_of(desk).RetryMail, retry, "CALL_ADMIN")


async def test_a_server_that_was_down_gets_it_once_it_is_up(
    porter: Porter, sender: Sender, mailbox: Mailbox, at_clock: AtClock
) -> None:
    desk, email = porter.desk, await registered(porter.desk, porter.person)
    await porter.deposit()
    await mailbox.close()
    assert not await sender.round()
    (mail,) = await listed(desk)
    assert (mail.state, mail.failure, mail.attempts) == (pb.MAIL_STATE_QUEUED, "UNREACHABLE", 1)
    await mailbox.open()
    await sender.round()
    assert not mailbox.to(email), "its next try is later"
    await at_clock(await desk.served.caller.now() + timedelta(minutes=2))
    assert await sender.round()
    assert len(mailbox.to(email)) == 1
    assert [one.state for one in await listed(desk)] == [pb.MAIL_STATE_SENT]


async def test_a_sender_killed_after_the_server_took_it_sends_the_same_mail_again(
    porter: Porter, sender: Sender, mailbox: Mailbox, at_clock: AtClock
) -> None:
    """At least once, under one identity; a mail left half sent is nobody else's for five minutes."""
    desk, email = porter.desk, await registered(porter.desk, porter.person)
    await porter.deposit()
    mailbox.holding = True
    killed = asyncio.create_task(sender.round())
    await mailbox.reached.wait()
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    mailbox.holding = False
    await sender.round()
    assert len(mailbox.to(email)) == 1
    await at_clock(await desk.served.caller.now() + timedelta(minutes=6))
    await sender.round()
    first, second = mailbox.to(email)
    assert first["Message-ID"] == second["Message-ID"]
    assert [one.state for one in await listed(desk)] == [pb.MAIL_STATE_SENT]


@pytest.mark.parametrize("how", ["recused", "untied"])
async def test_nothing_leaves_to_somebody_who_may_not_read_it_any_more(
    how: str, porter: Porter, sender: Sender, mailbox: Mailbox
) -> None:
    desk, email = porter.desk, await registered(porter.desk, porter.person)
    await porter.deposit()
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porter.application_id,
        call_id=desk.call_id,
        person_id=porter.person,
        recused=how == "recused",
        ended=how == "untied",
        relation="" if how == "recused" else "applicant",
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    await sender.round()
    assert not mailbox.to(email)
    (mail,) = await listed(desk)
    assert (mail.state, mail.failure) == (pb.MAIL_STATE_GIVEN_UP, "WITHOUT_OBJECT")
    letter = apps.PostMessageRequest(application_id=porter.application_id, template="admissible")
    await desk.system(desk.apps.PostMessage, letter)
    assert len(await listed(desk)) == 1, "nor is a new one written"


async def test_a_letter_is_announced_with_its_deadline_and_a_decision_reads_like_any_other(
    porter: Porter, sender: Sender, mailbox: Mailbox
) -> None:
    desk, email = porter.desk, await registered(porter.desk, porter.person)
    await porter.deposit()
    for template, values in (
        ("correction_requested", '{"closes_at": "2027-03-12T16:00:00.000000Z"}'),
        ("granted", '{"awarded_cents": 1234500}'),
        ("declined", "{}"),
        ("application_received", '{"number": "x"}'),
    ):
        letter = apps.PostMessageRequest(application_id=porter.application_id, template=template, values_json=values)
        await desk.system(desk.apps.PostMessage, letter)
    await sender.round()
    _, correction, granted, declined = mailbox.to(email)
    assert "12 mars 2027, 17:00" in correction.get_content()  # type: ignore[attr-defined]
    assert granted["Subject"] == declined["Subject"]
    assert granted.get_content() == declined.get_content()  # type: ignore[attr-defined]


async def test_the_door_sends_a_link_that_is_forgotten_once_it_has_left(
    desk: Desk, real: Served, sender: Sender, mailbox: Mailbox
) -> None:
    email, stub = f"{uuid4().hex[:12]}@example.org", mails_pb2_grpc.MailsServiceStub(real.channel)  # type: ignore[no-untyped-call]
    request = pb.SendMailRequest(email=email, kind="sign_in", site="portal", path="/entrer/lien/secret", opens=True)
    request.deadline_at.FromDatetime(await real.caller.now() + timedelta(minutes=15))
    request_id = str(uuid4())
    for _ in range(2):
        await real.caller.act(stub.SendMail, request, role="DOOR", request_id=request_id)
    await sender.round()
    (mail,) = mailbox.to(email)
    assert f"{URLS['portal']}/entrer/lien/secret" in mail.get_content()  # type: ignore[attr-defined]
    assert not await real.admin.fetchval("SELECT count(*) FROM intake.mails WHERE path LIKE '%secret%'")
    with refused("DEMONSTRATION_ONLY", Kind.NOT_FOUND):
        await real.caller.read(stub.ListFictitiousMails, pb.ListFictitiousMailsRequest(email=email), role="AUDITOR")


@pytest.mark.parametrize("email", ["", "nobody", "a@b\nBcc: c@d.org", "a@b, c@d", "Nom <a@b.org>"])
async def test_a_mail_goes_to_one_whole_address(email: str, desk: Desk) -> None:
    request = pb.SendMailRequest(email=email, kind="sign_in", site="portal", path="/entrer")
    with refused("TEXT_EMPTY" if not email else "EMAIL_UNCLEAR", field="email"):
        await desk.served.caller.act(mails_of(desk).SendMail, request, role="DOOR")


async def test_a_demonstration_keeps_its_mail_to_be_read(desk: Desk) -> None:
    porter = desk.porter()
    email = await registered(desk, porter.person)
    receipt = await porter.deposit()
    request = pb.ListFictitiousMailsRequest(email=email.upper())
    answer = await desk.served.caller.read(mails_of(desk).ListFictitiousMails, request, role="AUDITOR")
    (mail,) = answer.mails
    assert (mail.state, mail.number, mail.email) == (pb.MAIL_STATE_KEPT, receipt.number, email)
