"""The two sites: ``web.portal`` (applicants, public) and ``web.backoffice`` (agents). They hold no rule of the field:
they show what services answer, save drafts with the service that owns them, and act through ``workflows.commands``.

How a page is added (``web/<site>/<noun>.py``, template ``web/<site>/templates/<noun>.html``):

    class Envelopes(Controller):
        @get("/enveloppes", rpcs=("ListEnvelopes",))
        async def show(self, request: Request[Any, Any, Any], desk: AtDesk) -> Template:
            answer = await desk.read("payments.awards", awards_pb2.ListEnvelopesRequest(call_id=desk.visitor.call_id))
            return page(request, "envelopes.html", title=t("envelopes.title"), envelopes=answer.envelopes)

- ``rpcs`` names every RPC the page needs: the guard reads their rights in the contract, and refuses everybody else.
  A page without ``rpcs`` says ``public=True`` (anybody) or ``signed_in=True`` (whoever signed in); else it is closed.
- ``desk`` (:class:`web.desk.Desk`) is the visitor at work: ``desk.read``, ``desk.send``, ``desk.visitor``;
  ``desk.may("SignAgreement")`` is what hides a button. ``together(a, b)`` reads in parallel.
- The controller joins ``CONTROLLERS`` of ``web/<site>/pages.py``; its entry joins ``MENU`` there.
- Sentences: ``t("key", **values)``, in ``wording/data/pages_<noun>.json`` (section ``labels``, French and English).
  Amounts, dates and enumerations in templates: ``{{ cents|amount }}``, ``{{ stamp|moment }}``, ``{{ stamp|day }}``,
  ``{{ word("intake.Stage", value) }}``.
- Pieces (``{% from "pieces/next_line.html" import next_line %}``): each is shown on ``/style``.
- No inline script nor style (the policy forbids them); scripts are small files of ``web/static``, and every page
  works without them.

How a mail is sent (docs/adr/0018): what intake does writes it itself, in its own transaction
(``services.intake.handlers.mails.tell_people``, or ``store.mails.send_mail`` for somebody who carries no file); a
message of a thread is announced without asking. A site alone says
``await send_mail(desk.site, "invitation", email=…, path="/entrer", deadline_at=…, call_id=…)`` (:mod:`web.mails`): the
kind is a key of section ``mails`` of the wording (subject, body, link, and ``deadline`` if it has one; French and
English), which says that there is something to read and never what. ``opens=True``: the link lets in whoever follows
it.

How an act is added (``web/backoffice/acts/<noun>.py``, model: ``acts/admissibility.py``): an :class:`web.acts.Act` with
its verb, message, form, ``before`` (what the box says before the button is pressed) and ``build`` (the message's
fields); then one line in ``acts/__init__.py``. Title, button and confirmation are ``act.<verb>.title``, ``.button``
and ``.done``; field labels are the keys written in the form. The generic pages do the rest: the same request id for
every retry, what was typed kept, refusals explained beside their field, the conflict shown.
"""
