"""``python -m web.backoffice``."""

from __future__ import annotations

import asyncio

from web.backoffice.pages import CONTROLLERS, MENU
from web.process import serve

if __name__ == "__main__":
    asyncio.run(serve("backoffice", controllers=CONTROLLERS, menu=MENU))
