"""The visitor's language, and texts in it: gettext catalogs from ``<app>/translations``.

Standard library only; Jinja's own i18n extension renders ``{% trans %}`` and ``_()``. Language
tags: BCP 47; matching by RFC 4647 section 3.4 (lookup), plus the Chinese regions that write Hans.
"""

from __future__ import annotations

import gettext as stdlib_gettext
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from flask import has_request_context, request
from markupsafe import Markup, escape

from .messages import BUILT_IN
from .visit import app_state, visit

LANGUAGES: Final = ("en", "zh-Hans")
"""What an app speaks unless ``HIPFLASK_LANGUAGES`` says otherwise; the first is the default."""

_override: ContextVar[str] = ContextVar("hipflask_language", default="")

Catalog = stdlib_gettext.NullTranslations


class Catalogs:
    """The translations of one app, read at first use and kept."""

    def __init__(self, folder: Path, languages: Sequence[str], *, watch: bool = False) -> None:
        self.languages = tuple(languages)
        self._folder = folder
        self._watch = watch
        self._read: dict[str, tuple[float, Catalog]] = {}

    def get(self, language: str) -> Catalog:
        """Return the catalog of a language; the kit's own texts stand behind the app's."""
        kept = self._read.get(language)
        if kept is not None and not self._watch:
            return kept[1]
        path = self._path(language)
        stamp = path.stat().st_mtime if path else 0.0
        if kept is None or kept[0] != stamp:
            kept = self._read[language] = (stamp, self._load(language, path))
        return kept[1]

    def _path(self, language: str) -> Path | None:
        base = self._folder / language.replace("-", "_") / "LC_MESSAGES" / "messages"
        for suffix in (".po", ".mo"):
            path = base.with_suffix(suffix)
            if path.is_file():
                return path
        return None

    def _load(self, language: str, path: Path | None) -> Catalog:
        catalog = Catalog()
        if path:
            from .po import read_catalog  # deferred: an app in English needs no catalog

            catalog = read_catalog(path)
        catalog.add_fallback(_BuiltIn(BUILT_IN.get(language, {})))
        return catalog

    def match(self, wanted: str) -> str:
        """Return the language of ours that serves a tag best; empty if none does."""
        tag = wanted.replace("_", "-").lower()
        for language in self.languages:
            if tag == language.lower():
                return language
        for language in self.languages:
            if tag.startswith(language.lower() + "-"):
                return language
        # zh, zh-CN, zh-SG, and, rather than English, zh-TW too.
        primary = tag.partition("-")[0]
        for language in self.languages:
            if language.lower().partition("-")[0] == primary:
                return language
        return ""


class _BuiltIn(Catalog):
    """The kit's own texts in one language."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self._texts = texts

    def gettext(self, message: str) -> str:
        return self._texts.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._texts.get(msgid1 if n == 1 else msgid2)
        return found or super().ngettext(msgid1, msgid2, n)


def current_language() -> str:
    """Return the language of this request.

    What the visitor chose, else what a link names (``?language=``: a mail speaks the language in
    which it was asked for), else the browser's, else the app's first.
    """
    catalogs = app_state().catalogs
    chosen = _override.get()
    if chosen:
        return catalogs.match(chosen) or catalogs.languages[0]
    if not has_request_context():
        return catalogs.languages[0]
    current = visit()
    if not current.language:
        current.depends_on_visitor = True
        current.language = (
            catalogs.match(current.cookie.language)
            or catalogs.match(request.args.get("language", ""))
            or _from_browser(catalogs)
        )
    return current.language


def _from_browser(catalogs: Catalogs) -> str:
    for tag, quality in request.accept_languages:
        found = catalogs.match(tag) if quality > 0 and tag != "*" else ""
        if found:
            return found
    return catalogs.languages[0]


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Speak another language within the block: a mail to somebody else, a job."""
    token = _override.set(language)
    try:
        yield
    finally:
        _override.reset(token)


def catalog() -> Catalog:
    """Return the catalog of the visitor's language."""
    return app_state().catalogs.get(current_language())


def gettext(message: str, **values: Any) -> str:
    """Return the text in the visitor's language, with ``%(name)s`` filled in from ``values``."""
    text = catalog().gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, **values: Any) -> str:
    """Return the form that fits ``number``, which is ``%(num)s`` in the text."""
    return catalog().ngettext(singular, plural, number) % {"num": number, **values}


def pgettext(context: str, message: str, **values: Any) -> str:
    """Return the text that has this meaning (``msgctxt``) in the visitor's language."""
    text = catalog().pgettext(context, message)
    return text % values if values else text


def npgettext(context: str, singular: str, plural: str, number: int, **values: Any) -> str:
    """Return the form that fits ``number`` of the text that has this meaning."""
    text = catalog().npgettext(context, singular, plural, number)
    return text % {"num": number, **values}


class LazyText:
    """A text that is translated when it is shown; made at import, before there is a visitor."""

    __slots__ = ("_message", "_values")

    def __init__(self, message: str, values: dict[str, Any]) -> None:
        self._message = message
        self._values = values

    def __str__(self) -> str:
        return gettext(self._message, **self._values)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __mod__(self, values: Any) -> str:
        text: str = str(self) % values
        return text

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __len__(self) -> int:
        return len(str(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyText):
            return self._message == other._message and self._values == other._values
        return isinstance(other, str) and not isinstance(other, Markup) and str(self) == other

    def __hash__(self) -> int:
        return hash(self._message)


def lazy_gettext(message: str, **values: Any) -> LazyText:
    """Return a text that ``str()`` or a template turns into the visitor's language."""
    return LazyText(message, values)
