"""Where passkeys work, and whether the project has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hipflask import errors
from hipflask.kit.auth.factors import Setup
from hipflask.kit.auth.passkeys import ASKED_EVERY, PasskeyChallenge
from tests.kit.auth.conftest import Site


@pytest.mark.parametrize(
    ("here", "elsewhere"),
    [
        ("http://127.0.0.1:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://localhost:8080"),
        ("http://localhost:8080", ""),
        ("https://app.example.com", ""),
        ("https://203.0.113.7", ""),  # no name is known for it
    ],
)
def test_a_number_is_no_address_for_passkeys(site: Site, here: str, elsewhere: str) -> None:
    with site.app.test_request_context("/", base_url=here):
        assert site.state.auth.passkeys.other_address() == elsewhere


def test_auth_is_asked_now_and_then_whether_there_are_any(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Mapping[str, Any] | None] = [{"passkeys_enabled": True}, None, {}]
    asked: list[str] = []

    def call(method: str, path: str, **_: Any) -> Mapping[str, Any]:
        asked.append(path)
        answer = answers.pop(0)
        if answer is None:
            raise errors.AuthUnavailable("away", reason="unreachable")
        return answer

    monkeypatch.setattr(site.state.client, "call", call)
    passkeys = site.state.auth.passkeys
    assert [passkeys.enabled, passkeys.enabled] == [True, True]
    assert asked == ["/settings"]
    for _ in range(2):
        site.backend.clock.advance(seconds=ASKED_EVERY.total_seconds())
        assert not passkeys.enabled


def test_a_challenge_must_be_one() -> None:
    with pytest.raises(errors.AuthUnavailable):
        PasskeyChallenge.from_json({"options": {}})


def test_the_key_is_shown_for_typing_and_kept_out_of_logs() -> None:
    setup = Setup("id", "otpauth://x", "JBSWY3DPEHPK3PXP", "<svg/>", "sealed")
    assert setup.spaced_secret == "JBSW Y3DP EHPK 3PXP"
    assert setup.qr_address == "data:image/svg+xml;base64,PHN2Zy8+"
    assert "JBSW" not in repr(setup)
    assert "otpauth" not in repr(setup)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Work laptop", "Work laptop"),
        ("x" * 200, "x" * 120),
        ("办公室的笔记本电脑" * 9, ("办公室的笔记本电脑" * 9)[:40]),  # three bytes each
        ("ab" + "钥" * 60, "ab" + "钥" * 39),  # 119 bytes: the next one would be cut in two
        ("🔑" * 31, "🔑" * 30),
        ("\ud800 lone", " lone"),
    ],
)
def test_a_long_name_is_cut_between_characters(
    site: Site, monkeypatch: pytest.MonkeyPatch, typed: str, sent: str
) -> None:
    """Auth counts bytes; what is left of a name must still be text."""
    names: list[str] = []

    def call(method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        names.append(body["friendly_name"])
        return {}

    monkeypatch.setattr(site.state.auth.passkeys, "_call", call)
    site.state.auth.passkeys.rename("id", typed)
    assert names == [sent]
    assert len(sent.encode()) <= 120
