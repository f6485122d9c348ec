"""What the back-office serves: its controllers and its menu. A page is added by its line here."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from web.act_pages import Pages, act_pages
from web.backoffice.acts import ACTS
from web.backoffice.agreements import AgreementsPage
from web.backoffice.audit import AuditPage
from web.backoffice.bulk import BulkPages
from web.backoffice.calendar import CalendarPage
from web.backoffice.deliberation import ActPage, DeliberationPage
from web.backoffice.envelopes import EnvelopesPage
from web.backoffice.file import FilePages, load, place
from web.backoffice.files import FilesPage
from web.backoffice.hearings import HearingsPage
from web.backoffice.home import HomePage
from web.backoffice.importing import ImportPage
from web.backoffice.jury import JuryPage
from web.backoffice.live import LiveSession
from web.backoffice.minutes import MinutesPage
from web.backoffice.notes import NotesPages
from web.backoffice.opinions import FileOpinions, OpinionByLink, OpinionDesk
from web.backoffice.parts import FileParts
from web.backoffice.payments import PaymentsPage, RunPage
from web.backoffice.people import PeoplePages
from web.backoffice.rib import AccountPages
from web.backoffice.rulebook import RulebookPage
from web.backoffice.scoring import ScorePage
from web.backoffice.session import SessionPage
from web.backoffice.stopping import StoppingPages
from web.backoffice.stuck import StuckPage
from web.backoffice.thread import MailingPage, ThreadPages
from web.backoffice.traces import TracesPages
from web.desk import MenuEntry

CONTROLLERS: list[ControllerRouterHandler] = [
    HomePage,
    FilesPage,
    BulkPages,
    FilePages,
    FileParts,
    ThreadPages,
    MailingPage,
    act_pages("/dossiers", Pages(ACTS, load, place)),
    HearingsPage,
    JuryPage,
    SessionPage,
    LiveSession,
    StoppingPages,
    MinutesPage,
    ScorePage,
    DeliberationPage,
    ActPage,
    EnvelopesPage,
    PaymentsPage,
    CalendarPage,
    AgreementsPage,
    RunPage,
    RulebookPage,
    ImportPage,
    AuditPage,
    TracesPages,
    StuckPage,
    FileOpinions,
    OpinionByLink,
    OpinionDesk,
    NotesPages,
    AccountPages,
    PeoplePages,
]
MENU = [
    MenuEntry("home", "/"),
    MenuEntry("files", "/dossiers", ("ListApplications", "CountApplications")),
    MenuEntry("opinions", "/avis", ("ListMyOpinions",)),
    MenuEntry("hearings", "/auditions", ("ListHearings",)),
    MenuEntry("jury", "/jury", ("ListSessions", "GetSession")),
    MenuEntry("deliberation", "/deliberation", ("ListActs", "GetCase")),
    MenuEntry("payments", "/versements", ("ListInstallments",)),
    MenuEntry("envelopes", "/enveloppes", ("ListEnvelopes",)),
    MenuEntry("rulebook", "/reglement", ("GetRulebook", "GetCall")),
    MenuEntry("mailing", "/envois", ("ListMails", "RetryMail")),
    MenuEntry("stuck", "/travail-mis-de-cote", ("AskAgain",)),
    MenuEntry("people", "/personnes", ("ListMembers",)),
    MenuEntry("audit", "/controle", ("ListEvents", "VerifySubject")),
]
