"""Whatever a user can type has its place in docs/reference."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest
from app import create_app

from hipflask import errors
from hipflask.cli.command_line import group
from hipflask.kit import settings
from hipflask.kit.web import settings as web_settings
from hipflask.kit.web.problem_types import PROBLEM_TYPES
from hipflask.local.keys import ProjectKeys
from hipflask.protocol.clock import SystemClock
from tests.architecture.config_keys import keys_with_effect

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs/reference"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def documented(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found[f"{path} {name}"] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{path} {name}")
    return found


COMMANDS = commands(group, "hipflask")


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_a_heading_and_help(name: str) -> None:
    assert re.search(rf"(?m)^###? `{name}`$", documented("cli.md")), f"cli.md has no {name}"
    assert COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_option_is_described(name: str) -> None:
    text = documented("cli.md")
    options = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--") and option not in ("--help", "--output")
    }
    assert not {option for option in options if f"`{option}`" not in text}


def test_environment_variable_is_in_the_table() -> None:
    text = documented("settings.md")
    variables = {*settings.VARIABLES, *web_settings.VARIABLES}
    for path in (ROOT / "src/hipflask").rglob("*.py"):
        variables |= set(re.findall(r"\"(HIPFLASK_[A-Z_]+)\"", path.read_text(encoding="utf-8")))
    variables -= {"HIPFLASK_STARTED", "HIPFLASK_PARENT"}  # told by run.py, by nobody else
    assert not {name for name in variables if f"| `{name}` |" not in text}


def test_key_of_config_toml_is_in_the_table() -> None:
    text = documented("config-toml.md")
    shown = set(re.findall(r"(?m)^\| `([\w.]+)` \|", text))
    assert shown == set(keys_with_effect())


def test_problem_slug_is_in_the_table() -> None:
    text = documented("errors.md")
    wanted = {f"| `{kind.slug}` | {kind.status} | {kind.title} |" for kind in PROBLEM_TYPES}
    assert not {row for row in wanted if row not in text}


def test_error_class_is_in_the_table() -> None:
    text = documented("errors.md")
    classes = [name for name, value in vars(errors).items() if inspect.isclass(value)]
    own = [name for name in classes if issubclass(getattr(errors, name), errors.HipFlaskError)]
    assert own
    assert not [name for name in own if f"`{name}` |" not in text]


def test_route_of_the_starter_is_in_the_table() -> None:
    keys = ProjectKeys.generate(issuer="supabase", clock=SystemClock())
    app = create_app(
        environ={
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
            "DATABASE_URL": "postgresql://postgres:postgres@127.0.0.1:9/postgres",
            "SECRET_KEY": keys.app_secret,
            "SITE_URL": "http://127.0.0.1:8080",
        }
    )
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<\w+:", "<", rule.rule)
        methods.setdefault(path, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    app.extensions["hipflask"].close()
    rows = re.findall(r"(?m)^\| `(/[^`]*)` \| ([A-Z, ]+) \|", documented("routes.md"))
    assert {path: set(listed.split(", ")) for path, listed in rows} == methods


@pytest.mark.parametrize(
    "document",
    sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (document.parent / target).exists()]


def test_both_readmes_have_the_same_chapters() -> None:
    english, chinese = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    assert len(re.findall(r"(?m)^##+ ", english)) == len(re.findall(r"(?m)^##+ ", chinese))
    assert re.findall(r"(?ms)^```.*?^```", english) == re.findall(r"(?ms)^```.*?^```", chinese)
