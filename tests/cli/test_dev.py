"""`hipflask dev`, as a newcomer runs it."""

from __future__ import annotations

import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from tests.cli.conftest import APP, Running, SmallProject, Start, all_gone

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def page(project: SmallProject, path: str = "/") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{project.app}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def error_page(project: SmallProject) -> str:
    with pytest.raises(urllib.error.HTTPError) as caught:
        page(project)
    with caught.value as answer:
        return str(answer.read().decode())


@pytest.fixture
def running(shared_project: SmallProject, dev: Start) -> Iterator[Running]:
    shared_project.app_file.write_text(APP, encoding="utf-8")
    return dev(shared_project)


def test_prints_the_addresses_and_serves(running: Running, shared_project: SmallProject) -> None:
    project = shared_project
    for port in (project.app, project.api, project.mailbox):
        assert f"http://127.0.0.1:{port}" in running.said
    assert f"postgresql://postgres:postgres@127.0.0.1:{project.database}" in running.said
    assert page(project) == "first"


def test_tells_the_application_where_everything_is(
    dev: Start, shared_project: SmallProject
) -> None:
    project = shared_project
    (project.root / ".env").write_text("SECRET_KEY=from-dotenv\nMAIL_FROM=env@x.example\n")
    dev(project, MAIL_FROM="real@x.example")
    (project.root / ".env").unlink()
    assert page(project, "/env/SUPABASE_URL") == f"http://127.0.0.1:{project.api}"
    assert page(project, "/env/SITE_URL") == f"http://127.0.0.1:{project.app}"
    assert page(project, "/env/SMTP_PORT") == str(project.smtp)
    assert page(project, "/env/SUPABASE_PUBLISHABLE_KEY").startswith("sb_publishable_")
    assert page(project, "/env/SECRET_KEY") == "from-dotenv"
    assert page(project, "/env/MAIL_FROM") == "real@x.example"


def test_reloads_and_survives_a_syntax_error(
    running: Running, shared_project: SmallProject
) -> None:
    file = shared_project.app_file
    file.write_text(APP.replace("first", "second"), encoding="utf-8")
    running.wait_for("reloaded")
    assert page(shared_project) == "second"
    file.write_text(APP + "x = (\n", encoding="utf-8")
    running.wait_for("did not start")
    assert "SyntaxError" in running.said
    shown = error_page(shared_project)
    assert "SyntaxError" in shown
    assert "never closed" in shown
    said = len(running.lines)
    file.write_text(APP.replace("first", "third"), encoding="utf-8")
    running.wait_for("reloaded", after=said)
    assert page(shared_project) == "third"


def test_application_that_ends_itself_comes_back(
    running: Running, shared_project: SmallProject
) -> None:
    file = shared_project.app_file
    file.write_text("import os\nos._exit(7)\n", encoding="utf-8")
    running.wait_for("ended with code 7")
    assert "ended with code 7" in error_page(shared_project)
    said = len(running.lines)
    file.write_text(APP, encoding="utf-8")
    running.wait_for("reloaded", after=said)
    assert page(shared_project) == "first"


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_everything(
    running: Running, shared_project: SmallProject, number: signal.Signals
) -> None:
    family = running.family()
    assert len(family) >= 3
    running.process.send_signal(number)
    assert running.process.wait(20) == 0
    assert all_gone(family) == []
    assert not (shared_project.state / "stack.json").exists()


def test_killed_parent_leaves_no_process_and_loses_no_row(
    dev: Start, shared_project: SmallProject
) -> None:
    running = dev(shared_project)
    url = f"postgresql://postgres:postgres@127.0.0.1:{shared_project.database}/postgres"
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")
    family = running.family()
    running.process.kill()
    running.process.wait(20)
    assert all_gone(family) == []
    dev(shared_project)
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from kept").fetchone()
        connection.execute("drop table kept")
    assert row == (1,)


def test_killed_application_does_not_take_the_stack_along(
    running: Running, shared_project: SmallProject
) -> None:
    (child,) = [p for p in running.family() if "app_process" in " ".join(p.cmdline())]
    child.kill()
    running.wait_for("ended with code")
    assert page(shared_project) == "first"
    mailbox = f"http://127.0.0.1:{shared_project.mailbox}/livez"
    with urllib.request.urlopen(mailbox, timeout=10) as answer:
        assert answer.status == 200


def test_second_start_says_who_runs(
    running: Running, shared_project: SmallProject, dev: Start
) -> None:
    second = dev(shared_project, ready=False)
    assert second.process.wait(30) == 1
    second.end()
    assert f"process {running.process.pid}" in second.said
    assert "hipflask stop" in second.said
    assert "Traceback" not in second.said
    assert page(shared_project) == "first"


@pytest.mark.parametrize("which", ["app", "api", "database", "mailbox", "smtp"])
def test_port_in_use_is_named_and_nothing_stays(
    project: SmallProject, dev: Start, which: str
) -> None:
    port = getattr(project, which)
    with socket.create_server(("127.0.0.1", port)):
        running = dev(project, ready=False)
        assert running.process.wait(30) == 1
    running.end()
    assert f"Port {port}" in running.said
    assert f"process {psutil.Process().pid}" in running.said
    assert "Traceback" not in running.said
    assert ("--port" in running.said) == (which == "app")
    assert not (project.state / "stack.json").exists()


def test_broken_config_is_one_sentence_with_its_line(project: SmallProject, dev: Start) -> None:
    config = project.root / "supabase" / "config.toml"
    config.write_text(config.read_text() + "\n[api\n", encoding="utf-8")
    running = dev(project, ready=False)
    assert running.process.wait(30) == 1
    running.end()
    assert "config.toml, line 12" in running.said
    assert "Traceback" not in running.said


def test_broken_migration_names_the_line_and_stops(project: SmallProject, dev: Start) -> None:
    migration = project.root / "supabase" / "migrations" / "20260101000000_x.sql"
    migration.write_text("select 1;\n\nselect nothing_there;\n", encoding="utf-8")
    running = dev(project, ready=False)
    assert running.process.wait(60) == 1
    running.end()
    assert "20260101000000_x.sql, line 3" in running.said
    assert "Traceback" not in running.said


def test_template_shows_at_the_next_request(dev: Start, shared_project: SmallProject) -> None:
    folder = shared_project.root / "app" / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "page.html").write_text("one", encoding="utf-8")
    code = APP.replace('return "first"', 'return __import__("flask").render_template("page.html")')
    shared_project.app_file.write_text(code, encoding="utf-8")
    running = dev(shared_project)
    assert page(shared_project) == "one"
    (folder / "page.html").write_text("two, longer", encoding="utf-8")
    assert page(shared_project) == "two, longer"
    assert "reloaded" not in running.said
    shared_project.app_file.write_text(APP, encoding="utf-8")


@POSIX
def test_stop_during_the_start_says_so(dev: Start, shared_project: SmallProject) -> None:
    running = dev(shared_project, ready=False)
    running.wait_for("PostgreSQL")
    family = running.family()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    running.end()
    assert running.lines[-1] == "Stopped."
    assert "Traceback" not in running.said
    assert not all_gone(family)


def test_does_not_claim_to_be_ready_when_the_application_is_not(
    dev: Start, shared_project: SmallProject
) -> None:
    shared_project.app_file.write_text("x = (", encoding="utf-8")
    running = dev(shared_project, ready=False)
    assert running.wait_for("Ready").startswith("Ready but for the application in")


def test_says_when_mail_leaves_this_machine(dev: Start, shared_project: SmallProject) -> None:
    shared_project.app_file.write_text(APP, encoding="utf-8")
    running = dev(shared_project, SMTP_HOST="smtp.example.com", MAIL_FROM="a@example.com")
    assert "Mail leaves through smtp.example.com:587; the mailbox stays empty." in running.said
