"""Storage as the embedded stack serves it, in the eyes of several people."""

from __future__ import annotations

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import Storage


@pytest.fixture
def service(backend: SupabaseBackend) -> Storage:
    """Storage for somebody with the secret key: no policy counts."""
    return Storage(backend, backend.service_role_key)


@pytest.fixture
def storage(service: Storage) -> Storage:
    """The same with a private bucket ``b1`` and a public one ``pub``."""
    service.make_bucket("b1")
    service.make_bucket("pub", public=True)
    return service


@pytest.fixture
def anon(backend: SupabaseBackend) -> Storage:
    """Storage for a visitor with the publishable key."""
    return Storage(backend, backend.anon_key)


@pytest.fixture
def nobody(backend: SupabaseBackend) -> Storage:
    """Storage for somebody without any key."""
    return Storage(backend)


@pytest.fixture
def ann(backend: SupabaseBackend) -> SignedIn:
    """Somebody with a session."""
    return backend.signed_in("ann@example.com")


@pytest.fixture
def ben(backend: SupabaseBackend) -> SignedIn:
    """Somebody else with a session."""
    return backend.signed_in("ben@example.com")
