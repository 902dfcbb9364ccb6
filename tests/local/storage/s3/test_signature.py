"""Signatures that botocore makes, and those that must be refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import pytest

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.sent import SentRequest, bucket_and_key
from hipflask.local.storage.s3.signature import verify
from hipflask.local.storage.s3.signing import Signer
from tests.local.storage.s3.clients import (
    ACCESS_KEY,
    AWKWARD_KEYS,
    PREFIX,
    SECRET,
    Caught,
    client,
    secrets,
    sent,
    sent_by,
)


def get(name: str = "a.txt", **options: str) -> Caught:
    return sent_by(lambda s3: s3.get_object(Bucket="box", Key=name), **options)


def presigned(method: str = "get_object", life: int = 60, **parameters: str) -> SentRequest:
    url = client().generate_presigned_url(
        method, Params={"Bucket": "box", "Key": "a.txt", **parameters}, ExpiresIn=life
    )
    return sent("PUT" if method == "put_object" else "GET", url)


def with_header(caught: Caught, **headers: str) -> SentRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(caught.sent, headers={**caught.sent.headers, **named})


def refusal(request: SentRequest, now: datetime) -> S3Error:
    with pytest.raises(S3Error) as refused:
        verify(request, secrets, now)
    return refused.value


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_accepts_awkward_keys(key: str) -> None:
    caught = get(key)
    assert verify(caught.sent, secrets, caught.now).access_key == ACCESS_KEY
    assert bucket_and_key(caught.sent.path, PREFIX) == ("box", key)


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_accepts_awkward_keys_presigned(key: str) -> None:
    request = presigned(Key=key)
    assert verify(request, secrets, datetime.now(UTC)).presigned
    assert bucket_and_key(request.path, PREFIX) == ("box", key)


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_accepts_awkward_prefixes(key: str) -> None:
    caught = sent_by(lambda s3: s3.list_objects_v2(Bucket="box", Prefix=key, Delimiter="/"))
    verify(caught.sent, secrets, caught.now)


def test_accepts_a_path_sent_otherwise_than_signed() -> None:
    """Some clients sign AWS's encoding and send the path as it was typed, or the other way."""
    caught = get("it's (1) é+.txt")
    typed = quote(unquote(caught.sent.path), safe="/+'()")
    assert typed != caught.sent.path
    verify(replace(caught.sent, path=typed), secrets, caught.now)


def test_does_not_decode_twice() -> None:
    """A signature for the key a%2Fb is none for a/b."""
    caught = get("a%20b")
    other = replace(caught.sent, path=caught.sent.path.replace("%2520", "%20"))
    assert refusal(other, caught.now).code == "SignatureDoesNotMatch"


def test_accepts_blanks_in_metadata() -> None:
    caught = sent_by(
        lambda s3: s3.put_object(Bucket="box", Key="a", Body=b"x", Metadata={"note": "a  b   c"})
    )
    verify(caught.sent, secrets, caught.now)


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "LocalHost:54321", "[::1]:54321"])
def test_accepts_the_host_as_sent(host: str) -> None:
    caught = get(endpoint=f"http://{host}/storage/v1/s3")
    verify(caught.sent, secrets, caught.now)


def test_accepts_a_host_without_its_default_port() -> None:
    caught = get(endpoint="http://localhost/storage/v1/s3")
    verify(with_header(caught, host="localhost:80"), secrets, caught.now)


@pytest.mark.parametrize(
    ("asked", "forwarded"),
    [
        ("https://files.example.org", {"x_forwarded_host": "files.example.org"}),
        ("https://files.example.org", {"x_forwarded_host": "files.example.org:443"}),
        (
            "https://files.example.org:8443",
            {"x_forwarded_host": "files.example.org", "x_forwarded_port": "8443"},
        ),
    ],
)
def test_accepts_the_host_that_a_proxy_was_asked_for(asked: str, forwarded: dict[str, str]) -> None:
    caught = get(endpoint=asked + PREFIX)
    verify(with_header(caught, host="127.0.0.1:54321", **forwarded), secrets, caught.now)


def test_accepts_a_prefix_that_a_proxy_cut_off() -> None:
    caught = get(endpoint="http://127.0.0.1:54321/shop/storage/v1/s3")
    request = replace(with_header(caught, x_forwarded_prefix="/shop"), path=f"{PREFIX}/box/a.txt")
    verify(request, secrets, caught.now)


def test_a_forwarded_prefix_cannot_change_the_bucket() -> None:
    caught = get("storage/v1/s3/other/secret.txt")
    request = replace(
        with_header(caught, x_forwarded_prefix=f"{PREFIX}/box"), path=f"{PREFIX}/other/secret.txt"
    )
    assert refusal(request, caught.now).code == "SignatureDoesNotMatch"


def test_a_session_signs_with_the_anon_key() -> None:
    caught = get(key="stub", token="user.jwt")
    signed = verify(caught.sent, secrets, caught.now)
    assert (signed.access_key, signed.session_token) == ("stub", "user.jwt")


def test_a_bearer_token_does_not_hide_a_presigned_url() -> None:
    request = presigned()
    headers = {**request.headers, "authorization": "Bearer some.jwt"}
    assert verify(replace(request, headers=headers), secrets, datetime.now(UTC)).presigned


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"authorization": ""}, "AccessDenied"),
        ({"authorization": "AWS key:signature"}, "InvalidRequest"),
        ({"authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}, "InvalidRequest"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=x"}, "AuthorizationHeaderMalformed"),
        ({"x-amz-content-sha256": ""}, "InvalidRequest"),
        ({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, "SignatureDoesNotMatch"),
        ({"x-amz-date": "yesterday"}, "AccessDenied"),
        ({"host": "elsewhere"}, "SignatureDoesNotMatch"),
        ({"x-amz-copy-source": "/box/secret"}, "AccessDenied"),
        ({"x-amz-meta-note": "forged"}, "AccessDenied"),
    ],
)
def test_refuses_a_changed_request(change: dict[str, str], code: str) -> None:
    caught = get()
    request = replace(caught.sent, headers={**caught.sent.headers, **change})
    assert refusal(request, caught.now).code == code


@pytest.mark.parametrize("part", ["path", "query"])
def test_refuses_another_target(part: str) -> None:
    caught = get()
    changed = {"path": PREFIX + "/box/b.txt", "query": "acl"}[part]
    request = replace(caught.sent, **{part: changed})
    assert refusal(request, caught.now).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (ACCESS_KEY, "nobody", "AccessDenied"),
        ("/local/", "/eu-west-1/", "AuthorizationHeaderMalformed"),
        ("/s3/aws4", "/ec2/aws4", "AuthorizationHeaderMalformed"),
        ("SignedHeaders=host;", "SignedHeaders=", "AccessDenied"),
        ("Signature=", "Signature=zz", "AuthorizationHeaderMalformed"),
    ],
)
def test_refuses_a_changed_authorization(old: str, new: str, code: str) -> None:
    caught = get()
    header = caught.sent.headers["authorization"]
    assert old in header
    assert (
        refusal(with_header(caught, authorization=header.replace(old, new)), caught.now).code
        == code
    )


def test_refuses_the_day_before_in_the_scope() -> None:
    caught = get()
    scope = f"/{caught.now:%Y%m%d}/"
    header = caught.sent.headers["authorization"].replace(scope, "/20130524/")
    code = refusal(with_header(caught, authorization=header), caught.now).code
    assert code == "AuthorizationHeaderMalformed"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_refuses_a_skewed_clock(minutes: int) -> None:
    caught = get()
    error = refusal(caught.sent, caught.now + timedelta(minutes=minutes))
    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)


@pytest.mark.parametrize("minutes", [-14, 14])
def test_bears_a_little_skew(minutes: int) -> None:
    caught = get()
    verify(caught.sent, secrets, caught.now + timedelta(minutes=minutes))


def test_a_presigned_url_ends() -> None:
    request, now = presigned(life=60), datetime.now(UTC)
    verify(request, secrets, now + timedelta(seconds=50))
    error = refusal(request, now + timedelta(seconds=62))
    assert (error.code, error.message) == ("AccessDenied", "Request has expired")


def test_a_presigned_url_from_the_future_waits() -> None:
    error = refusal(presigned(), datetime.now(UTC) - timedelta(minutes=16))
    assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")


@pytest.mark.parametrize("expires", ["604801", "-1", "soon", "99999999999999999999", "٣"])
def test_refuses_a_life_that_is_too_long_or_none(expires: str) -> None:
    request = presigned()
    query = request.query.replace("X-Amz-Expires=60", f"X-Amz-Expires={quote(expires)}")
    error = refusal(replace(request, query=query), datetime.now(UTC))
    assert error.code == "AuthorizationQueryParametersError"


@pytest.mark.parametrize("name", ["Expires", "Date", "SignedHeaders", "Algorithm", "Signature"])
def test_a_presigned_url_must_be_complete(name: str) -> None:
    request = presigned()
    query = "&".join(p for p in request.query.split("&") if not p.startswith(f"X-Amz-{name}="))
    error = refusal(replace(request, query=query), datetime.now(UTC))
    assert error.code == "AuthorizationQueryParametersError"


def test_a_presigned_upload_cannot_become_a_copy() -> None:
    request = presigned("put_object")
    headers = {**request.headers, "x-amz-copy-source": "/private/secret.txt"}
    error = refusal(replace(request, headers=headers), datetime.now(UTC))
    assert error.details == {"HeadersNotSigned": "x-amz-copy-source"}


def test_a_query_cannot_be_extended() -> None:
    request = presigned("put_object")
    query = request.query + "&x-amz-copy-source=%2Fprivate%2Fsecret.txt"
    error = refusal(replace(request, query=query), datetime.now(UTC))
    assert error.code == "SignatureDoesNotMatch"


def test_a_refused_signature_says_what_was_expected() -> None:
    caught = get()
    error = refusal(replace(caught.sent, method="PUT"), caught.now)
    assert error.details["CanonicalRequest"].startswith(f"PUT\n{PREFIX}/box/a.txt\n")
    assert error.details["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert SECRET not in str(error.details)


def test_the_secret_stays_out_of_logs() -> None:
    assert SECRET not in repr(Signer("20130524T000000Z", "local", SECRET))
