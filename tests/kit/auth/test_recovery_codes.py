"""Recovery codes: shown once, kept as hashes, single use, and guessing is slowed down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from hipflask import csrf_exempt, errors
from hipflask.kit.auth.factor_lookup import KEPT
from hipflask.kit.auth.recovery_codes import RecoveryCodes
from tests.kit.auth.conftest import PASSWORD, Browser, Site

WRONG = "AAAA-BBBB-CCCC-DDDD"


def rows(site: Site, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(site.backend.database_url, autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[arg-type]  # queries of this file alone
        return cursor.fetchall() if cursor.description else []


ADD_FACTOR = (
    "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at,"
    " updated_at, secret) select gen_random_uuid(), id, 'Phone', 'totp', 'verified', now(), now(),"
    " 'JBSWY3DPEHPK3PXP' from auth.users"
)


@pytest.fixture
def codes(site: Site, tab: Browser, ann: str) -> list[str]:
    """Ann's codes."""
    make = csrf_exempt(lambda: site.state.auth.recovery_codes.make())
    site.app.post("/codes", endpoint="codes")(make)
    tab.send("/login", email=ann, password=PASSWORD)
    made: list[str] = tab.post("/codes").get_json()
    return made


@pytest.fixture
def removed(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which factors the admin API was asked to remove."""
    asked: list[str] = []

    def admin(method: str, path: str, **_: Any) -> Mapping[str, Any]:
        if method == "DELETE":
            asked.append(path)
        return {"factors": [{"id": "f1"}, {"id": "f2"}]}

    monkeypatch.setattr(site.state.client, "call_as_server", admin)
    return asked


@pytest.fixture
def book(site: Site) -> RecoveryCodes:
    return site.state.auth.recovery_codes


@pytest.fixture
def user_id(site: Site, codes: list[str]) -> str:
    return str(rows(site, "select id from auth.users")[0][0])


def test_ten_codes_of_eighty_bits(codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {16}


def test_only_hashes_are_stored(site: Site, codes: list[str]) -> None:
    stored = {bytes(row[0]) for row in rows(site, "select code_hash from hipflask.recovery_codes")}
    assert stored == {hashlib.sha256(c.replace("-", "").encode()).digest() for c in codes}


def test_new_codes_replace_the_old_ones(tab: Browser, site: Site, codes: list[str]) -> None:
    fresh = tab.post("/codes").get_json()
    assert not set(fresh) & set(codes)
    assert rows(site, "select count(*) from hipflask.recovery_codes") == [(10,)]


def test_a_code_removes_all_factors_once(
    book: RecoveryCodes, user_id: str, codes: list[str], removed: list[str]
) -> None:
    book.spend(user_id, codes[0])
    assert removed == [f"/admin/users/{user_id}/factors/f{number}" for number in (1, 2)]
    with pytest.raises(errors.WrongCode):
        book.spend(user_id, codes[0])


@pytest.mark.parametrize("typed", ["{0}", " {1} ", "{2}"])
def test_it_does_not_matter_how_a_code_is_typed(
    book: RecoveryCodes, user_id: str, codes: list[str], removed: list[str], typed: str
) -> None:
    code = codes[5]
    book.spend(user_id, typed.format(code.lower(), code.replace("-", ""), code.replace("O", "0")))
    assert removed


def test_a_code_of_somebody_else_does_not_work(
    site: Site, book: RecoveryCodes, codes: list[str], removed: list[str]
) -> None:
    eve = site.backend.create_user("eve@example.com", password=PASSWORD)
    with pytest.raises(errors.WrongCode):
        book.spend(eve.id, codes[0])
    assert removed == []


def test_guessing_is_slowed_and_the_right_code_waits_too(
    site: Site, book: RecoveryCodes, user_id: str, codes: list[str], removed: list[str]
) -> None:
    for _ in range(5):
        with pytest.raises(errors.WrongCode):
            book.spend(user_id, WRONG)
    with pytest.raises(errors.TooManyAttempts) as refused:
        book.spend(user_id, codes[0])
    assert refused.value.retry_after == 15 * 60
    site.backend.clock.advance(minutes=15)
    book.spend(user_id, codes[0])
    assert removed


def test_a_code_is_not_used_up_while_auth_is_away(
    site: Site,
    book: RecoveryCodes,
    user_id: str,
    codes: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: Any) -> Mapping[str, Any]:
        raise errors.AuthUnavailable("away", reason="unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(site.state.client, "call_as_server", away)
        with pytest.raises(errors.AuthUnavailable):
            book.spend(user_id, codes[0])
    monkeypatch.setattr(site.state.client, "call_as_server", lambda *_: {})
    book.spend(user_id, codes[0])


def test_codes_go_with_their_user(site: Site, codes: list[str]) -> None:
    rows(site, "delete from auth.users")
    assert rows(site, "select count(*) from hipflask.recovery_codes") == [(0,)]


@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize(
    "query",
    [
        "select * from hipflask.recovery_codes",
        "select hipflask.has_second_factor(gen_random_uuid())",
    ],
)
def test_no_user_looks_into_them(site: Site, role: str, query: str) -> None:
    with psycopg.connect(site.backend.database_url) as connection:
        connection.execute(f"set local role {role}")  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query)  # type: ignore[arg-type]


def test_nobody_is_signed_in_before_the_second_factor(site: Site, tab: Browser, ann: str) -> None:
    rows(site, ADD_FACTOR)
    tab.send("/login", email=ann, password=PASSWORD)
    assert tab.who is None
    assert tab.send("/change", email="new@example.com")["error"] == "NotSignedIn"
    # The mark is sealed with the tokens: another process, or a restart, knows of it too.
    site.state.sessions._cache.forget_user(str(rows(site, "select id from auth.users")[0][0]))
    assert tab.who is None


def test_a_factor_that_was_added_elsewhere_counts_from_the_next_refresh(
    site: Site, tab: Browser, ann: str
) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    rows(site, ADD_FACTOR)
    assert tab.who == ann
    site.backend.clock.advance(hours=1)
    assert tab.who is None


def test_the_database_says_which_tokens_lack_a_factor(site: Site, ann: str) -> None:
    claims = site.state.tokens.verify(site.backend.sign_in(ann, password=PASSWORD).access_token)
    lookup = site.state.factor_lookup
    assert not lookup.is_lacking(claims)
    rows(site, ADD_FACTOR)
    assert not lookup.is_lacking(claims)  # known for half a minute
    site.backend.clock.advance(seconds=KEPT.total_seconds())
    assert lookup.is_lacking(claims)
