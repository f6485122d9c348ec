"""Mail: how a site sends one (:func:`send_mail`), and in a demonstration ``/courriels``, where all of it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jalon.intake.v1 import mails_pb2
from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from kit import clock
from web import words
from web.desk import AtDesk, Site, answered
from web.page import AnyRequest, address, page
from web.words import t
from wording import mail
from workflows.commands import Who

AT_THE_DOOR = Who("DOOR", frozenset({"DOOR"}))


@dataclass(frozen=True)
class Shown:
    """A mail as whoever gets it reads it."""

    mail: mails_pb2.Mail
    subject: str
    text: str
    url: str


async def send_mail(
    site: Site,
    kind: str,
    *,
    email: str,
    path: str,
    values: Mapping[str, str] | None = None,
    deadline_at: datetime | None = None,
    call_id: str = "",
    opens: bool = False,
    request_id: str = "",
) -> None:
    """Queues a mail: ``kind`` names its words (section ``mails`` of the wording), ``path`` what its link opens on this
    site; ``opens``: the link lets in whoever follows it. The same ``request_id`` sends it once. Raises ``Refused``
    (``EMAIL_UNCLEAR``) or ``ServiceSilent``."""
    request = mails_pb2.SendMailRequest(
        email=email,
        kind=kind,
        locale=words.locale(),
        site=site.name,
        path=path,
        values_json=json.dumps(dict(values or {})),
        deadline_at=clock.to_timestamp(deadline_at),
        call_id=call_id,
        opens=opens,
    )
    rpc = site.door.services.stub("intake", "mails").SendMail
    await answered("intake", site.door.send(AT_THE_DOOR, rpc, request, request_id=request_id))


@get("/courriels", public=True)
async def read_mails(request: AnyRequest, desk: AtDesk, *, a: FromQuery[str] = "") -> Template:
    """Every mail of a demonstration, newest first; this page exists there alone. ``a``: to one address."""
    asked = mails_pb2.ListFictitiousMailsRequest(email=a.strip(), page_token=request.query_params.get("page", ""))
    answer = await desk.read("intake.mails", asked)
    following = address(request, page=answer.next_page_token) if answer.next_page_token else ""
    shown = [_shown(desk.site, one) for one in answer.mails]
    return page(request, "mails.html", title=t("mails.title"), mails=shown, only=a.strip(), following=following)


def _shown(site: Site, one: mails_pb2.Mail) -> Shown:
    values = json.loads(one.values_json or "{}")
    if one.HasField("deadline_at"):
        values["deadline_at"] = clock.text(clock.from_timestamp(one.deadline_at))
    url = f"{site.urls[one.site]}{one.path}"
    subject, text = mail(one.kind, locale="en" if one.locale == "en" else "fr", url=url, values=values)
    return Shown(one, subject, text, url)
