"""The visitor's language, and texts in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from hipflask import HipFlask, gettext, kit, lazy_gettext, ngettext, use_language
from hipflask.kit.web.i18n import Catalogs, pgettext
from hipflask.kit.web.messages import BUILT_IN
from tests.kit.web.conftest import ENVIRON

TAGS = Catalogs(Path("nowhere"), ("en", "zh-Hans"))


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN_us", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hans", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"),
        ("zh_SG", "zh-Hans"),
        ("zh-TW", "zh-Hans"),  # Traditional readers read Simplified sooner than English
        ("de", ""),
        ("eng", ""),
        ("", ""),
        ("*", ""),
    ],
)
def test_matching(tag: str, language: str) -> None:
    assert TAGS.match(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("de,zh;q=0.5,en;q=0.4", "zh-Hans"),
        ("de-DE,fr;q=0.7", "en"),
        ("en;q=0.1,zh;q=0.9", "zh-Hans"),
        ("zh;q=0,en", "en"),
        ("*", "en"),
        ("zh;q=rubbish", "en"),
        (",,;;", "en"),
    ],
)
def test_the_browser_is_asked(app: Flask, header: str, language: str) -> None:
    from hipflask.kit.web.i18n import current_language

    with app.test_request_context(headers={"Accept-Language": header}):
        assert current_language() == language


def test_a_link_from_a_mail_speaks_the_language_of_the_mail(app: Flask) -> None:
    from hipflask.kit.web.i18n import current_language

    for address, language in (
        ("/?language=zh-Hans", "zh-Hans"),
        ("/?language=xx", "en"),
        ("/?language=" + "z" * 9000, "en"),
    ):
        with app.test_request_context(address, headers={"Accept-Language": "en"}):
            assert current_language() == language
    chosen = {"Cookie": "__session=" + "a" * 22 + "~.en"}
    with app.test_request_context("/?language=zh-Hans", headers=chosen):
        assert current_language() == "en"


def test_outside_a_request_the_first_language_is_spoken(app: Flask) -> None:
    with app.app_context():
        assert gettext("Sign in") == "Sign in"


def test_a_mail_to_somebody_else_is_in_their_language(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        with use_language("zh-CN"):
            assert gettext("Sign in") == "登录"
        assert gettext("Sign in") == "Sign in"


@pytest.fixture
def catalog() -> Catalog:
    """A catalog as Babel makes it."""
    made = Catalog(locale="zh_Hans", charset="utf-8")
    made.add("Hello, %(name)s", "%(name)s，你好")
    made.add(("%(num)s note", "%(num)s notes"), ("%(num)s 条笔记",))
    made.add("Open", "打开", context="verb")
    made.add("Sign in", "进入")
    made.add("Left out", "", user_comments=["not translated yet"])
    made.add("Guessed", "猜", flags=["fuzzy"])
    made.add('A "quoted"\nline \\ and\ttab', "“引用”\n行")
    made.add("A very long text " * 12, "很长" * 60)
    return made


@pytest.fixture(params=["po", "mo"])
def translated(request: pytest.FixtureRequest, catalog: Catalog, tmp_path: Path) -> Flask:
    """An app with the catalog beside it, once as text and once compiled."""
    folder = tmp_path / "translations" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"messages.{request.param}").open("wb") as stream:
        (write_po if request.param == "po" else write_mo)(stream, catalog)
    app = Flask("translated", root_path=str(tmp_path))
    HipFlask().init_app(app, environ=ENVIRON)
    return app


def test_texts_come_from_the_catalog(translated: Flask) -> None:
    with translated.test_request_context(headers={"Accept-Language": "zh"}):
        assert gettext("Hello, %(name)s", name="小明") == "小明，你好"
        assert ngettext("%(num)s note", "%(num)s notes", 1) == "1 条笔记"
        assert ngettext("%(num)s note", "%(num)s notes", 5) == "5 条笔记"
        assert pgettext("verb", "Open") == "打开"
        assert gettext('A "quoted"\nline \\ and\ttab') == "“引用”\n行"
        assert gettext("A very long text " * 12) == "很长" * 60


def test_what_is_not_translated_stays(translated: Flask) -> None:
    with translated.test_request_context(headers={"Accept-Language": "zh"}):
        assert gettext("Left out") == "Left out"
        assert gettext("Guessed") == "Guessed"
        assert gettext("Never heard of") == "Never heard of"
        assert gettext("100%") == "100%"


def test_the_app_may_say_the_kits_texts_differently(translated: Flask) -> None:
    with translated.test_request_context(headers={"Accept-Language": "zh"}):
        assert gettext("Sign in") == "进入"
        assert gettext("Page not found") == "页面不存在"


def test_english_plurals_without_a_catalog(app: Flask) -> None:
    with app.test_request_context():
        assert ngettext("%(num)s note", "%(num)s notes", 1) == "1 note"
        assert ngettext("%(num)s note", "%(num)s notes", 0) == "0 notes"


def test_templates_translate_and_escape(translated: Flask) -> None:
    template = (
        "{% trans name=name %}Hello, {{ name }}{% endtrans %}|{{ _('Open') }}|"
        "{% trans num=2 %}{{ num }} note{% pluralize %}{{ num }} notes{% endtrans %}|"
        "{{ pgettext('verb', 'Open') }}"
    )
    with translated.test_request_context(headers={"Accept-Language": "zh"}):
        shown = render_template_string(template, name="<b>")
    assert shown == "&lt;b&gt;，你好|Open|2 条笔记|打开"


def test_a_lazy_text_waits_for_its_visitor(translated: Flask) -> None:
    label = lazy_gettext("Hello, %(name)s", name="Ann")
    with translated.test_request_context(headers={"Accept-Language": "zh"}):
        assert str(label) == "Ann，你好"
        assert f"{label:>8}" == "  Ann，你好"
        assert render_template_string("{{ label }}", label=label) == "Ann，你好"
        assert label + "!" == "Ann，你好!"
        assert label == "Ann，你好"
    with translated.test_request_context():
        assert str(label) == "Hello, Ann"


def test_two_visitors_at_once_get_each_their_language(translated: Flask) -> None:
    @translated.get("/hello")
    def hello() -> str:
        return gettext("Hello, %(name)s", name="Ann")

    client: FlaskClient = translated.test_client()
    for _ in range(2):
        assert client.get("/hello", headers={"Accept-Language": "zh"}).text == "Ann，你好"
        assert client.get("/hello", headers={"Accept-Language": "en"}).text == "Hello, Ann"


def test_a_changed_catalog_is_read_again_while_developing(tmp_path: Path) -> None:
    import os

    path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "a"\nmsgstr "一"\n', "utf-8")
    catalogs = Catalogs(tmp_path, ("en", "zh-Hans"), watch=True)
    assert catalogs.get("zh-Hans").gettext("a") == "一"
    path.write_text('msgid "a"\nmsgstr "二"\n', "utf-8")
    os.utime(path, (1, 1))
    assert catalogs.get("zh-Hans").gettext("a") == "二"


def own_texts() -> set[str]:
    """Return every text that the kit's code gives to gettext."""
    found = set()
    for path in Path(kit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                first = node.args[0] if node.args else None
                if node.func.id in ("gettext", "lazy_gettext") and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def test_the_kits_own_texts_are_all_there_in_chinese() -> None:
    assert {"Send it again", "Sign in"} <= own_texts()
    assert own_texts() - BUILT_IN["zh-Hans"].keys() == set()
