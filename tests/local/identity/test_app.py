"""The provider answers on this machine only."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from hipflask.errors import ConfigError
from hipflask.local.identity.app import create_identity_app
from tests.local.identity.conftest import Provider, StoppedClock

DOCUMENT = "/google/.well-known/openid-configuration"


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "localhost.example", "["])
def test_other_host_names_are_refused(provider: Provider, host: str) -> None:
    assert provider.ask("GET", DOCUMENT, headers={"Host": host}).status in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:80"])
def test_loopback_names_are_answered(provider: Provider, host: str) -> None:
    answer = provider.ask("GET", DOCUMENT, headers={"Host": host})
    assert answer.status == 200
    assert answer.json["issuer"] == f"{provider.url}/google"


@pytest.mark.parametrize("url", ["http://0.0.0.0:54326", "http://192.168.1.4:1", "https://a.test"])
def test_address_that_others_reach_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="on this machine only") as caught:
        create_identity_app(url, clock=StoppedClock())
    assert "client id" in (caught.value.hint or "")


def test_other_machines_are_refused() -> None:
    client = Client(create_identity_app("http://127.0.0.1:9", clock=StoppedClock()))
    base = "http://127.0.0.1:9"
    for address, status in (("192.168.1.4", 403), ("", 403), ("127.0.0.1", 200), ("::1", 200)):
        environ = {"REMOTE_ADDR": address}
        answer = client.get(DOCUMENT, base_url=base, environ_overrides=environ)
        assert answer.status_code == status


def test_form_of_another_site_is_refused(provider: Provider) -> None:
    form = {**provider.parameters(), "person": "ada", "decision": "allow"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert provider.ask("POST", "/google/authorize", form, headers).status == 403


def test_page_may_send_the_form_on_to_the_application() -> None:
    app = create_identity_app(
        "http://127.0.0.1:9",
        clock=StoppedClock(),
        app_urls=("https://shop.test/x", "https://*.test/", "app://open", "https://a;b/"),
    )
    query = "client_id=hipflask-dev&response_type=code&redirect_uri=http://127.0.0.1:1/cb"
    page = Client(app).get(
        f"/google/authorize?{query}",
        base_url="http://127.0.0.1:9",
        environ_overrides={"REMOTE_ADDR": "::1"},
    )
    policy = page.headers["Content-Security-Policy"]
    targets = policy.partition("form-action ")[2].split()
    assert targets == [
        "'self'",
        "http://127.0.0.1:*",
        "http://localhost:*",
        "https://shop.test",
        "http://127.0.0.1:1",
    ]


def test_large_form_is_refused(provider: Provider) -> None:
    assert provider.ask("POST", "/google/authorize", {"state": "x" * 100_000}).status == 413
