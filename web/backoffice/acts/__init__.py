"""The acts of agents, one module a noun, one line each here; rails show them in this order."""

from __future__ import annotations

from web.acts import registry
from web.backoffice.acts import admissibility

ACTS = registry(
    admissibility.DECIDE_ADMISSIBILITY,
)
