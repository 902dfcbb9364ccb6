"""A service from its second deploy to its end: trying, traffic, rollback, settings, logs, delete.

One story, told in order: each test goes on where the one before has stopped.
"""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys

import pytest

from hipflask.testing import SupabaseBackend
from tests.cli.cloud.shop import Shop, StarterContainers
from tests.google import FakeGoogle

ADDRESS = "https://corner-shop-123456789012.us-west1.run.app"
TAGGED = "https://candidate---corner-shop-123456789012.us-west1.run.app"


@pytest.fixture(scope="module")
def first(shop: Shop, google: FakeGoogle) -> str:
    """The revision of a first deploy, from a project in which everything is switched on."""
    google.enable("run", "artifactregistry", "secretmanager", "iam", "containeranalysis")
    answer = shop.run("cloud", "deploy", "--yes", "--format", "json")
    assert answer.code == 0, answer.text
    return str(json.loads(answer.out)["revision"])


@pytest.fixture(autouse=True)
def fresh_record(first: str, google: FakeGoogle) -> None:
    """What was visited and asked before a test is none of its business."""
    google.requests.clear()
    google.visits.clear()


def traffic(google: FakeGoogle) -> dict[str, int]:
    """Who has how much, as Cloud Run has it."""
    routes = google.service("corner-shop").to_json()["status"]["traffic"]
    return {each["revisionName"]: each["percent"] for each in routes if each.get("percent")}


def changes(google: FakeGoogle) -> list[str]:
    """What changed, by the command that asked for it."""
    return [
        request.command
        for request in google.requests
        if request.method in ("PUT", "DELETE")
        or (request.method == "POST" and request.path.endswith((":setIamPolicy", "/services")))
    ]


def test_first_revision_has_all_traffic(first: str, google: FakeGoogle) -> None:
    assert traffic(google) == {first: 100}


def test_deploy_again_changes_nothing(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "deploy", "--yes")
    assert answer.code == 0, answer.text
    assert "Everything is in place already." in answer.err
    assert changes(google) == []
    # It was looked at all the same, by its tag and by its address.
    assert f"GET {TAGGED}/login" in google.visits
    assert f"GET {ADDRESS}/login" in google.visits
    # There is no revision before this one.
    assert "hipflask cloud rollback" not in answer.err


def test_failing_look_at_what_runs_already(first: str, shop: Shop, google: FakeGoogle) -> None:
    """It is not said that visitors have an old revision: there is none."""
    answer = shop.run(
        *("cloud", "deploy", "--yes", "--smoke-path", "/nowhere", "--smoke-timeout", "0")
    )
    assert answer.code == 1
    assert "For visitors nothing has changed" in answer.err
    assert "old revision" not in answer.err


def test_smoke_test_that_fails_leaves_the_traffic(
    first: str, shop: Shop, google: FakeGoogle, containers: StarterContainers
) -> None:
    shop.write("notes.txt", "a new commit")
    shop.commit()
    containers.broken["PGHOSTADDR"] = "127.0.0.2"
    containers.broken["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    answer = shop.run("cloud", "deploy", "--yes", "--smoke-timeout", "2", "--format", "json")
    containers.broken.clear()
    assert answer.code == 1
    assert traffic(google) == {first: 100}
    assert "Visitors still get the old revision." in answer.err
    assert f"The new one stays for a look: {TAGGED}" in answer.err
    result = json.loads(answer.out)
    assert result["ok"] is False
    assert [step["state"] for step in result["steps"] if step["step"] == "smoke"] == ["failed"]
    assert [step["state"] for step in result["steps"] if step["step"] == "traffic"] == ["not begun"]
    tagged = google.service("corner-shop").revision(result["revision"])
    assert tagged is not None


def test_failing_container_leaves_the_traffic(
    first: str, shop: Shop, google: FakeGoogle, containers: StarterContainers
) -> None:
    shop.commit("another")
    containers.broken["GUNICORN_THREADS"] = "many"
    answer = shop.run("cloud", "deploy", "--yes")
    containers.broken.clear()
    assert answer.code == 1
    assert "failed to start and listen on the port" in answer.err
    assert "Visitors still get the old revision." in answer.err
    assert traffic(google) == {first: 100}


def test_failing_migration_leaves_the_traffic(first: str, shop: Shop, google: FakeGoogle) -> None:
    shop.write("supabase/migrations/20280101000000_wrong.sql", "create tabel wrong ();")
    shop.commit("a wrong migration")
    answer = shop.run("cloud", "deploy", "--yes")
    assert answer.code == 1
    assert "20280101000000_wrong.sql, line 1: syntax error" in answer.err
    assert traffic(google) == {first: 100}
    assert "run.deploy" not in changes(google)
    (shop.root / "supabase/migrations/20280101000000_wrong.sql").unlink()
    shop.commit("no migration")


def test_question_is_not_in_the_answer(first: str, shop: Shop, google: FakeGoogle) -> None:
    """Standard output is for a program; the plan and the question are for people."""
    answer = shop.run("cloud", "deploy", "--format", "json", stdin="n\n")
    assert (answer.code, answer.out) == (130, "")
    assert "Start the revision" in answer.err
    assert changes(google) == []


def test_canary_gets_its_share(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "deploy", "--yes", "--canary", "10")
    assert answer.code == 0, answer.text
    shares = traffic(google)
    assert shares.pop(first) == 90
    assert list(shares.values()) == [10]
    assert "hipflask cloud traffic 100" in answer.err


def test_interrupted_traffic_step_goes_on(first: str, shop: Shop, google: FakeGoogle) -> None:
    google.fail("PUT .*run.services.update-traffic", status=409, message="Conflict for resource")
    answer = shop.run("cloud", "deploy", "--yes")
    assert answer.code == 1
    assert "The step traffic (" in answer.err
    assert "Conflict for resource" in answer.err
    google.requests.clear()
    answer = shop.run("cloud", "deploy", "--yes")
    assert answer.code == 0, answer.text
    assert first not in traffic(google)
    assert changes(google) == ["run.services.update-traffic"]
    assert "hipflask cloud rollback" in answer.err


def test_rollback_gives_the_traffic_back(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "rollback", "--yes")
    assert answer.code == 0, answer.text
    assert traffic(google) == {first: 100}
    assert first in answer.out
    assert "Migrations are not taken back" in answer.err
    assert changes(google) == ["run.services.update-traffic"]


def test_second_rollback_does_not_go_forward(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "rollback", "--yes")
    assert answer.code == 1
    assert f"{first} has all traffic already." in answer.err
    assert traffic(google) == {first: 100}


def test_traffic_shows_and_moves(first: str, shop: Shop, google: FakeGoogle) -> None:
    assert f"100 %  {first}" in shop.run("cloud", "traffic").out
    answer = shop.run("cloud", "traffic", "50", "--yes", "--format", "json")
    assert answer.code == 0, answer.text
    assert sorted(json.loads(answer.out)["traffic"].values()) == [50, 50]
    answer = shop.run("cloud", "traffic", "100", "--yes")
    assert answer.code == 0, answer.text
    assert first not in traffic(google)


def test_traffic_refuses_what_is_not_there(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "traffic", "corner-shop-00099-nowhere=100", "--yes")
    assert answer.code == 1
    assert "There is no revision corner-shop-00099-nowhere." in answer.err
    assert first in answer.err
    assert changes(google) == []


def test_describe_agrees_with_the_file(first: str, shop: Shop) -> None:
    answer = shop.run("cloud", "describe")
    assert answer.code == 0, answer.text
    assert "The settings are those of hipflask.toml." in answer.out
    for words in (ADDRESS, "everybody, ingress all", "1 vCPU, 512Mi", first, "previous"):
        assert words in answer.out


def test_describe_shows_drift(first: str, shop: Shop, google: FakeGoogle) -> None:
    shop.change(
        "hipflask.toml",
        ("max_instances = 3", "max_instances = 2"),
        ("concurrency = 16", "concurrency = 12"),
        (
            'SITE_URL = ""',
            'SITE_URL = "https://shop.example.com"\nMAIL_FROM = "Shop, <hi@shop.example.com>"',
        ),
    )
    answer = shop.run("cloud", "describe", "--format", "json")
    assert answer.code == 0, answer.text
    drift = {
        row["setting"]: (row["wanted"], row["found"]) for row in json.loads(answer.out)["drift"]
    }
    assert drift == {
        "service.max_instances": ("2", "3"),
        "service.concurrency": ("12", "16"),
        "service.environment.SITE_URL": ("https://shop.example.com", ADDRESS),
        "service.environment.MAIL_FROM": ("Shop, <hi@shop.example.com>", "(not set)"),
    }


def test_update_keeps_the_image(first: str, shop: Shop, google: FakeGoogle) -> None:
    before = google.service("corner-shop").latest.template.image
    shop.commit("settings alone")
    answer = shop.run("cloud", "update", "--yes")
    assert answer.code == 0, answer.text
    assert changes(google) == ["run.services.update", "run.services.update-traffic"]
    latest = google.service("corner-shop").latest
    assert latest.template.image == before
    assert traffic(google) == {latest.name: 100}
    put = next(request for request in google.requests if request.method == "PUT")
    container = put.body["spec"]["template"]["spec"]["containers"][0]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["MAIL_FROM"] == "Shop, <hi@shop.example.com>"
    # Nobody was without an answer: the old revision had the traffic until the new one was tried.
    assert [target.get("percent") for target in put.body["spec"]["traffic"]].count(100) == 1
    assert shop.run("cloud", "update", "--yes").err.count("Everything is in place already.") == 1


def test_smoke_test_signs_in(
    first: str, shop: Shop, google: FakeGoogle, shared_backend: SupabaseBackend
) -> None:
    shared_backend.create_user("smoke@example.com", password="correct horse battery")
    secrets = shop.read(".env.production")
    user = "SMOKE_EMAIL=smoke@example.com\nSMOKE_PASSWORD={}\n"
    shop.write(".env.production", secrets + user.format("wrong horse battery"))
    answer = shop.run("cloud", "update", "--yes")
    assert answer.code == 1, answer.text
    assert "Signing in as smoke@example.com answered 4" in answer.err
    assert "wrong horse battery" not in answer.text
    shop.write(".env.production", secrets + user.format("'correct horse battery'"))
    google.visits.clear()
    answer = shop.run("cloud", "update", "--yes")
    assert answer.code == 0, answer.text
    assert "signed in as smoke@example.com: as expected" in answer.err
    assert google.visits[3:6] == [
        f"GET {TAGGED}/login",
        f"POST {TAGGED}/login",
        f"GET {TAGGED}/dashboard",
    ]
    shop.write(".env.production", secrets)


def test_logs_follow_until_ctrl_c(first: str, shop: Shop, google: FakeGoogle) -> None:
    if sys.platform == "win32":
        pytest.skip("a test cannot send Ctrl-C to one process alone on Windows")
    process = subprocess.Popen(
        shop.command("cloud", "logs", "--follow", "--search", "parcel"),
        cwd=shop.root,
        env={**shop.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout
    try:
        for words in ("the first parcel", "the second parcel"):
            google.log("corner-shop", words)
            assert select.select([process.stdout], [], [], 60)[0], words
            assert words in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said) == (130, "")
    assert errors.strip() == "Stopped."


def test_logs_by_request(first: str, shop: Shop, google: FakeGoogle) -> None:
    google.log(
        "corner-shop",
        "",
        jsonPayload={"message": "GET /dashboard 500", "request_id": "8b1c2d3e4f5a6b7c"},
        severity="ERROR",
    )
    google.log("corner-shop", "nothing to do with it")
    answer = shop.run("cloud", "logs", "--request-id", "8b1c2d3e4f5a6b7c")
    assert answer.code == 0, answer.text
    (line,) = answer.out.splitlines()
    assert "ERROR" in line
    assert "GET /dashboard 500  [8b1c2d3e4f5a6b7c]" in line
    as_json = shop.run("cloud", "logs", "--severity", "error", "--format", "json").out
    assert json.loads(as_json.splitlines()[-1])["severity"] == "ERROR"


def test_delete_wants_the_name(first: str, shop: Shop, google: FakeGoogle) -> None:
    answer = shop.run("cloud", "delete", stdin="shop\n")
    assert answer.code == 1
    assert "nothing was deleted" in answer.err
    assert changes(google) == []
    answer = shop.run("cloud", "delete", stdin="corner-shop\n")
    assert answer.code == 0, answer.text
    assert changes(google) == ["run.services.delete"]
    assert "gcloud secrets delete corner-shop-database-url" in answer.err
    assert "There is no service corner-shop in us-west1." in shop.run("cloud", "describe").err
