"""hipflask.toml: what it says, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.spec import (
    Billing,
    ConnectionMode,
    DatabaseSpec,
    ExecutionEnvironment,
    Ingress,
    Probe,
    SecretRef,
    ServiceSpec,
)
from hipflask.cloudrun.spec_file import nearest_section, nearest_setting, parse_spec, settings
from hipflask.cloudrun.validate import Severity, validate
from hipflask.errors import ConfigError

STARTER = Path(__file__).parents[2] / "starter" / "hipflask.toml"
EVERYTHING = """
[cloud]
project = "shop-123456"
region = "europe-west1"
repository = "images"
[service]
name = "shop"
image = "shop-web"
cpu = "500m"
memory = "1Gi"
concurrency = 1
workers = 2
threads = 4
min_instances = 1
max_instances = 5
timeout = "1m30s"
execution_environment = "gen1"
cpu_boost = false
billing = "instance"
port = 9000
ingress = "internal-and-cloud-load-balancing"
public = true
service_account = "shop-run"
environment = { MODE = "live" }
secrets = { KEY = "shop-key:3", OTHER = "other" }
[service.labels]
team = "shop"
[service.startup_probe]
path = "/healthz"
initial_delay = 1
timeout = "2s"
period = 3
failure_threshold = 4
[service.liveness_probe]
[database]
connection = "session"
pool_size = 2
compute = "small"
pooler_size = 20
data_api = true
ipv4_addon = true
prepared_statements = true
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_spec(text)
    return caught.value.message.splitlines()


def test_reads_every_setting() -> None:
    assert parse_spec(EVERYTHING).spec == ServiceSpec(
        project="shop-123456",
        region="europe-west1",
        repository="images",
        name="shop",
        image="shop-web",
        cpu=Cpu(500),
        memory=Memory.mebi(1024),
        concurrency=1,
        workers=2,
        threads=4,
        min_instances=1,
        max_instances=5,
        timeout=Duration(90),
        execution_environment=ExecutionEnvironment.GEN1,
        cpu_boost=False,
        billing=Billing.INSTANCE,
        port=9000,
        ingress=Ingress.LOAD_BALANCER,
        public=True,
        service_account="shop-run",
        environment={"MODE": "live"},
        secrets={"KEY": SecretRef("shop-key", "3"), "OTHER": SecretRef("other", "latest")},
        labels={"team": "shop"},
        startup_probe=Probe("/healthz", Duration(1), Duration(2), Duration(3), 4),
        database=DatabaseSpec(ConnectionMode.SESSION, 2, "small", 20, True, True, True),
    )


def test_empty_file_has_cloud_runs_defaults() -> None:
    spec = parse_spec("").spec
    assert spec == ServiceSpec()
    assert (str(spec.cpu), str(spec.memory), str(spec.timeout)) == ("1", "512Mi", "300s")
    assert (spec.effective_concurrency, spec.effective_max_instances) == (80, 100)
    assert spec.min_instances == 0
    assert spec.cpu_boost
    assert spec.billing is Billing.REQUEST
    assert not spec.public


@pytest.mark.parametrize(("cpu", "concurrency"), [("1", 80), ("2", 160), ("0.5", 80)])
def test_default_concurrency_grows_with_the_cpu(cpu: str, concurrency: int) -> None:
    assert parse_spec(f"[service]\ncpu = {cpu}").spec.effective_concurrency == concurrency


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[service]\nname = 'shop'\nconcurency = 4",
            (
                "hipflask.toml, line 3: service.concurency is no setting."
                " Did you mean service.concurrency?"
            ),
        ),
        ("cpu = 1", "hipflask.toml, line 1: cpu is no setting. Did you mean service.cpu?"),
        (
            "[cloud]\ncpu = 1",
            "hipflask.toml, line 2: cloud.cpu is no setting. Did you mean service.cpu?",
        ),
        (
            "[service]\npool_size = 1",
            (
                "hipflask.toml, line 2: service.pool_size is no setting."
                " Did you mean database.pool_size?"
            ),
        ),
        (
            "[service]\nmax-instances = 1",
            (
                "hipflask.toml, line 2: service.max-instances is no setting."
                " Did you mean service.max_instances?"
            ),
        ),
        ("[cloud]\nzzz = 1", "hipflask.toml, line 2: cloud.zzz is no setting."),
        (
            "\n[servce]\ncpu = 1",
            "hipflask.toml, line 2: servce is no section. Did you mean [service]?",
        ),
        (
            "[service.enviroment]\nA = '1'",
            (
                "hipflask.toml, line 1: service.enviroment is no section."
                " Did you mean [service.environment]?"
            ),
        ),
        (
            "service = 3",
            "hipflask.toml, line 1: service is 3, but must be a section: [service].",
        ),
        (
            "[service]\ncpu = 'lots'",
            (
                'hipflask.toml, line 2: service.cpu is "lots", but must be vCPUs such as 1, 0.5 or'
                ' "500m", in steps of 0.001.'
            ),
        ),
        (
            "[service]\nmemory = 512",
            (
                "hipflask.toml, line 2: service.memory is 512, but must be a size with its unit"
                ' such as "512Mi" or "1Gi".'
            ),
        ),
        (
            "[service]\nmax_instances = '3'",
            (
                'hipflask.toml, line 2: service.max_instances is "3", but must be a whole number,'
                " without quotes."
            ),
        ),
        (
            "[service]\nmax_instances = true",
            (
                "hipflask.toml, line 2: service.max_instances is true, but must be a whole number,"
                " without quotes."
            ),
        ),
        (
            "[service]\npublic = 'yes'",
            (
                'hipflask.toml, line 2: service.public is "yes", but must be true or false, without'
                " quotes."
            ),
        ),
        (
            "[service]\nname = 3",
            "hipflask.toml, line 2: service.name is 3, but must be a text in quotes.",
        ),
        (
            "[service]\nbilling = 'month'",
            (
                'hipflask.toml, line 2: service.billing is "month", but must be "request" or'
                ' "instance".'
            ),
        ),
        (
            "[service.startup_probe]\nperiod = 0.5",
            (
                "hipflask.toml, line 2: service.startup_probe.period is 0.5, but must be whole"
                ' seconds such as 300, or a duration such as "5m" or "1m30s".'
            ),
        ),
        (
            "[service]\nlabels = 'shop'",
            (
                'hipflask.toml, line 2: service.labels is "shop", but must be a section of names,'
                ' such as NAME = "value".'
            ),
        ),
        (
            "[service]\ncpu = {}",
            (
                "hipflask.toml, line 2: service.cpu is a section, but must be vCPUs such as 1, 0.5"
                ' or "500m", in steps of 0.001.'
            ),
        ),
    ],
)
def test_says_which_line_is_wrong(text: str, told: str) -> None:
    assert problems(text) == [told]


def test_names_every_wrong_line_at_once() -> None:
    lines = problems("[service]\ncpus = 1\nport = 'x'\n[database]\npool_size = 'y'")
    assert [line.split(":")[0] for line in lines] == [
        "hipflask.toml, line 2",
        "hipflask.toml, line 3",
        "hipflask.toml, line 5",
    ]


def test_malformed_toml_has_its_line() -> None:
    (line,) = problems("[service]\ncpu = = 1")
    assert "hipflask.toml is not valid TOML" in line
    assert "line 2" in line


@pytest.mark.parametrize(
    "value", ["9" * 5000, "1e999999999999999999999", "[" * 100_000 + "]" * 100_000]
)
def test_what_python_cannot_read_is_the_files_fault(value: str) -> None:
    (line,) = problems(f"[service]\ncpu = {value}")
    assert line == (
        "hipflask.toml cannot be read: a number in it is too long, or lists are nested too deep."
    )


@pytest.mark.parametrize(
    "text",
    [
        "[service.environment]\nA_KEY = 123456789",
        "[service.secrets]\nA_KEY = 123456789",
        "[service.secrets]\nA_KEY = 'postgresql://u:123456789@h:5432/d'",
        "[service.secrets]\nA_KEY = ['123456789']",
    ],
)
def test_shows_no_value_of_a_variable(text: str) -> None:
    (line,) = problems(text)
    assert "line 2" in line
    assert "A_KEY" in line
    assert "123456789" not in line


def test_takes_the_files_own_name() -> None:
    with pytest.raises(ConfigError, match=r"other\.toml, line 1: x is no setting"):
        parse_spec("x = 1", name="other.toml")


def test_knows_the_line_of_a_setting() -> None:
    file = parse_spec(EVERYTHING)
    assert file.line_of("cloud.region") == 4
    assert file.line_of("service.environment.MODE") == 24
    assert file.line_of("service.startup_probe.period") == 32
    assert file.line_of("service.liveness_probe.path") == 34
    assert parse_spec("").line_of("service.cpu") is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("service.memmory", "service.memory"),
        ("cloud.regoin", "cloud.region"),
        ("service.timeouts", "service.timeout"),
        ("database.pooler", "database.pooler_size"),
        ("service.min_instance", "service.min_instances"),
        ("service.qqqq", None),
    ],
)
def test_finds_the_nearest_setting(typed: str, meant: str | None) -> None:
    assert nearest_setting(typed) == meant


def test_finds_the_nearest_section() -> None:
    assert nearest_section("databse") == "[database]"
    assert nearest_section("service.env") == "[service.environment]"
    assert nearest_section("zzz") is None


def test_settings_are_those_of_the_spec() -> None:
    assert "service.startup_probe.failure_threshold" in settings()
    assert {name.partition(".")[0] for name in settings()} == {"cloud", "service", "database"}


def test_starter_lacks_only_what_nobody_can_know() -> None:
    found = validate(parse_spec(STARTER.read_text(encoding="utf-8")).spec)
    assert {finding.field for finding in found} == {
        "cloud.project",
        "service.environment.SITE_URL",
        "service.environment.SUPABASE_URL",
        "service.environment.SUPABASE_PUBLISHABLE_KEY",
    }
    assert {finding.severity for finding in found} == {Severity.ERROR}


def test_starter_filled_in_has_no_finding() -> None:
    text = STARTER.read_text(encoding="utf-8")
    for name, value in {
        "project": "shop-123456",
        "SITE_URL": "https://shop.example.com",
        "SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_abcdefghijklmnopqrstuv_abcdefgh",
    }.items():
        text = text.replace(f'\n{name} = ""', f'\n{name} = "{value}"')
    assert validate(parse_spec(text).spec) == []
