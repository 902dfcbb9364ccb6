"""`hipflask cloud doctor`: the real command line and gcloud, a real Supabase project beside."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.cloudrun.release import Release, account_of
from hipflask.cloudrun.roles import EVERYBODY, INVOKER, READER
from hipflask.cloudrun.spec_source import load_spec
from hipflask.testing import SupabaseBackend
from hipflask.testing.factory import BackendFactory
from tests.cli.cloud.shop import PROJECT, SUPABASE, Answer, Shop, fresh_shop
from tests.google import FakeGoogle, Gcloud
from tests.google.gcloud import MISSING

SECRETS, SECRET = ".env.production", "corner-shop-secret-key"
HOST = SUPABASE.removeprefix("https://")
NUMBER = 123456789012
ADDRESS = f"https://corner-shop-{NUMBER}.us-west1.run.app"
OWNER = "owner@example.com"
UNCONFIRMED = {"auth": {"email": {"enable_confirmations": False}}}
SMTP = """
[auth.email.smtp]
enabled = true
host = "smtp.example.com"
user = "shop"
pass = "a-password-of-the-mail-server"
admin_email = "shop@example.com"
"""


@dataclass
class Story:
    """A shop that runs in the cloud, and what can happen to it."""

    shop: Shop
    google: FakeGoogle
    backend: SupabaseBackend
    factory: BackendFactory

    def examine(self, *options: str, **environ: str) -> tuple[Answer, Any]:
        """Run the doctor and return its report."""
        answer = self.shop.run("cloud", "doctor", "--format", "json", *options, **environ)
        assert answer.out.startswith("{"), answer.text
        return answer, json.loads(answer.out)


@pytest.fixture(scope="module")
def backend(supabase_factory: BackendFactory) -> Iterator[SupabaseBackend]:
    """A Supabase project that is set up for the shop's address."""
    allowed = [f"{ADDRESS}/**"]
    made = supabase_factory.make(
        {"auth": {"site_url": ADDRESS, "additional_redirect_urls": allowed}}
    )
    yield made
    supabase_factory.take_back(made)


@pytest.fixture(scope="module")
def google(backend: SupabaseBackend) -> Iterator[FakeGoogle]:
    """A project of Google Cloud, and Supabase's name on the same Internet."""
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    apis = ("run", "artifactregistry", "secretmanager", "iam")
    with FakeGoogle(apis=apis, neighbours={HOST: port_of(backend)}) as fake:
        yield fake
        assert fake.unrouted == []


@pytest.fixture(scope="module")
def story(
    template: Path,
    google: FakeGoogle,
    backend: SupabaseBackend,
    supabase_factory: BackendFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    """The shop, deployed: everything is as it should be."""
    shop = fresh_shop(template, tmp_path_factory.mktemp("shop"), google, backend)
    shop.environ = {**shop.environ, "CLOUDSDK_CORE_ACCOUNT": OWNER}
    shop.write("supabase/config.toml", shop.read("supabase/config.toml") + SMTP)
    shop.commit("a mail server")
    deploy(shop, google)
    return Story(shop, google, backend, supabase_factory)


def deploy(shop: Shop, google: FakeGoogle) -> None:
    """Bring it to the fake with the command that a deploy would use, and nothing else of one."""
    spec = load_spec(shop.root / "hipflask.toml").spec
    url = shop.read(SECRETS).strip().partition("=")[2]
    account = google.project.add_service_account(account_of(spec)).email
    for variable, value in (("SECRET_KEY", "s" * 48), ("DATABASE_URL", url)):
        secret = google.add_secret(spec.secrets[variable].name, value)
        secret.policy.add(READER, f"serviceAccount:{account}")
    image = f"{spec.image_path}:{shop.tag}"
    google.add_image(image)
    versions = {reference.name: "1" for reference in spec.secrets.values()}
    release = Release(spec, image, f"corner-shop-{shop.tag[:7]}", NUMBER, versions, shop.tag)
    gcloud = Gcloud(dict(shop.environ), shop.root)
    gcloud(
        *("run", "deploy", spec.name, f"--image={image}", f"--region={spec.region}"),
        *("--allow-unauthenticated", *release.flags(is_new=True)),
    )


@pytest.fixture
def changed(story: Story) -> Iterator[Shop]:
    """The shop's folder, to be changed: afterwards it is as before."""
    shop = story.shop
    commit, secrets = shop.git("rev-parse", "HEAD"), shop.read(SECRETS)
    yield shop
    shop.git("reset", "-q", "--hard", commit)
    shop.git("clean", "-fdq")
    shop.write(SECRETS, secrets)


@contextlib.contextmanager
def broken_project(google: FakeGoogle) -> Iterator[None]:
    """An API off, no visitors, a secret that nobody may read, a question that is refused."""
    service, secret = google.service("corner-shop"), google.secret_manager.secrets[SECRET]
    policies = (service.policy, secret.policy)
    kept = [policy.bindings for policy in policies]
    for policy in policies:
        policy.bindings = []
    del google.project.apis["artifactregistry.googleapis.com"]
    google.project.policy.add("roles/viewer", "user:ann@example.com")
    google.project.policy.add("roles/run.admin", "group:developers@example.com")
    message = "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist)."
    google.fail("GET iam .*/serviceAccounts/", status=403, message=message)
    yield
    google.enable("artifactregistry")
    for policy, bindings in zip(policies, kept, strict=True):
        policy.bindings = bindings


@contextlib.contextmanager
def broken_shop(shop: Shop, backend: SupabaseBackend) -> Iterator[None]:
    """Another commit, changed files, settings and secrets, no mail server; docker sleeps."""
    shop.write("NEWS.md", "A page that visitors do not see yet.\n")
    shop.commit("what nobody gets yet")
    shop.change("supabase/config.toml", (SMTP, ""))
    known = load_spec(shop.root / "hipflask.toml").spec.environment["SUPABASE_PUBLISHABLE_KEY"]
    shop.change(
        "hipflask.toml",
        ('memory = "512Mi"', 'memory = "1Gi"'),
        (known, backend.publishable_key),
    )
    address, name = shop.read(SECRETS).strip().rpartition("/")[0], backend.database_url
    shop.write(SECRETS, f"{address}/{name.rpartition('/')[2]}\n")
    shop.break_docker("version", "Cannot connect to the Docker daemon")
    yield
    shop.mend_docker("version")


def break_database(backend: SupabaseBackend) -> None:
    """A table without row-level security; a migration that is gone, and one from elsewhere."""
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("create table public.coupons (id bigint primary key)")
        connection.execute(
            "update supabase_migrations.schema_migrations set version = '20990101000000',"
            " name = 'from_elsewhere' where version = '20260101000100'"
        )


def port_of(backend: SupabaseBackend) -> int:
    return int(backend.url.rpartition(":")[2])


def in_order(report: Any) -> set[tuple[str, str]]:
    """Return what was said to be in order, with its section."""
    return {(each["section"], each["what"]) for each in report["in_order"]}


def codes(report: Any) -> dict[str, str]:
    """Return code -> severity."""
    return {each["code"]: each["severity"] for each in report["findings"]}


def told(report: Any, code: str) -> str:
    """Return all that is said of one finding."""
    found = next(each for each in report["findings"] if each["code"] == code)
    return "\n".join((found["what"], found["why"], found["remedy"]))


def test_finds_nothing_in_a_shop_that_is_well(story: Story) -> None:
    answer, report = story.examine()
    assert codes(report) == {}
    assert (answer.code, report["ok"]) == (0, True)
    good = in_order(report)
    assert ("service", "everybody may visit it") in good
    assert ("service", f"the commit {story.shop.tag[:7]} serves") in good
    assert ("supabase", f"links may lead back to {ADDRESS}") in good
    assert ("supabase", "tokens are signed with ES256") in good
    assert ("google", "the account has every role that a deploy needs") in good
    assert [each["what"] for each in report["not_seen"]] == [
        "mail server and templates of the hosted project: no public endpoint tells"
    ]
    assert {request.method for request in story.google.requests[-9:]} <= {"GET", "POST"}
    assert not [line for line in story.google.lines[-9:] if line.endswith(":setIamPolicy")]


def test_says_it_in_sections(story: Story) -> None:
    """Without gcloud on the path, so that this costs little."""
    answer = story.shop.run("cloud", "doctor", PATH=str(story.shop.root / "nothing-is-here"))
    assert answer.code == 1
    lines = answer.out.splitlines()
    sections = [line for line in lines if line and not line.startswith(" ")]
    assert sections == ["Tools", "Files", "Google Cloud", "Service", "Supabase", "Database"]
    assert (
        "  error    gcloud is not installed, or not on the path.  [gcloud-missing]\n"
        "           Hipflask talks to Google Cloud through the Google Cloud CLI alone.\n"
        "           Install it: https://cloud.google.com/sdk/docs/install\n"
    ) in answer.out
    assert "  not seen Google Cloud: gcloud is missing\n" in answer.out
    assert "builder-missing" in answer.out
    assert "git-missing" in answer.out
    assert f"ok       {SUPABASE} answers" in answer.out
    assert "1 error, 1 warning, 1 note, " in answer.err
    for secret in ("postgres:postgres", "a-password-of-the-mail-server", "s" * 48):
        assert secret not in answer.text


def test_says_that_nobody_is_signed_in(story: Story) -> None:
    answer, report = story.examine(CLOUDSDK_AUTH_ACCESS_TOKEN_FILE="", CLOUDSDK_CORE_ACCOUNT="")
    assert (answer.code, codes(report)) == (1, {"google-signed-out": "error"})
    assert "gcloud auth login" in told(report, "google-signed-out")
    # The rest is looked at all the same.
    assert ("supabase", "it takes the publishable key") in in_order(report)
    assert ("database", "it has the migrations of the folder") in in_order(report)


def test_says_that_a_project_is_not_ours(story: Story, changed: Shop) -> None:
    changed.change("hipflask.toml", (PROJECT, "another-shop-9876"))
    answer, report = story.examine()
    assert answer.code == 1
    assert codes(report) == {"google-project": "error", "files-uncommitted": "note"}
    finding = next(each for each in report["findings"] if each["code"] == "google-project")
    assert finding["setting"] == "cloud.project"
    assert isinstance(finding["line"], int)


def test_works_before_the_first_deploy(story: Story, changed: Shop) -> None:
    """Nothing is there but the project: nothing of that is an error."""
    changed.change(
        "hipflask.toml",
        ('name = "corner-shop"', 'name = "new-shop"'),
        ("corner-shop-secret-key", "new-shop-secret-key"),
        ("corner-shop-database-url", "new-shop-database-url"),
    )
    apis = dict(story.google.project.apis)
    for name in ("artifactregistry", "secretmanager", "iam"):
        del story.google.project.apis[f"{name}.googleapis.com"]
    answer, report = story.examine()
    story.google.project.apis.update(apis)
    assert codes(report) == {
        "files-uncommitted": "note",
        "apis-off": "warning",
        "service-absent": "note",
        # The new service has another address, which Supabase does not know yet.
        "redirect-refused": "error",
        "supabase-site-url": "warning",
    }
    enable = "services enable artifactregistry.googleapis.com secretmanager.googleapis.com"
    assert enable in told(report, "apis-off")
    assert "hipflask cloud deploy" in told(report, "service-absent")
    assert f"https://new-shop-{NUMBER}.us-west1.run.app/**" in told(report, "redirect-refused")
    assert answer.code == 1


def test_finds_all_that_is_wrong_at_once(story: Story, changed: Shop) -> None:
    """One run: each fault is of another thing, so that none hides another."""
    google, other = story.google, story.factory.make(UNCONFIRMED)
    break_database(other)
    google.neighbours[HOST] = port_of(other)
    try:
        with broken_project(google), broken_shop(changed, other):
            answer, report = story.examine(CLOUDSDK_CORE_ACCOUNT="ann@example.com")
    finally:
        google.neighbours[HOST] = port_of(story.backend)
        story.factory.take_back(other)
    assert answer.code == 1
    assert codes(report) == {
        "builder-asleep": "warning",
        "files-uncommitted": "note",
        "apis-off": "warning",
        "role-missing": "warning",
        "permission-missing": "warning",
        "secret-changed": "note",
        "secret-unreadable": "error",
        "public-access-missing": "error",
        "image-older": "warning",
        "service-differs": "warning",
        "supabase-differs": "warning",
        "redirect-refused": "error",
        "supabase-site-url": "warning",
        "smtp-missing": "warning",
        "template-locked": "warning",
        "rls-missing": "error",
        "migrations-pending": "warning",
        "migrations-unknown": "warning",
    }
    for code, words in {
        "builder-asleep": "--builder buildah",
        "apis-off": "gcloud services enable artifactregistry.googleapis.com --project=",
        "role-missing": "--member=user:ann@example.com --role=roles/secretmanager.admin",
        "permission-missing": "iam.serviceAccounts.get",
        "secret-unreadable": "gcloud secrets add-iam-policy-binding corner-shop-secret-key",
        "public-access-missing": f"--member={EVERYBODY} --role={INVOKER}",
        "image-older": "one commit older",
        "service-differs": "service.memory 1Gi → 512Mi",
        "supabase-differs": "auth.email.enable_confirmations is true, there false",
        "redirect-refused": f"Add {ADDRESS}/** to the Redirect URLs",
        "supabase-site-url": "is http://127.0.0.1:8080",
        "rls-missing": "alter table public.coupons enable row level security;",
        "migrations-pending": "20260101000100_notes",
        "migrations-unknown": "20990101000000_from_elsewhere",
    }.items():
        assert words in told(report, code), told(report, code)
    # A role that a group has may be this account's.
    assert "--role=roles/run.admin" not in told(report, "role-missing")
