"""Asking a register who a number is, and saying where a file's identity comes from."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit.errors import field_invalid, required
from kit.journal import Act
from services.intake.domain.identifiers import IdentifierError
from services.intake.domain.records import Content, IdentitySource
from services.intake.domain.registers import IDENTITY, Answer, changed, number_of, numbers_of
from services.intake.domain.rules import NATURAL_PERSON
from services.intake.handlers.room import Part, found, said
from services.intake.handlers.wire import entry_message
from services.intake.store import applications as store
from services.intake.store import registers


class Registers(Part):
    """The register's word, beside the draft."""

    async def LookUpOrganization(self, request: pb.LookUpOrganizationRequest, context: Any) -> pb.RegisterEntry:
        """Asked outside the transaction, which then keeps the answer; nothing of the draft changes."""
        required(request, "application_id", "number")
        try:
            number = number_of(said("number", request.number, longest=40))
        except IdentifierError as error:
            raise field_invalid("number", error.reason) from error
        register = self._room.register
        entry = await register.look_up_organization(number)

        async def change(act: Act) -> pb.RegisterEntry:
            application = found(await store.lock_application(act.connection, request.application_id))
            answer = Answer(entry, register.code, act.at)
            await registers.keep_answer(act.connection, application.application_id, number, answer=answer)
            return entry_message(answer)

        return await self._room.journal.write(request, change)


async def identity_source(connection: Any, application_id: str, content: Content | None) -> IdentitySource | None:
    """Where the identity of a saved first form comes from; None for somebody who has no number yet."""
    applicant = (content or {}).get("applicant") or {}
    typed = {name: str(applicant.get(name) or "") for name in IDENTITY}
    if applicant.get("natural_person") or typed["legal_family"] == NATURAL_PERSON or not any(typed.values()):
        return None
    answer = await registers.last_answer(connection, application_id, numbers_of(typed))
    if answer is None:
        return IdentitySource()
    return IdentitySource(answer, changed(answer.entry, typed))
