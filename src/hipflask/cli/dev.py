"""`hipflask dev`: the stack in this process, the application in a child, reload on a change."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hipflask.cli import STARTED
from hipflask.cli.instances import find_instance, instance_options
from hipflask.cli.terminal import Terminal

if TYPE_CHECKING:
    from hipflask.cli.app_supervisor import AppSupervisor
    from hipflask.cli.watcher import Watcher
    from hipflask.local.config import ProjectConfig
    from hipflask.local.project import Project
    from hipflask.local.stack import Stack

DEFAULT_PORT = 8080
HIGHEST_PORT = 65_535
_LOOK_SECONDS = 0.4
_CALM_SECONDS = 10.0


@click.command(short_help="Run the stack and the application here, with reload.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    show_default=f"{DEFAULT_PORT}, plus the offset",
    help="The application's port.",
)
@click.option(
    "--app",
    "app_name",
    default="app:create_app()",
    show_default=True,
    help="What to serve.",
    envvar="HIPFLASK_APP",
)
@click.option("--no-reload", is_flag=True, help="Leave the application alone when files change.")
@click.option("--no-css", is_flag=True, help="Leave the style sheet as it is.")
@instance_options
def dev(
    port: int | None,
    app_name: str,
    no_reload: bool,
    no_css: bool,
    config: Path | None,
    port_offset: int,
) -> None:
    """Run the stack and the application here. Ctrl-C stops all of it.

    \b
    Example: hipflask dev --port 9000
    """
    # Nearly everything that a start makes stays: looking through it for garbage costs 40 ms.
    gc.disable()
    from hipflask.local.config import ProjectConfig
    from hipflask.local.config.app_address import for_app_at
    from hipflask.local.config.dotenv import project_environ

    terminal = Terminal()
    project = find_instance(config, port_offset)
    port = DEFAULT_PORT + port_offset if port is None else port
    if port > HIGHEST_PORT:
        raise click.UsageError(f"The application's port would be {port}. Choose one with --port.")
    environ = project_environ(project.root, os.environ)
    settings = for_app_at(ProjectConfig.of(project, environ), f"http://127.0.0.1:{port}")
    terminal.line(f"Starting {terminal.styled(settings.project_id, 'bold')} in {project.name}")
    for warning in settings.warnings:
        terminal.warning(warning)
    session = DevSession(project, settings, terminal, port=port, app_name=app_name)
    session.run(reload=not no_reload, css=not no_css)


class DevSession:
    """One run of `hipflask dev`, from the first port to the last process."""

    def __init__(
        self,
        project: Project,
        config: ProjectConfig,
        terminal: Terminal,
        *,
        port: int,
        app_name: str,
    ) -> None:
        from hipflask.local.stack import Stack

        self._project = project
        self._config = config
        self._terminal = terminal
        self._port = port
        self._app_name = app_name
        self._stack: Stack = Stack(
            project,
            config,
            environ=self._environ(),
            app_url=f"http://127.0.0.1:{port}",
            on_step=lambda step: terminal.step(step.name, step.note, step.seconds),
            on_error=lambda said: terminal.error(said, f"More: {project.logs / 'stack.log'}"),
        )

    def run(self, *, reload: bool, css: bool) -> None:
        """Start, watch until somebody asks to stop, stop."""
        from hipflask.cli.stop_signals import stop_on_signals

        stopped = threading.Event()
        stop = self._stack.stop_requested
        with stop_on_signals(stop, stopped):
            try:
                self._run(reload=reload, css=css)
            finally:
                stopped.set()

    def _run(self, *, reload: bool, css: bool) -> None:
        from hipflask.cli.app_supervisor import AppSupervisor
        from hipflask.cli.style_sheets import StyleSheets
        from hipflask.cli.watcher import Watcher

        self._stack.claim()
        app = sheets = None
        try:
            app = AppSupervisor(
                self._project.root,
                port=self._port,
                log=self._project.logs / "app.log",
                on_output=self._terminal.line,
                app=self._app_name,
            )
            # The child's imports and PostgreSQL's start go on beside our own imports.
            began = time.perf_counter()
            app.start(self._app_environ())
            # Before the child can have read anything: no later change is missed.
            watcher = Watcher(self._project.root)
            self._stack.start()
            loaded = app.await_ready(self._stack.stop_requested.is_set)
            if not self._stack.stop_requested.is_set():
                self._terminal.step(
                    "Application",
                    "" if loaded else "did not start: see above",
                    time.perf_counter() - began,
                )
                sheets = StyleSheets(self._project.root, self._project.logs / "css.log")
                self._say_ready(loaded, css_note=self._start_css(sheets) if css else "")
                gc.enable()
                self._watch(app, watcher, reload=reload)
            self._terminal.line("Stopping…")
        finally:
            if sheets is not None:
                sheets.stop()
            if app is not None:
                app.close()
            self._stack.stop()
        self._terminal.line("Stopped.")

    def _watch(self, app: AppSupervisor, watcher: Watcher, *, reload: bool) -> None:
        stop = self._stack.stop_requested
        last_end = -_CALM_SECONDS
        while not stop.wait(_LOOK_SECONDS):
            if (code := app.has_ended()) is not None:
                now = time.monotonic()
                self._replace_ended(app, code, again=now - last_end > _CALM_SECONDS)
                last_end = now
            if reload and (changed := watcher.changes()):
                self._restart(app, changed)

    def _replace_ended(self, app: AppSupervisor, code: int, *, again: bool) -> None:
        """Start the application again, or a page that says why not: nobody waits for an answer.

        One that could not be loaded, or that has just ended before, waits for a change.
        """
        log = self._project.logs / "app.log"
        said = f"The application's process ended with code {code}."
        again = again and app.was_ready
        then = "It is started again." if again else "It starts again when a file is saved."
        self._terminal.error(said, f"{then} Its output is in {log}.")
        app.stop()
        app.start(self._app_environ(), explanation="" if again else f"{said}\n{then}\n{log}")
        if again:
            app.await_ready(self._stack.stop_requested.is_set)

    def _restart(self, app: AppSupervisor, changed: list[Path]) -> None:
        from hipflask.errors import ConfigError

        began = time.perf_counter()
        names = ", ".join(str(path.relative_to(self._project.root)) for path in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        try:
            environ = self._app_environ()
        except ConfigError as error:
            self._terminal.error(error.message, error.hint)
            return
        app.stop()
        app.start(environ)
        note = (
            "reloaded"
            if app.await_ready(self._stack.stop_requested.is_set)
            else "did not start: see above"
        )
        self._terminal.step(f"{names}{more}", note, time.perf_counter() - began)

    def _start_css(self, sheets: object) -> str:
        from hipflask.cli.style_sheets import StyleSheets

        assert isinstance(sheets, StyleSheets)
        if (self._project.root / "package.json").exists():
            if obstacle := sheets.obstacle():
                return f"as committed ({obstacle} to rebuild it)"
            sheets.start()
            return "rebuilt on a change"
        return ""

    def _say_ready(self, loaded: bool, *, css_note: str) -> None:
        from hipflask.cli.app_environment import elsewhere
        from hipflask.cli.status import address_rows

        addresses = self._stack.addresses
        rows = address_rows(addresses)
        if css_note:
            rows.append(("CSS", css_note))
        self._terminal.result()
        self._terminal.table(rows)
        self._terminal.result()
        for note in elsewhere(self._environ(), addresses):
            self._terminal.warning(note)
        if relay := self._stack.mail_leaves_through:
            self._terminal.warning(f"Mail leaves through {relay}; the mailbox stays empty.")
        started = float(os.environ.get("HIPFLASK_STARTED", STARTED))
        ready = "Ready" if loaded else "Ready but for the application"
        self._terminal.result(f"{ready} in {time.time() - started:.2f} s. Ctrl-C stops all of it.")

    def _environ(self) -> dict[str, str]:
        from hipflask.local.config.dotenv import project_environ

        return project_environ(self._project.root, os.environ)

    def _app_environ(self) -> dict[str, str]:
        from hipflask.cli.app_environment import app_variables

        return app_variables(self._stack.addresses, self._stack.keys, self._config, self._environ())
