"""Every committed history still replays with the worker's own workflows."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.worker import Replayer

from kit.engine import temporal_plugin
from tests.replay import corpus
from workflows.__main__ import WORKFLOWS

LARGEST = 1_500_000
"""Bytes of one release's corpus."""


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
        await Replayer(workflows=WORKFLOWS, plugins=[temporal_plugin()]).replay_workflow(history)
