"""The sender: mail that is due goes to the mail server, one by one; several senders share the queue.

A mail is held before it is sent and settled after: killed between the two, it leaves a second time under the same
Message-ID.
"""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta

import asyncpg

from kit import clock
from kit.mailer import Letter, Mailer, MailFailed
from kit.settings import MailSettings
from services.intake.domain.mails import MOST_ATTEMPTS, Due, pause_after
from services.intake.store import mails as store
from wording import Locale, mail

log = logging.getLogger(__name__)
HELD = timedelta(minutes=5)
"""Longer than any try lasts."""
POLL_SECONDS = 2.0
LONGEST_REST_SECONDS = 300.0


class Sender:
    """Sends the queue of one installation by its mail server."""

    def __init__(self, pool: asyncpg.Pool, settings: MailSettings) -> None:
        self._pool = pool
        self._mailer = Mailer(settings.smtp_url, settings.sender)
        self._urls = settings.urls

    async def run(self) -> None:
        """Until cancelled. A mail server that is down is left alone longer and longer."""
        rest = POLL_SECONDS
        while True:
            try:
                rest = POLL_SECONDS if await self.round() else min(rest * 2, LONGEST_REST_SECONDS)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("mail queue: %s", type(error).__name__)
            await asyncio.sleep(rest)

    async def round(self) -> bool:
        """Sends what is due now; False when the mail server takes nothing from anybody."""
        await store.drop_mails(self._pool)
        while (due := await store.take_mail(self._pool, pause=HELD)) is not None:
            try:
                await self._mailer.send(self._letter(due))
            except MailFailed as failed:
                await self._failed(due, failed)
                if failed.everybody:
                    return False
            else:
                await store.settle_mail(self._pool, due.mail_id, state="SENT")
        return True

    async def _failed(self, due: Due, failed: MailFailed) -> None:
        log.warning("mail %s: %s", due.mail_id, failed.code)
        if failed.final or due.attempts >= MOST_ATTEMPTS:
            await store.settle_mail(self._pool, due.mail_id, state="GIVEN_UP", failure=failed.code)
        else:
            pause = pause_after(due.attempts)
            await store.put_off_mail(self._pool, due.mail_id, failure=failed.code, pause=pause)

    def _letter(self, due: Due) -> Letter:
        values = json.loads(due.facts_json)
        if due.deadline_at is not None:
            values["deadline_at"] = clock.text(due.deadline_at)
        language: Locale = "en" if due.locale == "en" else "fr"
        subject, text = mail(due.kind, locale=language, url=f"{self._urls[due.site]}{due.path}", values=values)
        return Letter(due.mail_id, due.email, subject, text, language=language, written_at=due.written_at)
