"""AWS Signature V4 of a request, in its Authorization header or in its query.

AWS: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference. Pure: the clock
and the secrets are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from hipflask.local.storage.s3 import signing
from hipflask.local.storage.s3.canonical import canonical_requests
from hipflask.local.storage.s3.checksums import PREFIX as CHECKSUM_PREFIX
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.sent import SentRequest, query_values
from hipflask.local.storage.s3.signing import SecretLookup, Signer

MOST_SKEW: Final = timedelta(minutes=15)
LONGEST_LIFE: Final = 7 * 24 * 3600
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
#: What clients name the region of a stack that has none: boto3's default and rclone's, and the one
#: that Supabase's CLI uses.
REGIONS: Final = frozenset({"local", "us-east-1", "auto", ""})

_DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
#: Headers of Amazon's that change nothing when somebody adds them: they identify the caller, whose
#: signature must match anyway, or only make us check more.
_HARMLESS: Final = {
    *("x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"),
    *("x-amz-sdk-checksum-algorithm", "x-amz-decoded-content-length", "x-amz-trailer"),
    *("x-amz-checksum-mode", "x-amz-expected-bucket-owner", "x-amz-request-payer"),
}
_IN_QUERY: Final = ("Credential", "Date", "Expires", "SignedHeaders", "Signature")


@dataclass(frozen=True)
class Signed:
    """Who signed a request, and what its body must be."""

    access_key: str
    session_token: str | None
    signature: str
    signer: Signer
    payload: str
    presigned: bool = False


@dataclass(frozen=True)
class _Claim:
    """What a request says about its signature, unchecked."""

    credential: str
    date: str
    signed_headers: str
    signature: str
    session_token: str | None
    presigned: bool


def verify(
    sent: SentRequest,
    secrets: SecretLookup,
    now: datetime,
    regions: Collection[str] = REGIONS,
) -> Signed:
    """Return who signed ``sent``, or raise the S3Error that refuses it."""
    query = query_values(sent.query)
    authorization = sent.headers.get("authorization", "")
    # A presigned request may pick up another Authorization on its way (a browser's, a gateway's).
    if authorization.startswith(signing.ALGORITHM + " "):
        claim = _claim_in_header(authorization, sent.headers)
        moment = _moment(claim.date)
        if abs(now - moment) > MOST_SKEW:
            raise S3Error("RequestTimeTooSkewed")
        payload = sent.headers.get("x-amz-content-sha256", "")
        if not payload:
            raise S3Error(
                "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
            )
    elif "X-Amz-Algorithm" in query or "X-Amz-Credential" in query:
        claim = _claim_in_query(query)
        moment = _moment(claim.date)
        _check_life(moment, query["X-Amz-Expires"], now)
        payload = query.get("X-Amz-Content-Sha256", UNSIGNED)
        if "x-amz-content-sha256" in claim.signed_headers.lower().split(";"):
            payload = sent.headers.get("x-amz-content-sha256", payload)
    elif authorization.startswith(("AWS ", "AWS4-")) or "AWSAccessKeyId" in query:
        raise S3Error(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. "
            f"Please use {signing.ALGORITHM}.",
        )
    else:
        raise S3Error("AccessDenied", "Missing signature")

    signed_headers = sorted(set(claim.signed_headers.lower().split(";")))
    _check_all_signed(sent.headers, signed_headers)
    access_key, signer = signer_of(
        claim.credential, claim.date, claim.session_token, secrets, regions, claim.presigned
    )
    first = ""
    for canonical in canonical_requests(sent, signed_headers, payload):
        string = signer.string_to_sign(canonical)
        first = first or f"{string}\0{canonical.decode('latin-1')}"
        if signing.same(signer.sign(string), claim.signature.lower()):
            body = sent.headers.get("x-amz-content-sha256", payload)
            return Signed(
                access_key,
                claim.session_token,
                claim.signature.lower(),
                signer,
                body,
                claim.presigned,
            )
    raise _does_not_match(access_key, claim, first)


def signer_of(
    credential: str,
    date: str,
    session_token: str | None,
    secrets: SecretLookup,
    regions: Collection[str] = REGIONS,
    presigned: bool = False,
) -> tuple[str, Signer]:
    """Return the access key that ``credential`` names, and what signs as its owner does."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != [signing.SERVICE, signing.TERMINATOR]:
        raise _malformed(
            presigned,
            "the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request".',
        )
    access_key, day, region = parts[:3]
    if day != date[:8]:
        raise _malformed(presigned, "the Credential's date is not that of the request.")
    if region not in regions:
        wanted = min(regions, key=lambda name: (name != "local", name))
        raise _malformed(presigned, f"the region '{region}' is wrong; expecting '{wanted}'")
    secret = secrets(access_key, session_token)
    if secret is None:
        raise S3Error("AccessDenied", "Invalid Access Key")
    return access_key, Signer(date, region, secret)


def _claim_in_header(authorization: str, headers: Mapping[str, str]) -> _Claim:
    fields = {}
    for piece in authorization[len(signing.ALGORITHM) :].split(","):
        name, _, value = piece.strip().partition("=")
        fields[name] = value.strip()
    missing = {"Credential", "SignedHeaders", "Signature"} - fields.keys()
    if missing or not _HEX.fullmatch(fields["Signature"]):
        raise _malformed(False, f"{min(missing or {'Signature'})} is missing or mal-formed.")
    return _Claim(
        credential=fields["Credential"],
        date=_date_header(headers),
        signed_headers=fields["SignedHeaders"],
        signature=fields["Signature"],
        session_token=headers.get("x-amz-security-token") or None,
        presigned=False,
    )


def _claim_in_query(query: Mapping[str, str]) -> _Claim:
    if query.get("X-Amz-Algorithm") != signing.ALGORITHM or any(
        not query.get(f"X-Amz-{name}") for name in _IN_QUERY
    ):
        raise S3Error(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters.",
        )
    return _Claim(
        credential=query["X-Amz-Credential"],
        date=query["X-Amz-Date"],
        signed_headers=query["X-Amz-SignedHeaders"],
        signature=query["X-Amz-Signature"],
        session_token=query.get("X-Amz-Security-Token") or None,
        presigned=True,
    )


def _date_header(headers: Mapping[str, str]) -> str:
    """Return X-Amz-Date; failing that, Date, which may be RFC 7231's."""
    date = headers.get("x-amz-date") or headers.get("date", "")
    if _DATE.fullmatch(date):
        return date
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        raise S3Error(
            "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
        ) from None


def _moment(date: str) -> datetime:
    try:
        if not _DATE.fullmatch(date):
            raise ValueError(date)
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise S3Error(
            "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"
        ) from None


def _check_life(moment: datetime, expires: str, now: datetime) -> None:
    if not (expires.isascii() and expires.isdigit() and len(expires) < 10):
        raise S3Error(
            "AuthorizationQueryParametersError", "X-Amz-Expires should be a non-negative number"
        )
    seconds = int(expires)
    if seconds > LONGEST_LIFE:
        raise S3Error(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds",
        )
    if moment - now > MOST_SKEW:
        raise S3Error("AccessDenied", "Request is not yet valid")
    if now > moment + timedelta(seconds=seconds):
        raise S3Error("AccessDenied", "Request has expired")


def _check_all_signed(headers: Mapping[str, str], signed: Collection[str]) -> None:
    """Refuse headers of Amazon's that nobody signed.

    With ``x-amz-copy-source`` added, a presigned upload would become a copy of any object that the
    URL's signer may read.
    """
    unsigned = [
        name
        for name in headers
        if name.startswith("x-amz-")
        and name not in signed
        and name not in _HARMLESS
        and not name.startswith(CHECKSUM_PREFIX)
    ]
    if "host" not in signed:
        unsigned.append("host")
    if unsigned:
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            details={"HeadersNotSigned": ", ".join(sorted(unsigned))},
        )


def _malformed(presigned: bool, reason: str) -> S3Error:
    if presigned:
        return S3Error(
            "AuthorizationQueryParametersError",
            f"Error parsing the query's authorization; {reason}",
        )
    return S3Error(
        "AuthorizationHeaderMalformed", f"The authorization header is malformed; {reason}"
    )


def _does_not_match(access_key: str, claim: _Claim, first: str) -> S3Error:
    """Return SignatureDoesNotMatch with what AWS adds: what should have been signed."""
    string, _, canonical = first.partition("\0")
    message = ""
    if claim.session_token is not None:
        message = (
            "The request signature we calculated does not match the signature you provided, Check "
            "your credentials. The session token should be a valid JWT token"
        )
    return S3Error(
        "SignatureDoesNotMatch",
        message,
        details={
            "AWSAccessKeyId": access_key,
            "StringToSign": string,
            "SignatureProvided": claim.signature,
            "CanonicalRequest": canonical,
        },
    )
