"""Plain mail over SMTP (aiosmtplib): one message at a time, its identity stable, what went wrong as a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from kit import clock

SECONDS = 20.0
PORTS = {"smtp": 25, "smtps": 465}


class MailFailed(Exception):
    """A mail that did not leave. ``code``: ``UNREACHABLE`` or ``SMTP_550``; ``final``: another try would say the same.
    ``everybody``: it says nothing of this mail, others would fail alike."""

    def __init__(self, code: str, *, final: bool, everybody: bool) -> None:
        super().__init__(code)
        self.code = code
        self.final = final
        self.everybody = everybody


@dataclass(frozen=True)
class Calendar:
    """A calendar file that goes with a mail. ``method``: what it asks of the calendar (REQUEST, CANCEL)."""

    name: str
    method: str
    body: bytes


@dataclass(frozen=True)
class Letter:
    """A mail to send. ``mail_id``: the same for every try, so that a second copy is known as one."""

    mail_id: str
    to: str
    subject: str
    text: str
    language: str
    written_at: datetime
    calendar: Calendar | None = None


@dataclass(frozen=True)
class Mailer:
    """A mail server: ``smtp://[name:password@]host[:port]`` (STARTTLS when it offers it) or ``smtps://``; ``sender``:
    whom mail comes from."""

    url: str
    sender: str

    async def send(self, letter: Letter) -> None:
        """Hands a mail over. Raises :class:`MailFailed`."""
        place = urlsplit(self.url)
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=place.hostname or "",
                port=place.port or PORTS[place.scheme],
                username=unquote(place.username) if place.username else None,
                password=unquote(place.password) if place.password else None,
                use_tls=place.scheme == "smtps",
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max((one.code for one in refused.recipients), default=450)
            raise MailFailed(f"SMTP_{code}", final=code >= 500, everybody=False) from refused
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as refused:
            raise MailFailed(f"SMTP_{refused.code}", final=False, everybody=True) from refused
        except aiosmtplib.SMTPDataError as refused:
            raise MailFailed(f"SMTP_{refused.code}", final=refused.code >= 500, everybody=False) from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise MailFailed(f"SMTP_{refused.code}", final=False, everybody=True) from refused
        except (aiosmtplib.SMTPException, OSError) as silent:
            raise MailFailed("UNREACHABLE", final=False, everybody=True) from silent

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at.astimezone(clock.PARIS))
        message["Message-ID"] = f"<{letter.mail_id}@{self.sender.rpartition('@')[2].rstrip('>')}>"
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.calendar:
            message.add_attachment(
                letter.calendar.body,
                maintype="text",
                subtype="calendar",
                filename=letter.calendar.name,
                params={"method": letter.calendar.method, "charset": "utf-8"},
            )
        return message
