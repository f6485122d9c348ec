"""Documents: accessible and archivable, the same bytes twice, and nothing typed by a person is read as markup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kit.pdf import RenderError, render, render_in_thread

AT = datetime(2023, 10, 10, 9, 30, tzinfo=UTC)
PAGE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: "Essai")
#set text(lang: "fr")
= Essai
#data.text
"""


def test_a_document_is_accessible_and_archivable() -> None:
    pdf = render(PAGE, {"text": "bonjour"}, timestamp=AT)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1<" in pdf
    assert b"<pdfaid:part>2<" in pdf
    assert b"<pdfaid:conformance>A<" in pdf


def test_the_same_input_gives_the_same_bytes() -> None:
    first = render(PAGE, {"text": "é", "other": "x"}, timestamp=AT)
    same_instant = AT.astimezone(timezone(timedelta(hours=2)))
    assert render(PAGE, {"other": "x", "text": "é"}, timestamp=same_instant) == first
    assert render(PAGE, {"text": "è", "other": "x"}, timestamp=AT) != first


@pytest.mark.parametrize(
    "text", ['#panic("ran")', '#read("/etc/hostname")', "$x^2$ *gras* = titre", "\\", '"); #panic("ran")']
)
def test_markup_in_data_is_inert(text: str) -> None:
    assert render(PAGE, {"text": text}, timestamp=AT)


def test_an_error_holds_no_value_of_the_data() -> None:
    with pytest.raises(RenderError) as failed:
        render(PAGE + "#panic(data.text)", {"text": "Camille Exemple"}, timestamp=AT)
    assert "Camille" not in str(failed.value)
    with pytest.raises(RenderError, match="absent"):
        render(PAGE + "#data.absent", {"text": "x"}, timestamp=AT)


def test_a_picture_without_alternative_text_is_refused() -> None:
    picture = "#image(bytes(\"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>\"), format: \"svg\")"
    with pytest.raises(RenderError, match="alt"):
        render(PAGE + picture, {"text": "x"}, timestamp=AT)


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        render(PAGE, {"text": "x"}, timestamp=datetime(2023, 10, 10))  # noqa: DTZ001


async def test_rendering_leaves_the_loop_free(tmp_path: Path) -> None:
    template = tmp_path / "page.typ"
    template.write_text(PAGE)
    assert await render_in_thread(template, {"text": "x"}, timestamp=AT) == render(PAGE, {"text": "x"}, timestamp=AT)
