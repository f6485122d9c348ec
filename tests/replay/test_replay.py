"""Every committed history still replays with the worker's own workflows, and one that was changed does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay import corpus
from workflows.__main__ import RUNNER, WORKFLOWS

LARGEST = 1_500_000
"""Bytes of one release's corpus."""


async def replay(history: WorkflowHistory) -> None:
    """As the worker would, without traces."""
    runner = replace(RUNNER, restrictions=RUNNER.restrictions.with_passthrough_modules("opentelemetry"))
    await Replayer(workflows=WORKFLOWS, workflow_runner=runner).replay_workflow(history)


def test_every_release_holds_every_ending_and_every_entity() -> None:
    releases = [folder for folder in corpus.HISTORIES.iterdir() if folder.is_dir()]
    assert releases
    for release in releases:
        kept = corpus.files(release.name)
        assert {path.name.removesuffix(".json.gz") for path in kept} == set(corpus.NAMES), release.name
        assert sum(path.stat().st_size for path in kept) < LARGEST


@pytest.mark.parametrize("path", corpus.files(), ids=lambda path: f"{path.parent.name}/{path.name}")
async def test_it_replays(path: Path) -> None:
    kept = corpus.read(path)
    assert kept.runs
    for history in kept.runs:
        assert len(history.events) > 3
        await replay(history)


async def test_a_history_of_other_code_is_refused() -> None:
    history = corpus.read(corpus.files()[0]).runs[0]
    scheduled = next(event for event in history.events if event.HasField("activity_task_scheduled_event_attributes"))
    scheduled.activity_task_scheduled_event_attributes.activity_type.name = "something_else"
    with pytest.raises(NondeterminismError):
        await replay(history)
