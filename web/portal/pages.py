"""What the portal serves: its controllers and its menu. A page is added by its line here."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from web.desk import MenuEntry
from web.portal.call import CallPage
from web.portal.calls import CallsPage
from web.portal.eligibility import EligibilityPage
from web.portal.laureates import LaureatesPages
from web.portal.mine import DEEDS, MinePages
from web.portal.pieces import PiecesPages
from web.portal.receipts import ReceiptPage
from web.portal.report import ReportPage
from web.portal.taking import TakingPage
from web.portal.thread import LettersPages
from web.portal.verify import VerifyPage
from web.portal.writing import WritingPages

CONTROLLERS: list[ControllerRouterHandler] = [
    CallsPage,
    CallPage,
    LaureatesPages,
    EligibilityPage,
    VerifyPage,
    MinePages,
    ReceiptPage,
    PiecesPages,
    LettersPages,
    ReportPage,
    TakingPage,
    DEEDS,
    WritingPages,
]
MENU = [
    MenuEntry("calls", "/", ("ListCalls",)),
    MenuEntry("laureates", "/laureats", ("ListEditions",)),
    MenuEntry("mine", "/demandes", ("ListMyApplications",)),
    MenuEntry("verify", "/verifier", ("VerifyReceipt",)),
]
