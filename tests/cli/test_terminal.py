"""What people see."""

from __future__ import annotations

import errno
import io
import json
import os

import pytest

from hipflask.cli.terminal import Terminal


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, **environ: str) -> str:
    Terminal(stream, stream, environ).error("It failed.", "Do this.\nThen that.")
    return stream.getvalue()


def test_error_says_what_failed_and_what_to_do() -> None:
    assert shown(io.StringIO()) == "Error: It failed.\n       Do this.\n       Then that.\n"


def test_colour_is_for_a_terminal_only() -> None:
    assert "\x1b[31m" in shown(Screen())
    assert "\x1b" not in shown(io.StringIO())


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_refused(environ: dict[str, str]) -> None:
    assert "\x1b" not in shown(Screen(), **environ)


def test_table_is_aligned() -> None:
    out = io.StringIO()
    Terminal(out, out, {}).table([("App", "a"), ("PostgreSQL", "b")])
    assert out.getvalue() == "  App         a\n  PostgreSQL  b\n"


def test_results_and_the_rest_are_apart() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out, err, {})
    terminal.result("result")
    terminal.line("line")
    terminal.step("PostgreSQL", "", 0.5)
    terminal.warning("careful")
    assert out.getvalue() == "result\n"
    assert "0.50 s" in err.getvalue()
    assert "Warning: careful" in err.getvalue()


def test_long_name_and_its_time_are_apart() -> None:
    out = io.StringIO()
    name = "Built hipflask-starter:3957a2a7db01"
    Terminal(out, out, {}).step(name, "", 121.35)
    assert out.getvalue().endswith(f"{name} 121.35 s\n")


def test_old_console_shows_what_it_can() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream, stream, {}).step("邮箱", "", 1)
    assert raw.getvalue().startswith(b"  * ??")


class BadScreen(Screen):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, _text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO])
def test_closed_pipe_or_terminal_is_no_error(number: int) -> None:
    out = io.StringIO()
    out.close()
    Terminal(out, out, {}).result("nobody reads this")
    screen = BadScreen(number)
    Terminal(screen, screen, {}).doing("nor this")
    Terminal(screen, screen, {}).line("nor that")


def test_full_disk_is_an_error() -> None:
    screen = BadScreen(errno.ENOSPC)
    with pytest.raises(OSError, match="space"):
        Terminal(screen, screen, {}).result("half of it")


def test_what_is_being_done_is_replaced_by_the_next_line() -> None:
    screen = Screen()
    terminal = Terminal(screen, screen, {})
    terminal.doing("Build the image")
    terminal.doing("Push the image")
    terminal.line("done")
    terminal.line("next")
    clear = "\r\x1b[2K"
    doing = f"{clear}  Build the image …{clear}  Push the image …"
    assert screen.getvalue() == f"{doing}{clear}done\nnext\n"


def test_result_replaces_it_on_the_screen_only() -> None:
    out, screen = io.StringIO(), Screen()
    terminal = Terminal(out, screen, {})
    terminal.doing("Build")
    terminal.result("built")
    assert out.getvalue() == "built\n"
    assert screen.getvalue().endswith("\r\x1b[2K")


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_what_is_being_done_is_for_a_terminal_only(environ: dict[str, str]) -> None:
    stream = Screen() if environ else io.StringIO()
    Terminal(stream, stream, environ).doing("Build")
    assert stream.getvalue() == ""


class OldScreen(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_old_console_shows_what_is_being_done() -> None:
    raw = io.BytesIO()
    screen = OldScreen(raw, encoding="ascii")
    Terminal(screen, screen, {}).doing("邮箱")
    assert raw.getvalue() == b"\r\x1b[2K  ?? ..."


def test_step_is_as_wide_as_asked() -> None:
    out = io.StringIO()
    terminal = Terminal(out, out, {})
    terminal.step("Push", "in place", width=10)
    terminal.step("Build", seconds=1.5, width=10)
    assert [line.lstrip(" *✓") for line in out.getvalue().splitlines()] == [
        f"{'Push':<10}{'':>7}  in place",
        f"{'Build':<10}{'1.50 s':>7}",
    ]


def test_advice_in_json_is_quoted() -> None:
    """A folder's name may have blanks: run.py then says itself in quotation marks."""
    out = io.StringIO()
    terminal = Terminal(out, out, {"HIPFLASK_COMMAND": 'python3 "my work\\run.py"'})
    terminal.json({"hint": "Repeat: hipflask cloud deploy", "name": "网站"})
    assert json.loads(out.getvalue()) == {
        "hint": 'Repeat: python3 "my work\\run.py" cloud deploy',
        "name": "网站",
    }
    # In every code page, since nobody reads it by eye.
    assert out.getvalue().isascii()


def test_advice_is_what_the_user_has_to_type() -> None:
    out = io.StringIO()
    terminal = Terminal(out, out, {"HIPFLASK_COMMAND": "python3 run.py"})
    terminal.error("Port taken.", "Stop it: `hipflask stop`")
    terminal.result("/srv/hipflask dev")
    assert "`python3 run.py stop`" in out.getvalue()
    assert "/srv/hipflask dev" in out.getvalue()
