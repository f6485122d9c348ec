"""Sentences as people read them: values, typography, refusals, letters, and what happens when a key is unknown."""

from __future__ import annotations

import warnings

import pytest
from jalon.common.v1 import rights_pb2

from kit.errors import FieldFault, Refused, invalid
from wording import (
    MissingSentence,
    code_label,
    enum_label,
    event_sentence,
    explain,
    field_label,
    letter,
    sentence,
)
from wording.values import filled


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("name", "value", "french", "english"),
    [
        ("max_cents", "1500000", "15 000,00 €", "€15,000.00"),
        ("max_cents", 1_500_000, "15 000,00 €", "€15,000.00"),
        ("rate_basis_points", "7000", "70 %", "70 %"),
        ("max_bytes", "20971520", "20 Mo", "20 MB"),
        ("file_bytes", "621", "0,6 ko", "0.6 kB"),
        ("closes_at", "2026-03-12T16:00:00.000000Z", "12 mars 2026, 17:00", "12 March 2026, 17:00"),
        ("closes_at", "2026-07-12T16:00:00+00:00", "12 juillet 2026, 18:00", "12 July 2026, 18:00"),
        ("until", "2026-03-01", "1er mars 2026", "1 March 2026"),
        ("until", "2026-03-12", "12 mars 2026", "12 March 2026"),
        (
            "conditions",
            "act_executory,agreement_signed",
            "acte exécutoire, convention signée",
            "act executory, agreement signed",
        ),
        ("section", "INVESTMENT", "investissement", "investment"),
        ("closes_at", "", "non précisé", "not stated"),
        ("confirmed", True, "oui", "yes"),
        ("count", 3, "3", "3"),
    ],
)
def test_values_are_written_as_people_write_them(name: str, value: object, french: str, english: str) -> None:
    assert plain(filled(f"{{{name}}}", {name: value}, locale="fr")) == french
    assert plain(filled(f"{{{name}}}", {name: value}, locale="en")) == english


def test_a_value_with_braces_is_printed_as_typed() -> None:
    assert filled("{a} {b}", {"a": "{b}", "b": "x"}, locale="en") == "{b} x"


def test_a_value_that_is_absent_is_said_to_be_so() -> None:
    assert filled("avant le {closes_at}", {}, locale="fr") == "avant le non précisé"


def test_an_unknown_reason_warns_and_reads_neutral() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = sentence("NO_SUCH_REASON", locale="fr")
    assert caught[0].category is MissingSentence
    assert "NO_SUCH_REASON" in text
    assert "code" in text


def test_an_unknown_reason_fails_where_warnings_are_errors() -> None:
    with pytest.raises(MissingSentence):
        sentence("NO_SUCH_REASON", locale="fr")


def test_an_unknown_letter_reads_neutral() -> None:
    with pytest.warns(MissingSentence):
        subject, body = letter("no_such_letter", locale="en")
    assert "no_such_letter" in subject
    assert subject == body


def test_french_typography() -> None:
    assert "\u00a0:" in sentence("NOT_FOUND", locale="fr")
    assert "’" in sentence("NOT_FOUND", locale="fr")
    assert "'" not in sentence("NOT_FOUND", locale="fr")


@pytest.mark.parametrize("value", ["JURY_CHAIR", "ROLE_JURY_CHAIR"])
@pytest.mark.parametrize("enum", ["jalon.common.v1.Role", rights_pb2.Role, rights_pb2.Role.DESCRIPTOR])
def test_a_label_by_bare_or_wire_name(value: str, enum: object) -> None:
    assert enum_label(enum, value, locale="fr") == "présidence du jury"
    assert enum_label(enum, value, locale="en") == "jury chair"


def test_nothing_said_is_a_dash() -> None:
    assert enum_label(rights_pb2.Role, "ROLE_UNSPECIFIED", locale="fr") == "—"
    assert enum_label(rights_pb2.Role, "", locale="fr") == "—"


def test_fields_are_named_as_on_the_page() -> None:
    assert field_label("budget[2].amount_cents", locale="fr") == "Budget prévisionnel, ligne 3, montant"
    assert field_label("budget[2].amount_cents", locale="en") == "Forecast budget, row 3, amount"
    assert field_label("upload.virus.scanner", locale="fr") == "upload.virus.scanner"


def test_a_refusal_tells_every_wrong_field() -> None:
    refused = invalid(
        FieldFault("requested_cents", "AMOUNT_UNCLEAR"), FieldFault("track", "CHOICE_UNKNOWN", {"choices": "A, B"})
    )
    told = [plain(line) for line in explain(refused, locale="fr")]
    assert told[0].startswith("Montant demandé : Montant ambigu")
    assert told[1] == "Volet : valeur inconnue. Valeurs possibles : A, B."


def test_a_refusal_without_fields_is_one_sentence() -> None:
    refused = Refused("OCCURRED_IN_FUTURE", values={"now": "2023-03-14T12:00:00.000000Z"})
    assert explain(refused, locale="en") == [
        "The act is dated in the future: by our clock it is 14 March 2023, 13:00. Check the time of your machine."
    ]


def test_a_refused_decision_names_its_remedies() -> None:
    for template in ("inadmissible", "not_shortlisted", "declined", "waiting_list_ended", "correction_lapsed"):
        _, body = letter(template, locale="fr")
        assert "tribunal administratif de Melun" in body
        assert "deux mois" in body
        assert "recours gracieux" in body
        assert "@" not in body


def test_a_letter_fills_its_subject_and_body() -> None:
    subject, body = letter("granted", locale="fr", values={"awarded_cents": 1_500_000})
    assert "15 000,00 €" in plain(subject)
    assert body.startswith("Madame, Monsieur,\n\n")


def test_an_event_and_a_code() -> None:
    tie = {"relation": "expert", "person": "6f1c7a52-0d5e-4c1b-9a54-6f0d8e5b7c11"}
    assert event_sentence("person_related", locale="fr", values=tie) == "Dossier ouvert à une personne (expert·e)."
    named = {**tie, "person": "Ada Martin", "ended": True}
    assert event_sentence("person_related", locale="fr", values=named) == "Dossier fermé à Ada Martin (expert·e)."
    assert "Déport" in event_sentence("person_related", locale="fr", values={**named, "relation": "recused"})
    assert code_label("duty", "first_seal", locale="en") == "first seal"
