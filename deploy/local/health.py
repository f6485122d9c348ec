"""Whether a process answers: gRPC's health protocol, or a TCP connection."""

from __future__ import annotations

import socket
import sys

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


def tcp_answers(address: str) -> bool:
    """True when a connection opens within half a second; what is no ``host:port`` never answers."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=0.5):
            return True
    except (OSError, ValueError):
        return False


if __name__ == "__main__":  # the health check of a container: python -m deploy.local.health HOST:PORT
    sys.exit(0 if grpc_serves(sys.argv[1]) else 1)
