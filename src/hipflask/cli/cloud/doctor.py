"""`hipflask cloud doctor`: compares code, config.toml, Supabase and the service."""

from __future__ import annotations

from pathlib import Path

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.doctor_facts import find_facts
from hipflask.cli.cloud.doctor_text import report_json, show_report, summary_of
from hipflask.cli.cloud.options import format_option
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.doctor import examine


@click.command(short_help="Compare code, Supabase and Cloud Run; say what helps.")
@click.option(
    "--secrets-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where DATABASE_URL is looked up first. [default: .env.production]",
)
@format_option
@click.pass_context
def doctor(context: click.Context, form: str, secrets_file: Path | None) -> None:
    """Compare this folder, the Supabase project and the service; change nothing.

    \b
    Example: hipflask cloud doctor
    Exit code: 0 when nothing is an error, 1 otherwise
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    terminal.line(f"Looking at {project.spec.name or project.root.name}; nothing is changed")
    report = examine(find_facts(project, secrets_file, terminal.doing))
    if form == "json":
        terminal.json(report_json(report, project.file))
    else:
        show_report(terminal, report, project.file)
    terminal.line(f"\n{summary_of(report).capitalize()}.")
    if report.is_well:
        terminal.line("Deploy: hipflask cloud deploy")
    else:
        terminal.line("Do what stands below each error, and repeat: hipflask cloud doctor")
        context.exit(1)
