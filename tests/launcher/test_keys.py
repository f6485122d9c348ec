"""Keys of an installation: made once, private, one per issuer with the roles it may assert."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from jalon.common.v1 import rights_pb2

from deploy.local import compose, keys
from kit.keyring import load_ring


def test_every_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    keys.make(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    keys.make(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    for ring in keys.RINGS:
        assert load_ring(keys.key_ring(tmp_path, ring)).current == "k1"


def test_public_keys_hold_no_private_part_and_name_their_roles(tmp_path: Path) -> None:
    keys.make(tmp_path)
    public = json.loads(keys.issuer_keys(tmp_path).read_text())["keys"]
    assert [key["kid"] for key in public] == list(keys.ISSUERS)
    assert all("d" not in key and key["jalon_roles"] for key in public)


def test_a_real_installation_trusts_no_rehearsal(tmp_path: Path) -> None:
    keys.make(tmp_path, issuers=keys.REAL_ISSUERS)
    assert "rehearsal" not in keys.issuer_keys(tmp_path).read_text()
    assert not keys.signing_key(tmp_path, "rehearsal").exists()


def test_every_role_of_the_contract_has_a_door_and_no_other_has() -> None:
    named = {name.removeprefix("ROLE_") for name in rights_pb2.Role.DESCRIPTOR.values_by_name} - {"UNSPECIFIED"}
    assert {role for roles in keys.ISSUERS.values() for role in roles} == named


def test_a_machine_role_has_its_own_door() -> None:
    for role, door in (("SYSTEM", "worker"), ("ACCOUNTANT", "treasury")):
        assert [issuer for issuer, roles in keys.ISSUERS.items() if role in roles] == [door]


def test_what_compose_is_given_opens_nothing_administrative_to_services(tmp_path: Path) -> None:
    keys.make(tmp_path)
    given = compose.variables(tmp_path)
    services = {name: value for name, value in given.items() if name.endswith("_DATABASE_URL")}
    assert len(set(services.values())) == len(services)
    assert not [name for name, value in services.items() if given["POSTGRES_PASSWORD"] in value]
