"""The stack of one project, in this process."""

from __future__ import annotations

import json
import logging
import os
import smtplib
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.errors import AlreadyRunning, MigrationFailed, PortInUse
from hipflask.local.config import ProjectConfig
from hipflask.local.config.app_address import for_app_at
from hipflask.local.project import Project
from hipflask.local.stack import Stack, Step
from hipflask.local.stack_state import StackState
from tests.cli.conftest import make_project
from tests.local.mailbox.mails import mail

Make = Callable[..., Stack]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose database is made once."""
    return make_project(tmp_path_factory.mktemp("stack") / "small").root


def stack_of(root: Path, **more: Any) -> Stack:
    project = Project.find(root)
    config = ProjectConfig.load(project.config_file, {})
    return Stack(project, config, environ={"PATH": os.environ["PATH"]}, durable=False, **more)


@pytest.fixture
def stack(root: Path) -> Iterator[Stack]:
    with stack_of(root) as stack:
        yield stack


def ask(url: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_everything_answers(stack: Stack) -> None:
    addresses = stack.addresses
    assert ask(f"{addresses.api}/auth/v1/health", apikey=stack.keys.publishable_key)[0] == 200
    assert ask(f"{addresses.api}/auth/v1/health")[0] == 401
    assert ask(f"{addresses.mailbox}/api/v1/messages")[1]["total"] == 0
    with psycopg.connect(addresses.database) as connection:
        row = connection.execute("select to_regclass('auth.users') is not null").fetchone()
    assert row == (True,)


def test_mail_goes_from_auth_to_the_mailbox(stack: Stack) -> None:
    request = urllib.request.Request(
        f"{stack.addresses.api}/auth/v1/otp",
        data=json.dumps({"email": "ada@example.com", "create_user": True}).encode(),
        headers={"apikey": stack.keys.publishable_key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    found = ask(f"{stack.addresses.mailbox}/api/v1/search?query=to:ada@example.com")[1]
    assert found["messages_count"] == 1


def test_mail_comes_in_by_smtp(stack: Stack) -> None:
    host, _, port = stack.addresses.smtp.partition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        client.send_message(mail("bob@example.com"))
    found = ask(f"{stack.addresses.mailbox}/api/v1/search?query=to:bob@example.com")[1]
    assert found["messages_count"] == 1


def test_mail_survives_a_restart(root: Path) -> None:
    with stack_of(root) as stack:
        host, _, port = stack.addresses.smtp.partition(":")
        with smtplib.SMTP(host, int(port), timeout=20) as client:
            client.send_message(mail("carol@example.com"))
    with stack_of(root) as stack:
        found = ask(f"{stack.addresses.mailbox}/api/v1/search?query=to:carol")[1]
    assert found["messages_count"] == 1


def test_listens_on_loopback_only(stack: Stack) -> None:
    import psutil

    addresses = {
        connection.laddr.ip
        for process in (psutil.Process(), *psutil.Process().children(recursive=True))
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_state_file_is_its_owners_alone(stack: Stack) -> None:
    assert stack.project.stack_file.stat().st_mode & 0o777 == 0o600


def test_second_stack_learns_who_runs(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning) as caught:
        stack_of(stack.project.root).start()
    assert caught.value.pid == os.getpid()
    assert stack.addresses.api in caught.value.message
    assert StackState.running(stack.project.stack_file) is not None


def test_stops_when_it_is_asked_with_the_token(stack: Stack) -> None:
    from dataclasses import replace

    state = StackState.running(stack.project.stack_file)
    assert state is not None
    assert state.control_token not in repr(state)
    assert not replace(state, control_token="guess").stop(stack.project.stack_file, patience=0.1)
    assert not stack.stop_requested.is_set()
    # Nobody stops this stack after the request, so the wait ends without success.
    assert not state.stop(stack.project.stack_file, patience=0.1)
    assert stack.stop_requested.is_set()


def test_remains_of_a_dead_stack_are_not_believed(root: Path) -> None:
    file = Project(root).stack_file
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    StackState(1, "2026-01-01T00:00:00+00:00", port, "token").write(file)
    assert StackState.read(file) is not None
    assert StackState.running(file) is None
    file.write_text("{", encoding="utf-8")
    assert StackState.running(file) is None
    with stack_of(root):
        pass
    assert not file.exists()


def test_taken_port_is_named_and_all_is_given_back(root: Path) -> None:
    stack = stack_of(root)
    with (
        socket.create_server(("127.0.0.1", stack.config.local_smtp.port)),
        pytest.raises(PortInUse) as caught,
    ):
        stack.start()
    assert caught.value.port == stack.config.local_smtp.port
    with stack_of(root):
        pass


def test_failed_migration_gives_everything_back(tmp_path: Path) -> None:
    root = make_project(tmp_path / "small").root
    migration = root / "supabase" / "migrations" / "20260101000000_bad.sql"
    migration.write_text("select nothing_there;")
    with pytest.raises(MigrationFailed):
        stack_of(root).start()
    migration.write_text("create schema fine;")
    steps: list[Step] = []
    with stack_of(root, on_step=steps.append):
        pass
    assert [(step.name, step.note) for step in steps][1] == ("Migrations", "1 applied")


def test_seed_runs_for_a_new_database_only(tmp_path: Path) -> None:
    root = make_project(tmp_path / "small").root
    (root / "supabase" / "seed.sql").write_text(
        "create schema if not exists s; create table if not exists s.seeded (n int);"
        "insert into s.seeded values (1);"
    )
    for _ in range(2):
        with stack_of(root) as stack, psycopg.connect(stack.addresses.database) as connection:
            row = connection.execute("select count(*) from s.seeded").fetchone()
            assert row == (1,)


def test_mailbox_can_be_switched_off(tmp_path: Path) -> None:
    root = make_project(tmp_path / "small").root
    config = root / "supabase" / "config.toml"
    config.write_text(config.read_text().replace("[local_smtp]", "[local_smtp]\nenabled = false"))
    with stack_of(root) as stack:
        assert stack.addresses.mailbox == ""
        assert stack.addresses.smtp == ""


def test_mails_lead_to_the_applications_port() -> None:
    config = for_app_at(ProjectConfig(), "http://127.0.0.1:9000")
    assert config.auth.site_url == "http://127.0.0.1:9000"
    assert "http://127.0.0.1:9000/**" in config.auth.additional_redirect_urls


def test_site_elsewhere_is_kept() -> None:
    from dataclasses import replace

    config = ProjectConfig()
    config = replace(config, auth=replace(config.auth, site_url="https://shop.example"))
    assert for_app_at(config, "http://127.0.0.1:9000").auth.site_url == "https://shop.example"


def test_what_a_service_cannot_do_is_told_and_logged(root: Path) -> None:
    told: list[str] = []
    with stack_of(root, on_error=told.append) as stack:
        logging.getLogger("hipflask.local.somewhere").error("mail is stuck", exc_info=True)
        logging.getLogger("hipflask.local.somewhere").warning("only for the log")
        text = (stack.project.logs / "stack.log").read_text(encoding="utf-8")
    assert told == ["mail is stuck"]
    assert "mail is stuck" in text
    assert "only for the log" in text
    logging.getLogger("hipflask").addHandler(logging.NullHandler())
    logging.getLogger("hipflask.local.somewhere").error("after the end")
    assert told == ["mail is stuck"]
