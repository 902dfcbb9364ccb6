"""POST policies: a browser's form that uploads under a policy somebody signed.

AWS: "Browser-Based Uploads Using POST (AWS Signature Version 4)". The policy is base64 of JSON, and
its signature is over that base64.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hipflask.local.storage.s3 import signing
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.signature import REGIONS, signer_of
from hipflask.local.storage.s3.signing import SecretLookup

#: Fields that no condition need name, nor those that begin with ``x-ignore-``.
#: The signature itself answers for most of them, and the token for itself.
_FREE: Final = {
    *("file", "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date"),
    *("x-amz-security-token", "x-amz-signature"),
}
_FREE_PREFIX: Final = "x-ignore-"


@dataclass(frozen=True)
class FormGrant:
    """Who signed the form, and how large the file may be."""

    access_key: str
    session_token: str | None
    smallest: int = 0
    largest: int | None = None


def verify_form(
    fields: Mapping[str, str],
    bucket: str,
    secrets: SecretLookup,
    now: datetime,
    regions: Collection[str] = REGIONS,
) -> FormGrant:
    """Return what the form's ``fields`` (lower-case names, without the file) are granted.

    ``key`` is the field's value after ``${filename}`` was filled in, as AWS compares it.
    """
    missing = {"policy", "x-amz-signature", "x-amz-credential", "x-amz-date"} - fields.keys()
    if missing:
        raise S3Error("AccessDenied", "Missing signature")
    if fields.get("x-amz-algorithm", signing.ALGORITHM) != signing.ALGORITHM:
        raise S3Error("InvalidRequest", f"x-amz-algorithm must be {signing.ALGORITHM}")
    token = fields.get("x-amz-security-token") or None
    access_key, signer = signer_of(
        fields["x-amz-credential"], fields["x-amz-date"], token, secrets, regions
    )
    if not signing.same(signer.sign(fields["policy"]), fields["x-amz-signature"].lower()):
        raise S3Error("SignatureDoesNotMatch")
    policy = _policy(fields["policy"])
    if now >= _expiration(policy):
        raise S3Error("AccessDenied", "Invalid according to Policy: Policy expired.")
    smallest, largest = _check_conditions(policy, {**fields, "bucket": bucket})
    return FormGrant(access_key, token, smallest, largest)


def _policy(encoded: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list):
        raise S3Error("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.")
    return policy


def _expiration(policy: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(policy["expiration"])
    except (KeyError, TypeError, ValueError):
        raise S3Error(
            "InvalidPolicyDocument", "Invalid Policy: Invalid 'expiration' value."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_conditions(
    policy: Mapping[str, Any], fields: Mapping[str, str]
) -> tuple[int, int | None]:
    """Return the range of lengths; every condition holds and every field has one."""
    smallest, largest = 0, None
    covered = set()
    for condition in policy["conditions"]:
        match condition:
            case ["content-length-range", int() as low, int() as high]:
                smallest = max(smallest, low)
                largest = high if largest is None else min(largest, high)
                continue
            case [str() as how, str() as field, str() as value] if field.startswith("$"):
                name, starts = field[1:].lower(), how.lower() == "starts-with"
                known = how.lower() in ("eq", "starts-with")
            case dict() if len(condition) == 1:
                [(field, value)] = condition.items()
                name, starts, known = field.lower(), False, isinstance(value, str)
            case _:
                known = False
        if not known:
            raise S3Error("InvalidPolicyDocument", "Invalid Policy: Invalid condition.")
        sent = fields.get(name, "")
        if not (sent.startswith(value) if starts else sent == value):
            raise S3Error(
                "AccessDenied",
                f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}",
            )
        covered.add(name)
    for name in fields:
        if name not in covered | _FREE and not name.startswith(_FREE_PREFIX):
            raise S3Error(
                "AccessDenied", f"Invalid according to Policy: Extra input fields: {name}"
            )
    return smallest, largest
