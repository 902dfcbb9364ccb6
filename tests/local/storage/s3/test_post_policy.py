"""Forms that botocore signs, and forms that somebody changed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.post_policy import FormGrant, verify_form
from hipflask.local.storage.s3.signing import Signer
from tests.local.storage.s3.clients import ACCESS_KEY, SECRET, client, secrets


def now() -> datetime:
    """Return the machine's time, which botocore signs with."""
    return datetime.now(UTC)


def form(
    key: str = "up/a.txt", conditions: list[Any] | None = None, **fields: str
) -> dict[str, str]:
    made = client().generate_presigned_post("box", key, fields, conditions, 60)
    return {name.lower(): value for name, value in made["fields"].items()}


def signed(policy: object) -> dict[str, str]:
    """Return a form with whatever policy, properly signed."""
    text = policy if isinstance(policy, str) else json.dumps(policy)
    encoded = base64.b64encode(text.encode()).decode()
    signer = Signer(f"{now():%Y%m%dT%H%M%SZ}", "local", SECRET)
    return {
        "policy": encoded,
        "x-amz-credential": f"{ACCESS_KEY}/{signer.scope}",
        "x-amz-date": signer.date,
        "x-amz-signature": signer.sign(encoded),
        "key": "a",
    }


def refusal(fields: dict[str, str], bucket: str = "box", moment: datetime | None = None) -> S3Error:
    with pytest.raises(S3Error) as refused:
        verify_form(fields, bucket, secrets, moment or now())
    return refused.value


def test_accepts_what_botocore_signs() -> None:
    assert verify_form(form(), "box", secrets, now()) == FormGrant(ACCESS_KEY, None)


def test_tells_the_range_of_lengths() -> None:
    grant = verify_form(form(conditions=[["content-length-range", 1, 9]]), "box", secrets, now())
    assert (grant.smallest, grant.largest) == (1, 9)


def test_accepts_a_key_with_the_prefix() -> None:
    fields = form("up/${filename}")
    assert verify_form({**fields, "key": "up/cat.png"}, "box", secrets, now())
    assert refusal({**fields, "key": "other/cat.png"}).code == "AccessDenied"


def test_refuses_another_bucket() -> None:
    assert refusal(form(), "other").code == "AccessDenied"


def test_refuses_a_field_that_no_condition_names() -> None:
    assert refusal({**form(), "x-amz-meta-note": "x"}).code == "AccessDenied"


def test_ignores_what_says_so() -> None:
    assert verify_form({**form(), "x-ignore-me": "x"}, "box", secrets, now())


def test_a_form_ends() -> None:
    error = refusal(form(), moment=now() + timedelta(minutes=2))
    assert (error.code, error.message) == (
        "AccessDenied",
        "Invalid according to Policy: Policy expired.",
    )


@pytest.mark.parametrize("field", ["policy", "x-amz-signature", "x-amz-date"])
def test_refuses_a_changed_form(field: str) -> None:
    fields = form()
    first = "1" if fields[field][0] != "1" else "2"
    changed = "20130524T000000Z" if field == "x-amz-date" else first + fields[field][1:]
    code = refusal({**fields, field: changed}).code
    assert code in {"SignatureDoesNotMatch", "AuthorizationHeaderMalformed"}


def test_refuses_a_form_without_signature() -> None:
    assert refusal({"key": "a"}).code == "AccessDenied"


@pytest.mark.parametrize(
    "policy",
    [
        *("rubbish", [], {}, {"conditions": []}, {"expiration": "soon", "conditions": []}),
        {"expiration": "2100-01-01T00:00:00Z", "conditions": {}},
        {"expiration": "2100-01-01T00:00:00Z", "conditions": ["key"]},
        {"expiration": "2100-01-01T00:00:00Z", "conditions": [{"key": 1}]},
        {"expiration": "2100-01-01T00:00:00Z", "conditions": [["like", "$key", "a"]]},
        {"expiration": "2100-01-01T00:00:00Z", "conditions": [["eq", "key", "a"]]},
        {"expiration": "2100-01-01T00:00:00Z", "conditions": [{"key": "a", "b": "c"}]},
    ],
)
def test_refuses_a_policy_that_it_cannot_read(policy: object) -> None:
    assert refusal(signed(policy)).code == "InvalidPolicyDocument"
