"""The signatures that AWS publishes, "Signature Calculations for the Authorization Header"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.sent import SentRequest
from hipflask.local.storage.s3.signature import verify
from hipflask.local.storage.s3.signing import EMPTY_SHA256

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"

EXAMPLES = {
    "GET Object": (
        "GET",
        "/test.txt",
        "",
        {"range": "bytes=0-9", "x-amz-content-sha256": EMPTY_SHA256},
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "PUT Object": (
        "PUT",
        "/test%24file.text",
        "",
        {
            "date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": (
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
            ),
        },
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "GET Bucket Lifecycle": (
        "GET",
        "/",
        "lifecycle",
        {"x-amz-content-sha256": EMPTY_SHA256},
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "Get Bucket (List Objects)": (
        "GET",
        "/",
        "max-keys=2&prefix=J",
        {"x-amz-content-sha256": EMPTY_SHA256},
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
    "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
    "&X-Amz-SignedHeaders=host&X-Amz-Signature="
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
)


def secret_of(access_key: str, _token: str | None) -> str | None:
    return SECRET if access_key == KEY else None


def example(name: str) -> SentRequest:
    method, path, query, headers, signature = EXAMPLES[name]
    headers = {**headers, "host": HOST, "x-amz-date": "20130524T000000Z"}
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={KEY}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={';'.join(sorted(headers))},Signature={signature}"
    )
    return SentRequest(method, path, query, {**headers, "authorization": authorization})


@pytest.mark.parametrize("name", EXAMPLES)
def test_accepts_the_example(name: str) -> None:
    assert verify(example(name), secret_of, NOW).access_key == KEY


@pytest.mark.parametrize("name", EXAMPLES)
def test_refuses_another_method(name: str) -> None:
    sent = example(name)
    other = SentRequest("DELETE", sent.path, sent.query, sent.headers)
    with pytest.raises(S3Error) as refused:
        verify(other, secret_of, NOW)
    assert refused.value.code == "SignatureDoesNotMatch"


def test_accepts_the_presigned_example() -> None:
    sent = SentRequest("GET", "/test.txt", PRESIGNED, {"host": HOST})
    signed = verify(sent, secret_of, NOW + timedelta(hours=23))
    assert (signed.presigned, signed.payload) == (True, "UNSIGNED-PAYLOAD")
