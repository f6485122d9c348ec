"""What sites, the command line and the rehearsal call: one door a process, one typed way to act, send, read."""

from workflows.commands.door import Door, Who
from workflows.commands.outcome import NotYetRecorded, Outcome

__all__ = ["Door", "NotYetRecorded", "Outcome", "Who"]
