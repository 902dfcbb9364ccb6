"""What the child process serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from hipflask.cli.app_process import BROKEN_HEADER, is_theirs, load_app


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("tiny", None)


def written(root: Path, code: str) -> None:
    (root / "tiny.py").write_text(code, encoding="utf-8")


FLASK = """
from flask import Flask, render_template
def make(): return Flask(__name__)
app = make()
"""


@pytest.mark.parametrize("name", ["tiny:app", "tiny:make()"])
def test_loads_as_gunicorn_does(root: Path, name: str) -> None:
    written(root, FLASK)
    app: Any = load_app(name, root)
    assert app.name == "tiny"


def test_error_of_a_request_is_for_the_applications_own_page(root: Path) -> None:
    code = """
from flask import Flask
app = Flask(__name__)
app.debug = True
@app.get("/")
def index(): return 1 / 0
@app.errorhandler(500)
def own(error): return "own page", 500
"""
    written(root, code)
    assert Client(load_app("tiny:app", root)).get("/").text == "own page"


@pytest.mark.parametrize(
    ("code", "name", "said"),
    [
        ("x = (", "tiny:app", "never closed"),
        ("import nothing_there", "tiny:app", "nothing_there"),
        ("", "tiny:app", "has no attribute"),
        ("def app(): raise ValueError('<b>why</b>')", "tiny:app()", "&lt;b&gt;why&lt;/b&gt;"),
        ("import sys; sys.exit(3)", "tiny:app", "SystemExit"),
        ("", "tinny:app", "tinny"),
        ("raise ValueError('\\udce6')", "tiny:app", "ValueError"),
    ],
)
def test_error_becomes_a_page(
    root: Path, capsys: pytest.CaptureFixture[str], code: str, name: str, said: str
) -> None:
    written(root, code)
    answer = Client(load_app(name, root)).get("/any/path")
    assert answer.status_code == 500
    assert answer.headers[BROKEN_HEADER]
    assert said in answer.text
    assert "importlib" not in answer.text
    assert capsys.readouterr().err


def test_error_of_ours_is_its_sentence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "from hipflask.errors import ConfigError\nraise ConfigError('No key.', hint='Set KEY.')"
    written(root, code)
    text = Client(load_app("tiny:app", root)).get("/").text
    assert "No key.\nSet KEY." in text
    assert "Traceback" not in text + capsys.readouterr().err


def test_our_frames_stay_out_although_the_environment_lies_in_the_project(root: Path) -> None:
    inside = root / ".venv" / "lib" / "site-packages" / "hipflask"
    assert not is_theirs(str(inside / "cli" / "app_process.py"), root)
    assert is_theirs(str(root / "app" / "forms.py"), root)
    assert not is_theirs("<frozen importlib._bootstrap>", root)
