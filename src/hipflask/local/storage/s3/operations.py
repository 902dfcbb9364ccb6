"""Which operation a request asks for, as a table.

AWS tells operations apart by the method, by what the path names, by a "subresource" in the query
and by one header. The names are AWS's; the words for ``storage.operation()`` in policies are
Supabase Storage's (src/http/routes/operations.ts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hipflask.local.storage.s3.errors import S3Error

SERVICE, BUCKET, OBJECT = "service", "bucket", "object"
_COPY: Final = "x-amz-copy-source"


@dataclass(frozen=True)
class Operation:
    """An operation: how to recognise it, and what policies call it."""

    name: str
    method: str
    names: str
    policy_name: str
    query: tuple[str, ...] = ()
    header: str = ""


#: The first that fits is it: what asks for more stands above what asks for less.
OPERATIONS: Final = (
    Operation("ListBuckets", "GET", SERVICE, "storage.s3.bucket.list"),
    Operation("GetBucketLocation", "GET", BUCKET, "storage.s3.bucket.get_location", ("location",)),
    Operation(
        "GetBucketVersioning", "GET", BUCKET, "storage.s3.bucket.get_versioning", ("versioning",)
    ),
    Operation("GetBucketAcl", "GET", BUCKET, "storage.s3.bucket.get", ("acl",)),
    Operation(
        "ListMultipartUploads", "GET", BUCKET, "storage.s3.upload.list_multipart", ("uploads",)
    ),
    Operation("ListObjectVersions", "GET", BUCKET, "storage.s3.object.list", ("versions",)),
    Operation("ListObjectsV2", "GET", BUCKET, "storage.s3.object.list", ("list-type=2",)),
    Operation("ListObjects", "GET", BUCKET, "storage.s3.object.list"),
    Operation("HeadBucket", "HEAD", BUCKET, "storage.s3.bucket.head"),
    Operation("CreateBucket", "PUT", BUCKET, "storage.s3.bucket.create"),
    Operation("DeleteBucket", "DELETE", BUCKET, "storage.s3.bucket.delete"),
    Operation("DeleteObjects", "POST", BUCKET, "storage.s3.object.delete_many", ("delete",)),
    Operation("PostObject", "POST", BUCKET, "storage.s3.upload", header="content-type"),
    Operation(
        "UploadPartCopy",
        "PUT",
        OBJECT,
        "storage.s3.upload.part_copy",
        ("partNumber", "uploadId"),
        _COPY,
    ),
    Operation("UploadPart", "PUT", OBJECT, "storage.s3.upload.part", ("partNumber", "uploadId")),
    Operation("CopyObject", "PUT", OBJECT, "storage.s3.object.copy", header=_COPY),
    Operation("PutObject", "PUT", OBJECT, "storage.s3.upload"),
    Operation(
        "CreateMultipartUpload", "POST", OBJECT, "storage.s3.upload.create_multipart", ("uploads",)
    ),
    Operation(
        "CompleteMultipartUpload",
        "POST",
        OBJECT,
        "storage.s3.upload.complete_multipart",
        ("uploadId",),
    ),
    Operation(
        "AbortMultipartUpload",
        "DELETE",
        OBJECT,
        "storage.s3.upload.abort_multipart",
        ("uploadId",),
    ),
    Operation("DeleteObject", "DELETE", OBJECT, "storage.s3.object.delete"),
    Operation("ListParts", "GET", OBJECT, "storage.s3.upload.list_parts", ("uploadId",)),
    Operation("GetObjectTagging", "GET", OBJECT, "storage.s3.object.get_tagging", ("tagging",)),
    Operation("GetObjectAcl", "GET", OBJECT, "storage.s3.object.get", ("acl",)),
    Operation("GetObject", "GET", OBJECT, "storage.s3.object.get"),
    Operation("HeadObject", "HEAD", OBJECT, "storage.s3.object.info"),
)

#: Subresources that buckets here never have: GET says so in AWS's words, and clients that only look
#: (``s3cmd info``) go on.
_ABSENT: Final[Mapping[str, str]] = {
    "cors": "NoSuchCORSConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "lifecycle": "NoSuchLifecycleConfiguration",
    "object-lock": "ObjectLockConfigurationNotFoundError",
    "ownershipControls": "OwnershipControlsNotFoundError",
    "policy": "NoSuchBucketPolicy",
    "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "replication": "ReplicationConfigurationNotFoundError",
    "tagging": "NoSuchTagSet",
    "website": "NoSuchWebsiteConfiguration",
}
#: Subresources of which a request must never be taken for the plain operation: PUT of an object's
#: ``?tagging`` would overwrite the object with the tags.
_SUBRESOURCES: Final = {
    *_ABSENT,
    *("accelerate", "acl", "analytics", "attributes", "delete", "intelligent-tiering"),
    *("inventory", "legal-hold", "location", "logging", "metrics", "notification"),
    *("policyStatus", "renameObject", "requestPayment", "restore", "retention", "select"),
    *("session", "torrent", "uploadId", "uploads", "versioning", "versions", "partNumber"),
}
#: The plain object operations know these besides: ranges by part, and uploads that have begun.
_MEANT: Final = {"GetObject": {"partNumber"}, "HeadObject": {"partNumber"}}


def operation_of(
    method: str, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Operation:
    """Return the operation, or raise NotImplemented or MethodNotAllowed as AWS does."""
    names = OBJECT if key else BUCKET if bucket else SERVICE
    for operation in OPERATIONS:
        if (
            operation.method == method
            and operation.names == names
            and _fits(operation, query, headers)
        ):
            extra = _SUBRESOURCES & query.keys() - _named(operation)
            if not extra:
                return operation
            if method == "GET" and (absent := sorted(extra & _ABSENT.keys())):
                raise S3Error(_ABSENT[absent[0]])
            raise S3Error("NotImplemented")
    if method == "POST" and key:  # select, restore
        raise S3Error("NotImplemented")
    raise S3Error("MethodNotAllowed")


def _fits(operation: Operation, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    for wanted in operation.query:
        name, equals, value = wanted.partition("=")
        if name not in query or (equals and query[name] != value):
            return False
    if operation.name == "PostObject":
        return headers.get("content-type", "").lower().startswith("multipart/form-data")
    return not operation.header or operation.header in headers


def _named(operation: Operation) -> set[str]:
    own = {wanted.partition("=")[0] for wanted in operation.query}
    return own | _MEANT.get(operation.name, set())
