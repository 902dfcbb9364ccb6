"""Drives a JavaScript client from a test: one Node process, one JSON line per call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import pytest

FOLDER = Path(__file__).parent / "js"
SECONDS_PER_CALL = 30


class Thrown(Exception):
    """The client threw; ``error`` is what it threw, as plain data."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error}")
        self.error = error


class NodeProcess:
    """A running script of `js/`; calls are answered one at a time."""

    def __init__(self, node: str, script: str) -> None:
        self._process = subprocess.Popen(
            [node, script],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._names = count(1)

    def create(self, url: str, key: str, **auth: Any) -> JsClient:
        """Call createClient; ``auth`` are its auth options."""
        name = f"client{next(self._names)}"
        options = {"auth": {"autoRefreshToken": False, "persistSession": True, **auth}}
        self.call(name, "create", [url, key, options])
        return JsClient(self, name)

    def call(self, client: str, method: str, args: list[Any]) -> Any:
        """Run one call; Thrown when it threw, TimeoutError when nothing came back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watchdog = threading.Timer(SECONDS_PER_CALL, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            line = json.dumps({"client": client, "method": method, "args": args})
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not answer:
            raise TimeoutError(f"{method} was not answered in {SECONDS_PER_CALL} s")
        content = json.loads(answer)
        if "thrown" in content:
            raise Thrown(method, content["thrown"])
        return content["value"]

    def close(self) -> None:
        """End the process by closing its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@dataclass(frozen=True)
class JsClient:
    """One client object inside the Node process."""

    node: NodeProcess
    name: str

    def __call__(self, method: str, *args: Any) -> Any:
        """Return the ``data`` of a call, or what it returns instead of ``{data, error}``.

        AssertionError when it carries an error.
        """
        answer = self.node.call(self.name, method, list(args))
        if not isinstance(answer, dict):
            return answer
        assert answer.get("error") is None, f"{method}: {answer['error']}"
        return answer.get("data")

    def events(self) -> list[tuple[str, str | None]]:
        """Return the auth events that listeners have heard since the last look, with user ids."""
        return [(event, user) for event, user in self.node.call(self.name, "events", [])]

    def methods(self, path: str) -> list[str]:
        """Return the names of the functions that the object at ``path`` has."""
        names: list[str] = self.node.call(self.name, "methods", [path])
        return names

    def error(self, method: str, *args: Any) -> dict[str, Any]:
        """Return the ``error`` of a call; AssertionError when it succeeded."""
        answer = self.node.call(self.name, method, list(args))
        assert answer["error"] is not None, f"{method} succeeded: {answer['data']}"
        error: dict[str, Any] = answer["error"]
        return error


def unavailable(sentence: str) -> NoReturn:
    """Skip the test with a sentence; where CI is set, where all must run, fail it."""
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def start_node(script: str = "client.mjs") -> NodeProcess:
    """Install the pinned clients if needed and start Node; skip with a sentence if it is absent."""
    return NodeProcess(install(), script)


def install() -> str:
    """Install the pinned clients if needed and return Node's path; skip if it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        unavailable("Node.js and npm are not installed: the JavaScript client cannot be run")
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        outcome = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if outcome.returncode != 0:
            unavailable(f"npm could not install the JavaScript client: {outcome.stderr[-300:]}")
    return node
