"""What people see."""

from __future__ import annotations

import io

import pytest

from hipflask.cli.terminal import Terminal


class Screen(io.StringIO):
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


def test_old_console_shows_what_it_can() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream, stream, {}).step("邮箱", "", 1)
    assert raw.getvalue().startswith(b"  * ??")


def test_closed_pipe_is_no_error() -> None:
    out = io.StringIO()
    out.close()
    Terminal(out, out, {}).result("nobody reads this")


def test_advice_is_what_the_user_has_to_type() -> None:
    out = io.StringIO()
    terminal = Terminal(out, out, {"HIPFLASK_COMMAND": "python3 run.py"})
    terminal.error("Port taken.", "Stop it: `hipflask stop`")
    terminal.result("/srv/hipflask dev")
    assert "`python3 run.py stop`" in out.getvalue()
    assert "/srv/hipflask dev" in out.getvalue()
