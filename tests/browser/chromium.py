"""Where Chromium is: the one named, Playwright's own, the machine's; Debian's is installed when root.

``python -m tests.browser.chromium`` makes sure of one before the tests, as far as it can.
"""

from __future__ import annotations

import os
import shutil
import subprocess
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


def ensure() -> None:
    """Installs Debian's Chromium when none is found and this is root on Debian; says what it does."""
    if find() or os.geteuid() or not shutil.which("apt-get"):
        return
    print("Chromium : installation du paquet de la machine, une à deux minutes…", flush=True)
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"]):
        subprocess.run(
            command, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False
        )


if __name__ == "__main__":
    ensure()
