"""What a person is told after an act."""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.state import Facts


@dataclass(frozen=True)
class Outcome:
    """``finished`` False: "enregistré, en cours" — the engine has it and will carry it out, or the act is done and
    something it asked of another service is parked (then ``facts`` are there)."""

    request_id: str
    finished: bool
    facts: Facts = field(default_factory=dict)
    version: int = 0


class NotYetRecorded(Exception):
    """ "Pas encore enregistré, réessayez": nothing was kept; the same ``request_id`` makes the retry safe."""

    def __init__(self, request_id: str) -> None:
        super().__init__("NOT_YET_RECORDED")
        self.request_id = request_id
