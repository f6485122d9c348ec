"""What the back-office serves: its controllers and its menu. A page is added by its line here."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from web.act_pages import Pages, act_pages
from web.backoffice.acts import ACTS
from web.backoffice.file import FilePages, load, place
from web.backoffice.files import FilesPage
from web.backoffice.home import HomePage
from web.backoffice.parts import FileParts
from web.desk import MenuEntry

CONTROLLERS: list[ControllerRouterHandler] = [
    HomePage,
    FilesPage,
    FilePages,
    FileParts,
    act_pages("/dossiers", Pages(ACTS, load, place)),
]
MENU = [
    MenuEntry("home", "/"),
    MenuEntry("files", "/dossiers", ("ListApplications", "CountApplications")),
]
