"""Where Chromium is: the one named, Playwright's own, the machine's."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import sync_playwright

MACHINES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def find() -> str:
    """The program of a browser; empty when there is none."""
    named = os.environ.get("JALON_CHROMIUM", "")
    if named:
        return named if Path(named).exists() else ""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return next((place for place in (own, *MACHINES) if Path(place).exists()), "")
