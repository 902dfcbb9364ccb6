"""For every cloud command: a project of `hipflask new`, a fake of Google, the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipflask.cli import command_line as cli
from hipflask.scaffold import create_project
from hipflask.testing import SupabaseBackend
from hipflask.testing.factory import BackendFactory
from hipflask.testing.plugin import GUARD
from tests.cli.cloud.shop import Shop, StarterContainers, fresh_shop
from tests.google import FakeGoogle
from tests.google.gcloud import MISSING

STARTER = Path(__file__).parents[3] / "starter"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Path:
    """The folder with the starter's hipflask.toml."""
    shutil.copy(STARTER / "hipflask.toml", folder)
    return folder


@pytest.fixture
def hipflask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the `hipflask` command to its end."""

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as caught:
            cli.run(list(arguments))
        wrote = capsys.readouterr()
        return Said(int(caught.value.code or 0), wrote.out, wrote.err)

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `hipflask new` makes it, once; tests copy it."""
    return create_project(tmp_path_factory.mktemp("template") / "corner-shop").folder


@pytest.fixture(scope="module")
def shared_backend(supabase_factory: BackendFactory) -> Iterator[SupabaseBackend]:
    """The Supabase project behind the service, for all tests of a file."""
    backend = supabase_factory.make()
    yield backend
    supabase_factory.take_back(backend)


@pytest.fixture(scope="module")
def containers(
    template: Path, shared_backend: SupabaseBackend, request: pytest.FixtureRequest
) -> StarterContainers:
    """What Cloud Run starts: the starter, with the environment that the deploy has sent."""
    # They end with the fake; until then they are no leak of the test that deployed them.
    return StarterContainers(template, shared_backend, request.config.stash[GUARD].keep)


@pytest.fixture(scope="module")
def google(containers: StarterContainers) -> Iterator[FakeGoogle]:
    """A project of Google Cloud in which nothing was switched on yet."""
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    with FakeGoogle(containers=containers) as fake:
        yield fake
        assert fake.unrouted == []
        assert fake.refused_hosts == []


@pytest.fixture(scope="module")
def shop(
    template: Path,
    google: FakeGoogle,
    shared_backend: SupabaseBackend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shop:
    """A project that is ready to be deployed."""
    return fresh_shop(template, tmp_path_factory.mktemp("shop"), google, shared_backend)
