"""What must not be kept in a log: tokens, keys, passwords, cookies, whatever text they stand in.

Two ways, because neither is enough. By shape and by name: what looks like a token, and what follows
the word "password". By value: the app's own secrets, wherever and however they turn up.

Texts may come from a visitor. No pattern goes over a text more than once, and texts are short.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

MASK: Final = "***"

_HARMLESS: Final = frozenset(
    {"page", "per_page", "limit", "offset", "sort", "order", "lang", "type", "error_code"}
)

# A word that has to be in the text, in lower case, and what it then is a part of. Looking for the
# words first costs a fortieth of the patterns, which few lines need.
_BY_SHAPE: Final = (
    ("eyj", re.compile(r"eyJ[\w-]{8,}+(?:\.[\w-]*+){0,4}"), "eyJ***"),
    ("sb_", re.compile(r"(sb_(?:secret|publishable)_)[\w-]++"), r"\1***"),
    ("://", re.compile(r"(://[^/\s:@]*+:)[^/\s@]++(@)"), r"\1***\2"),
    ("v1.", re.compile(r"(\bv1\.)[\w-]{40,}+"), r"\1***"),
    ("__session", re.compile(r"(__session[\"']?\s{0,4}[=:,]\s{0,4}[\"']?)[^;\s\"']++"), r"\1***"),
    ("cookie", re.compile(r"(?i)(\b(?:set-)?cookie2?[\"']?\s{0,4}[=:])[^\r\n}]++"), r"\1 ***"),
    ("bearer", re.compile(r"(?i)(\bbearer )[^\s\"',;]++"), r"\1***"),
    ("basic ", re.compile(r"(\b[Bb]asic )[A-Za-z0-9+/=]{8,}+"), r"\1***"),
    ("private key", re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)[^-]++"), r"\1***"),
    ("$argon2", re.compile(r"\$argon2\w{1,2}+\$[^\s\"']++"), "$argon2***"),
    ("$2", re.compile(r"(\$2[abxy]?\$)\d\d\$[./A-Za-z0-9]{20,}+"), r"\1***"),
    # Google, GitHub, Slack, Stripe, Amazon: what comes back from a sign-in, or is a project's key.
    ("ya29.", re.compile(r"ya29\.[\w-]{10,}+"), "ya29.***"),
    ("gh", re.compile(r"\b(gh[opsur]_|github_pat_)\w{16,}+"), r"\1***"),
    ("gocspx-", re.compile(r"GOCSPX-[\w-]++"), "GOCSPX-***"),
    ("xox", re.compile(r"\b(xox[a-z]-)[\w-]{8,}+"), r"\1***"),
    ("k_live_", re.compile(r"\b([prs]k_live_)\w++"), r"\1***"),
    ("akia", re.compile(r"\bAKIA[0-9A-Z]{12,}+"), "AKIA***"),
    # What binds a sign-in with a provider to its browser.
    ("state", re.compile(r"(\bstate[\"']?\s{0,4}[=:,]\s{0,4}[\"']?)[\w.~-]{16,}+"), r"\1***"),
    # Six or eight digits that are called a code: they sign somebody in.
    ("code", re.compile(r"(?i)(\bcode[\"']?\s{0,4}[=:,]\s{0,4}[\"']?)\d{6,8}\b"), r"\1***"),
)
_NAMES: Final = (
    *("passw", "passphrase", "secret", "token", "authorization", "apikey", "api_key", "api-key"),
    *("private_key", "access_key", "signature", "otp", "verifier", "code=", "proof"),
)
_BY_NAME: Final = re.compile(
    r"""(?ix)
    ( (?:passw(?:or)?d|passphrase|secret|token|authorization|api[_-]?key|private_key|access_key
        |signature|\botp|verifier|proof|(?<=[?&])code)
      [\w-]{0,40} (?: ["']? \s{0,4} [=:] | ["'] \s{0,4} , ) \s{0,4} )
    (?: "(?:[^"\\]|\\.)*+"? | '(?:[^'\\]|\\.)*+'? | (?:(?:bearer|basic)\s)? [^\s"'&,;}]++ )
    """
)

_SHORTEST: Final = 10
"""A shorter secret is too common a word to be searched for: ``postgres``."""
_MOST_LEARNT: Final = 64

_lock: Final = threading.Lock()
_learnt: dict[str, None] = {}
_by_value: re.Pattern[str] | None = None


def learn_secrets(secrets: Iterable[str | None]) -> None:
    """Mask these texts from now on, as they are and as they stand in a URL.

    Of the process, as logging is: with two apps, neither logs what is the other's.
    """
    global _by_value  # replaced as a whole, so that reading it needs no lock
    with _lock:
        for secret in secrets:
            if secret and len(secret) >= _SHORTEST:
                _learnt.pop(secret, None)
                _learnt[secret] = None
        for oldest in list(_learnt)[: max(0, len(_learnt) - _MOST_LEARNT)]:
            del _learnt[oldest]
        forms = {form for secret in _learnt for form in (secret, quote(secret, safe=""))}
        # The longest first: a secret may begin with another.
        ordered = sorted(forms, key=len, reverse=True)
        _by_value = re.compile("|".join(map(re.escape, ordered))) if ordered else None


def masked(text: str) -> str:
    """Return the text without what must not be kept."""
    if _by_value is not None:
        text = _by_value.sub(MASK, text)
    lower = text.lower()
    for word, pattern, replacement in _BY_SHAPE:
        if word in lower:
            text = pattern.sub(replacement, text)
    for word in _NAMES:
        if word in lower:
            return _BY_NAME.sub(r"\1***", text)
    return text


def masked_query(query: str) -> str:
    """Return a query string that names its parameters and hides their values."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    shown = [(name, text if name in _HARMLESS else MASK) for name, text in pairs]
    return urlencode(shown, safe="*")


class MaskSecrets(logging.Filter):
    """Masks a record before any formatter sees it; for handlers that are not ours."""

    _FORMATTER: Final = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message and the traceback; let every record through."""
        if getattr(record, "is_masked", False):
            return True  # by another handler's filter
        record.is_masked = True
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        return True


def mask_handlers(handlers: Iterable[logging.Handler]) -> None:
    """Give each handler the filter, once."""
    for handler in handlers:
        if not any(isinstance(each, MaskSecrets) for each in handler.filters):
            handler.addFilter(MaskSecrets())
