"""A group whose commands are imported when they are called."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

from hipflask.cli.cloud import COMMANDS, cloud
from hipflask.cli.lazy_group import LazyGroup

# A module that nobody else imports, and one that is not there.
GROUP = LazyGroup(
    "shop",
    table={
        "show": ("tests.cli.test_lazy_group", "show", "Show the shop."),
        "break": ("tests.cli.no_such_module", "nothing", "Break it."),
    },
)


@click.command()
@click.argument("what", default="everything")
def show(what: str) -> None:
    """Show it."""
    click.echo(f"shown: {what}")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(GROUP, list(arguments))


def test_help_imports_nothing() -> None:
    said = run("--help").output
    assert said.index("Show the shop.") < said.index("Break it.")


def test_command_gets_its_arguments() -> None:
    assert run("show", "me").output == "shown: me\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("shwo", "Did you mean `shop show`?"),
        ("xyz", "There is no command 'xyz'."),
        ("SHOW", "SHOW"),
    ],
)
def test_unknown_command_is_said(typed: str, said: str) -> None:
    outcome = run(typed)
    assert outcome.exit_code == 2
    assert said in outcome.output


def test_unknown_option_is_one() -> None:
    assert "No such option" in run("--nothing").output


def test_far_name_gets_no_advice() -> None:
    assert "Did you mean" not in run("xyz").output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_cloud_command_has_help_with_an_example(name: str) -> None:
    outcome = CliRunner().invoke(cloud, [name, "--help"])
    assert outcome.exit_code == 0
    assert f"hipflask cloud {name}" in outcome.output.split("Options")[0]


def test_help_of_the_cloud_imports_no_command() -> None:
    code = (
        "import sys\n"
        "from hipflask.cli.command_line import run\n"
        "try: run(['cloud', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'flask', 'psycopg', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
