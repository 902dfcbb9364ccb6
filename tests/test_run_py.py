"""run.py, in a stand-in repository whose packages need no network."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PYTHON = Path(".venv") / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# A build backend that puts src/ on the path, as an editable install does.
BACKEND = """
import os, zipfile
NAME = "hipflask-0.1.0"
def _write(folder):
    path = os.path.join(folder, NAME + "-py3-none-any.whl")
    info = NAME + ".dist-info/"
    files = {
        "hipflask_stand_in.pth": os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"),
        info + "METADATA": "Metadata-Version: 2.1\\nName: hipflask\\nVersion: 0.1.0\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[info + "RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "RECORD"])
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return os.path.basename(path)
def build_editable(folder, config_settings=None, metadata_directory=None):
    return _write(folder)
def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _write(folder)
"""
COMMAND = """
import json, os, sys
print(json.dumps({"args": sys.argv[1:], "cwd": os.getcwd(), "python": sys.executable,
                  "started": "HIPFLASK_STARTED" in os.environ,
                  "command": os.environ.get("HIPFLASK_COMMAND")}))
sys.exit(7 if "seven" in sys.argv else 0)
"""


def make_repository(root: Path) -> Path:
    """Write a repository that `run.py` can install without a network."""
    (root / "requirements").mkdir(parents=True)
    for name in ("local.txt", "dev.txt"):
        (root / "requirements" / name).write_text("# nothing\n")
    (root / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        "[project]\nname = 'hipflask'\nversion = '0.1.0'\n"
    )
    (root / "backend.py").write_text(BACKEND)
    for package in ("hipflask/cli", "pytest"):
        (root / "src" / package).mkdir(parents=True)
        (root / "src" / package / "__init__.py").touch()
        (root / "src" / package / "__main__.py").write_text(COMMAND)
    (root / "src" / "hipflask" / "__init__.py").touch()
    (root / "starter" / "supabase").mkdir(parents=True)
    (root / "starter" / "supabase" / "config.toml").touch()
    shutil.copy(ROOT / "run.py", root / "run.py")
    return root


def run(
    repository: Path, *arguments: str, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, repository / "run.py", *arguments],
        cwd=cwd or repository,
        env={**os.environ, "PIP_NO_INDEX": "1", **environ},
        capture_output=True,
        encoding="utf-8",
        timeout=180,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository after its first `python run.py`."""
    repository = make_repository(tmp_path_factory.mktemp("clone") / "hip flask 项目")
    done = run(repository)
    assert done.returncode == 0, done.stderr
    assert "Installing Hipflask into .venv" in done.stderr
    return repository


def test_starts_the_starter(installed: Path) -> None:
    done = run(installed)
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["args"] == ["dev"]
    assert Path(said["cwd"]) == installed / "starter"
    assert Path(said["python"]).parent == (installed / PYTHON).parent
    assert said["started"]
    assert "run.py" in said["command"]


def test_runs_the_tests_in_the_repository(installed: Path) -> None:
    done = run(installed, "test", "-k", "x")
    assert "test tools" in done.stderr
    said = json.loads(done.stdout)
    assert said["args"] == ["-k", "x"]
    assert Path(said["cwd"]) == installed
    # The install with the test tools holds for running too, and the other way it is kept.
    assert run(installed).stderr == ""
    assert run(installed, "test").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["status", "-o", "env"], ["status", "-o", "env"]),
        (["--port", "9000"], ["dev", "--port", "9000"]),
        (["--help"], ["--help"]),
        (["dev", "--no-css"], ["dev", "--no-css"]),
    ],
)
def test_passes_the_rest_on(installed: Path, arguments: list[str], passed: list[str]) -> None:
    assert json.loads(run(installed, *arguments).stdout)["args"] == passed


def test_works_where_the_caller_is(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "supabase").mkdir(parents=True)
    (tmp_path / "mine" / "supabase" / "config.toml").touch()
    mine = tmp_path / "mine"
    assert Path(json.loads(run(installed, "status", cwd=mine).stdout)["cwd"]) == mine
    assert Path(json.loads(run(installed, "new", "x", cwd=tmp_path).stdout)["cwd"]) == tmp_path


def test_path_is_found_in_any_encoding(installed: Path) -> None:
    for file in (installed / ".venv").rglob("*hipflask*.pth"):
        assert file.read_bytes().isascii()
    # An encoding that has no such characters; on POSIX this is what a Windows code page does.
    old = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    assert run(installed, **old).returncode == 0


def test_gives_the_exit_code_on(installed: Path) -> None:
    assert run(installed, "seven").returncode == 7


@pytest.mark.parametrize(
    "name", ["requirements/local.txt", "requirements/dev.txt", "pyproject.toml"]
)
def test_changed_file_installs_again(installed: Path, name: str) -> None:
    run(installed, "test")
    with (installed / name).open("a") as file:
        file.write("# changed\n")
    assert "Installing" in run(installed, "test").stderr
    assert run(installed, "test").stderr == ""


def test_broken_environment_is_made_anew(installed: Path) -> None:
    (installed / PYTHON).unlink()
    done = run(installed)
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stderr
    shutil.rmtree(next((installed / ".venv").rglob("site-packages")) / "pip")
    with (installed / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    done = run(installed)
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stderr


def test_failed_install_can_be_run_again(installed: Path) -> None:
    requirements = installed / "requirements" / "local.txt"
    before = requirements.read_text()
    requirements.write_text(before + "nothing-of-this-name==1 --hash=sha256:" + "0" * 64 + "\n")
    done = run(installed)
    assert done.returncode == 1
    assert "Run this again" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    requirements.write_text(before)
    assert "Installing" in run(installed).stderr
    assert run(installed).returncode == 0


def test_no_network_is_one_sentence(installed: Path) -> None:
    requirements = installed / "requirements" / "local.txt"
    before = requirements.read_text()
    requirements.write_text(before + "nothing-of-this-name==1 --hash=sha256:" + "0" * 64 + "\n")
    done = run(installed, PIP_NO_INDEX="0", PIP_INDEX_URL="http://127.0.0.1:1/", PIP_CONFIG_FILE="")
    requirements.write_text(before)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: Python packages could not be downloaded")
    assert "PIP_INDEX_URL" in last


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "clone")
    repository.chmod(0o555)
    done = run(repository)
    repository.chmod(0o755)
    assert done.returncode == 1
    assert "Cannot write to" in done.stderr


@pytest.fixture
def module() -> ModuleType:
    """run.py as a module, for what cannot be brought about for real."""
    spec = importlib.util.spec_from_file_location("run_py", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_old_python_is_named(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(module.Problem, match=r"needs Python 3\.11 or newer"):
        module.check_python()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("The virtual environment was not created because ensurepip is not available", "sudo apt"),
        ("Error: [Errno 13] Permission denied: '/x/.venv'", "Cannot write to"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("something else", "something else"),
        ("", "no reason given"),
    ],
)
def test_failed_environment_is_a_sentence(module: ModuleType, said: str, expected: str) -> None:
    assert expected in module.why_no_venv(said)


def test_syntax_is_that_of_an_older_python() -> None:
    """An older Python must come as far as the sentence about its age."""
    import ast

    text = (ROOT / "run.py").read_text(encoding="ascii")
    tree = ast.parse(text, feature_version=(3, 6))
    # What Python 2 cannot read either: `raise … from`, and stars in lists.
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Raise) or node.cause is None
        if isinstance(node, ast.List | ast.Tuple):
            assert not any(isinstance(each, ast.Starred) for each in node.elts)
