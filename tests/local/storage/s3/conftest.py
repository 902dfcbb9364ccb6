"""S3 as the embedded stack serves it."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import connect
from tests.project_storage import without_project_storage


@pytest.fixture
def backend(backend: SupabaseBackend) -> SupabaseBackend:
    """A backend without buckets of the project's own."""
    return without_project_storage(backend)


@pytest.fixture
def s3(backend: SupabaseBackend) -> Any:
    """boto3 with the project's keys, and a bucket ``box``."""
    client = connect(backend)
    client.create_bucket(Bucket="box")
    return client
