"""The flags, names and addresses of a release."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hipflask.cloudrun.quantities import Cpu, Memory
from hipflask.cloudrun.release import (
    Release,
    SourceVersion,
    account_id,
    account_of,
    address_of,
    secret_sources,
)
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, Probe, SecretRef
from tests.cloudrun.running import NUMBER, gcloud_reads, release
from tests.cloudrun.specs import GOOD, spec, with_secrets, with_variables

LONGEST = "corner-shop-with-the-longest-name-that-is-allowed"
REVISION = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def flags(given: Release, *, is_new: bool = True) -> dict[str, str]:
    """Return the flags by name; each stands once."""
    listed = [flag.partition("=")[::2] for flag in given.flags(is_new=is_new)]
    assert len(dict(listed)) == len(listed)
    return dict(listed)


def test_says_every_setting() -> None:
    environment = (
        "SITE_URL=https://shop.example.com"
        ",SUPABASE_URL=https://abcdefghijklmnopqrst.supabase.co"
        ",SUPABASE_PUBLISHABLE_KEY=sb_publishable_abcdefghijklmnopqrstuv_abcdefgh"
        ",GOOGLE_CLOUD_PROJECT=corner-shop-1234,DATABASE_POOL_SIZE=4,GUNICORN_THREADS=16"
    )
    probe = "httpGet.path=/healthz,httpGet.port=8080,initialDelaySeconds=0"
    probe += ",timeoutSeconds=1,periodSeconds=10,failureThreshold=3"
    assert release().flags(is_new=True) == (
        "--cpu=1",
        "--memory=512Mi",
        "--concurrency=16",
        "--cpu-throttling",
        "--min=default",
        "--max-instances=3",
        "--timeout=300",
        "--port=8080",
        "--cpu-boost",
        "--ingress=all",
        "--service-account=corner-shop-run@corner-shop-1234.iam.gserviceaccount.com",
        f"--set-env-vars={environment}",
        "--labels=app=corner-shop,managed-by=hipflask,commit=abc1234def56",
        f"--startup-probe={probe}",
        "--set-secrets=SECRET_KEY=corner-shop-secret-key:1,DATABASE_URL=corner-shop-database-url:1",
    )


def test_says_what_a_service_that_exists_would_keep() -> None:
    bare = release(replace(GOOD, secrets={}, startup_probe=None, max_instances=None))
    new, existing = flags(bare), flags(bare, is_new=False)
    assert {name: existing[name] for name in existing.keys() - new.keys()} == {
        "--clear-secrets": "",
        "--startup-probe": "",
        "--liveness-probe": "",
        "--min-instances": "default",
    }
    assert existing["--max-instances"] == "default"


@pytest.mark.parametrize(
    ("change", "flag", "value"),
    [
        ({"billing": Billing.INSTANCE}, "--no-cpu-throttling", ""),
        ({"cpu_boost": False}, "--no-cpu-boost", ""),
        ({"min_instances": 2}, "--min", "2"),
        ({"concurrency": None}, "--concurrency", "default"),
        ({"cpu": Cpu(100), "concurrency": 1}, "--execution-environment", "gen1"),
        ({"memory": Memory.mebi(128)}, "--execution-environment", "gen1"),
        ({"execution_environment": ExecutionEnvironment.GEN2}, "--execution-environment", "gen2"),
        ({"service_account": "shop"}, "--service-account", f"shop@{GOOD.project}.iam.gservice"),
        ({"service_account": "a@b.iam.gserviceaccount.com"}, "--service-account", "a@b.iam."),
        ({"port": 9000}, "--startup-probe", "httpGet.path=/healthz,httpGet.port=9000,"),
        ({"startup_probe": Probe()}, "--startup-probe", "tcpSocket.port=8080,"),
        ({"liveness_probe": Probe(path="/a")}, "--liveness-probe", "httpGet.path=/a,"),
    ],
)
def test_setting_becomes_a_flag(change: dict[str, object], flag: str, value: str) -> None:
    assert flags(release(spec(**change)))[flag].startswith(value)


@pytest.mark.parametrize(
    "value",
    ["a,b", "a=b", "two\nlines", "^@^", ",@|;#~%", "書,=", '{"a": [1, 2]}', "%PATH%", 'say "hi"'],
)
def test_value_of_a_variable_arrives(value: str) -> None:
    given = release(with_variables(A=value, B="plain"))
    assert gcloud_reads(flags(given)["--set-env-vars"]) == given.environment
    assert given.environment["A"] == value


def test_path_of_a_probe_arrives() -> None:
    given = release(spec(startup_probe=Probe(path="/a,b?c=d,e")))
    assert gcloud_reads(flags(given)["--startup-probe"])["httpGet.path"] == "/a,b?c=d,e"


def test_blank_variable_is_left_to_the_deploy() -> None:
    variables = release(with_variables(SITE_URL=" ", EMPTY="")).environment
    assert variables["SITE_URL"] == f"https://corner-shop-{NUMBER}.us-west1.run.app"
    assert "EMPTY" not in variables


def test_secret_is_pinned_unless_it_has_a_number() -> None:
    given = release(with_secrets(A="shop-a:3", B="shop-b"), versions={"shop-a": "7", "shop-b": "9"})
    assert given.secrets["A"] == "shop-a:3"
    assert given.secrets["B"] == "shop-b:9"
    assert given.secrets["SECRET_KEY"] == "corner-shop-secret-key:latest"


def test_who_made_it_cannot_be_overwritten() -> None:
    given = release(spec(labels={"managed-by": "me", "commit": "none", "team": ""}))
    assert given.labels == {"managed-by": "hipflask", "commit": "abc1234def56", "team": ""}
    assert "commit" not in release(commit="").labels


def test_shared_secret_gets_the_first_value_at_hand() -> None:
    shared = replace(GOOD, secrets=dict.fromkeys("ABC", SecretRef("shared")))
    assert secret_sources(shared, {"B", "C"}) == {"shared": "B"}
    assert secret_sources(shared, ()) == {"shared": "A"}


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("s", "s-run-as"),
        ("sh", "sh-run"),
        ("corner-shop", "corner-shop-run"),
        ("a" * 26, "a" * 26 + "-run"),
        ("a" * 20 + "-" * 5 + "bb", "a" * 20 + "-e4fc-run"),
    ],
)
def test_account_is_named_after_the_service(name: str, account: str) -> None:
    assert account_id(spec(name=name)) == account
    assert re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", account)


def test_long_names_that_begin_alike_have_accounts_of_their_own() -> None:
    one, other = (account_id(spec(name=f"{'a' * 40}-{end}")) for end in ("web", "api"))
    assert one != other
    assert len(one) == len(other) == 30


def test_project_of_a_domain_turns_round_in_its_accounts() -> None:
    given = spec(project="example.com:shop")
    assert account_of(given) == "corner-shop-run@shop.example.com.iam.gserviceaccount.com"
    assert given.image_path == "us-west1-docker.pkg.dev/example.com/shop/hipflask/corner-shop"


@pytest.mark.parametrize(
    ("tag", "short"),
    [
        ("abc1234def56", "abc1234"),
        ("abc1234def56-dirty-0123456789ab", "0123456"),
        ("files-0123456789ab", "0123456"),
        ("V1.2_3", "v123"),
        ("us-docker.pkg.dev/cloudrun/container/hello", "dockerp"),
        ("v1-", "image"),
        ("", "image"),
    ],
)
def test_revision_s_end_is_letters_and_digits(tag: str, short: str) -> None:
    assert SourceVersion(tag).short == short


def test_longest_names_fit() -> None:
    assert len(LONGEST) == 49
    revision = f"{LONGEST}-99999-{SourceVersion('abc1234def56').short}"
    assert REVISION.fullmatch(revision)
    assert len(account_id(spec(name=LONGEST))) <= 30


@pytest.mark.parametrize(
    ("name", "number", "address"),
    [
        ("corner-shop", NUMBER, f"https://corner-shop-{NUMBER}.us-west1.run.app"),
        ("a" * 49, NUMBER, f"https://{'a' * 49}-{NUMBER}.us-west1.run.app"),
        ("a" * 49, NUMBER * 100, ""),
        ("corner-shop", 0, ""),
    ],
)
def test_address_is_known_where_it_can_be(name: str, number: int, address: str) -> None:
    assert address_of(spec(name=name), number) == address
