"""No secret in any text: by its shape, by its name, and the app's own by value."""

from __future__ import annotations

import time

import pytest

from hipflask.kit.web.masking import learn_secrets, masked, masked_query

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


def test_harmless_parameters_stay_readable() -> None:
    assert masked_query("page=2&q=secret+diary&type=signup") == "page=2&q=***&type=signup"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"token was {JWT}", JWT),
        ("key sb_secret_abcdefghijklmnop", "abcdefghijklmnop"),
        ("postgresql://postgres:hunter2@db.example/postgres", "hunter2"),
        ("{'password': 'hunter2'}", "hunter2"),
        ('{"refresh_token": "r3fr3sh"}', "r3fr3sh"),
        ("password=hunter2&email=a", "hunter2"),
        ("Authorization: Bearer abcdefgh", "abcdefgh"),
        ("apikey: abcdefgh", "abcdefgh"),
        ("Cookie: __session=abcdefgh; x=y", "abcdefgh"),
        ("sealed v1." + "A" * 60, "A" * 60),
        ("SECRET_KEY=topsecretvalue", "topsecretvalue"),
        ("SMTP_PASSWORD: 'app-password'", "app-password"),
    ],
)
def test_secrets_are_masked_in_any_text(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "***" in masked(text)


def test_ordinary_text_is_left_alone() -> None:
    text = "could not open file: No such file; status code 404, a session began"
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("{'password': 'correct horse battery'}", "horse"),
        ('{"new_password": "say \\"friend\\" twice", "a": 1}', "twice"),
        ("x-api-key: abcdefgh", "abcdefgh"),
        ("Cookie: a=abcdefgh; b=ijklmnop", "ijklmnop"),
        ("set-cookie: sid=abcdefgh; Path=/", "abcdefgh"),
        ("Authorization: Basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI"),
        ("sent Basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI"),
        ("sent Bearer abcdefgh", "abcdefgh"),
        ("host=db password=hunter2 dbname=x", "hunter2"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----", "MHcCAQEE"),
        ("$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "N9qo8uLO"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA", "c29tZXNhbHQ"),
        ("ya29.a0AfH6SMBx-abcdefghij", "a0AfH6SMBx"),
        ("1 ghp_abcdefghijklmnopqrstuvwxyz012345", "abcdefghijkl"),
        ("GOCSPX-abcdefghijklmnop", "abcdefghijkl"),
        ("AKIAABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOP"),
        ("https://x.example/f?X-Amz-Signature=abcdef0123", "abcdef0123"),
        ("{'code': '123456'}", "123456"),
        ("confirmation_token=abcdefgh", "abcdefgh"),
        ("code_verifier: abcdefgh", "abcdefgh"),
        ("ImmutableMultiDict([('password', 'hunter2'), ('a', 'b')])", "hunter2"),
        ("[('__session', 'abcdefgh')]", "abcdefgh"),
        ("{'__session': 'abcdefgh'}", "abcdefgh"),
        ("&state=abcdefghijklmnopqrst", "abcdefghijkl"),
        ("eyJhbGciOiJIUzI1NiJ9 cut off", "hbGciOiJIUzI1NiJ9"),
    ],
)
def test_more_that_must_not_be_kept(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "***" in masked(text)


def test_the_apps_own_secrets_are_masked_wherever_they_stand() -> None:
    learn_secrets(["Zk2v9Qp4/Lx8Wd3Rb6", None, "", "postgres"])
    assert masked("it was Zk2v9Qp4/Lx8Wd3Rb6!") == "it was ***!"
    assert masked("postgresql://me@db/x?y=Zk2v9Qp4%2FLx8Wd3Rb6") == "postgresql://me@db/x?y=***"
    assert masked("postgres is up") == "postgres is up"


def test_so_many_secrets_are_remembered_and_no_more() -> None:
    learn_secrets(["the-first-of-many", *(f"secret-number-{n:04}" for n in range(64))])
    assert masked("secret-number-0063") == "***"
    assert masked("the-first-of-many") == "the-first-of-many"


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ",
        "password",
        "://a:",
        "token",
        "'secret': '",
        "cookie",
        "v1.a",
        "code",
        "$2b$",
        '"',
        "gh",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    started = time.perf_counter()
    masked(piece * (200_000 // len(piece)))
    assert time.perf_counter() - started < 1
