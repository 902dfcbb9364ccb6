"""Scheme, address and host behind a proxy, and what a visitor may not make us believe."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from hipflask.errors import ConfigError
from hipflask.kit.web.origins import host_is_ours
from hipflask.kit.web.proxy import client_address
from hipflask.kit.web.settings import WebSettings
from tests.kit.web.conftest import PRODUCTION, MakeApp


def test_cloud_run_gives_scheme_and_address(cloud: FlaskClient) -> None:
    assert cloud.get("/url").text == "https notes.example.org 203.0.113.9"


def test_a_spoofed_address_changes_nothing(cloud: FlaskClient) -> None:
    # The visitor wrote 127.0.0.1; Google's front end appended what it saw.
    response = cloud.get("/url", headers={"X-Forwarded-For": "127.0.0.1, 10.0.0.1, 203.0.113.9"})
    assert response.text.endswith(" 203.0.113.9")


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Forwarded-Prefix", "X-Original-URL", "X-Rewrite-URL"]
)
def test_a_spoofed_host_or_path_changes_nothing(cloud: FlaskClient, name: str) -> None:
    response = cloud.get("/url", headers={name: "evil.example"})
    assert response.text == "https notes.example.org 203.0.113.9"


def test_a_method_override_changes_nothing(client: FlaskClient) -> None:
    # A GET is never checked for CSRF, so it must never become a DELETE.
    response = client.get("/", headers={"X-HTTP-Method-Override": "DELETE"})
    assert response.text == "home"


def test_without_a_proxy_nothing_is_believed(client: FlaskClient) -> None:
    response = client.get(
        "/url",
        headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Forwarded": "x"},
    )
    assert response.text == "http localhost 127.0.0.1"


@pytest.mark.parametrize(
    ("header", "hops", "address"),
    [
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 35.191.0.1", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "203.0.113.9"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("[2001:db8::1]:4711", 1, "2001:db8::1"),
        ("203.0.113.9:4711", 1, "203.0.113.9"),
        ("1.1.1.1, evil", 1, ""),
        ("1.1.1.1, <script>", 1, ""),
        ("1.1.1.1,", 1, ""),
        ("", 1, ""),
        ("1.1.1.1, 2001:db8::1%eth0;drop", 1, ""),
    ],
)
def test_the_address_is_counted_from_the_right(header: str, hops: int, address: str) -> None:
    assert client_address(header, hops) == address


def test_a_foreign_host_is_refused(client: FlaskClient) -> None:
    # DNS rebinding: evil.example resolves to 127.0.0.1 and reads a laptop's app.
    response = client.get("/", base_url="http://evil.example")
    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_health_is_asked_by_address(cloud: FlaskClient) -> None:
    assert cloud.get("/healthz", base_url="http://10.8.0.3:8080").status_code == 200
    assert cloud.get("/", base_url="http://10.8.0.3:8080").status_code == 400


CLOUD = WebSettings(on_cloud_run=True, allowed_hosts=("alias.example.org", ".wild.example"))
LAPTOP = WebSettings()
SITE = "https://notes.example.org"


@pytest.mark.parametrize(
    "host",
    [
        "notes.example.org",
        "NOTES.example.org",
        "notes.example.org:443",
        "notes-abc-ew.a.run.app",
        "canary---notes-abc-ew.a.run.app",
        "alias.example.org",
        "alias.example.org:8443",
        "a.wild.example",
    ],
)
def test_hosts_of_ours_in_the_cloud(host: str) -> None:
    assert host_is_ours(host, SITE, CLOUD)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "notes.example.org.evil.example",
        "evilrun.app",
        "wild.example.evil.example",
        "localhost",
        "127.0.0.1",
        "",
        "notes.example.org:81",
        "x@notes.example.org",
        "[::1",
    ],
)
def test_hosts_that_are_not_ours_in_the_cloud(host: str) -> None:
    assert not host_is_ours(host, SITE, CLOUD)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:5000", "[::1]:8080", "a.localhost"])
def test_any_loopback_name_on_a_laptop(host: str) -> None:
    assert host_is_ours(host, "http://127.0.0.1:8080", LAPTOP)


@pytest.mark.parametrize("host", ["x.run.app", "192.168.1.7:8080", "evil.example"])
def test_hosts_that_are_not_ours_on_a_laptop(host: str) -> None:
    assert not host_is_ours(host, "http://127.0.0.1:8080", LAPTOP)


def test_a_setting_turns_the_proxy_on(make_app: MakeApp) -> None:
    client = make_app(TRUSTED_PROXY_HOPS="2").test_client()
    response = client.get("/url", headers={"X-Forwarded-For": "9.9.9.9, 203.0.113.9, 35.191.0.1"})
    assert response.text.endswith(" 203.0.113.9")


def test_a_setting_turns_the_proxy_off(make_app: MakeApp) -> None:
    client = make_app(PRODUCTION, TRUSTED_PROXY_HOPS="0", ALLOWED_HOSTS="localhost").test_client()
    assert client.get("/url", headers={"X-Forwarded-For": "9.9.9.9"}).text.endswith(" 127.0.0.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRUSTED_PROXY_HOPS", "many"), ("LOG_FORMAT", "xml"), ("MAX_CONTENT_LENGTH", "1")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        WebSettings.from_env({name: value})


GOOGLE = "66.249.84.3"
"""One of Google's own addresses, from which Firebase Hosting calls Cloud Run."""


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (f"203.0.113.9, {GOOGLE}", "203.0.113.9"),  # through Hosting
        (f"1.1.1.1, 203.0.113.9, {GOOGLE}", "203.0.113.9"),  # and the visitor forged an entry
        (f"2001:db8::7, {GOOGLE}", "2001:db8::7"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),  # straight to the run.app address
        (f"1.1.1.1, {GOOGLE}, 203.0.113.9", "203.0.113.9"),  # forged the edge as well
        ("1.1.1.1, 34.10.0.7", "34.10.0.7"),  # from a machine that anybody can rent at Google's
        (f"evil, {GOOGLE}", GOOGLE),
        (GOOGLE, GOOGLE),
    ],
)
def test_firebase_hosting_is_believed_where_it_stands(
    make_app: MakeApp, header: str, address: str
) -> None:
    client = make_app(TRUSTED_PROXY_HOPS="1", TRUSTED_EDGE="firebase-hosting").test_client()
    assert client.get("/url", headers={"X-Forwarded-For": header}).text.endswith(f" {address}")


def test_an_edge_of_ones_own(make_app: MakeApp) -> None:
    app = make_app(TRUSTED_PROXY_HOPS="1", TRUSTED_EDGE="192.0.2.0/24, 2001:db8::/32")
    for last in ("192.0.2.9", "2001:db8::9"):
        response = app.test_client().get("/url", headers={"X-Forwarded-For": f"203.0.113.9,{last}"})
        assert response.text.endswith(" 203.0.113.9")


def test_without_proxies_no_edge_is_believed(make_app: MakeApp) -> None:
    client = make_app(TRUSTED_EDGE="firebase-hosting").test_client()
    response = client.get("/url", headers={"X-Forwarded-For": f"203.0.113.9, {GOOGLE}"})
    assert response.text.endswith(" 127.0.0.1")


@pytest.mark.parametrize("value", ["cloudflare", "0.0.0.0/0", "192.0.2.1/24", "::/0"])
def test_an_edge_that_cannot_be(value: str) -> None:
    with pytest.raises(ConfigError, match="TRUSTED_EDGE"):
        WebSettings.from_env({"TRUSTED_EDGE": value})
