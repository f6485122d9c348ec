"""Amounts are whole cents everywhere: no float can enter, on the wire, in the rules or in SQL."""

from __future__ import annotations

import ast
import re

from google.protobuf.descriptor import FieldDescriptor

from tests.house.tree import Source, contracts, none_of, product, sql_files

INEXACT = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
INEXACT_SQL = re.compile(r"\b(real|double precision|float4|float8|money)\b", re.IGNORECASE)


def _of_money(source: Source) -> bool:
    parts = source.path.split("/")
    in_domain = parts[0] == "services" and "domain" in source.path.removesuffix(".py").split("/")
    return in_domain or source.path == "kit/money.py" or source.service == "payments"


def test_no_float_in_the_rules_nor_in_payments() -> None:
    floats = [
        source.place(node)
        for source in product()
        if _of_money(source)
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]
    none_of(floats, "whole cents, basis points, fractions of integers")


def test_no_inexact_field_in_the_contracts() -> None:
    inexact = [
        field.full_name
        for file in contracts()
        for message in file.message_types_by_name.values()
        for field in message.fields
        if field.type in INEXACT
    ]
    none_of(inexact, "int64 cents, or an exact fraction")


def test_every_amount_on_the_wire_is_64_bit_cents() -> None:
    narrow = [
        field.full_name
        for file in contracts()
        for message in file.message_types_by_name.values()
        for field in message.fields
        if field.name.endswith("_cents") and field.type != FieldDescriptor.TYPE_INT64
    ]
    none_of(narrow, "64 bits")


def test_every_amount_in_sql_is_a_bigint() -> None:
    narrow = [
        f"{name}: {column} {kind}"
        for name, text in sql_files()
        for column, kind in re.findall(r"(?m)^\s+(\w+_cents)\s+(\w+)", text)
        if "CREATE TABLE" in text and kind.lower() not in ("bigint", "as", "from", "and", "is", "in")
    ]
    none_of(narrow, "64 bits")


def test_no_inexact_type_in_sql() -> None:
    inexact = [
        f"{name}: {found.group()}"
        for name, text in sql_files()
        for found in INEXACT_SQL.finditer(re.sub(r"--.*|'[^']*'", "", text))
    ]
    none_of(inexact, "bigint for cents, numeric where a fraction is meant")
