"""/NAME/authorize: the page, Allow, Deny, and requests that are refused."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from hipflask.local.identity.people import find
from tests.local.identity.conftest import CALLBACK, Provider


def test_page_says_that_nobody_is_authenticated(provider: Provider) -> None:
    page = provider.page("github")
    assert page.status == 200
    assert "Nobody is being authenticated here." in page.text
    assert "GitHub" in page.text
    assert re.findall(r'value="(\w+)"[^>]*checked', page.text) == ["ada"]
    assert "email not verified" in page.text.replace("e-mail", "email")


def test_page_in_chinese(provider: Provider) -> None:
    page = provider.page(headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert 'lang="zh-Hans"' in page.text
    assert "这里不验证任何人的身份。" in page.text


def test_application_may_say_which_language(provider: Provider) -> None:
    page = provider.page(ui_locales="fr zh-CN en", headers={"Accept-Language": "en"})
    assert 'lang="zh-Hans"' in page.text
    page = provider.page(ui_locales="fr ! en-GB", headers={"Accept-Language": "zh"})
    assert 'lang="en"' in page.text
    assert 'lang="en"' in provider.page(ui_locales="fr").text


def test_policy_is_strict_and_lets_the_form_reach_the_callback(provider: Provider) -> None:
    page = provider.page(redirect_uri="http://localhost:9999/back")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://localhost:9999" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert not re.findall(r'(?:src|href)="https?:', page.text)


def test_page_finds_its_style_sheet(provider: Provider) -> None:
    for address in re.findall(r'href="(/[^"]+)"', provider.page().text):
        assert provider.ask("GET", address).status == 200


def test_allow_brings_a_code_and_the_state(provider: Provider) -> None:
    answer = provider.decide(redirect_uri=CALLBACK + "?kept=1", state="a b&c")
    assert answer.status == 303
    assert answer.headers["Location"].startswith(CALLBACK + "?kept=1&code=")
    assert answer.query["state"] == "a b&c"


def test_deny(provider: Provider) -> None:
    answer = provider.decide(decision="deny")
    assert answer.query["error"] == "access_denied"
    assert answer.query["state"] == "the state"


@pytest.mark.parametrize("failure", ["server_error", "temporarily_unavailable"])
def test_errors_on_demand(provider: Provider, failure: str) -> None:
    assert provider.decide(failure=failure).query["error"] == failure


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "1234.apps.googleusercontent.com"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "https://example.com/callback"},
        {"redirect_uri": "http://127.0.0.1.example.com/"},
        {"redirect_uri": "http://127.0.0.1@example.com/"},
        {"redirect_uri": "http://user@127.0.0.1/"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "http://127.0.0.1/#x"},
        {"redirect_uri": "http://127.0.0.1\\@example.com/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://[::1"},
    ],
)
def test_no_answer_goes_to_a_stranger(provider: Provider, more: dict[str, str]) -> None:
    for answer in (provider.page(**more), provider.decide(**more)):
        assert answer.status == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "always"}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
def test_the_application_is_told(provider: Provider, more: dict[str, str], error: str) -> None:
    for answer in (provider.page(**more), provider.decide(**more)):
        assert answer.query["error"] == error
        assert answer.query["state"] == "the state"


def test_login_hint(provider: Provider) -> None:
    page = provider.page(login_hint="alan@example.com").text
    assert re.findall(r'value="(\w+)"[^>]*checked', page) == ["alan"]
    grace = find("grace")
    assert grace is not None
    subject = grace.subject("google")  # who came before, by what they were called
    page = provider.page(login_hint=subject).text
    assert re.findall(r'value="(\w+)"[^>]*checked', page) == ["grace"]
    page = provider.page("github", login_hint=subject).text
    assert re.findall(r'value="(\w+)"[^>]*checked', page) == ["ada"]
    page = provider.page(login_hint="kim@example.org").text
    assert re.findall(r'value="(\w+)"[^>]*checked', page) == ["other"]
    assert page.count('value="kim@example.org"') == 3  # the field, what was offered, the hint


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "code_challenge"])
def test_a_parameter_that_comes_twice(provider: Provider, name: str) -> None:
    query = urlencode([*provider.parameters().items(), (name, "again")])
    answer = provider.ask("GET", f"/google/authorize?{query}")
    assert answer.query["error"] == "invalid_request"
    assert name in answer.query["error_description"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_two_addresses_are_none(provider: Provider, name: str) -> None:
    parameters = provider.parameters()
    query = urlencode([*parameters.items(), (name, parameters[name])])
    assert provider.ask("GET", f"/google/authorize?{query}").status == 400


def test_answers_say_whose_they_are(provider: Provider) -> None:
    issuer = f"{provider.url}/google"
    assert provider.decide().query["iss"] == issuer
    assert provider.decide(decision="deny").query["iss"] == issuer
    assert provider.page(prompt="none").query["iss"] == issuer


def test_hint_is_not_markup(provider: Provider) -> None:
    assert "<b>" not in provider.page(login_hint='"><b>@x.org', state="<b>").text


def test_wrong_address_keeps_the_form(provider: Provider) -> None:
    answer = provider.decide(person="other", email="nobody", failure="token_slow")
    assert answer.status == 422
    assert 'value="nobody"' in answer.text
    assert 'value="token_slow" selected' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="other" checked' in answer.text


def test_unknown_person(provider: Provider) -> None:
    assert provider.decide(person="root").status == 422


def test_names_that_no_provider_has(provider: Provider) -> None:
    assert provider.page("Google").status == 404
    assert provider.ask("GET", "/").status == 404
