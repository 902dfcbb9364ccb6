"""How gcloud is found and started, and what becomes of what it says."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.gcloud import Gcloud, find_gcloud, is_missing, is_there_already
from hipflask.cloudrun.programs import RealPrograms
from hipflask.errors import CommandFailed, ToolMissing

# Says what its environment tells it to say; without that, what it was asked.
STAND_IN = """
import json, os, sys, time
time.sleep(float(os.environ.get("WAITS", "0")))
asked = json.dumps({"argv": sys.argv[1:], "stdin": sys.stdin.read(), "TERM": os.environ["TERM"]})
sys.stdout.buffer.write(os.environ.get("SAYS", asked).encode())
sys.stderr.buffer.write(os.environ.get("COMPLAINS", "").encode())
sys.exit(int(os.environ.get("ENDS_WITH", "0")))
"""
ASK = gcloud("run", "services", "describe", "shop", region="us-west1")


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """An installation of the stand-in, laid out as Google's."""
    for folder in ("bin", "lib"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lib" / "gcloud.py").write_text(STAND_IN, encoding="utf-8")
    start = tmp_path / "bin" / ("gcloud.cmd" if sys.platform == "win32" else "gcloud")
    start.write_text(f"#!{sys.executable}\n{STAND_IN}", encoding="utf-8")
    start.chmod(0o755)
    return tmp_path


def stand_in(sdk: Path, **environ: str) -> Gcloud:
    return Gcloud(RealPrograms(), {**os.environ, "PATH": str(sdk / "bin"), **environ})


def complaint(sdk: Path, text: str, command: Command = ASK, **environ: str) -> CommandFailed:
    """What becomes of an error that gcloud writes."""
    with pytest.raises(CommandFailed) as caught:
        stand_in(sdk, COMPLAINS=text, ENDS_WITH="1", SAYS="", **environ).run(command)
    return caught.value


def test_gets_the_arguments_and_the_input_as_they_are(sdk: Path) -> None:
    command = Command(("gcloud", "x", "--set-env-vars=^@^A=1,2@B=%PATH%"), stdin_of="KEY")
    asked = json.loads(stand_in(sdk).run(command, stdin="välue\n").stdout)
    assert asked == {"argv": list(command.argv[1:]), "stdin": "välue\n", "TERM": "dumb"}


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_exception_ends_the_other_questions(sdk: Path, kind: type[BaseException]) -> None:
    """Ctrl-C would otherwise wait for all of them: half a minute each without a network."""
    asked = stand_in(sdk, WAITS="60")
    began = time.monotonic()
    with pytest.raises(kind), asked.at_once() as pool:
        questions = [pool.submit(asked.ask, ASK) for _ in range(6)]
        raise kind
    assert time.monotonic() - began < 20
    assert all(each.cancelled() or each.exception() for each in questions)


def test_questions_are_asked_in_json(sdk: Path) -> None:
    assert stand_in(sdk).ask(ASK)["argv"][-1] == "--format=json"


@pytest.mark.parametrize(
    ("said", "answer"), [("", None), ("[]\n", []), ('{"a": "书"}', {"a": "书"})]
)
def test_reads_the_answer(sdk: Path, said: str, answer: object) -> None:
    assert stand_in(sdk, SAYS=said).ask(ASK) == answer


def test_answer_that_is_no_json_is_an_error(sdk: Path) -> None:
    with pytest.raises(CommandFailed, match="no JSON") as caught:
        stand_in(sdk, SAYS="Listed 0 items.").ask(ASK)
    assert "gcloud version" in caught.value.hint


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: (gcloud.run.services.describe) Cannot find it\n", "Cannot find it"),
        ("ERROR: gcloud crashed (KeyError): 'x'\n\nReport it.", "gcloud crashed (KeyError)"),
        ("WARNING: old\nERROR: (gcloud.x) one\nERROR: (gcloud.y) two\r\nmore", "two\nmore"),
        ("\x1b[1mERROR:\x1b[0m (gcloud.x) \x1b[31mbad\x1b[0m", "bad"),
        ("no such form", "no such form"),
        ("", "it ended with 1 and said nothing"),
    ],
)
def test_error_is_in_gcloud_s_own_words(sdk: Path, said: str, words: str) -> None:
    error = complaint(sdk, said)
    assert error.message.startswith("gcloud run services describe failed: ")
    assert words in error.message
    assert "WARNING" not in error.message
    assert "\x1b" not in error.message


def test_error_without_a_mark_is_the_end_of_what_was_said(sdk: Path) -> None:
    error = complaint(sdk, "\n".join(f"line {number}" for number in range(20)))
    assert error.message.splitlines()[0].endswith("line 12")
    assert "line 0\n" in error.output


def test_error_says_how_it_was_asked(sdk: Path) -> None:
    error = complaint(sdk, "ERROR: (gcloud.x) no")
    assert (error.command, error.exit_code) == (ASK.text, 1)


@pytest.mark.parametrize(
    "said",
    [
        "Cannot find service [shop]",
        "NOT_FOUND: Requested entity was not found.",
        "NOT_FOUND: Secret [projects/1/secrets/key] not found or has no versions.",
        "Image not found.",
        "Service account shop-run@p.iam.gserviceaccount.com does not exist.",
    ],
)
def test_what_is_not_there_is_none(sdk: Path, said: str) -> None:
    missing = stand_in(sdk, COMPLAINS=f"ERROR: (gcloud.x) {said}", ENDS_WITH="1", SAYS="")
    assert missing.ask_for(ASK) is None


@pytest.mark.parametrize(
    "said",
    [
        "PERMISSION_DENIED: Permission 'run.services.get' denied (or it may not exist).",
        "NOT_FOUND: API has not been used before or it is disabled. SERVICE_DISABLED",
        "Deployment endpoint was not found.",
        "UNAUTHENTICATED: Request had invalid credentials.",
    ],
)
def test_what_cannot_be_asked_is_an_error(sdk: Path, said: str) -> None:
    with pytest.raises(CommandFailed):
        stand_in(sdk, COMPLAINS=f"ERROR: (gcloud.x) {said}", ENDS_WITH="1", SAYS="").ask_for(ASK)


@pytest.mark.parametrize(
    "said",
    [
        "(gcloud.artifacts.repositories.create) ALREADY_EXISTS: the repository already exists",
        "(gcloud.secrets.create) the subject of a conflict: Secret [key] already exists.",
    ],
)
def test_knows_what_was_made_by_somebody_else(sdk: Path, said: str) -> None:
    error = complaint(sdk, f"ERROR: {said}")
    assert is_there_already(error)
    assert not is_missing(error)


def test_without_gcloud_it_says_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="gcloud") as caught:
        Gcloud(RealPrograms(), {"PATH": str(tmp_path)}).run(ASK)
    assert "cloud.google.com/sdk" in caught.value.hint


@pytest.fixture
def on_windows(sdk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose gcloud is a .cmd file."""
    (sdk / "bin" / "gcloud.cmd").write_text("@echo off", encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: str(sdk / "bin" / "gcloud.cmd"))
    return sdk


def test_cmd_file_is_passed_by(on_windows: Path) -> None:
    """Its arguments would go through cmd.exe, which reads % and ^ itself."""
    script = str(on_windows / "lib" / "gcloud.py")
    assert find_gcloud({}) == [sys.executable, "-S", script]
    assert find_gcloud({"CLOUDSDK_PYTHON": "py"}) == ["py", "-S", script]
    bundled = on_windows / "platform" / "bundledpython" / "python.exe"
    bundled.parent.mkdir(parents=True)
    bundled.touch()
    assert find_gcloud({}) == [str(bundled), "-S", script]


def test_cmd_file_alone_is_started(on_windows: Path) -> None:
    (on_windows / "lib" / "gcloud.py").unlink()
    assert find_gcloud({}) == [str(on_windows / "bin" / "gcloud.cmd")]


@pytest.fixture
def real(tmp_path: Path) -> dict[str, str]:
    """The environment of the real gcloud, with nobody signed in and nowhere to go."""
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not installed; the Google Cloud SDK has it")
    inherited = {name: it for name, it in os.environ.items() if not name.startswith("CLOUDSDK_")}
    return {
        **inherited,
        "CLOUDSDK_CONFIG": str(tmp_path / "config"),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": "9",
        "GCE_METADATA_ROOT": "127.0.0.1:9",
    }


def test_real_gcloud_wants_somebody_to_sign_in(real: dict[str, str]) -> None:
    with pytest.raises(CommandFailed, match="active account") as caught:
        Gcloud(RealPrograms(), real).ask(gcloud("projects", "describe", "shop-1234"))
    assert caught.value.hint == "Sign in: gcloud auth login"


@pytest.mark.parametrize(
    "setting",
    [
        ("core/user_output_enabled", "false"),
        ("core/show_structured_logs", "always"),
        ("core/verbosity", "none"),
    ],
)
def test_settings_of_its_user_do_not_silence_it(
    real: dict[str, str], setting: tuple[str, str]
) -> None:
    asked = Gcloud(RealPrograms(), real)
    asked.run(gcloud("config", "set", *setting))
    assert asked.ask(gcloud("config", "list"))["core"]
    with pytest.raises(CommandFailed, match="failed: You do not currently have an active"):
        asked.ask(gcloud("projects", "describe", "shop-1234"))


def test_real_gcloud_keeps_letters_whatever_the_console(real: dict[str, str]) -> None:
    asked = Gcloud(RealPrograms(), {**real, "PYTHONIOENCODING": "latin-1"})
    asked.run(gcloud("config", "set", "core/account", "bücher-书"))
    assert asked.ask(gcloud("config", "list"))["core"]["account"] == "bücher-书"


def test_unknown_flag_is_an_error_in_its_words(real: dict[str, str]) -> None:
    with pytest.raises(CommandFailed, match="--no-such-flag") as caught:
        Gcloud(RealPrograms(), real).run(gcloud("run", "deploy", "shop", no_such_flag=True))
    assert caught.value.exit_code == 2
