"""A form's list of things to ask: each with a tick, why (a code) and a sentence for whoever will answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Field


@dataclass(frozen=True)
class Askable:
    """One thing that may be asked. ``key``: unique in the form; ``whys``: (code, words), the likely one first."""

    key: str
    label: str
    group: str
    whys: Sequence[tuple[str, str]]
    ticked: bool = False


@dataclass(frozen=True)
class Ask:
    """What was ticked."""

    key: str
    why: str
    say: str


class AskField(Field):  # type: ignore[misc]
    """``things``: what may be asked, given before the form is read. ``data``: what is asked (list of :class:`Ask`).

    Inputs are ``<name>`` (the ticked keys), ``<name>-<key>-why`` and ``<name>-<key>-say``.
    """

    things: Sequence[Askable] = ()
    _typed: Mapping[str, Sequence[str]] | None = None

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Keeps what was typed until the things are known (:meth:`offer`)."""
        self.process_errors: list[str] = []
        self._typed = {name: formdata.getlist(name) for name in formdata} if formdata else None
        self.data = list(data) if isinstance(data, list | tuple) else []

    def offer(self, things: Sequence[Askable]) -> None:
        """The things that may be asked; what was typed is read now."""
        self.things = things
        if self._typed is None:
            self.data = [Ask(one.key, one.whys[0][0], "") for one in things if one.ticked]
            return
        ticked = set(self._typed.get(self.name, ()))
        self.data = [self._read(one) for one in things if one.key in ticked]

    def _read(self, thing: Askable) -> Ask:
        why, say = self._one(f"{self.name}-{thing.key}-why"), self._one(f"{self.name}-{thing.key}-say")
        known = [code for code, _ in thing.whys]
        return Ask(thing.key, why if why in known else known[0], say)

    def _one(self, name: str) -> str:
        return next(iter((self._typed or {}).get(name, ())), "").strip()

    @property
    def rows(self) -> list[tuple[Askable, bool, str, str]]:
        """As drawn: thing, ticked, why, sentence."""
        asked = {one.key: one for one in self.data}
        return [
            (
                one,
                one.key in asked,
                asked[one.key].why if one.key in asked else self._one(f"{self.name}-{one.key}-why"),
                asked[one.key].say if one.key in asked else self._one(f"{self.name}-{one.key}-say"),
            )
            for one in self.things
        ]
