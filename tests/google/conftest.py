"""A fake of Google and the real gcloud for the tests of the fake itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.gcloud import MISSING

PROJECT = "corner-shop-1234"
NUMBER = "123456789012"
REGION = "us-west1"
APIS = ("artifactregistry", "cloudbuild", "iam", "run", "secretmanager")


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    """A project whose APIs are enabled."""
    with FakeGoogle(apis=APIS) as made:
        yield made
        assert made.unrouted == []


@pytest.fixture
def gcloud(google: FakeGoogle, tmp_path: Path) -> Gcloud:
    """The real gcloud, signed in."""
    if shutil.which("gcloud") is None:
        pytest.skip(MISSING)
    return Gcloud(google.environ(tmp_path), tmp_path)
