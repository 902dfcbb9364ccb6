"""Hashing, checking and judging passwords (bcrypt, as GoTrue stores them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import bcrypt

from hipflask.local.auth import imported_hashes
from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from hipflask.local.config import AuthConfig

#: bcrypt reads no further than this; GoTrue refuses more and counts bytes too.
LONGEST: Final = 72
_LOWER: Final = "abcdefghijklmnopqrstuvwxyz"
_UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS: Final = "0123456789"
_SYMBOLS: Final = "!@#$%^&*()_+-=[]{};'\\:\"|<>?,./`~"
#: config.toml's password_requirements -> sets of which each must be met.
REQUIRED_CHARACTERS: Final = {
    "": (),
    "letters_digits": (_LOWER + _UPPER, _DIGITS),
    "lower_upper_letters_digits": (_LOWER, _UPPER, _DIGITS),
    "lower_upper_letters_digits_symbols": (_LOWER, _UPPER, _DIGITS, _SYMBOLS),
}


def hash_password(password: str, cost: int) -> str:
    """Return the bcrypt hash of ``password``, or "" for the empty one. Slow on purpose."""
    if not password:
        return ""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost, b"2a")).decode()


def matches(password: str, stored_hash: str, cost: int) -> bool:
    """Whether ``password`` is the one that was hashed.

    Without a stored hash the same work is done for nothing, so that the time does not tell
    whether there is such a user. Hashes that cannot be read match nothing.
    """
    try:
        imported = imported_hashes.parse(stored_hash)
    except ValueError:  # none, or one that somebody wrote by hand
        _compare(password, f"$2a${cost:02d}${'.' * 53}")
        return False
    return imported.matches(password) if imported else _compare(password, stored_hash)


def _compare(password: str, stored_hash: str) -> bool:
    return bcrypt.checkpw(password.encode()[:LONGEST], stored_hash.encode())


def weaknesses(password: str, config: AuthConfig) -> tuple[list[str], list[str]]:
    """Return the rules that ``password`` breaks: GoTrue's reasons, and sentences about them."""
    reasons, sentences = [], []
    if len(password.encode()) < config.minimum_password_length:
        reasons.append("length")
        sentences.append(
            f"Password should be at least {config.minimum_password_length} characters."
        )
    sets = REQUIRED_CHARACTERS.get(config.password_requirements, ())
    if any(not set(password).intersection(characters) for characters in sets):
        reasons.append("characters")
        sentences.append(
            f"Password should contain at least one character of each: {', '.join(sets)}."
        )
    return reasons, sentences


def require_strong(password: str, config: AuthConfig) -> None:
    """Raise weak_password, or validation_failed for one that is too long to be hashed whole."""
    if len(password.encode()) > LONGEST:
        raise AuthApiError(
            "validation_failed", f"Password cannot be longer than {LONGEST} characters"
        )
    reasons, sentences = weaknesses(password, config)
    if reasons:
        raise AuthApiError("weak_password", " ".join(sentences), weak_password_reasons=reasons)
