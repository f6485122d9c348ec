"""Bank details: declared by the beneficiary, verified by a person who neither liquidates nor seals."""

from __future__ import annotations

import re
from typing import Any

from jalon.payments.v1 import awards_pb2 as pb

from kit.errors import Refused, field_invalid, required
from kit.journal import Act
from services.payments.domain.bank import CheckedIban, check_iban, compare_holder, mask
from services.payments.domain.moves import BANK_DETAILS, BankDetailsAction, BankDetailsState, move
from services.payments.domain.records import Account
from services.payments.domain.separation import Duty, take_on
from services.payments.handlers import messages, vault
from services.payments.handlers.awards import GIVEN_BACK
from services.payments.handlers.base import Handlers, code
from services.payments.store import accounts, awards

METHODS = ("CALL_BACK", "DOCUMENT")
HOLDER_LENGTH = 140
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


class Accounts(Handlers):
    """RPCs of bank details."""

    async def DeclareBankDetails(self, request: pb.DeclareBankDetailsRequest, context: Any) -> pb.BankDetails:
        """A new version: nothing is ordered on any account of the case until somebody verified it."""
        required(request, "application_id", "iban", "holder")
        iban, bic, holder = check_iban(request.iban), _bic(request.bic), " ".join(request.holder.split())
        if not 0 < len(holder) <= HOLDER_LENGTH:
            raise field_invalid("holder", "NAME_UNCLEAR", max=str(HOLDER_LENGTH))

        async def change(act: Act) -> pb.BankDetails:
            award = await awards.lock(act, request.application_id)
            if award.state in GIVEN_BACK:
                raise Refused("AWARD_ENDED")
            versions = await accounts.versions(act, request.application_id)
            for known in versions:
                if (known.bank_state, BankDetailsAction.SUPERSEDE) in BANK_DETAILS:
                    after = move(BANK_DETAILS, known.bank_state, BankDetailsAction.SUPERSEDE)
                    await accounts.move(act, request.application_id, known, to_state=after)
            version = len(versions) + 1
            details = vault.Details(iban.value, bic, holder)
            await self._declare(act, request, version=version, iban=iban, details=details)
            kept = (await accounts.versions(act, request.application_id))[-1]
            facts = {"version": version, "holder_match": kept.holder_match, "foreign": kept.foreign_account}
            act.record("bank_details_declared", subject=request.application_id, facts=facts)
            act.emit("bank_details_declared", subject=request.application_id, facts={"version": version})
            return messages.bank_details(request.application_id, kept)

        return await self._journal.write(request, change)

    async def _declare(
        self,
        act: Act,
        request: pb.DeclareBankDetailsRequest,
        *,
        version: int,
        iban: CheckedIban,
        details: vault.Details,
    ) -> None:
        beneficiary = await awards.get_beneficiary(act.connection, request.application_id)
        if beneficiary is None:
            raise Refused("BENEFICIARY_UNKNOWN")
        marks = vault.fingerprints(self._ring, iban.value)
        key_id, sealed = vault.seal(self._ring, details, application_id=request.application_id, version=version)
        await accounts.declare(
            act,
            request.application_id,
            version=version,
            key_id=key_id,
            sealed=sealed,
            fingerprint=marks[0],
            iban_masked=mask(iban.value),
            holder_match=compare_holder(details.holder, beneficiary.name).value,
            foreign_account=iban.foreign,
            shared_account=await accounts.declared_elsewhere(act, request.application_id, marks),
            document_id=request.document_id or None,
        )

    async def VerifyBankDetails(self, request: pb.VerifyBankDetailsRequest, context: Any) -> pb.BankDetails:
        """Verifies the newest version; refused to who liquidated or sealed on this case."""
        required(request, "application_id")
        if request.method not in METHODS:
            raise field_invalid("method", "CHOICE_UNKNOWN", choices=", ".join(METHODS))

        async def change(act: Act) -> pb.BankDetails:
            newest = await _newest(act, request.application_id, request.version)
            move(BANK_DETAILS, newest.bank_state, BankDetailsAction.VERIFY)
            take_on(Duty.ACCOUNT_VERIFIER, act.person, await accounts.duties(act, [request.application_id]))
            await accounts.verify(act, request.application_id, newest, method=request.method)
            facts = {"version": newest.bank_version, "method": request.method}
            act.record("bank_details_verified", subject=request.application_id, facts=facts)
            return await _told(act, request.application_id)

        return await self._journal.write(request, change)

    async def DiscloseBankDetails(self, request: pb.DiscloseBankDetailsRequest, context: Any) -> pb.DisclosedAccount:
        """The newest version in clear. The reading is an event; the answer kept with it says the version alone."""
        required(request, "application_id")

        async def change(act: Act) -> pb.DisclosedAccount:
            newest = await _newest(act, request.application_id, request.version)
            facts = {"version": newest.bank_version}
            act.record("bank_details_disclosed", subject=request.application_id, facts=facts)
            return pb.DisclosedAccount(version=newest.bank_version)

        answer = await self._journal.write(request, change)
        sealed = await accounts.sealed(self._pool, request.application_id, answer.version)
        clear = vault.unseal(self._ring, *sealed, application_id=request.application_id, version=answer.version)
        return pb.DisclosedAccount(version=answer.version, iban=clear.iban, bic=clear.bic, holder=clear.holder)

    async def RejectBankDetails(self, request: pb.RejectBankDetailsRequest, context: Any) -> pb.BankDetails:
        """The newest version is not accepted, verified or not; another one is expected."""
        required(request, "application_id")
        reason = code(request.reason, "reason")

        async def change(act: Act) -> pb.BankDetails:
            newest = await _newest(act, request.application_id, request.version)
            after = move(BANK_DETAILS, newest.bank_state, BankDetailsAction.REJECT)
            await reject_account(act, request.application_id, newest, after=after, reason=reason)
            return await _told(act, request.application_id)

        return await self._journal.write(request, change)


async def reject_account(
    act: Act, application_id: str, account: Account, *, after: BankDetailsState, reason: str
) -> None:
    """The account falls: nothing more is ordered on it."""
    await accounts.move(act, application_id, account, to_state=after, reason=reason)
    facts = {"version": account.bank_version, "reason": reason}
    act.record("bank_details_rejected", subject=application_id, facts=facts)


def _bic(text: str) -> str:
    bic = "".join(text.split()).upper()
    if bic and _BIC.fullmatch(bic) is None:
        raise field_invalid("bic", "BIC_INVALID")
    return bic


async def _newest(act: Act, application_id: str, version: int) -> Account:
    await awards.lock(act, application_id)
    versions = await accounts.versions(act, application_id)
    if not versions or versions[-1].bank_version != version:
        newest = versions[-1].bank_version if versions else 0
        raise Refused("BANK_DETAILS_CHANGED", values={"version": str(newest)})
    return versions[-1]


async def _told(act: Act, application_id: str) -> pb.BankDetails:
    return messages.bank_details(application_id, (await accounts.versions(act, application_id))[-1])
