"""The tests' backend has a DevIdentityProvider where the project needs one."""

from __future__ import annotations

import urllib3

from hipflask.local.config import ExternalConfig
from hipflask.testing.factory import BackendFactory

DOCUMENT = "/github/.well-known/openid-configuration"


def test_provider_without_client_id(supabase_factory: BackendFactory) -> None:
    backend = supabase_factory.make({"auth": {"external": {"github": ExternalConfig(True)}}})
    try:
        with urllib3.PoolManager() as http:
            answer = http.request("GET", backend.identity_url + DOCUMENT)
        assert answer.json()["issuer"] == f"{backend.identity_url}/github"
    finally:
        supabase_factory.take_back(backend)


def test_no_provider(supabase_factory: BackendFactory) -> None:
    backend = supabase_factory.make({"auth": {"external": {}}})
    try:
        assert backend.identity_url == ""
    finally:
        supabase_factory.take_back(backend)
