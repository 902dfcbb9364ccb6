"""Several stacks of one folder, side by side: `--config FILE --port-offset N`."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hipflask.local.keys import new_signing_key
from tests.cli.conftest import SmallProject, make_project, run_hipflask

# The four that the official clients' own suites start.
CONFIGURATIONS = {
    "confirmed": "[auth.email]\nenable_confirmations = true\n",
    "automatic": "enable_anonymous_sign_ins = true\n[auth.email]\nenable_confirmations = false\n",
    "closed": "enable_signup = false\n",
    "asymmetric": 'signing_keys_path = "./keys.json"\n',
}


def write_configuration(project: SmallProject, name: str) -> Path:
    usual = (project.root / "supabase/config.toml").read_text(encoding="utf-8")
    path = project.root / "supabase" / f"{name}.toml"
    path.write_text(usual + CONFIGURATIONS[name], encoding="utf-8")
    return path


def settings_of(variables: dict[str, str], path: str = "settings") -> Any:
    headers = {"apikey": variables["SUPABASE_PUBLISHABLE_KEY"]}
    request = urllib.request.Request(f"{variables['SUPABASE_URL']}/auth/v1/{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def free_offsets(project: SmallProject, count: int) -> list[int]:
    """Return distances at which the project's ports are free, for all of them at once."""
    ports = (project.api, project.database, project.mailbox, project.smtp)
    found: list[int] = []
    taken = set(ports)
    for offset in range(1, 65_535 - max(ports)):
        moved = {port + offset for port in ports}
        if moved & taken or not all(is_free(port) for port in moved):
            continue
        found.append(offset)
        taken |= moved
        if len(found) == count:
            return found
    raise AssertionError("no room for the ports")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    project = make_project(tmp_path_factory.mktemp("instances") / "small")
    key = dict(new_signing_key().private_jwk)
    (project.root / "supabase/keys.json").write_text(json.dumps([key]), encoding="utf-8")
    yield project
    run_hipflask(project.root, "stop", "--all")


def test_four_at_once(project: SmallProject) -> None:
    started: dict[str, dict[str, str]] = {}
    offsets = dict(zip(CONFIGURATIONS, free_offsets(project, 4), strict=True))
    for name, offset in offsets.items():
        file = write_configuration(project, name)
        which = ("--config", str(file), "--port-offset", str(offset))
        outcome = run_hipflask(project.root, "start", *which)
        assert outcome.code == 0, outcome.err
        assert f"--port-offset {offset}" in outcome.out
        started[name] = json.loads(
            run_hipflask(project.root / "supabase", "status", *which, "-o", "json").out
        )
        assert started[name]["SUPABASE_URL"].endswith(f":{project.api + offset}")

    settings = {name: settings_of(variables) for name, variables in started.items()}
    assert [each["mailer_autoconfirm"] for each in settings.values()] == [False, True, True, True]
    assert [each["disable_signup"] for each in settings.values()] == [False, False, True, False]
    anonymous = [each["external"]["anonymous_users"] for each in settings.values()]
    assert anonymous == [False, True, False, False]
    kid = json.loads((project.root / "supabase/keys.json").read_text(encoding="utf-8"))[0]["kid"]
    published = settings_of(started["asymmetric"], ".well-known/jwks.json")["keys"]
    assert [key["kid"] for key in published] == [kid]
    assert len({each["DATABASE_URL"] for each in started.values()}) == 4
    assert len({each["SUPABASE_SECRET_KEY"] for each in started.values()}) == 4

    closed = ("--config", "supabase/closed.toml", "--port-offset", str(offsets["closed"]))
    again = run_hipflask(project.root, "start", *closed)
    assert again.code == 1
    assert "already in use by process" in again.err
    assert f"--port-offset {offsets['closed']}" in again.err

    assert run_hipflask(project.root, "status").code == 1  # the usual one does not run
    one = run_hipflask(project.root, "stop", *closed)
    assert (one.code, one.err.startswith("Stopped in")) == (0, True)
    every = run_hipflask(project.root, "stop", "--all")
    assert "Stopped 3 stacks" in every.err
    assert "No stack" in run_hipflask(project.root, "stop", "--all").err
    assert (project.state / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--config", "supabase/none.toml"), 1, "does not exist"),
        (("--port-offset", "65000"), 1, "ports go from 1 to 65535"),
        (("--port-offset", "-1"), 2, "--port-offset"),
        (("--port-offset", "70000"), 2, "--port-offset"),
        (("--port-offset", "many"), 2, "--port-offset"),
    ],
)
def test_bad_input_says_why(
    project: SmallProject, arguments: tuple[str, ...], code: int, said: str
) -> None:
    for command in ("start", "dev"):
        more = ("--port", "9") if command == "dev" else ()
        outcome = run_hipflask(project.root, command, *arguments, *more)
        assert outcome.code == code
        assert said in outcome.err
        assert "Traceback" not in outcome.err


def test_all_goes_alone(project: SmallProject) -> None:
    outcome = run_hipflask(project.root, "stop", "--all", "--port-offset", "3")
    assert outcome.code == 2
    assert "--all" in outcome.err


def test_one_server_is_not_shared(project: SmallProject) -> None:
    outcome = run_hipflask(
        project.root,
        *("start", "--port-offset", "1"),
        HIPFLASK_POSTGRES_URL="postgresql://127.0.0.1:1/postgres",
    )
    assert outcome.code == 1
    assert "HIPFLASK_POSTGRES_URL" in outcome.err
