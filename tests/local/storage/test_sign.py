"""Signed URLs: made by who may see an object, good for anybody until they expire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, sign, sql

NOT_FOUND = "Either the object does not exist or you do not have access to it"


@pytest.fixture
def kept(storage: Storage) -> Storage:
    storage.keep("b1/s.txt", "b1/s/a b.txt", cache_control="max-age=9")
    return storage


def signed(storage: Storage, name: str = "s.txt", seconds: Any = 60, **more: Any) -> str:
    answer = storage.post(
        f"/object/sign/b1/{name.replace(' ', '%20')}", {"expiresIn": seconds, **more}
    )
    assert answer.status == 200, answer
    assert set(answer.json) == {"signedURL"}
    url: str = answer.json["signedURL"]
    return url


def token_of(url: str) -> str:
    return url.partition("?token=")[2]


def test_url_is_below_the_services(kept: Storage) -> None:
    assert signed(kept).startswith("/object/sign/b1/s.txt?token=")


def test_name_is_not_encoded(kept: Storage, nobody: Storage) -> None:
    url = signed(kept, "s/a b.txt")
    assert url.startswith("/object/sign/b1/s/a b.txt?token=")
    assert nobody.get(url.replace(" ", "%20")).body == b"hello"


def test_token(backend: SupabaseBackend, kept: Storage) -> None:
    backend.clock.freeze()
    now = int(backend.clock.now().timestamp())
    token = token_of(signed(kept, seconds=60))
    assert jwt.get_unverified_header(token) == {"alg": "HS256"}
    claims = jwt.decode(token, backend.jwt_secret, algorithms=["HS256"])
    assert claims == {"url": "b1/s.txt", "scope": "download", "iat": now, "exp": now + 60}


def test_serves_with_expiry(kept: Storage, nobody: Storage) -> None:
    url = signed(kept)
    claims = jwt.decode(token_of(url), options={"verify_signature": False})
    answer = nobody.get(url)
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["Cache-Control"] is None
    expires = parsedate_to_datetime(answer.headers["Expires"])
    assert expires == datetime.fromtimestamp(claims["exp"], UTC)


def test_range_and_download_of_a_signed_url(kept: Storage, nobody: Storage) -> None:
    url = signed(kept)
    answer = nobody.get(url + "&download=x.txt", range="bytes=0-1")
    assert (answer.status, answer.body) == (206, b"he")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=x.txt")


def test_expires(backend: SupabaseBackend, kept: Storage, nobody: Storage) -> None:
    url = signed(kept, seconds=60)
    backend.clock.advance(seconds=58)
    assert nobody.get(url).status == 200
    backend.clock.advance(seconds=3)
    text = '"exp" claim timestamp check failed'
    assert_refused(nobody.get(url), 400, "InvalidJWT", text, error="InvalidJWT")


def test_clock_that_was_behind(backend: SupabaseBackend, kept: Storage, nobody: Storage) -> None:
    """A URL signed before the clock was set back is still good: nobody asks when it was signed."""
    url = signed(kept, seconds=60)
    backend.clock.advance(hours=-1)
    assert nobody.get(url).status == 200


@pytest.mark.parametrize("seconds", ["60", 1, 10**9])
def test_seconds(kept: Storage, nobody: Storage, seconds: Any) -> None:
    claims = jwt.decode(
        token_of(signed(kept, seconds=seconds)), options={"verify_signature": False}
    )
    assert claims["exp"] - claims["iat"] == int(seconds)


@pytest.mark.parametrize(
    "body", [{}, {"expiresIn": 0}, {"expiresIn": -1}, {"expiresIn": "x"}, {"expiresIn": 1.5}]
)
def test_bad_seconds(kept: Storage, body: Any) -> None:
    for path in ("/object/sign/b1/s.txt", "/object/sign/b1"):
        answer = kept.post(path, {"paths": ["s.txt"], **body})
        assert_refused(answer, 400, "InvalidRequest", error="Error")


@pytest.mark.parametrize("seconds", [10**15, 10**20])
def test_seconds_beyond_all_calendars(kept: Storage, seconds: int) -> None:
    for path in ("/object/sign/b1/s.txt", "/object/sign/b1"):
        answer = kept.post(path, {"paths": ["s.txt"], "expiresIn": seconds})
        assert_refused(answer, 400, "InvalidRequest")


def test_missing_object(kept: Storage, anon: Storage) -> None:
    body = {"expiresIn": 60}
    for who, path in ((kept, "b1/none"), (kept, "none/s.txt"), (anon, "b1/s.txt")):
        assert_refused(who.post(f"/object/sign/{path}", body), 404, "NoSuchKey")


def test_object_that_went_meanwhile(kept: Storage, nobody: Storage) -> None:
    url = signed(kept)
    kept.delete("/object/b1/s.txt")
    assert_refused(nobody.get(url), 404, "NoSuchKey")


def test_many(kept: Storage, nobody: Storage) -> None:
    answer = kept.post(
        "/object/sign/b1", {"expiresIn": 60, "paths": ["s.txt", "none", "s/a b.txt"]}
    )
    assert answer.status == 200
    first, second, third = answer.json
    assert (first["error"], first["path"]) == (None, "s.txt")
    assert nobody.get(first["signedURL"]).body == b"hello"
    assert second == {"error": NOT_FOUND, "path": "none", "signedURL": None}
    assert third["signedURL"].startswith("/object/sign/b1/s/a b.txt?token=")


def test_many_of_a_missing_bucket(service: Storage) -> None:
    answer = service.post("/object/sign/none", {"expiresIn": 60, "paths": ["a"]})
    assert answer.json == [{"error": NOT_FOUND, "path": "a", "signedURL": None}]


@pytest.mark.parametrize("paths", [[], "x" * 3, ["a"] * 1001, [1, {}]])
def test_many_with_bad_paths(kept: Storage, paths: Any) -> None:
    answer = kept.post("/object/sign/b1", {"expiresIn": 60, "paths": paths})
    if paths == "xxx":  # a text is taken for a list of one, as AJV does
        assert [one["path"] for one in answer.json] == ["xxx"]
    else:
        assert_refused(answer, 400, "InvalidRequest", error="Error")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "%00", "{}"])
def test_token_that_is_none(kept: Storage, nobody: Storage, token: str) -> None:
    answer = nobody.get(f"/object/sign/b1/s.txt?token={token}")
    assert_refused(answer, 400, "InvalidJWT", "Invalid Compact JWS")


def test_no_token(kept: Storage, nobody: Storage) -> None:
    text = "querystring must have required property 'token'"
    assert_refused(nobody.get("/object/sign/b1/s.txt"), 400, "InvalidRequest", text, error="Error")


def test_token_of_another_path(kept: Storage, nobody: Storage) -> None:
    token = token_of(signed(kept))
    answer = nobody.get(f"/object/sign/b1/s/a%20b.txt?token={token}")
    assert_refused(answer, 400, "InvalidSignature", "Invalid signature")
    assert_refused(nobody.get(f"/object/sign/pub/s.txt?token={token}"), 400, "InvalidSignature")


def test_token_of_another_action(kept: Storage, nobody: Storage) -> None:
    upload = kept.post("/object/upload/sign/b1/s.txt", x_upsert="true").json["token"]
    answer = nobody.get(f"/object/sign/b1/s.txt?token={upload}")
    assert_refused(answer, 400, "InvalidSignature", "Token is not scoped for download")
    download = token_of(signed(kept))
    answer = nobody.call("PUT", f"/object/upload/sign/b1/s.txt?token={download}", body=b"x")
    assert_refused(answer, 400, "InvalidSignature", "Token is not scoped for upload")
    assert kept.read("b1/s.txt") == b"hello"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"url": "b1/s.txt"},
        {"url": "b1/s.txt", "scope": "download"},
        {"scope": "download", "exp": 4102444800},
        {"url": "b1/s.txt", "scope": "download", "exp": "never"},
        {"url": "b1/s.txt", "scope": ["download"], "exp": 4102444800},
        {"url": ["b1/s.txt"], "scope": "download", "exp": 4102444800},
        {"role": "service_role", "exp": 4102444800},
        {"url": "b1/s.txt", "upsert": True, "exp": 4102444800},
    ],
)
def test_token_of_other_claims(
    backend: SupabaseBackend, kept: Storage, nobody: Storage, claims: dict[str, Any]
) -> None:
    """Made with the right secret, as the key of a role is."""
    token = _signed_anyhow(backend, claims)
    answer = nobody.get(f"/object/sign/b1/s.txt?token={token}")
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer


def test_token_that_outlives_the_calendar(
    backend: SupabaseBackend, kept: Storage, nobody: Storage
) -> None:
    token = _signed_anyhow(backend, {"url": "b1/s.txt", "scope": "download", "exp": 10**18})
    answer = nobody.get(f"/object/sign/b1/s.txt?token={token}")
    assert (answer.status, answer.headers["Expires"]) == (200, "Fri, 31 Dec 9999 23:59:59 GMT")


def test_older_token_has_no_scope(backend: SupabaseBackend, kept: Storage, nobody: Storage) -> None:
    token = sign(backend, {"url": "b1/s.txt", "exp": 4102444800})
    assert nobody.get(f"/object/sign/b1/s.txt?token={token}").body == b"hello"


@pytest.mark.parametrize("key", ["anon_key", "service_role_key", "secret_key", "publishable_key"])
def test_key_is_no_signature(
    backend: SupabaseBackend, kept: Storage, nobody: Storage, key: str
) -> None:
    answer = nobody.get(f"/object/sign/b1/s.txt?token={getattr(backend, key)}")
    assert answer.json["code"] in ("InvalidJWT", "InvalidSignature"), answer


def test_signature_is_no_key(kept: Storage, backend: SupabaseBackend) -> None:
    """A token of a signed URL as a bearer is a visitor's: it names no role."""
    sql(backend, "create policy p on storage.objects for select to authenticated using (true)")
    answer = kept.as_(token_of(signed(kept))).get("/object/authenticated/b1/s.txt")
    assert_refused(answer, 404, "NoSuchKey")


def test_signature_of_another_project(
    backend: SupabaseBackend, kept: Storage, nobody: Storage
) -> None:
    claims = {"url": "b1/s.txt", "scope": "download", "exp": 4102444800}
    token = sign(backend, claims, "another secret, long enough to be one")
    answer = nobody.get(f"/object/sign/b1/s.txt?token={token}")
    assert_refused(answer, 400, "InvalidJWT", "signature verification failed")


def test_extra_claims_cannot_be_smuggled_in(kept: Storage) -> None:
    url = signed(kept, role="service_role", scope="upload", url="b1/x", upsert=True, owner="x")
    claims = jwt.decode(token_of(url), options={"verify_signature": False})
    assert set(claims) == {"url", "scope", "iat", "exp"}
    assert (claims["url"], claims["scope"]) == ("b1/s.txt", "download")


def _signed_anyhow(backend: SupabaseBackend, claims: dict[str, Any]) -> str:
    """Sign what PyJWT would refuse to sign."""
    raw = json.dumps(claims).encode()
    return jwt.api_jws.encode(raw, backend.jwt_secret, algorithm="HS256")
