"""What was published is told as it was, and what was not is not filled in."""

from __future__ import annotations

from services.intake.domain.editions import COMPUTED, FIGURES, Funnel, after, chosen_from, edition_of, placed
from services.intake.store.editions import editions, laureates


def _figures(year: int) -> dict[str, tuple[int | None, str]]:
    found = next(edition for edition in editions() if edition.year == year)
    return {figure.code: (figure.value, figure.text) for figure in found.figures}


def test_the_2023_edition_as_it_was_published() -> None:
    found = _figures(2023)
    assert [found[code][0] for code in ("received", "examined", "heard", "chosen")] == [47, 26, 21, 13]
    assert found["envelope_cents"] == (150_000_00, "")
    assert found["jobs"] == (None, "environ 20")


def test_the_2020_edition_as_it_was_published() -> None:
    found = _figures(2020)
    assert (found["chosen"][0], found["chosen_study"][0], found["chosen_start"][0]) == (11, 3, 8)
    assert found["jobs"] == (69, "")
    assert found["received"] == (None, "")


def test_every_edition_since_the_first_is_there_newest_first_with_every_figure_known_or_not() -> None:
    assert [edition.year for edition in editions()] == list(range(2023, 2011, -1))
    assert [edition.number for edition in editions()] == list(range(12, 0, -1))
    assert all(tuple(figure.code for figure in edition.figures) == FIGURES for edition in editions())


def test_each_laureate_cites_its_source_and_each_of_its_communes_has_a_code() -> None:
    assert all(one.sources for one in laureates())
    assert all(code and name for one in laureates() for code, name in one.communes)
    assert all(edition.listed == len(_of(str(edition.year))) for edition in editions())


def test_a_commune_is_found_in_any_edition_and_among_several() -> None:
    sucy = chosen_from(laureates(), edition="", commune="94071", track="")
    assert {one.edition for one in sucy} == {"2022", "2023"}
    orly = chosen_from(laureates(), edition="2022", commune="94054", track="")
    assert [one.organization for one in orly] == ["Solidarité Alimentaire France (Andes)"]


def test_a_page_goes_on_after_the_last_one_shown() -> None:
    found = placed(laureates())
    assert next(iter(after(found, ["2023", 6])))[0] == ("2022", 1)
    assert after(found, None) == found
    assert after(found, ["1999", 1]) == found


def test_a_call_run_here_says_its_funnel() -> None:
    counts = dict(zip(COMPUTED, (9, 8, 7, 6, 5, 4), strict=True))
    made = edition_of(Funnel("ESS-X", 3, 2026, fictitious=True, **counts))
    assert {figure.code: figure.value for figure in made.figures} == counts
    assert (made.key, made.listed, made.computed) == ("ESS-X", 5, True)


def _of(year: str) -> list[object]:
    return [one for one in laureates() if one.edition == year]
