"""`hipflask cloud cost`, from the command line to the figures."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_text import profile_parts
from tests.cli.cloud.conftest import Command, Said
from tests.cli.conftest import run_hipflask

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "know-what-it-costs.md"
# Only requests: none of a small product's other habits.
NOTHING_ELSE = (
    *("--cpu-time", "0", "--response-size", "0", "--startup", "0", "--users", "0"),
    *("--assume", "log_size=0", "--assume", "database_answer_size=0"),
)
EXAMPLE = ("--requests", "10M", "--region", "europe-west1", "--max-instances", "100", "--curve")
EXAMPLE_1 = (*EXAMPLE, "bell:0.9", *NOTHING_ELSE, "--latency", "400ms", "--concurrency", "20")
EXAMPLE_4 = (
    *(*EXAMPLE, "flat", *NOTHING_ELSE, "--latency", "200ms"),
    *("--cpu", "0.167", "--memory", "256Mi", "--concurrency", "1"),
)


def figures(said: Said) -> dict[str, Decimal]:
    """Return the lines of the bill, before and after what is free."""
    found = {line["code"]: Decimal(line["cost"]) for line in said.json["lines"]}
    gross = {f"{line['code']}.gross": Decimal(line["gross"]) for line in said.json["lines"]}
    return found | gross


def before_cpu_and_memory_are_free(said: Said) -> Decimal:
    """Google prints its sum with the requests' free part taken off already."""
    lines = figures(said)
    return (
        lines["cloud_run.cpu.gross"] + lines["cloud_run.memory.gross"] + lines["cloud_run.requests"]
    )


def cents(amount: Decimal | str) -> str:
    return f"{Decimal(amount):.2f}"


def test_it_works_before_anything_is_set_up(hipflask: Command) -> None:
    said = hipflask("cloud", "cost")
    assert said.code == 0
    assert "There is no hipflask.toml here" in said.err
    lines = said.out.splitlines()
    assert lines[0] == "A month of hipflask-starter in us-west1: 100,000 requests of 200 ms"
    assert lines[-1].startswith("Next limit: Cloud Run, CPU, at ")
    assert max(len(line) for line in lines) <= 80


def test_in_a_project_it_takes_the_file_also_without_a_project_id(
    hipflask: Command, project: Path
) -> None:
    file = project / "hipflask.toml"
    text = file.read_text(encoding="utf-8")
    assert 'project = ""' in text
    file.write_text(text.replace("us-west1", "europe-west3"), encoding="utf-8")
    said = hipflask("cloud", "cost")
    assert said.code == 0
    assert "in europe-west3" in said.out
    assert "There is no hipflask.toml" not in said.err
    assert "europe-west3 costs 40 % more" in said.err


def test_google_s_example_4_to_the_cent(hipflask: Command) -> None:
    said = hipflask("cloud", "cost", *EXAMPLE_4, "--format", "json")
    assert cents(before_cpu_and_memory_are_free(said)) == "12.47"
    assert cents(said.json["total"]) == "7.25"
    assert said.json["total"] == "7.246"


@pytest.mark.parametrize(
    "measured",
    [
        (),
        ("--curve", "flat", "--assume", "shared_by=6.43"),
        ("--curve", "flat", "--assume", "instance_seconds=622178"),
    ],
    ids=["by a bell curve", "shared", "measured"],
)
def test_google_s_example_1_to_the_cent(hipflask: Command, measured: tuple[str, ...]) -> None:
    said = hipflask("cloud", "cost", *EXAMPLE_1, *measured, "-o", "json")
    assert cents(before_cpu_and_memory_are_free(said)) == "18.91"
    assert cents(said.json["total"]) == "13.69"


def test_tier_2_by_hand(hipflask: Command) -> None:
    """2 M busy seconds at 1.4 times the price, less the same $5.22."""
    dearer = [*EXAMPLE_4, "--region", "asia-southeast1", "-o", "json"]
    assert hipflask("cloud", "cost", *dearer).json["total"] == "10.9524"


def test_instance_based_billing_by_hand(hipflask: Command) -> None:
    """One instance all month: 2,628,000 s of 1 vCPU and 0.5 GiB, less $4.32 and $0.90."""
    always = ["--requests", "0", "--billing", "instance", "--min-instances", "1"]
    said = hipflask("cloud", "cost", *always, "-o", "json")
    assert said.json["total"] == "44.712"
    assert "cloud_run.requests" not in figures(said)
    assert "1 instance waits around the clock" in said.err
    tier_2 = hipflask("cloud", "cost", *always, "--region", "asia-east2", "-o", "json")
    assert Decimal(tier_2.json["total"]) == Decimal("59.9184") - Decimal("5.22")
    assert "asia-east2 costs 20 % more" in tier_2.err


def test_100_milliseconds_are_the_least_that_is_billed(hipflask: Command) -> None:
    one_by_one = ["--concurrency", "1", "--curve", "flat", *NOTHING_ELSE, "--requests", "3M"]
    short, long = (
        hipflask("cloud", "cost", *one_by_one, "--latency", latency, "-o", "json").json
        for latency in ("1ms", "101ms")
    )
    assert short["instances"]["busy_seconds"] == "300000"
    assert long["instances"]["busy_seconds"] == "600000"


def test_every_option_changes_what_it_says(hipflask: Command) -> None:
    said = hipflask(
        *("cloud", "cost", "--format", "json", "--requests", "1.5M", "--curve", "bell:2@20"),
        *("--latency", "150ms", "--cpu-time", "30ms", "--startup", "3s", "--users", "2k"),
        *("--response-size", "30kB", "--database-size", "2GB", "--file-size", "3GB"),
        *("--download-size", "4GB", "--assume", "builds=7", "--assume", "images-kept=2"),
        *("--region", "us-east1", "--cpu", "2", "--memory", "1Gi", "--concurrency", "40"),
        *("--workers", "2", "--threads", "20", "--min-instances", "1", "--max-instances", "9"),
        *("--billing", "instance", "--supabase-compute", "small", "--no-spend-cap"),
    )
    assert said.code == 0
    profile, service = said.json["profile"], said.json["service"]
    wanted = {
        "requests": "1500000",
        "latency": "0.15",
        "cpu": "0.03",
        "startup": "3",
        "users": "2000",
        "response_size": "30000",
        "database_size": "2000000000",
        "file_size": "3000000000",
        "download_size": "4000000000",
        "builds": "7",
        "images_kept": "2",
    }
    assert {name: profile[name] for name in wanted} == wanted
    assert profile["curve"].index("1") == 20
    assert service == {
        "name": "hipflask-starter",
        "region": "us-east1",
        "cpu": "2",
        "memory": "1Gi",
        "concurrency": 40,
        "workers": 2,
        "threads": 20,
        "min_instances": 1,
        "max_instances": 9,
        "cpu_boost": True,
        "billing": "instance",
    }
    assert said.json["supabase_plan"] == {"plan": "pro", "compute": "small", "spend_cap": False}


@pytest.mark.parametrize("part", profile_parts())
def test_every_part_of_a_profile_can_be_assumed(hipflask: Command, part: str) -> None:
    value = {"curve": "flat", "cpu": "0.1"}.get(part, "1")
    said = hipflask("cloud", "cost", "--assume", f"{part}={value}", "-o", "json")
    assert said.code == 0
    assert said.json["profile"][part] == (["1"] if part == "curve" else value)


def test_requests_hour_by_hour(hipflask: Command, folder: Path) -> None:
    listed = hipflask("cloud", "cost", "--hourly", "100,200,300", "-o", "json").json
    assert listed["requests"]["month"] == "146000"
    assert listed["profile"]["curve"] == ["100", "200", "300"]
    (folder / "hours.txt").write_text("100\n200\n300\n", encoding="utf-8")
    filed = hipflask("cloud", "cost", "--hourly", "hours.txt", "-o", "json").json
    assert filed == listed


def test_the_first_limit_holds_to_the_request(hipflask: Command) -> None:
    limit = hipflask("cloud", "cost", "-o", "json").json["limits"][0]
    assert (limit["code"], limit["requests"]) == ("egress.internet", 53_687)
    at, beyond = (
        hipflask("cloud", "cost", "--requests", str(53_687 + more), "-o", "json").json["total"]
        for more in (0, 1)
    )
    assert at == "0"
    assert 0 < Decimal(beyond) < Decimal("0.00001")


def test_what_supabase_s_free_plan_stops_has_a_way_out(hipflask: Command) -> None:
    said = hipflask("cloud", "cost", "--users", "60k")
    ending = " ".join(said.out.split())
    assert "Supabase stops or restricts: monthly users, 60,000 of 50,000 users." in ending
    assert ending.endswith("spend cap on, has room for this; the month then costs $25.10.")
    paid = hipflask("cloud", "cost", "--users", "60k", "--supabase-plan", "pro", "-o", "json")
    assert cents(paid.json["total"]) == "25.10"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--requests", "many"), "--requests is 'many', but must be a number such as"),
        (("--latency", "fast"), "--latency is 'fast', but must be a time such as"),
        (("--cpu-time", "1MB"), "--cpu-time is '1MB', but must be a time"),
        (("--curve", "hill"), "--curve is 'hill', but must be flat, office, bell"),
        (("--assume", "builds"), "--assume is 'builds', but must be NAME=VALUE"),
        (("--assume", "bulids=3"), "bulids is no part of a traffic profile. Did you mean builds?"),
        (("--assume", "builds=x"), "--assume builds is 'x', but must be a number"),
        (("--users", "5", "--assume", "users=6"), "users is said twice, by --users and by"),
        (("--assume", "jobs=5", "--assume", "jobs=6"), "jobs is said twice"),
        (("--cpu-time", "1ms", "--assume", "cpu-time=2ms"), "cpu is said twice"),
        (("--hourly", "1,x"), "The requests of an hour are 'x'"),
        (("--hourly", "nowhere.txt"), "--hourly is 'nowhere.txt', which is no list of numbers"),
        (("--hourly", "1,2", "--requests", "5"), "--hourly says how many requests come"),
        (("--cpu", "one"), "--cpu is 'one', but must be vCPUs"),
        (("--latency", "200"), "A request takes 200 s, but the service ends it after 60 s"),
        (("--latency", "5ms", "--cpu-time", "9ms"), "The CPU works for 9 ms of each request"),
        (("--supabase-compute", "huge"), "Supabase has no database size 'huge'."),
        (("--no-spend-cap",), "it has no spend cap to switch off."),
        (("--chart", "cost.pdf"), "--chart is 'cost.pdf', but a chart is an .svg or a .png file."),
        (("--chart", "no/cost.svg"), "there is no folder no."),
    ],
)
def test_bad_input_is_a_sentence(hipflask: Command, arguments: tuple[str, ...], said: str) -> None:
    outcome = hipflask("cloud", "cost", *arguments, "--format", "json")
    assert outcome.code == 1
    assert said in outcome.err
    assert "fault of Hipflask" not in outcome.err
    assert outcome.json["ok"] is False
    assert said in outcome.json["error"]["message"]


def test_a_rejected_size_has_no_price_but_neighbours(hipflask: Command) -> None:
    size = ("--cpu", "0.1", "--memory", "128Mi", "--concurrency", "10")
    said = hipflask("cloud", "cost", *size)
    assert (said.code, said.out) == (1, "")
    assert "Error: Cloud Run rejects this service, so it has no price." in said.err
    assert "service.concurrency = 1" in said.err
    assert "The default (recommended)" in said.err
    read = hipflask("cloud", "cost", *size, "--format", "json")
    assert read.code == 1
    assert read.json["rejected"][0]["code"] == "cpu-fraction-concurrency"


def test_a_mistyped_region_is_guessed(hipflask: Command) -> None:
    said = hipflask("cloud", "cost", "--region", "us-westl1")
    assert said.code == 1
    assert 'Set cloud.region = "us-west1".' in said.err


def test_a_broken_file_is_named_with_its_line(hipflask: Command, project: Path) -> None:
    (project / "hipflask.toml").write_text("[service]\ncpu = 'much'\n", encoding="utf-8")
    said = hipflask("cloud", "cost")
    assert said.code == 1
    assert "hipflask.toml, line 2: service.cpu" in said.err


def test_a_chart_as_svg(hipflask: Command, folder: Path) -> None:
    (folder / "cost.svg").write_text("an older one", encoding="utf-8")
    said = hipflask("cloud", "cost", "--chart", "cost.svg", "--language", "zh-Hans", "-o", "json")
    assert said.code == 0
    assert "Wrote cost.svg" in said.err
    assert said.json["total"]
    text = (folder / "cost.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).get("lang") == "zh-Hans"
    assert "免费额度止于 5.37 万" in text


def test_a_chart_as_png(hipflask: Command, folder: Path) -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is not installed; hipflask[cloud] has it")
    assert hipflask("cloud", "cost", "--chart", "cost.PNG").code == 0
    assert (folder / "cost.PNG").read_bytes().startswith(b"\x89PNG")


def test_a_chart_as_png_without_its_renderer(
    hipflask: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    said = hipflask("cloud", "cost", "--chart", "cost.png")
    assert (said.code, said.out) == (1, "")
    assert 'pip install "hipflask[cloud]"' in said.err
    assert not (folder / "cost.png").exists()


def test_a_chart_that_cannot_be_written(hipflask: Command, folder: Path) -> None:
    (folder / "cost.svg").mkdir()
    said = hipflask("cloud", "cost", "--chart", "cost.svg")
    assert said.code == 1
    assert "cost.svg cannot be written: " in said.err


def test_help_has_its_options_under_headings_and_the_real_defaults(hipflask: Command) -> None:
    said = hipflask("cloud", "cost", "--help").out
    assert said.index("Example: hipflask cloud cost") < said.index("Traffic:")
    headings = [line for line in said.splitlines() if line.endswith(":")]
    assert headings == [
        "Traffic:",
        "Service (otherwise as in hipflask.toml):",
        "Supabase:",
        "Output:",
    ]
    assert len(said.splitlines()) <= 48
    assert said.isascii()
    assert f"[{TrafficProfile().requests:,}]" in said


EXAMPLES = re.findall(r"(?ms)^```\n\$ hipflask (.*?)\n(.*?)^```", HOW_TO.read_text("utf-8"))


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=lambda text: text.split()[1])
def test_the_how_to_shows_what_comes_out(hipflask: Command, command: str, shown: str) -> None:
    """After a change of prices or words, paste the new output."""
    assert hipflask(*command.split()).out == shown


def test_the_how_to_shows_the_chart_that_comes_out(hipflask: Command, folder: Path) -> None:
    """After a change of prices or of the chart, write it anew with the command beside it."""
    name = HOW_TO.with_suffix(".svg").name
    text = HOW_TO.read_text(encoding="utf-8")
    commands = re.findall(rf"(?m)^hipflask (.*--chart {name})$", text)
    assert len(commands) == 1
    assert hipflask(*commands[0].split()).code == 0
    drawn = (folder / name).read_text(encoding="utf-8")
    assert drawn == HOW_TO.with_suffix(".svg").read_text(encoding="utf-8")


def test_as_a_program_of_its_own(folder: Path) -> None:
    outcome = run_hipflask(folder, "cloud", "cost", "--requests", "1M", "--format", "json")
    assert outcome.code == 0
    assert outcome.out.startswith("{")
    assert "There is no hipflask.toml here" in outcome.err


def test_help_of_the_group_imports_no_command() -> None:
    code = (
        "import sys\n"
        "from hipflask.cli.command_line import run\n"
        "try: run(['cloud', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('hipflask.cloudrun')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
