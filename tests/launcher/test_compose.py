"""docker-compose.yml and the one-machine launcher run the same processes with the same variables."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.local.places import CHECKOUT
from deploy.local.processes import Process, processes

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
PROCESSES = processes("real")
OTHERS = {"postgres", "temporal-schema", "temporal", "temporal-ui", "collector", "migrate", "namespace"}


def test_same_processes_in_the_same_order() -> None:
    ours = [name for name in COMPOSE["services"] if name not in OTHERS]
    assert ours == [process.name for process in PROCESSES]


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_same_command_and_variables(process: Process) -> None:
    service = COMPOSE["services"][process.name]
    assert service["command"] == [process.module]
    assert set(service["environment"]) == set(process.variables)
    assert service["environment"]["OTEL_SERVICE_NAME"] == f"jalon-{process.name}"


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_every_key_a_process_names_is_given_to_it_and_no_other(process: Process) -> None:
    service = COMPOSE["services"][process.name]
    values = " ".join(str(value) for value in service["environment"].values())
    assert set(re.findall(r"/run/secrets/(\w+)", values)) == set(service["secrets"])
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", [*(process.name for process in PROCESSES), "postgres", "temporal"])
def test_what_others_wait_for_has_a_health_check(name: str) -> None:
    assert COMPOSE["services"][name]["healthcheck"]["test"]


def test_every_variable_is_explained() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    explained = (CHECKOUT / ".env.example").read_text()
    named = set(re.findall(r"\$\{(\w+)", text)) | {name for process in PROCESSES for name in process.variables}
    assert {name for name in named if not re.search(rf"^#? ?{name}=", explained, re.M)} == set()


def test_no_container_of_ours_holds_the_administrative_password() -> None:
    for process in PROCESSES:
        assert "DATABASE_URL" not in COMPOSE["services"][process.name]["environment"]
