"""Command lines as values: what is shown is run, and gcloud reads what was meant."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

from hipflask.cloudrun.command import Command, gcloud, joined_pairs
from tests.cloudrun.running import gcloud_reads

ODD = (
    "a b",
    'say "it\'s"',
    "back\\slash\\",
    "$(id) `id` $HOME",
    "two\nlines",
    "书",
    "",
    "#no",
    "!",
)


def test_flags_are_written_as_gcloud_names_them() -> None:
    command = gcloud("run", "deploy", "shop", region="us-west1", no_traffic=True, quiet=False)
    assert command.argv == ("gcloud", "run", "deploy", "shop", "--region=us-west1", "--no-traffic")


def test_empty_value_is_said() -> None:
    assert gcloud("x", startup_probe="").argv[-1] == "--startup-probe="


@pytest.mark.skipif(sys.platform == "win32", reason="the text is for a POSIX shell")
@pytest.mark.parametrize("value", ODD)
def test_text_is_what_a_shell_runs(value: str) -> None:
    code = "import json, sys; print(json.dumps(sys.argv[1:]))"
    command = Command((sys.executable, "-c", code, value, f"--flag={value}"))
    done = subprocess.run(["sh", "-c", command.text], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [value, f"--flag={value}"]


def test_value_on_standard_input_is_no_argument() -> None:
    command = gcloud("secrets", "versions", "add", "key", stdin_of="SECRET_KEY", data_file="-")
    assert command.text.endswith("--data-file=-  # the value of SECRET_KEY on standard input")
    assert tuple(shlex.split(command.text, comments=True)) == command.argv


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ({}, ""),
        ({"A": "1"}, "A=1"),
        ({"A": "1", "B": "two words"}, "A=1,B=two words"),
        ({"A": "1,2", "B": "3"}, "^@^A=1,2@B=3"),
        ({"A": "1,2", "B": "a@b"}, "^|^A=1,2|B=a@b"),
        ({"^A": "^", "B": ""}, "^@^^A=^@B="),
    ],
)
def test_another_separator_only_where_it_must_be(pairs: dict[str, str], text: str) -> None:
    assert joined_pairs(pairs) == text


@pytest.mark.parametrize(
    "values",
    [
        ("",),
        ("", ""),
        (",", ","),
        ("a=b,c=d", "=", "=="),
        ("two\nlines,", "\r\n"),
        ("书,店", "é"),
        ("^", "^,^", "^@^"),
        (",@|;#~%", "plain"),
        (",@|;#~%:", ":"),
        ("x@", ",|;#~%", "@"),
        (",@|;#~%@@@", "@1", "@1@", "1@"),
        ('{"a": [1, 2], "b": "c"}', "[1,2]"),
    ],
)
def test_gcloud_reads_what_was_meant(values: tuple[str, ...]) -> None:
    pairs = {f"V{number}": value for number, value in enumerate(values)}
    assert gcloud_reads(joined_pairs(pairs)) == pairs


def test_password_of_a_mirror_is_run_and_not_shown() -> None:
    argument = "--build-arg=PIP_INDEX_URL=https://me:s3cret@mirror.example/simple"
    command = Command(("docker", "build", argument))
    assert command.argv[-1] == argument
    assert "s3cret" not in command.text
    assert "https://me:***@mirror.example/simple" in command.text
