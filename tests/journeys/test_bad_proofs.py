"""Acts by the wrong person, role, key or assertion: refused with a sentence, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.intake.v1 import applications_pb2 as intake
from jalon.payments.v1 import runs_pb2
from joserfc import jwt
from joserfc.jwk import OKPKey

from deploy.local import keys
from kit import clock
from kit.actor import Signer
from kit.rpc import READ_ASSERTION
from tests.journeys.people import SYSTEM, Town, called
from tests.journeys.second_call import Second
from workflows.commands import Door, Who
from workflows.contract.application import DecideAdmissibility
from workflows.contract.payment_run import CountersealPaymentRun, SealPaymentRun


async def test_two_seals_are_two_people(town: Town, second: Second) -> None:
    """Whoever set the first seal, liquidated or verified the account does not, in another role, set the second one."""
    run, sealer = await second.run("sealed"), second.role("FINANCE", "first_seal")
    key = (second.stage.call_id, run.payment_run_id, run.digest)
    await town.act(sealer, SealPaymentRun, *key)
    for duty in ("liquidator", "verifier"):
        other = Who(second.role("FINANCE", duty).person, frozenset({"AUTHORISING_OFFICER"}), second.stage.call_id)
        await town.refuses(
            town.door.act(other, CountersealPaymentRun, *key),
            "SAME_PERSON",
            french="Une même personne ne peut pas tenir ces deux fonctions",
            english="One person cannot hold both duties",
        )
    both = Who(sealer.person, frozenset({"AUTHORISING_OFFICER"}), second.stage.call_id)
    refusal = await town.refuses(
        town.door.act(both, CountersealPaymentRun, *key),
        "ALREADY_SEALED",
        french="Vous avez déjà apposé votre visa, le ",
        english="You already set your seal, on ",
    )
    sealed = await second.run("sealed")
    assert clock.parse(refusal.values["sealed_at"]) == clock.from_timestamp(sealed.first_seal.sealed_at)
    assert (sealed.state, sealed.second_seal.person_id) == (runs_pb2.PAYMENT_RUN_STATE_SEALED_ONCE, "")


WRONG_ROLES = ("FINANCE", "AUTHORISING_OFFICER", "AUDITOR", "CALL_ADMIN", "APPLICANT")


@pytest.mark.parametrize("role", WRONG_ROLES)
async def test_an_act_by_the_wrong_role(town: Town, second: Second, role: str) -> None:
    """Somebody of the call, in another role, does not decide on admissibility."""
    who = second.applicant("received") if role == "APPLICANT" else second.role(role)
    await town.refuses(
        town.door.act(who, DecideAdmissibility, second.id_of("received"), admissible=True),
        "NOT_ALLOWED",
        french="Votre rôle ne permet pas cette action",
        english="Your role does not allow this",
    )


@pytest.mark.parametrize("role", ["JURY_MEMBER", "JURY_CHAIR"])
async def test_an_act_by_a_role_that_reaches_files_one_by_one(town: Town, second: Second, role: str) -> None:
    """Somebody of the jury does not learn that a file exists before it is theirs."""
    await town.refuses(
        town.door.act(second.role(role), DecideAdmissibility, second.id_of("received"), admissible=True),
        "NOT_FOUND",
        french="Introuvable",
        english="Not found",
    )


class Forger:
    """A door's signer that signs something else than what is asked."""

    def __init__(self, signer: Signer, forge: Forge) -> None:
        self._signer = signer
        self._forge = forge

    def act(self, person: str, roles: frozenset[str], **claims: Any) -> str:
        """An assertion that does not fit."""
        return self._forge(self._signer, person, roles, claims)


Forge = Callable[[Signer, str, frozenset[str], dict[str, Any]], str]


def _altered(signer: Signer, person: str, roles: frozenset[str], claims: dict[str, Any]) -> str:
    """The signature of one assertion under the words of another: somebody else's name."""
    true, other = signer.act(person, roles, **claims), signer.act(str(uuid4()), roles, **claims)
    return ".".join((*other.split(".")[:2], true.split(".")[2]))


def _stranger(signer: Signer, person: str, roles: frozenset[str], claims: dict[str, Any]) -> str:
    """Signed by a key that nobody knows, in the name of one that is known."""
    key = OKPKey.generate_key("Ed25519", {"kid": signer.issuer})
    words = {"iss": signer.issuer, "sub": person, "roles": sorted(roles), "verb": claims["verb"]}
    words |= {"jti": claims["request_id"], "at": clock.text(claims["occurred_at"]), "call": claims["call_id"]}
    return jwt.encode({"alg": "Ed25519", "kid": signer.issuer}, words, key, algorithms=["Ed25519"])


def _changing(**changes: Any) -> Forge:
    return lambda signer, person, roles, claims: signer.act(person, roles, **(claims | changes))


FORGED: dict[str, tuple[Forge, str, str, str]] = {
    "altered": (_altered, "ASSERTION_INVALID", "identité n’a pas pu être vérifiée", "could not be verified"),
    "unknown key": (_stranger, "ASSERTION_INVALID", "identité n’a pas pu être vérifiée", "could not be verified"),
    "another verb": (
        _changing(verb="ConfirmCompleteness"),
        "ASSERTION_FOR_ANOTHER_VERB",
        "vaut pour une autre action",
        "is for another act",
    ),
    "another request": (
        _changing(request_id=str(uuid4())),
        "ASSERTION_FOR_ANOTHER_REQUEST",
        "vaut pour une autre demande",
        "is for another request",
    ),
    "another instant": (
        _changing(occurred_at=datetime(2024, 1, 1, tzinfo=UTC)),
        "ASSERTION_FOR_ANOTHER_REQUEST",
        "vaut pour une autre demande",
        "is for another request",
    ),
}


@pytest.mark.parametrize("case", FORGED)
async def test_an_assertion_is_good_for_one_act(town: Town, second: Second, case: str) -> None:
    """Through a service and through the engine: what was signed is for one person, one verb, one request."""
    forge, reason, french, english = FORGED[case]
    signer: Any = Forger(Signer(keys.signing_key(town.installation.secrets, "rehearsal")), forge)
    door = Door(client=town.door.client, services=town.door.services, signer=signer)
    instructor = second.role("INSTRUCTOR", "first")
    decided = door.act(instructor, DecideAdmissibility, second.id_of("received"), admissible=True)
    await town.refuses(decided, reason, french=french, english=english)
    withdrawal = intake.WithdrawApplicationRequest(application_id=second.id_of("received"), reason="Faux.")
    rpc = town.stub("intake", "applications").WithdrawApplication
    sent = door.send(second.applicant("received"), rpc, withdrawal)
    await town.refuses(sent, reason, french=french, english=english)


async def test_without_an_assertion_nobody_acts(town: Town, second: Second) -> None:
    """A service refuses; through the engine the act is nobody's, and nobody may do it."""
    signer: Any = Forger(Signer(keys.signing_key(town.installation.secrets, "rehearsal")), lambda *_: "")
    door = Door(client=town.door.client, services=town.door.services, signer=signer)
    await town.refuses(
        door.act(second.role("INSTRUCTOR", "first"), DecideAdmissibility, second.id_of("received"), admissible=True),
        "NOT_FOUND",
        french="ou ne vous est pas accessible",
        english="or is not open to you",
    )
    request = intake.WithdrawApplicationRequest(application_id=second.id_of("received"), reason="Faux.")
    await town.refuses(
        door.send(second.applicant("received"), town.stub("intake", "applications").WithdrawApplication, request),
        "ASSERTION_INVALID",
        french="identité n’a pas pu être vérifiée",
        english="could not be verified",
    )


async def test_an_issuer_asserts_its_own_roles(town: Town, second: Second) -> None:
    """The portal's key makes no instructor, the worker's no applicant, the treasury's no officer."""
    for issuer, who in (
        ("portal", second.role("INSTRUCTOR", "first")),
        ("worker", second.applicant("received")),
        ("treasury", second.role("AUTHORISING_OFFICER")),
        ("rehearsal", SYSTEM),
    ):
        request = intake.GetApplicationRequest(application_id=second.id_of("received"))
        await town.refuses(
            town.door_of(issuer).read(who, town.stub("intake", "applications").GetApplication, request),
            "ISSUER_NOT_ALLOWED",
            french="ne peut pas agir dans ce rôle",
            english="may not act in this role",
        )


async def test_reading_has_an_assertion_of_its_own(town: Town, second: Second) -> None:
    """Five minutes, for reading only: neither an old one nor one made for an act."""
    signer, who = Signer(keys.signing_key(town.installation.secrets, "rehearsal")), second.role("AUDITOR")
    now, rpc = await town.door.now(), town.stub("intake", "applications").GetApplication
    request = intake.GetApplicationRequest(application_id=second.id_of("received"))
    old = signer.read(who.person, who.roles, now=now - timedelta(minutes=6))
    of_act = signer.act(who.person, who.roles, verb="GetApplication", request_id=str(uuid4()), occurred_at=now)
    for assertion, reason, french, english in (
        (old, "ASSERTION_EXPIRED", "connexion a expiré", "sign-in has expired"),
        (of_act, "ASSERTION_FOR_ANOTHER_VERB", "vaut pour une autre action", "is for another act"),
        ("not.a.token", "ASSERTION_INVALID", "identité n’a pas pu être vérifiée", "could not be verified"),
    ):
        read = rpc(request, timeout=10, metadata=((READ_ASSERTION, assertion),))
        await town.refuses(read, reason, french=french, english=english)


async def test_an_act_is_dated_of_now(town: Town, second: Second) -> None:
    """A date to come, or one too old, is refused where the act enters."""
    signer, who = Signer(keys.signing_key(town.installation.secrets, "rehearsal")), second.applicant("received")
    for shift, reason, french, english in (
        (timedelta(hours=1), "OCCURRED_IN_FUTURE", "La date de l’action est dans le futur", "dated in the future"),
        (-timedelta(minutes=5), "NOT_FRESH", "Trop de temps s’est écoulé", "Too much time has passed"),
    ):
        at = await town.door.now() + shift
        request = intake.WithdrawApplicationRequest(application_id=second.id_of("received"), reason="Faux.")
        request.context.request_id = str(uuid4())
        request.context.occurred_at.FromDatetime(at)
        request.context.assertion = signer.act(
            who.person,
            who.roles,
            verb="WithdrawApplication",
            request_id=request.context.request_id,
            occurred_at=clock.from_timestamp(request.context.occurred_at),
        )
        sent = called(town.stub("intake", "applications").WithdrawApplication, request)
        await town.refuses(sent, reason, french=french, english=english)
