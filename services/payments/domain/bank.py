"""Bank details: the number is checked, masked for screens, compared with the holder; a version is never edited.

Checks prove a number well formed, never that the account belongs to the beneficiary: a person verifies that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from schwifty import IBAN
from schwifty.exceptions import InvalidBBANChecksum, SchwiftyException

from kit.errors import Refused, field_invalid
from services.payments.domain.moves import BankDetailsState

_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015\u00a0\u202f\u200b]+")
_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
# Countries whose national number ends with the French RIB key.
_RIB_COUNTRIES = frozenset({"FR", "MC"})


@dataclass(frozen=True)
class CheckedIban:
    """A well-formed IBAN in its compact form. ``foreign``: not French, to be looked at twice before verifying."""

    value: str
    country: str
    foreign: bool

    def __repr__(self) -> str:
        return f"CheckedIban({mask(self.value)})"


def normalize_iban(text: str) -> str:
    """Upper case, without spaces, dots, dashes or a leading "IBAN"."""
    return _SEPARATORS.sub("", text).upper().removeprefix("IBAN").removeprefix(":")


def check_iban(text: str, *, path: str = "iban") -> CheckedIban:
    """The IBAN typed by a person, checked: shape, check digits, length of its country, and the French RIB key.

    Refuses the field ``path`` with ``IBAN_INVALID`` or ``RIB_KEY_INVALID``.
    """
    value = normalize_iban(text)
    if _SHAPE.fullmatch(value) is None:
        raise field_invalid(path, "IBAN_INVALID")
    try:
        IBAN(value, validate_bban=value[:2] in _RIB_COUNTRIES)
    except InvalidBBANChecksum:
        raise field_invalid(path, "RIB_KEY_INVALID") from None
    except SchwiftyException:
        raise field_invalid(path, "IBAN_INVALID") from None
    return CheckedIban(value, value[:2], foreign=value[:2] != "FR")


def mask(iban: str) -> str:
    """What screens show of an IBAN: country, check digits and the last three characters."""
    return f"{iban[:4]} •••• {iban[-3:]}"


class HolderMatch(StrEnum):
    """How the holder on the RIB compares with the beneficiary's name."""

    EXACT = "EXACT"
    CLOSE = "CLOSE"
    DIFFERENT = "DIFFERENT"


_LEGAL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "association assoc asso ass loi 1901 societe ste sas sasu sarl eurl sa scic scop cooperative cooperatif "
        "fondation fonds mutuelle entreprise union federation la le les l de des du d et a au aux en",
    )
)
_TRUNCATED_AT = 10  # a RIB often cuts the holder's name; a shorter common beginning says nothing


def compare_holder(holder: str, beneficiary: str) -> HolderMatch:
    """``EXACT`` but for case, accents and punctuation; ``CLOSE`` but for legal words, order, a cut or a slip."""
    ours, theirs = _words(beneficiary), _words(holder)
    if ours and ours == theirs:
        return HolderMatch.EXACT
    core_ours = [w for w in ours if w not in _LEGAL_WORDS]
    core_theirs = [w for w in theirs if w not in _LEGAL_WORDS]
    return HolderMatch.CLOSE if _close(core_ours, core_theirs) else HolderMatch.DIFFERENT


def _words(name: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain)


def _close(ours: list[str], theirs: list[str]) -> bool:
    if not ours or not theirs:
        return False
    if sorted(ours) == sorted(theirs):
        return True
    a, b = "".join(ours), "".join(theirs)
    if min(len(a), len(b)) >= _TRUNCATED_AT and (a.startswith(b) or b.startswith(a)):
        return True
    alike = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 20 * alike >= 9 * (len(a) + len(b))  # nine letters in ten


@dataclass(frozen=True)
class BankDetailsVersion:
    """One declared version of a beneficiary's bank details; the number itself stays encrypted in the store."""

    bank_details_id: str
    version: int
    state: BankDetailsState


def freeze(versions: Sequence[BankDetailsVersion]) -> BankDetailsVersion:
    """The verified version a payment order carries for ever, or ``BANK_DETAILS_NOT_VERIFIED``.

    Only the newest version counts: an older verified one never pays in place of a newer one still unverified.
    """
    newest = max(versions, key=lambda v: v.version, default=None)
    if newest is None or newest.state is not BankDetailsState.VERIFIED:
        raise Refused("BANK_DETAILS_NOT_VERIFIED")
    return newest
