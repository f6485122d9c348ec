"""A count of hands: the jury's on a file, the assembly's on an act."""

from __future__ import annotations

from dataclasses import dataclass

from kit.errors import field_invalid
from services.review.domain.reasons import Reason


@dataclass(frozen=True)
class Ballot:
    in_favor: int
    against: int
    abstained: int

    @property
    def cast(self) -> int:
        """Every voice, abstentions included."""
        return self.in_favor + self.against + self.abstained

    @property
    def adopted(self) -> bool:
        """Majority of votes expressed; abstentions are not expressed."""
        return self.in_favor > self.against


def check_ballot(ballot: Ballot, voters: int, *, path: str) -> None:
    """Never more voices than those who may vote. Invalid: ``BALLOT_WRONG`` (values ``cast``, ``voters``)."""
    if min(ballot.in_favor, ballot.against, ballot.abstained) < 0 or ballot.cast > voters:
        raise field_invalid(path, Reason.BALLOT_WRONG, cast=str(ballot.cast), voters=str(voters))
