"""What a command writes: text for a person (tables, lines) or one JSON document for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from wording import Locale, label

RIGHT = ("cents", "count", "size")
"""Columns of figures, by the end of their label's key."""
WIDE = 180
"""Columns when nobody looks: a file, a pipe."""


class Output:
    """One per command. ``document`` writes JSON when it was asked; the rest is for people."""

    def __init__(self, locale: Locale, *, as_json: bool, console: Console | None = None) -> None:
        self.locale = locale
        self.as_json = as_json
        self._console = console or Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDE)

    def word(self, key: str, **values: object) -> str:
        """A word or a sentence of the wording (``labels``)."""
        return label(key, locale=self.locale, values=values)

    def say(self, key: str, *, style: str = "", **values: object) -> None:
        """One line of the wording (``labels``)."""
        self.show(Text(self.word(key, **values), style=style))

    def show(self, item: RenderableType) -> None:
        """Anything that is drawn."""
        self._console.print(item)

    def document(self, data: Any) -> None:
        """The whole answer as JSON."""
        print(json.dumps(data, ensure_ascii=False, indent=1))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[RenderableType]], *, title: str = "") -> None:
        """``columns`` and ``title``: label keys. An empty table says so."""
        drawn = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
        for key in columns:
            drawn.add_column(self.word(key), justify="right" if key.endswith(RIGHT) else "left", overflow="fold")
        for row in rows:
            drawn.add_row(*row)
        if title:
            self.show(Text(f"\n{self.word(title)}", style="bold"))
        if drawn.row_count:
            self.show(drawn)
        else:
            self.say("cli.nothing", style="dim")
