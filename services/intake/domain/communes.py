"""The 47 communes of the Val-de-Marne.

Source: INSEE official geographic code, npm package ``@etalab/decoupage-administratif`` 6.0.0 (MIT). A postcode is not
a key: 94440 covers three communes, Saint-Maur-des-Fossés has two postcodes.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.domain.searching import words


@dataclass(frozen=True)
class Commune:
    """``insee``: five characters; ``ept``: public territorial body of Greater Paris (T10, T11, T12)."""

    insee: str
    name: str
    postcodes: tuple[str, ...]
    ept: str


_ROWS = """
94001 | Ablon-sur-Seine | 94480 | T12
94002 | Alfortville | 94140 | T11
94003 | Arcueil | 94110 | T12
94004 | Boissy-Saint-Léger | 94470 | T11
94011 | Bonneuil-sur-Marne | 94380 | T11
94015 | Bry-sur-Marne | 94360 | T10
94016 | Cachan | 94230 | T12
94017 | Champigny-sur-Marne | 94500 | T10
94018 | Charenton-le-Pont | 94220 | T10
94019 | Chennevières-sur-Marne | 94430 | T11
94021 | Chevilly-Larue | 94550 | T12
94022 | Choisy-le-Roi | 94600 | T12
94028 | Créteil | 94000 | T11
94033 | Fontenay-sous-Bois | 94120 | T10
94034 | Fresnes | 94260 | T12
94037 | Gentilly | 94250 | T12
94038 | L'Haÿ-les-Roses | 94240 | T12
94041 | Ivry-sur-Seine | 94200 | T12
94042 | Joinville-le-Pont | 94340 | T10
94043 | Le Kremlin-Bicêtre | 94270 | T12
94044 | Limeil-Brévannes | 94450 | T11
94046 | Maisons-Alfort | 94700 | T10
94047 | Mandres-les-Roses | 94520 | T11
94048 | Marolles-en-Brie | 94440 | T11
94052 | Nogent-sur-Marne | 94130 | T10
94053 | Noiseau | 94880 | T11
94054 | Orly | 94310 | T12
94055 | Ormesson-sur-Marne | 94490 | T11
94056 | Périgny | 94520 | T11
94058 | Le Perreux-sur-Marne | 94170 | T10
94059 | Le Plessis-Trévise | 94420 | T11
94060 | La Queue-en-Brie | 94510 | T11
94065 | Rungis | 94150 | T12
94067 | Saint-Mandé | 94160 | T10
94068 | Saint-Maur-des-Fossés | 94100+94210 | T10
94069 | Saint-Maurice | 94410 | T10
94070 | Santeny | 94440 | T11
94071 | Sucy-en-Brie | 94370 | T11
94073 | Thiais | 94320 | T12
94074 | Valenton | 94460 | T12
94075 | Villecresnes | 94440 | T11
94076 | Villejuif | 94800 | T12
94077 | Villeneuve-le-Roi | 94290 | T12
94078 | Villeneuve-Saint-Georges | 94190 | T12
94079 | Villiers-sur-Marne | 94350 | T10
94080 | Vincennes | 94300 | T10
94081 | Vitry-sur-Seine | 94400 | T12
"""


def _read(row: str) -> Commune:
    insee, name, postcodes, ept = row.split(" | ")
    return Commune(insee, name, tuple(postcodes.split("+")), ept)


COMMUNES = {commune.insee: commune for commune in map(_read, _ROWS.strip().splitlines())}
"""INSEE code → commune, in order of code."""


def named(query: str) -> tuple[str, ...]:
    """The communes a query speaks of: those whose name has a word that begins with each word typed."""
    typed = words(query)
    if not typed:
        return ()
    return tuple(
        commune.insee
        for commune in COMMUNES.values()
        if all(any(word.startswith(part) for word in words(commune.name)) for part in typed)
    )
