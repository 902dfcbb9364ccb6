"""A request as the signature covers it, and answers in XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from hipflask.local.storage.answers import Answer, Headers
from hipflask.local.storage.s3.body import Body, open_body
from hipflask.local.storage.s3.chunked import Readable
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.operations import Operation, operation_of
from hipflask.local.storage.s3.sent import SentRequest, bucket_and_key, query_values, text
from hipflask.local.storage.s3.signature import Signed
from hipflask.local.storage.s3.xml import CONTENT_TYPE, LARGEST, Value, document

META: Final = "x-amz-meta-"
#: In the query of a presigned URL these are about the URL itself; the others stand for headers.
_SIGNING: Final = {
    *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires"),
    *("x-amz-signedheaders", "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256"),
    # The AWS SDK for JavaScript puts the checksum of an empty body here, whatever will be sent.
    *("x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32"),
}


@dataclass(frozen=True)
class Target:
    """What a request is about."""

    operation: Operation
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def resource(self) -> str:
        """The resource, as error bodies name it."""
        return f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}"


def target_of(sent: SentRequest, prefix: str) -> Target:
    """Return what ``sent`` asks for below ``prefix``, a raw path such as ``/storage/v1/s3``."""
    bucket, key = bucket_and_key(sent.path, prefix)
    query = query_values(sent.query)
    headers = {**_headers_in(query), **sent.headers}
    return Target(
        operation_of(sent.method, bucket, key, query, headers), bucket, key, query, headers
    )


def _headers_in(query: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a presigned URL carries in its query, where they are signed too."""
    if "X-Amz-Signature" not in query:
        return {}
    found = {name.lower(): value for name, value in query.items()}
    return {
        name: value
        for name, value in found.items()
        if name.startswith("x-amz-") and name not in _SIGNING
    }


@dataclass(frozen=True)
class S3Call:
    """A request whose signature holds."""

    target: Target
    signed: Signed
    source: Readable = field(repr=False)
    request_id: str = ""

    @property
    def bucket(self) -> str:
        """The bucket's name, or ""."""
        return self.target.bucket

    @property
    def key(self) -> str:
        """The object's key, or ""."""
        return self.target.key

    @property
    def query(self) -> Mapping[str, str]:
        """The decoded query."""
        return self.target.query

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name."""
        return self.target.headers

    def body(self) -> Body:
        """Return the body for streaming. To be asked for once."""
        return open_body(self.source, self.headers, self.signed)

    def document(self) -> bytes:
        """Return the whole of a body that is XML, checked."""
        of_object = self.target.operation.name == "CompleteMultipartUpload"
        body = open_body(self.source, self.headers, self.signed, of_object=not of_object)
        raw = bytearray()
        while data := body.read(64 << 10):
            raw += data
            if len(raw) > LARGEST:
                raise S3Error("MalformedXML")
        return bytes(raw)

    def number(self, name: str, default: int, most: int) -> int:
        """Return the number ``name`` of the query, at most ``most``, or raise InvalidArgument."""
        value = self.query.get(name, "")
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise S3Error(
                "InvalidArgument", f"Provided {name} not an integer or within integer range"
            )
        return min(int(value), most)

    def metadata(self) -> dict[str, str]:
        """Return the user's metadata: ``x-amz-meta-*`` without the prefix."""
        return {
            name.removeprefix(META): _as_utf8(value)
            for name, value in self.headers.items()
            if name.startswith(META)
        }

    def copy_source(self) -> tuple[str, str]:
        """Return bucket and key of x-amz-copy-source, or raise InvalidArgument.

        The value is URL-encoded, with or without a leading slash.
        """
        source = self.headers.get("x-amz-copy-source", "").removeprefix("/")
        path, _, version = source.partition("?versionId=")
        bucket, _, key = text(unquote_to_bytes(path)).partition("/")
        if not bucket or not key:
            raise S3Error(
                "InvalidArgument", "Copy Source must mention the source bucket and key: /bucket/key"
            )
        if version not in ("", "null"):
            raise S3Error("NoSuchVersion")
        return bucket, key


def xml_answer(root: str, value: Value, headers: Headers = ()) -> Answer:
    """Return 200 with a document."""
    return Answer(200, (("Content-Type", CONTENT_TYPE), *headers), document(root, value))


def _as_utf8(header: str) -> str:
    """Return a header's text: UTF-8 where it is that, else Latin-1 as HTTP had it."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header
