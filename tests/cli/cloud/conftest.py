"""A project of `hipflask new`, a fake of Google and the real gcloud, for every cloud command."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipflask.scaffold import create_project
from hipflask.testing import SupabaseBackend
from hipflask.testing.factory import BackendFactory
from tests.cli.cloud.shop import Shop, StarterContainers, fresh_shop
from tests.google import FakeGoogle
from tests.google.gcloud import MISSING


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
def containers(template: Path, shared_backend: SupabaseBackend) -> StarterContainers:
    """What Cloud Run starts: the starter, with the environment that the deploy has sent."""
    return StarterContainers(template, shared_backend)


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
