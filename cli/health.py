"""Whether processes answer, and how old the facts are that services wait to see relayed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc
from jalon.common.v1 import plumbing_pb2

from cli.errors import reason_of
from cli.session import Session
from kit import clock, rpc
from kit.errors import Refused

SECONDS = 3.0
SOURCES = ("intake", "review", "payments")
NOT_OURS = ("postgres", "temporal", "temporal_ui")
"""Addresses of programs that do not speak the health protocol of our processes, or are asked in their own way."""


@dataclass(frozen=True)
class Health:
    """One process: ``up`` when it serves."""

    name: str
    address: str
    up: bool


@dataclass(frozen=True)
class Outbox:
    """Facts of one service not relayed yet. ``fault``: why it could not be read (a reason); then the rest is empty."""

    service: str
    waiting: int = 0
    age: timedelta = timedelta(0)
    oldest: str = ""
    fault: str = ""


async def processes(addresses: Mapping[str, str]) -> list[Health]:
    """Every process of ours, asked at once."""
    ours = {name: address for name, address in addresses.items() if name not in NOT_OURS}
    up = await asyncio.gather(*(_serves(address) for address in ours.values()))
    return [Health(name, address, answer) for (name, address), answer in zip(ours.items(), up, strict=True)]


async def _serves(address: str) -> bool:
    if address.startswith("http://"):
        return await _shows(address)
    async with rpc.channel(address) as channel:
        try:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def _shows(url: str) -> bool:
    """A site: its page of health answers."""
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
        try:
            return (await client.get(f"{url}/sante")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


async def outboxes(session: Session) -> list[Outbox]:
    """The outbox of every service."""
    return await asyncio.gather(*(_outbox(session, service) for service in SOURCES))


async def _outbox(session: Session, service: str) -> Outbox:
    request = plumbing_pb2.GetOutboxAgeRequest()
    try:
        pulled = await session.read(f"{service}.plumbing", "GetOutboxAge", request)
    except (Refused, grpc.aio.AioRpcError) as error:
        return Outbox(service, fault=reason_of(error))
    if not pulled.waiting:
        return Outbox(service)
    age = clock.from_timestamp(pulled.now) - clock.from_timestamp(pulled.oldest_at)
    return Outbox(service, pulled.waiting, age, oldest=pulled.oldest_fact)
