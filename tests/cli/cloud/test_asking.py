"""Questions before a change: yes, no, and nobody there."""

from __future__ import annotations

import io

import click
import pytest

from hipflask.cli.cloud.asking import confirm, require_name
from hipflask.errors import DeployError

Monkeypatch = pytest.MonkeyPatch


def typed(text: str, monkeypatch: Monkeypatch, *, by_hand: bool = False) -> None:
    stream = io.StringIO(text)
    monkeypatch.setattr(stream, "isatty", lambda: by_hand)
    monkeypatch.setattr("sys.stdin", stream)


def test_yes_goes_on(monkeypatch: Monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    typed("y\n", monkeypatch)
    confirm("Take these 9 steps?")
    wrote = capsys.readouterr()
    assert (wrote.out, wrote.err.split()[:2]) == ("", ["Take", "these"])


def test_no_stops(monkeypatch: Monkeypatch) -> None:
    typed("n\n", monkeypatch)
    with pytest.raises(click.Abort):
        confirm("Take these 9 steps?")


def test_nobody_there_is_told_how_to_say_yes(monkeypatch: Monkeypatch) -> None:
    for ask in (lambda: confirm("Sure?"), lambda: require_name("Name?", "shop")):
        typed("", monkeypatch)
        with pytest.raises(DeployError, match="Nobody is there") as caught:
            ask()
        assert "--yes" in caught.value.hint


def test_end_of_input_by_hand_stops(monkeypatch: Monkeypatch) -> None:
    typed("", monkeypatch, by_hand=True)
    with pytest.raises(click.Abort):
        confirm("Sure?")


def test_another_name_deletes_nothing(monkeypatch: Monkeypatch) -> None:
    typed("shop\n", monkeypatch)
    require_name("Name?", "shop")
    typed("chop\n", monkeypatch)
    with pytest.raises(DeployError, match="nothing was deleted"):
        require_name("Name?", "shop")
