"""The catalogs say everything that the pages say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from app import NAME
from visitor import Visitor

STARTER = Path(__file__).parents[1]
CATALOG = STARTER / "app" / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
UPDATE = "update the catalog: README.md, Translations"


def _is_ours(folder: str) -> bool:
    name = Path(folder).name
    return name != "node_modules" and not name.startswith(".")


def test_no_text_is_missing_in_chinese() -> None:
    pytest.importorskip("babel")
    from babel.messages.extract import extract_from_dir
    from babel.messages.frontend import parse_mapping_cfg
    from babel.messages.pofile import read_po

    with (STARTER / "babel.cfg").open() as stream:
        methods, options = parse_mapping_cfg(stream)  # type: ignore[no-untyped-call]
    found = {
        message
        for _, _, message, _, _ in extract_from_dir(
            str(STARTER),
            methods,
            options,
            directory_filter=_is_ours,
        )
    }
    with CATALOG.open("rb") as stream:
        catalog = read_po(stream)
    translated = {
        message.id for message in catalog if message.id and message.string and all(message.string)
    }
    assert found, "the extraction found nothing: babel.cfg is wrong"
    assert found - translated == set(), UPDATE
    assert translated - found == set(), UPDATE


def test_placeholders_survive() -> None:
    pytest.importorskip("babel")
    from babel.messages.pofile import read_po

    with CATALOG.open("rb") as stream:
        catalog = read_po(stream)
    for message in catalog:
        if message.id:
            # The last form is the plural, or the text itself; Chinese has one form.
            original = [message.id] if isinstance(message.id, str) else message.id
            text = [message.string] if isinstance(message.string, str) else message.string
            assert _placeholders(original) == _placeholders(text or ()), original


def _placeholders(forms: Sequence[str]) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", forms[-1]))


def test_chinese_is_set_as_chinese() -> None:
    text = CATALOG.read_text("utf-8")
    chinese = "\n".join(re.findall(r'^msgstr(?:\[0\])? "(.*)"$', text, re.MULTILINE))
    assert not re.search(r"[一-鿿][,;:!?()]|[,;:!?(][一-鿿]", chinese), "full-width punctuation"
    assert not re.search(r"[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]", chinese), "a space between"
    assert "您" not in chinese


PAGES = (
    "/",
    "/signup",
    "/login",
    "/login/email",
    "/users/forgot-password",
    "/auth/check-mail",
    "/auth/callback",
    "/auth/oauth/nobody",
)
NAMES = {"English", "Cookie", "JavaScript", "Google", "GitHub"}


@pytest.mark.parametrize("address", [*PAGES, "/auth/confirm", "/users/reset-password", "/nowhere"])
def test_a_chinese_page_has_no_english_left(
    new_visitor: Callable[..., Visitor], address: str
) -> None:
    page = new_visitor(language="zh-Hans").open(address)
    shown = [page.text, page.title, *re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page.html)]
    request_id = page.response.headers["X-Request-Id"]
    words = set(re.findall(r"[A-Za-z]{2,}", " ".join(shown).replace(request_id, "")))
    assert words <= {*re.findall(r"\w+", NAME), *NAMES}
