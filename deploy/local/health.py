"""Whether a process answers: gRPC's health protocol, a page, or a TCP connection."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def grpc_serves(address: str, *, service: str = "") -> bool:
    """True when ``grpc.health.v1.Health/Check`` answers SERVING within a second."""
    if not tcp_answers(address):
        return False
    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=1.0
            )
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def http_serves(url: str) -> bool:
    """True when ``/sante`` answers 200 within a second."""
    place = urlsplit(url if "//" in url else f"//{url}")
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=1.0)
    try:
        connection.request("GET", "/sante")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


READY: dict[str, Callable[[str], bool]] = {"grpc": grpc_serves, "http": http_serves}
"""By kind of health."""


def tcp_answers(address: str) -> bool:
    """True when a connection opens within half a second; what is no ``host:port`` never answers."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=0.5):
            return True
    except (OSError, ValueError):
        return False


if __name__ == "__main__":  # the health check of a container: python -m deploy.local.health HOST:PORT [http]
    sys.exit(0 if READY[sys.argv[2] if len(sys.argv) > 2 else "grpc"](sys.argv[1]) else 1)
