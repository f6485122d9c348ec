"""Every page that anybody reaches by links, at moments of a whole call, looked at in every way: axe (wide and narrow),
keyboard, text twice as large, 320 pixels, JavaScript off, no word of English. The figures are printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from deploy.local.installation import Installation
from tests.browser.matrix.crawling import Crawl
from tests.browser.matrix.moments import crawl_everybody
from tests.browser.people import People
from tests.faults.small_call import playing, small_call
from web.legal import templates

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
MOMENTS = (
    *("completeness_checked", "opinions_given", "hearings_recorded", "jury_closed"),
    *("agreements_countersigned", "advance_run_second_seal"),
)
"""The call is left just before each of these, then when it could be closed."""
ELSEWHERE = {
    "layout/sign_in.html": "a demonstration has another way in",
}
"""Pages no link of a demonstration leads to, and where they are looked at."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of this module's own."""
    made = Installation.create(tmp_path_factory.mktemp("matrix"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


async def test_every_page_in_every_way(browser: Browser, own: Installation) -> None:
    edition = small_call()
    people = People(browser, own, [])
    crawl = Crawl(people)
    async with playing(own, edition) as play:
        for moment in (*(edition.calendar.moments[name] for name in MOMENTS), play.schedule[-1].at):
            await play.through(moment - timedelta(seconds=1))
            crawl.forget_kinds()
            await crawl_everybody(crawl)
    await people.close()
    print(crawl.looks.told())
    assert crawl.looks.faults == []
    unseen = (templates("portal") | templates("backoffice")) - crawl.templates - set(ELSEWHERE)
    assert unseen == set(), "pages that no look has reached"
