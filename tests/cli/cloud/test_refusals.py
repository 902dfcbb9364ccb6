"""Bad input: each gets a clear error, and nothing in the cloud or in the project is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipflask.testing import SupabaseBackend
from tests.cli.cloud.shop import Answer, Shop, fresh_shop
from tests.google import FakeGoogle


@pytest.fixture
def shop(
    template: Path, google: FakeGoogle, shared_backend: SupabaseBackend, tmp_path: Path
) -> Shop:
    """A project of its own for each test."""
    google.requests.clear()
    return fresh_shop(template, tmp_path, google, shared_backend)


@pytest.fixture(autouse=True)
def unchanged(google: FakeGoogle, shop: Shop) -> Iterator[None]:
    """Nothing was asked for that changes something, and docker was not called."""
    yield
    questions = (":getIamPolicy", ":testIamPermissions")
    assert [
        request.line
        for request in google.requests
        if request.method != "GET" and not request.path.endswith(questions)
    ] == []
    assert shop.docker_calls == []


def refused(answer: Answer, *words: str) -> None:
    assert answer.code == 1, answer.text
    said = " ".join(answer.err.split())
    for each in words:
        assert each in said, answer.text
    assert "Traceback" not in answer.err


def test_unknown_key(shop: Shop, google: FakeGoogle) -> None:
    shop.change("hipflask.toml", ("max_instances = 3", "max_instance = 3"))
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "service.max_instance is no setting. Did you mean service.max_instances?",
        "hipflask.toml, line",
    )
    assert google.requests == []


def test_command_of_the_source_document(shop: Shop, google: FakeGoogle) -> None:
    shop.change(
        "hipflask.toml",
        ("cpu = 1\n", "cpu = 0.1\n"),
        ('memory = "512Mi"', 'memory = "128Mi"'),
        ("concurrency = 16", "concurrency = 10"),
    )
    refused(
        shop.run("cloud", "plan"),
        "An instance with 0.1 vCPU takes one request at a time, but service.concurrency is 10.",
        "Total cpu < 1 is not supported with concurrency > 1.",
        "Settings that Cloud Run takes:",
        "(recommended)",
        "nothing was sent",
    )
    assert google.requests == []


def test_error_for_programs(shop: Shop, google: FakeGoogle) -> None:
    shop.change("hipflask.toml", ("cpu = 1\n", "cpu = 3\n"))
    answer = shop.run("cloud", "deploy", "--yes", "--format", "json")
    assert answer.code == 1
    error = json.loads(answer.out)["error"]
    assert "cpu-value" in error["codes"]
    assert "nothing was sent" in error["message"]


def test_region_that_does_not_exist(shop: Shop, google: FakeGoogle) -> None:
    shop.change("hipflask.toml", ('region = "us-west1"', 'region = "us-westl1"'))
    refused(shop.run("cloud", "deploy", "--yes"), "us-westl1", "us-west1", "[region-unknown]")
    assert google.requests == []


def test_project_that_is_not_there(shop: Shop) -> None:
    shop.change("hipflask.toml", ('project = "corner-shop-1234"', 'project = "corner-shop-9"'))
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "projects describe",
        "corner-shop-9",
        "`gcloud projects list` shows yours",
    )


def test_no_project(shop: Shop, google: FakeGoogle) -> None:
    shop.change("hipflask.toml", ('project = "corner-shop-1234"', 'project = ""'))
    for command in (("plan",), ("deploy", "--yes"), ("describe",), ("logs",), ("rollback",)):
        refused(shop.run("cloud", *command), "hipflask.toml does not say cloud.project.")
    assert google.requests == []


def test_nobody_signed_in(shop: Shop, google: FakeGoogle) -> None:
    shop.environ = {**shop.environ, **google.environ(shop.root.parent / "out", signed_in=False)}
    shop.environ = {
        name: value
        for name, value in shop.environ.items()
        if name != "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"
    }
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "do not currently have an active account",
        "Sign in: gcloud auth login",
    )


def test_no_gcloud(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(
        shop.run("cloud", "describe", PATH=str(tmp_path / "empty")),
        "gcloud is not installed, or not on the path",
        "https://cloud.google.com/sdk/docs/install",
    )


def test_secret_that_is_nowhere(shop: Shop) -> None:
    shop.change(
        "hipflask.toml",
        ("[service.labels]", 'SMTP_PASSWORD = "corner-shop-smtp"\n\n[service.labels]'),
    )
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "The secret corner-shop-smtp is not in Secret Manager, and no value for SMTP_PASSWORD",
        "Write SMTP_PASSWORD=… into .env.production",
    )


def test_laptops_database(shop: Shop, google: FakeGoogle) -> None:
    shop.write(".env.production", "DATABASE_URL=postgresql://postgres:pw@127.0.0.1:54322/postgres")
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "DATABASE_URL leads to 127.0.0.1, which in the cloud is the container itself.",
        "port 6543",
    )
    assert google.requests == []


def test_database_that_does_not_answer(shop: Shop) -> None:
    url = "postgresql://postgres:a-secret-word@database.corner-shop.internal:1/postgres"
    shop.write(".env.production", f"DATABASE_URL={url}")
    answer = shop.run("cloud", "deploy", "--yes")
    refused(answer, "The database at database.corner-shop.internal:1 cannot be used", "pauses")
    assert "a-secret-word" not in answer.text


def test_half_a_sign_in(shop: Shop, google: FakeGoogle) -> None:
    shop.write(".env.production", f"{shop.read('.env.production')}SMOKE_EMAIL=smoke@example.com\n")
    refused(shop.run("cloud", "plan"), "SMOKE_PASSWORD is missing in the secrets file.")
    assert google.requests == []


def test_value_that_goes_nowhere_is_named(shop: Shop, google: FakeGoogle) -> None:
    shop.write(".env.production", f"{shop.read('.env.production')}SMTP_PASSWORD=a-secret-word\n")
    answer = shop.run("cloud", "plan", "--no-migrations")
    assert answer.code == 0, answer.text
    assert "SMTP_PASSWORD in .env.production goes nowhere" in answer.err
    assert "a-secret-word" not in answer.text


def test_malformed_secrets_file(shop: Shop, google: FakeGoogle) -> None:
    shop.write(".env.production", "DATABASE_URL: a-secret-word")
    answer = shop.run("cloud", "plan")
    refused(answer, ".env.production, line 1: expected NAME=value.")
    assert "a-secret-word" not in answer.text
    refused(shop.run("cloud", "plan", "--secrets-file", "none.env"), "There is no file none.env.")
    assert google.requests == []


def test_not_confirmed(shop: Shop) -> None:
    answer = shop.run("cloud", "deploy", stdin="n\n")
    assert answer.code == 130
    assert "Take these" in answer.err


def test_service_that_something_else_made(shop: Shop, google: FakeGoogle) -> None:
    from tests.google import admin

    google.enable("run", "artifactregistry", "secretmanager", "iam", "containeranalysis")
    google.add_image("us-west1-docker.pkg.dev/corner-shop-1234/other/web:v1")
    admin.deploy(
        google, "us-west1-docker.pkg.dev/corner-shop-1234/other/web:v1", name="corner-shop"
    )
    google.requests.clear()
    refused(
        shop.run("cloud", "deploy", "--yes"),
        "There is a service corner-shop in us-west1 already, and Hipflask did not make it.",
        "--adopt",
    )
    answer = shop.run("cloud", "plan", "--adopt")
    assert answer.code == 0, answer.text
    assert "gcloud run deploy corner-shop" in answer.out


def test_no_file_here(shop: Shop, google: FakeGoogle) -> None:
    (shop.root / "hipflask.toml").unlink()
    refused(shop.run("cloud", "plan"), "There is no hipflask.toml in")
    assert google.requests == []


def test_build_arguments_that_are_none(shop: Shop) -> None:
    answer = shop.run("cloud", "build", "--build-arg", "PIP_INDEX_URL")
    assert answer.code == 2
    assert "'PIP_INDEX_URL' is not NAME=VALUE." in answer.err
    refused(
        shop.run("cloud", "build", "--builder", "cloudbuild", "--build-arg", "A=B"),
        "Cloud Build takes no build arguments here",
    )
