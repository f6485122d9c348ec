"""What the edition planted of people, bodies and words: none of it may be found where it has no place."""

from __future__ import annotations

from collections.abc import Iterable

from rehearsal.play import Application, Edition, Person

MARK = " (personne fictive)"


def planted(edition: Edition) -> frozenset[str]:
    """Names, addresses, titles, texts, SIRET, RNA and account numbers of everybody in the play."""
    words = {word for file in edition.applications for word in _of_file(file)}
    words |= {word for person in edition.staff for word in _of_person(person)}
    return frozenset(words)


def _of_person(person: Person) -> Iterable[str]:
    return person.display_name.removesuffix(MARK), person.email


def _of_file(file: Application) -> Iterable[str]:
    bodies = [file.organization]
    yield from _of_person(file.applicant)
    yield from (file.project.title, file.project.summary, file.project.presentation)
    if file.after_award is not None:
        yield from (file.after_award.bank.iban, file.after_award.bank.holder)
        bodies += [file.after_award.entity] if file.after_award.entity else []
    for body in bodies:
        yield from (word for word in (body.siret, body.rna) if word)
        if body.legal_family != "natural_person":
            yield body.name


def found(words: Iterable[str], text: str) -> list[str]:
    """Those of the words that a text holds."""
    return [word for word in words if word in text]
