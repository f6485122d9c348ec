"""Replays run workflow code in this process: it leaves as the suites of workflows do."""

from tests.workflows.conftest import pytest_sessionfinish

__all__ = ["pytest_sessionfinish"]
