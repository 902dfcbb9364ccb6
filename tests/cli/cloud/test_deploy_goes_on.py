"""A deploy that fails at every step and goes on each time, with the real gcloud, to the end.

What is asserted is what Google was asked for, not what we meant to ask.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.cloud.shop import PROJECT, REGION, Answer, Shop, StarterContainers
from tests.google import FakeGoogle

ACCOUNT = f"corner-shop-run@{PROJECT}.iam.gserviceaccount.com"
ADDRESS = "https://corner-shop-123456789012.us-west1.run.app"
TAGGED = "https://candidate---corner-shop-123456789012.us-west1.run.app"
TABLE = "create table public.coupons (id bigint primary key);"
UNSAFE, SAFE = TABLE, f"{TABLE}\nalter table public.coupons enable row level security;"


def nothing() -> None:
    """Nothing to prepare or to mend."""


@dataclass(frozen=True)
class Trouble:
    """A step that fails: how, what is said about it, and how it is mended."""

    step: str
    said: str
    advice: str = ""
    begin: Callable[[], object] = nothing
    end: Callable[[], object] = nothing
    options: tuple[str, ...] = ()


@dataclass
class Story:
    """What came of all of it."""

    failures: list[tuple[Trouble, Answer]]
    last: Answer


@pytest.fixture(scope="module")
def story(shop: Shop, google: FakeGoogle, containers: StarterContainers) -> Story:
    """Deploy into each trouble, mend it, and deploy again."""
    failures = []
    shop.write("supabase/migrations/20270101000000_coupons.sql", UNSAFE)
    shop.commit("coupons")
    for trouble in troubles(shop, google, containers):
        trouble.begin()
        failures.append((trouble, shop.run("cloud", "deploy", "--yes", *trouble.options)))
        trouble.end()
    return Story(failures, shop.run("cloud", "deploy", "--yes", "--format", "json"))


def troubles(shop: Shop, google: FakeGoogle, containers: StarterContainers) -> list[Trouble]:
    """One for each step of a first deploy, in order; two for the revision."""

    def refused(pattern: str, status: int, message: str, spared: int = 0) -> Callable[[], None]:
        return lambda: google.fail(pattern, status=status, message=message, spared=spared)

    def mend_the_migration() -> None:
        shop.write("supabase/migrations/20270101000000_coupons.sql", SAFE)
        shop.commit("coupons under row-level security")

    settings = shop.environ["DOCKER_CONFIG"]
    no_folder = Path(settings).with_name("no-folder")
    no_folder.write_text("", encoding="utf-8")
    return [
        Trouble(
            "services",
            "Permission denied to enable service",
            "roles/serviceusage.serviceUsageAdmin",
            refused("services:batchEnable", 403, "Permission denied to enable service"),
        ),
        Trouble(
            "repository",
            "Permission denied on location",
            "roles/artifactregistry.admin",
            refused("POST artifactregistry .*/repositories ", 403, "Permission denied on location"),
        ),
        Trouble(
            "docker-auth",
            "auth configure-docker",
            "",
            lambda: shop.added.update(DOCKER_CONFIG=str(no_folder)),
            shop.added.clear,
        ),
        Trouble(
            "secrets",
            "Quota exceeded for writes",
            "A quota is used up",
            refused("corner-shop-database-url:addVersion", 429, "Quota exceeded for writes"),
        ),
        Trouble(
            "account",
            "Permission denied on policy",
            "roles/secretmanager.admin",
            refused("corner-shop-database-url:setIamPolicy", 403, "Permission denied on policy"),
        ),
        Trouble(
            "build",
            "Cannot connect to the Docker daemon",
            "--builder cloudbuild",
            lambda: shop.break_docker("build", "Cannot connect to the Docker daemon"),
            lambda: shop.mend_docker("build"),
        ),
        Trouble(
            "push",
            "denied: Unauthenticated request.",
            "roles/artifactregistry.writer",
            lambda: shop.break_docker("push", "denied: Unauthenticated request."),
            lambda: shop.mend_docker("push"),
        ),
        Trouble(
            "migrations",
            "20270101000000_coupons.sql leaves public.coupons in schema public without",
            "alter table public.coupons enable row level security;",
            end=mend_the_migration,
        ),
        Trouble(
            "revision",
            "Invalid value specified",
            "",
            refused("POST run/us-west1 .*/services ", 400, "Invalid value specified"),
        ),
        Trouble(
            "revision",
            "failed to start and listen on the port",
            "hipflask cloud logs",
            lambda: containers.broken.update(GUNICORN_THREADS="many"),
            containers.broken.clear,
        ),
        Trouble(
            "access",
            "do not belong to a permitted customer",
            "domain restricted sharing",
            lambda: setattr(google, "refuse_all_users", True),
            lambda: setattr(google, "refuse_all_users", False),
        ),
        Trouble(
            "smoke",
            f"{TAGGED}/nowhere answered 404",
            "hipflask cloud logs",
            options=("--smoke-path", "/nowhere", "--smoke-timeout", "0"),
        ),
        Trouble(
            "verify",
            "Permission denied to look",
            "",
            refused("services/corner-shop:getIamPolicy", 403, "Permission denied to look", 1),
        ),
    ]


def test_every_failure_names_its_step_and_the_words_of_the_program(story: Story) -> None:
    for trouble, answer in story.failures:
        assert answer.code == 1, answer.text
        assert f"The step {trouble.step} (" in answer.err, answer.text
        assert trouble.said in " ".join(answer.err.split()), answer.text
        assert trouble.advice in answer.err, answer.text
        assert "Traceback" not in answer.err


def test_every_failure_says_what_was_done_and_how_to_go_on(story: Story) -> None:
    for trouble, answer in story.failures:
        assert "Done and kept: " in answer.err, answer.text
        options = "".join(f" {each}" for each in trouble.options)
        assert f"Go on with: hipflask cloud deploy --yes{options}" in answer.err
        assert ".hipflask/logs/deploy.log" in answer.err.replace("\\", "/")


def test_comes_to_its_end(story: Story) -> None:
    assert story.last.code == 0, story.last.text
    result = json.loads(story.last.out)
    assert result["ok"] is True
    assert result["url"] == ADDRESS
    assert list(result["traffic"].values()) == [100]
    states = {step["step"]: step["state"] for step in result["steps"]}
    looks = {"smoke", "verify"}
    assert {name for name, state in states.items() if state == "done"} == looks


def test_nothing_was_made_twice(story: Story, google: FakeGoogle) -> None:
    """Each change was asked for once more than it was refused, and never after it was made."""
    made = [
        f"{request.method} {request.path.rpartition('/')[2]}"
        for request in google.requests
        if request.method in ("POST", "PUT", "DELETE")
        and request.status == 200
        and not re.search(r":wait$|:getIamPolicy$|entries:list$", request.path)
    ]
    assert made == [
        "POST services:batchEnable",
        "POST repositories",
        "POST secrets",  # corner-shop-secret-key
        "POST corner-shop-secret-key:addVersion",
        "POST secrets",  # corner-shop-database-url; its version was refused
        "POST corner-shop-database-url:addVersion",
        "POST serviceAccounts",
        "POST corner-shop-secret-key:setIamPolicy",
        "POST corner-shop-database-url:setIamPolicy",
        "POST services",  # the service, whose first container did not listen
        "PUT corner-shop",
        "POST corner-shop:setIamPolicy",
    ]


def test_docker_built_and_pushed_each_commit_once(story: Story, shop: Shop) -> None:
    first, second = shop.git("log", "--format=%H", "-2").split()[::-1]
    image = f"{REGION}-docker.pkg.dev/{PROJECT}/hipflask/corner-shop"
    build = "build --platform=linux/amd64 --tag={} ."
    one, two = f"{image}:{first[:12]}", f"{image}:{second[:12]}"
    assert shop.docker_calls == [
        build.format(one),  # refused
        build.format(one),
        f"push {one}",  # refused
        build.format(one),
        f"push {one}",
        build.format(two),
        f"push {two}",
    ]


def test_container_got_what_the_file_says(
    story: Story, shop: Shop, containers: StarterContainers
) -> None:
    got = containers.environments[-1]
    assert got["SITE_URL"] == ADDRESS
    assert got["GUNICORN_THREADS"] == "16"
    assert got["DATABASE_POOL_SIZE"] == "4"
    assert f"DATABASE_URL={got['DATABASE_URL']}" in shop.read(".env.production")
    assert len(got["SECRET_KEY"]) >= 64  # made up by the deploy, known to nobody
    assert "SUPABASE_SECRET_KEY" not in got


def test_no_secret_was_an_argument_or_in_the_log(
    story: Story, shop: Shop, containers: StarterContainers
) -> None:
    got = containers.environments[-1]
    log = shop.read(".hipflask/logs/deploy.log")
    said = "".join(answer.text for _, answer in story.failures) + story.last.text + log
    for secret in (got["SECRET_KEY"], got["DATABASE_URL"]):
        assert secret not in said


def test_account_may_read_its_secrets_and_nothing_else(story: Story, google: FakeGoogle) -> None:
    granted = [
        (request.path.rpartition("/")[2], binding["role"], tuple(binding["members"]))
        for request in google.requests
        if request.path.endswith(":setIamPolicy") and request.status == 200
        for binding in request.body["policy"]["bindings"]
    ]
    reader = "roles/secretmanager.secretAccessor"
    member = (f"serviceAccount:{ACCOUNT}",)
    assert granted == [
        ("corner-shop-secret-key:setIamPolicy", reader, member),
        ("corner-shop-database-url:setIamPolicy", reader, member),
        ("corner-shop:setIamPolicy", "roles/run.invoker", ("allUsers",)),
    ]
