"""Cases of names, variables, secrets and probes."""

from __future__ import annotations

from dataclasses import replace

from hipflask.cloudrun.quantities import Duration
from hipflask.cloudrun.spec import Probe
from hipflask.cloudrun.validate import Context
from tests.cloudrun.specs import GOOD, PASSWORD, Case, spec, with_secrets, with_variables

SERVICE_ROLE = "sb_secret_abcdefghijklmnopqrstuv_abcdefgh"
PUBLISHABLE = "sb_publishable_abcdefghijklmnopqrstuv_abcdefgh"
# In two parts, or scanners of public repositories take it for a real one.
STRIPE = "sk_live" + "_0123456789abcdef"
KEY_FILE = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"

NAMES = (
    Case("project-missing", spec(project=""), GOOD),
    Case("project-name", spec(project="Corner Shop"), spec(project="corner-shop")),
    Case("project-name", spec(project="shop1"), spec(project="shop-1")),
    Case("project-name", spec(project="123456789012"), spec(project="example.com:shop-1")),
    Case("region-unknown", spec(region="us-westl1"), spec(region="us-west1")),
    Case("region-unknown", spec(region=""), spec(region="europe-west10")),
    Case("service-name", spec(name="a" * 50), spec(name="a" * 49)),
    Case("service-name-long", spec(name="a" * 38), spec(name="a" * 37)),
    Case("service-name-long", spec(name="a" * 49), spec(name="a" * 37)),
    Case("service-name", spec(name="Shop"), spec(name="shop")),
    Case("service-name", spec(name="shop-"), spec(name="shop-1")),
    Case("service-name", spec(name="1shop"), spec(name="shop1")),
    Case("service-name", spec(name=""), spec(name="s")),
    Case("repository-name", spec(repository="flask_repo"), spec(repository="flask-repo")),
    Case("image-name", spec(image="Shop"), spec(image="shop/web_2")),
    Case("image-name", spec(image="shop:latest"), spec(image="shop")),
    Case("service-account-name", spec(service_account="me@gmail.com"), spec(service_account="")),
    Case(
        "service-account-name",
        spec(service_account="shop"),
        spec(service_account="shop-run@corner-shop-1234.iam.gserviceaccount.com"),
    ),
    Case("label-name", spec(labels={"Team": "shop"}), spec(labels={"team": "shop"})),
    Case("label-name", spec(labels={"team": "The Shop"}), spec(labels={"team": ""})),
    Case(
        "label-name",
        spec(labels={f"l{n}": "" for n in range(65)}),
        spec(labels={f"l{n}": "" for n in range(64)}),
    ),
)

VARIABLES = (
    Case("variable-name", with_variables(**{"A=B": "1"}), with_variables(A_B="1")),
    Case("variable-name", with_variables(**{"": "1"}), with_variables(_="1")),
    Case("variable-name", with_variables(X_GOOGLE_A="1"), with_variables(GOOGLE_A="1")),
    Case("variable-reserved", with_variables(PORT="8080"), with_variables(APP_PORT="8080")),
    Case("variable-reserved", with_variables(K_SERVICE="s"), with_variables(K_SERVICES="s")),
    Case("variable-reserved", with_secrets(K_REVISION="r"), with_secrets(REVISION="r")),
    Case(
        "variable-managed",
        with_variables(DATABASE_POOL_SIZE="4"),
        spec(database_pool_size=4),
    ),
    Case("variable-missing", spec(environment={}), GOOD),
    Case("variable-missing", with_variables(SITE_URL=""), GOOD),
    Case(
        "variable-missing",
        with_variables(SITE_URL=""),
        with_variables(SITE_URL=""),
        Context(),
        Context(supplied=frozenset({"SITE_URL"})),
    ),
    Case("variable-missing", spec(secrets={}), GOOD),
    Case("variable-size", with_variables(A="a" * 32769), with_variables(A="a" * 32768)),
    Case("variable-size", with_variables(A="书" * 10923), with_variables(A="书" * 10922)),
    Case(
        "variable-count",
        with_variables(**{f"A{n}": "1" for n in range(996)}),
        with_variables(**{f"A{n}": "1" for n in range(995)}),
    ),
    Case("variable-twice", with_variables(SECRET_KEY="x"), GOOD),
    Case(
        "variable-local",
        with_variables(SUPABASE_URL="http://127.0.0.1:54321"),
        with_variables(SUPABASE_URL="https://abc.supabase.co"),
    ),
    Case(
        "variable-local",
        with_variables(SITE_URL="http://localhost:8080"),
        with_variables(SITE_URL="https://localhost.example.com"),
    ),
    Case(
        "variable-address",
        with_variables(SUPABASE_URL="abcdefghijklmnopqrst.supabase.co"),
        with_variables(SUPABASE_URL="https://abcdefghijklmnopqrst.supabase.co/"),
    ),
    Case(
        "variable-address",
        with_variables(SUPABASE_URL="https://supabase.com/dashboard/project/abcdefghijklmnopqrst"),
        with_variables(SUPABASE_URL="https://db.shop.example.com"),
    ),
    Case(
        "variable-address",
        with_variables(SITE_URL="http://shop.example.com"),
        with_variables(SITE_URL="https://shop.example.com:8443"),
    ),
    Case("variable-local", with_variables(SMTP_HOST="::1"), with_variables(SMTP_HOST="smtp.io")),
)

SECRETS = (
    Case("secret-in-plain", with_variables(SMTP_PASSWORD="x"), with_secrets(SMTP_PASSWORD="smtp")),
    Case("secret-in-plain", with_variables(STRIPE_API_KEY="x"), with_variables(STRIPE_MODE="x")),
    Case("secret-in-plain", with_variables(A=SERVICE_ROLE), with_variables(A=PUBLISHABLE)),
    Case("secret-in-plain", with_variables(A=KEY_FILE), with_variables(A="-----BEGIN-----")),
    Case(
        "secret-in-plain",
        with_variables(CACHE=f"redis://me:{PASSWORD}@cache.example.com"),
        with_variables(CACHE="redis://cache.example.com"),
    ),
    Case("secret-in-plain", with_variables(SECRET_KEY="x"), with_variables(MONKEY_HOUSE="x")),
    Case("secret-in-plain", with_variables(A_TOKEN="x"), with_variables(TOKEN_URL="x")),
    Case("secret-in-plain", with_variables(A_TOKEN="x"), with_variables(A_TOKEN="")),
    Case("secret-in-plain", with_variables(STRIPE_KEY=STRIPE), with_variables(STRIPE_KEY="")),
    Case("secret-in-plain", with_variables(REPO="ghp_0123456789"), with_variables(REPO="ghp")),
    Case("secret-name", with_secrets(A="my secret"), with_secrets(A="my_secret-1")),
    Case("secret-name", with_secrets(A="shop:newest"), with_secrets(A="shop:latest")),
    Case("secret-name", with_secrets(A="shop:0"), with_secrets(A="shop:3")),
    Case("secret-name", with_secrets(A="p/shop"), with_secrets(A="projects/123/secrets/shop:1")),
)


def startup(**fields: object) -> Probe:
    return replace(Probe(path="/healthz"), **fields)  # type: ignore[arg-type]


PROBES = (
    Case(
        "probe-timing",
        spec(startup_probe=startup(period=Duration(241), failure_threshold=1)),
        spec(startup_probe=startup(period=Duration(240), failure_threshold=1)),
    ),
    Case(
        "probe-timing",
        spec(liveness_probe=startup(period=Duration(3601))),
        spec(liveness_probe=startup(period=Duration(241))),
    ),
    Case(
        "probe-timing",
        spec(startup_probe=startup(timeout=Duration(0))),
        spec(startup_probe=startup(initial_delay=Duration(0))),
    ),
    Case(
        "probe-timing",
        spec(startup_probe=startup(failure_threshold=0)),
        spec(startup_probe=startup(failure_threshold=1)),
    ),
    Case(
        "probe-order",
        spec(startup_probe=startup(timeout=Duration(11))),
        spec(startup_probe=startup(timeout=Duration(10))),
    ),
    Case(
        "probe-path",
        spec(startup_probe=startup(path="healthz")),
        spec(startup_probe=startup(path="")),
    ),
    Case(
        "probe-liveness-path",
        spec(liveness_probe=startup(path="")),
        spec(liveness_probe=startup(), startup_probe=startup(path="")),
    ),
    Case(
        "probe-budget",
        spec(startup_probe=startup(failure_threshold=61)),
        spec(startup_probe=startup(failure_threshold=60)),
    ),
    Case(
        "probe-budget-long",
        spec(startup_probe=startup(initial_delay=Duration(1), failure_threshold=24)),
        spec(startup_probe=startup(failure_threshold=24)),
    ),
    Case(
        "probe-liveness-database",
        spec(liveness_probe=startup(path="/readyz")),
        spec(liveness_probe=startup(), startup_probe=startup(path="/readyz")),
    ),
    Case(
        "path-reserved",
        GOOD,
        GOOD,
        Context(outside_paths=("/healthz?verbose=1",)),
        Context(outside_paths=("/login", "/health")),
    ),
)

CASES = (*NAMES, *VARIABLES, *SECRETS, *PROBES)
