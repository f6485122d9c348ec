"""What workflow code may not do, so that every history replays; what services may not do, so that time is one."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import Source, none_of, product
from workflows.contract.messages import MESSAGES
from workflows.policies import POLICIES, policy_of

ENTITIES = (
    "workflows/application/",
    "workflows/call.py",
    "workflows/jury.py",
    "workflows/payment_run.py",
    "workflows/bulk.py",
)
MACHINERY = (
    "workflows/entity.py",
    "workflows/rows.py",
    "workflows/state.py",
    "workflows/calendar.py",
    "workflows/traces.py",
)
UNSTABLE = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "asyncio.sleep",
    "uuid4",
    "uuid.uuid4",
    "uuid1",
    "open",
    "print",
    "input",
    "os.environ",
    "os.getenv",
    "threading.Thread",
}
UNSTABLE_MODULES = {
    "random",
    "secrets",
    "os",
    "time",
    "threading",
    "socket",
    "subprocess",
    "requests",
    "pathlib",
    "grpc",
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
CHILDREN = {"execute_child_workflow", "start_child_workflow"}


def _in(source: Source, places: tuple[str, ...]) -> bool:
    return source.path.startswith(places)


def _calls(source: Source) -> list[tuple[ast.AST, str]]:
    return [(node, ast.unparse(node.func)) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]


def _imports(source: Source) -> list[tuple[ast.AST, str]]:
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found += [(node, item.name.split(".")[0]) for item in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node, node.module.split(".")[0]))
    return found


def test_workflow_code_gives_the_same_at_every_replay() -> None:
    found = [
        f"{source.place(node)} {name}"
        for source in product()
        if _in(source, ENTITIES + MACHINERY)
        for node, name in _calls(source)
        if name in UNSTABLE
    ]
    none_of(found, "workflow.now(), uuid5 of the request, an activity")


def test_workflow_code_imports_nothing_that_varies() -> None:
    found = [
        f"{source.place(node)} {name}"
        for source in product()
        if _in(source, ENTITIES + MACHINERY)
        for node, name in _imports(source)
        if name in UNSTABLE_MODULES
    ]
    none_of(found, "an activity does it")


def test_entities_pass_what_they_import_through_the_sandbox() -> None:
    """Imported again for each instance, a module costs time and memory; ours are deterministic."""
    found = [
        source.place(node)
        for source in product()
        if _in(source, ENTITIES) and "from temporalio import workflow" in source.text
        for node in source.tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("workflows.", "kit.", "jalon."))
    ]
    none_of(found, "with workflow.unsafe.imports_passed_through():")


def test_there_is_no_child_workflow_and_no_signal() -> None:
    found = [
        f"{source.place(node)} {name}"
        for source in product()
        if source.path.startswith("workflows/")
        for node, name in _calls(source)
        if name.split(".")[-1] in CHILDREN | {"signal"}
    ]
    none_of(found, "entities speak through updates sent by an activity")


def test_handlers_raise_refusals_only() -> None:
    """Any other exception in a handler blocks the workflow's task for ever."""
    allowed = {"refuse", "ApplicationError", "_refusal", "ValueError", "NotImplementedError"}
    found = [
        f"{source.place(node)} {ast.unparse(node.exc)}"
        for source in product()
        if _in(source, (*ENTITIES, "workflows/rows.py"))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node.exc).split("(")[0] not in allowed
    ]
    none_of(found, "raise refuse(reason)")


@pytest.mark.parametrize("verb", sorted(MESSAGES))
def test_every_verb_has_its_bounds(verb: str) -> None:
    options = policy_of(verb)
    assert options["start_to_close_timeout"]
    assert options["retry_policy"]


def test_every_policy_says_why() -> None:
    assert all(len(policy.reason.split()) > 5 for policy in POLICIES.values())
    none_of(set(POLICIES) - set(MESSAGES), "a policy for a verb that exists")


def test_nobody_reads_the_machine_clock() -> None:
    """One clock per installation: SQL's ``clock.now()``, asked of a service elsewhere (the launcher has none yet)."""
    found = [
        f"{source.place(node)} {name}"
        for source in product()
        if source.path.split("/")[0] in ("kit", "services", "workflows", "cli", "wording")
        for node, name in _calls(source)
        if name in CLOCKS
    ]
    none_of(found, "kit.clock, kit.db.now or Door.now()")


def test_only_settings_reads_the_environment() -> None:
    found = [
        source.place(node)
        for source in product()
        if source.path.split("/")[0] in ("kit", "services", "workflows", "cli", "rehearsal", "wording")
        and source.path not in ("kit/settings.py", "kit/telemetry.py", "workflows/__main__.py")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    none_of(found, "kit.settings")
