"""The stubs of every service, opened once per process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from jalon.audit.v1 import chains_pb2_grpc
from jalon.common.v1 import plumbing_pb2_grpc
from jalon.intake.v1 import (
    applications_pb2_grpc,
    calls_pb2_grpc,
    documents_pb2_grpc,
    editions_pb2_grpc,
    mails_pb2_grpc,
    people_pb2_grpc,
)
from jalon.payments.v1 import awards_pb2_grpc, runs_pb2_grpc
from jalon.review.v1 import bulk_pb2_grpc, cases_pb2_grpc, jury_pb2_grpc

from kit import rpc
from kit.settings import ClientSettings

STUBS: dict[str, dict[str, Any]] = {
    "intake": {
        "applications": applications_pb2_grpc.ApplicationsServiceStub,
        "calls": calls_pb2_grpc.CallsServiceStub,
        "documents": documents_pb2_grpc.DocumentsServiceStub,
        "mails": mails_pb2_grpc.MailsServiceStub,
        "editions": editions_pb2_grpc.EditionsServiceStub,
        "people": people_pb2_grpc.PeopleServiceStub,
        "plumbing": plumbing_pb2_grpc.PlumbingServiceStub,
    },
    "review": {
        "cases": cases_pb2_grpc.CasesServiceStub,
        "jury": jury_pb2_grpc.JuryServiceStub,
        "bulk": bulk_pb2_grpc.BulkServiceStub,
        "plumbing": plumbing_pb2_grpc.PlumbingServiceStub,
    },
    "payments": {
        "awards": awards_pb2_grpc.AwardsServiceStub,
        "runs": runs_pb2_grpc.PaymentRunsServiceStub,
        "plumbing": plumbing_pb2_grpc.PlumbingServiceStub,
    },
    "audit": {"chains": chains_pb2_grpc.ChainsServiceStub},
}


@dataclass(frozen=True)
class Services:
    """One channel and its stubs per service."""

    channels: dict[str, grpc.aio.Channel]
    stubs: dict[str, dict[str, Any]] = field(repr=False)

    @classmethod
    def open(cls, settings: ClientSettings) -> Services:
        """Opens the channels; they connect when first used."""
        channels = {name: rpc.channel(getattr(settings, name)) for name in STUBS}
        stubs = {name: {key: stub(channels[name]) for key, stub in group.items()} for name, group in STUBS.items()}
        return cls(channels, stubs)

    def stub(self, service: str, name: str) -> Any:
        """A stub by service and noun."""
        return self.stubs[service][name]

    async def close(self) -> None:
        """Closes every channel."""
        for channel in self.channels.values():
            await channel.close()
