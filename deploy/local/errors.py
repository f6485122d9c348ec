"""What may go wrong while an installation is started: one sentence, with its remedy."""

from __future__ import annotations


class LaunchError(Exception):
    """The text is one French sentence that says what is wrong and what to do; it is printed as it is."""


class AlreadyRunning(LaunchError):
    """Another process holds this installation. ``pid`` is its supervisor's, 0 when it did not say."""

    def __init__(self, text: str, *, pid: int) -> None:
        super().__init__(text)
        self.pid = pid
