"""``python -m web.portal``."""

from __future__ import annotations

import asyncio

from web.portal.pages import CONTROLLERS, MENU
from web.process import serve

if __name__ == "__main__":
    asyncio.run(serve("portal", controllers=CONTROLLERS, menu=MENU))
